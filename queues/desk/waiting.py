"""A supervisor puts a waiting caller elsewhere: to a certain agent, into another queue, before all others."""

from __future__ import annotations

from datetime import datetime

from queues.calls import offers
from queues.desk import agents
from queues.messages.events import DeskCommand
from queues.messages.journal import CallMoved
from queues.policy import Dispatch
from queues.state.call import Call, CallState
from queues.state.core_state import Centre
from queues.terms.desk_words import CommandRefusal


def _waits(centre: Centre, event: DeskCommand) -> Call | CommandRefusal:
    if not centre.synced or centre.catching_up:
        return CommandRefusal.PBX_AWAY
    call = None if event.call is None else centre.calls.get(event.call)
    if call is None or call.state is not CallState.WAITING or call.answered_at is not None:
        return CommandRefusal.NOT_WAITING
    return call


def give(centre: Centre, event: DeskCommand, now: datetime) -> CommandRefusal | None:
    """Offered to this agent now, whoever else waits and whichever queues he serves; not taken, he keeps his place."""
    call = _waits(centre, event)
    if isinstance(call, CommandRefusal):
        return call
    agent = agents.find(centre, event)
    if isinstance(agent, CommandRefusal):
        return agent
    if not agent.logged_in:
        return CommandRefusal.LOGGED_OUT
    if not agent.is_eligible:
        return CommandRefusal.AGENT_BUSY
    offers.offer(centre, call, agent, event.at, now)
    return None


def move(centre: Centre, event: DeskCommand, _now: datetime) -> CommandRefusal | None:
    """He waits there, in the place that his arrival gives him."""
    call = _waits(centre, event)
    if isinstance(call, CommandRefusal):
        return call
    queue = None if event.queue is None else centre.policy.queues.get(event.queue)
    if queue is None or queue.dispatch is not Dispatch.ENGINE:
        return CommandRefusal.UNKNOWN_QUEUE
    centre.take_out_of_line(call)
    call.queue = queue
    _put_back(centre, call, event)
    return None


def lift(centre: Centre, event: DeskCommand, _now: datetime) -> CommandRefusal | None:
    """He is served before all others; of several, the earlier arrival first."""
    call = _waits(centre, event)
    if isinstance(call, CommandRefusal):
        return call
    centre.take_out_of_line(call)
    call.is_raised = True
    _put_back(centre, call, event)
    return None


def _put_back(centre: Centre, call: Call, event: DeskCommand) -> None:
    centre.put_in_line(call)
    centre.note(CallMoved(event.at, call.id, call.queue.name, call.is_raised, event.by))
