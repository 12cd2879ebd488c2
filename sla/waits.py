"""The edges that waits are counted by: those of the histograms, so that a promise at an edge is counted exactly."""

from __future__ import annotations

from bisect import bisect_left
from datetime import timedelta

WAIT_EDGES = (1, 2, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 420, 600, 900, 1800)
"""Seconds. A wait of exactly an edge lies within it, as with Prometheus."""

_MICROSECOND = timedelta(microseconds=1)
_EDGES = tuple(edge * 1_000_000 for edge in WAIT_EDGES)


def edge_index(wait: timedelta) -> int:
    """The first edge that a wait lies within; `len(WAIT_EDGES)` for one beyond the last."""
    return bisect_left(_EDGES, wait // _MICROSECOND)
