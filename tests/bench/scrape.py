"""A scrape and the boards of a large centre, and how late they make the loop: 50 queues, 200 agents, a day's calls."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.request import urlopen
from zoneinfo import ZoneInfo

from callengine.http.server import HttpServer
from callengine.loop.gc_tuning import keep_short
from callengine.metrics.registry import Metrics
from callengine.realtime.seed import recount
from callengine.realtime.statistics import RealtimeStatistics
from callengine.wallboard.board import Links
from callengine.wallboard.page import Page
from callengine.wallboard.routes import BoardRoutes, Pages
from callengine.wallboard.scope import Part, Scope, Scopes
from callengine.wallboard.source import BoardSource
from config.schema.pauses import PauseNames
from config.schema.wallboard import Wallboard
from queues.live_state import AgentView, CentreView
from queues.messages import journal as facts
from queues.messages.journal import AgentState, Outcome, ServedBy
from queues.terms.identifiers import AgentId, CallId, CompanyId, Did, QueueName
from queues.terms.phone import Phone
from sla.call_facts import Promise
from storage.queries.realtime_seed import FigureRows

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
QUEUES = tuple(QueueName(f"queue{n:02}") for n in range(50))
COMPANIES = tuple(CompanyId(f"company{n:02}") for n in range(20))
AGENTS = tuple(AgentId(str(1001 + n)) for n in range(200))
CALLS = 27_400
"""Of a day, in a centre with ten million calls a year."""
_WAITING = 100
_SCRAPES = 20
_TICK_SECONDS = 0.001
_BOARDS_SECONDS = 10.0
VIEWERS = ("", "", "", "", *(f"?company={company}" for company in COMPANIES[:8]), *("?lang=en",) * 4)
"""What the walls show: the centre four times, eight companies, the centre in English four times."""


async def measure() -> dict[str, object]:
    """Milliseconds, and what a journal entry costs the tally and the metrics."""
    loop = asyncio.get_running_loop()
    now = NOON + timedelta(hours=8)
    tally = RealtimeStatistics({queue: Promise() for queue in QUEUES}, ZoneInfo("Europe/Moscow"), NOON)
    tally.load(recount(FigureRows(NOON, NOON)), NOON)
    view = CentreView(
        (),
        tuple(
            AgentView(agent, "", AgentState.FREE, "", None, frozenset(QUEUES[n % 50 : n % 50 + 5]))
            for n, agent in enumerate(AGENTS)
        ),
        synced=True,
    )
    metrics = Metrics(
        QUEUES,
        COMPANIES,
        tally=tally,
        view=lambda: view,
        now=lambda: now,
        version="bench",
        agents={agent.agent: agent.queues for agent in view.agents},
    )
    entries = list(_day())
    started = loop.time()
    for entry in entries:
        tally.observe(entry)
        metrics.observe(entry)
    per_entry = (loop.time() - started) / len(entries)
    entries.clear()  # The engine keeps none either.
    source = BoardSource(tally, lambda: view, lambda: Links(True), lambda: now)
    server = HttpServer("127.0.0.1", 0, metrics, dict, board=_board(source))
    await server.start()
    keeping = loop.create_task(keep_short(), name="pauses")  # As `callengine run` does.
    try:
        found = {**await _scraped(server.port), **await _shown(server.port)}
        return {**found, "journal_entry_counted_us": round(1e6 * per_entry, 1)}
    finally:
        keeping.cancel()
        await server.stop()


def _board(source: BoardSource) -> BoardRoutes:
    scopes = Scopes(
        Scope(Part.CENTRE),
        {company: Scope(Part.COMPANY, company, company, frozenset(QUEUES[:5])) for company in COMPANIES},
        {queue: Scope(Part.QUEUE, queue, queue, frozenset({queue})) for queue in QUEUES},
    )
    limits = Wallboard()
    page = Page(scopes, limits, ZoneInfo("Europe/Moscow"), "bench", pauses=PauseNames(), signs_out=False)
    every = (scopes.centre, *scopes.companies.values(), *scopes.queues.values())
    return BoardRoutes(source, limits, "ru", Pages(page, scopes, dict.fromkeys(every, 0.88)))


@dataclass
class Watched:
    """How late a task on the loop was, and how long the loop itself computed between two of its turns.

    The first holds also what other threads and processes took; the second is the loop's own work alone.
    """

    late: list[float] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)

    async def watch(self) -> None:
        """Until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            wanted, used = loop.time() + _TICK_SECONDS, time.thread_time()
            await asyncio.sleep(_TICK_SECONDS)
            self.late.append(loop.time() - wanted)
            self.busy.append(time.thread_time() - used)

    def told(self, during: str) -> dict[str, object]:
        """Milliseconds; what was seen is forgotten."""
        late, busy = sorted(self.late), sorted(self.busy)
        self.late.clear()
        self.busy.clear()
        return {
            f"loop_late_during_{during}_p50_ms": round(1000 * late[len(late) // 2], 2),
            f"loop_late_during_{during}_p99_ms": round(1000 * late[len(late) * 99 // 100], 2),
            f"loop_late_during_{during}_max_ms": round(1000 * late[-1], 2),
            f"loop_own_work_during_{during}_max_ms": round(1000 * busy[-1], 2),
        }


async def _shown(port: int) -> dict[str, object]:
    """Boards that are open at the same time, read in threads of their own."""
    over, received = threading.Event(), [0] * len(VIEWERS)

    def look(number: int) -> None:
        with urlopen(f"http://127.0.0.1:{port}/wallboard/stream{VIEWERS[number]}", timeout=30) as stream:
            while not over.is_set():
                received[number] += stream.readline().startswith(b"data:")

    loop, watched = asyncio.get_running_loop(), Watched()
    used = time.process_time()
    watching = loop.create_task(watched.watch())
    # Not the loop's own threads: the engine draws in those.
    screens = ThreadPoolExecutor(len(VIEWERS))
    looking = [loop.run_in_executor(screens, look, number) for number in range(len(VIEWERS))]
    await asyncio.sleep(_BOARDS_SECONDS)
    watching.cancel()
    found = {
        "boards": len(VIEWERS),
        "board_pictures_per_s": round(sum(received) / len(VIEWERS) / _BOARDS_SECONDS, 2),
        "boards_cpu_percent": round(100 * (time.process_time() - used) / _BOARDS_SECONDS, 1),
        **watched.told("boards"),
    }
    over.set()
    await asyncio.gather(*looking)
    screens.shutdown()
    return found


async def _scraped(port: int) -> dict[str, object]:
    loop, watched = asyncio.get_running_loop(), Watched()

    def scrape() -> int:
        with urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
            return len(answer.read())

    watching = loop.create_task(watched.watch())
    await asyncio.sleep(0.5)
    idle, took, size = watched.told("idleness"), [], 0
    for _ in range(_SCRAPES):
        started = loop.time()
        size = await loop.run_in_executor(None, scrape)
        took.append(loop.time() - started)
    watching.cancel()
    took.sort()
    return {
        "scrape_p50_ms": round(1000 * took[len(took) // 2], 1),
        "scrape_max_ms": round(1000 * took[-1], 1),
        "scrape_kib": size // 1024,
        **watched.told("scrapes"),
        "loop_late_without_max_ms": idle["loop_late_during_idleness_max_ms"],
    }


def _day() -> Iterator[facts.JournalEntry]:
    """Eight hours full of calls; the last hundred still wait."""
    yield facts.LinkRestored(NOON)
    for agent in AGENTS:
        yield facts.AgentStateChanged(NOON, agent, AgentState.FREE)
    for n in range(CALLS):
        call, agent = CallId(f"1763939393.{n}"), AGENTS[n % len(AGENTS)]
        at = NOON + timedelta(seconds=n * 28_800 / CALLS)
        number = Phone(f"+7916{n % 9_000_000:07}")
        company, queue = COMPANIES[n % len(COMPANIES)], QUEUES[n % len(QUEUES)]
        yield facts.CallOffered(at, call, at, Did("1"), company, "general", queue, number, "")
        yield facts.CallQueued(at + timedelta(milliseconds=200), call)
        if n >= CALLS - _WAITING:
            continue
        answered = at + timedelta(seconds=n % 60)
        ended = answered + timedelta(seconds=90)
        if n % 10 == 9:
            yield facts.CallFinished(answered, call, Outcome.ABANDONED, ServedBy.ENGINE)
            continue
        yield facts.CallConnected(answered, call, agent, None, ServedBy.ENGINE)
        yield facts.AgentStateChanged(answered, agent, AgentState.TALKING)
        yield facts.CallFinished(ended, call, Outcome.ANSWERED, ServedBy.ENGINE)
        yield facts.AgentStateChanged(ended, agent, AgentState.WRAP_UP)
        yield facts.AgentStateChanged(ended + timedelta(seconds=10), agent, AgentState.FREE)


if __name__ == "__main__":
    for name, value in asyncio.run(measure()).items():
        print(f"{name:<52} {value!s:>9}")
