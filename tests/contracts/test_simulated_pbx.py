"""What is told by the recordings of a real Asterisk and by the simulated one: the same words, the same story."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from datetime import UTC, datetime

import pytest

from ami_adapters.channels.channel_registry import ChannelRegistry
from ami_adapters.connection.link import AmiLink, PbxLogin
from ami_adapters.protocol.ami_message import Message
from ami_adapters.protocol.recording import read_tape
from ami_adapters.resync.inbox import InboxReader
from ami_adapters.resync.snapshot import SNAPSHOT_ACTIONS, read_snapshot
from ami_adapters.simulated.pbx import Residents, SimulatedPbx
from ami_adapters.simulated.vocabulary import KINDS, MOULDS, kind_of
from ami_adapters.translation.command_translation import actions_of
from ami_adapters.translation.event_translation import EventTranslator
from callengine.demo.centre import GENERAL_DID
from callengine.platform.logs import get_log
from queues.dispatcher import Dispatcher
from queues.driver import VirtualTime
from queues.messages.commands import EraseInboxEntry, ForgetObligationTimer, WakeForObligation
from queues.messages.decision import Decision
from queues.messages.events import Event, InboxRead, PbxSnapshot
from queues.messages.journal import (
    CallConnected,
    CallFinished,
    CallJudged,
    CallOffered,
    CallQueued,
    JournalEntry,
    OfferEnded,
    OfferMade,
    OfferRang,
)
from tests.support.simulated_moulds import recorded_moulds
from tests.support.tape_player import TAPES, journal_of, play_tape, tape_policy

SECRET = "s3cret"
OF_A_CALL = (
    CallOffered,
    CallQueued,
    OfferMade,
    OfferRang,
    OfferEnded,
    CallConnected,
    CallFinished,
    CallJudged,
)
# With these seeds the one resident is answered at once, is declined by both agents before one takes him, gives up.
STORIES = {
    "answered": (("1001", "1002"), Residents(1, did=GENERAL_DID, gives_up_early=0, declined=0), 1),
    "declined-then-answered": (
        ("1001", "1002"),
        Residents(1, did=GENERAL_DID, gives_up_early=0, declined=0.5),
        1,
    ),
    "abandoned-while-waiting": ((), Residents(1, did=GENERAL_DID, gives_up_early=1), 1),
}


class Epoch:
    def epoch(self) -> float:
        return time.time()


class Listening:
    """An engine without a loop of its own: what the PBX tells is decided, and told back to it."""

    def __init__(self, port: int) -> None:
        policy = tape_policy()
        self.registry = ChannelRegistry.of(policy.agents.values())
        self.journal: list[JournalEntry] = []
        self.erased: list[str] = []
        self.time = VirtualTime(Dispatcher(policy, epoch=1, started_at=self.now()), self.now(), self.decided)
        self.translator = EventTranslator(self.registry, self.now)
        self.connected = asyncio.Event()
        self.link = AmiLink(
            PbxLogin("127.0.0.1", port, "callengine", SECRET), self, now=self.now, log=get_log("test")
        )

    def now(self) -> datetime:
        return datetime.now(UTC)

    def on_connected(self) -> None:
        self.connected.set()

    def on_disconnected(self) -> None:
        self.connected.clear()

    def on_clock_reading(self, pbx_time: datetime, read_at: datetime) -> None:
        assert abs((pbx_time - read_at).total_seconds()) < 60

    def on_message(self, message: Message) -> None:
        for event in self.translator.translate(message):
            self.time.hear(event)

    def decided(self, event: Event, decision: Decision) -> None:
        del event
        self.journal += decision.journal
        for command in decision.commands:
            if isinstance(command, EraseInboxEntry):
                self.erased.append(command.call)
            if isinstance(command, WakeForObligation | ForgetObligationTimer):
                continue
            for action in actions_of(command, self.registry):
                self.link.send_nowait(action)

    async def look(self) -> PbxSnapshot:
        """All lists, asked for as the engine does, and the inbox."""
        answers = {name: (await self.link.send(action)).events for name, action in SNAPSHOT_ACTIONS.items()}
        self.registry.clear()
        result = read_snapshot(answers, self.registry, self.now())
        assert result.damaged_keys == ()
        return result.snapshot

    async def inbox(self) -> list[InboxRead]:
        pages: list[InboxRead] = []
        reader = InboxReader(
            self.link,
            pages.append,
            lambda: asyncio.sleep(0),
            self.now,
            began_at=self.now(),
            pbx_started_at=None,
            agents=self.registry.agents_by_endpoint,
        )
        await reader.read()
        assert reader.leftovers == []
        return pages


async def simulated(story: str) -> list[JournalEntry]:
    agents, residents, seed = STORIES[story]
    pbx = SimulatedPbx(Epoch(), residents, secret=SECRET, agents=agents, seed=seed)
    server = await pbx.listen()
    listening = Listening(pbx.port)
    listening.link.start()
    try:
        async with asyncio.timeout(20):
            await listening.connected.wait()
            snapshot = await listening.look()
            assert {one.agent for one in snapshot.agents if one.logged_in} == set(agents)
            assert snapshot.calls == ()
            listening.time.hear(snapshot)
            while not any(isinstance(entry, CallFinished) for entry in listening.journal):
                listening.time.run(listening.now())
                await asyncio.sleep(0.01)
            await pbx.run()
            # Its trace in AstDB was erased by the engine's command, as the real one's is.
            assert len(listening.erased) == 1
            assert [one.ended for one in await listening.inbox()] == [()]
    finally:
        await listening.link.close()
        server.close()
        await server.wait_closed()
    return listening.journal


def recorded(story: str) -> list[JournalEntry]:
    return play_tape([(TAPES / f"{story}.ami").read_bytes()])


def told_of_the_call(entries: Iterable[JournalEntry]) -> list[str]:
    """Without agents' names: which of two idle ones is first is no matter of the PBX."""
    lines = journal_of(entry for entry in entries if isinstance(entry, OF_A_CALL)).splitlines()
    return [" ".join(word for word in line.split() if word not in {"1001", "1002"}) for line in lines]


@pytest.mark.parametrize("story", STORIES)
async def test_the_simulated_one_tells_the_story_that_the_real_one_told(story: str) -> None:
    assert told_of_the_call(await simulated(story)) == told_of_the_call(recorded(story))


def test_its_words_are_the_recorded_ones_byte_for_byte() -> None:
    assert MOULDS.read_bytes() == recorded_moulds()
    assert [kind_of(message) for message in read_tape(MOULDS)] == list(KINDS)


async def test_a_wrong_secret_is_refused_as_asterisk_does() -> None:
    pbx = SimulatedPbx(Epoch(), Residents(0), secret="another", agents=())
    server = await pbx.listen()
    listening = Listening(pbx.port)
    listening.link.start()
    async with asyncio.timeout(10):
        while listening.link.state != "auth_failed":
            await asyncio.sleep(0.01)
    await listening.link.close()
    server.close()
    await server.wait_closed()
