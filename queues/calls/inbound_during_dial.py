"""A resident comes through while an agent is calling him back: that agent takes his call, without a further ring."""

from __future__ import annotations

from queues.callbacks import attempts, obligations
from queues.calls import offers
from queues.messages import events
from queues.messages.events import ContactResult
from queues.state.call import CallState
from queues.state.core_state import Centre
from queues.state.facts import HoldEntered


def take(centre: Centre, fact: HoldEntered) -> None:
    """He waits: end the dial that looks for him, and offer him to the phone on which it was made."""
    call, at, now = fact.call, fact.at, fact.now
    dial = obligations.dial_of(centre, call)
    if dial is None or call.state is not CallState.WAITING or not centre.synced or centre.catching_up:
        return
    attempt, agent = dial
    attempt.is_cancelled = True
    attempts.end(centre, attempt, events.AttemptEnded(at, attempt.id, ContactResult.CANCELLED), now)
    offers.offer(centre, call, agent, at, now, leg=attempt.id)
