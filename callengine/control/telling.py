"""From the core's words to what the desk is told: pure, and total over the journal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from callengine.control import live_messages as live
from queues.live_state import CentreView
from queues.messages import journal
from queues.messages.journal import JournalEntry

_Tell = Callable[[int, Any], live.Live]
_TOLD: Mapping[type[Any], _Tell] = {
    journal.CallOffered: lambda n, one: live.CallArrived(
        n=n,
        at=one.at,
        call=one.call,
        company=one.company,
        queue=one.queue,
        did=one.did,
        number=one.number.whole,
        caller_name=one.caller_name,
        arrived_at=one.arrived_at,
    ),
    journal.CallQueued: lambda n, one: live.CallWaits(n=n, at=one.at, call=one.call),
    journal.OfferMade: lambda n, one: live.CallOffered(
        n=n, at=one.at, call=one.call, offer=one.offer, agent=one.agent
    ),
    journal.OfferEnded: lambda n, one: live.OfferOver(n=n, at=one.at, offer=one.offer, result=one.result),
    journal.CallConnected: lambda n, one: live.CallAnswered(n=n, at=one.at, call=one.call, agent=one.agent),
    journal.CallPassedOn: lambda n, one: live.CallHandedOver(n=n, at=one.at, call=one.call, agent=one.agent),
    journal.CallFinished: lambda n, one: live.CallEnded(n=n, at=one.at, call=one.call, outcome=one.outcome),
    journal.AgentStateChanged: lambda n, one: live.AgentIs(
        n=n, at=one.at, agent=one.agent, state=one.state, reason=one.reason
    ),
    journal.LinkLost: lambda n, one: live.PbxSeen(n=n, at=one.at, synced=False),
    journal.LinkRestored: lambda n, one: live.PbxSeen(n=n, at=one.at, synced=True),
}


def is_told(entry: JournalEntry) -> bool:
    """Whether the desk hears of it."""
    return type(entry) in _TOLD


def told(n: int, entry: JournalEntry) -> live.Live:
    """The n-th message of a stream. Raises KeyError for what the desk does not hear of."""
    return _TOLD[type(entry)](n, entry)


def snapshot(view: CentreView, at: datetime) -> live.Snapshot:
    """All there is now; the stream begins with it."""
    return live.Snapshot(
        n=0,
        at=at,
        synced=view.synced,
        calls=tuple(
            live.LiveCall(
                call=one.call,
                company=one.company,
                queue=one.queue,
                label=one.label,
                number=one.number.whole,
                state=one.state,
                arrived_at=one.arrived_at,
                answered_at=one.answered_at,
                agent=one.agent,
            )
            for one in view.calls
        ),
        agents=tuple(
            live.LiveAgent(
                agent=one.agent,
                name=one.name,
                state=one.state,
                pause_reason=one.pause_reason,
                call=one.call,
                since=one.since,
            )
            for one in view.agents
        ),
    )
