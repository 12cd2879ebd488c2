"""Stored files."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision."""
    op.create_table(
        "stored_files",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("client_id", sa.String(64)),
        sa.Column("company", sa.String(60)),
        sa.Column("owner_kind", sa.String(20), nullable=False),
        sa.Column("owner_id", sa.Integer()),
        sa.Column("form", sa.String(64)),
        sa.Column("name", sa.String(140), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("stored", sa.String(64), nullable=False),
        sa.Column("uploaded_by", sa.Integer()),
        sa.Column("uploader", sa.String(200), nullable=False),
        sa.Column("uploaded_at", sa.BigInteger(), nullable=False),
        sa.UniqueConstraint("client_id", name="uq_stored_files_client_id"),
        sa.UniqueConstraint("stored", name="uq_stored_files_stored"),
    )
    op.create_index("ix_stored_files_owner_kind_owner_id", "stored_files", ["owner_kind", "owner_id"])
    op.create_index("ix_stored_files_form", "stored_files", ["form"])
    op.create_index("ix_stored_files_company", "stored_files", ["company"])


def downgrade() -> None:
    """Back from it."""
    op.drop_table("stored_files")
