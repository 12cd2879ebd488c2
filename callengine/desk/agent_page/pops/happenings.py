"""Who is on the line, as pops: pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from callengine.control.live_messages import CallArrived, LiveObligation, LiveOutgoing
from callengine.desk.agent_page.pops.pop import Pop
from callengine.desk.cards.values import CardKind
from callengine.desk.engine_link.picture import Call, Picture


@dataclass(frozen=True, slots=True)
class OnTheLine:
    """A call, a callback or a call by hand, whose it is, and since when they speak."""

    pop: Pop
    kind: CardKind
    agent: str | None
    answered_at: datetime | None


def pop_of_call(call: Call, decided_at: datetime) -> Pop:
    """A resident's call that comes."""
    label = call.label or call.company
    return Pop(
        call.call,
        "incoming",
        call.company,
        label,
        call.line_kind,
        call.number,
        call.arrived_at,
        decided_at,
    )


def pop_of_arrival(arrived: CallArrived) -> Pop:
    """The same, of whom nothing else is known any more."""
    label = arrived.label or arrived.company
    return Pop(
        arrived.call,
        "incoming",
        arrived.company,
        label,
        arrived.line_kind,
        arrived.number,
        arrived.arrived_at,
        arrived.at,
    )


def pop_of_callback(attempt: str, owed: LiveObligation, at: datetime) -> Pop:
    """Somebody who is called back: whom, why and until when is `owed`."""
    return Pop(attempt, "callback", owed.company, owed.label, "", owed.number, owed.arrived_at, at, owed)


def pop_of_outgoing(outgoing: LiveOutgoing, at: datetime) -> Pop:
    """Somebody whom the agent calls by hand: whom and what for."""
    return Pop(
        outgoing.attempt,
        "dialled",
        outgoing.company,
        outgoing.label,
        "",
        outgoing.number,
        outgoing.made_at,
        at,
        purpose=outgoing.purpose,
    )


def on_the_line(picture: Picture) -> Iterator[OnTheLine]:
    """All of them."""
    for call in picture.calls.values():
        yield OnTheLine(pop_of_call(call, picture.at), "incoming", call.agent, call.answered_at)
    for dial in picture.dials.values():
        owed = picture.owed.get(dial.obligation)
        if owed is not None:
            talks_since = dial.since if dial.state == "talking" else None
            pop = pop_of_callback(dial.attempt, owed, picture.at)
            yield OnTheLine(pop, "callback", dial.agent, talks_since)
    for one in picture.outgoing.values():
        yield OnTheLine(pop_of_outgoing(one.call, picture.at), "dialled", one.call.agent, one.talks_since)


def of_agent(picture: Picture, agent: str) -> OnTheLine | None:
    """Whom he is offered, or speaks with."""
    return next((one for one in on_the_line(picture) if one.agent == agent), None)
