"""What an engine did not hear of a recording: after a look at the PBX it stands where one stands that heard it all."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from ami_adapters.protocol.ami_message import Message
from ami_adapters.protocol.recording import read_tape
from tests.support.pbx_truth import PbxTruth
from tests.support.replayed_engine import EndState, ReplayedEngine
from tests.support.tape_player import TAPES, tape_policy

STORIES = sorted(TAPES.glob("*.ami"))
each_story = pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)


def truth_after(messages: Iterable[Message]) -> PbxTruth:
    truth = PbxTruth()
    for message in messages:
        truth.take(message)
    return truth


def heard(tape: list[Message]) -> ReplayedEngine:
    """An engine that heard all this from the beginning."""
    at = next(message.timestamp for message in tape if message.timestamp is not None)
    engine = ReplayedEngine(tape_policy(), at)
    engine.begin(at)
    for message in tape:
        engine.hear(message)
    return engine


def looked(engine: ReplayedEngine, tape: list[Message]) -> EndState:
    """Where it stands after one more look at the PBX as it is when the tape ends."""
    end = max(message.timestamp for message in tape if message.timestamp is not None)
    engine.lose_link()
    engine.resync(truth_after(tape).answers(), end)
    engine.rest()
    return engine.end_state()


@each_story
def test_every_suffix_ends_as_the_whole_does(path: Path) -> None:
    """An engine that is started while it happens: what it finds, and the rest, make the same calls and agents."""
    tape = read_tape(path)
    whole = looked(heard(tape), tape)
    assert whole.outcomes
    truth = PbxTruth()
    for index, message in enumerate(tape):
        truth.take(message)
        if message.timestamp is None:
            continue
        late = ReplayedEngine(tape_policy(), message.timestamp, epoch=2, joins_late=True)
        late.resync(truth.answers(), message.timestamp)
        for later in tape[index + 1 :]:
            late.hear(later)
        assert looked(late, tape) == whole, f"joined after message {index}, {message}"


@each_story
def test_every_gap_ends_as_the_whole_does(path: Path) -> None:
    """The link breaks at any message and is back at any later one."""
    tape = read_tape(path)
    whole = looked(heard(tape), tape)
    first = next(
        index for index, message in enumerate(tape) if message.text("UserEvent") == "CallengineArrived"
    )
    events = [index for index in range(first, len(tape)) if tape[index].timestamp is not None]
    for lost in events:
        for found in (index for index in events if index > lost):
            at = tape[found].timestamp
            assert at is not None
            engine = heard(tape[: lost + 1])
            engine.lose_link()
            engine.joins_late = True
            engine.resync(truth_after(tape[: found + 1]).answers(), at)
            for later in tape[found + 1 :]:
                engine.hear(later)
            assert looked(engine, tape) == whole, f"lost after {lost}, found after {found}"


Damage = Callable[[list[Message], int], list[Message]]


@each_story
@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda tape, n: [*tape[:n], *tape[n + 1 :]], id="dropped"),
        pytest.param(lambda tape, n: [*tape[: n + 1], *tape[n:]], id="repeated"),
    ],
)
def test_with_any_event_dropped_or_repeated_it_stands_right_after_a_look(path: Path, damage: Damage) -> None:
    """AMI has no numbers: what a connection swallows shows at the next look, not before.

    A call that ended in the meantime by what was heard keeps that outcome: who was answered unheard counts as
    missed, which calls him back once too often and never once too seldom.
    """
    tape = read_tape(path)
    whole = looked(heard(tape), tape)
    for index, message in enumerate(tape):
        if message.timestamp is None:
            continue
        damaged = looked(heard(damage(tape, index)), tape)
        assert (damaged.agents, damaged.calls) == (whole.agents, whole.calls), f"message {index}, {message}"
        assert {call for call, _ in damaged.outcomes} == {call for call, _ in whole.outcomes}
        for call, outcome in damaged.outcomes - whole.outcomes:
            assert (call, "answered") in whole.outcomes, (index, message, outcome)
            assert call in {owed for owed, _ in damaged.owed}, (index, message, outcome)
        assert damaged.owed >= whole.owed
