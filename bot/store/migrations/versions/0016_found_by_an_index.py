"""The chats of a link, a helper's private chat, a notice by its words and numbers passed over are found by an index."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table, column, only in (
        ("chat", "link_id", "link_id IS NOT NULL"),
        ("chat", "person_id", "person_id IS NOT NULL"),
        ("notice", "text_id", None),
    ):
        where = None if only is None else sa.text(only)
        op.create_index(f"ix_{table}_{column}", table, [column], sqlite_where=where, postgresql_where=where)
    passed_over = sa.text("what = 'passed-over'")
    op.create_index("ix_event_passed_over", "event", ["id"], sqlite_where=passed_over, postgresql_where=passed_over)


def downgrade() -> None:
    raise RuntimeError("Schakel does not go back; restore a backup")
