"""Calls of our own numbers into our own lines: nobody to serve, so they are refused and enter no figure.

A callback that somebody's forwarding brought back to us has the line's own caller id: were an agent to answer it, two
of us would speak with each other and a resident would count as reached.
"""

from __future__ import annotations

from datetime import datetime

from queues.messages import events
from queues.messages.commands import RefuseCall
from queues.messages.journal import CallOffered, OwnCallRefused
from queues.policy import Dispatch
from queues.state.call import Call, CallInput, CallState
from queues.state.core_state import Centre
from queues.state.handlers import Handlers
from queues.terms.phone import Phone
from queues.terms.phone_numbers import normalise


def is_ours(centre: Centre, number: Phone) -> bool:
    """Whether it is a DID, a caller id of ours, or one of `callbacks.own_numbers`, however it is written."""
    callbacks = centre.policy.callbacks
    return normalise(number, callbacks.region) in callbacks.own_numbers


def offered(centre: Centre, call: Call, entry: CallOffered) -> bool:
    """Journal his arrival and say True; False where it is a call of ours, which is refused instead."""
    if not is_ours(centre, call.number):
        centre.note(entry)
        return True
    call.uncounted = entry
    refuse(centre, call, entry.at)
    return False


def refuse(centre: Centre, call: Call, at: datetime) -> None:
    """There is nobody to serve, and nobody is owed a call for it.

    Hung up wherever the engine may move calls; in a queue that it only watches, it only does not count.
    """
    if call.state is not CallState.OWN:
        centre.take_out_of_line(call)
        call.move(CallInput.IS_OURS)
        centre.note(OwnCallRefused(at, call.id, call.line.company, call.line.did, call.number))
    watched_only = call.queue.dispatch is Dispatch.ASTERISK and not call.queue.dials_callbacks
    order = RefuseCall(call.id, call.channel)
    # Without a channel it is over, only the inbox told of it; a snapshot finds it just after it was refused.
    if call.channel and not watched_only and order not in centre.commands:
        centre.order(order)


def turned_away(centre: Centre, event: events.OwnCallTurnedAway, _now: datetime) -> None:
    """The dialplan has refused it before it was a call of ours."""
    company = centre.line_of(event.did).company
    centre.note(OwnCallRefused(event.at, event.call, company, event.did, event.number))


def count_after_all(centre: Centre, call: Call) -> None:
    """He left a message, or the settings changed: from now on he counts as any other."""
    if call.uncounted is not None:
        centre.note(call.uncounted)
        call.uncounted = None


HANDLES: Handlers = {events.OwnCallTurnedAway: turned_away}
