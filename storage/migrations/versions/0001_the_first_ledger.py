"""The first ledger."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import storage.schema.tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "agent_states",
        sa.Column("node", sa.String(length=40), nullable=False),
        sa.Column("epoch", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", storage.schema.tables.Instant(), nullable=False),
        sa.Column("agent", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=30), nullable=False),
        sa.Column("reason", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("node", "epoch", "seq", "n", name=op.f("pk_agent_states")),
    )
    with op.batch_alter_table("agent_states") as batch_op:
        batch_op.create_index(batch_op.f("ix_agent_states_at"), ["at"], unique=False)

    op.create_table(
        "calls",
        sa.Column("node", sa.String(length=40), nullable=False),
        sa.Column("call", sa.String(length=150), nullable=False),
        sa.Column("arrived_at", storage.schema.tables.Instant(), nullable=False),
        sa.Column("offered_at", storage.schema.tables.Instant(), nullable=False),
        sa.Column("did", sa.String(length=40), nullable=False),
        sa.Column("company", sa.String(length=40), nullable=False),
        sa.Column("line_kind", sa.String(length=40), nullable=False),
        sa.Column("queue", sa.String(length=40), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("caller_name", sa.String(length=200), nullable=False),
        sa.Column("queued_at", storage.schema.tables.Instant(), nullable=True),
        sa.Column("fallback_at", storage.schema.tables.Instant(), nullable=True),
        sa.Column("answered_at", storage.schema.tables.Instant(), nullable=True),
        sa.Column("agent", sa.String(length=40), nullable=True),
        sa.Column("offer", sa.String(length=200), nullable=True),
        sa.Column("ended_at", storage.schema.tables.Instant(), nullable=True),
        sa.Column("outcome", sa.String(length=30), nullable=True),
        sa.Column("served_by", sa.String(length=20), nullable=True),
        sa.Column("cause", sa.Integer(), nullable=True),
        sa.Column("recording", sa.String(length=300), nullable=True),
        sa.PrimaryKeyConstraint("node", "call", name=op.f("pk_calls")),
    )
    with op.batch_alter_table("calls") as batch_op:
        batch_op.create_index(batch_op.f("ix_calls_arrived_at"), ["arrived_at"], unique=False)
        batch_op.create_index(
            "ix_calls_open",
            ["node"],
            unique=False,
            sqlite_where=sa.text("outcome IS NULL"),
            postgresql_where=sa.text("outcome IS NULL"),
        )

    op.create_table(
        "journal",
        sa.Column("node", sa.String(length=40), nullable=False),
        sa.Column("epoch", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", storage.schema.tables.Instant(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("node", "epoch", "seq", name=op.f("pk_journal")),
    )
    op.create_table(
        "link_gaps",
        sa.Column("node", sa.String(length=40), nullable=False),
        sa.Column("epoch", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", storage.schema.tables.Instant(), nullable=False),
        sa.Column("restored", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("node", "epoch", "seq", name=op.f("pk_link_gaps")),
    )
    op.create_table(
        "obligations",
        sa.Column("obligation", sa.String(length=160), nullable=False),
        sa.Column("node", sa.String(length=40), nullable=False),
        sa.Column("call", sa.String(length=150), nullable=False),
        sa.Column("company", sa.String(length=40), nullable=False),
        sa.Column("did", sa.String(length=40), nullable=False),
        sa.Column("queue", sa.String(length=40), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("e164", sa.String(length=40), nullable=True),
        sa.Column("arrived_at", storage.schema.tables.Instant(), nullable=False),
        sa.Column("due_at", storage.schema.tables.Instant(), nullable=False),
        sa.Column("opened_at", storage.schema.tables.Instant(), nullable=False),
        sa.Column("overdue_at", storage.schema.tables.Instant(), nullable=True),
        sa.Column("closed_at", storage.schema.tables.Instant(), nullable=True),
        sa.Column("closing", sa.String(length=30), nullable=True),
        sa.Column("reason", sa.String(length=100), nullable=True),
        sa.PrimaryKeyConstraint("obligation", name=op.f("pk_obligations")),
    )
    with op.batch_alter_table("obligations") as batch_op:
        batch_op.create_index(batch_op.f("ix_obligations_due_at"), ["due_at"], unique=False)
        batch_op.create_index(
            "uq_obligations_open",
            ["company", "e164"],
            unique=True,
            sqlite_where=sa.text("closed_at IS NULL AND e164 IS NOT NULL"),
            postgresql_where=sa.text("closed_at IS NULL AND e164 IS NOT NULL"),
        )

    op.create_table(
        "offers",
        sa.Column("node", sa.String(length=40), nullable=False),
        sa.Column("offer", sa.String(length=200), nullable=False),
        sa.Column("call", sa.String(length=150), nullable=False),
        sa.Column("agent", sa.String(length=40), nullable=False),
        sa.Column("made_at", storage.schema.tables.Instant(), nullable=False),
        sa.Column("rang_at", storage.schema.tables.Instant(), nullable=True),
        sa.Column("ended_at", storage.schema.tables.Instant(), nullable=True),
        sa.Column("result", sa.String(length=30), nullable=True),
        sa.PrimaryKeyConstraint("node", "offer", name=op.f("pk_offers")),
    )
    with op.batch_alter_table("offers") as batch_op:
        batch_op.create_index(batch_op.f("ix_offers_call"), ["call"], unique=False)
        batch_op.create_index(batch_op.f("ix_offers_made_at"), ["made_at"], unique=False)

    op.create_table(
        "runs",
        sa.Column("node", sa.String(length=40), nullable=False),
        sa.Column("epoch", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("started_at", storage.schema.tables.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("node", "epoch", name=op.f("pk_runs")),
    )
    op.create_table(
        "attempts",
        sa.Column("attempt", sa.String(length=160), nullable=False),
        sa.Column("obligation", sa.String(length=160), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("agent", sa.String(length=40), nullable=False),
        sa.Column("e164", sa.String(length=40), nullable=False),
        sa.Column("made_at", storage.schema.tables.Instant(), nullable=False),
        sa.Column("dialled_at", storage.schema.tables.Instant(), nullable=True),
        sa.Column("contacted_at", storage.schema.tables.Instant(), nullable=True),
        sa.Column("ended_at", storage.schema.tables.Instant(), nullable=True),
        sa.Column("result", sa.String(length=30), nullable=True),
        sa.ForeignKeyConstraint(
            ["obligation"], ["obligations.obligation"], name=op.f("fk_attempts_obligation")
        ),
        sa.PrimaryKeyConstraint("attempt", name=op.f("pk_attempts")),
    )
    with op.batch_alter_table("attempts") as batch_op:
        batch_op.create_index(batch_op.f("ix_attempts_made_at"), ["made_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_attempts_obligation"), ["obligation"], unique=False)
        batch_op.create_index(
            "uq_attempts_in_flight",
            ["e164"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )

    op.create_table(
        "dial_refusals",
        sa.Column("obligation", sa.String(length=160), nullable=False),
        sa.Column("reason", sa.String(length=30), nullable=False),
        sa.Column("at", storage.schema.tables.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["obligation"], ["obligations.obligation"], name=op.f("fk_dial_refusals_obligation")
        ),
        sa.PrimaryKeyConstraint("obligation", "reason", name=op.f("pk_dial_refusals")),
    )
    op.create_table(
        "human_tasks",
        sa.Column("obligation", sa.String(length=160), nullable=False),
        sa.Column("opened_at", storage.schema.tables.Instant(), nullable=False),
        sa.Column("reason", sa.String(length=100), nullable=False),
        sa.Column("done_at", storage.schema.tables.Instant(), nullable=True),
        sa.Column("done_by", sa.String(length=40), nullable=True),
        sa.ForeignKeyConstraint(
            ["obligation"], ["obligations.obligation"], name=op.f("fk_human_tasks_obligation")
        ),
        sa.PrimaryKeyConstraint("obligation", name=op.f("pk_human_tasks")),
    )
    op.create_table(
        "obligation_calls",
        sa.Column("node", sa.String(length=40), nullable=False),
        sa.Column("call", sa.String(length=150), nullable=False),
        sa.Column("obligation", sa.String(length=160), nullable=False),
        sa.ForeignKeyConstraint(
            ["obligation"], ["obligations.obligation"], name=op.f("fk_obligation_calls_obligation")
        ),
        sa.PrimaryKeyConstraint("node", "call", name=op.f("pk_obligation_calls")),
    )
    with op.batch_alter_table("obligation_calls") as batch_op:
        batch_op.create_index(batch_op.f("ix_obligation_calls_obligation"), ["obligation"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("obligation_calls") as batch_op:
        batch_op.drop_index(batch_op.f("ix_obligation_calls_obligation"))

    op.drop_table("obligation_calls")
    op.drop_table("human_tasks")
    op.drop_table("dial_refusals")
    with op.batch_alter_table("attempts") as batch_op:
        batch_op.drop_index(
            "uq_attempts_in_flight",
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_attempts_obligation"))
        batch_op.drop_index(batch_op.f("ix_attempts_made_at"))

    op.drop_table("attempts")
    op.drop_table("runs")
    with op.batch_alter_table("offers") as batch_op:
        batch_op.drop_index(batch_op.f("ix_offers_made_at"))
        batch_op.drop_index(batch_op.f("ix_offers_call"))

    op.drop_table("offers")
    with op.batch_alter_table("obligations") as batch_op:
        batch_op.drop_index(
            "uq_obligations_open",
            sqlite_where=sa.text("closed_at IS NULL AND e164 IS NOT NULL"),
            postgresql_where=sa.text("closed_at IS NULL AND e164 IS NOT NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_obligations_due_at"))

    op.drop_table("obligations")
    op.drop_table("link_gaps")
    op.drop_table("journal")
    with op.batch_alter_table("calls") as batch_op:
        batch_op.drop_index(
            "ix_calls_open",
            sqlite_where=sa.text("outcome IS NULL"),
            postgresql_where=sa.text("outcome IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_calls_arrived_at"))

    op.drop_table("calls")
    with op.batch_alter_table("agent_states") as batch_op:
        batch_op.drop_index(batch_op.f("ix_agent_states_at"))

    op.drop_table("agent_states")
