"""What failed can be found, with why and when; what needs the operator's hands is remembered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _only_where("ix_delivery_failed", "delivery", ["account", "id"], "status = 6")
    _only_where("ix_delivery_target", "delivery", ["target"], "target IS NOT NULL")
    _only_where("ix_inbox_put_aside", "inbox", ["id"], "status = 2")
    _only_where("ix_translation_failed", "translation", ["id"], "state = 'failed'")
    op.add_column("translation", sa.Column("failure", sa.String(), nullable=True))
    op.add_column("translation", sa.Column("failed_at", sa.BigInteger(), nullable=True))
    op.create_table(
        "trouble",
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("told", sa.Integer(), server_default="0", nullable=False),
        sa.Column("told_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("cause", name=op.f("pk_trouble")),
    )


def _only_where(name: str, table: str, columns: list[str], which: str) -> None:
    op.create_index(name, table, columns, sqlite_where=sa.text(which), postgresql_where=sa.text(which))


def downgrade() -> None:
    raise RuntimeError("Schakel does not go back; restore a backup")
