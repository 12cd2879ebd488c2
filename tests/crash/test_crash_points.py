"""The engine dies at an await, at every one of them, on the way of a missed call to its contact (laws 2 and 4)."""

from __future__ import annotations

import asyncio
import pickle
import shutil
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from storage.ledger import open_ledger
from tests.crash.one_missed_call import Pbx, Program
from tests.support.centre import moment
from tests.support.dying_loop import preload, run_until_dead

preload("tests.crash.one_missed_call")


def told(folder: Path) -> dict[str, list[tuple[object, ...]]]:
    with closing(sqlite3.connect(folder / "ledger.db")) as connection:
        return {
            table: connection.execute(f"SELECT {columns} FROM {table}").fetchall()
            for table, columns in (
                ("calls", "call, outcome"),
                ("obligations", "call, number, state"),
                ("obligation_calls", "call, obligation"),
            )
        }


def check(folder: Path, pbx: Pbx) -> None:
    """One outcome, one obligation, one dial that reached him, nothing left behind."""
    found = told(folder)
    assert found["calls"] == [("c1", "abandoned")]
    assert [row[2] for row in found["obligations"]] in (["unconfirmed"], ["contacted"])
    assert len(found["obligation_calls"]) == 1
    assert len(pbx.rang) == 1, pbx.rang
    assert not pbx.overlaps
    assert not pbx.inbox
    assert not pbx.traces


async def make_ledger(path: Path) -> None:
    """With its tables, so that not every run has to make them."""
    ledger = await open_ledger(f"sqlite:///{path}", "another", moment(0))
    ledger.writer.start()
    await ledger.close()


def run(folder: Path, *, spool: bool, die_at: int | None) -> bool:
    if not folder.exists():
        folder.mkdir()
        shutil.copy(folder.parent / "ledger.db", folder)
    program = Program(folder, spool=spool)
    return run_until_dead(program.run, program.keep_the_pbx, die_at)


def die_at_each(folder: Path, *, spool: bool, stride: int) -> int:
    """Die at every stride-th await in turn, start again, and hold what came of it against the laws; how many."""
    asyncio.run(make_ledger(folder / "ledger.db"))
    whole = folder / "whole"
    assert run(whole, spool=spool, die_at=None)
    turns = int((whole / "turns").read_text())
    deaths = 0
    for die_at in range(1, turns, stride):
        place = folder / str(die_at)
        if not run(place, spool=spool, die_at=die_at):
            deaths += 1
            assert run(place, spool=spool, die_at=None)
        check(place, Pbx.of(place))
        shutil.rmtree(place)
    return deaths


@pytest.mark.parametrize("spool", [False, True], ids=["ledger alone", "with its spool"])
def test_at_whatever_await_it_dies_he_is_called_back_once(tmp_path: Path, spool: bool) -> None:
    """A sample of the awaits; `python -m tests.crash` dies at each of them."""
    assert die_at_each(tmp_path, spool=spool, stride=17) > 5


def test_a_clock_that_is_set_back_between_two_runs_delays_nobodys_contact(tmp_path: Path) -> None:
    """What the ledger and the inbox hold lies in the future then; the engine does not wait for it."""
    asyncio.run(make_ledger(tmp_path / "ledger.db"))
    assert run(tmp_path / "whole", spool=True, die_at=None)
    turns = int((tmp_path / "whole" / "turns").read_text())
    deaths = 0
    for die_at in range(1, turns, turns // 12):
        place = tmp_path / str(die_at)
        if run(place, spool=True, die_at=die_at):
            continue
        deaths += 1
        pbx = Pbx.of(place)
        before = pbx.clock.advance(-3600)
        (place / "pbx").write_bytes(pickle.dumps(pbx))
        assert run(place, spool=True, die_at=None)
        pbx = Pbx.of(place)
        check(place, pbx)
        assert pbx.clock.now() - before < timedelta(minutes=2)
    assert deaths > 5
