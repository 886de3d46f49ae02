"""Which command menus a network has been told; the link that adds the bot to a channel; topics."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("account", sa.Column("channel_link", sa.String(), nullable=True))
    for name in ("forum", "topics"):
        op.add_column("chat", sa.Column(name, sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.create_table(
        "topic",
        sa.Column("id", _ID, sa.Identity(always=False), nullable=False),
        sa.Column("chat_id", _ID, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("network_id", sa.String(), nullable=True),
        sa.Column("closed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["chat_id"], ["chat.id"], name=op.f("fk_topic_chat_id_chat")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_topic")),
        sa.UniqueConstraint("chat_id", "name", name=op.f("uq_topic_chat_id")),
    )
    op.create_table(
        "menu",
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("chat", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("account", "scope", "chat", "language", name=op.f("pk_menu")),
    )


def downgrade() -> None:
    raise RuntimeError("Schakel does not go back; restore a backup")
