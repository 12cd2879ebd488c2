"""What one company sees of the live picture: pure, made of its own calls only (P20)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from callengine.desk.engine_link.picture import Picture
from callengine.desk.ledger.names import Names
from queues.terms.phone import Phone


@dataclass(frozen=True, slots=True)
class Waits:
    """Its resident waits. Neither his place nor who stands before him is told: others' callers are in that line."""

    line: str
    number: Phone
    arrived_at: datetime
    rings: bool


@dataclass(frozen=True, slots=True)
class Talks:
    """Its resident speaks with this agent."""

    line: str
    number: Phone
    agent: str
    answered_at: datetime | None
    arrived_at: datetime
    held: bool


@dataclass(frozen=True, slots=True)
class Owes:
    """A contact owed to its resident."""

    number: Phone
    due_at: datetime
    overdue: bool
    dials: int


@dataclass(frozen=True, slots=True)
class Board:
    """A company at one moment. `could_take`: agents who could take its call now."""

    waiting: Sequence[Waits]
    talking: Sequence[Talks]
    owed: Sequence[Owes]
    could_take: int


def board_of(picture: Picture, names: Names, company: str) -> Board:
    """Of this company alone."""
    queues = {line.queue for line in names.lines if line.company == company}
    own = [call for call in picture.calls.values() if call.company == company]
    waiting = sorted(
        (one for one in own if one.state != "talking" and one.answered_at is None),
        key=lambda one: (one.arrived_at, one.call),
    )
    talking = sorted(
        (one for one in own if one.state == "talking"), key=lambda one: (one.arrived_at, one.call)
    )
    return Board(
        waiting=[
            Waits(one.line_kind, Phone(one.number), one.arrived_at, one.state == "offered") for one in waiting
        ],
        talking=[
            Talks(
                one.line_kind,
                Phone(one.number),
                names.agent(one.agent),
                one.answered_at,
                one.arrived_at,
                one.held,
            )
            for one in talking
        ],
        owed=[
            Owes(Phone(one.number), one.due_at, one.overdue or one.due_at < picture.at, one.dials)
            for one in picture.next_owed()
            if one.company == company
        ],
        could_take=sum(
            one.state == "free"
            and bool(queues & (set(one.queues) or names.serves.get(one.agent, frozenset())))
            for one in picture.agents.values()
        ),
    )
