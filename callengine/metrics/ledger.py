"""Metrics of the ledger and its spool: how much is where, and what went wrong."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from storage.ledger import Ledger


class LedgerMetrics(Collector):
    """Counters are fed by `LedgerWatch`; gauges are read at the scrape, single words of memory."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.ledger: Ledger | None = None
        """Whose numbers are shown, once it is open."""

        def counter(name: str, text: str) -> Counter:
            return Counter(f"callengine_{name}", text, registry=registry)

        self.failures = counter("ledger_write_failures", "Writes to the database that failed; tried again")
        self.refused = counter("ledger_refused", "Changes that the database refuses for good")
        self.spool_failures = counter("spool_write_failures", "Batches that the local disk did not take")
        self.damaged = counter("spool_damaged", "Stretches of the spool that were set aside at start")
        self.drained = counter("spool_drained", "Decisions brought from the spool into the ledger")
        registry.register(self)

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Nothing is read at registration."""
        return iter(())

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The gauges now; zeros before the ledger is open."""
        ledger = self.ledger
        writer = None if ledger is None else ledger.writer
        spool = None if ledger is None else ledger.spool
        for name, text, value in (
            (
                "ledger_available",
                "Whether the database takes writes",
                writer is not None and not writer.is_away,
            ),
            ("ledger_waiting_records", "Decisions in memory only", writer.pending_rows if writer else 0),
            (
                "ledger_dropped_records",
                "Decisions for which there was no room anywhere",
                writer.dropped_records if writer else 0,
            ),
            ("spool_records", "Decisions that only the spool has", spool.pending_records if spool else 0),
            ("spool_bytes", "Size of the spool", spool.end if spool else 0),
            (
                "spool_stale_bytes",
                "Decisions made when another engine was in charge: in no ledger, in a file beside the spool",
                spool.aside_bytes if spool else 0,
            ),
            ("spool_fill_ratio", "The spool's size of its limit", spool.fill_ratio if spool else 0),
        ):
            family = GaugeMetricFamily(f"callengine_{name}", text)
            family.add_metric([], float(value))
            yield family
