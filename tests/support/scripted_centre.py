"""A dispatch centre in the middle of a plausible day, without a PBX: for looking at screens and taking pictures."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from callengine.http.auth.middleware import Gate
from callengine.http.server import HttpServer
from callengine.realtime.figures import CentreFigures, QuarterHour
from callengine.realtime.seed import recount
from callengine.realtime.statistics import RealtimeStatistics
from callengine.wallboard.board import Links
from callengine.wallboard.routes import BoardRoutes
from callengine.wallboard.setup import open_board
from callengine.wallboard.source import BoardSource
from config.loading import load_settings
from config.policies import centre_policy
from config.settings import Settings
from queues.live_state import AgentView, CallView, CentreView, ObligationView
from queues.messages import journal as facts
from queues.messages.journal import AgentState, JournalEntry, Outcome, ServedBy
from queues.state.call import CallState
from queues.terms.identifiers import AgentId, CallId, CompanyId, Did, ObligationId, QueueName
from queues.terms.phone import Phone
from sla.obligation import ObligationState
from storage.queries.realtime_seed import FigureRows

ZONE = ZoneInfo("Europe/Moscow")
NOW = datetime(2026, 11, 25, 14, 20, 12, tzinfo=ZONE).astimezone(UTC)
_PER_QUARTER = (2, 1, 1, 1, 1, 2, 5, 12, 17, 15, 13, 12, 11, 11, 12, 12, 13, 15, 16, 13, 9, 7, 5, 3)
"""Calls in a quarter of each hour of the day."""
_DIPS = {8: 0.72, 9: 0.84, 18: 0.8}
"""Hours in which fewer are answered in time."""
NAMES = {
    "ru": ("УК Север", "УК Заря", "ТСЖ Берег"),
    "en": ("Sever Homes", "Zarya Homes", "Bereg Court"),
}
PEOPLE = {
    "ru": (
        "Иванова", "Петров", "Смирнова", "Ахметов", "Кузнецова", "Орлов", "Васильева", "Гаврилов", "Фёдорова",
        "Зайцева", "Константинов", "Белова", "Шевчук", "Егорова",
    ),
    "en": (
        "Ivanova", "Petrov", "Smirnova", "Akhmetov", "Kuznetsova", "Orlov", "Vasilyeva", "Gavrilov", "Fyodorova",
        "Zaitseva", "Konstantinov", "Belova", "Shevchuk", "Yegorova",
    ),
}  # fmt: skip
_STATES = (
    (AgentState.TALKING, 134), (AgentState.TALKING, 47), (AgentState.FREE, 12), (AgentState.TALKING, 301),
    (AgentState.WRAP_UP, 6), (AgentState.OFFERED, 4), (AgentState.TALKING, 88), (AgentState.PAUSED, 1140),
    (AgentState.TALKING, 19), (AgentState.FREE, 33), (AgentState.TALKING, 206), (AgentState.PAUSED, 312),
    (AgentState.LOGGED_OUT, 3600), (AgentState.LOGGED_OUT, 9000),
)  # fmt: skip


def settings_of(folder: Path, language: str, *, extra: str = "") -> Settings:
    """Three companies, two queues, fourteen agents."""
    secret = folder / "ami.secret"
    secret.touch(mode=0o600)
    secret.write_text("unused")
    path = folder / "callengine.toml"
    companies = "".join(
        f'[[companies]]\nid = "c{n}"\nname = "{name}"\n' for n, name in enumerate(NAMES[language])
    )
    lines = "".join(
        f'[[lines]]\ndid = "7495000000{n}{k}"\ncompany = "c{n}"\nqueue = "{queue}"\n'
        for n in range(3)
        for k, queue in enumerate(("general", "emergency"))
    )
    agents = "".join(
        f'[[agents]]\nid = "{1001 + n}"\nname = "{name}"\nqueues = ["emergency", "general"]\n'
        for n, name in enumerate(PEOPLE[language])
    )
    path.write_text(
        f'[centre]\nlanguage = "{language}"\n[pbx]\nsecret_file = "{secret}"\n{extra}{companies}'
        f'[[queues]]\nname = "emergency"\npriority = 1\n[[queues]]\nname = "general"\n{lines}{agents}',
        encoding="utf-8",
    )
    path.chmod(0o600)
    return load_settings(path)


@dataclass
class ScriptedCentre:
    """What a test may change while somebody looks."""

    settings: Settings
    now: datetime = NOW
    view: CentreView = field(default_factory=lambda: CentreView((), (), synced=True))
    links: Links = field(default_factory=lambda: Links(pbx=True, trunks=(True, True)))
    taken: int = 0
    """How often the figures were asked for."""

    def __post_init__(self) -> None:
        policy = centre_policy(self.settings)
        self.promises = {name: queue.promise for name, queue in policy.queues.items()}
        self.start_day()

    def start_day(self) -> None:
        """Nothing has come yet."""
        began = self.now - timedelta(hours=26)
        self.tally = RealtimeStatistics(self.promises, ZONE, began)
        self.tally.load(recount(FigureRows(began, began)), began)
        self.tally.observe(facts.LinkRestored(began))

    def live_through(self, *, seed: int = 4) -> None:
        """A day and a night of calls, until now."""
        events: list[tuple[datetime, int, JournalEntry]] = []
        for number, call in enumerate(_calls_until(self.now, random.Random(seed))):
            events += [(entry.at, number, entry) for entry in call]
        for at, _, entry in sorted(events, key=lambda one: one[:2]):
            if at <= self.now:
                self.tally.observe(entry)

    def call(
        self, name: str, ago: float, *, answered_after: float | None = None, ended: Outcome | None = None
    ) -> None:
        """One call that arrived so many seconds ago."""
        for entry in _call(name, self.now - timedelta(seconds=ago), answered_after, ended):
            self.tally.observe(entry)

    def people(self, *, waiting: int = 1, owed: tuple[int, ...] = (372, 140, 65), tasks: int = 1) -> None:
        """Agents, those who wait and those who are owed a callback."""
        agents = tuple(
            AgentView(
                AgentId(agent.id), agent.name, state, "", None, frozenset(map(QueueName, agent.queues)),
                self.now - timedelta(seconds=seconds),
            )
            for agent, (state, seconds) in zip(self.settings.agents, _STATES, strict=True)
        )  # fmt: skip
        calls = tuple(
            CallView(
                CallId(f"w{n}"), CompanyId("c0"), QueueName("general"), "", Phone("+79161234567"), CallState.WAITING,
                self.now - timedelta(seconds=7 + n), None, None, 0,
            )
            for n in range(waiting)
        )  # fmt: skip
        states = [(ObligationState.IN_LINE, age) for age in owed] + [
            (ObligationState.WITH_HUMAN, 2000)
        ] * tasks
        obligations = tuple(
            ObligationView(
                ObligationId(f"o{n}"), CompanyId("c0"), QueueName("general"), state,
                self.now + timedelta(seconds=600 - age), is_overdue=False, arrived_at=self.now - timedelta(seconds=age),
            )
            for n, (state, age) in enumerate(states)
        )  # fmt: skip
        self.view = CentreView(calls, agents, synced=True, obligations=obligations)

    def rename_agent(self, number: int, **changes: Any) -> None:
        """Change one agent of the view."""
        agents = list(self.view.agents)
        agents[number] = replace(agents[number], **changes)
        self.view = replace(self.view, agents=tuple(agents))

    def board(self) -> BoardRoutes:
        """The wallboard of this centre."""
        source = BoardSource(self, lambda: self.view, lambda: self.links, lambda: self.now)
        return open_board(self.settings, source, "test")

    def take(self, now: datetime) -> CentreFigures:
        """The figures, counted how often they are asked for."""
        self.taken += 1
        return self.tally.take(now)

    def quarters(self, now: datetime, **scope: Any) -> tuple[QuarterHour, ...]:
        """The strip's quarter hours."""
        return self.tally.quarters(now, **scope)

    @asynccontextmanager
    async def served(self, *, gate: Gate | None = None) -> AsyncIterator[tuple[str, HttpServer, BoardRoutes]]:
        """Its address, the server and the board's routes."""
        from tests.unit.callengine.http.test_http_server import some_metrics

        board = self.board()
        server = HttpServer("127.0.0.1", 0, some_metrics(), dict, board=board, gate=gate)
        await server.start()
        try:
            yield f"http://127.0.0.1:{server.port}", server, board
        finally:
            await server.stop()


def _calls_until(now: datetime, chance: random.Random) -> Iterator[list[JournalEntry]]:
    quarter = now.astimezone(ZONE).replace(minute=0, second=0, microsecond=0) - timedelta(hours=24)
    number = 0
    while quarter < now:
        local = quarter.astimezone(ZONE)
        for _ in range(
            max(0, round(chance.gauss(_PER_QUARTER[local.hour], _PER_QUARTER[local.hour] ** 0.5 / 2)))
        ):
            at = (quarter + timedelta(seconds=chance.uniform(0, 900))).astimezone(UTC)
            in_time = chance.random() < _DIPS.get(local.hour, 0.93)
            waits = chance.uniform(3, 24) if in_time else chance.uniform(31, 110)
            gives_up = not in_time and chance.random() < 0.42
            if gives_up and chance.random() < 0.3:
                waits = chance.uniform(1, 4.9)
            number += 1
            talk = chance.uniform(50, 240)
            if at + timedelta(seconds=waits) < now - timedelta(seconds=5):
                yield _call(
                    f"d{number}", at, None if gives_up else waits,
                    Outcome.ABANDONED if gives_up else Outcome.ANSWERED, ended_after=waits + (0 if gives_up else talk),
                )  # fmt: skip
        quarter += timedelta(minutes=15)


def _call(
    name: str,
    at: datetime,
    answered_after: float | None,
    ended: Outcome | None,
    *,
    ended_after: float | None = None,
) -> list[JournalEntry]:
    call = CallId(name)
    number = sum(map(ord, name))
    company = CompanyId(f"c{(0, 0, 0, 1, 1, 2)[number % 6]}")
    queue = QueueName("emergency" if number % 5 == 0 else "general")
    entries: list[JournalEntry] = [
        facts.CallOffered(
            at, call, at, Did("74950000000"), company, "general", queue, Phone(f"+7916{number:07}"), ""
        ),
        facts.CallQueued(at + timedelta(milliseconds=300), call),
    ]
    end = answered_after or 0.0
    if answered_after is not None:
        answered = at + timedelta(seconds=answered_after)
        entries.append(facts.CallConnected(answered, call, AgentId("1001"), None, ServedBy.ENGINE))
        end = answered_after + 60
    if ended is not None:
        entries.append(
            facts.CallFinished(
                at + timedelta(seconds=end if ended_after is None else ended_after),
                call,
                ended,
                ServedBy.ENGINE,
            )
        )
    return entries
