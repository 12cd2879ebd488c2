"""Changes that are bound to one another, put into layers: many rows to a statement, and the ledger as one by one.

Each change names what it reads or writes by natural keys. It goes into the first layer in which nothing that came
before it and shares a key with it is done later; into the same layer only beside changes of its own statement, whose
rows keep their order. What frees a place that a unique index of the law holds (an open obligation of a number, a dial
in flight) names no key of it: it stays behind all rows that asked for such a place earlier, and before all later ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Table

from storage.rows.projection import Change, Insert, Update
from storage.schema import desk_tables, tables

_Statement = tuple[type[Insert] | type[Update], Table, tuple[str, ...]]
_Key = tuple[Any, ...]

_ENDS = {
    tables.obligations: "closed_at",
    tables.attempts: "ended_at",
    desk_tables.outgoing_calls: "ended_at",
}
"""Tables with a place that only one open row may have, and the column that frees it."""
_OBLIGATIONS = frozenset(
    {
        tables.obligations,
        tables.obligation_calls,
        tables.attempts,
        tables.human_tasks,
        tables.dial_refusals,
    }
)
_ATTEMPTS = frozenset({tables.attempts, tables.attempt_transfers})


def in_layers(changes: Iterable[Change]) -> Iterator[list[Change]]:
    """Runs of changes of one statement, in an order that leaves what the changes' own order leaves."""
    layers: list[dict[_Statement, list[Change]]] = []
    last: dict[_Key, tuple[int, _Statement]] = {}
    asked: dict[Table, int] = {}
    freed: dict[Table, int] = {}
    for change in changes:
        statement = _statement(change)
        keys = _keys(change)
        layer = 0
        for key in keys:
            if (found := last.get(key)) is not None:
                layer = max(layer, found[0] if found[1] == statement else found[0] + 1)
        table = change.table
        if table in _ENDS:
            if isinstance(change, Insert):
                layer = max(layer, freed.get(table, -1) + 1)
                asked[table] = max(asked.get(table, -1), layer)
            elif _ENDS[table] in change.values:
                layer = max(layer, asked.get(table, -1) + 1)
                freed[table] = max(freed.get(table, -1), layer)
        while len(layers) <= layer:
            layers.append({})
        layers[layer].setdefault(statement, []).append(change)
        last.update((key, (layer, statement)) for key in keys)
    for of_layer in layers:
        yield from of_layer.values()


def _statement(change: Change) -> _Statement:
    match change:
        case Insert(table, row):
            return Insert, table, tuple(sorted(row))
        case Update(table, _, values):
            return Update, table, tuple(sorted(values))


def _keys(change: Change) -> list[_Key]:
    """What it reads or writes: its own row, the row it belongs to, the place that it asks for."""
    table = change.table
    named = change.row if isinstance(change, Insert) else dict(change.key)
    keys: list[_Key] = [(table.name, *(named[column.name] for column in table.primary_key.columns))]
    if table in _OBLIGATIONS and "obligation" in named:
        keys.append(("obligations", named["obligation"]))
    if table in _ATTEMPTS:
        keys.append(("attempts", named["attempt"]))
    if table in _ENDS and isinstance(change, Insert):
        keys.append(("place", table.name, named.get("company"), named["e164"]))
    return keys
