"""One offer: a waiting resident to one agent."""

from __future__ import annotations

from datetime import datetime, timedelta

from queues.messages.commands import OfferCall
from queues.messages.journal import OfferMade, OfferRang
from queues.state.agent import Agent
from queues.state.call import Call, CallInput
from queues.state.core_state import Centre
from queues.state.timers import TimerKind
from queues.terms.identifiers import AttemptId, OfferId

OFFER_GRACE = timedelta(seconds=5)
"""How long past the ring time the dialplan may take to tell the result before we take the resident back."""


def offer(
    centre: Centre, call: Call, agent: Agent, at: datetime, now: datetime, *, leg: AttemptId | None = None
) -> None:
    """He leaves the line for this agent; `leg`: the agent's phone is up already, with a dial of this resident."""
    centre.take_out_of_line(call)
    call.offers_made += 1
    made = OfferId(f"{call.id}/{centre.epoch}.{call.offers_made}")
    call.move(CallInput.OFFERED)
    call.offer, call.agent = made, agent.id
    agent.give_offer(made, call.id)
    centre.touch(agent)
    centre.timers.arm(TimerKind.OFFER_DEADLINE, made, now + call.queue.ring_time + OFFER_GRACE)
    centre.note(OfferMade(at, made, call.id, agent.id))
    if leg is not None:
        centre.note(OfferRang(at, made))
    centre.order(
        OfferCall(
            offer=made,
            call=call.id,
            channel=call.channel,
            agent=agent.id,
            endpoint=agent.profile.endpoint,
            ring_time=call.queue.ring_time,
            label=call.line.label,
            leg=leg,
        )
    )
