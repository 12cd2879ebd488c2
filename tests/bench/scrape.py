"""A scrape of a large centre, and how late it makes the loop: 50 queues, 200 agents, a day's calls behind it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.request import urlopen
from zoneinfo import ZoneInfo

from callengine.http_server import HttpServer
from callengine.metrics import Metrics
from callengine.pauses import keep_short
from callengine.recount import recount
from callengine.tally import DayTally
from queues import journal as facts
from queues.identifiers import AgentId, CallId, CompanyId, Did, QueueName
from queues.journal import AgentState, Outcome, ServedBy
from queues.personal_data import Phone
from queues.views import AgentView, CentreView
from sla.call_facts import Promise
from storage.figure_queries import FigureRows

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
QUEUES = tuple(QueueName(f"queue{n:02}") for n in range(50))
COMPANIES = tuple(CompanyId(f"company{n:02}") for n in range(20))
AGENTS = tuple(AgentId(str(1001 + n)) for n in range(200))
CALLS = 27_400
"""Of a day, in a centre with ten million calls a year."""
_WAITING = 100
_SCRAPES = 20
_TICK_SECONDS = 0.001


async def measure() -> dict[str, object]:
    """Milliseconds, and what a journal entry costs the tally and the metrics."""
    loop = asyncio.get_running_loop()
    now = NOON + timedelta(hours=8)
    tally = DayTally({queue: Promise() for queue in QUEUES}, ZoneInfo("Europe/Moscow"), NOON)
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
    server = HttpServer("127.0.0.1", 0, metrics, dict)
    await server.start()
    try:
        return {**await _scraped(server.port), "journal_entry_counted_us": round(1e6 * per_entry, 1)}
    finally:
        await server.stop()


async def _scraped(port: int) -> dict[str, object]:
    loop = asyncio.get_running_loop()
    keeping = loop.create_task(keep_short(), name="pauses")  # As `callengine run` does.
    stalls: list[float] = []

    async def tick() -> None:
        while True:
            wanted = loop.time() + _TICK_SECONDS
            await asyncio.sleep(_TICK_SECONDS)
            stalls.append(loop.time() - wanted)

    def scrape() -> int:
        with urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
            return len(answer.read())

    ticking = loop.create_task(tick())
    await asyncio.sleep(0.5)
    idle, took, size = sorted(stalls), [], 0
    stalls.clear()
    for _ in range(_SCRAPES):
        started = loop.time()
        size = await loop.run_in_executor(None, scrape)
        took.append(loop.time() - started)
    ticking.cancel()
    keeping.cancel()
    busy, took = sorted(stalls), sorted(took)
    return {
        "scrape_p50_ms": round(1000 * took[len(took) // 2], 1),
        "scrape_max_ms": round(1000 * took[-1], 1),
        "scrape_kib": size // 1024,
        "loop_late_during_scrapes_p50_ms": round(1000 * busy[len(busy) // 2], 2),
        "loop_late_during_scrapes_p99_ms": round(1000 * busy[len(busy) * 99 // 100], 2),
        "loop_late_during_scrapes_max_ms": round(1000 * busy[-1], 2),
        "loop_late_without_max_ms": round(1000 * idle[-1], 2),
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
