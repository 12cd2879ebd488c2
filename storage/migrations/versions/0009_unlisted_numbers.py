"""The number that was dialled, where no line of the settings has it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("calls", sa.Column("unlisted", sa.String(length=40)))


def downgrade() -> None:
    op.drop_column("calls", "unlisted")
