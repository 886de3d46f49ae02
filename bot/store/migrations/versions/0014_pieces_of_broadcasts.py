"""A piece of a broadcast finds its groups without looking at all of them (PostgreSQL)."""

from __future__ import annotations

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_chat_role", table_name="chat")
    op.create_index("ix_chat_role", "chat", ["role", "organisation_id", "language", "id"])
    op.drop_index("ix_delivery_subject", table_name="delivery")
    op.create_index("ix_delivery_subject", "delivery", ["subject", "chat_id"])


def downgrade() -> None:
    raise RuntimeError("Schakel does not go back; restore a backup")
