"""Messages, verdicts, dispositions, how each dial went, whose each task is, the switch, and who saw whole numbers."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_ADDED: dict[str, list[tuple[str, sa.types.TypeEngine[Any]]]] = {
    "calls": [
        ("verdict", sa.String(length=30)),
        ("rules", sa.String(length=60)),
        ("judged_at", sa.BigInteger()),
        ("choice_offered_at", sa.BigInteger()),
        ("choice", sa.String(length=20)),
        ("choice_at", sa.BigInteger()),
        ("typed_number", sa.String(length=40)),
        ("message_at", sa.BigInteger()),
    ],
    "obligations": [
        ("state", sa.String(length=20)),
        ("contacted_at", sa.BigInteger()),
        ("closed_by", sa.String(length=80)),
        ("disposition", sa.String(length=30)),
        ("disposed_at", sa.BigInteger()),
        ("disposed_by", sa.String(length=80)),
    ],
    "attempts": [
        ("trunk", sa.String(length=40)),
        ("dial_status", sa.String(length=30)),
        ("cause", sa.Integer()),
    ],
    "human_tasks": [
        ("assigned_to", sa.String(length=80)),
        ("assigned_by", sa.String(length=80)),
        ("assigned_at", sa.BigInteger()),
    ],
}


def upgrade() -> None:
    for table, columns in _ADDED.items():
        with op.batch_alter_table(table) as batch_op:
            for name, kind in columns:
                batch_op.add_column(sa.Column(name, kind, nullable=True))
    with op.batch_alter_table("human_tasks") as batch_op:
        batch_op.alter_column("done_by", type_=sa.String(length=80), existing_type=sa.String(length=40))
    op.create_table(
        "switches",
        sa.Column("node", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("why", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("node", "name", name="pk_switches"),
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("who", sa.String(length=80), nullable=False),
        sa.Column("what", sa.String(length=300), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )
    op.create_index("ix_audit_at", "audit", ["at"])
    op.create_table(
        "transfers",
        sa.Column("node", sa.String(length=40), nullable=False),
        sa.Column("call", sa.String(length=150), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("agent", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("node", "call", "at", name="pk_transfers"),
    )
    op.create_table(
        "deletions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("company", sa.String(length=40), nullable=False),
        sa.Column("before", sa.BigInteger(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_deletions"),
    )
    op.create_table(
        "messages",
        sa.Column("node", sa.String(length=40), nullable=False),
        sa.Column("message", sa.String(length=150), nullable=False),
        sa.Column("company", sa.String(length=40), nullable=False),
        sa.Column("did", sa.String(length=40), nullable=False),
        sa.Column("queue", sa.String(length=40), nullable=False),
        sa.Column("left_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("path", sa.String(length=300), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=True),
        sa.Column("opened_by", sa.String(length=80), nullable=True),
        sa.Column("reviewed_at", sa.BigInteger(), nullable=True),
        sa.Column("reviewed_by", sa.String(length=80), nullable=True),
        sa.Column("review", sa.String(length=20), nullable=True),
        sa.PrimaryKeyConstraint("node", "message", name="pk_messages"),
    )
    waiting = sa.text("reviewed_at IS NULL")
    op.create_index(
        "ix_messages_waiting", "messages", ["node"], sqlite_where=waiting, postgresql_where=waiting
    )


def downgrade() -> None:
    op.drop_table("messages")
    op.drop_table("deletions")
    op.drop_table("transfers")
    op.drop_table("audit")
    op.drop_table("switches")
    with op.batch_alter_table("human_tasks") as batch_op:
        batch_op.alter_column("done_by", type_=sa.String(length=40), existing_type=sa.String(length=80))
    for table, columns in _ADDED.items():
        with op.batch_alter_table(table) as batch_op:
            for name, _ in columns:
                batch_op.drop_column(name)
