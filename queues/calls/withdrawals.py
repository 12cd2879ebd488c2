"""An offer that ends from our side: the resident is fetched back and waits in his place."""

from __future__ import annotations

from datetime import datetime, timedelta

from queues.agents import agent_states
from queues.messages.commands import ReturnToHold
from queues.state.call import Call, CallInput, CallState
from queues.state.core_state import Centre
from queues.state.timers import TimerKind
from queues.terms.identifiers import CallId, OfferId
from queues.terms.outcomes import OfferResult

HELD_BACK_FOR = timedelta(seconds=1)


def free_from_other_offer(
    centre: Centre, call: Call | None, other_id: CallId | None, at: datetime, now: datetime
) -> None:
    """The agent answered this resident while he was offered another: that offer is over (law 3)."""
    other = None if other_id is None else centre.calls.get(other_id)
    if other is call:
        return
    if other is not None and other.state is CallState.OFFERED and other.offer is not None:
        take_back(centre, other, other.offer, OfferResult.AGENT_GONE, at, now)


def take_back(
    centre: Centre, call: Call, offer: OfferId, result: OfferResult, at: datetime, now: datetime
) -> None:
    """End his present offer from our side: the resident is fetched back to hold and waits in his place."""
    centre.order(ReturnToHold(call.id, call.channel, offer))
    agent_states.end_offer(centre, call, result, at, now)
    hold_back(centre, call, now)


def hold_back(centre: Centre, call: Call, now: datetime) -> None:
    """Do not offer the call for a moment: Asterisk just failed to move it."""
    call.move(CallInput.DEFERRED)
    centre.timers.arm(TimerKind.HELD_BACK, call.id, now + HELD_BACK_FOR)
