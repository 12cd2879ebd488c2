"""What app_queue itself says of its queues: AMI QueueStatus and QueueSummary."""

from __future__ import annotations

from dataclasses import dataclass

from tests.support.plain_ami import PlainAmi


@dataclass(frozen=True, slots=True)
class Counters:
    """Of all queues together since Asterisk's start."""

    completed: int
    abandoned: int

    def __sub__(self, before: Counters) -> tuple[int, int]:
        return self.completed - before.completed, self.abandoned - before.abandoned


def counters(ami: PlainAmi) -> Counters:
    """Completed and Abandoned of every QueueParams, added up."""
    shown = [one for one in ami.ask_list("QueueStatus") if one.get("Event") == "QueueParams"]
    return Counters(*(sum(int(one[name]) for one in shown) for name in ("Completed", "Abandoned")))


def service_level(ami: PlainAmi, queue: str) -> tuple[float, float]:
    """ServicelevelPerf and ServicelevelPerf2 of a queue, percent."""
    (shown,) = (one for one in ami.ask_list("QueueStatus", Queue=queue) if one.get("Event") == "QueueParams")
    return float(shown["ServicelevelPerf"]), float(shown["ServicelevelPerf2"])


def hold_time(ami: PlainAmi, queue: str) -> int:
    """QueueSummary's HoldTime: the average wait by app_queue, whole seconds."""
    (shown,) = (
        one for one in ami.ask_list("QueueSummary", Queue=queue) if one.get("Event") == "QueueSummary"
    )
    return int(shown["HoldTime"])
