"""What SIP said to each dial of a callback, and whether the resident's telephone rang."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("attempts") as batch_op:
        batch_op.add_column(sa.Column("sip_code", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("rang", sa.Boolean(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("attempts") as batch_op:
        batch_op.drop_column("rang")
        batch_op.drop_column("sip_code")
