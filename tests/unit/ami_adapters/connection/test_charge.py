"""Who is in charge of a PBX: whatever the order in which engines start, freeze and come back, one sends at a time."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ami_adapters.connection.charge import CHANGES_NOTHING, CONFIRM_SECONDS, STALE_SECONDS, Charge
from ami_adapters.connection.owner import Heartbeat, Owner, read_heartbeat
from ami_adapters.protocol import actions
from ami_adapters.protocol import dialplan_names as names
from ami_adapters.protocol.actions import Action
from ami_adapters.protocol.ami_message import Message
from ami_adapters.protocol.errors import NotConnected, NotInCharge
from ami_adapters.protocol.pending_actions import Response
from callengine.platform.logs import get_log
from tests.support.leaping_loop import run_leaping

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC).timestamp()
CHANGES = actions.setvar("X", "1", "PJSIP/1")


def owner(name: str, epoch: int = 1) -> Owner:
    return Owner(name, epoch, "host", 1, "m", 1, 1, "callengine")


class Pbx:
    """Asterisk, as far as the charge looks at it: one variable, and who is logged in."""

    def __init__(self) -> None:
        self.heartbeat = ""
        self.links: list[Wire] = []
        self.refuses_setvar = False

    def now(self) -> datetime:
        return datetime.fromtimestamp(NOON + asyncio.get_running_loop().time(), UTC)

    def carry_out(self, action: Action) -> dict[str, str]:
        headers = dict(action.headers)
        if action.name == "Setvar" and headers["Variable"] == names.HEARTBEAT_VARIABLE:
            if self.refuses_setvar:
                return {"Response": "Error", "Message": "Permission denied"}
            self.heartbeat = headers["Value"]
        elif action.name == "Getvar" and headers["Variable"] == names.HEARTBEAT_VARIABLE:
            return {"Response": "Success", "Value": self.heartbeat}
        elif action.name == "Getvar":
            return {"Response": "Success", "Value": str(len(self.links))}
        return {"Response": "Success"}


class Wire:
    """One session: actions are carried out one by one, each after a while."""

    def __init__(self, pbx: Pbx, delay: Callable[[], float] = lambda: 0.01) -> None:
        self._pbx = pbx
        self._delay = delay
        self._free_at = 0.0
        self.sent: list[Action] = []
        pbx.links.append(self)

    def send_nowait(self, action: Action) -> asyncio.Future[Response]:
        if self not in self._pbx.links:
            raise NotConnected("gone")
        loop = asyncio.get_running_loop()
        self.sent.append(action)
        future: asyncio.Future[Response] = loop.create_future()
        self._free_at = max(self._free_at, loop.time()) + self._delay()

        def answer() -> None:
            told = self._pbx.carry_out(action)
            raw = "".join(f"{key}: {value}\r\n" for key, value in told.items()).encode()
            loop.call_later(self._delay(), future.set_result, Response(Message(raw)))

        loop.call_at(self._free_at, answer)
        return future

    def drop(self, reason: str) -> None:
        self._pbx.links.remove(self)


class Engine:
    """One who wants to be in charge; `frozen_until` its process is stopped."""

    def __init__(self, pbx: Pbx, me: Owner, delay: Callable[[], float] = lambda: 0.01) -> None:
        self.pbx = pbx
        self.wire = Wire(pbx, delay)
        self.lost: list[Heartbeat] = []
        self.unconfirmed = 0
        self.charge = Charge(
            me,
            log=get_log("test"),
            is_gone=lambda other: False,
            on_lost=self.lost.append,
            on_unconfirmed=self._count,
            clock=lambda: asyncio.get_running_loop().time(),
        )

    def _count(self) -> None:
        self.unconfirmed += 1

    async def take(self) -> bool:
        try:
            await self.charge.take(self.wire, self.pbx.now)
        except NotInCharge:
            return False
        return self.charge.allows()

    def tick(self) -> None:
        self.charge.confirm(self.wire, self.pbx.now)
        self.charge.beat(self.wire, self.pbx.now())


def test_the_heartbeat_names_its_owner_behind_the_seconds_that_the_dialplan_reads() -> None:
    me = Owner("ab12", 7, "a.host", 42, "m1", 1700000000, 99, "callengine")
    written = Heartbeat(1700000123, me).written()
    assert written.split(".")[0] == "1700000123"
    assert read_heartbeat(written) == Heartbeat(1700000123, me)
    assert me.host == "a-host"
    assert read_heartbeat("1700000123") == Heartbeat(1700000123, None)
    assert read_heartbeat("").is_of_nobody
    assert read_heartbeat("0").is_of_nobody
    assert read_heartbeat("x.y.z") == Heartbeat()


def test_alone_it_is_in_charge_at_once() -> None:
    async def work() -> None:
        pbx = Pbx()
        engine = Engine(pbx, owner("a"))
        assert await engine.take()
        assert asyncio.get_running_loop().time() < 0.2
        engine.charge.guard(engine.wire).send_nowait(CHANGES)
        assert engine.wire.sent[-1] == CHANGES

    run_leaping(work())


def test_somebody_who_beats_is_not_disturbed_and_told_of() -> None:
    async def work() -> None:
        pbx = Pbx()
        first, second = Engine(pbx, owner("a", 5)), Engine(pbx, owner("b", 9))
        pbx.heartbeat = Heartbeat(int(NOON), owner("a", 5)).written()
        assert not await second.take()
        assert [seen.owner for seen in second.lost] == [owner("a", 5)]
        with pytest.raises(NotInCharge):
            second.charge.guard(second.wire).send_nowait(CHANGES)
        assert all(action.name in CHANGES_NOTHING for action in second.wire.sent)
        assert first.wire.sent == []

    run_leaping(work())


def test_what_is_not_known_to_change_nothing_is_kept_back_before_and_after_the_charge() -> None:
    async def work() -> None:
        pbx = Pbx()
        engine = Engine(pbx, owner("a"))
        guarded = engine.charge.guard(engine.wire)
        for name in ("Redirect", "Originate", "Setvar", "Hangup", "QueueLog", "SomethingNew"):
            with pytest.raises(NotInCharge):
                guarded.send_nowait(Action(name))
        assert (engine.charge.kept_back, engine.unconfirmed, engine.wire.sent) == (6, 0, [])
        guarded.send_nowait(actions.ping())
        assert await engine.take()
        # Frozen: no look at the name for as long as a sight of it lasts.
        await asyncio.sleep(CONFIRM_SECONDS)
        with pytest.raises(NotInCharge):
            guarded.send_nowait(CHANGES)
        assert engine.unconfirmed == 1
        assert engine.charge.beat(engine.wire, pbx.now()) is None
        assert engine.charge.farewell(engine.wire) is None
        engine.charge.confirm(engine.wire, pbx.now)
        await asyncio.sleep(0.1)
        guarded.send_nowait(CHANGES)

    run_leaping(work())


def test_frozen_and_back_after_another_took_charge_it_finds_the_name_and_sends_nothing() -> None:
    async def work() -> None:
        pbx = Pbx()
        first = Engine(pbx, owner("a", 1))
        assert await first.take()
        await asyncio.sleep(STALE_SECONDS + 2)
        second = Engine(pbx, owner("b", 2))
        assert await second.take()
        guarded, before = first.charge.guard(first.wire), len(first.wire.sent)
        with pytest.raises(NotInCharge):
            guarded.send_nowait(CHANGES)
        first.tick()
        await asyncio.sleep(0.1)
        assert [seen.owner for seen in first.lost] == [owner("b", 2)]
        assert all(action.name in CHANGES_NOTHING for action in first.wire.sent[before:])
        assert read_heartbeat(pbx.heartbeat).owner == owner("b", 2)

    run_leaping(work())


def test_an_answer_from_before_the_freeze_confirms_nothing() -> None:
    async def work() -> None:
        pbx = Pbx()
        engine = Engine(pbx, owner("a"))
        assert await engine.take()
        slow = Wire(pbx, lambda: CONFIRM_SECONDS)
        engine.charge.confirm(slow, pbx.now)
        await asyncio.sleep(4 * CONFIRM_SECONDS)
        assert not engine.charge.allows()

    run_leaping(work())


def test_who_wrote_late_over_the_higher_epoch_is_written_over_and_yields() -> None:
    async def work() -> None:
        pbx = Pbx()
        old, new = Engine(pbx, owner("z", 1)), Engine(pbx, owner("a", 2))
        assert await new.take()
        old.charge.was_held = True  # It was in charge once, and writes what it began before it was stopped.
        pbx.heartbeat = Heartbeat(int(NOON), owner("z", 1)).written()
        new.tick()
        await asyncio.sleep(0.1)
        assert read_heartbeat(pbx.heartbeat).owner == owner("a", 2)
        old.tick()
        await asyncio.sleep(0.1)
        assert old.charge.is_lost
        assert not new.charge.is_lost

    run_leaping(work())


def test_a_wiped_variable_is_written_anew_and_an_older_versions_beat_is_anothers() -> None:
    async def work() -> None:
        pbx = Pbx()
        engine = Engine(pbx, owner("a"))
        assert await engine.take()
        pbx.heartbeat = ""
        await asyncio.sleep(1)
        engine.tick()
        await asyncio.sleep(1)
        engine.tick()
        await asyncio.sleep(0.1)
        assert read_heartbeat(pbx.heartbeat).owner == owner("a")
        pbx.heartbeat = str(int(pbx.now().timestamp()))
        engine.tick()
        await asyncio.sleep(0.1)
        assert engine.charge.is_lost

    run_leaping(work())


def test_who_may_not_show_himself_sends_nothing_and_goes_on_reading() -> None:
    async def work() -> None:
        pbx = Pbx()
        pbx.refuses_setvar = True
        engine = Engine(pbx, owner("a"))
        assert not await engine.take()
        assert engine.lost == []
        engine.charge.guard(engine.wire).send_nowait(actions.queue_status())

    run_leaping(work())


@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    starts=st.lists(st.floats(0, 0.4), min_size=2, max_size=4),
    epochs=st.lists(st.integers(1, 3), min_size=4, max_size=4),
)
def test_of_several_who_start_at_once_never_two_may_send_and_one_is_in_charge_in_the_end(
    seed: int, starts: list[float], epochs: list[int]
) -> None:
    chance = random.Random(seed)

    async def work() -> None:
        pbx = Pbx()
        engines: list[Engine] = []

        async def live(number: int, start: float) -> None:
            await asyncio.sleep(start)
            slowest = chance.choice((0.005, 0.1, 0.4))
            engine = Engine(pbx, owner(f"e{number}", epochs[number]), lambda: chance.uniform(0.0, slowest))
            engines.append(engine)
            if not await engine.take():
                engine.wire.drop("stands by")
                return
            while not engine.charge.is_lost:
                engine.tick()
                await asyncio.sleep(1.0)

        async def watch() -> None:
            for _ in range(1200):
                assert sum(one.charge.allows() for one in engines) <= 1
                await asyncio.sleep(0.01)

        tasks = [asyncio.ensure_future(live(n, start)) for n, start in enumerate(starts)]
        try:
            await watch()
        finally:
            for task in tasks:
                task.cancel()
            outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert not [one for one in outcomes if isinstance(one, Exception)]
        assert sum(one.charge.allows() for one in engines) == 1

    run_leaping(work())
