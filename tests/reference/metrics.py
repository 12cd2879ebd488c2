"""Every metric with its labels, read from the collectors of a whole engine's registry."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from prometheus_client import CollectorRegistry
from prometheus_client.metrics import MetricWrapperBase

from ami_adapters.connection.trunks import TrunkWatch
from callengine.metrics.registry import Metrics
from callengine.realtime.statistics import RealtimeStatistics
from queues.live_state import CentreView
from queues.terms.identifiers import CompanyId
from sla.call_facts import Promise
from tests.reference.markdown import opening, table
from tests.support.centre import GENERAL, moment

_ABOUT = """What they mean together, which to watch, what a ratio is of: [metrics.md](../metrics.md) and
[figures.md](../figures.md). A counter ends in `_total` when it is scraped, a histogram in `_bucket`, `_sum` and
`_count`.
"""


async def metrics_page() -> str:
    """The page."""
    rows = [
        (f"`{name}`", kind, ", ".join(labels) or "–", meaning)
        for name, kind, labels, meaning in sorted(await metrics())
    ]
    return (
        opening("Metrics", "callengine/metrics and callengine/http/door/metrics.py")
        + _ABOUT
        + "\n"
        + table(("metric", "kind", "labels", "meaning"), rows)
    )


async def metrics() -> list[tuple[str, str, tuple[str, ...], str]]:
    """Name, kind, labels and meaning of each."""
    tally = RealtimeStatistics({GENERAL: Promise()}, ZoneInfo("UTC"), moment(0))
    whole = Metrics(
        [GENERAL],
        [CompanyId("sever")],
        tally=tally,
        view=lambda: CentreView((), (), synced=True),
        now=lambda: moment(0),
        version="",
        trunks=TrunkWatch(()),
    )
    await whole.exposition("text/plain")  # What is taken at a scrape is there from the first one on.
    return list(_families(whole.registry))


def _families(registry: CollectorRegistry) -> Iterator[tuple[str, str, tuple[str, ...], str]]:
    for collector in registry._collector_to_names:
        if isinstance(collector, MetricWrapperBase):
            yield collector._name, collector._type, collector._labelnames, collector._documentation
        else:
            for family in collector.collect():
                yield family.name, family.type, tuple(family._labelnames), family.documentation
