"""Sums by quarter of an hour; `storage.migrate.upgrade` fills them from the calls that are there."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_EDGES = (1, 2, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 420, 600, 900, 1800, "more")
_COUNTS = (
    *("offered", "handled", "fallback", "abandoned_short"),
    *(
        f"outcome_{outcome}"
        for outcome in ("answered", "abandoned", "callback_requested", "message_left", "rejected", "lost")
    ),
    *(
        f"judged_{ending}_{verdict}"
        for ending in ("answered", "abandoned", "other")
        for verdict in (
            "answered_in_time",
            "contacted_in_time",
            "message_reviewed_in_time",
            "broken",
            "not_owed",
        )
    ),
    *(
        f"{ending}_{clock}_{edge}"
        for ending in ("answered", "lost")
        for clock in ("arrival", "queue")
        for edge in _EDGES
    ),
)
_TIMES = ("talk_us", "wrap_up_us", "abandon_us", "wait_arrival_us", "wait_queue_us")
_STATES = (
    *("unavailable_us", "paused_us", "free_us", "offered_us", "talking_us", "wrap_up_us"),
    *("decline_pause_us", "busy_elsewhere_us"),
)


def upgrade() -> None:
    op.create_table(
        "call_quarters",
        sa.Column("node", sa.String(length=40), nullable=False),
        sa.Column("quarter", sa.BigInteger(), nullable=False),
        sa.Column("queue", sa.String(length=40), nullable=False),
        sa.Column("company", sa.String(length=40), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in _COUNTS),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in _TIMES),
        sa.PrimaryKeyConstraint("node", "quarter", "queue", "company", name="pk_call_quarters"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "agent_quarters",
        sa.Column("node", sa.String(length=40), nullable=False),
        sa.Column("quarter", sa.BigInteger(), nullable=False),
        sa.Column("agent", sa.String(length=40), nullable=False),
        sa.Column("conversations", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in _STATES),
        sa.PrimaryKeyConstraint("node", "quarter", "agent", name="pk_agent_quarters"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "agent_clocks",
        sa.Column("node", sa.String(length=40), nullable=False),
        sa.Column("agent", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=30), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("call", sa.String(length=150), nullable=True),
        sa.PrimaryKeyConstraint("node", "agent", name="pk_agent_clocks"),
    )
    op.create_table(
        "rollup_marks",
        sa.Column("node", sa.String(length=40), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("blind", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("node", name="pk_rollup_marks"),
    )


def downgrade() -> None:
    for table in ("rollup_marks", "agent_clocks", "agent_quarters", "call_quarters"):
        op.drop_table(table)
