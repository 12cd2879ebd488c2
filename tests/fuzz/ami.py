"""Damaged AMI streams through parser, translation, snapshot and dispatcher.

One session is a stream of INPUTS damaged pieces of the recordings, cut anywhere. Nothing may be raised; what the
core orders can be written as AMI actions without a line too many; nobody outside the allow-list is dialled (law 5);
texts that leave the adapter are clean; and after a look at an empty PBX every call has its one outcome (law 1).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import fields, is_dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random

from ami_adapters.channels.channel_registry import ChannelRegistry
from ami_adapters.protocol.ami_message import Message
from ami_adapters.protocol.errors import AmiError
from ami_adapters.protocol.framer import Framer
from ami_adapters.protocol.recording import read_tape
from ami_adapters.resync.snapshot import read_inbox_entry, read_snapshot
from ami_adapters.translation.command_translation import actions_of
from ami_adapters.translation.event_translation import EventTranslator
from queues.dispatcher import Dispatcher
from queues.driver import VirtualTime
from queues.invariants import violations
from queues.messages.commands import Command, DialCallback, ForgetObligationTimer, WakeForObligation
from queues.messages.decision import Decision
from queues.messages.events import Event, InboxRead, ObligationDue, PbxLost, PbxSnapshot
from queues.messages.journal import CallFinished, CallOffered, JournalEntry
from queues.policy import CallbackPolicy, CentrePolicy
from queues.terms.phone import Phone
from queues.terms.phone_numbers import judge
from tests.fuzz.mutations import mutated
from tests.support.centre import CALLBACK
from tests.support.pbx_truth import PbxTruth
from tests.support.tape_player import TAPES, tape_policy

INPUTS = 100
_SHARES_DAMAGED = (0.05, 0.2, 0.7)
_LARGEST_STEP = timedelta(days=1)


RECORDED = Path(__file__).parent / "recorded"


@cache
def stories() -> tuple[tuple[bytes, ...], ...]:
    """What a PBX told of itself in each recording, message by message."""
    return tuple(
        tuple(_raw(message) for message in read_tape(path) if message.name and message.timestamp is not None)
        for path in sorted([*TAPES.glob("*.ami"), *RECORDED.glob("*.ami")])
    )


@cache
def recorded() -> tuple[bytes, ...]:
    """All of them."""
    return tuple(message for story in stories() for message in story)


@cache
def _policy() -> CentrePolicy:
    """The recorded centre, and it calls back."""
    policy = tape_policy()
    lines = {did: replace(line, callback=CALLBACK) for did, line in policy.lines.items()}
    callbacks = CallbackPolicy(own_numbers=frozenset(Phone(f"+{did}") for did in lines))
    return replace(policy, lines=lines, callbacks=callbacks)


class AmiSession:
    """One session, told by its seed."""

    def __init__(self, seed: str) -> None:
        self._chance = Random(seed)
        self._share_damaged = self._chance.choice(_SHARES_DAMAGED)
        self._policy = _policy()
        self._registry = ChannelRegistry.of(self._policy.agents.values())
        began = datetime.fromisoformat("2026-11-24T00:00:00+00:00")
        self._dispatcher = Dispatcher(self._policy, epoch=1, started_at=began)
        self._time = VirtualTime(self._dispatcher, began, self._decided)
        self._translator = EventTranslator(self._registry, lambda: self._now)
        self._framer = Framer()
        self._truth = PbxTruth()
        self._offered: Counter[str] = Counter()
        self._finished: Counter[str] = Counter()

    def run(self) -> None:
        """Raises AssertionError, or whatever the code under test should not have raised."""
        self._handle(PbxSnapshot(self._now, (), ()))
        told = list(self._chance.choice(stories()))
        while len(told) < INPUTS:
            told += self._chance.choice(stories())
        for message in told[:INPUTS]:
            self._input(message)
        self._handle(PbxLost(self._now))
        self._handle(PbxSnapshot(self._now, (), ()))
        assert self._offered == self._finished, "law 1"

    def _input(self, message: bytes) -> None:
        chance = self._chance
        if chance.random() < self._share_damaged:
            message = mutated(message, chance, recorded())
        data = message + b"\r\n\r\n"
        cut = chance.randint(0, len(data))
        for piece in (data[:cut], data[cut:]):
            for raw in self._framer.feed(piece):
                self._hear(Message(raw))
        if chance.random() < 0.01:
            self._look()
        if chance.random() < 0.2:
            self._wake()

    def _hear(self, message: Message) -> None:
        for event in self._translator.translate(message):
            self._handle(event)

    def _look(self) -> None:
        """A snapshot whose answers are damaged as well."""
        self._handle(PbxLost(self._now))
        self._registry.clear()
        truth = PbxTruth()
        story = self._chance.choice(stories())
        for raw in story[: self._chance.randint(0, len(story))]:
            truth.take(Message(raw))
        answers = {
            name: [
                Message(mutated(_raw(one), self._chance, recorded())) if self._chance.random() < 0.3 else one
                for one in messages
            ]
            for name, messages in truth.answers().items()
        }
        snapshot = read_snapshot(answers, self._registry, self._now).snapshot
        self._handle(replace(snapshot, inbox_follows=True))
        agents, live = self._registry.agents_by_endpoint, {call.call for call in snapshot.calls}
        entries = (read_inbox_entry(one.text("Key"), one.text("Val"), agents) for one in answers["inbox"])
        ended = tuple(one.as_ended() for one in entries if one is not None and one.call not in live)
        self._handle(InboxRead(self._now, ended, is_last=True))

    def _wake(self) -> None:
        self._time.wake_late(self._now + timedelta(seconds=self._chance.choice((0, 1, 20, 300))))
        for obligation in tuple(self._dispatcher.centre.obligations):
            self._handle(ObligationDue(self._now, obligation))

    def _handle(self, event: Event) -> None:
        _assert_clean(event)
        if self._now < event.at < self._now + _LARGEST_STEP:
            self._time.now = event.at
        self._time.tell(event)

    @property
    def _now(self) -> datetime:
        return self._time.now

    def _decided(self, event: Event, decision: Decision) -> None:
        del event
        broken = violations(self._dispatcher.centre)
        assert not broken, broken
        for command in decision.commands:
            self._check(command)
        self._count(decision.journal)

    def _check(self, command: Command) -> None:
        if isinstance(command, WakeForObligation | ForgetObligationTimer):
            return
        if isinstance(command, DialCallback):
            verdict = judge(command.e164, self._policy.callbacks.own_numbers)
            assert verdict.refusal is None, f"law 5: {command}"
        try:
            actions = actions_of(command, self._registry)
        except AmiError:
            return  # Told to the core as a refused command.
        for action in actions:
            written = action.encode("ce-1")
            assert written.count(b"\n") == len(action.headers) + 3, written
            assert b"\0" not in written

    def _count(self, journal: tuple[JournalEntry, ...]) -> None:
        for entry in journal:
            if isinstance(entry, CallOffered):
                self._offered[entry.call] += 1
            elif isinstance(entry, CallFinished):
                self._finished[entry.call] += 1


def _raw(message: Message) -> bytes:
    return b"\r\n".join(
        f"{name}: {value}".encode("utf-8", "surrogateescape") for name, value in message.headers
    )


def _assert_clean(event: Event) -> None:
    """No NUL, and nothing that is not UTF-8, but in channel names, which go back as they came."""
    if not is_dataclass(event):
        return
    for field in fields(event):
        value = getattr(event, field.name)
        if isinstance(value, str) and field.name != "channel":
            value.encode()
            assert "\0" not in value, event
