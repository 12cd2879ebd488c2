"""The dialplan that Asterisk has in memory, asked for by AMI, context by context."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ami_adapters.connection.link import AmiLink
from ami_adapters.protocol import actions
from callengine.pbx.dialplan_file import Step

_SETS = {"X": "[0-9]", "Z": "[1-9]", "N": "[2-9]"}
_PATTERN_CHARACTERS = re.compile(r"[XZNxzn\[.!]")


@dataclass(frozen=True, slots=True)
class Context:
    """One context: its own steps, and what it includes, in the order in which Asterisk looks there."""

    name: str
    steps: tuple[Step, ...]
    includes: tuple[str, ...]

    @property
    def extensions(self) -> list[str]:
        """Those that can be dialled, each once."""
        return list(dict.fromkeys(step.extension for step in self.steps if step.priority != "hint"))


class LiveDialplan:
    """Asks for each context once."""

    def __init__(self, link: AmiLink) -> None:
        self._link = link
        self._known: dict[str, Context | None] = {}

    async def context(self, name: str) -> Context | None:
        """None when there is none."""
        if name not in self._known:
            self._known[name] = await self._asked(name)
        return self._known[name]

    async def reachable(self, name: str) -> list[Context]:
        """It and all it includes, in the order of the search."""
        found: list[Context] = []
        waiting = [name]
        seen = set()
        while waiting:
            one = waiting.pop(0)
            context = None if one in seen else await self.context(one)
            seen.add(one)
            if context is not None:
                found.append(context)
                waiting[:0] = context.includes
        return found

    async def _asked(self, name: str) -> Context | None:
        answer = await self._link.send(actions.show_dialplan(name))
        if not answer.success:
            return None
        items = [item for item in answer.events if item.name == "ListDialplan"]
        steps = tuple(
            Step(
                name,
                item.text("Extension"),
                item.text("Priority"),
                item.text("Application"),
                item.text("AppData"),
            )
            for item in items
            if item.text("Extension")
        )
        includes = tuple(item.text("IncludeContext") for item in items if item.text("IncludeContext"))
        return Context(name, steps, includes)


def matches(extension: str, number: str) -> bool:
    """Whether Asterisk takes a dialled number for this extension (a pattern begins with `_`)."""
    if not extension.startswith("_"):
        return extension == number
    try:
        return re.fullmatch(_as_regular_expression(extension[1:]), number) is not None
    except re.error:
        return False  # A pattern that Asterisk itself would not have loaded.


def literal_beginning(extension: str) -> str:
    """What of it must be dialled as it stands."""
    if not extension.startswith("_"):
        return extension
    found = _PATTERN_CHARACTERS.search(extension)
    return extension[1:] if found is None else extension[1 : found.start()]


def applications_by_extension(steps: Sequence[Step]) -> dict[str, list[str]]:
    """What each extension does, in order."""
    found: dict[str, list[str]] = {}
    for step in steps:
        if step.priority != "hint":
            found.setdefault(step.extension, []).append(step.application)
    return found


def _as_regular_expression(pattern: str) -> str:
    parts, at = [], 0
    while at < len(pattern):
        char = pattern[at]
        if char == "[" and "]" in pattern[at:]:
            end = pattern.index("]", at)
            parts.append(pattern[at : end + 1].replace("\\", "\\\\"))
            at = end
        elif char.upper() in _SETS:
            parts.append(_SETS[char.upper()])
        elif char == ".":
            parts.append(".+")
        elif char == "!":
            parts.append(".*")
        elif char != "-":
            parts.append(re.escape(char))
        at += 1
    return "".join(parts)
