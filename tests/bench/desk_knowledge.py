"""How long a search takes with 5,000 articles: `python -m tests.bench.desk_knowledge [postgresql]`.

The promise: p95 ≤ 50 ms, measured at the function that the page calls, one after the other. The articles are made of
the demo's sentences, with a street and a house in each title; what is asked are the 200 judged queries, every third of
them with a letter left out.
"""

from __future__ import annotations

import asyncio
import random
import re
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from callengine.demo.desk.library import articles
from callengine.desk.data.database import DeskDatabase
from callengine.desk.knowledge.commands import publish, save
from callengine.desk.knowledge.records import Writing
from callengine.desk.knowledge.search import find
from callengine.desk.people.rights import Role
from callengine.desk.people.scope import Scope
from tests.bench.desk_data import company
from tests.support.desk_pages import EDITOR, SUPERVISOR, desk_database
from tests.support.manual_clock import NOON
from tests.support.postgres import running_postgres

ARTICLES, COMPANIES, BATCH = 5_000, 50, 250
QUERIES = Path("tests/unit/callengine/desk/knowledge/judged/queries.tsv")
STREETS = (
    "Ленина",
    "Садовая",
    "Мира",
    "Советская",
    "Гагарина",
    "Лесная",
    "Школьная",
    "Победы",
    "Кирова",
    "Пушкина",
)


async def measure(url: str) -> None:
    """Fill, then search; prints the figures."""
    async with desk_database(url) as database:
        began = time.perf_counter()
        await _fill(database)
        print(f"filled in {time.perf_counter() - began:.1f} s")
        right, mistyped = _typed()
        one_company = Scope(None, "bench", Role.COMPANY, frozenset({company(3)}))
        await _search(database, SUPERVISOR, right[:20])
        for name, scope in (("all companies", SUPERVISOR), ("one company", one_company)):
            for what, typed in (("as judged", right), ("mistyped", mistyped), ("all", [*right, *mistyped])):
                took, used = await _search(database, scope, typed)
                print(f"search, {name}, {what}: {_told(took)}; of it this process: {_told(used)}", flush=True)


async def _search(database: DeskDatabase, scope: Scope, typed: list[str]) -> tuple[list[float], list[float]]:
    took, used = [], []
    for text in typed:
        async with database.reading() as connection:
            began, busy = time.perf_counter(), time.process_time()
            await find(connection, scope, text, NOON)
            took.append(time.perf_counter() - began)
            used.append(time.process_time() - busy)
    return took, used


async def _fill(database: DeskDatabase) -> None:
    chance, known = random.Random(1), list(articles())
    sentences = [one for _, _, body in known for one in re.split(r"(?<=[.!?])\s+", body) if one]
    for first in range(0, ARTICLES, BATCH):
        async with database.writing() as connection:
            for number in range(first, first + BATCH):
                _, head, _ = known[number % len(known)]
                place = f"{chance.choice(STREETS)}, {chance.randint(1, 200)}"
                body = "\n\n".join(chance.sample(sentences, chance.randint(5, 15)))
                whose = None if number % 10 == 0 else company(number % COMPANIES)
                writing = Writing(f"{head['title']}: {place}", f"{body}\n\nул. {place}", head["topic"], whose)
                at = NOON - timedelta(hours=ARTICLES - number)
                article = await save(connection, EDITOR, at, writing)
                await publish(connection, EDITOR, at, article)


def _typed() -> tuple[list[str], list[str]]:
    lines = QUERIES.read_text(encoding="utf-8").splitlines()
    judged = [line.split("\t")[0] for line in lines if not line.startswith("#")]
    random.Random(1).shuffle(judged)
    mistyped = []
    for text in judged[::3]:
        longest = max(text.split(), key=len)
        middle = len(longest) // 2
        mistyped.append(text.replace(longest, longest[:middle] + longest[middle + 1 :], 1))
    return judged, mistyped


def _told(took: list[float]) -> str:
    took = sorted(took)
    at = [took[int(len(took) * share)] * 1e3 for share in (0.5, 0.95, 0.99)]
    return f"n {len(took)}, p50 {at[0]:.1f}, p95 {at[1]:.1f}, p99 {at[2]:.1f}, max {took[-1] * 1e3:.1f} ms"


def main() -> None:
    """On SQLite, or on a PostgreSQL of its own."""
    with tempfile.TemporaryDirectory(prefix="callengine-") as folder:
        if sys.argv[1:] == ["postgresql"]:
            with running_postgres(Path(folder)) as server:
                asyncio.run(measure(server.get_uri()))
        else:
            asyncio.run(measure(f"sqlite:///{folder}/desk.db"))


if __name__ == "__main__":
    main()
