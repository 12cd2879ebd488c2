"""What people at the desk ask for: commands, callers moved by hand, calls made by hand."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("calls") as batch_op:
        batch_op.add_column(sa.Column("moved_to", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("raised_at", sa.BigInteger(), nullable=True))
    op.create_table(
        "desk_commands",
        sa.Column("command", sa.String(length=80), nullable=False),
        sa.Column("node", sa.String(length=40), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("account", sa.String(length=80), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("refusal", sa.String(length=30), nullable=True),
        sa.Column("agent", sa.String(length=40), nullable=True),
        sa.Column("call", sa.String(length=150), nullable=True),
        sa.Column("queue", sa.String(length=40), nullable=True),
        sa.Column("obligation", sa.String(length=160), nullable=True),
        sa.Column("message", sa.String(length=150), nullable=True),
        sa.Column("company", sa.String(length=40), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("command", name="pk_desk_commands"),
    )
    op.create_index("ix_desk_commands_at", "desk_commands", ["at"])
    op.create_table(
        "outgoing_calls",
        sa.Column("attempt", sa.String(length=160), nullable=False),
        sa.Column("node", sa.String(length=40), nullable=False),
        sa.Column("command", sa.String(length=80), nullable=False),
        sa.Column("company", sa.String(length=40), nullable=False),
        sa.Column("did", sa.String(length=40), nullable=False),
        sa.Column("agent", sa.String(length=40), nullable=False),
        sa.Column("account", sa.String(length=80), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("purpose", sa.String(length=200), nullable=False),
        sa.Column("e164", sa.String(length=40), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("dialled_at", sa.BigInteger(), nullable=True),
        sa.Column("contacted_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("result", sa.String(length=30), nullable=True),
        sa.Column("recording", sa.String(length=300), nullable=True),
        sa.Column("recorded_seconds", sa.Integer(), nullable=True),
        sa.Column("trunk", sa.String(length=40), nullable=True),
        sa.Column("dial_status", sa.String(length=30), nullable=True),
        sa.Column("cause", sa.Integer(), nullable=True),
        sa.Column("sip_code", sa.Integer(), nullable=True),
        sa.Column("rang", sa.Boolean(), nullable=True),
        sa.Column("heard", sa.Boolean(), nullable=True),
        sa.Column("sounds_like", sa.String(length=20), nullable=True),
        sa.PrimaryKeyConstraint("attempt", name="pk_outgoing_calls"),
    )
    op.create_index("ix_outgoing_calls_made_at", "outgoing_calls", ["made_at"])
    op.create_index(
        "uq_outgoing_calls_in_flight",
        "outgoing_calls",
        ["e164"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_table("outgoing_calls")
    op.drop_table("desk_commands")
    with op.batch_alter_table("calls") as batch_op:
        batch_op.drop_column("raised_at")
        batch_op.drop_column("moved_to")
