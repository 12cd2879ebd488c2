"""What the journal says of a dial: a callback's and a call's by hand have entries of their own."""

from __future__ import annotations

from datetime import datetime

from queues.messages.events import AttemptEnded, ContactResult
from queues.messages.journal import (
    AttemptDialled,
    AttemptFinished,
    AttemptReached,
    OutgoingDialled,
    OutgoingFinished,
    OutgoingReached,
)
from queues.state.obligation import Attempt


def dialled(attempt: Attempt, at: datetime) -> AttemptDialled | OutgoingDialled:
    """The agent took it."""
    return AttemptDialled(at, attempt.id) if attempt.outgoing is None else OutgoingDialled(at, attempt.id)


def reached(attempt: Attempt, at: datetime) -> AttemptReached | OutgoingReached:
    """Somebody answered there."""
    return AttemptReached(at, attempt.id) if attempt.outgoing is None else OutgoingReached(at, attempt.id)


def finished(
    attempt: Attempt, event: AttemptEnded, result: ContactResult, rang: bool | None
) -> AttemptFinished | OutgoingFinished:
    """It is over."""
    kind = AttemptFinished if attempt.outgoing is None else OutgoingFinished
    return kind(event.at, attempt.id, result, event.dial_status, event.cause, event.sip_code, rang)
