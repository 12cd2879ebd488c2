"""Residents who need not wait: called back in their place, or heard from a message. On a real Asterisk."""

from __future__ import annotations

import asyncio
import json

import pytest

from callengine.demo.phones.resident import Resident
from callengine.demo.phones.tones import RESIDENT_TONE
from tests.support.command import run
from tests.support.live_centre import LiveCentre, live_centre
from tests.system.test_callbacks import DIALLED, NUMBER, answers, plan, ward

CHOICE = "[choice]\nafter_seconds = 1\ncallback_before_due_seconds = 1\n"


async def waiting(centre: LiveCentre, *, withheld: bool = False) -> Resident:
    """A resident whom nobody answers, and who is just being told what he may choose."""
    resident = centre.phones.resident(NUMBER, withheld=withheld)
    await resident.call()
    await centre.until(
        lambda: "callengine-choice" in centre.asterisk.command_line("core show channels concise")
    )
    return resident


async def press(resident: Resident, *keys: str) -> None:
    assert resident.stream is not None
    for key in keys:
        await asyncio.sleep(0.3)
        await resident.stream.press(key)


async def leave_a_message(centre: LiveCentre) -> None:
    resident = await waiting(centre)
    await press(resident, "2")
    await asyncio.sleep(5)  # "Please speak after the tone", the tone, and his own one.
    await resident.hang_up()
    await centre.until(lambda: not centre.engine.view().calls)


async def test_one_keeps_his_place_and_he_is_called_back_with_his_consent_on_record() -> None:
    async with live_centre(plan(rules=CHOICE, settle=30)) as centre:
        here = await ward(centre, answers)
        here.agent.answer_after = lambda: None
        await here.agent.dial("*43", seconds=0.3)
        resident = await waiting(centre)
        await press(resident, "1")
        await resident.wait_for(lambda one: one.ended_at is not None)
        await centre.until(lambda: not centre.engine.view().calls)
        (row,) = await centre.rows("SELECT outcome, choice, choice_at, arrived_at FROM calls")
        assert (row.outcome, row.choice) == ("callback_requested", "callback")
        assert row.choice_at > row.arrived_at + 1_000_000
        here.agent.answer_after = lambda: 0.1
        await here.agent.dial("*44", seconds=0.3)
        # Nobody waits for him to call again by himself: he asked to be called.
        await here.until_closed(seconds=15)
        assert await here.obligations() == [("contacted", "")]
        assert here.exchange.rung == [DIALLED]
        assert centre.engine.tally.imbalance() == 0


async def test_who_withheld_his_number_types_one_and_is_called_there() -> None:
    async with live_centre(plan(rules=CHOICE)) as centre:
        here = await ward(centre, answers)
        await here.agent.dial("*43", seconds=0.3)
        resident = await waiting(centre, withheld=True)
        await press(resident, "1")
        await asyncio.sleep(0.5)
        await press(resident, *NUMBER[1:])
        await resident.wait_for(lambda one: one.ended_at is not None, seconds=20)
        here.agent.answer_after = lambda: 0.1
        await here.agent.dial("*44", seconds=0.3)
        await here.until_closed(seconds=15)
        assert here.exchange.rung == [DIALLED]
        (row,) = await centre.rows("SELECT number, typed_number, outcome FROM calls")
        assert tuple(row) == ("", NUMBER[1:], "callback_requested")


async def test_two_takes_a_message_that_an_agent_hears_and_its_review_in_time_discharges_the_call() -> None:
    async with live_centre(plan(rules=CHOICE)) as centre:
        here = await ward(centre, answers)
        await here.agent.dial("*43", seconds=0.3)
        await leave_a_message(centre)
        (row,) = await centre.rows_when(1, "SELECT path, due_at, left_at, review FROM messages")
        assert row.path.endswith("-message.wav")
        assert (row.due_at - row.left_at, row.review) == (30_000_000, None)
        assert [row.outcome for row in await centre.rows("SELECT outcome FROM calls")] == ["message_left"]
        code, out, _ = await run(centre, "messages", "--full")
        assert (code, out.split()[0], NUMBER in out) == (
            0,
            row.path.rpartition("/")[2].removesuffix("-message.wav"),
            True,
        )
        heard = await here.agent.dial("*47", seconds=12, keys=((6.0, "1"),), listen_for=[RESIDENT_TONE])
        assert heard == f"answered {RESIDENT_TONE}"
        await here.until_closed(seconds=5)
        assert await here.obligations() == [("message_reviewed", "")]
        (row,) = await centre.rows("SELECT opened_by, reviewed_by, review FROM messages")
        assert tuple(row) == ("1001", "1001", "done")
        assert [row.verdict for row in await centre.rows("SELECT verdict FROM calls")] == [
            "message_reviewed_in_time"
        ]
        assert here.exchange.rung == []
        assert await here.agent.dial("*47", seconds=8) == "answered"


async def test_a_supervisor_reviews_a_message_and_has_the_resident_called() -> None:
    async with live_centre(plan(rules=CHOICE)) as centre:
        here = await ward(centre, answers)
        await here.agent.dial("*43", seconds=0.3)
        await leave_a_message(centre)
        _, out, _ = await run(centre, "messages", "--json")
        (message,) = json.loads(out)["messages"]
        code, _, errors = await run(centre, "messages", "review", "nobody", "done")
        assert (code, "no message that waits" in errors) == (1, True)
        here.agent.answer_after = lambda: 0.1
        await here.agent.dial("*44", seconds=0.3)
        code, out, _ = await run(
            centre, "messages", "--by", "chief", "review", message["message"], "call_back"
        )
        assert (code, out) == (0, "no message waits for a review\n")
        await here.until_closed()
        assert await here.obligations() == [("contacted", "")]
        (row,) = await centre.rows("SELECT reviewed_by, review FROM messages")
        assert tuple(row) == ("chief", "call_back")


async def test_a_message_left_while_the_engine_dies_is_not_lost() -> None:
    async with live_centre(plan(rules=CHOICE), engine=False) as centre:
        await centre.start_engine_process()
        here = await ward(centre, answers)
        await here.agent.dial("*43", seconds=0.3)
        resident = await waiting(centre)
        await press(resident, "2")
        await asyncio.sleep(1)
        await centre.kill_processes()
        await asyncio.sleep(4)
        await resident.hang_up()
        await asyncio.sleep(0.3)
        await centre.start_engine()
        await centre.until(lambda: not centre.engine.view().calls)
        (row,) = await centre.rows("SELECT outcome, message_at FROM calls")
        assert row.outcome == "message_left"
        assert row.message_at is not None
        assert len(await centre.rows("SELECT message FROM messages")) == 1


@pytest.mark.parametrize("started_again", ["while he listens", "after he hung up"])
async def test_the_engine_dies_as_he_presses_one_and_his_consent_is_on_record(started_again: str) -> None:
    async with live_centre(plan(rules=CHOICE, settle=30), engine=False) as centre:
        await centre.start_engine_process()
        here = await ward(centre, answers)
        await here.agent.dial("*43", seconds=0.3)
        resident = await waiting(centre)
        await centre.kill_processes()
        await press(resident, "1")
        await asyncio.sleep(0.5)
        if started_again == "after he hung up":
            await resident.hang_up()
            await asyncio.sleep(0.3)
        await centre.start_engine()
        await centre.until(lambda: not centre.engine.view().calls, seconds=20)
        (row,) = await centre.rows("SELECT outcome, choice, choice_at, arrived_at, ended_at FROM calls")
        assert (row.outcome, row.choice) == ("callback_requested", "callback")
        assert row.arrived_at < row.choice_at < row.ended_at


async def test_whoever_presses_nothing_waits_on_and_is_answered_in_his_place() -> None:
    async with live_centre(plan(rules=CHOICE)) as centre:
        here = await ward(centre, answers)
        await here.agent.dial("*43", seconds=0.3)
        resident = await waiting(centre)
        here.agent.answer_after = lambda: 0.0
        # An agent becomes free while he is being told: he is taken out of the middle of it.
        await here.agent.dial("*44", seconds=0.3)
        await resident.wait_for(lambda one: one.heard_at is not None)
        await resident.hang_up()
        await centre.until(lambda: not centre.engine.view().calls)
        (row,) = await centre.rows("SELECT outcome, choice, choice_offered_at FROM calls")
        assert (row.outcome, row.choice) == ("answered", None)
        assert row.choice_offered_at is not None
