"""Laws 1, 3, 6 and 8 under any events at all: in any order, lost, repeated, nonsensical."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from queues import events
from queues.commands import (
    DialCallback,
    EraseInboxEntry,
    ForgetObligationTimer,
    OfferCall,
    WakeForObligation,
)
from queues.events import DeviceState, Event, LiveCallState, OfferResult
from queues.identifiers import AgentId, AttemptId, CallId, ChannelName, ObligationId, OfferId
from queues.journal import (
    AttemptFinished,
    AttemptMade,
    CallFinished,
    CallOffered,
    ObligationJoined,
    ObligationOpened,
    Outcome,
)
from queues.obligation import ObligationState
from queues.personal_data import Phone
from tests.support.centre import EMERGENCY_DID, GENERAL_DID, NOON, Desk, small_centre

CALLS = st.sampled_from([CallId(f"c{n}") for n in range(6)])
AGENTS = st.sampled_from([AgentId("1001"), AgentId("1002"), AgentId("1003"), AgentId("9999")])
MOMENTS = st.integers(0, 9000).map(lambda tenths: NOON + timedelta(milliseconds=100 * tenths))
DIDS = st.sampled_from([GENERAL_DID, EMERGENCY_DID, events.Did("unknown")])
OFFERS = st.builds(lambda call, n: OfferId(f"{call}/1.{n}"), CALLS, st.integers(1, 4))
CHANNELS = st.sampled_from([ChannelName("a"), ChannelName("b")])
NUMBERS = st.sampled_from([Phone("+79160000000"), Phone("89160000001"), Phone(""), Phone("+77011234567")])
OBLIGATIONS = CALLS.map(lambda call: ObligationId(f"ob-{call}"))
ATTEMPTS = st.builds(lambda call, n: AttemptId(f"ob-{call}.1.{n}"), CALLS, st.integers(1, 3))

LIVE_CALLS = st.builds(
    events.LiveCall,
    call=CALLS,
    channel=CHANNELS,
    arrived_at=MOMENTS,
    did=DIDS,
    number=NUMBERS,
    state=st.sampled_from(LiveCallState),
    agent=st.none() | AGENTS,
    offer=st.none() | OFFERS,
)
ENDED_CALLS = st.builds(
    events.EndedCall,
    call=CALLS,
    arrived_at=MOMENTS,
    did=DIDS,
    number=NUMBERS,
    ended_at=st.none() | MOMENTS,
    answered_at=st.none() | MOMENTS,
)
LIVE_AGENTS = st.builds(
    events.LiveAgent,
    agent=AGENTS,
    device=st.sampled_from(DeviceState),
    logged_in=st.sampled_from([True, True, False, None]),
    paused=st.none() | st.just("lunch"),
)
SNAPSHOTS = st.builds(
    events.PbxSnapshot,
    at=MOMENTS,
    calls=st.lists(LIVE_CALLS, max_size=4, unique_by=lambda call: call.call).map(tuple),
    agents=st.lists(LIVE_AGENTS, max_size=3, unique_by=lambda agent: agent.agent).map(tuple),
    ended=st.lists(ENDED_CALLS, max_size=2, unique_by=lambda call: call.call).map(tuple),
    attempts=st.lists(
        st.builds(
            events.LiveAttempt, attempt=ATTEMPTS, state=st.sampled_from(events.LiveAttemptState), agent=AGENTS
        ),
        max_size=1,
    ).map(tuple),
    attempt_traces=st.lists(
        st.builds(
            events.AttemptTrace, attempt=ATTEMPTS, result=st.none() | st.sampled_from(events.ContactResult)
        ),
        max_size=2,
        unique_by=lambda trace: trace.attempt,
    ).map(tuple),
    pbx_started_at=st.none() | MOMENTS,
)
EVENTS: st.SearchStrategy[Event] = st.one_of(
    st.builds(
        events.CallArrived,
        at=MOMENTS,
        call=CALLS,
        channel=CHANNELS,
        arrived_at=MOMENTS,
        did=DIDS,
        number=NUMBERS,
    ),
    st.builds(
        events.CallHolding,
        at=MOMENTS,
        call=CALLS,
        offer=st.none() | OFFERS,
        result=st.none() | st.sampled_from(OfferResult),
    ),
    st.builds(events.AgentRang, at=MOMENTS, call=CALLS, agent=AGENTS, channel=CHANNELS),
    st.builds(
        events.CallAnswered, at=MOMENTS, call=CALLS, agent=st.none() | AGENTS, by_fallback=st.booleans()
    ),
    st.builds(events.CallFellBack, at=MOMENTS, call=CALLS),
    st.builds(events.CallRejected, at=MOMENTS, call=CALLS, reason=st.just("full")),
    st.builds(events.CallEnded, at=MOMENTS, call=CALLS, cause=st.just(16)),
    st.builds(events.AgentLegEnded, at=MOMENTS, agent=AGENTS, channel=CHANNELS, call=st.none() | CALLS),
    st.builds(events.AgentDeviceChanged, at=MOMENTS, agent=AGENTS, state=st.sampled_from(DeviceState)),
    st.builds(events.AgentDeviceChanged, at=MOMENTS, agent=AGENTS, state=st.just(DeviceState.IDLE)),
    st.builds(events.AgentLoggedIn, at=MOMENTS, agent=AGENTS),
    st.builds(events.AgentLoggedOut, at=MOMENTS, agent=AGENTS),
    st.builds(events.AgentPaused, at=MOMENTS, agent=AGENTS, reason=st.just("lunch")),
    st.builds(events.AgentUnpaused, at=MOMENTS, agent=AGENTS),
    st.builds(events.AgentWrapUpEnded, at=MOMENTS, agent=AGENTS),
    st.builds(
        events.OfferRefused,
        at=MOMENTS,
        offer=OFFERS,
        reason=st.just("No such channel"),
        outcome_known=st.booleans(),
    ),
    st.builds(events.TimePassed, at=MOMENTS),
    st.builds(events.ObligationDue, at=MOMENTS, obligation=OBLIGATIONS),
    st.builds(events.ObligationDue, at=MOMENTS, obligation=OBLIGATIONS),
    st.builds(
        events.AttemptRefused, at=MOMENTS, attempt=ATTEMPTS, reason=st.just("x"), outcome_known=st.booleans()
    ),
    st.builds(events.AttemptAgentReady, at=MOMENTS, attempt=ATTEMPTS),
    st.builds(events.AttemptContacted, at=MOMENTS, attempt=ATTEMPTS),
    st.builds(
        events.AttemptEnded, at=MOMENTS, attempt=ATTEMPTS, result=st.sampled_from(events.ContactResult)
    ),
    st.builds(events.PbxLost, at=MOMENTS),
    SNAPSHOTS,
)


@settings(max_examples=400, deadline=None)
@given(st.lists(EVENTS, max_size=60), st.booleans())
def test_the_laws_hold_whatever_happens(stream: list[Event], opened: bool) -> None:
    desk = Desk(small_centre(3))
    if opened:
        desk.open()
    now = NOON
    for event in stream:
        now = max(now, event.at)
        desk.tell(event, now)  # Laws 3 and 8 are checked in there after each event.
    offered = Counter(entry.call for entry in desk.journal(CallOffered) if isinstance(entry, CallOffered))
    finished = Counter(entry.call for entry in desk.journal(CallFinished) if isinstance(entry, CallFinished))
    alive = Counter(call.call for call in desk.dispatcher.view().calls)
    # Law 1, per call id: each time it was offered it has one outcome, or is still there.
    assert offered == finished + alive
    erased = Counter(
        command.call
        for decision in desk.decisions
        for command in decision.commands
        if isinstance(command, EraseInboxEntry)
    )
    assert erased == finished


@settings(max_examples=200, deadline=None)
@given(st.lists(EVENTS, max_size=60))
def test_of_those_waiting_the_first_arrived_is_offered_first(stream: list[Event]) -> None:
    """Law 6: whoever is offered, nobody of the same queue with an earlier place is left in line."""
    desk = Desk(small_centre(3))
    desk.open()
    now = NOON
    for event in stream:
        now = max(now, event.at)
        decision = desk.tell(event, now)
        centre = desk.dispatcher.centre
        offers = [command for command in decision.commands if isinstance(command, OfferCall)]
        places = [centre.calls[offer.call].place for offer in offers]
        assert places == sorted(places)
        for offer in offers:
            call = centre.calls[offer.call]
            behind = [
                (centre.calls.get(CallId(waiting)) or centre.obligations[ObligationId(waiting)]).place
                for waiting in centre.waiting[call.queue.name].in_order()
            ]
            assert all(call.place < place for place in behind)


@settings(max_examples=200, deadline=None)
@given(st.lists(EVENTS, max_size=60), st.data())
def test_a_snapshot_makes_every_history_agree(stream: list[Event], data: st.DataObject) -> None:
    """Whatever was lost or repeated before, the state after a snapshot holds exactly its calls."""
    desk = Desk(small_centre(3))
    desk.open()
    now = NOON
    for event in stream:
        now = max(now, event.at)
        desk.tell(event, now)
    snapshot = data.draw(SNAPSHOTS)
    desk.tell(snapshot, max(now, snapshot.at))
    assert {call.call for call in desk.dispatcher.view().calls} == {call.call for call in snapshot.calls}


@settings(max_examples=400, deadline=None)
@given(st.lists(EVENTS, max_size=80))
def test_law_2_and_4_whoever_was_missed_is_owed_one_contact_and_dialled_by_one_at_a_time(
    stream: list[Event],
) -> None:
    desk = Desk(small_centre(3))
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
                case AttemptFinished(attempt=attempt):
                    del in_flight[attempt]
                case _:
                    pass
        assert owed == 0
        assert set(in_flight) == set(desk.dispatcher.centre.attempts)
        dials = [command.attempt for command in decision.commands if isinstance(command, DialCallback)]
        assert set(dials) <= set(in_flight)


@settings(max_examples=200, deadline=None)
@given(st.lists(EVENTS, max_size=60))
def test_an_open_obligation_always_has_somebody_who_will_move_it(stream: list[Event]) -> None:
    """Never silence: in line, in flight, waiting for a timer that was ordered, or the resident is calling."""
    desk = Desk(small_centre(3))
    desk.open()
    now = NOON
    timers: set[ObligationId] = set()
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
    centre = desk.dispatcher.centre
    for obligation in centre.obligations.values():
        match obligation.state:
            case ObligationState.PLANNED:
                assert obligation.id in timers
            case ObligationState.SUSPENDED:
                assert obligation.resident in centre.live_by_resident
            case ObligationState.IN_FLIGHT:
                assert obligation.attempt in centre.attempts
            case ObligationState.IN_LINE:
                assert obligation.id in centre.waiting[obligation.queue.name]
