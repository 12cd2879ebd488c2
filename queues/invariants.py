"""Truths that hold after every event: checked by the tests after each step, and on demand."""

from __future__ import annotations

from collections.abc import Iterator

from queues.state.agent import Work
from queues.state.call import CallState
from queues.state.core_state import Centre
from queues.state.obligation import AttemptState
from sla.obligation import FINAL, ObligationState


def violations(centre: Centre) -> list[str]:
    """Every broken truth in words; empty when all hold."""
    return [
        *_one_agent_one_thing(centre),
        *_waiting_exactly_once(centre),
        *_obligations_agree(centre),
        *_every_dial_is_wanted(centre),
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
            attempt = centre.attempts.get(agent.attempt) if agent.attempt is not None else None
            if offered is not None and attempt is not None:
                yield f"agent {agent.id} is offered a call and a callback"
            elif attempt is not None and attempt.agent != agent.id:
                yield f"agent {agent.id} rings for a callback of {attempt.agent}"
            elif (
                attempt is None
                and agent.task is None
                and (offered is None or agent.offer not in {offered.offer, offered.rings.get(agent.id)})
            ):
                yield f"agent {agent.id} is offered a call that is not offered to him"


def _waiting_exactly_once(centre: Centre) -> Iterator[str]:
    for call in centre.calls.values():
        in_line = call.id in centre.waiting[call.queue.name]
        if in_line != (call.state is CallState.WAITING):
            yield f"call {call.id} is {call.state}, in line: {in_line}"
    for name, line in centre.waiting.items():
        for call_id in line.in_order():
            if call_id not in centre.waiters:
                yield f"{call_id} stands in the line of {name} and is over"


def _obligations_agree(centre: Centre) -> Iterator[str]:
    """Laws 2 and 4."""
    in_flight: dict[object, str] = {}
    for obligation in centre.obligations.values():
        in_line = obligation.id in centre.waiting[obligation.queue.name]
        stands = obligation.state is ObligationState.IN_LINE and not obligation.is_parked
        if in_line != stands or obligation.is_parked != (obligation.id in centre.parked):
            yield f"obligation {obligation.id} is {obligation.state}, in line: {in_line}"
        if obligation.is_in_flight:
            if obligation.attempt not in centre.attempts:
                yield f"obligation {obligation.id} is {obligation.state} without an attempt"
            if obligation.e164 in in_flight:
                yield f"{obligation.id} and {in_flight[obligation.e164]} dial one number"
            in_flight[obligation.e164] = obligation.id
        if obligation.state in FINAL:
            yield f"obligation {obligation.id} is {obligation.state} and still there"
        if obligation.number.whole and centre.open_by_resident.get(obligation.resident) != obligation.id:
            yield f"two open obligations for the resident of {obligation.id}"


def _every_dial_is_wanted(centre: Centre) -> Iterator[str]:
    """A dial that has not reached anybody yet belongs to an obligation in flight, or is being cancelled."""
    for attempt in centre.attempts.values():
        obligation = centre.owed_by(attempt)
        if attempt.state is AttemptState.TALKING or attempt.is_cancelled or obligation is None:
            continue
        if not obligation.is_in_flight:
            yield f"attempt {attempt.id} dials for {obligation.id}, which is {obligation.state}"


def _idle_exactly_the_eligible(centre: Centre) -> Iterator[str]:
    for agent in centre.agents.values():
        for queue in agent.profile.queues:
            if (agent.id in centre.idle[queue]) != agent.is_eligible:
                yield f"agent {agent.id} eligible: {agent.is_eligible}, not so among the idle of {queue}"


def _nobody_waits_beside_a_free_agent(centre: Centre) -> Iterator[str]:
    """Law 8; but for the moment in which residents come back from the fallback queue."""
    if not centre.synced or centre.catching_up or centre.returning:
        return
    for name, line in centre.waiting.items():
        if line.first() is not None and centre.idle[name].first() is not None:
            yield f"in {name} {line.first()} waits while {centre.idle[name].first()} is free"
