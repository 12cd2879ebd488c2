"""Laws 2, 4 and 5, the obligation's table and the verdicts under any events at all."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from queues.messages import events
from queues.messages.commands import (
    DialCallback,
    ForgetObligationTimer,
    WakeForObligation,
)
from queues.messages.events import Event
from queues.messages.journal import (
    AttemptFinished,
    AttemptMade,
    CallFinished,
    CallJudged,
    HumanTaskOpened,
    ObligationClosed,
    ObligationJoined,
    ObligationMoved,
    ObligationOpened,
    Outcome,
    OutgoingFinished,
    OutgoingMade,
)
from queues.policy import CallbackPolicy
from queues.terms.identifiers import AttemptId, ObligationId
from queues.terms.phone import Phone
from sla.compliance import Verdict
from sla.obligation import FINAL, TRANSITIONS, ObligationState
from tests.support.arbitrary_events import EVENTS, NARROW, POLICIES, somebody_moves
from tests.support.centre import NOON, Desk, small_centre


@settings(max_examples=400, deadline=None)
@given(st.lists(EVENTS, max_size=80), POLICIES)
def test_law_2_and_4_whoever_was_missed_is_owed_one_contact_and_dialled_by_one_at_a_time(
    stream: list[Event], policy: CallbackPolicy | None
) -> None:
    desk = Desk(small_centre(3, callbacks=policy))
    desk.open()
    now = NOON
    in_flight: dict[AttemptId, Phone] = {}
    owed = 0
    for event in stream:
        now = max(now, event.at)
        decision = desk.tell(event, now)  # One open obligation per resident is checked in there.
        for entry in decision.journal:
            match entry:
                case CallFinished(outcome=outcome) if outcome is not Outcome.ANSWERED:
                    owed += 1
                case ObligationOpened() | ObligationJoined():
                    owed -= 1
                case AttemptMade(attempt=attempt, e164=e164):
                    assert e164 not in in_flight.values()
                    assert e164.whole.startswith("+7916")  # Law 5: not the Kazakh one.
                    in_flight[attempt] = e164
                case OutgoingMade(attempt=attempt, e164=e164, is_service=is_service):
                    # P6: of another kind, and of one number with callbacks all the same.
                    assert is_service or e164 not in in_flight.values()
                    in_flight[attempt] = e164
                case AttemptFinished(attempt=attempt) | OutgoingFinished(attempt=attempt):
                    del in_flight[attempt]
                case _:
                    pass
        assert owed == 0
        assert set(in_flight) == set(desk.dispatcher.centre.attempts)
        dials = [command.attempt for command in decision.commands if isinstance(command, DialCallback)]
        assert set(dials) <= set(in_flight)


@settings(max_examples=300, deadline=None)
@given(st.lists(EVENTS, max_size=60), POLICIES)
def test_an_open_obligation_always_has_somebody_who_will_move_it(
    stream: list[Event], policy: CallbackPolicy | None
) -> None:
    """Never silence: in line, in flight, waiting for a timer that was ordered, or the resident is calling."""
    desk = Desk(small_centre(3, callbacks=policy))
    desk.open()
    now = NOON
    timers: set[ObligationId] = set()
    handed: set[ObligationId] = set()
    for event in stream:
        now = max(now, event.at)
        decision = desk.tell(event, now)
        if isinstance(event, events.ObligationDue):
            timers.discard(event.obligation)
        for command in decision.commands:
            if isinstance(command, WakeForObligation):
                timers.add(command.obligation)
            elif isinstance(command, ForgetObligationTimer):
                timers.discard(command.obligation)
        handed |= {entry.obligation for entry in decision.journal if isinstance(entry, HumanTaskOpened)}
    for obligation in desk.dispatcher.centre.obligations.values():
        assert somebody_moves(desk.dispatcher.centre, obligation, timers, handed), obligation


@settings(max_examples=300, deadline=None)
@given(st.lists(EVENTS, max_size=80), POLICIES)
def test_every_call_gets_one_verdict_as_soon_as_it_can_have_one(
    stream: list[Event], policy: CallbackPolicy | None
) -> None:
    """Finished calls are judged, or wait in an obligation whose time is not over; none is judged twice."""
    desk = Desk(small_centre(3, callbacks=policy))
    desk.open()
    now = NOON
    for event in stream:
        now = max(now, event.at)
        desk.tell(event, now)
    finished = Counter(entry.call for entry in desk.journal(CallFinished) if isinstance(entry, CallFinished))
    judged = Counter(entry.call for entry in desk.journal(CallJudged) if isinstance(entry, CallJudged))
    pending = Counter(
        owed.call for obligation in desk.dispatcher.centre.obligations.values() for owed in obligation.owed
    )
    assert finished == judged + pending
    assert all(
        entry.verdict is not Verdict.PENDING
        for entry in desk.journal(CallJudged)
        if isinstance(entry, CallJudged)
    )


@settings(max_examples=300, deadline=None)
@given(st.lists(EVENTS, max_size=80), POLICIES)
def test_an_obligation_moves_only_as_the_table_says_and_ends_once(
    stream: list[Event], policy: CallbackPolicy | None
) -> None:
    desk = Desk(small_centre(3, callbacks=policy))
    desk.open()
    now = NOON
    states: dict[ObligationId, ObligationState] = {}
    for event in stream:
        now = max(now, event.at)
        for entry in desk.tell(event, now).journal:
            match entry:
                case ObligationOpened(obligation=obligation):
                    states[obligation] = ObligationState.PLANNED
                case ObligationMoved(obligation=obligation, state=state):
                    assert state in TRANSITIONS[states[obligation]].values()
                    states[obligation] = state
                case ObligationClosed(obligation=obligation):
                    assert states[obligation] in FINAL
                case _:
                    pass
    still_open = set(desk.dispatcher.centre.obligations)
    assert still_open == {obligation for obligation, state in states.items() if state not in FINAL}


@settings(max_examples=200, deadline=None)
@given(st.lists(EVENTS, max_size=80))
def test_once_stopped_nobody_is_dialled_until_a_supervisor_lets_it_go_on(stream: list[Event]) -> None:
    desk = Desk(small_centre(3, callbacks=NARROW))
    desk.open()
    now, stopped = NOON, False
    for event in stream:
        now = max(now, event.at)
        decision = desk.tell(event, now)
        if isinstance(event, events.CallbackSwitchRequested):
            stopped = not event.enabled
        dialled = [command for command in decision.commands if isinstance(command, DialCallback)]
        assert not (stopped and dialled)
        assert len(desk.dispatcher.centre.attempts) <= NARROW.max_in_flight
