"""Calls that people make by hand to whom nothing is owed: whose wish, for which company, what for."""

from __future__ import annotations

from dataclasses import dataclass

from queues.terms.identifiers import AttemptId, CompanyId, Did

_PREFIX = "out-"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What is known of one besides its dial."""

    command: str
    """The wish's id."""
    company: CompanyId
    did: Did
    """The line whose trunk and caller id it has."""
    account: str
    by: str
    purpose: str
    is_service: bool = False
    """To a number of the settings' `service_numbers`: no cap bounds it, and several may speak with it at once."""


def outgoing_id(node: str, epoch: int, n: int) -> AttemptId:
    """The n-th of this run of the engine: also its channel's id, so it is unique over all runs."""
    return AttemptId(f"{_PREFIX}{node}-{epoch}.{n}" if node else f"{_PREFIX}{epoch}.{n}")


def is_outgoing(attempt: str) -> bool:
    """Whether a dial's id is of such a call; those of callbacks begin as their obligations do."""
    return attempt.startswith(_PREFIX)
