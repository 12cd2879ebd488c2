"""From the core's words to what the desk is told: total over the journal; what it says of a thing is what it is now."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol

from callengine.control import live_messages as live
from callengine.control.live_things import (
    agent_now,
    call_now,
    dial_now,
    message_now,
    obligation_now,
    outgoing_now,
    place_of,
)
from queues.live_state import (
    AgentView,
    CallView,
    CentreView,
    MessageView,
    ObligationView,
    OutgoingView,
)
from queues.messages import journal
from queues.messages.journal import JournalEntry
from queues.terms.identifiers import AgentId, AttemptId, CallId, MessageId, ObligationId

Make = Callable[[int], live.Live]
"""Makes the message, given its place in one reader's stream."""


class Look(Protocol):
    """The live state, a thing at a time."""

    def view(self) -> CentreView:
        """Everything."""

    def call(self, call: CallId) -> CallView | None:
        """None: it is over."""

    def agent(self, agent: AgentId) -> AgentView | None:
        """None: the settings have none of this id."""

    def obligation(self, obligation: ObligationId) -> ObligationView | None:
        """None: nothing more is owed."""

    def outgoing(self, attempt: AttemptId) -> OutgoingView | None:
        """None: it is over."""

    def message(self, message: MessageId) -> MessageView | None:
        """None: it is reviewed."""


def telling(look: Look, entry: JournalEntry) -> Make | None:
    """What the desk hears of it; None: nothing."""
    tell = _TOLD.get(type(entry))
    return None if tell is None else tell(look, entry)


def is_told(entry: JournalEntry) -> bool:
    """Whether the desk may hear of it."""
    return type(entry) in _TOLD


def snapshot(view: CentreView, at: datetime, settings: str = "") -> live.Snapshot:
    """All there is now; the stream begins with it."""
    return live.Snapshot(
        n=0,
        at=at,
        synced=view.synced,
        calls=tuple(map(call_now, view.calls)),
        agents=tuple(map(agent_now, view.agents)),
        owed=tuple(map(obligation_now, view.obligations)),
        messages=tuple(map(message_now, view.messages)),
        dials=tuple(map(dial_now, view.dials)),
        outgoing=tuple(map(outgoing_now, view.outgoing)),
        callbacks_stopped=view.callbacks_stopped,
        settings=settings,
    )


def _arrived(look: Look, one: journal.CallOffered) -> Make:
    call = look.call(one.call)
    priority, answer_by = (0, None) if call is None else place_of(call)
    label, kind = ("", one.line_kind) if call is None else (call.label, call.line_kind)
    return lambda n: live.CallArrived(
        n=n,
        at=one.at,
        call=one.call,
        company=one.company,
        queue=one.queue,
        did=one.did,
        number=one.number.whole,
        caller_name=one.caller_name,
        arrived_at=one.arrived_at,
        label=label,
        line_kind=kind,
        priority=priority,
        answer_by=answer_by,
    )


def _waits(look: Look, one: journal.CallQueued) -> Make:
    call = look.call(one.call)
    since = one.at if call is None or call.queued_at is None else call.queued_at
    return lambda n: live.CallWaits(n=n, at=one.at, call=one.call, since=since)


def _moved(look: Look, one: journal.CallMoved) -> Make | None:
    call = look.call(one.call)
    if call is None or call.place is None:
        return None
    priority, answer_by, _ = call.place
    return lambda n: live.CallMoved(
        n=n, at=one.at, call=one.call, queue=one.queue, priority=priority, answer_by=answer_by
    )


def _agent_is(look: Look, one: journal.AgentStateChanged) -> Make:
    agent = look.agent(one.agent)
    if agent is None:
        return lambda n: live.AgentIs(n=n, at=one.at, agent=one.agent, state=one.state, reason=one.reason)
    return lambda n: live.AgentIs(
        n=n,
        at=one.at,
        agent=one.agent,
        state=one.state,
        reason=one.reason,
        name=agent.name,
        queues=tuple(sorted(agent.queues)),
        call=agent.call,
        attempt=agent.attempt,
        wraps_up_until=agent.wraps_up_until,
        logged_in=agent.is_logged_in,
    )


def _owed(look: Look, one: Any) -> Make | None:
    """Several entries of one decision speak of one obligation: each tells the whole of what it is after it."""
    owed = look.obligation(one.obligation)
    return None if owed is None else lambda n: live.Owed(n=n, at=one.at, owed=obligation_now(owed))


def _callback_offered(look: Look, one: journal.AttemptMade) -> Make | None:
    owed = look.obligation(one.obligation)
    if owed is None:
        return None
    return lambda n: live.CallbackOffered(
        n=n, at=one.at, attempt=one.attempt, agent=one.agent, owed=obligation_now(owed)
    )


def _message_is(look: Look, one: journal.MessageRecorded | journal.MessagePlayed) -> Make | None:
    message = look.message(one.message)
    if message is None:
        return None
    return lambda n: live.VoiceMessageIs(n=n, at=one.at, message=message_now(message))


def _callback_is(state: str) -> Callable[[Look, Any], Make]:
    return lambda _look, one: (
        lambda n: live.CallbackIs(
            n=n, at=one.at, attempt=one.attempt, state=state, agent=getattr(one, "agent", None)
        )
    )


def _callback_over(_look: Look, one: journal.AttemptFinished) -> Make:
    return lambda n: live.CallbackOver(
        n=n, at=one.at, attempt=one.attempt, obligation=one.attempt.rsplit(".", 2)[0], result=one.result
    )


def _outgoing_began(look: Look, one: journal.OutgoingMade) -> Make | None:
    found = look.outgoing(one.attempt)
    if found is None:  # It is over within the decision that made it.
        return None
    return lambda n: live.OutgoingBegan(n=n, at=one.at, outgoing=outgoing_now(found))


def _outgoing_is(state: str) -> Callable[[Look, Any], Make]:
    return lambda _look, one: lambda n: live.OutgoingIs(n=n, at=one.at, attempt=one.attempt, state=state)


_TOLD: Mapping[type[Any], Callable[[Look, Any], Make | None]] = {
    journal.CallOffered: _arrived,
    journal.CallQueued: _waits,
    journal.OfferMade: lambda _, one: (
        lambda n: live.CallOffered(n=n, at=one.at, call=one.call, offer=one.offer, agent=one.agent)
    ),
    journal.OfferEnded: lambda _, one: (
        lambda n: live.OfferOver(n=n, at=one.at, offer=one.offer, result=one.result)
    ),
    journal.CallConnected: lambda _, one: (
        lambda n: live.CallAnswered(n=n, at=one.at, call=one.call, agent=one.agent)
    ),
    journal.CallPassedOn: lambda _, one: (
        lambda n: live.CallHandedOver(n=n, at=one.at, call=one.call, agent=one.agent)
    ),
    journal.CallMoved: _moved,
    journal.CallHeld: lambda _, one: lambda n: live.CallHeld(n=n, at=one.at, call=one.call, held=one.held),
    journal.CallFinished: lambda _, one: (
        lambda n: live.CallEnded(n=n, at=one.at, call=one.call, outcome=one.outcome)
    ),
    journal.AgentStateChanged: _agent_is,
    **dict.fromkeys(
        (
            journal.ObligationOpened,
            journal.ObligationJoined,
            journal.ObligationMoved,
            journal.ObligationOverdue,
            journal.DialPostponed,
            journal.HumanTaskOpened,
            journal.TaskAssigned,
        ),
        _owed,
    ),
    journal.ObligationClosed: lambda _, one: (
        lambda n: live.OwedNoMore(n=n, at=one.at, obligation=one.obligation, closing=one.closing)
    ),
    journal.AttemptMade: _callback_offered,
    journal.AttemptDialled: _callback_is("dialling"),
    journal.AttemptReached: _callback_is("talking"),
    journal.AttemptPassedOn: _callback_is("talking"),
    journal.AttemptFinished: _callback_over,
    journal.OutgoingMade: _outgoing_began,
    journal.OutgoingDialled: _outgoing_is("dialling"),
    journal.OutgoingReached: _outgoing_is("talking"),
    journal.OutgoingFinished: lambda _, one: (
        lambda n: live.OutgoingOver(n=n, at=one.at, attempt=one.attempt, result=one.result)
    ),
    journal.MessageRecorded: _message_is,
    journal.MessagePlayed: _message_is,
    journal.MessageClosed: lambda _, one: (
        lambda n: live.VoiceMessageOver(n=n, at=one.at, message=one.message, review=one.review)
    ),
    journal.CallbacksSwitched: lambda _, one: (
        lambda n: live.CallbacksAre(n=n, at=one.at, stopped=not one.enabled)
    ),
    journal.LinkLost: lambda _, one: lambda n: live.PbxSeen(n=n, at=one.at, synced=False),
    journal.LinkRestored: lambda _, one: lambda n: live.PbxSeen(n=n, at=one.at, synced=True),
}
