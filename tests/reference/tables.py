"""Every table and column of the ledger, from SQLAlchemy's metadata and what the code says of each."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from sqlalchemy import Column, Index, Table
from sqlalchemy.dialects.postgresql.base import PGDialect

import storage.schema.desk_tables
import storage.schema.interval_tables  # noqa: F401  # So that its tables are in the metadata.
from storage.schema.meanings import SUMS, TABLES, meaning_of
from storage.schema.tables import Instant, metadata
from tests.reference.markdown import anchor, opening, table

_ABOUT = """\
The same on SQLite and PostgreSQL. `instant`: microseconds since 1970-01-01 UTC as a whole number, on PostgreSQL
`to_timestamp(arrived_at / 1e6)`, on SQLite `datetime(arrived_at / 1000000, 'unixepoch')`. Tables and columns
are added to by migrations (`callengine db revision`); who reads them by SQL should read by name, and from a
copy (`callengine db backup`) or a standby.
"""
_POSTGRESQL = PGDialect()  # type: ignore[no-untyped-call]  # SQLAlchemy gives it no types.


def tables_page() -> str:
    """The page."""
    tables = sorted(metadata.tables.values(), key=lambda one: one.name)
    contents = "\n".join(f"- [`{one.name}`](#{anchor(one.name)}): {TABLES[one.name]}" for one in tables)
    parts = [opening("The ledger's tables", "storage/schema") + _ABOUT, contents + "\n"]
    parts += [_of(one) for one in tables]
    return "\n".join(parts)


def columns() -> Iterator[tuple[str, str]]:
    """Table and column, of all."""
    for one in metadata.sorted_tables:
        for column in one.columns:
            yield one.name, column.name


def without_meaning() -> list[str]:
    """Columns of which nobody says what they are."""
    return [str(column) for one in metadata.sorted_tables for column in one.columns if not meaning(column)]


def meaning(column: Column[object]) -> str:
    """What stands beside the column itself (`doc=`), or else in `storage.schema.meanings`."""
    return column.doc or meaning_of(column.table.name, column.name) or ""


def _of(one: Table) -> str:
    rows = []
    for (names, _), group in groupby(one.columns, key=lambda column: _family(one, column)):
        members = list(group)
        shown = f"`{names}`" if len(members) == 1 else f"`{names}…`, {len(members)} columns"
        first = members[0]
        rows.append((shown, _type(first), _marks(first), meaning(first)))
    indexes = "".join(
        f"\n- {_index(index)}" for index in sorted(one.indexes, key=lambda index: str(index.name))
    )
    told = f"\nIndexes:\n{indexes}\n" if indexes else ""
    return f"## {one.name}\n\n{TABLES[one.name]}.\n\n" + table(("column", "type", "", "meaning"), rows) + told


def _family(one: Table, column: Column[object]) -> tuple[str, bool]:
    """Columns that are made of one beginning are one row."""
    if one.name in {"call_quarters", "queue_quarters"}:
        for begin in SUMS:
            if begin.endswith("_") and column.name.startswith(begin) and not column.name.endswith("_us"):
                return begin, True
    return column.name, False


def _type(column: Column[object]) -> str:
    return (
        "instant"
        if isinstance(column.type, Instant)
        else str(column.type.compile(dialect=_POSTGRESQL)).lower()
    )


def _marks(column: Column[object]) -> str:
    marks = ["key"] if column.primary_key else []
    marks += [f"→ {one.target_fullname}" for one in column.foreign_keys]
    marks += ["may be NULL"] if column.nullable else []
    return ", ".join(marks)


def _index(index: Index) -> str:
    where = index.dialect_options["postgresql"]["where"]
    unique = "unique, " if index.unique else ""
    condition = "" if where is None else f", where {where}"
    return f"`{index.name}`: {unique}{', '.join(column.name for column in index.columns)}{condition}"
