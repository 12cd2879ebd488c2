"""`callengine replay`: a recorded run decided again, on every database."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import delete, update

from callengine.reconcile.decided_again import CannotReplay, DecidedAgain, decide_again, in_words
from queues.messages.commands import OfferCall
from queues.messages.events import CallArrived, TimePassed
from queues.policy import CentrePolicy
from storage.ledger import Ledger
from storage.schema.tables import journal
from tests.support.centre import Desk, arrived, moment, small_centre
from tests.support.every_event import every_event
from tests.support.ledger_desk import play


async def recorded(ledger: Ledger) -> Desk:
    """A run in which everything happened that can."""
    desk = Desk(small_centre(2), node=ledger.node)
    play(ledger, desk, every_event())
    await ledger.writer.flush()
    return desk


async def again(
    ledger: Ledger, policy: CentrePolicy, *, epoch: int | None = None, most: int = 5
) -> DecidedAgain:
    return await decide_again(ledger.reader, ledger.node, epoch, policy, most)


async def test_by_the_same_version_and_settings_every_event_is_decided_the_same(ledger: Ledger) -> None:
    desk = await recorded(ledger)
    told = await again(ledger, small_centre(2))
    assert (told.run.epoch, told.run.events, told.differing) == (ledger.epoch, len(desk.decisions), 0)
    assert told.as_json()["first"] == []
    assert told == await again(ledger, small_centre(2), epoch=ledger.epoch)


async def test_what_other_settings_would_have_changed_is_told_event_by_event(ledger: Ledger) -> None:
    desk = await recorded(ledger)
    nobody = replace(small_centre(2), agents={})
    told = await again(ledger, nobody)
    assert 0 < len(told.first) <= 5 < told.differing < told.run.events
    first = told.first[0]
    offered = next(
        number
        for number, one in enumerate(desk.decisions, 1)
        if any(type(c) is OfferCall for c in one.commands)
    )
    assert first.number <= offered
    assert first.recorded
    assert told.as_json()["first"][0] == first.as_json()
    assert all("OfferCall" not in line for one in told.first for line in one.now)


async def test_a_run_of_which_the_retention_has_taken_a_part_is_not_guessed_at(ledger: Ledger) -> None:
    desk = await recorded(ledger)
    async with ledger.engine.begin() as connection:
        await connection.execute(delete(journal).where(journal.c.seq <= 3))
    with pytest.raises(CannotReplay, match=rf"^3 of the {len(desk.decisions)} decisions of run 1 "):
        await again(ledger, small_centre(2))


async def test_a_run_that_never_was_and_one_of_a_newer_version_are_said_to_be_so(ledger: Ledger) -> None:
    with pytest.raises(CannotReplay, match="no run of"):
        await again(ledger, small_centre(2))
    await recorded(ledger)
    with pytest.raises(CannotReplay, match="no run 9 of"):
        await again(ledger, small_centre(2), epoch=9)
    async with ledger.engine.begin() as connection:
        newer = update(journal).where(journal.c.seq == 2).values(event='{"type": "CallDreamt"}')
        await connection.execute(newer)
    with pytest.raises(CannotReplay, match=r"^event 2 was written by a newer version: 'CallDreamt'"):
        await again(ledger, small_centre(2))


def test_in_words_an_event_shows_what_is_set_and_no_whole_number() -> None:
    told = in_words(arrived("c1", 1))
    assert told.startswith(
        "CallArrived(call=c1, channel=PJSIP/trunk-c1, arrived_at=2026-11-23T12:00:01.000+00:00"
    )
    assert "number=**********67" in told
    assert "caller_name" not in told
    assert isinstance(arrived("c1", 1), CallArrived)
    assert in_words(TimePassed(moment(1))) == "TimePassed()"
