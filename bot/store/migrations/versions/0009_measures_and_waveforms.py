"""Pictures keep their measures on their way, and voices the shape that apps draw."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("attachment", sa.Column("width", sa.Integer(), nullable=True))
    op.add_column("attachment", sa.Column("height", sa.Integer(), nullable=True))
    op.add_column("attachment", sa.Column("waveform", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    raise RuntimeError("Schakel does not go back; restore a backup")
