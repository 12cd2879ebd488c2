"""Callbacks that pass to a colleague; what their answer sounds like; whose residents a journal row concerns."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import storage.schema.tables

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "attempt_transfers",
        sa.Column("attempt", sa.String(length=160), sa.ForeignKey("attempts.attempt"), nullable=False),
        sa.Column("at", storage.schema.tables.Instant(), nullable=False),
        sa.Column("agent", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("attempt", "at"),
    )
    with op.batch_alter_table("attempts") as batch_op:
        batch_op.add_column(sa.Column("sounds_like", sa.String(length=20), nullable=True))
    with op.batch_alter_table("journal") as batch_op:
        batch_op.add_column(sa.Column("companies", sa.String(length=400), nullable=False, server_default=""))


def downgrade() -> None:
    with op.batch_alter_table("journal") as batch_op:
        batch_op.drop_column("companies")
    with op.batch_alter_table("attempts") as batch_op:
        batch_op.drop_column("sounds_like")
    op.drop_table("attempt_transfers")
