"""Of the files that a step enters, those that decide: without whoever only watches, stores, or holds a value."""

from __future__ import annotations

from collections.abc import Sequence

from tests.walk.recorder import Recorder, Step

WATCHERS = (
    "callengine/realtime/",
    "callengine/metrics/",
    "callengine/observers/",
    "callengine/control/feed",
    "callengine/platform/logs",
    "ami_adapters/queue_log/",
    "sla/call_facts",
    "sla/quarters",
    "sla/unknown",
    "storage/",
)
VALUES = (
    "queues/terms/",
    "queues/policy",
    "queues/state/timers",
    "queues/state/priority_queue",
    "ami_adapters/protocol/ami_message",
    "callengine/platform/clock",
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
