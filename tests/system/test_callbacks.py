"""Missed calls on a real Asterisk: called back, in time, once; nobody else; whatever crashes.

The law's limits are shortened to a twentieth by a rule set, as a country with other laws would write it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from callengine.demo.centre import GENERAL_DID, CentrePlan
from callengine.demo.phones.resident import Behaviour, ResidentExchange
from callengine.demo.phones.softphone import PhoneCall, Softphone
from queues.terms.phone_numbers import DialRefusal
from tests.support.live_centre import LiveCentre, live_centre

SETTLED = {"contacted", "got_through", "by_hand", "message_reviewed", "with_human", "impossible"}
NUMBER = "79161234567"
DIALLED = f"+{NUMBER}"
TWENTIETH = (
    '[[rules]]\nname = "twentieth"\nsince = 2020-01-01\n'
    "answer_limit_seconds = 15\ncontact_limit_seconds = 30\nmessage_limit_seconds = 30\n"
)


def plan(
    agents: int = 1,
    *,
    settle: int = 1,
    disposition: int = 0,
    callbacks: str = "",
    rules: str = "",
    **more: bool,
) -> CentrePlan:
    return CentrePlan(
        agents=agents,
        wrap_up=0,
        ring=15,
        rules=rules + TWENTIETH,
        callbacks=f"disposition_seconds = {disposition}\nsettle_seconds = {settle}\n"
        "retry_busy_seconds = 1\nretry_no_answer_seconds = 1\nlast_start_seconds = 3\nretry_late_seconds = 2\n"
        f"retry_failure_seconds = 1\nresident_ring_seconds = 2\n{callbacks}",
        **more,
    )


class Ward:
    """One agent who may be slow, and the telephones of the residents."""

    def __init__(self, centre: LiveCentre, agent: Softphone, exchange: ResidentExchange) -> None:
        self.centre = centre
        self.agent = agent
        self.exchange = exchange

    async def miss(self, number: str = NUMBER, did: str = GENERAL_DID, *, withheld: bool = False) -> None:
        """He calls and hangs up before the agent, whose phone rings, has answered."""
        self.agent.answer_after = lambda: None
        rung = len(self.agent.calls)
        resident = self.centre.phones.resident(number, did, withheld=withheld)
        await resident.call()
        await self.agent.wait_for(lambda phone: len(phone.calls) > rung)
        await resident.hang_up()
        await self.agent.wait_for(lambda phone: phone.present_call is None)

    async def called_back(self, *, seconds: float = 15) -> PhoneCall:
        """Wait until the agent's phone rings next, and let him answer."""
        rung = len(self.agent.calls)
        self.agent.answer_after = lambda: 0.1
        await self.agent.wait_for(lambda phone: len(phone.calls) > rung, seconds=seconds)
        return self.agent.calls[-1]

    async def obligations(self) -> list[tuple[str | None, str | None]]:
        """How each ended; of one that is a human's task its state, and the task's reason."""
        return [
            (row.closing or row.state, row.reason or row.task or "")
            for row in await self.centre.rows(
                "SELECT o.closing, o.state, o.reason, t.reason AS task FROM obligations o "
                "LEFT JOIN human_tasks t ON t.obligation = o.obligation ORDER BY o.opened_at"
            )
        ]

    async def attempts(self) -> list[str | None]:
        """The result of each dial, in order."""
        return [row.result for row in await self.centre.rows("SELECT result FROM attempts ORDER BY made_at")]

    async def until_closed(self, *, seconds: float = 20) -> None:
        """Until nothing is owed any more but by a human, and no dial is under way."""
        async with asyncio.timeout(seconds):
            while (
                not {how for how, _ in await self.obligations()} <= SETTLED or None in await self.attempts()
            ):
                await asyncio.sleep(0.05)


async def ward(
    centre: LiveCentre, behaviour: Callable[[str], Behaviour], *, talk_seconds: float = 1.0
) -> Ward:
    (agent,) = await centre.phones.add_agents(1)
    exchange = await centre.phones.open_exchange(behaviour, talk_seconds=talk_seconds)
    return Ward(centre, agent, exchange)


def answers(number: str) -> float:
    del number
    return 0.1


def one_after_the_other(*behaviours: Behaviour) -> Callable[[str], Behaviour]:
    rest: Iterator[Behaviour] = iter(behaviours)
    return lambda number: next(rest)


async def test_a_caller_who_hangs_up_is_called_back_agent_first_and_the_obligation_closes() -> None:
    async with live_centre(plan(notice=True, record=True)) as centre:
        here = await ward(centre, answers)
        # Talking must outlast the notice, 3.5 s, which the resident hears first.
        here.exchange._talk_seconds = 5.0
        await here.miss()
        call = await here.called_back()
        (row,) = await centre.rows("SELECT due_at, arrived_at FROM obligations")
        assert row.due_at - row.arrived_at == 30_000_000
        assert call.shown_name.startswith("Перезвон до ")
        assert call.shown_name.endswith(": УК Заря: общая"[: 40 - 18])
        assert len(call.shown_name) <= 40
        assert call.shown_number == DIALLED
        await here.until_closed()
        assert await here.obligations() == [("contacted", "")]
        assert await here.attempts() == ["contacted"]
        assert here.exchange.rung == [DIALLED]
        assert here.exchange.shown[DIALLED] == f"+{GENERAL_DID}"
        assert here.exchange.heard[DIALLED] == here.agent.tone_hz
        assert here.exchange.heard_at[DIALLED] - here.exchange.answered_at[DIALLED] > 3.0
        assert call.heard_resident_at is not None
        (attempt,) = await centre.rows("SELECT recording FROM attempts")
        recording = Path(attempt.recording)
        assert recording.is_relative_to(centre.asterisk.recordings)
        assert recording.stat().st_size > 8000  # At least half a second of what both said.


async def test_he_calls_again_and_gets_through_and_is_not_called_back() -> None:
    async with live_centre(plan(settle=3)) as centre:
        here = await ward(centre, answers)
        await here.miss()
        await centre.until(lambda: centre.free_agents() == 1)
        here.agent.answer_after = lambda: 0.0
        resident = centre.phones.resident(NUMBER)
        await resident.call()
        await resident.wait_for(lambda one: one.heard_at is not None)
        await resident.hang_up()
        await here.until_closed()
        assert await here.obligations() == [("got_through", "")]
        await centre.until(lambda: centre.engine.alarm.armed == 0)
        assert here.exchange.rung == []


async def test_two_missed_calls_of_one_number_are_one_dial() -> None:
    async with live_centre(plan(settle=2)) as centre:
        here = await ward(centre, answers)
        await here.miss(NUMBER)
        await centre.until(lambda: centre.free_agents() == 1)
        await here.miss("8" + NUMBER[1:])  # The same telephone, as another trunk writes it.
        await here.called_back()
        await here.until_closed()
        assert await here.obligations() == [("contacted", "")]
        assert here.exchange.rung == [DIALLED]
        (row,) = await centre.rows("SELECT count(*) AS calls FROM obligation_calls")
        assert row.calls == 2


async def test_busy_then_no_answer_then_contact() -> None:
    async with live_centre(plan()) as centre:
        here = await ward(centre, one_after_the_other("busy", None, 0.1))
        await here.miss()
        await here.called_back()
        await here.until_closed(seconds=30)
        assert await here.attempts() == ["busy", "no_answer", "contacted"]
        assert await here.obligations() == [("contacted", "")]
        assert here.exchange.rung == [DIALLED] * 3


async def test_a_callback_is_cut_after_its_longest_time_and_was_a_contact() -> None:
    async with live_centre(plan()) as centre:
        here = await ward(centre, answers, talk_seconds=60.0)
        dispatcher = centre.engine._dispatcher
        assert dispatcher is not None
        core = dispatcher.centre
        # Settings allow no less than a minute.
        callbacks = replace(core.policy.callbacks, max_talk=timedelta(seconds=2))
        core.policy = replace(core.policy, callbacks=callbacks)
        await here.miss()
        call = await here.called_back()
        await here.until_closed(seconds=30)
        assert await here.obligations() == [("contacted", "")]
        await here.agent.wait_for(lambda phone: phone.present_call is None, seconds=20)
        (row,) = await centre.rows("SELECT contacted_at, ended_at FROM attempts")
        assert 1_800_000 < row.ended_at - row.contacted_at < 15_000_000
        assert call.heard_resident_at is not None


async def test_never_reached_it_becomes_a_task_for_a_human() -> None:
    async with live_centre(plan(callbacks="max_attempts = 2")) as centre:
        here = await ward(centre, lambda number: "busy")
        await here.miss()
        await here.called_back()
        await here.until_closed(seconds=30)
        assert await here.attempts() == ["busy", "busy"]
        assert await here.obligations() == [("with_human", "not_reached")]
        assert [row.reason for row in await centre.rows("SELECT reason FROM human_tasks")] == ["not_reached"]


async def test_a_withheld_number_is_a_humans_task_at_once() -> None:
    async with live_centre(plan(settle=30)) as centre:
        here = await ward(centre, answers)
        await here.miss(withheld=True)
        await here.until_closed()
        assert await here.obligations() == [("impossible", "withheld")]
        assert here.exchange.rung == []


SPOOFED = {
    "88091234567": DialRefusal.NUMBER_TYPE,  # premium
    "77011234567": DialRefusal.FOREIGN,  # Kazakhstan, with Russia's country code
    "+442071234567": DialRefusal.FOREIGN,
    "112": DialRefusal.SHORT_CODE,
    "89": DialRefusal.SHORT_CODE,
}


async def test_whatever_a_spoofed_caller_id_says_is_not_dialled() -> None:
    async with live_centre(plan(settle=0)) as centre:
        here = await ward(centre, answers)
        for number in SPOOFED:
            await here.miss(number)
            await centre.until(lambda: centre.free_agents() == 1)
        await here.until_closed()
        rows = await centre.rows(
            "SELECT o.number, r.reason, t.reason AS task FROM obligations o "
            "JOIN dial_refusals r USING (obligation) JOIN human_tasks t USING (obligation)"
        )
        refused = {row.number: row.reason for row in rows}
        assert set(refused) == set(SPOOFED)
        assert set(refused.values()) <= set(DialRefusal)
        assert {number: refused[number] for number in SPOOFED} == {
            number: reason.value for number, reason in SPOOFED.items()
        }
        assert all(row.task == row.reason for row in rows)
        assert await here.attempts() == []
        assert here.exchange.rung == []


async def killed_ward(centre: LiveCentre, module: str = "callengine") -> Ward:
    await centre.start_engine_process(module)
    return await ward(centre, answers, talk_seconds=3.0)


async def test_killed_between_claim_and_originate_he_is_dialled_once_after_the_restart() -> None:
    async with live_centre(plan(), engine=False) as centre:
        here = await killed_ward(centre, "tests.support.dying_engine")
        await here.miss()
        await centre.until(lambda: centre.dead_processes() == 1, seconds=15)
        assert here.exchange.rung == []
        await centre.start_engine()
        await here.called_back()
        await here.until_closed()
        assert here.exchange.rung == [DIALLED]
        assert await here.attempts() == ["not_dialled", "contacted"]
        assert await here.obligations() == [("contacted", "")]


async def test_killed_while_the_agents_phone_rings_the_dial_goes_on_and_is_not_done_twice() -> None:
    async with live_centre(plan(), engine=False) as centre:
        here = await killed_ward(centre)
        await here.miss()
        here.agent.answer_after = lambda: None
        await here.agent.wait_for(lambda phone: len(phone.calls) == 2)
        await centre.kill_processes()
        assert here.exchange.rung == []
        await centre.start_engine()
        here.agent.hang_up()  # The red button: nobody was dialled, so a further attempt is right.
        await here.called_back()
        await here.until_closed()
        assert here.exchange.rung == [DIALLED]
        assert await here.attempts() == ["agent_did_not_answer", "contacted"]


async def test_killed_while_the_agents_phone_rings_and_he_answers_without_an_engine() -> None:
    async with live_centre(plan(), engine=False) as centre:
        here = await killed_ward(centre)
        await here.miss()
        here.agent.answer_after = lambda: 1.0
        await here.agent.wait_for(lambda phone: len(phone.calls) == 2)
        await centre.kill_processes()
        await centre.until(lambda: DIALLED in here.exchange.heard, seconds=10)
        await centre.start_engine()
        await here.until_closed()
        assert here.exchange.rung == [DIALLED]
        assert await here.attempts() == ["contacted"]
        assert await here.obligations() == [("contacted", "")]


@pytest.mark.parametrize("restarted", ["while he talks", "after he hung up"])
async def test_killed_while_the_resident_talks_the_contact_counts(restarted: str) -> None:
    async with live_centre(plan(), engine=False) as centre:
        here = await killed_ward(centre)
        await here.miss()
        await here.called_back()
        await centre.until(lambda: DIALLED in here.exchange.heard, seconds=10)
        await centre.kill_processes()
        if restarted == "after he hung up":
            await here.agent.wait_for(lambda phone: phone.present_call is None)
        await centre.start_engine()
        await here.until_closed()
        assert here.exchange.rung == [DIALLED]
        assert await here.attempts() == ["contacted"]
        assert await here.obligations() == [("contacted", "")]


async def test_a_call_missed_while_no_engine_ran_is_called_back_with_its_true_arrival() -> None:
    async with live_centre(plan(), engine=False) as centre:
        here = await killed_ward(centre)
        await centre.kill_processes()
        here.agent.answer_after = lambda: None
        resident = centre.phones.resident(NUMBER)
        await resident.call()
        await here.agent.wait_for(lambda phone: len(phone.calls) == 1)
        await resident.hang_up()
        await asyncio.sleep(2.0)
        await centre.start_engine()
        (row,) = await centre.rows_when(1, "SELECT arrived_at, opened_at, due_at FROM obligations")
        assert row.due_at - row.arrived_at == 30_000_000
        await here.called_back()
        await here.until_closed()
        assert here.exchange.rung == [DIALLED]
