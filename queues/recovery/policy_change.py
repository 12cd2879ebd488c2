"""The rules change while calls go on: what is under way goes on, what begins anew begins by the new rules.

- A queue that is gone: whoever waits in it moves, with his place, to the queue of his line.
- A line that is gone: its residents on the line, and what is owed to its residents, keep its rules and its label.
- An agent who is gone: what rings or is spoken goes on to its end; he is offered nothing more.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from queues.callbacks import capacity
from queues.messages import events
from queues.messages.commands import SetFallbackMember
from queues.policy import CentrePolicy, LinePolicy, QueuePolicy
from queues.state.agent import Agent, Work
from queues.state.call import Call
from queues.state.core_state import Centre
from queues.state.handlers import Handlers
from queues.state.obligation import Obligation
from queues.state.priority_queue import PriorityQueue


def change(centre: Centre, event: events.PolicyChanged, now: datetime) -> None:
    """Work by these rules from now on. A new agent's phone is known after the next snapshot."""
    in_line = list(centre.waiters.values())
    policy = event.policy
    centre.policy = policy
    centre.waiting = {name: PriorityQueue() for name in policy.queues}
    centre.idle = {name: PriorityQueue() for name in policy.queues}
    for call in centre.calls.values():
        _follow(centre, call)
    for obligation in centre.obligations.values():
        _follow(centre, obligation)
    for attempt in centre.attempts.values():
        obligation_of_it = centre.owed_by(attempt)
        attempt.queue = (
            policy.queues.get(attempt.queue.name) or _first(policy)
            if obligation_of_it is None
            else obligation_of_it.queue
        )
    _change_agents(centre, policy, now)
    for waiter in in_line:
        centre.put_in_line(waiter)
    capacity.unpark(centre)
    centre.unmatched = set(policy.queues)


def forget_who_left(centre: Centre) -> None:
    """Agents whom the settings name no more and who have come to the end of what they did."""
    gone = [one for one in centre.agents.values() if one.id not in centre.policy.agents]
    for agent in gone:
        if agent.work not in {Work.OFFERED, Work.TALKING}:
            del centre.agents[agent.id]


def _follow(centre: Centre, waiter: Call | Obligation) -> None:
    policy = centre.policy
    waiter.line = policy.lines.get(waiter.line.did, waiter.line)
    waiter.queue = policy.queues.get(waiter.queue.name) or _queue_of(policy, waiter.line)


def _queue_of(policy: CentrePolicy, line: LinePolicy) -> QueuePolicy:
    return policy.queues.get(line.queue) or _first(policy)


def _first(policy: CentrePolicy) -> QueuePolicy:
    return next(iter(policy.queues.values()))


def _change_agents(centre: Centre, policy: CentrePolicy, now: datetime) -> None:
    for profile in policy.agents.values():
        agent = centre.agents.get(profile.id)
        if agent is None:
            centre.agents[profile.id] = Agent(profile, idle_since=now)
        else:
            agent.profile = profile
    for agent in centre.agents.values():
        if agent.id not in policy.agents:
            _let_go(centre, agent)
        centre.touch(agent)
    forget_who_left(centre)


def _let_go(centre: Centre, agent: Agent) -> None:
    agent.profile = replace(agent.profile, queues=agent.profile.queues & frozenset(centre.policy.queues))
    agent.logged_in, agent.pause_reason = False, None
    if agent.in_fallback and centre.synced:
        centre.order(SetFallbackMember(agent.id, agent.profile.endpoint, False, None, True))
    agent.in_fallback = None


HANDLES: Handlers = {
    events.PolicyChanged: change,
}
