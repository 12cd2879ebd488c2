"""One table for each state machine, one writer of each state, and a page that shows them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from queues.state import agent, call, obligation
from sla.obligation import FINAL, TRANSITIONS
from tests.support.states_page import PAGE, page

WRITERS = {
    "queues/state/call.py": 1,
    "queues/state/agent.py": 1,
    "queues/state/obligation.py": 2,
}
"""Call; Agent; Obligation and Attempt. A message is a value: its method returns the next one."""


def test_a_state_is_written_in_one_place_for_each_machine() -> None:
    written: dict[str, int] = {}
    for path in Path("queues").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        count = len(re.findall(r"\.(?:state|work)(?:, [\w.]+)* = ", text))
        count += len(
            re.findall(r"(?<!\w)state=(?!known\.state|_state_of|CallState\.ARRIVED|AttemptState)", text)
        )
        if count and path.as_posix() != "queues/state/voice_message.py":
            written[path.as_posix()] = count
    born = {
        "queues/app_queue/watched_calls.py": 1
    }  # A watched call begins in another state than one of ours.
    assert written == {**WRITERS, **born}


@pytest.mark.parametrize(
    ("table", "states", "inputs"),
    [
        (call.MOVES, call.CallState, call.CallInput),
        (agent.MOVES, agent.Work, agent.WorkInput),
        (obligation.MOVES, obligation.AttemptState, obligation.AttemptInput),
    ],
    ids=["call", "agent", "attempt"],
)
def test_a_table_has_an_answer_for_every_state_and_input(table, states, inputs) -> None:  # type: ignore[no-untyped-def]  # three tables
    assert set(table) == set(states)
    for steps in table.values():
        assert set(steps) == set(inputs)


def test_nothing_leads_out_of_a_final_state() -> None:
    assert {state for state, steps in TRANSITIONS.items() if not steps} == FINAL


def test_whoever_was_answered_stays_answered() -> None:
    """Law 1: one outcome."""
    assert set(call.MOVES[call.CallState.TALKING].values()) == {call.CallState.TALKING}


def test_the_page_is_drawn_from_the_tables() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "python -m tests.support.states_page"
