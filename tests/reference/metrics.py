"""Every metric with its labels, read from the collectors of a whole engine's registry."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

from prometheus_client import CollectorRegistry
from prometheus_client.metrics import MetricWrapperBase

from ami_adapters.connection.trunks import TrunkWatch
from callengine.desk.data.database import DeskDatabase
from callengine.desk.engine_link.follower import EngineFollower
from callengine.desk.web.drawing import Drawing
from callengine.desk.web.figures import DeskFigures
from callengine.desk.web.gate import Gate
from callengine.desk.web.server import DeskServer
from callengine.metrics.registry import Metrics
from callengine.realtime.statistics import RealtimeStatistics
from queues.live_state import CentreView
from queues.terms.identifiers import CompanyId
from sla.call_facts import Promise
from storage.schema.database import ledger_url
from tests.reference.markdown import opening, table
from tests.support.centre import GENERAL, moment
from tests.support.desk_pages import Known

_ABOUT = """What they mean together, which to watch, what a ratio is of: [metrics.md](../metrics.md) and
[figures.md](../figures.md). Those of the desk (`callengine_desk_…`) are at the desk's
own `/metrics`. A counter ends in `_total` when it is scraped, a histogram in `_bucket`, `_sum` and
`_count`.
"""


async def metrics_page() -> str:
    """The page."""
    rows = [
        (f"`{name}`", kind, ", ".join(labels) or "–", meaning)
        for name, kind, labels, meaning in sorted(await metrics())
    ]
    return (
        opening(
            "Metrics",
            "callengine/metrics, callengine/http/door/metrics.py and callengine/desk/web/figures.py",
        )
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
    own = (one for one in _families(_of_the_desk()) if one[0].startswith("callengine_desk_"))
    return [*_families(whole.registry), *own]


def _of_the_desk() -> CollectorRegistry:
    gate = Gate(Known("en"), Drawing(ZoneInfo("UTC"), (), ""), "en")
    server = DeskServer("127.0.0.1", 0, EngineFollower(Path("desk.sock")), gate, ())
    database = DeskDatabase(ledger_url("sqlite://"))
    DeskFigures(server.registry, database, Path(), lambda: moment(0), _no_outbox)
    return server.registry


async def _no_outbox() -> tuple[int, None]:
    return 0, None


def _families(registry: CollectorRegistry) -> Iterator[tuple[str, str, tuple[str, ...], str]]:
    for collector in registry._collector_to_names:
        if isinstance(collector, MetricWrapperBase):
            yield collector._name, collector._type, collector._labelnames, collector._documentation
        else:
            for family in collector.collect():
                yield family.name, family.type, tuple(family._labelnames), family.documentation
