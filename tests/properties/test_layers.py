"""Many rows to a statement leave the same ledger as one change after the other, whatever comes in whatever order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import cache
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, create_engine, event, select
from sqlalchemy.exc import IntegrityError

from storage.rows.projection import Change, Insert, Update
from storage.rows.row_writer import write_changes
from storage.rows.statement_order import in_layers
from storage.schema import tables
from tests.support.centre import NOON

FEW = st.integers(0, 2)
MOMENTS = st.integers(0, 3).map(lambda seconds: NOON + timedelta(seconds=seconds))
BOUND = (
    tables.obligations,
    tables.obligation_calls,
    tables.attempts,
    tables.attempt_transfers,
    tables.human_tasks,
    tables.dial_refusals,
    tables.switches,
    tables.messages,
)


def _obligation(key: int, number: int | None, at: Any) -> Change:
    row: dict[str, Any] = {
        "obligation": f"o{key}",
        "node": "pbx1",
        "call": f"c{key}",
        "company": "sever",
        "did": "1",
    }
    row |= {"queue": "general", "number": "7", "e164": None if number is None else f"+{number}"}
    return Insert(
        tables.obligations, row | {"arrived_at": at, "due_at": at, "opened_at": at, "state": "planned"}
    )


def _attempt(key: int, obligation: int, number: int, at: Any) -> Change:
    row = {
        "attempt": f"a{key}",
        "obligation": f"o{obligation}",
        "n": 1,
        "agent": "1001",
        "e164": f"+{number}",
    }
    return Insert(tables.attempts, row | {"made_at": at, "trunk": None})


def _of_obligation(key: int, values: dict[str, Any]) -> Change:
    return Update(tables.obligations, (("obligation", f"o{key}"),), values)


def _of_attempt(key: int, values: dict[str, Any]) -> Change:
    return Update(tables.attempts, (("attempt", f"a{key}"),), values)


def _joined(call: int, key: int) -> Change:
    return Insert(tables.obligation_calls, {"node": "pbx1", "call": f"c{call}", "obligation": f"o{key}"})


def _task(key: int, at: Any) -> Change:
    return Insert(tables.human_tasks, {"obligation": f"o{key}", "opened_at": at, "reason": "no number"})


def _task_done(key: int, at: Any) -> Change:
    return Update(tables.human_tasks, (("obligation", f"o{key}"),), {"done_at": at, "done_by": "called"})


def _refused(key: int, at: Any) -> Change:
    return Insert(tables.dial_refusals, {"obligation": f"o{key}", "reason": "night", "at": at})


def _passed_on(key: int, at: Any) -> Change:
    return Insert(tables.attempt_transfers, {"attempt": f"a{key}", "at": at, "agent": "1002"})


def _switch(on: bool, at: Any) -> Change:
    row = {"node": "pbx1", "name": "callbacks", "enabled": on, "at": at, "by": "olga", "why": ""}
    return Insert(tables.switches, row)


def _switched(on: bool, at: Any) -> Change:
    key = (("node", "pbx1"), ("name", "callbacks"))
    return Update(tables.switches, key, {"enabled": on, "at": at, "by": "olga", "why": ""})


CHANGES: st.SearchStrategy[Change] = st.one_of(
    st.builds(_obligation, FEW, st.none() | FEW, MOMENTS),
    st.builds(_obligation, FEW, FEW, MOMENTS),
    st.builds(_of_obligation, FEW, MOMENTS.map(lambda at: {"closed_at": at, "closing": "contacted"})),
    st.builds(_of_obligation, FEW, MOMENTS.map(lambda at: {"overdue_at": at})),
    st.builds(_of_obligation, FEW, st.sampled_from([{"state": "planned"}, {"state": "dialling"}])),
    st.builds(_joined, FEW, FEW),
    st.builds(_attempt, FEW, FEW, FEW, MOMENTS),
    st.builds(_of_attempt, FEW, MOMENTS.map(lambda at: {"ended_at": at, "result": "busy"})),
    st.builds(_of_attempt, FEW, MOMENTS.map(lambda at: {"dialled_at": at})),
    st.builds(_passed_on, FEW, MOMENTS),
    st.builds(_task, FEW, MOMENTS),
    st.builds(_task_done, FEW, MOMENTS),
    st.builds(_refused, FEW, MOMENTS),
    st.builds(_switch, st.booleans(), MOMENTS),
    st.builds(_switched, st.booleans(), MOMENTS),
)

Content = dict[str, list[tuple[Any, ...]]] | None


@cache
def _empty_ledger() -> Engine:
    """Made once: whatever a case writes is rolled back."""
    engine = create_engine("sqlite://")
    event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA foreign_keys=ON"))
    tables.metadata.create_all(engine, tables=BOUND)
    return engine


def _ledger_after(
    changes: Sequence[Change], write: Callable[[Connection, Sequence[Change]], None]
) -> Content:
    """All rows; None when the database refused one."""
    with _empty_ledger().connect() as connection, connection.begin() as transaction:
        try:
            write(connection, changes)
            return {
                table.name: sorted(map(tuple, connection.execute(select(table))), key=repr) for table in BOUND
            }
        except IntegrityError:
            return None
        finally:
            transaction.rollback()


def _one_by_one(connection: Connection, changes: Sequence[Change]) -> None:
    for change in changes:
        write_changes(connection, [change])


@settings(max_examples=150, deadline=None)
@given(changes=st.lists(CHANGES, max_size=30))
def test_layers_leave_the_ledger_that_one_by_one_leaves(changes: list[Change]) -> None:
    # What is refused whatever the order would hide the rest: everybody has what he belongs to.
    known = [_obligation(key, 7 + key, NOON) for key in range(2)]
    assert _ledger_after([*known, *changes], write_changes) == _ledger_after([*known, *changes], _one_by_one)


def test_a_full_inbox_goes_out_in_a_statement_for_each_kind_of_change() -> None:
    changes = [
        change
        for key in range(500)
        for change in (
            _obligation(key, key, NOON),
            _joined(key, key),
            _of_obligation(key, {"state": "waiting"}),
        )
    ]
    runs = list(in_layers(changes))
    assert [len(run) for run in runs] == [500, 500, 500]


def test_a_place_that_was_freed_is_taken_by_whoever_comes_after_it_and_not_before() -> None:
    taken, freed = _obligation(0, 7, NOON), _of_obligation(0, {"closed_at": NOON, "closing": "contacted"})
    too_early, in_time = _obligation(1, 7, NOON), _obligation(2, 7, NOON)
    found = _ledger_after([taken, too_early, freed, in_time], write_changes)
    assert found is not None
    assert [row[0] for row in found["obligations"]] == ["o0", "o2"]
