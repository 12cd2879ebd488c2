"""How many seconds of a recording are there, where it is much shorter than its conversation."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("calls", "attempts"):
        with op.batch_alter_table(table) as batch_op:
            batch_op.add_column(sa.Column("recorded_seconds", sa.Integer(), nullable=True))


def downgrade() -> None:
    for table in ("attempts", "calls"):
        with op.batch_alter_table(table) as batch_op:
            batch_op.drop_column("recorded_seconds")
