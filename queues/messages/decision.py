"""What the core answers to one event."""

from __future__ import annotations

from dataclasses import dataclass, field

from queues.messages.commands import Command
from queues.messages.journal import JournalEntry
from queues.terms.identifiers import CompanyId


@dataclass(frozen=True, slots=True)
class Decision:
    """What one event led to: `commands` in the order to send them, `journal` in the order it happened."""

    commands: tuple[Command, ...]
    journal: tuple[JournalEntry, ...]
    companies: tuple[CompanyId, ...] = field(default=(), compare=False)
    """Whose residents the event and its decision concern."""
