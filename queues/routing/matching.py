"""Longest waiting resident to longest idle agent, the moment both exist."""

from __future__ import annotations

from datetime import datetime

from queues.app_queue import fallback_return
from queues.callbacks import attempts
from queues.calls import offers
from queues.state.call import Place
from queues.state.core_state import Centre
from queues.terms.identifiers import AgentId, CallId, ObligationId


def match_all(centre: Centre, at: datetime, now: datetime) -> None:
    """Make every offer that can be made, the earliest place of the highest priority first (law 6).

    Only queues in which something changed are looked at; each offer costs O(log n).
    """
    if not centre.synced or centre.catching_up or fallback_return.is_awaited(centre, now):
        return
    while (pair := _next_pair(centre)) is not None:
        _give(centre, *pair, at, now)


def _next_pair(centre: Centre) -> tuple[CallId | ObligationId, AgentId] | None:
    best: tuple[CallId | ObligationId, AgentId] | None = None
    best_place: Place | None = None
    for queue in sorted(centre.unmatched):
        line = centre.waiting[queue]
        waiter, agent_id, place = line.first(), centre.idle[queue].first(), line.first_key()
        if waiter is None or agent_id is None or place is None:
            centre.unmatched.discard(queue)
        elif best_place is None or place < best_place:
            best, best_place = (waiter, agent_id), place
    return best


def _give(
    centre: Centre, waiter: CallId | ObligationId, agent_id: AgentId, at: datetime, now: datetime
) -> None:
    agent = centre.agents[agent_id]
    call = centre.calls.get(CallId(waiter))
    if call is None:
        attempts.make(centre, centre.obligations[ObligationId(waiter)], agent, at, now)
    else:
        offers.offer(centre, call, agent, at, now)
    centre.settle_agents(at)
