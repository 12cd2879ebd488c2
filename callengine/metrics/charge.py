"""Who is in charge of the PBX, for Prometheus: the same names whether it is ourselves or another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector


@dataclass(frozen=True, slots=True)
class InCharge:
    """One look: whether it is ourselves, who it is ("" for nobody), how many are logged in to AMI as we are."""

    is_ours: bool
    who: str
    sessions: int
    kept_back: int = 0


class ChargeMetrics(Collector):
    """Read at the scrape."""

    def __init__(self, registry: CollectorRegistry, look: Callable[[], InCharge], times_lost: int) -> None:
        self._look = look
        self._times_lost = times_lost
        registry.register(self)

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Nothing is read at registration."""
        return iter(())

    def collect(self) -> Iterator[GaugeMetricFamily | CounterMetricFamily]:
        """As it is now."""
        seen = self._look()
        charge = GaugeMetricFamily(
            "callengine_in_charge", "1 while this engine is in charge of its PBX, 0 while it stands by"
        )
        charge.add_metric([], float(seen.is_ours))
        yield charge
        holder = GaugeMetricFamily(
            "callengine_charge_holder", "1 for whoever is in charge of the PBX", labels=["holder"]
        )
        if seen.who:
            holder.add_metric([seen.who], 1)
        yield holder
        sessions = GaugeMetricFamily(
            "callengine_ami_sessions", "How many are logged in to the PBX under our AMI user"
        )
        sessions.add_metric([], seen.sessions)
        yield sessions
        for name, text, value in (
            (
                "charge_lost",
                "How often another engine was found in charge while this one was",
                self._times_lost,
            ),
            (
                "commands_kept_back",
                "Commands not sent: it was not certain that we are in charge",
                seen.kept_back,
            ),
        ):
            counter = CounterMetricFamily(f"callengine_{name}", text)
            counter.add_metric([], value)
            yield counter
