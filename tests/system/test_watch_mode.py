"""Watch mode on a PBX that is not ours: every exit of app_queue, against the callers' own clocks."""

from __future__ import annotations

import asyncio
import itertools
import re

import pytest

from callengine.demo.phones.resident import Resident
from tests.bench.answer_clock import assert_clocks_agree, differences, on_app_queue
from tests.support.clock_phones import Call
from tests.support.plain_ami import PlainAmi
from tests.support.watched_centre import WatchedCentre, watched_centre

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(180)]


QUEUE, TIMES_OUT, JOIN_EMPTY, LEAVE_EMPTY, FULL, ANNOUNCED, MENU, TWO_QUEUES = (
    f"7495000000{n}" for n in (1, 3, 4, 5, 6, 7, 8, 9)
)


async def wait_and_hang_up(resident: Resident, seconds: float) -> None:
    await resident.call()
    await asyncio.sleep(seconds)
    await resident.hang_up()


async def until_hung_up(resident: Resident) -> None:
    await resident.call()
    await resident.wait_for(lambda one: one.ended_at is not None, seconds=30)


async def outcomes(centre: WatchedCentre) -> dict[str, tuple[str, str, str | None]]:
    await centre.until(lambda: not centre.engine.view().calls)
    rows = await centre.rows("SELECT number, outcome, served_by, queue_exit FROM calls")
    return {row.number: (row.outcome, row.served_by, row.queue_exit) for row in rows}


async def test_every_exit_without_a_human_has_its_outcome_and_owes_a_contact() -> None:
    async with watched_centre() as centre:
        who = {
            name: centre.phones.resident(f"7916000000{n}", did)
            for n, (name, did) in enumerate(
                {
                    "abandons": QUEUE,
                    "presses a key": QUEUE,
                    "is withdrawn": QUEUE,
                    "times out": TIMES_OUT,
                    "is not let in": JOIN_EMPTY,
                    "is sent away": LEAVE_EMPTY,
                    "has the one place": FULL,
                    "finds it full": FULL,
                    "goes on and abandons": TWO_QUEUES,
                }.items()
            )
        }

        async def press() -> None:
            resident = who["presses a key"]
            await resident.call()
            await asyncio.sleep(1.2)
            assert resident.stream is not None
            await resident.stream.press("1")
            await resident.wait_for(lambda one: one.ended_at is not None, seconds=30)

        async def be_withdrawn() -> None:
            resident = who["is withdrawn"]
            await resident.call()
            await centre.until(lambda: in_queue(centre, resident))
            call = in_queue(centre, resident)
            secret = (centre.settings_file.parent / "callengine_ami.secret").read_text().strip()
            with PlainAmi(centre.pbx.ami_port, "callengine", secret) as ami:
                channel = next(
                    item["Channel"] for item in ami.ask_list("QueueStatus") if item.get("Uniqueid") == call
                )
                assert ami.ask("QueueWithdrawCaller", Queue="500", Caller=channel)["Response"] == "Success"
            await resident.wait_for(lambda one: one.ended_at is not None, seconds=30)

        async def find_it_full() -> None:
            first, second = who["has the one place"], who["finds it full"]
            await first.call()
            await centre.until(lambda: in_queue(centre, first))
            await until_hung_up(second)
            await first.hang_up()

        await asyncio.gather(
            wait_and_hang_up(who["abandons"], 2),
            press(),
            be_withdrawn(),
            until_hung_up(who["times out"]),
            until_hung_up(who["is not let in"]),
            until_hung_up(who["is sent away"]),
            find_it_full(),
            wait_and_hang_up(who["goes on and abandons"], 3),
        )
        found = await outcomes(centre)
        assert {name: found.get(one.number) for name, one in who.items()} == {
            "abandons": ("abandoned", "asterisk", "abandoned"),
            "presses a key": ("abandoned", "asterisk", "key"),
            "is withdrawn": ("rejected", "asterisk", "withdrawn"),
            "times out": ("rejected", "asterisk", "timed_out"),
            "is not let in": ("rejected", "asterisk", "join_empty"),
            "is sent away": ("rejected", "asterisk", "left_empty"),
            "has the one place": ("abandoned", "asterisk", "abandoned"),
            "finds it full": ("rejected", "asterisk", "full"),
            "goes on and abandons": ("abandoned", "asterisk", "abandoned"),
        }
        # All are owed a contact, as a task: nobody is dialled.
        tasks = await centre.rows("SELECT reason FROM human_tasks")
        assert [row.reason for row in tasks] == ["watched_only"] * len(who)
        assert not await centre.rows("SELECT attempt FROM attempts")
        # Who was not let in never entered the queue: the second clock has not begun.
        never = await centre.rows("SELECT number FROM calls WHERE queued_at IS NULL")
        assert {row.number for row in never} == {who["is not let in"].number, who["finds it full"].number}
        assert "callengine_unexpected" not in centre.log.getvalue()


def in_queue(centre: WatchedCentre, resident: Resident) -> str:
    """The id of his call while he waits in an app_queue, else nothing."""
    return next(
        (
            call.call
            for call in centre.engine.view().calls
            if call.number.whole == resident.number and call.state == "watched"
        ),
        "",
    )


@pytest.mark.alone
async def test_answered_calls_equal_the_callers_own_clocks_and_asterisks_counters_err() -> None:
    async with watched_centre() as centre:
        calls = [Call(f"7916000{n:04}", MENU if n % 2 else QUEUE) for n in range(8)]
        measured = await on_app_queue(centre, calls)
        rows = await centre.rows(
            "SELECT number, arrived_at, queued_at, answered_at, agent, outcome FROM calls"
        )
        assert {row.outcome for row in rows} == {"answered"}
        assert {row.agent for row in rows} == {"1001", "1002"}
        errors = differences(measured, rows)
        print(f"largest difference {max(map(abs, errors)) * 1000:.1f} ms over {len(errors)} calls")
        assert len(errors) == len(calls)
        assert_clocks_agree(errors)
        # app_queue's own clock begins after the menu, and counts whole seconds.
        menu = {row.number for row in rows if row.queued_at - row.arrived_at > 900_000}
        assert menu == {call.number for call in calls if call.did == MENU}
        shown = re.search(r"C:(\d+), A:(\d+), SL:([\d.]+)%", centre.pbx.ask("queue show 500"))
        assert shown is not None
        assert int(shown[1]) == len(calls)


async def test_transfers_and_an_agent_who_drops_him_are_told_apart() -> None:
    async with watched_centre() as centre:
        first, second, third = await centre.phones.add_agents(3, log_in=False, answer_after=lambda: 0.1)
        await centre.until(lambda: set(centre.states().values()) == {"free"})
        # 505 speaks to the agent before it connects: he hangs up in it once, then takes the resident.
        talks = itertools.chain([0.5], itertools.repeat(None))
        third.talk_for = lambda: next(talks)
        dumped = centre.phones.resident("79160000001", ANNOUNCED)
        await dumped.call()
        await third.wait_for(lambda phone: len(phone.calls) == 1, seconds=20)
        await third.wait_for(lambda phone: len(phone.calls) == 2, seconds=20)
        await dumped.wait_for(lambda one: one.heard_tone == third.tone_hz, seconds=30)
        await centre.until(lambda: centre.states()["1003"] == "talking")
        await dumped.hang_up()
        moved = centre.phones.resident("79160000002", QUEUE)
        await moved.call()
        await moved.wait_for(lambda one: one.heard_at is not None, seconds=20)
        talker = first if moved.heard_tone == first.tone_hz else second
        await centre.until(lambda: centre.states()[talker.user] == "talking")
        await centre.until(lambda: centre.states()["1003"] == "free", seconds=30)
        talker.transfer("1003")
        await third.wait_for(lambda phone: len(phone.calls) == 3, seconds=20)
        await centre.until(
            lambda: centre.states() == {**centre.states(), talker.user: "wrap_up", "1003": "talking"}
        )
        await moved.hang_up()
        await centre.until(lambda: not centre.engine.view().calls)
        rows = await centre.rows("SELECT number, outcome, agent, queue_exit FROM calls ORDER BY arrived_at")
        assert [(row.number, row.outcome, row.agent, row.queue_exit) for row in rows] == [
            ("79160000001", "answered", "1003", None),
            ("79160000002", "answered", talker.user, None),
        ]
        offers = await centre.rows("SELECT agent, result FROM offers ORDER BY made_at")
        assert [(row.agent, row.result) for row in offers] == [
            ("1003", "declined"),
            ("1003", "answered"),
            (talker.user, "answered"),
        ]
        assert [row.agent for row in await centre.rows("SELECT agent FROM transfers")] == ["1003"]


async def test_an_agents_own_call_into_the_queue_is_nobodys_call_and_no_transfer() -> None:
    async with watched_centre() as centre:
        caller, called = await centre.phones.add_agents(2, log_in=False, answer_after=lambda: 0.1)
        await centre.until(lambda: set(centre.states().values()) >= {"free"})
        dialling = asyncio.ensure_future(caller.dial("500", seconds=8))
        # app_queue rings a colleague, or his own phone's second line.
        await centre.until(lambda: [*caller.calls, *called.calls])
        await centre.until(lambda: centre.states()["1001"] == "busy_elsewhere")
        # An engine that is started meanwhile finds both in the queue's lists, and takes neither for a resident.
        await centre.stop_engine()
        await centre.start_engine()
        await centre.until(lambda: centre.states()["1001"] == "busy_elsewhere")
        assert not centre.engine.view().calls
        assert (await dialling).startswith("answered")
        await centre.until(lambda: {centre.states()["1001"], centre.states()["1002"]} == {"free"}, seconds=20)
        for table in ("calls", "offers", "transfers", "obligations"):
            assert not await centre.rows(f"SELECT * FROM {table}"), table
        # A resident who comes now is one, and is answered.
        resident = centre.phones.resident("79160000001", QUEUE)
        await resident.call()
        await resident.wait_for(lambda one: one.heard_at is not None, seconds=20)
        await resident.hang_up()
        await centre.until(lambda: not centre.engine.view().calls)
        rows = await centre.rows("SELECT number, outcome FROM calls")
        assert [(row.number, row.outcome) for row in rows] == [("79160000001", "answered")]
