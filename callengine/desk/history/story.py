"""One call's whole story, in the order in which it happened: pure, made of the ledger's rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from callengine.desk.history.rows import CallRow


@dataclass(frozen=True, slots=True)
class Offer:
    """An agent's phone was rung."""

    agent: str
    made_at: datetime
    rang_at: datetime | None
    ended_at: datetime | None
    result: str | None


@dataclass(frozen=True, slots=True)
class TookOver:
    """A colleague took the conversation."""

    at: datetime
    agent: str


@dataclass(frozen=True, slots=True)
class Dial:
    """One attempt to call him back."""

    attempt: str
    agent: str
    trunk: str
    made_at: datetime
    dialled_at: datetime | None
    contacted_at: datetime | None
    ended_at: datetime | None
    result: str | None
    took_over: Sequence[TookOver] = ()
    recording: str | None = None
    recorded_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Owed:
    """What was owed for the call."""

    obligation: str
    opened_at: datetime
    arrived_at: datetime
    due_at: datetime
    overdue_at: datetime | None
    contacted_at: datetime | None
    closed_at: datetime | None
    closing: str | None
    closed_by: str
    reason: str
    disposition: str | None
    disposed_at: datetime | None
    disposed_by: str
    task_at: datetime | None
    task_reason: str
    assigned_to: str
    refusals: Sequence[tuple[datetime, str]] = ()
    other_calls: Sequence[tuple[datetime, str]] = ()
    """His other missed calls of the same episode."""
    by_hand: Sequence[tuple[datetime, str, str]] = ()
    """When an agent called him by himself: whose wish it was, and what for."""


@dataclass(frozen=True, slots=True)
class Message:
    """A voice message that he left."""

    left_at: datetime
    due_at: datetime
    path: str
    opened_at: datetime | None
    opened_by: str
    reviewed_at: datetime | None
    reviewed_by: str
    review: str | None


@dataclass(frozen=True, slots=True)
class CallFacts:
    """Everything that the ledger has of one call."""

    row: CallRow
    caller_name: str
    queued_at: datetime | None
    fallback_at: datetime | None
    ahead: int | None
    """How many waited in his queue before him when he entered it; None: not to be told."""
    choice_offered_at: datetime | None
    choice: str | None
    choice_at: datetime | None
    typed_number: str
    rules: str | None
    judged_at: datetime | None
    recording: str | None
    recorded_seconds: int | None
    offers: Sequence[Offer] = ()
    transfers: Sequence[TookOver] = ()
    owed: Owed | None = None
    dials: Sequence[Dial] = ()
    message: Message | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of the story. `kind` names its text; the rest is what the text speaks of."""

    at: datetime
    kind: str
    after: timedelta
    """From the arrival: the law's clock."""
    agent: str = ""
    result: str = ""
    """A word of a closed vocabulary: of an offer, a dial, a closing, a choice, a review."""
    lasted: timedelta | None = None
    note: str = ""
    n: int | None = None


@dataclass(frozen=True, slots=True)
class Sound:
    """A recording that can be listened to. `name` is its own within the story: `call`, `dial-1`, …, `message`."""

    name: str
    at: datetime
    agent: str
    path: str
    seconds: int | None
    """Where only a part of it is there: so much."""


@dataclass(frozen=True, slots=True)
class Story:
    """A call, line by line, and what was recorded of it."""

    facts: CallFacts
    moments: Sequence[Moment]
    sounds: Sequence[Sound] = field(default=())


def story_of(facts: CallFacts, *, of_agents: bool) -> Story:
    """`of_agents`: whoever looks may see what agents did besides speaking with this resident (P20)."""
    shown = facts if of_agents else _without_agents(facts)
    found = [*_of_call(shown), *_of_owed(shown), *_of_dials(shown), *_of_message(shown)]
    # What happened at the same moment stays in the order in which it is told above.
    return Story(shown, sorted(found, key=lambda one: one.at), list(_sounds(shown)))


def _without_agents(facts: CallFacts) -> CallFacts:
    """Of agents only who spoke with this resident; no place in a line that other companies' callers stand in."""
    offers = [
        one if one.result == "answered" else Offer("", one.made_at, one.rang_at, one.ended_at, "")
        for one in facts.offers
    ]
    dials = [
        one if one.contacted_at is not None else replace(one, attempt="", agent="", recording=None)
        for one in facts.dials
    ]
    owed = None
    if facts.owed is not None:
        by_hand = [(at, "", purpose) for at, _, purpose in facts.owed.by_hand]
        owed = replace(facts.owed, assigned_to="", closed_by="", by_hand=by_hand)
    return replace(facts, ahead=None, offers=offers, dials=dials, owed=owed)


def _of_call(facts: CallFacts) -> Iterator[Moment]:
    row, start = facts.row, facts.row.arrived_at

    def tell(at: datetime | None, kind: str, **more: object) -> Iterator[Moment]:
        if at is not None:
            yield Moment(at, kind, at - start, **more)  # type: ignore[arg-type]  # a table of fields

    yield from tell(start, "arrived", note=row.did)
    yield from tell(facts.queued_at, "queued", n=facts.ahead, note=row.queue)
    yield from tell(facts.fallback_at, "fallback")
    yield from tell(facts.choice_offered_at, "choice_offered")
    yield from tell(facts.choice_at, "chose", result=facts.choice or "")
    for offer in facts.offers:
        yield from tell(offer.made_at, "offered", agent=offer.agent)
        if offer.result == "answered":
            continue  # The answer is told as the call's own.
        lasted = None if offer.ended_at is None else offer.ended_at - offer.made_at
        yield from tell(
            offer.ended_at, "not_taken", agent=offer.agent, result=offer.result or "", lasted=lasted
        )
    yield from tell(row.answered_at, "answered", agent=row.agent or "")
    for one in facts.transfers:
        yield from tell(one.at, "took_over", agent=one.agent)
    yield from tell(row.message_at, "message_left")
    yield from tell(row.ended_at, "ended", result=row.outcome or "", lasted=row.talked)
    yield from tell(facts.judged_at, "judged", result=row.stored_verdict or "", note=facts.rules or "")


def _of_owed(facts: CallFacts) -> Iterator[Moment]:
    owed, start = facts.owed, facts.row.arrived_at
    if owed is None:
        return

    def tell(at: datetime | None, kind: str, **more: object) -> Iterator[Moment]:
        if at is not None:
            yield Moment(at, kind, at - start, **more)  # type: ignore[arg-type]  # a table of fields

    yield from tell(owed.opened_at, "owed", lasted=owed.due_at - start)
    for at, _ in owed.other_calls:
        yield from tell(at, "called_again")
    for at, by, purpose in owed.by_hand:
        yield from tell(at, "dial_asked", agent=by, note=purpose)
    for at, reason in owed.refusals:
        yield from tell(at, "refused", result=reason)
    yield from tell(owed.task_at, "task", result=owed.task_reason, note=owed.assigned_to)
    yield from tell(owed.overdue_at, "overdue")
    yield from tell(owed.disposed_at, "disposed", result=owed.disposition or "", agent=owed.disposed_by)
    yield from tell(
        owed.closed_at, "closed", result=owed.closing or "", note=owed.reason, agent=owed.closed_by
    )


def _of_dials(facts: CallFacts) -> Iterator[Moment]:
    start = facts.row.arrived_at
    for n, dial in enumerate(facts.dials, 1):
        yield Moment(dial.made_at, "claimed", dial.made_at - start, agent=dial.agent, n=n)
        if dial.dialled_at is not None:
            yield Moment(dial.dialled_at, "dialled", dial.dialled_at - start, note=dial.trunk, n=n)
        if dial.contacted_at is not None:
            yield Moment(dial.contacted_at, "contacted", dial.contacted_at - start, agent=dial.agent, n=n)
        for one in dial.took_over:
            yield Moment(one.at, "took_over", one.at - start, agent=one.agent)
        if dial.ended_at is not None:
            begun = dial.contacted_at or dial.dialled_at
            lasted = None if begun is None else dial.ended_at - begun
            yield Moment(
                dial.ended_at,
                "dial_over",
                dial.ended_at - start,
                result=dial.result or "",
                lasted=lasted,
                n=n,
            )


def _of_message(facts: CallFacts) -> Iterator[Moment]:
    message, start = facts.message, facts.row.arrived_at
    if message is None:
        return
    if message.opened_at is not None:
        yield Moment(message.opened_at, "message_opened", message.opened_at - start, agent=message.opened_by)
    if message.reviewed_at is not None:
        yield Moment(
            message.reviewed_at,
            "message_reviewed",
            message.reviewed_at - start,
            agent=message.reviewed_by,
            result=message.review or "",
        )


def _sounds(facts: CallFacts) -> Iterator[Sound]:
    row = facts.row
    if facts.recording:
        at = row.answered_at or row.arrived_at
        yield Sound("call", at, row.agent or "", facts.recording, facts.recorded_seconds)
    for n, dial in enumerate(facts.dials, 1):
        if dial.recording:
            at = dial.contacted_at or dial.made_at
            yield Sound(f"dial-{n}", at, dial.agent, dial.recording, dial.recorded_seconds)
    if facts.message is not None and facts.message.path:
        yield Sound("message", facts.message.left_at, "", facts.message.path, None)
