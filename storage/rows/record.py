"""One decision, encoded once, for the spool and for the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from queues.messages.decision import Decision
from queues.messages.events import Event
from queues.messages.journal import JournalEntry
from queues.terms.identifiers import CompanyId
from storage.rows.codec import decision_to_json, event_to_json


@dataclass(frozen=True, slots=True)
class Record:
    """One decision, ready for the ledger: natural key `(node, epoch, seq)`."""

    epoch: int
    seq: int
    at: datetime
    event: str
    decision: str
    journal: tuple[JournalEntry, ...]
    companies: tuple[CompanyId, ...] = ()


def record_of(epoch: int, seq: int, at: datetime, event: Event, decision: Decision) -> Record:
    """Encoded once, for the spool and for the ledger."""
    told, decided = event_to_json(event), decision_to_json(decision)
    return Record(epoch, seq, at, told, decided, decision.journal, decision.companies)
