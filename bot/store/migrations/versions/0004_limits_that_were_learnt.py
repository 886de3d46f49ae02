"""What a network has said of its limits outlives a restart."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("account") as batch:
        batch.add_column(sa.Column("paused_until", sa.BigInteger(), nullable=True))
        batch.add_column(sa.Column("rate", sa.Float(), nullable=True))
        batch.add_column(sa.Column("burst", sa.Integer(), nullable=True))
    op.add_column("chat", sa.Column("paused_until", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    raise RuntimeError("Schakel does not go back; restore a backup")
