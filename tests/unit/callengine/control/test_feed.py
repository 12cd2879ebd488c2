"""The desk's socket: a snapshot and what follows, whole and in order; nobody who reads can hold the engine up."""

from __future__ import annotations

import asyncio
import grp
import os
import signal
import socket
import stat
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from callengine.control.feed import MOST_ASKED, MOST_BEHIND, MOST_READERS, Decider, Feed
from callengine.control.live_messages import (
    AgentIs,
    Beat,
    CallAnswered,
    CallArrived,
    CallEnded,
    Live,
    Snapshot,
    from_line,
)
from callengine.control.peers import Peer, may_ask, peer_of
from callengine.control.places import desk_socket
from callengine.control.telling import is_told
from callengine.control.wishes import Decided, Wish, wish_to_line
from queues.live_state import AgentView, CallView, CentreView
from queues.messages import journal
from queues.state.call import CallState
from queues.terms.identifiers import AgentId, CallId, CompanyId, Did, QueueName
from queues.terms.phone import Phone
from tests.support.looking import Looking
from tests.support.manual_clock import NOON, ManualClock

ARRIVED = journal.CallOffered(
    at=NOON,
    call=CallId("c2"),
    arrived_at=NOON,
    did=Did("74951234501"),
    company=CompanyId("sever"),
    line_kind="general",
    queue=QueueName("general"),
    number=Phone("+79161234567"),
    caller_name="Мария",
)
ANSWERED = journal.CallConnected(NOON, CallId("c2"), AgentId("1001"), None, journal.ServedBy.ENGINE)
ENDED = journal.CallFinished(NOON, CallId("c2"), journal.Outcome.ANSWERED, journal.ServedBy.ENGINE)
PAUSED = journal.AgentStateChanged(NOON, AgentId("1001"), journal.AgentState.PAUSED, "обед")


def some_view() -> CentreView:
    call = CallView(
        CallId("c1"),
        CompanyId("sever"),
        QueueName("general"),
        "УК Север",
        Phone("+79160000000"),
        CallState.WAITING,
        NOON,
        None,
        None,
        0,
    )
    agent = AgentView(
        AgentId("1001"), "Иванова", journal.AgentState.FREE, "", None, frozenset({QueueName("general")})
    )
    return CentreView((call,), (agent,), synced=True)


@asynccontextmanager
async def a_feed(
    decider: Decider | None = None, group: str = "", folder_mode: int = 0o700
) -> AsyncIterator[tuple[Feed, Path]]:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(folder_mode)
        feed = Feed(Looking(some_view()), ManualClock().now, group=group, decider=decider)
        control = Path(folder) / "c.sock"
        await feed.open(control)
        try:
            yield feed, desk_socket(control)
        finally:
            await feed.close()


@asynccontextmanager
async def reading(path: Path) -> AsyncIterator[asyncio.StreamReader]:
    reader, writer = await asyncio.open_unix_connection(str(path), limit=2**22)
    try:
        yield reader
    finally:
        writer.close()
        await asyncio.gather(writer.wait_closed(), return_exceptions=True)


async def heard(reader: asyncio.StreamReader) -> Live:
    async with asyncio.timeout(5):
        while isinstance(found := from_line(await reader.readline()), Beat | None):
            pass
    return found


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


async def test_a_snapshot_comes_first_and_then_what_happens_in_order_without_a_gap() -> None:
    async with a_feed() as (feed, path), reading(path) as reader:
        first = await heard(reader)
        assert isinstance(first, Snapshot)
        assert first.n == 0
        assert [(one.call, one.number, one.state) for one in first.calls] == [
            ("c1", "+79160000000", "waiting")
        ]
        assert [(one.agent, one.name, one.state) for one in first.agents] == [("1001", "Иванова", "free")]
        for entry in (ARRIVED, ANSWERED, PAUSED, ENDED):
            feed.observe(entry)
        came = [await heard(reader) for _ in range(4)]
        assert [type(one) for one in came] == [CallArrived, CallAnswered, AgentIs, CallEnded]
        assert [one.n for one in came] == [1, 2, 3, 4]
        assert came[0].number == "+79161234567"
        assert came[2].reason == "обед"


async def test_what_the_desk_need_not_know_is_not_told() -> None:
    async with a_feed() as (feed, path), reading(path) as reader:
        await heard(reader)
        feed.observe(journal.RecordingStarted(NOON, CallId("c2"), None, "/a.wav"))
        feed.observe(ENDED)
        assert (await heard(reader)).n == 1


async def test_an_engine_that_only_waits_is_heard_every_second() -> None:
    async with a_feed() as (_, path), reading(path) as reader:
        await heard(reader)
        async with asyncio.timeout(3):
            assert isinstance(from_line(await reader.readline()), Beat)


async def test_who_does_not_read_is_cut_off_at_the_bound_and_the_others_hear_all() -> None:
    async with a_feed() as (feed, path), reading(path) as good, reading(path) as lazy:
        await heard(good)
        await until(lambda: feed.readers == 2)
        lazy._transport.pause_reading()
        sent = 0
        while feed.readers == 2:
            feed.observe(ARRIVED)
            sent += 1
            assert sent * 150 < 8 * MOST_BEHIND, "nobody was cut off"
            if sent % 50 == 0:
                assert isinstance(await heard(good), CallArrived)
                await asyncio.sleep(0)
        assert feed.cut_off == 1
        feed.observe(ENDED)
        while not isinstance(last := await heard(good), CallEnded):
            pass
        assert last.n >= sent + 1


READER = (
    "import socket, sys; s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])\nwhile s.recv(65536): pass"
)


@asynccontextmanager
async def a_desk(path: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", READER, str(path))
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_a_desk_that_is_stopped_is_cut_off_and_one_that_comes_after_it_is_served() -> None:
    async with a_feed() as (feed, path), a_desk(path) as desk:
        await until(lambda: feed.readers == 1)
        desk.send_signal(signal.SIGSTOP)
        loop = asyncio.get_running_loop()
        longest, sent = 0.0, 0
        while feed.readers and sent < 20_000:
            began = loop.time()
            feed.observe(ARRIVED)
            longest, sent = max(longest, loop.time() - began), sent + 1
        assert feed.readers == 0
        assert feed.cut_off == 1
        assert longest < 0.25, "the engine was held up"
        async with reading(path) as reader:
            assert isinstance(await heard(reader), Snapshot)
        desk.send_signal(signal.SIGCONT)
        async with asyncio.timeout(10):
            await desk.wait()


async def test_a_desk_that_is_killed_is_forgotten() -> None:
    async with a_feed() as (feed, path), a_desk(path) as desk:
        await until(lambda: feed.readers == 1)
        desk.kill()
        for _ in range(1000):
            feed.observe(ARRIVED)
        await until(lambda: feed.readers == 0)


async def test_who_writes_what_is_no_command_is_cut_off() -> None:
    for rubbish in (b"x" * 1_000_000, b"{}\n", b"\xff\n", wish_to_line(WISH).replace(b'"w1"', b'""')):
        async with a_feed(Decisions()) as (feed, path):
            reader, writer = await asyncio.open_unix_connection(str(path))
            await heard(reader)
            writer.write(rubbish)
            await until(lambda feed=feed: feed.cut_off == 1)
            writer.close()
            await asyncio.gather(writer.wait_closed(), return_exceptions=True)


WISH = Wish(id="w1", kind="agent_pause", account="7", by="Иванова", made_at=NOON, agent="1001")


class Decisions:
    """Says yes to all but logging out, when it is let."""

    def __init__(self) -> None:
        self.asked: list[Wish] = []
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def decide(self, wish: Wish) -> Decided | None:
        self.asked.append(wish)
        await self.may_answer.wait()
        if wish.kind == "agent_log_out":
            return Decided(False, "logged_out", "the agent is not logged in")
        return Decided(True)


async def test_commands_are_answered_in_the_stream_of_who_asked_and_in_nobody_elses() -> None:
    decisions = Decisions()
    async with a_feed(decisions) as (feed, path), reading(path) as other:
        reader, writer = await asyncio.open_unix_connection(str(path))
        await heard(reader)
        await heard(other)
        out = msgspec.structs.replace(WISH, id="w2", kind="agent_log_out")
        lines = wish_to_line(WISH) + wish_to_line(out)
        writer.write(lines[:100])
        await asyncio.sleep(0.05)
        writer.write(lines[100:])
        answers = [await heard(reader) for _ in range(2)]
        assert [(one.n, one.command, one.done, one.refusal) for one in answers] == [
            (1, "w1", True, ""),
            (2, "w2", False, "logged_out"),
        ]
        assert decisions.asked == [WISH, out]
        feed.observe(ENDED)
        assert (await heard(other)).n == 1
        writer.close()
        await asyncio.gather(writer.wait_closed(), return_exceptions=True)


async def test_who_asks_too_much_at_a_time_is_cut_off_and_the_engine_has_decided_a_bounded_part() -> None:
    decisions = Decisions()
    decisions.may_answer.clear()
    async with a_feed(decisions) as (feed, path):
        reader, writer = await asyncio.open_unix_connection(str(path))
        await heard(reader)
        for n in range(MOST_ASKED + 5):
            writer.write(wish_to_line(msgspec.structs.replace(WISH, id=f"w{n}")))
        await until(lambda: feed.cut_off == 1)
        assert len(decisions.asked) <= MOST_ASKED
        writer.close()
        await asyncio.gather(writer.wait_closed(), return_exceptions=True)


def test_only_the_engines_user_root_and_the_desks_group_may_connect() -> None:
    me, somebody = os.geteuid(), 54321
    assert may_ask(Peer(1, me, frozenset({somebody})), None)
    assert may_ask(Peer(1, 0, frozenset()), None)
    assert not may_ask(Peer(1, somebody, frozenset({somebody})), None)
    assert not may_ask(Peer(1, somebody, frozenset({1})), 77)
    assert may_ask(Peer(1, somebody, frozenset({1, 77})), 77)


async def test_the_kernel_tells_who_is_there_and_a_group_may_open_the_file() -> None:
    group = grp.getgrgid(os.getegid()).gr_name
    async with a_feed(group=group) as (feed, path), reading(path) as reader:
        assert stat.S_IMODE(path.stat().st_mode) == 0o660
        assert isinstance(await heard(reader), Snapshot)
        one, other = socket.socketpair(socket.AF_UNIX)
        with one, other:
            peer = peer_of(one)
        assert (peer.pid, peer.uid) == (os.getpid(), os.geteuid())
        assert os.getegid() in peer.groups
        assert feed.readers == 1


async def test_in_a_folder_that_a_group_shares_it_may_open_the_file_without_a_word_in_the_settings() -> None:
    async with a_feed(folder_mode=0o2770) as (feed, path), reading(path) as reader:
        assert stat.S_IMODE(path.stat().st_mode) == 0o660
        assert path.stat().st_gid == path.parent.stat().st_gid
        assert isinstance(await heard(reader), Snapshot)
        assert feed.readers == 1
    async with a_feed() as (_, path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_a_group_that_there_is_not_leaves_no_socket_and_an_engine_that_runs() -> None:
    async with a_feed(group="no-such-group") as (_, path):
        assert not path.exists()


async def test_only_so_many_may_read() -> None:
    async with a_feed() as (feed, path):
        open_ones = [await asyncio.open_unix_connection(str(path)) for _ in range(MOST_READERS)]
        await until(lambda: feed.readers == MOST_READERS)
        async with reading(path) as one_more:
            assert await one_more.read() == b""
        for _, writer in open_ones:
            writer.close()
        await asyncio.gather(*(writer.wait_closed() for _, writer in open_ones), return_exceptions=True)


async def test_new_settings_make_everybody_begin_again() -> None:
    async with a_feed() as (feed, path), reading(path) as reader:
        await heard(reader)
        feed.renew()
        async with asyncio.timeout(5):
            await reader.read()
        assert feed.readers == 0


async def test_the_socket_is_its_owners_alone_and_goes_with_the_engine() -> None:
    async with a_feed() as (_, path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not path.exists()


async def test_a_socket_that_cannot_be_opened_does_not_keep_the_engine_from_starting() -> None:
    feed = Feed(some_view, ManualClock().now)
    await feed.open(Path("/nonexistent/folder/c.sock"))
    feed.observe(ARRIVED)
    await feed.close()
    assert feed.readers == 0


async def test_a_mistake_in_the_telling_cuts_the_desk_off_and_never_reaches_the_engine() -> None:
    async with a_feed() as (feed, path), reading(path) as reader:
        await heard(reader)
        feed.observe(journal.CallFinished(NOON, object(), journal.Outcome.ANSWERED, journal.ServedBy.ENGINE))
        assert feed.readers == 0


def test_a_kind_of_a_newer_engine_is_passed_over_and_rubbish_is_refused() -> None:
    assert from_line(b'{"kind":"moon_rose","n":1}') is None
    for bad in (b"", b"{}", b"[]", b"\xff", b'{"kind":"beat"}'):
        with pytest.raises(ValueError, match="no line of the engine"):
            from_line(bad)


def test_every_word_of_the_journal_is_told_or_known_to_be_left_out() -> None:
    told = {one.__name__ for one in get_args(journal.JournalEntry) if is_told(object.__new__(one))}
    entries = {one.__name__ for one in get_args(journal.JournalEntry)}
    assert entries - told == {
        "AttemptHeard",
        "CallJudged",
        "CallLeftQueue",
        "CallMovedToFallback",
        "ChoiceOffered",
        "ChoiceTaken",
        "CommandDecided",
        "DialRefused",
        "DispositionNoted",
        "OfferRang",
        "OwnCallRefused",
        "RecordingMissed",
        "RecordingStarted",
        "Unexpected",
        "VoiceNoted",
    }
