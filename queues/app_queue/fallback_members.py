"""The fallback queue's members are the agents logged in, paused as they are: kept so whatever way they log in.

The phones' own codes change Asterisk's queue before they tell us; what differs only because a code is under way is
left alone for a moment. What was changed by somebody else is put right after it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from queues.agents import agent_states
from queues.messages import events
from queues.messages.commands import SetFallbackMember
from queues.state.agent import Agent
from queues.state.core_state import Centre
from queues.state.handlers import Handlers, TimerHandlers
from queues.state.timers import TimerKind
from queues.terms.identifiers import AgentId

CODE_UNDER_WAY = timedelta(seconds=2)


def told(centre: Centre, event: events.FallbackMemberChanged, now: datetime) -> None:
    """Asterisk's queue has a member more or less, or paused him."""
    agent = agent_states.agent_of(centre, event.agent)
    if agent is None:
        return
    agent.in_fallback, agent.fallback_pause = event.is_member, event.pause
    if _differs(centre, agent):
        centre.timers.arm(TimerKind.FALLBACK_MEMBER, agent.id, now + CODE_UNDER_WAY)


def found(centre: Centre, agent: Agent, phone: events.LiveAgent) -> None:
    """What a snapshot tells."""
    agent.in_fallback, agent.fallback_pause = phone.in_fallback, phone.fallback_pause
    centre.touch(agent)


def time_came(centre: Centre, agent_id: str, _now: datetime) -> None:
    """No code explained it."""
    agent = agent_states.agent_of(centre, AgentId(agent_id))
    if agent is not None:
        _put_right(centre, agent)


def settle(centre: Centre) -> None:
    """Look at the agents that the present event changed."""
    changed = tuple(centre.changed_agents.values())
    centre.changed_agents.clear()
    for agent in changed:
        if (TimerKind.FALLBACK_MEMBER, agent.id) in centre.timers:
            if not _differs(centre, agent):
                centre.timers.disarm(TimerKind.FALLBACK_MEMBER, agent.id)
        else:
            _put_right(centre, agent)


def _differs(centre: Centre, agent: Agent) -> bool:
    if agent.in_fallback is None or not centre.serves(agent):
        return False
    if agent.in_fallback != agent.logged_in:
        return True
    return agent.logged_in and (agent.pause_reason is None) != (agent.fallback_pause is None)


def _put_right(centre: Centre, agent: Agent) -> None:
    if not centre.synced or agent.in_fallback is None or not _differs(centre, agent):
        return
    centre.order(
        SetFallbackMember(
            agent.id, agent.profile.endpoint, agent.logged_in, agent.pause_reason, agent.in_fallback
        )
    )
    agent.in_fallback, agent.fallback_pause = agent.logged_in, agent.pause_reason


HANDLES: Handlers = {
    events.FallbackMemberChanged: told,
}
TIMERS: TimerHandlers = {
    TimerKind.FALLBACK_MEMBER: time_came,
}
