"""Tapes of a real Asterisk, one for each story, played whole, byte by byte and in uneven pieces."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from ami_adapters.protocol.recording import read_tape
from queues.messages.journal import CallFinished
from tests.support.tape_player import TAPES, journal_of, play_tape

STORIES = sorted(TAPES.glob("*.ami"))


def test_there_is_a_tape_for_each_story() -> None:
    assert {path.stem for path in STORIES} >= {
        "abandoned-in-the-fallback-queue",
        "abandoned-while-ringing",
        "abandoned-while-waiting",
        "answered",
        "answered-in-the-fallback-queue",
        "declined-then-answered",
        "held-and-given-to-a-colleague",
        "not-answered",
        "taken-back-and-answered",
    }


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_a_tape_leads_to_its_journal_however_it_is_cut(path: Path) -> None:
    tape = path.read_bytes()
    expected = path.with_suffix(".journal.txt").read_text(encoding="utf-8")
    whole = play_tape([tape])
    assert journal_of(whole) == expected
    assert play_tape(tape[index : index + 1] for index in range(len(tape))) == whole
    cuts = sorted(random.Random(7).choices(range(len(tape)), k=40))
    assert play_tape(tape[a:b] for a, b in zip([0, *cuts], [*cuts, len(tape)], strict=True)) == whole
    assert [entry for entry in whole if isinstance(entry, CallFinished)]


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_the_pbx_sends_only_what_the_state_machine_reads(path: Path) -> None:
    """The event filter by name works: no VarSet, no Newexten, none of the chatter."""
    names = {message.name for message in read_tape(path) if message.name and not message.action_id}
    assert not names & {
        "VarSet",
        "Newexten",
        "Newstate",
        "NewConnectedLine",
        "TestEvent",
        "DialState",
        "RTCPSent",
    }
