"""Chats that hear each other."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "link",
        sa.Column("id", _ID, sa.Identity(always=False), nullable=False),
        sa.Column("organisation_id", _ID, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_link_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link")),
    )
    op.create_table(
        "linked_message",
        sa.Column("id", _ID, sa.Identity(always=False), nullable=False),
        sa.Column("link_id", _ID, nullable=False),
        sa.Column("chat_id", _ID, nullable=False),
        sa.Column("network_id", sa.String(), nullable=False),
        sa.Column("text_id", _ID, nullable=True),
        sa.Column("writer", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["chat_id"], ["chat.id"], name=op.f("fk_linked_message_chat_id_chat")),
        sa.ForeignKeyConstraint(["link_id"], ["link.id"], name=op.f("fk_linked_message_link_id_link")),
        sa.ForeignKeyConstraint(["text_id"], ["text.id"], name=op.f("fk_linked_message_text_id_text")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_linked_message")),
        sa.UniqueConstraint("chat_id", "network_id", name=op.f("uq_linked_message_chat_id")),
    )
    op.create_index("ix_linked_message_link_id", "linked_message", ["link_id", "id"])
    op.create_index("ix_linked_message_text_id", "linked_message", ["text_id"])
    # SQLite adds a column that refers to another table, as long as nothing stands in it, but no constraint to a table.
    for table in ("chat", "pairing"):
        refers = f"CONSTRAINT fk_{table}_link_id_link REFERENCES link (id)"
        op.execute(f"ALTER TABLE {table} ADD COLUMN link_id BIGINT {refers}")


def downgrade() -> None:
    raise RuntimeError("Schakel does not go back; restore a backup")
