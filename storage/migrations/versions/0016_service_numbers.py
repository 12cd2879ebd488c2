"""Calls to service numbers: several at once may speak with 112."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "outgoing_calls", sa.Column("is_service", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    _in_flight("ended_at IS NULL AND NOT is_service")
    op.create_index("ix_outgoing_calls_number", "outgoing_calls", ["e164", "made_at"])


def downgrade() -> None:
    op.drop_index("ix_outgoing_calls_number", table_name="outgoing_calls")
    # What is in flight is over by then: a dial of which nobody knows the end must not keep the older index out.
    op.execute("UPDATE outgoing_calls SET ended_at = made_at WHERE ended_at IS NULL AND is_service")
    _in_flight("ended_at IS NULL")
    with op.batch_alter_table("outgoing_calls") as batch_op:
        batch_op.drop_column("is_service")


def _in_flight(where: str) -> None:
    op.drop_index("uq_outgoing_calls_in_flight", table_name="outgoing_calls")
    op.create_index(
        "uq_outgoing_calls_in_flight",
        "outgoing_calls",
        ["e164"],
        unique=True,
        sqlite_where=sa.text(where),
        postgresql_where=sa.text(where),
    )
