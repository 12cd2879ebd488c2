"""Every event of the log, found where the code says it: its name, level, sentence and fields."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.reference.markdown import opening, table

PACKAGES = ("callengine", "ami_adapters", "queues", "sla", "storage", "config")
LEVELS = {"debug", "info", "warning", "error", "critical", "exception"}
_ABOUT = """\
One JSON object a line on standard error: `event` is the name, which stays what it is; `msg` says it for people and may
change; `level`, `logger` and `at` (the engine's clock, UTC); then the event's own fields. Phone numbers are masked.
Search for the name: `journalctl -u callengine -o cat | grep '"event": "ledger_away"'`. What should wake somebody up is
an alert on a metric ([prometheus.md](../prometheus.md)), not a line of the log.

"""


@dataclass(frozen=True, slots=True)
class Said:
    """One place where something is logged; None for what is no literal."""

    where: str
    line: int
    level: str
    event: str | None
    msg: str | None
    fields: tuple[str, ...]


def log_events_page() -> str:
    """The page: one row for each event, wherever it is said."""
    events: dict[str, list[Said]] = {}
    for one in said():
        events.setdefault(str(one.event), []).append(one)
    rows = [
        (
            f"`{event}`",
            ", ".join(sorted({"error" if one.level == "exception" else one.level for one in places})),
            str(places[0].msg),
            ", ".join(f"`{field}`" for field in dict.fromkeys(name for one in places for name in one.fields))
            or "–",
            ", ".join(sorted({one.where for one in places})),
        )
        for event, places in sorted(events.items())
    ]
    return (
        opening("Events of the log", "the calls themselves")
        + _ABOUT
        + table(("event", "level", "meaning", "fields", "where"), rows)
    )


def said() -> Iterator[Said]:
    """Each call of a logger in the packages."""
    for package in PACKAGES:
        for path in sorted(Path(package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and _is_log(node.func):
                    yield _read(str(path), node)


def _is_log(function: ast.expr) -> bool:
    """`log.info`, `self._log.error`, `get_log("…").warning`; the demo's telephones have a logger of another kind."""
    if not isinstance(function, ast.Attribute) or function.attr not in LEVELS:
        return False
    name = ast.unparse(function.value).split("(")[0].rsplit(".", 1)[-1]
    return name.lstrip("_") in {"log", "logger", "get_log", "get_logger", "getLogger"}


def _read(where: str, call: ast.Call) -> Said:
    named = {one.arg: one.value for one in call.keywords if one.arg is not None}
    return Said(
        where,
        call.lineno,
        call.func.attr if isinstance(call.func, ast.Attribute) else "",
        _literal(call.args[0]) if call.args else None,
        _literal(named.pop("msg", None)),
        tuple(named),
    )


def _literal(value: ast.expr | None) -> str | None:
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else None
