"""The calls of one number are found without looking through all: the desk asks for them at each arrival."""

from __future__ import annotations

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_calls_number", "calls", ["number", "arrived_at"])


def downgrade() -> None:
    op.drop_index("ix_calls_number", "calls")
