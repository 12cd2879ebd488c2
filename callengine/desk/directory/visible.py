"""Which rows are there: not those of a load that is still being written."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, or_, select

from callengine.desk.directory.tables import directory_pending


def there(table: FromClause, own_load: int | None = None) -> ColumnElement[bool]:
    """The condition on a table (or its alias). `own_load`: as it will be when this load is switched on."""
    pending = select(directory_pending.c.load)
    if own_load is not None:
        pending = pending.where(directory_pending.c.load != own_load)
    is_born: ColumnElement[Any] = table.c.born.not_in(pending)
    if "died" not in table.c:
        return is_born
    return and_(is_born, or_(table.c.died.is_(None), table.c.died.in_(pending)))
