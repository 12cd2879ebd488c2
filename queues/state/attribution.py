"""Whose residents an event, a fact or a command concerns: what a company's terms reach in the journal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol

from queues.messages.events import InboxRead
from queues.messages.snapshot import LedgerRestored, PbxSnapshot
from queues.policy import LinePolicy
from queues.state.call import Call
from queues.state.obligation import Attempt, Obligation, obligation_of
from queues.state.voice_message import WaitingMessage
from queues.terms.identifiers import AttemptId, CallId, CompanyId, Did, MessageId, ObligationId


class Known(Protocol):
    """What is asked of the live state."""

    @property
    def calls(self) -> Mapping[CallId, Call]:
        """Live calls."""

    @property
    def messages(self) -> Mapping[MessageId, WaitingMessage]:
        """Messages that nobody has listened to."""

    @property
    def attempts(self) -> Mapping[AttemptId, Attempt]:
        """Dials in flight."""

    @property
    def obligations(self) -> Mapping[ObligationId, Obligation]:
        """Open obligations."""

    def line_of(self, did: Did) -> LinePolicy:
        """The line of a DID."""


def companies_of(known: Known, thing: object) -> Iterator[CompanyId]:
    """By the company or line it names, else by the call, offer, obligation, dial or message it is about."""
    match thing:
        case PbxSnapshot():
            for one in (*thing.calls, *thing.ended):
                yield from companies_of(known, one)
        case InboxRead():
            for ended in thing.ended:
                yield from companies_of(known, ended)
        case LedgerRestored():
            for each in (*thing.calls, *thing.obligations, *thing.attempts, *thing.messages):
                yield from companies_of(known, each)
        case _:
            company = _named(known, thing) or _by_subject(known, thing)
            if company is not None:
                yield company


def _named(known: Known, thing: object) -> CompanyId | None:
    company: CompanyId | None = getattr(thing, "company", None)
    if company is None and (did := getattr(thing, "did", None)) is not None:
        return known.line_of(did).company
    return company


def _by_subject(known: Known, thing: object) -> CompanyId | None:
    call = getattr(thing, "call", None)
    offer, message = getattr(thing, "offer", None), getattr(thing, "message", None)
    if call is None and offer is not None:
        call = CallId(offer.rpartition("/")[0])
    if call is None and message is not None:
        call = CallId(message)
    live = None if call is None else known.calls.get(call)
    if live is not None:
        return live.line.company
    obligation: ObligationId | None = getattr(thing, "obligation", None)
    attempt = getattr(thing, "attempt", None)
    by_hand = None if attempt is None else known.attempts.get(attempt)
    if by_hand is not None and by_hand.outgoing is not None:
        return by_hand.outgoing.company
    if obligation is None and attempt is not None:
        obligation = obligation_of(attempt)
    if obligation is None and message is not None and (waiting := known.messages.get(MessageId(message))):
        obligation = waiting.obligation
    owed = None if obligation is None else known.obligations.get(obligation)
    return None if owed is None else owed.line.company
