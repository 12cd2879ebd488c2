"""How long a search takes with 5,000 houses and 200,000 residents: `python -m tests.bench.desk_search [postgresql]`.

The promise: p95 ≤ 50 ms on both databases, measured at the function that the page calls, one after the other.
"""

from __future__ import annotations

import asyncio
import random
import sys
import tempfile
import time
from pathlib import Path

from sqlalchemy import select

from callengine.desk.data.database import DeskDatabase
from callengine.desk.directory.callers import who_may_be
from callengine.desk.directory.finding.search import DirectorySearch
from callengine.desk.directory.tables import resident_phones, residents
from callengine.desk.people.rights import Role
from callengine.desk.people.scope import Scope
from tests.bench.desk_data import company, fill
from tests.support.desk_pages import SUPERVISOR, desk_database
from tests.support.postgres import running_postgres

HOUSES, RESIDENTS = 5_000, 200_000
SEARCHES = Path("tests/unit/callengine/desk/directory/judged/searches.tsv")


async def measure(url: str) -> None:
    """Fill, then search and look up; prints the figures."""
    async with desk_database(url) as database:
        began = time.perf_counter()
        await fill(database, HOUSES, RESIDENTS)
        print(f"filled in {time.perf_counter() - began:.1f} s")
        typed = await _typed(database)
        one_company = Scope(None, "bench", Role.COMPANY, frozenset({company(3)}))
        for name, scope in (("all companies", SUPERVISOR), ("one company", one_company)):
            search = DirectorySearch()
            took, used = [], []
            for text in ["ленина", *typed]:
                async with database.reading() as connection:
                    began, busy = time.perf_counter(), time.process_time()
                    await search.find(connection, scope, text)
                    took.append(time.perf_counter() - began)
                    used.append(time.process_time() - busy)
            print(f"processor time of this process, {name}: {_told(used[1:])}")
            print(
                f"search, {name}: {_told(took[1:])}; the first, which reads the words: {took[0] * 1e3:.0f} ms"
            )
        await _look_up(database)


async def _typed(database: DeskDatabase) -> list[str]:
    lines = SEARCHES.read_text(encoding="utf-8").splitlines()
    found = [line.split("\t")[0] for line in lines if not line.startswith("#")]
    async with database.reading() as connection:
        rows = await connection.execute(select(residents.c.full_name).where(residents.c.id % 1999 == 0))
        for name in rows.scalars().all():
            words = name.split()
            found += [name, f"{words[0]} {words[1]}", words[0][:-2] + words[0][-1:], f"{words[0][:4]}"]
    random.Random(1).shuffle(found)
    return found


async def _look_up(database: DeskDatabase) -> None:
    async with database.reading() as connection:
        rows = await connection.execute(
            select(resident_phones.c.company, resident_phones.c.phone).where(resident_phones.c.row % 199 == 0)
        )
        numbers = rows.all()
    took = []
    for owner, number in numbers:
        async with database.reading() as connection:
            began = time.perf_counter()
            found = await who_may_be(connection, SUPERVISOR, owner, number)
            took.append(time.perf_counter() - began)
            assert found
    print(f"who may be: {_told(took)}")


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
