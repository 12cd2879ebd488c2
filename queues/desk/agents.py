"""An agent is logged in or out, put on pause or taken back, by himself or a supervisor: as his phone's codes do it."""

from __future__ import annotations

from datetime import datetime

from queues.agents import agent_states
from queues.messages import events
from queues.messages.commands import KeepLoggedIn
from queues.messages.events import DeskCommand
from queues.state.agent import Agent, Work
from queues.state.core_state import Centre
from queues.terms.desk_words import CommandRefusal

ANY_PAUSE = "pause"
"""As the phone's code without a digit."""


def find(centre: Centre, event: DeskCommand) -> Agent | CommandRefusal:
    """Whom it is about, or why nothing can be done with him now."""
    if not centre.synced:
        return CommandRefusal.PBX_AWAY
    agent = agent_states.agent_of(centre, event.agent)
    return CommandRefusal.UNKNOWN_AGENT if agent is None else agent


def log_in(centre: Centre, event: DeskCommand, now: datetime) -> CommandRefusal | None:
    """He works from now on. Who is logged in is taken off his pause, as by the code."""
    agent = find(centre, event)
    if isinstance(agent, CommandRefusal):
        return agent
    if agent.logged_in:
        agent_states.unpaused(centre, events.AgentUnpaused(event.at, agent.id), now)
        return None
    agent_states.logged_in(centre, events.AgentLoggedIn(event.at, agent.id), now)
    centre.order(KeepLoggedIn(agent.id, agent.profile.endpoint, True))
    return None


def log_out(centre: Centre, event: DeskCommand, now: datetime) -> CommandRefusal | None:
    """He is offered nothing more; what rings or is spoken goes on to its end."""
    agent = find(centre, event)
    if isinstance(agent, CommandRefusal):
        return agent
    if not agent.logged_in:
        return CommandRefusal.LOGGED_OUT
    agent_states.logged_out(centre, events.AgentLoggedOut(event.at, agent.id), now)
    centre.order(KeepLoggedIn(agent.id, agent.profile.endpoint, False))
    return None


def pause(centre: Centre, event: DeskCommand, now: datetime) -> CommandRefusal | None:
    """He is offered nothing until he is back; on pause already, he has another reason from now on."""
    agent = find(centre, event)
    if isinstance(agent, CommandRefusal):
        return agent
    if not agent.logged_in:
        return CommandRefusal.LOGGED_OUT
    agent_states.paused(centre, events.AgentPaused(event.at, agent.id, event.reason or ANY_PAUSE), now)
    return None


def unpause(centre: Centre, event: DeskCommand, now: datetime) -> CommandRefusal | None:
    """He is back."""
    agent = find(centre, event)
    if isinstance(agent, CommandRefusal):
        return agent
    if not agent.logged_in:
        return CommandRefusal.LOGGED_OUT
    if agent.pause_reason is None:
        return CommandRefusal.NOT_PAUSED
    agent_states.unpaused(centre, events.AgentUnpaused(event.at, agent.id), now)
    return None


def end_wrap_up(centre: Centre, event: DeskCommand, now: datetime) -> CommandRefusal | None:
    """He is ready before its time is over."""
    agent = find(centre, event)
    if isinstance(agent, CommandRefusal):
        return agent
    if agent.work is not Work.WRAP_UP:
        return CommandRefusal.NO_WRAP_UP
    agent_states.wrap_up_ended(centre, events.AgentWrapUpEnded(event.at, agent.id), now)
    return None
