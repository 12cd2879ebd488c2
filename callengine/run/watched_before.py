"""Calls of watched queues that an earlier run left open: they are looked for among the live channels."""

from __future__ import annotations

from queues.messages.snapshot import LedgerRestored
from queues.policy import CentrePolicy
from queues.terms.identifiers import QueueName


def watched_before(restored: LedgerRestored, policy: CentrePolicy) -> dict[str, QueueName]:
    """By Uniqueid; without those whose line is no more."""
    queues = {call.call: policy.lines.get(call.did) for call in restored.calls if call.watched}
    return {str(call): line.queue for call, line in queues.items() if line is not None}
