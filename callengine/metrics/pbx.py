"""Gauges of the PBX as the engine sees it: whether its state is known, and its trunks."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from prometheus_client.core import GaugeMetricFamily

from ami_adapters.connection.trunks import TrunkWatch
from queues.live_state import CentreView


def live_pbx(view: Callable[[], CentreView], trunks: TrunkWatch) -> Iterator[GaugeMetricFamily]:
    """What is so at this moment. A trunk that Asterisk tells nothing about has no sample."""
    known = GaugeMetricFamily(
        "callengine_pbx_state_known", "Whether a snapshot of the PBX was taken on the present AMI link"
    )
    known.add_metric([], view().synced)
    yield known
    registered = GaugeMetricFamily(
        "callengine_trunk_registered", "Whether an outbound registration stands", labels=["trunk"]
    )
    for name, stands in trunks.registered.items():
        registered.add_metric([name], stands)
    yield registered
    reachable = GaugeMetricFamily(
        "callengine_trunk_reachable",
        "Whether a trunk for callbacks answers Asterisk's OPTIONS; absent for one without qualify_frequency: not known",
        labels=["trunk"],
    )
    for name, alive in trunks.reachable.items():
        reachable.add_metric([name], alive)
    yield reachable
