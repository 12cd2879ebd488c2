"""Any events at all, in any order, nonsensical ones included: strategies for the property tests."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import strategies as st

from queues.messages import events
from queues.messages.events import DeviceState, Event, LiveCallState, OfferResult
from queues.policy import CallbackPolicy, CentrePolicy
from queues.state.core_state import Centre
from queues.state.obligation import Obligation
from queues.state.timers import TimerKind
from queues.terms.desk_words import CommandKind
from queues.terms.identifiers import (
    AgentId,
    AttemptId,
    CallId,
    ChannelName,
    CompanyId,
    Did,
    MessageId,
    ObligationId,
    OfferId,
    QueueName,
)
from queues.terms.outcomes import ContactResult, Disposition, QueueExit, SoundsLike
from queues.terms.outgoing import outgoing_id
from queues.terms.phone import Phone
from sla.obligation import ObligationState
from tests.support.centre import (
    EMERGENCY,
    EMERGENCY_DID,
    GENERAL,
    GENERAL_DID,
    NOON,
    SERVICE,
    small_centre,
)

CALLS = st.sampled_from([CallId(f"c{n}") for n in range(6)])
AGENTS = st.sampled_from([AgentId("1001"), AgentId("1002"), AgentId("1003"), AgentId("9999")])
MOMENTS = st.integers(0, 9000).map(lambda tenths: NOON + timedelta(milliseconds=100 * tenths))
DIDS = st.sampled_from([GENERAL_DID, EMERGENCY_DID, Did("unknown")])
OFFERS = st.builds(lambda call, n: OfferId(f"{call}/1.{n}"), CALLS, st.integers(1, 4))
CHANNELS = st.sampled_from([ChannelName("a"), ChannelName("b")])
NUMBERS = st.sampled_from(
    [Phone("+79160000000"), Phone("89160000001"), Phone(""), Phone("+77011234567"), SERVICE, Phone("112")]
)
OBLIGATIONS = CALLS.map(lambda call: ObligationId(f"ob-{call}"))
ATTEMPTS = st.one_of(
    st.builds(lambda call, n: AttemptId(f"ob-{call}.1.{n}"), CALLS, st.integers(1, 3)),
    st.integers(1, 3).map(lambda n: outgoing_id("", 1, n)),
)

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
    watched=st.none() | st.just(GENERAL),
)
ENDED_CALLS = st.builds(
    events.EndedCall,
    call=CALLS,
    arrived_at=MOMENTS,
    did=DIDS,
    number=NUMBERS,
    ended_at=st.none() | MOMENTS,
    answered_at=st.none() | MOMENTS,
    watched=st.none() | st.just(GENERAL),
    queued_at=st.none() | MOMENTS,
    exit=st.none() | st.sampled_from(QueueExit),
)
LIVE_AGENTS = st.builds(
    events.LiveAgent,
    agent=AGENTS,
    device=st.sampled_from(DeviceState),
    logged_in=st.sampled_from([True, True, False, None]),
    paused=st.none() | st.just("lunch"),
    in_fallback=st.none() | st.booleans(),
    fallback_pause=st.none() | st.just("lunch"),
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
        st.builds(events.AttemptTrace, attempt=ATTEMPTS, result=st.none() | st.sampled_from(ContactResult)),
        max_size=2,
        unique_by=lambda trace: trace.attempt,
    ).map(tuple),
    pbx_started_at=st.none() | MOMENTS,
    catching_up=st.booleans(),
    inbox_follows=st.booleans(),
)
POLICIES = st.builds(
    lambda agents, queue, line: without(small_centre(agents), queue, line),
    st.integers(0, 4),
    st.none() | st.sampled_from([GENERAL, EMERGENCY]),
    st.none() | st.sampled_from([GENERAL_DID, EMERGENCY_DID]),
)
"""The small centre with fewer or more agents, and perhaps without one of its queues or lines."""


def without(policy: CentrePolicy, queue: QueueName | None, line: Did | None) -> CentrePolicy:
    """The rules without a queue, whose lines and agents go to the other one, and without a line."""
    queues = {name: one for name, one in policy.queues.items() if name != queue}
    other = next(iter(queues))
    return replace(
        policy,
        queues=queues,
        lines={
            did: replace(one, queue=one.queue if one.queue in queues else other)
            for did, one in policy.lines.items()
            if did != line
        },
        agents={
            agent: replace(one, queues=one.queues & frozenset(queues)) for agent, one in policy.agents.items()
        },
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
    st.builds(events.PbxCaughtUp, at=MOMENTS),
    st.builds(events.PolicyChanged, at=MOMENTS, policy=POLICIES),
    st.builds(
        events.InboxRead,
        at=MOMENTS,
        ended=st.lists(ENDED_CALLS, max_size=3, unique_by=lambda call: call.call).map(tuple),
        is_last=st.booleans(),
    ),
    st.builds(
        events.FallbackMemberChanged,
        at=MOMENTS,
        agent=AGENTS,
        is_member=st.booleans(),
        pause=st.none() | st.just("lunch"),
    ),
    st.builds(events.AgentRang, at=MOMENTS, call=CALLS, agent=AGENTS, channel=CHANNELS),
    st.builds(
        events.CallWatched,
        at=MOMENTS,
        call=CALLS,
        channel=CHANNELS,
        arrived_at=MOMENTS,
        queue=st.just(GENERAL),
        did=DIDS,
        number=NUMBERS,
    ),
    st.builds(events.QueueJoined, at=MOMENTS, call=CALLS),
    st.builds(events.QueueLeft, at=MOMENTS, call=CALLS, exit=st.sampled_from(QueueExit)),
    st.builds(
        events.AgentRingEnded, at=MOMENTS, call=CALLS, agent=AGENTS, result=st.sampled_from(OfferResult)
    ),
    st.builds(
        events.CallAnswered, at=MOMENTS, call=CALLS, agent=st.none() | AGENTS, by_fallback=st.booleans()
    ),
    st.builds(events.CallTransferred, at=MOMENTS, call=CALLS, agent=AGENTS),
    st.builds(events.ConversationHeld, at=MOMENTS, channel=CHANNELS, held=st.booleans()),
    st.builds(events.AttemptHeard, at=MOMENTS, attempt=ATTEMPTS, sounds_like=st.sampled_from(SoundsLike)),
    st.builds(events.AttemptPassedOn, at=MOMENTS, attempt=ATTEMPTS, agent=AGENTS, channel=CHANNELS),
    st.builds(events.CallFellBack, at=MOMENTS, call=CALLS),
    st.builds(events.CallRejected, at=MOMENTS, call=CALLS, reason=st.just("full")),
    st.builds(events.OwnCallTurnedAway, at=MOMENTS, call=CALLS, did=DIDS, number=NUMBERS),
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
    st.builds(events.AttemptEnded, at=MOMENTS, attempt=ATTEMPTS, result=st.sampled_from(ContactResult)),
    st.builds(events.AgentDisposed, at=MOMENTS, agent=AGENTS, disposition=st.sampled_from(Disposition)),
    st.builds(
        events.DispositionGiven,
        at=MOMENTS,
        obligation=OBLIGATIONS,
        disposition=st.sampled_from(Disposition),
        by=st.just("supervisor"),
    ),
    st.builds(
        events.ObligationCloseRequested,
        at=MOMENTS,
        obligation=OBLIGATIONS,
        by=st.just("supervisor"),
        why=st.just("spoke to him"),
        contacted_at=st.none() | MOMENTS,
    ),
    st.builds(
        events.TaskAssignmentRequested,
        at=MOMENTS,
        obligation=OBLIGATIONS,
        to=st.just("1001"),
        by=st.just("supervisor"),
    ),
    st.builds(
        events.CallbackSwitchRequested,
        at=MOMENTS,
        enabled=st.booleans(),
        by=st.just("supervisor"),
        why=st.just("storm"),
    ),
    st.builds(
        events.DeskCommand,
        at=MOMENTS,
        id=st.text("abcdef", min_size=1, max_size=2),
        kind=st.sampled_from(CommandKind),
        account=st.just("7"),
        by=st.just("supervisor"),
        expires_at=st.none() | MOMENTS,
        agent=st.none() | AGENTS,
        call=st.none() | CALLS,
        queue=st.sampled_from([GENERAL, EMERGENCY]),
        obligation=st.none() | OBLIGATIONS,
        message=st.none() | CALLS.map(MessageId),
        reason=st.sampled_from(["", "lunch"]),
        disposition=st.sampled_from(Disposition),
        review=st.sampled_from(events.Review),
        contacted_at=st.none() | MOMENTS,
        company=st.sampled_from([None, CompanyId("sever"), CompanyId("sever")]),
        number=NUMBERS,
    ),
    st.builds(
        events.DeskCommand,
        at=MOMENTS,
        id=st.text("uvwxyz", min_size=2, max_size=2),
        kind=st.just(CommandKind.DIAL),
        account=st.just("7"),
        by=st.just("agent"),
        agent=AGENTS,
        company=st.just(CompanyId("sever")),
        reason=st.just("he asked for it"),
        number=NUMBERS,
    ),
    st.builds(
        events.ChoiceMade,
        at=MOMENTS,
        call=CALLS,
        choice=st.sampled_from(events.Choice),
        number=st.none() | NUMBERS,
    ),
    st.builds(events.MessageLeft, at=MOMENTS, call=CALLS, path=st.just("/r/m.wav")),
    st.builds(events.MessageWanted, at=MOMENTS, agent=AGENTS, channel=CHANNELS),
    st.builds(
        events.MessageReviewed,
        at=MOMENTS,
        message=CALLS.map(MessageId),
        review=st.sampled_from(events.Review),
        by=st.just("1001"),
    ),
    st.builds(events.PbxLost, at=MOMENTS),
    SNAPSHOTS,
)
NARROW = CallbackPolicy(
    own_numbers=frozenset({Phone("+74951234501")}),
    max_in_flight=1,
    trunk_channels=5,
    keep_for_arrivals=2,
    max_attempts=2,
    late_attempts=1,
)
POLICIES = st.sampled_from([None, NARROW, CallbackPolicy(disposition_time=timedelta(0))])


def somebody_moves(
    centre: Centre, obligation: Obligation, timers: set[ObligationId], handed: set[ObligationId]
) -> bool:
    """Whether an open obligation waits for something that will come: never silence."""
    match obligation.state:
        case ObligationState.PLANNED | ObligationState.RETRY:
            return obligation.id in timers
        case ObligationState.SUSPENDED:
            return obligation.number_known in centre.live_by_number
        case ObligationState.CLAIMED | ObligationState.DIALLING:
            return obligation.attempt in centre.attempts
        case ObligationState.IN_LINE:
            pool = centre.parked if obligation.is_parked else centre.waiting[obligation.queue.name]
            return obligation.id in pool
        case ObligationState.UNCONFIRMED:
            waits = (TimerKind.DISPOSITION, obligation.id) in centre.timers
            return waits or obligation.attempt in centre.attempts
        case ObligationState.WITH_HUMAN | ObligationState.IMPOSSIBLE:
            return obligation.id in handed
        case _:
            return False
