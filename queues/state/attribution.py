"""Whose residents an event, a fact or a command concerns: what a company's terms reach in the journal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from queues.messages.events import InboxRead
from queues.messages.snapshot import LedgerRestored, PbxSnapshot
from queues.state.obligation import obligation_of
from queues.terms.identifiers import CallId, CompanyId, MessageId, ObligationId

if TYPE_CHECKING:
    from queues.state.core_state import Centre


def companies_of(centre: Centre, thing: object) -> Iterator[CompanyId]:
    """By the company or line it names, else by the call, offer, obligation, dial or message it is about."""
    match thing:
        case PbxSnapshot():
            for one in (*thing.calls, *thing.ended):
                yield from companies_of(centre, one)
        case InboxRead():
            for ended in thing.ended:
                yield from companies_of(centre, ended)
        case LedgerRestored():
            for each in (*thing.calls, *thing.obligations, *thing.attempts, *thing.messages):
                yield from companies_of(centre, each)
        case _:
            company = _named(centre, thing) or _by_subject(centre, thing)
            if company is not None:
                yield company


def _named(centre: Centre, thing: object) -> CompanyId | None:
    company: CompanyId | None = getattr(thing, "company", None)
    if company is None and (did := getattr(thing, "did", None)) is not None:
        return centre.line_of(did).company
    return company


def _by_subject(centre: Centre, thing: object) -> CompanyId | None:
    call = getattr(thing, "call", None)
    offer, message = getattr(thing, "offer", None), getattr(thing, "message", None)
    if call is None and offer is not None:
        call = CallId(offer.rpartition("/")[0])
    if call is None and message is not None:
        call = CallId(message)
    known = None if call is None else centre.calls.get(call)
    if known is not None:
        return known.line.company
    obligation: ObligationId | None = getattr(thing, "obligation", None)
    attempt = getattr(thing, "attempt", None)
    if obligation is None and attempt is not None:
        obligation = obligation_of(attempt)
    if obligation is None and message is not None and (waiting := centre.messages.get(MessageId(message))):
        obligation = waiting.obligation
    owed = None if obligation is None else centre.obligations.get(obligation)
    return None if owed is None else owed.line.company
