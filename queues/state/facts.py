"""What subjects say has happened. Who cares is listed in `queues.subscriptions`, and nowhere else.

A fact is told at once, to one after the other in the order of that list: whoever tells it does not know who listens.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from queues.messages.journal import Outcome
from queues.state.call import Call
from queues.state.obligation import Attempt
from queues.terms.outcomes import ContactResult


@dataclass(frozen=True, slots=True)
class ResidentArrived:
    """He is on the line with us, whichever company's."""

    call: Call
    at: datetime


@dataclass(frozen=True, slots=True)
class AppQueueLeft:
    """None of Asterisk's own queues has him any more."""

    call: Call
    at: datetime


@dataclass(frozen=True, slots=True)
class LineEntered:
    """He stands in our line."""

    call: Call
    at: datetime


@dataclass(frozen=True, slots=True)
class HoldEntered:
    """The dialplan holds him for us: he may be moved now."""

    call: Call
    at: datetime
    now: datetime


@dataclass(frozen=True, slots=True)
class ResidentAnswered:
    """A human speaks with him."""

    call: Call
    at: datetime


@dataclass(frozen=True, slots=True)
class CallOver:
    """The call has its one outcome."""

    call: Call
    outcome: Outcome
    at: datetime
    now: datetime


@dataclass(frozen=True, slots=True)
class AttemptOver:
    """A dial has its result; `rang`: whether the resident's telephone did, None where nobody knows."""

    attempt: Attempt
    result: ContactResult
    rang: bool | None
    at: datetime
    now: datetime


Fact = ResidentArrived | AppQueueLeft | LineEntered | HoldEntered | ResidentAnswered | CallOver | AttemptOver
