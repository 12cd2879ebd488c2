"""The dashboards that ship, read as Grafana reads them: panels, and queries with their variables filled in."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DASHBOARDS = Path("config/grafana/dashboards")
NAMES = ("wallboard", "shift")
LANGUAGES = ("ru", "en")
FILLED_IN = {"$__rate_interval": "30s", "$__range": "10m", "$queue": ".*"}
"""As Grafana does for a scrape every second or so, and All queues."""


@dataclass(frozen=True, slots=True)
class PanelQuery:
    """One target of one panel."""

    panel: str
    ref_id: str
    kind: str
    expr: str
    instant: bool


def dashboard(name: str, language: str) -> dict[str, Any]:
    """The file as it is."""
    found: dict[str, Any] = json.loads((DASHBOARDS / language / f"{name}.json").read_text(encoding="utf-8"))
    return found


def panels(board: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every panel that shows something, those of collapsed rows too."""
    for panel in board["panels"]:
        if panel["type"] == "row":
            yield from panel.get("panels") or ()
        else:
            yield panel


def queries(board: dict[str, Any]) -> list[PanelQuery]:
    """Every query, ready to be sent."""
    return [
        PanelQuery(
            panel["title"], target["refId"], panel["type"], filled_in(target["expr"]), target["instant"]
        )
        for panel in panels(board)
        for target in panel["targets"]
    ]


def filled_in(expr: str) -> str:
    """Without Grafana's variables. One that nobody knows stays, and is refused by Prometheus."""
    for name, value in FILLED_IN.items():
        expr = re.sub(re.escape(name) + r"\b", value, expr)
    return expr
