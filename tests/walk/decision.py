"""Of the files that a step enters, those that decide: without whoever only watches, stores, or holds a value."""

from __future__ import annotations

from collections.abc import Sequence

from tests.walk.recorder import Recorder, Step

WATCHERS = (
    "callengine/tally",
    "callengine/call_records",
    "callengine/metrics",
    "callengine/call_metrics",
    "callengine/callback_metrics",
    "callengine/link_metrics",
    "callengine/lost_seconds",
    "callengine/repeat_calls",
    "callengine/agent_clock",
    "callengine/gap_log",
    "callengine/queue_log_feed",
    "callengine/logs",
    "ami_adapters/queue_log",
    "ami_adapters/transfer_notice",
    "sla/call_facts",
    "storage/",
)
VALUES = (
    "queues/personal_data",
    "queues/identifiers",
    "queues/phone_numbers",
    "queues/results",
    "queues/policy",
    "queues/timers",
    "queues/ordered_pool",
    "ami_adapters/message",
    "callengine/clock",
    "sla/service_level",
    "sla/promises",
)


def path_of(step: Step) -> list[str]:
    """The files that decide, each once, in the order of entering."""
    return [file for file in dict.fromkeys(step.files) if not file.startswith((*WATCHERS, *VALUES))]


def longest_path(recorder: Recorder, name: str) -> list[str]:
    """That of the step of this name which enters most files; empty when it did not happen."""
    return max((path_of(step) for step in recorder.steps if step.name == name), key=len, default=[])


def shortest_path(steps: Sequence[Step], prefix: str) -> list[str]:
    """What the cheapest step of this kind enters: for AMI, a message that means nothing to us."""
    return min((path_of(step) for step in steps if step.name.startswith(prefix)), key=len, default=[])
