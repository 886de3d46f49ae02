"""Fewer indexes that every message has to move in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_delivery_subject", table_name="delivery")
    op.create_index("ix_delivery_subject", "delivery", ["subject"])
    op.drop_index("ix_delivery_lane", table_name="delivery")
    ahead, queued = sa.text("status IN (0, 1, 3, 5)"), sa.text("status = 4")
    op.create_index("ix_delivery_ahead", "delivery", ["chat_id", "subject"], sqlite_where=ahead, postgresql_where=ahead)
    op.create_index(
        "ix_delivery_queued", "delivery", ["chat_id", "subject", "id"], sqlite_where=queued, postgresql_where=queued
    )


def downgrade() -> None:
    raise RuntimeError("Schakel does not go back; restore a backup")
