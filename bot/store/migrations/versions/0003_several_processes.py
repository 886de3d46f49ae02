"""Several processes on one database: leases, and an adapter's state for each data folder."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "lease",
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_lease")),
    )
    op.create_table(
        "home",
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("account", "place", name=op.f("pk_home")),
    )
    op.execute("INSERT INTO home (account, place, state) SELECT name, '', state FROM account WHERE state IS NOT NULL")
    with op.batch_alter_table("account") as batch:
        batch.drop_column("state")


def downgrade() -> None:
    raise RuntimeError("Schakel does not go back; restore a backup")
