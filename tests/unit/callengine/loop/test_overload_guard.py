"""Behind by two seconds the engine says so, decides nothing, and comes back by asking what is so; clocks may jump."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from prometheus_client import CollectorRegistry

from ami_adapters.connection.link_faults import Trouble, Troubles
from callengine.loop.engine_loop import MAX_BACKLOG, Engine, Heard
from callengine.loop.overload_guard import FLOOD_PER_SECOND, OverloadGuard
from callengine.metrics.link import LinkMetrics
from callengine.platform.logs import get_log
from queues.messages.events import AgentLoggedIn, ObligationDue, PbxLost
from queues.terms.identifiers import AgentId, ObligationId
from tests.support.centre import moment

HEARD = AgentLoggedIn(moment(1), AgentId("1001"))


@dataclass
class FakeBoard:
    connection: int = 1
    is_synced: bool = True
    shed_messages: int = 0
    did: list[str] = field(default_factory=list)
    pulses: list[int] = field(default_factory=list)

    def beat(self) -> None:
        self.did.append("beat")

    def stop_beating(self) -> None:
        self.did.append("silent")

    def send_pulse(self, count: int) -> bool:
        self.pulses.append(count)
        return True

    def go_deaf(self) -> None:
        self.did.append("deaf")
        self.is_synced = False

    def resync(self) -> None:
        self.did.append("resync")
        self.is_synced = True


class Rig:
    """Vital signs on a monotonic clock of the test; what the engine would do in its turn is done by `turn`."""

    def __init__(self) -> None:
        self.now, self.read = 1000.0, 0
        self.board = FakeBoard()
        self.registry = CollectorRegistry()
        metrics = LinkMetrics(self.registry)
        self.troubles = Troubles(get_log("test"), metrics.trouble_changed)
        self.engine = Engine(None, None, None, None, None, None)
        self.vitals = OverloadGuard(
            self.engine,
            self.board,
            self.troubles,
            metrics,
            get_log("test"),
            monotonic=lambda: self.now,
            messages_read=lambda: self.read,
        )

    def second(self, *, answered: bool = True, turn: bool = True, seconds: float = 1.0) -> None:
        """One tick, and what follows of it."""
        self.vitals.tick()
        if turn:
            self.turn()
            if answered:
                for count in self.board.pulses:
                    self.vitals.returned(count)
                self.board.pulses.clear()
                self.turn()
        self.now += seconds

    def turn(self) -> None:
        while self.engine._inbox:
            item = self.engine._inbox.popleft()
            if callable(item):
                item()

    def value(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(f"callengine_{name}", labels)


async def test_while_it_keeps_up_it_beats_every_second() -> None:
    rig = Rig()
    for _ in range(10):
        rig.second()
    assert rig.board.did == ["beat"] * 10
    assert rig.value("heartbeat_lag_seconds_count") == 10
    assert rig.value("behind") == 0


@pytest.mark.parametrize("cause", ["the PBX or the wire is slow", "the engine's own turn does not come"])
async def test_two_seconds_behind_it_falls_silent_and_with_the_beats_back_it_asks_what_is_so(
    cause: str,
) -> None:
    rig = Rig()
    rig.second()
    late = {"answered": False} if "wire" in cause else {"turn": False}
    rig.engine.hear(HEARD)
    for _ in range(4):
        rig.second(**late)
    assert rig.vitals.is_behind
    assert rig.board.did.count("silent") == 1
    assert rig.board.did[-1] != "resync"
    assert rig.value("behind") == 1
    beats = rig.board.did.count("beat")
    rig.second()
    rig.second()
    rig.second()
    assert not rig.vitals.is_behind
    assert rig.board.did.count("resync") == 1
    assert rig.board.did.index("resync") > rig.board.did.index("deaf")
    assert rig.board.did.count("beat") > beats
    assert (rig.value("behind"), rig.value("fell_behind_total")) == (0, 1)


async def test_what_the_pbx_told_and_nobody_looked_at_is_given_up_but_nobodys_wish_is() -> None:
    rig = Rig()
    rig.second()
    wish = ObligationDue(moment(1), ObligationId("ob-c1"))
    for _ in range(1000):
        rig.engine.hear(HEARD)
    rig.engine.tell(wish)
    rig.engine.hear(PbxLost(moment(2)))
    rig.now += 3
    rig.second(turn=False)
    left = [item for item in rig.engine._inbox if not callable(item)]
    assert left == [wish, Heard(PbxLost(moment(2)))]
    assert rig.value("shed_total", kind="event") == 1000


async def test_the_backlog_has_a_limit_and_reaching_it_is_being_behind() -> None:
    rig = Rig()
    rig.second()
    for _ in range(MAX_BACKLOG + 500):
        rig.engine.hear(HEARD)
    assert rig.engine.backlog == MAX_BACKLOG
    rig.second(turn=False)
    assert rig.vitals.is_behind
    assert rig.engine.backlog < 10
    assert rig.value("shed_total", kind="event") == MAX_BACKLOG + 500


async def test_a_gap_in_the_beats_is_named_and_the_pbx_is_asked_what_was_missed() -> None:
    rig = Rig()
    rig.second()
    rig.second(answered=False)
    rig.board.pulses.clear()
    rig.second()
    assert rig.value("heartbeat_missing_total") == 1
    assert Trouble.EVENTS_MISSING in rig.troubles
    assert rig.board.did.count("resync") == 1
    rig.second()
    assert Trouble.EVENTS_MISSING not in rig.troubles
    rig.vitals.returned(1)
    rig.turn()
    assert rig.value("heartbeat_duplicates_total") == 1


async def test_a_flood_is_named_while_it_lasts() -> None:
    rig = Rig()
    rig.second()
    rig.read += FLOOD_PER_SECOND + 1
    rig.second()
    assert rig.value("ami_trouble", cause="flood") == 1
    rig.second()
    assert rig.value("ami_trouble", cause="flood") == 0
    assert rig.value("ami_troubles_total", cause="flood") == 1


async def test_a_machine_that_slept_asks_the_pbx_anew_and_a_clock_set_back_does_not() -> None:
    rig = Rig()
    rig.second()
    rig.vitals.clock_jumped(-3600.0)
    rig.vitals.clock_jumped(0.4)
    assert "resync" not in rig.board.did
    rig.vitals.clock_jumped(3600.0)
    assert rig.board.did[-1] == "resync"


async def test_without_a_link_nothing_is_awaited_and_a_new_one_begins_at_zero() -> None:
    rig = Rig()
    rig.second()
    rig.board.connection, rig.board.is_synced = 0, False
    for _ in range(10):
        rig.second(answered=False)
    assert not rig.vitals.is_behind
    rig.board.connection, rig.board.is_synced = 2, True
    rig.second()
    rig.second()
    assert not rig.vitals.is_behind
    assert rig.value("heartbeat_missing_total") == 0


async def test_a_link_that_was_gone_for_less_than_a_second_owes_nothing_of_the_old_one_either() -> None:
    rig = Rig()
    rig.second()
    rig.second(answered=False)
    rig.board.pulses.clear()
    rig.board.connection = 2
    rig.second()
    rig.second()
    assert rig.value("heartbeat_missing_total") == 0


async def test_behind_on_a_connection_newer_than_the_last_tick_it_asks_what_is_so() -> None:
    """A command kept back between the reconnect and the next tick: once it beat no more, until the next break."""
    rig = Rig()
    rig.second()
    rig.board.connection = 2
    rig.vitals.fall_behind("not certain that we are in charge")
    assert rig.board.did[-2:] == ["deaf", "silent"]
    for _ in range(3):
        rig.second()
    assert not rig.vitals.is_behind
    assert rig.board.is_synced
    assert rig.board.did[-1] == "beat"
