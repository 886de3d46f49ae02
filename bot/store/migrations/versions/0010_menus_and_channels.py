"""Which command menus a network has been told; the link that adds the bot to a channel."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("account", sa.Column("channel_link", sa.String(), nullable=True))
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
