"""What the desk wants of the engine."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision."""
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True),
        sa.Column("wish", sa.String(80), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("account_id", sa.Integer),
        sa.Column("by", sa.String(200), nullable=False),
        sa.Column("company", sa.String(60)),
        sa.Column("agent", sa.String(60)),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("answered_at", sa.BigInteger),
        sa.Column("done", sa.Boolean),
        sa.Column("refusal", sa.String(40), nullable=False, server_default=""),
        sa.UniqueConstraint("wish", name="uq_outbox_wish"),
    )
    op.create_index("ix_outbox_answered_at_id", "outbox", ["answered_at", "id"])


def downgrade() -> None:
    """Back from it."""
    op.drop_table("outbox")
