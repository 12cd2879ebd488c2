"""Longest waiting resident to longest idle agent, the moment both exist."""

from __future__ import annotations

from datetime import datetime

from queues.agent import Work
from queues.call import CallState
from queues.call_desk import OFFER_GRACE
from queues.centre import Centre
from queues.commands import OfferCall
from queues.identifiers import AgentId, CallId, OfferId, QueueName
from queues.journal import OfferMade
from queues.timers import TimerKind


def match_all(centre: Centre, at: datetime, now: datetime) -> None:
    """Make every offer that can be made, the earliest arrival of the highest priority first (law 6).

    Only queues in which something changed are looked at; each offer costs O(log n).
    """
    if not centre.synced:
        return
    while (pair := _next_pair(centre)) is not None:
        _offer(centre, *pair, at, now)


def _next_pair(centre: Centre) -> tuple[CallId, AgentId] | None:
    best: tuple[CallId, AgentId] | None = None
    best_queue: QueueName | None = None
    for queue in sorted(centre.unmatched):
        call_id, agent_id = centre.waiting[queue].first(), centre.idle[queue].first()
        if call_id is None or agent_id is None:
            centre.unmatched.discard(queue)
        elif best is None or centre.calls[call_id].place < centre.calls[best[0]].place:
            best, best_queue = (call_id, agent_id), queue
    return best if best_queue is not None else None


def _offer(centre: Centre, call_id: CallId, agent_id: AgentId, at: datetime, now: datetime) -> None:
    call, agent = centre.calls[call_id], centre.agents[agent_id]
    centre.take_out_of_line(call)
    call.offers_made += 1
    offer = OfferId(f"{call.id}/{centre.epoch}.{call.offers_made}")
    call.state, call.offer, call.agent = CallState.OFFERED, offer, agent.id
    agent.work, agent.offer, agent.call, agent.leg = Work.OFFERED, offer, call.id, None
    centre.touch(agent)
    centre.settle_agents(at)
    centre.timers.arm(TimerKind.OFFER_DEADLINE, offer, now + call.queue.ring_time + OFFER_GRACE)
    centre.note(OfferMade(at, offer, call.id, agent.id))
    centre.order(
        OfferCall(
            offer=offer,
            call=call.id,
            channel=call.channel,
            agent=agent.id,
            endpoint=agent.profile.endpoint,
            ring_time=call.queue.ring_time,
            label=call.line.label,
        )
    )
