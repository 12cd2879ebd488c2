"""Sums by quarter of an hour of all companies together, made of those by company."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_KEY = ("node", "quarter", "queue")


def upgrade() -> None:
    by_company = sa.inspect(op.get_bind()).get_columns("call_quarters")
    sums = [column for column in by_company if column["name"] not in {*_KEY, "company"}]
    op.create_table(
        "queue_quarters",
        sa.Column("node", sa.String(length=40), nullable=False),
        sa.Column("quarter", sa.BigInteger(), nullable=False),
        sa.Column("queue", sa.String(length=40), nullable=False),
        *(sa.Column(column["name"], column["type"], nullable=False) for column in sums),
        sa.PrimaryKeyConstraint(*_KEY, name="pk_queue_quarters"),
        sqlite_with_rowid=False,
    )
    names = [column["name"] for column in sums]
    columns: dict[str, sa.ColumnClause[object]] = {name: sa.column(name) for name in (*_KEY, *names)}
    table = sa.table("call_quarters", *columns.values())
    key = [columns[name] for name in _KEY]
    added = sa.select(*key, *(sa.func.sum(columns[name]) for name in names)).select_from(table).group_by(*key)
    kept = sa.table("queue_quarters", *map(sa.column, columns))
    op.execute(sa.insert(kept).from_select([*_KEY, *names], added))


def downgrade() -> None:
    op.drop_table("queue_quarters")
