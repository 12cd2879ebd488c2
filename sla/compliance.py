"""The law's verdict on one call: which of its three ways was kept, or that it was broken."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sla.promises import RuleSet


class Verdict(StrEnum):
    """What an inspector asks."""

    ANSWERED_IN_TIME = "answered_in_time"
    CONTACTED_IN_TIME = "contacted_in_time"
    MESSAGE_REVIEWED_IN_TIME = "message_reviewed_in_time"
    BROKEN = "broken"
    PENDING = "pending"


@dataclass(frozen=True, slots=True)
class Care:
    """What was done for one resident. `message_at` is when he left a message, if he did."""

    arrived_at: datetime
    answered_at: datetime | None = None
    contacted_at: datetime | None = None
    message_at: datetime | None = None
    reviewed_at: datetime | None = None


def verdict(care: Care, rules: RuleSet, now: datetime) -> Verdict:
    """Human answer ≤ answer limit, or contact ≤ contact limit from arrival, or message reviewed in time."""
    if care.answered_at is not None and care.answered_at - care.arrived_at <= rules.answer:
        return Verdict.ANSWERED_IN_TIME
    # A human who answered late has talked to him by phone all the same.
    contacts = [moment for moment in (care.answered_at, care.contacted_at) if moment is not None]
    if contacts and min(contacts) - care.arrived_at <= rules.contact:
        return Verdict.CONTACTED_IN_TIME
    if care.message_at is not None:
        if care.reviewed_at is not None and care.reviewed_at - care.message_at <= rules.message:
            return Verdict.MESSAGE_REVIEWED_IN_TIME
        if care.reviewed_at is None and now - care.message_at <= rules.message:
            return Verdict.PENDING
    if not contacts and now - care.arrived_at <= rules.contact:
        return Verdict.PENDING
    return Verdict.BROKEN
