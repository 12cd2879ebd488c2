"""Decisions into tables, inside one transaction; each exactly once by its natural key."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Table, bindparam, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DataError, IntegrityError

from storage.rows.interval_writer import RollUp
from storage.rows.projection import Change, Insert, Place, Update, changes_of
from storage.rows.record import Record
from storage.rows.statement_order import in_layers
from storage.schema import desk_tables, tables

_BOUND = frozenset(
    {
        tables.obligations,
        tables.obligation_calls,
        tables.attempts,
        tables.attempt_transfers,
        tables.human_tasks,
        tables.dial_refusals,
        tables.switches,
        tables.messages,
        desk_tables.outgoing_calls,
    }
)
"""Bound to one another by keys and by the law's unique indexes: written as if in the order they happened."""

_Updates = dict[tuple[Table, tuple[tuple[str, Any], ...]], dict[str, Any]]


def write(connection: Connection, node: str, records: Iterable[Record], *, journal: bool = True) -> None:
    """All rows of these decisions, and what they add to the sums; without `journal` only the rows of the tables."""
    inserts: dict[Table, list[dict[str, Any]]] = {tables.journal: []}
    updates: _Updates = {}
    bound: list[Change] = []
    placed: list[tuple[Place, Change]] = []
    for record in records:
        if journal:
            inserts[tables.journal].append(_journal_row(record, node))
        for place, change in _changes(record, node):
            placed.append((place, change))
            match change:
                case _ if change.table in _BOUND:
                    bound.append(change)
                case Insert(table, row):
                    inserts.setdefault(table, []).append(row)
                case Update(table, key, values):
                    updates.setdefault((table, key), {}).update(values)
    rollup = RollUp(connection, node, placed) if journal else None
    for table, rows in inserts.items():
        insert_new(connection, table, rows)
    for (table, columns), rows in _grouped(updates).items():
        _update(connection, table, columns, rows)
    write_changes(connection, bound)
    if rollup is not None:
        rollup.add()


def write_unless_known(connection: Connection, node: str, records: Sequence[Record]) -> int:
    """The rows of those decisions that the journal does not have yet; how many they were.

    A decision's rows are committed together with its journal row, so that row tells whether they are there.
    """
    known = _known(connection, node, records)
    new = [record for record in records if (record.epoch, record.seq) not in known]
    if new:
        write(connection, node, new)
    return len(new)


def write_what_is_possible(connection: Connection, node: str, record: Record) -> list[str]:
    """One decision whose rows the database refused: its journal row, and each change that is taken.

    Gives the tables of the changes that were refused. A row that can never be written must not keep out all others.
    """
    if _known(connection, node, [record]):
        return []
    insert_new(connection, tables.journal, [_journal_row(record, node)])
    refused = []
    placed = list(_changes(record, node))
    rollup = RollUp(connection, node, placed)
    for _, change in placed:
        try:
            with connection.begin_nested():
                write_changes(connection, [change])
        except (IntegrityError, DataError):
            refused.append(change.table.name)
    rollup.add()
    return refused


def write_changes(connection: Connection, changes: Iterable[Change]) -> None:
    """As if one after the other, with many rows to a statement."""
    for run in in_layers(changes):
        match run[0]:
            case Insert(table):
                insert_new(connection, table, [change.row for change in run if isinstance(change, Insert)])
            case Update(table, _, values):
                rows = [{**dict(change.key), **change.values} for change in run if isinstance(change, Update)]
                _update(connection, table, tuple(values), rows)


def insert_new(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    """Rows that are there already stay as they are."""
    if rows:
        dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
        connection.execute(dialect.insert(table).on_conflict_do_nothing(), rows)


def _known(connection: Connection, node: str, records: Sequence[Record]) -> set[tuple[int, int]]:
    key = tuple_(tables.journal.c.epoch, tables.journal.c.seq)
    wanted = [(record.epoch, record.seq) for record in records]
    rows = connection.execute(
        select(tables.journal.c.epoch, tables.journal.c.seq).where(
            tables.journal.c.node == node, key.in_(wanted)
        )
    )
    return {(row.epoch, row.seq) for row in rows}


def _changes(record: Record, node: str) -> Iterator[tuple[Place, Change]]:
    for n, entry in enumerate(record.journal):
        place = Place(node, record.epoch, record.seq, n)
        for change in changes_of(entry, place):
            yield place, change


def _journal_row(record: Record, node: str) -> dict[str, Any]:
    return {
        "node": node,
        "epoch": record.epoch,
        "seq": record.seq,
        "at": record.at,
        "event": record.event,
        "decision": record.decision,
        "companies": f",{','.join(record.companies)}," if record.companies else "",
    }


def _grouped(updates: _Updates) -> dict[tuple[Table, tuple[str, ...]], list[dict[str, Any]]]:
    """Updates of the same columns of a table go out as one statement with many rows."""
    groups: dict[tuple[Table, tuple[str, ...]], list[dict[str, Any]]] = {}
    for (table, key), values in updates.items():
        groups.setdefault((table, tuple(sorted(values))), []).append({**dict(key), **values})
    return groups


def _update(
    connection: Connection, table: Table, columns: tuple[str, ...], rows: list[dict[str, Any]]
) -> None:
    keys = [column.name for column in table.primary_key.columns]
    statement = update(table).values({name: bindparam(f"new_{name}") for name in columns})
    for name in keys:
        statement = statement.where(table.c[name] == bindparam(f"key_{name}"))
    parameters = [
        {f"key_{name}": row[name] for name in keys} | {f"new_{name}": row[name] for name in columns}
        for row in rows
    ]
    connection.execute(statement, parameters)
