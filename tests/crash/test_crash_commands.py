"""Desk or engine dies at an await, at every one of them, between a wish and the desk's knowing what came of it (P4).

The steps between which they die: the desk commits its outbox row, sends it; the engine decides, commits, answers; the
desk commits the answer. Whoever was dead, the wish is done exactly once, by the moments that it names itself.
"""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Coroutine, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.crash.one_wish import REACHED_AT, WISH, Place, both, desk, engine
from tests.support.dying_loop import beside, preload, run_until_dead

preload("tests.crash.one_wish")
Die = Callable[[Place, int | None], bool]


@pytest.fixture
def furnished() -> Iterator[Place]:
    # Not pytest's folder: a socket's path is short.
    with tempfile.TemporaryDirectory(prefix="callengine-") as name:
        place = Place(Path(name) / "0")
        place.folder.mkdir()
        asyncio.run(place.furnish())
        yield place


def run(place: Place, program: Callable[[], Coroutine[Any, Any, None]], die_at: int | None = None) -> bool:
    """In a process of its own; whether it came to its end."""
    return run_until_dead(program, place.note, die_at)


def engine_dies(place: Place, die_at: int | None) -> bool:
    """The desk lives on beside it."""
    with beside(partial(desk, place)):
        ended = run(place, partial(engine, place, place.is_answered), die_at)
        if not ended:
            assert run(place, partial(engine, place, place.is_answered))
    return ended


def desk_dies(place: Place, die_at: int | None) -> bool:
    """The engine lives on beside it."""
    with beside(partial(engine, place, place.is_answered)):
        ended = run(place, partial(desk, place), die_at)
        if not ended:
            assert run(place, partial(desk, place))
    return ended


def both_die(place: Place, die_at: int | None) -> bool:
    """The engine comes back alone, and does what the desk had committed; the desk is told when it is back."""
    ended = run(place, partial(both, place), die_at)
    if not ended:
        if place.outbox():
            assert run(place, partial(engine, place, place.is_decided))
            assert place.decided() == [(WISH.id, None)]
        else:
            assert place.decided() == []
        assert run(place, partial(both, place))
    return ended


def check(place: Place) -> None:
    """Asked once, done once, answered once; in time, because the clock runs from the call's arrival."""
    assert place.outbox() == [(1, 1)]
    assert place.decided() == [(WISH.id, None)]
    with closing(sqlite3.connect(place.ledger)) as ledger:
        decisions = [row[0] for row in ledger.execute("SELECT decision FROM journal")]
        closed = ledger.execute("SELECT call, closing, contacted_at FROM obligations").fetchall()
        verdicts = ledger.execute("SELECT verdict FROM calls").fetchall()
    assert sum(text.count('"CommandDecided"') for text in decisions) == 1
    assert sum(text.count('"ObligationClosed"') for text in decisions) == 1
    assert [row[0] for row in closed] == ["c1"]
    assert closed[0][2] == int(REACHED_AT.timestamp() * 1_000_000)
    assert verdicts == [("contacted_in_time",)]


def die_at_each(furnished: Place, dies: Die, deaths_wanted: int | None = None) -> int:
    """Die at so many awaits, at each where none is said; how many died."""
    whole = Place(furnished.folder.with_name("whole"))
    shutil.copytree(furnished.folder, whole.folder)
    assert dies(whole, None)
    check(whole)
    turns = int((whole.folder / "turns").read_text())
    deaths = 0
    for die_at in range(1, turns, 1 if deaths_wanted is None else max(1, turns // deaths_wanted)):
        place = Place(furnished.folder.with_name(str(die_at)))
        shutil.copytree(furnished.folder, place.folder)
        deaths += not dies(place, die_at)
        check(place)
        shutil.rmtree(place.folder)
    return deaths


@pytest.mark.parametrize("dies", [engine_dies, desk_dies, both_die])
def test_at_whatever_await_they_die_a_wish_is_done_once(furnished: Place, dies: Die) -> None:
    """A sample of the awaits; `python -m tests.crash` dies at each of them."""
    assert die_at_each(furnished, dies, 5) > 2
