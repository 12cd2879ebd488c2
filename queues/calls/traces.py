"""What the dialplan wrote of a call into the PBX's own database is erased when the call has its outcome."""

from __future__ import annotations

from queues.messages.commands import EraseInboxEntry
from queues.state.core_state import Centre
from queues.state.facts import CallOver


def call_over(centre: Centre, fact: CallOver) -> None:
    """Its trace is needed no more."""
    if fact.call.has_trace:
        centre.order(EraseInboxEntry(fact.call.id))
