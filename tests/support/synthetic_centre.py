"""A centre that never was: a whole month of calls, agents and callbacks, written into a ledger as its engine would.

A small queueing model (arrivals by hour and weekday, shifts, patience, first come first served) makes the rows;
the sums of quarters are made from them by the product's own code.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Table, insert

from storage.rows.interval_rebuild import rebuild
from storage.schema import tables

ZONE = ZoneInfo("Europe/Moscow")
NODE = "pbx1"
RULES = "RU-416/2019-03-01"
COMPANIES = (("sever", "УК Север", 5), ("lipki", "УК Липки", 3), ("zarya", "ТСЖ Заря", 2))
NAMES = (
    *("Иванова", "Петрова", "Смирнова", "Кузнецова", "Соколова", "Лебедева", "Козлова", "Новикова"),
    *("Морозова", "Волкова", "Зайцева", "Павлова", "Орлова", "Белова"),
)
AGENTS = tuple((str(1001 + index), name) for index, name in enumerate(NAMES))
_BY_HOUR = (3, 2, 2, 2, 3, 6, 14, 26, 34, 36, 33, 30, 27, 26, 26, 27, 29, 33, 34, 29, 22, 15, 9, 5)
_BY_WEEKDAY = (1.15, 1.05, 1.0, 1.0, 1.0, 0.62, 0.55)
_CHUNK = 5000
_QUARTER_HOUR = timedelta(minutes=15)

SETTINGS = """
[centre]
language = "ru"

[database]
url = "sqlite:///{file}"

[pbx]
secret = "nobody-logs-in"

[http]
port = 0

{companies}
[[queues]]
name = "general"

[[queues]]
name = "emergency"
priority = 1

{lines}
{agents}
"""


def settings_text(file: str) -> str:
    """The settings of this centre, with its ledger in `file`."""
    companies = "".join(f'[[companies]]\nid = "{name}"\nname = "{title}"\n\n' for name, title, _ in COMPANIES)
    lines = "".join(
        f'[[lines]]\ndid = "749512345{index}{kind}"\ncompany = "{name}"\nqueue = "{queue}"\n'
        "[lines.callback]\n"
        f'trunk = "trunk"\ncaller_id = "+7495123450{index}"\n\n'
        for index, (name, _, _) in enumerate(COMPANIES)
        for kind, queue in enumerate(("general", "emergency"))
    )
    agents = "".join(
        f'[[agents]]\nid = "{agent}"\nname = "{name}"\nqueues = ["general", "emergency"]\n\n'
        for agent, name in AGENTS
    )
    return SETTINGS.format(file=file, companies=companies, lines=lines, agents=agents)


@dataclass
class Month:
    """The rows of one month, in memory."""

    first: date
    seed: int = 1
    days: int | None = None
    """Only so many of it."""
    calls: list[dict[str, Any]] = field(default_factory=list)
    states: list[tuple[datetime, str, str]] = field(default_factory=list)
    owed: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._work()

    @property
    def start(self) -> datetime:
        """The month's first moment."""
        return datetime.combine(self.first, time(), ZONE)

    @property
    def end(self) -> datetime:
        """The first moment after it."""
        if self.days is not None:
            return self.start + timedelta(days=self.days)
        return datetime.combine((self.first + timedelta(days=31)).replace(day=1), time(), ZONE)

    def _arrivals(self) -> Iterator[datetime]:
        hour = self.start
        while hour < self.end:
            rate = 1.75 * _BY_HOUR[hour.hour] * _BY_WEEKDAY[hour.weekday()]
            if hour.day == 14 and 7 <= hour.hour < 11:
                rate *= 2.6  # A main has burst.
            moment = hour + timedelta(seconds=self._random.expovariate(rate / 3600))
            while moment < hour + timedelta(hours=1):
                yield moment
                moment += timedelta(seconds=self._random.expovariate(rate / 3600))
            hour += timedelta(hours=1)

    def _shifts(self) -> list[tuple[datetime, datetime, str]]:
        found = []
        day = self.first
        while day < self.end.date():
            start = datetime.combine(day, time(8), ZONE)
            weekend = day.weekday() >= 5
            order = [(day.toordinal() * 5 + index) % len(AGENTS) for index in range(len(AGENTS))]
            for place, agent in enumerate(order[: 4 if weekend else 7]):
                begin = start + timedelta(hours=(0, 0, 0, 1, 2, 0, 1, 9)[place])
                found.append(
                    (begin, begin + timedelta(hours=(12, 12, 12, 10, 8, 9, 9, 3)[place]), AGENTS[agent][0])
                )
            night = start - timedelta(hours=12)
            for agent in order[-2:]:
                found.append((night, night + timedelta(hours=12), AGENTS[agent][0]))
            day += timedelta(days=1)
        return found

    def _work(self) -> None:
        draw = self._random
        coming = sorted(self._shifts())
        for begin, end, agent in coming:
            self.states += [(begin, agent, "free"), (end, agent, "logged_out")]
        free: list[tuple[datetime, datetime, str]] = []
        for number, arrived in enumerate(self._arrivals()):
            while coming and coming[0][0] <= arrived + timedelta(minutes=10):
                heapq.heappush(free, coming.pop(0))
            while free and free[0][0] >= free[0][1] - timedelta(minutes=4):
                heapq.heappop(free)
            notice = timedelta(seconds=draw.uniform(0.6, 2.4))
            patience = timedelta(seconds=draw.expovariate(1 / 160) + (0 if draw.random() < 0.1 else 6))
            row = self._call(number, arrived, arrived + notice)
            begin, end, agent = free[0] if free else (arrived + timedelta(hours=1), arrived, "")
            rings = max(arrived + notice, begin)
            answered = rings + timedelta(seconds=draw.lognormvariate(1.35, 0.45))
            if answered - arrived > patience or not free:
                self._give_up(row, arrived + patience)
                continue
            heapq.heappop(free)
            talked = answered + timedelta(seconds=draw.lognormvariate(4.75, 0.55))
            rested = talked + timedelta(seconds=draw.uniform(4, 26))
            row |= {"answered_at": answered, "agent": agent, "ended_at": talked, "outcome": "answered"}
            row |= {"verdict": "answered_in_time", "judged_at": answered}
            self.states += [
                (rings, agent, "offered"),
                (answered, agent, "talking"),
                (talked, agent, "wrap_up"),
            ]
            self.states.append((rested, agent, "free" if rested < end else "logged_out"))
            heapq.heappush(free, (rested, end, agent))
        self.states.sort()

    def _call(self, number: int, arrived: datetime, queued: datetime) -> dict[str, Any]:
        names = [name for name, _, weight in COMPANIES for _ in range(weight)]
        company = self._random.choice(names)
        emergency = self._random.random() < 0.18
        row = {
            "node": NODE,
            "call": f"{int(arrived.timestamp())}.{number}",
            "arrived_at": arrived,
            "offered_at": arrived,
            "did": f"749512345{[name for name, _, _ in COMPANIES].index(company)}{int(emergency)}",
            "company": company,
            "line_kind": "emergency" if emergency else "general",
            "queue": "emergency" if emergency else "general",
            "number": f"+7916{self._random.randrange(10**7):07}",
            "caller_name": "",
            "queued_at": queued,
            "answered_at": None,
            "agent": None,
            "ended_at": None,
            "outcome": None,
            "served_by": "engine",
            "verdict": None,
            "rules": RULES,
            "judged_at": None,
        }
        self.calls.append(row)
        return row

    def _give_up(self, row: dict[str, Any], ended: datetime) -> None:
        draw = self._random
        arrived: datetime = row["arrived_at"]
        waited = ended - arrived
        chose = waited > timedelta(seconds=180) and draw.random() < 0.5
        outcome = ("callback_requested" if draw.random() < 0.8 else "message_left") if chose else "abandoned"
        row |= {"ended_at": ended, "outcome": outcome}
        delay = waited + timedelta(seconds=20 + draw.lognormvariate(4.9, 0.75))
        closing = "got_through" if draw.random() < 0.22 else "contacted"
        if outcome == "message_left":
            closing = "message_reviewed"
        reached = draw.random() < 0.96
        in_time = reached and delay <= timedelta(minutes=10)
        verdict = "broken"
        if in_time:
            verdict = "message_reviewed_in_time" if closing == "message_reviewed" else "contacted_in_time"
        row |= {"verdict": verdict, "judged_at": arrived + (delay if in_time else timedelta(minutes=10))}
        self.owed.append(
            {
                "obligation": f"ob-{row['call']}",
                "node": NODE,
                "call": row["call"],
                "company": row["company"],
                "did": row["did"],
                "queue": row["queue"],
                "number": row["number"],
                "e164": row["number"],
                "arrived_at": arrived,
                "due_at": arrived + timedelta(minutes=10),
                "opened_at": ended,
                "closed_at": arrived + delay if reached else arrived + timedelta(hours=3),
                "closing": closing if reached else "by_hand",
                "reason": None if reached else "nobody answers",
                "state": closing if reached else "closed_by_hand",
                "contacted_at": arrived + delay if reached and closing != "message_reviewed" else None,
            }
        )


def write_month(connection: Connection, month: Month) -> None:
    """Everything, and the sums of its quarters."""
    run = {"node": NODE, "epoch": 1, "started_at": month.start, "seen_at": month.end}
    connection.execute(insert(tables.runs), [run])
    states = [
        {"node": NODE, "epoch": 1, "seq": seq, "n": 0, "at": at, "agent": agent, "state": state, "reason": ""}
        for seq, (at, agent, state) in enumerate(month.states, start=1)
    ]
    gap = month.start + (month.end - month.start) * 0.55
    for at, restored in ((month.start, True), (gap, False), (gap + timedelta(minutes=9), True)):
        seq = sum(row[0] < at for row in month.states)
        place = {"node": NODE, "epoch": 1, "seq": seq + restored, "at": at, "restored": restored}
        connection.execute(insert(tables.link_gaps), [place])
    _all(connection, tables.calls, month.calls)
    _all(connection, tables.agent_states, states)
    _all(connection, tables.obligations, month.owed)
    rebuild(connection, NODE)


def _all(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    for start in range(0, len(rows), _CHUNK):
        connection.execute(insert(table), rows[start : start + _CHUNK])
