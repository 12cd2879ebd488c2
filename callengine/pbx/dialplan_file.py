"""What a dialplan asks of Asterisk: read from its text, so that nothing it needs can be forgotten in a list."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_CONTEXT: Final = re.compile(r"\[([^\]]+)\]")
_EXTEN: Final = re.compile(r"exten\s*=>?\s*([^,]+),([^,]+),(.*)")
_SAME: Final = re.compile(r"same\s*=>?\s*([^,]+),(.*)")
_CALL: Final = re.compile(r"([A-Za-z]\w*)(?:\((.*)\))?\s*", re.DOTALL)
_FUNCTION: Final = re.compile(r"\b([A-Z][A-Z0-9_]+)\(")
_INNER: Final = re.compile(r"[?:]([A-Z][A-Za-z]+)\(")
_WITH_APPLICATIONS: Final = frozenset({"ExecIf", "Exec", "TryExec"})


@dataclass(frozen=True, slots=True)
class Step:
    """One priority of one extension. `application` of a hint is the device."""

    context: str
    extension: str
    priority: str
    application: str
    data: str

    def applications(self) -> Iterator[str]:
        """It and those it calls in its turn."""
        yield self.application
        if self.application in _WITH_APPLICATIONS:
            yield from _INNER.findall(self.data)
        if re.search(r"U\([a-z]", self.data) and self.application in {"Dial", "Queue"}:
            yield "Gosub"

    def functions(self) -> Iterator[str]:
        """Those it reads, as in `${STAT(s,…)}`, or writes, as in `Set(DB(…)=…)`."""
        yield from _FUNCTION.findall(self.data)


def steps_of(text: str) -> list[Step]:
    """Every step of extensions.conf's text; `n` is counted, labels are dropped."""
    found: list[Step] = []
    context = extension = ""
    priority = 0
    for line in text.splitlines():
        stripped = line.split(" ;")[0].strip()
        if not stripped or stripped[0] in ";#":
            continue
        if header := _CONTEXT.fullmatch(stripped):
            context = header[1]
        elif exten := _EXTEN.fullmatch(stripped):
            extension = exten[1].strip()
            if exten[2] == "hint":
                found.append(Step(context, extension, "hint", exten[3], ""))
                continue
            priority = 1
            found.append(_step(context, extension, priority, exten[3]))
        elif same := _SAME.fullmatch(stripped):
            priority += 1
            found.append(_step(context, extension, priority, same[2]))
    return found


def _step(context: str, extension: str, priority: int, call: str) -> Step:
    parts = _CALL.fullmatch(call.strip())
    if parts is None:
        raise ValueError(f"{context},{extension},{priority}: no application in {call!r}")
    return Step(context, extension, str(priority), parts[1], parts[2] or "")
