"""Virtual time: what is due comes in order, each at its moment; a stored run decided again tells where it differs."""

from __future__ import annotations

from datetime import datetime

from queues.dispatcher import Dispatcher
from queues.driver import Difference, Replay, VirtualTime
from queues.messages.decision import Decision
from queues.messages.events import (
    CallEnded,
    Event,
    ObligationCloseRequested,
    ObligationDue,
    PbxSnapshot,
    TimePassed,
)
from queues.messages.journal import OfferMade
from queues.terms.identifiers import CallId, ObligationId
from tests.support.centre import NOON, agent_ready, arrived, holding, moment, small_centre


def centre(now: datetime = NOON) -> tuple[VirtualTime, list[tuple[Event, datetime]]]:
    """One agent is free; what was told from here on, and when."""
    told: list[tuple[Event, datetime]] = []
    dispatcher = Dispatcher(small_centre(1), epoch=1, started_at=now)
    time = VirtualTime(dispatcher, now, lambda event, decision: told.append((event, time.now)))
    for event in (PbxSnapshot(now, (), ()), *agent_ready("1001")):
        time.hear(event)
    told.clear()
    return time, told


def kinds(told: list[tuple[Event, datetime]]) -> list[tuple[type, datetime]]:
    return [(type(event), at) for event, at in told]


def test_an_event_is_told_after_all_that_is_due_before_it() -> None:
    time, told = centre()
    time.hear(arrived("c1", 1))
    time.hear(holding("c1", 2))
    deadline = time.next_due()
    assert deadline is not None
    time.hear(arrived("c2", 3600))
    assert told[2] == (TimePassed(deadline), deadline)
    assert isinstance(told[-1][0], type(arrived("c2", 0)))
    assert time.now == moment(3600)


def test_alarms_of_obligations_ring_by_themselves_and_timers_of_the_same_moment_come_first() -> None:
    time, told = centre()

    time.tell(arrived("c1", 1), moment(1))
    time.tell(CallEnded(moment(2), CallId("c1"), 16), moment(2))
    (obligation,) = time.alarms
    at = time.alarms[obligation]
    assert time.step(at)
    assert kinds(told)[-1] == (ObligationDue, at)

    assert obligation not in time.alarms or time.alarms[obligation] > at


def test_nothing_comes_before_its_time_and_time_does_not_go_back() -> None:
    time, told = centre()
    assert not time.step(moment(0))
    time.run(moment(60))
    assert time.now == moment(60)
    time.run(moment(30))
    assert time.now == moment(60)
    time.hear(arrived("late", 10))
    assert told[-1][1] == moment(60)


def test_a_loop_that_was_held_up_tells_all_that_is_due_at_the_moment_it_goes_on() -> None:
    time, told = centre()
    time.hear(arrived("c1", 1))
    time.hear(holding("c1", 2))
    told.clear()
    time.wake_late(moment(7200))
    assert told
    assert {at for _, at in told} == {moment(7200)}
    due = time.next_due()
    assert due is None or due > moment(7200)


def recorded(seconds: float = 2) -> list[tuple[datetime, Event, Decision]]:
    journal: list[tuple[datetime, Event, Decision]] = []
    time = VirtualTime(
        Dispatcher(small_centre(1), epoch=1, started_at=NOON),
        NOON,
        lambda event, decision: journal.append((time.now, event, decision)),
    )
    for event in (PbxSnapshot(NOON, (), ()), *agent_ready("1001"), arrived("c1", 1), holding("c1", seconds)):
        time.hear(event)
    time.run(moment(600))
    return journal


def test_a_stored_run_is_decided_again_to_the_same_end() -> None:
    journal = recorded()
    replay = Replay(Dispatcher(small_centre(1), epoch=1, started_at=NOON), NOON)
    assert [replay.hand_in(*one) for one in journal] == [None] * len(journal)
    assert replay.events == len(journal) > 5


def test_where_another_policy_decides_otherwise_it_is_told_with_both_decisions() -> None:
    journal = recorded()
    nobody = Replay(Dispatcher(small_centre(0), epoch=1, started_at=NOON), NOON)
    differences = [found for one in journal if (found := nobody.hand_in(*one)) is not None]
    offered = [one for one in differences if any(isinstance(e, OfferMade) for e in one.recorded.journal)]
    assert offered
    assert isinstance(offered[0], Difference)
    assert offered[0].event == holding("c1", 2)
    assert journal[offered[0].number][1] == offered[0].event
    assert not any(isinstance(entry, OfferMade) for entry in offered[0].decided.journal)


def test_alarms_that_are_late_ring_once_each_the_first_obligation_first() -> None:
    time, told = centre()
    for number, call in ((1, "c1"), (2, "c2")):
        time.tell(arrived(call, 1, number=f"+7916000000{number}"), moment(1))
        time.tell(CallEnded(moment(2), CallId(call), 16), moment(2))
    told.clear()
    time.wake_late(moment(100))
    rung = [event.obligation for event, _ in told if isinstance(event, ObligationDue)]
    assert rung == ["ob-c1", "ob-c2"]
    assert time.now == moment(100)


def test_an_alarm_that_another_alarm_made_needless_does_not_ring() -> None:
    """Whoever is told of the first closes the second one."""
    closed: list[ObligationId] = []

    def close(event: Event, _decision: Decision) -> None:
        if isinstance(event, ObligationDue) and not closed:
            closed.append(ObligationId("ob-c2"))
            time.tell(ObligationCloseRequested(time.now, closed[0], "7", "said"))

    time = VirtualTime(Dispatcher(small_centre(0), epoch=1, started_at=NOON), NOON, close)
    time.hear(PbxSnapshot(NOON, (), ()))
    for number, call in ((1, "c1"), (2, "c2")):
        time.tell(arrived(call, 1, number=f"+7916000000{number}"), moment(1))
        time.tell(CallEnded(moment(2), CallId(call), 16), moment(2))
    time.wake_late(moment(100))
    assert closed == ["ob-c2"]
    assert set(time.dispatcher.centre.obligations) == {"ob-c1"}


def test_what_is_due_at_the_very_moment_at_which_a_held_up_loop_goes_on_is_told_too() -> None:
    time, told = centre()
    time.hear(arrived("c1", 1))
    time.hear(holding("c1", 2))
    due = time.next_due()
    assert due is not None
    told.clear()
    time.wake_late(due)
    assert kinds(told) == [(TimePassed, due)]


def test_the_alarm_of_what_is_owed_no_more_is_forgotten() -> None:
    time, _ = centre()
    time.tell(arrived("c1", 1), moment(1))
    time.tell(CallEnded(moment(2), CallId("c1"), 16), moment(2))
    assert set(time.alarms) == {"ob-c1"}
    time.tell(ObligationCloseRequested(moment(3), ObligationId("ob-c1"), "7", "said"), moment(3))
    assert time.alarms == {}
