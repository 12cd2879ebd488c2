"""Truths that hold after every event: checked by the tests after each step, and on demand."""

from __future__ import annotations

from collections.abc import Iterator

from queues.agent import Work
from queues.call import CallState
from queues.centre import Centre


def violations(centre: Centre) -> list[str]:
    """Every broken truth in words; empty when all hold."""
    return [
        *_one_agent_one_thing(centre),
        *_waiting_exactly_once(centre),
        *_idle_exactly_the_eligible(centre),
        *_nobody_waits_beside_a_free_agent(centre),
    ]


def _one_agent_one_thing(centre: Centre) -> Iterator[str]:
    """Law 3."""
    offers: dict[str, str] = {}
    for call in centre.calls.values():
        if call.state is CallState.OFFERED and call.agent is not None:
            if call.agent in offers:
                yield f"agent {call.agent} is offered {call.id} and {offers[call.agent]}"
            offers[call.agent] = call.id
            agent = centre.agents[call.agent]
            if agent.work is not Work.OFFERED or agent.offer != call.offer:
                yield f"call {call.id} is offered to {call.agent}, who does not know"
    for agent in centre.agents.values():
        if agent.work is Work.OFFERED:
            offered = centre.calls.get(agent.call) if agent.call is not None else None
            if offered is None or offered.offer != agent.offer:
                yield f"agent {agent.id} is offered a call that is not offered to him"


def _waiting_exactly_once(centre: Centre) -> Iterator[str]:
    for call in centre.calls.values():
        in_line = call.id in centre.waiting[call.queue.name]
        if in_line != (call.state is CallState.WAITING):
            yield f"call {call.id} is {call.state}, in line: {in_line}"
    for name, line in centre.waiting.items():
        for call_id in line.in_order():
            if call_id not in centre.calls:
                yield f"{call_id} stands in the line of {name} and is over"


def _idle_exactly_the_eligible(centre: Centre) -> Iterator[str]:
    for agent in centre.agents.values():
        for queue in agent.profile.queues:
            if (agent.id in centre.idle[queue]) != agent.is_eligible:
                yield f"agent {agent.id} eligible: {agent.is_eligible}, not so among the idle of {queue}"


def _nobody_waits_beside_a_free_agent(centre: Centre) -> Iterator[str]:
    """Law 8."""
    if not centre.synced:
        return
    for name, line in centre.waiting.items():
        if line.first() is not None and centre.idle[name].first() is not None:
            yield f"in {name} {line.first()} waits while {centre.idle[name].first()} is free"
