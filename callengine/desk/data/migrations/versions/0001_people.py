"""Accounts, sessions, rights and the access trail."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision."""
    op.create_table(
        "trail",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.Integer()),
        sa.Column("account_name", sa.String(200), nullable=False),
        sa.Column("action", sa.String(60), nullable=False),
        sa.Column("subject_kind", sa.String(60), nullable=False),
        sa.Column("subject_id", sa.String(120), nullable=False),
        sa.Column("company", sa.String(60)),
        sa.Column("before", sa.Text()),
        sa.Column("after", sa.Text()),
    )
    op.create_index("ix_trail_at", "trail", ["at"])
    op.create_index("ix_trail_subject_kind_subject_id_at", "trail", ["subject_kind", "subject_id", "at"])
    op.create_index("ix_trail_account_id_at", "trail", ["account_id", "at"])


def downgrade() -> None:
    """Back from it."""
    op.drop_table("trail")
