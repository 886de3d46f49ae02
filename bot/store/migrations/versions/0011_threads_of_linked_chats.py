"""What is said in a linked chat knows the thread in which it stands."""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # SQLite adds a column that refers to a table, as long as nothing stands in it, but no constraint to a table.
    refers = "CONSTRAINT fk_linked_message_root_id_linked_message REFERENCES linked_message (id)"
    op.execute(f"ALTER TABLE linked_message ADD COLUMN root_id BIGINT {refers}")


def downgrade() -> None:
    raise RuntimeError("Schakel does not go back; restore a backup")
