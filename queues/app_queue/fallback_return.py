"""Residents whom Asterisk's own queue took while we were away are taken back, the earliest arrival first.

Asterisk lets a resident go between two rings only, so whoever rings at an agent's phone is left to him: nobody is
cut off, and no agent is rung by both of us. While somebody is on his way back nothing is matched (at most
`PATIENCE`): so those who come back together are served in the order of their arrival, and whom Asterisk's queue
rings at that very moment is known before we ring anybody.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from queues.agents import agent_states
from queues.app_queue import watched_calls
from queues.messages import events
from queues.messages.commands import FetchFromFallback
from queues.state.call import Call, CallState
from queues.state.core_state import Centre
from queues.state.facts import AppQueueLeft
from queues.state.handlers import Handlers, TimerHandlers
from queues.state.timers import TimerKind
from queues.terms.identifiers import CallId
from queues.terms.outcomes import OfferResult

ASK_AGAIN = timedelta(seconds=1)
"""He may not be in Asterisk's queue yet: the notice is played before it."""
PATIENCE = timedelta(seconds=2.5)
"""app_queue looks once a second whether it shall let somebody go."""
LONGEST_PAUSE = timedelta(seconds=32)


def fell_back(centre: Centre, call: Call, now: datetime) -> None:
    """He is in Asterisk's queue. Whoever falls back again and again is fetched ever later: something is wrong."""
    call.fell_back += 1
    if call.fell_back == 1:
        _wait_for(centre, call, now)
        fetch(centre, call, now)
    else:
        pause = min(timedelta(seconds=2 ** min(call.fell_back - 1, 5)), LONGEST_PAUSE)
        centre.timers.arm(TimerKind.FETCH_BACK, call.id, now + pause)


def fetch(centre: Centre, call: Call, now: datetime) -> None:
    """Ask Asterisk to let him go; while a phone rings for him, for the case that nobody answers it."""
    if not centre.synced or call.state is not CallState.FALLBACK:
        return
    centre.order(FetchFromFallback(call.id, call.channel))
    if not call.rings:
        centre.timers.arm(TimerKind.FETCH_BACK, call.id, now + ASK_AGAIN)


def fetch_all(centre: Centre, now: datetime) -> None:
    """We are back."""
    waiting = [call for call in centre.calls.values() if call.state is CallState.FALLBACK]
    for call in sorted(waiting, key=lambda call: call.arrived_at):
        if not call.rings:
            _wait_for(centre, call, now)
        fetch(centre, call, now)


def time_came(centre: Centre, call_id: str, now: datetime) -> None:
    """He should have been back by now: asked once more."""
    call = centre.calls.get(CallId(call_id))
    if call is not None:
        fetch(centre, call, now)


def leg_ended(centre: Centre, event: events.AgentLegEnded, now: datetime) -> None:
    """A channel of a phone is gone: it rings for nobody any more, whether or not app_queue says so."""
    call = centre.calls.get(event.call) if event.call is not None else None
    if call is not None and call.state is CallState.FALLBACK and event.agent in call.rings:
        watched_calls.end_ring(centre, call, event.agent, OfferResult.UNKNOWN, event.at)
        ring_ended(centre, call, now)
    agent_states.leg_ended(centre, event, now)


def rings(centre: Centre, call: Call, now: datetime) -> None:
    """A phone rings for him: he is left to that agent, and comes back if nobody answers it."""
    centre.returning.pop(call.id, None)
    fetch(centre, call, now)


def ring_ended(centre: Centre, call: Call, now: datetime) -> None:
    """In vain: app_queue pauses before it rings the next agent, and by then he shall be with us."""
    if not call.rings:
        _wait_for(centre, call, now)
        fetch(centre, call, now)


def left(centre: Centre, call: Call) -> None:
    """He is not in Asterisk's queue any more: nobody waits for him to come back from it."""
    centre.timers.disarm(TimerKind.FETCH_BACK, call.id)
    centre.returning.pop(call.id, None)


def caller_left(centre: Centre, fact: AppQueueLeft) -> None:
    """He came back, or is gone."""
    left(centre, fact.call)


def is_awaited(centre: Centre, now: datetime) -> bool:
    """Whether somebody may come back, or be rung by Asterisk's queue, at any moment."""
    for call_id in [one for one, until in centre.returning.items() if until <= now]:
        del centre.returning[call_id]
    return bool(centre.returning)


def _wait_for(centre: Centre, call: Call, now: datetime) -> None:
    if centre.synced:
        centre.returning[call.id] = now + PATIENCE


HANDLES: Handlers = {
    events.AgentLegEnded: leg_ended,
}
TIMERS: TimerHandlers = {
    TimerKind.FETCH_BACK: time_came,
}
