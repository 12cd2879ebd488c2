"""The law's verdict on one call: which of its three ways was kept, or that it was broken."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sla.promises import ClockStart, ReviewMeans, RuleSet


class Verdict(StrEnum):
    """What an inspector asks."""

    ANSWERED_IN_TIME = "answered_in_time"
    CONTACTED_IN_TIME = "contacted_in_time"
    MESSAGE_REVIEWED_IN_TIME = "message_reviewed_in_time"
    BROKEN = "broken"
    PENDING = "pending"
    NOT_OWED = "not_owed"
    """By the rule set's reading a hang-up that early owes nothing. Counted apart, and still offered."""


KEPT = frozenset({Verdict.ANSWERED_IN_TIME, Verdict.CONTACTED_IN_TIME, Verdict.MESSAGE_REVIEWED_IN_TIME})


@dataclass(frozen=True, slots=True)
class Care:
    """What was done for one resident's call; None where it has not happened.

    `queued_at`: the machine picked up and he entered the waiting line. `attempted_at`: the first dial of him that
    nobody answered. `message_at`: he left a message; `opened_at` and `reviewed_at`: a named agent opened it, and
    said what became of it.
    """

    arrived_at: datetime
    answered_at: datetime | None = None
    contacted_at: datetime | None = None
    message_at: datetime | None = None
    reviewed_at: datetime | None = None
    queued_at: datetime | None = None
    ended_at: datetime | None = None
    attempted_at: datetime | None = None
    opened_at: datetime | None = None


def verdict(care: Care, rules: RuleSet, now: datetime) -> Verdict:
    """Human answer ≤ answer limit, or contact ≤ contact limit, or message reviewed in time, as the rules read it."""
    readings = rules.readings
    start = care.arrived_at
    if readings.clock is ClockStart.QUEUE and care.queued_at is not None:
        start = care.queued_at
    answers = [care.answered_at, care.queued_at if readings.pick_up_is_answer else None]
    if any(moment is not None and moment - start <= rules.answer for moment in answers):
        return Verdict.ANSWERED_IN_TIME
    # A human who answered late has talked to him by phone all the same.
    tried = care.attempted_at if readings.attempt_is_contact else None
    contacts = [moment for moment in (care.answered_at, care.contacted_at, tried) if moment is not None]
    if contacts and min(contacts) - start <= rules.contact:
        return Verdict.CONTACTED_IN_TIME
    if _left_early(care, rules):
        return Verdict.NOT_OWED
    if care.message_at is not None:
        reviewed = care.reviewed_at if readings.review is ReviewMeans.DISPOSITION else care.opened_at
        if reviewed is not None and reviewed - care.message_at <= rules.message:
            return Verdict.MESSAGE_REVIEWED_IN_TIME
        if reviewed is None and now - care.message_at <= rules.message:
            return Verdict.PENDING
    if not contacts and now - start <= rules.contact:
        return Verdict.PENDING
    return Verdict.BROKEN


def owes_contact(care: Care, rules: RuleSet) -> bool:
    """Whether a call that ended without a human owes the resident a contact."""
    if rules.readings.pick_up_is_answer and care.queued_at is not None:
        return False
    return not _left_early(care, rules)


def _left_early(care: Care, rules: RuleSet) -> bool:
    if rules.readings.early_hang_up_owes or care.answered_at is not None or care.ended_at is None:
        return False
    return care.ended_at - care.arrived_at <= rules.readings.early_hang_up
