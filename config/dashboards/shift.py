"""The second dashboard: how the shift went, callbacks against the law, and whether engine and PBX are well."""

from __future__ import annotations

from config.dashboards.answers import ANSWERS
from config.dashboards.callbacks import CALLBACKS
from config.dashboards.description import Board, Words
from config.dashboards.engine import ENGINE, PBX

SHIFT = Board(
    "shift",
    Words("callengine: смена, перезвоны, движок", "callengine: shift, callbacks, engine"),
    Words(
        "Как прошла смена, перезвоны против срока закона, здоровье движка и АТС.",
        "How the shift went, callbacks against the law's deadline, health of engine and PBX.",
    ),
    (ANSWERS, CALLBACKS, ENGINE, PBX),
    refresh="30s",
    since="now-12h",
)
