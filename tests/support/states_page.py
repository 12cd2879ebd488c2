"""docs/states.md, drawn from the state tables: `python -m tests.support.states_page` writes it anew."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from pathlib import Path

from queues.state import agent, call, obligation, voice_message
from sla.obligation import TRANSITIONS

PAGE = Path("docs/states.md")
HEAD = """# The states of a call, an agent, an obligation, an attempt, a message

Written by `python -m tests.support.states_page` from the tables in the code; a test fails when it is stale. A state
changes nowhere but there: `Call.move`, `Agent.give_offer` and its sisters, `Obligation.move`, `Attempt.move`,
`WaitingMessage.reviewed`. An input that leaves a state as it is, is not drawn.
"""
TABLES: Mapping[str, tuple[str, Mapping[Enum, Mapping[Enum, Enum]]]] = {
    "Call": ("queues/state/call.py", call.MOVES),  # type: ignore[dict-item]  # a table of enums, whichever
    "Agent": ("queues/state/agent.py", agent.MOVES),  # type: ignore[dict-item]  # as above
    "Obligation": ("sla/obligation.py", TRANSITIONS),  # type: ignore[dict-item]  # as above
    "Attempt": ("queues/state/obligation.py", obligation.MOVES),  # type: ignore[dict-item]  # as above
    "Message": ("queues/state/voice_message.py", voice_message.MOVES),  # type: ignore[dict-item]  # as above
}


def page() -> str:
    """The page's text."""
    return HEAD + "".join(_section(name, *table) for name, table in TABLES.items())


def _section(name: str, path: str, table: Mapping[Enum, Mapping[Enum, Enum]]) -> str:
    arrows: dict[tuple[str, str], list[str]] = {}
    for state, steps in table.items():
        for what, after in steps.items():
            if after is not state:
                arrows.setdefault((state.value, after.value), []).append(what.value)
    drawn = "\n".join(f"    {a} --> {b}: {', '.join(whats)}" for (a, b), whats in arrows.items())
    words = "\n".join(f"| {state.value} | {_told(steps, state)} |" for state, steps in table.items())
    return (
        f"\n## {name}\n\n`{path}`\n\n```mermaid\nstateDiagram-v2\n{drawn}\n```\n\n"
        f"| state | input → next state |\n|---|---|\n{words}\n"
    )


def _told(steps: Mapping[Enum, Enum], state: Enum) -> str:
    moved = [f"{what.value} → {after.value}" for what, after in steps.items() if after is not state]
    return "; ".join(moved) or "stays"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
