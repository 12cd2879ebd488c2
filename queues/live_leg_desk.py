"""A resident comes through while an agent is calling him back: that agent takes his call, without a further ring."""

from __future__ import annotations

from datetime import datetime

from queues import attempt_desk, events, obligation_desk, offering
from queues.call import Call, CallState
from queues.centre import Centre
from queues.events import ContactResult


def take(centre: Centre, call: Call, at: datetime, now: datetime) -> None:
    """He waits: end the dial that looks for him, and offer him to the phone on which it was made."""
    dial = obligation_desk.dial_of(centre, call)
    if dial is None or call.state is not CallState.WAITING or not centre.synced or centre.catching_up:
        return
    attempt, agent = dial
    attempt.is_cancelled = True
    attempt_desk.end(centre, attempt, events.AttemptEnded(at, attempt.id, ContactResult.CANCELLED), now)
    offering.offer(centre, call, agent, at, now, leg=attempt.id)
