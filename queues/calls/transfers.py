"""A conversation that passes from one agent to another, and a resident who hears music meanwhile."""

from __future__ import annotations

from datetime import datetime

from queues.agents import agent_states
from queues.callbacks import dispositions
from queues.calls import withdrawals
from queues.messages import events
from queues.messages.commands import MarkHeld
from queues.messages.journal import AttemptPassedOn, CallHeld, CallPassedOn
from queues.state.agent import Work
from queues.state.call import Call, CallState
from queues.state.core_state import Centre
from queues.state.handlers import Handlers
from queues.state.obligation import obligation_of
from queues.terms.outgoing import is_outgoing


def call_passed_on(centre: Centre, call: Call, event: events.CallTransferred, now: datetime) -> None:
    """A colleague took the conversation over: it is his now, and whoever left is free after his wrap-up.

    It may come back to who gave it away, because nobody else took it: he talks again, and rests after it.
    """
    before, agent = agent_states.agent_of(centre, call.agent), agent_states.agent_of(centre, event.agent)
    was_his = before is not None and before.call == call.id and before.work is Work.TALKING
    if agent is None or (agent is before and was_his):
        return
    if before is not None and was_his:
        agent_states.end_talking(centre, before, call.queue.wrap_up, now)
    if agent.work is not Work.TALKING:
        withdrawals.free_from_other_offer(centre, call, agent.call, event.at, now)
        agent_states.start_talking(centre, agent, call)
    call.agent, call.is_held = agent.id, False
    centre.note(CallPassedOn(event.at, call.id, agent.id))


def callback_passed_on(centre: Centre, event: events.AttemptPassedOn, now: datetime) -> None:
    """A colleague took a callback over: he may also say whom he spoke with. Who made it is free when his dial ends."""
    agent = agent_states.agent_of(centre, event.agent)
    if agent is None or agent.attempt is not None:
        return
    if agent.work is not Work.TALKING:
        withdrawals.free_from_other_offer(centre, None, agent.call, event.at, now)
        agent_states.start_talking(centre, agent, None)
    agent.last_contact = None if is_outgoing(event.attempt) else obligation_of(event.attempt)
    dispositions.passed_on(centre, event.attempt, now)
    centre.note(AttemptPassedOn(event.at, event.attempt, agent.id))


def held(centre: Centre, event: events.ConversationHeld, _now: datetime) -> None:
    """Music is not recorded, and nobody is lost in it."""
    centre.order(MarkHeld(event.channel, event.held))
    call = next((one for one in centre.calls.values() if one.channel == event.channel), None)
    if call is not None and call.state is CallState.TALKING and call.is_held is not event.held:
        call.is_held = event.held
        centre.note(CallHeld(event.at, call.id, event.held))


HANDLES: Handlers = {
    events.ConversationHeld: held,
    events.AttemptPassedOn: callback_passed_on,
}
