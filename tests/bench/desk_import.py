"""From upload to searchable: 200,000 residents, 10 columns, 1 % bad rows; `python -m tests.bench.desk_import [xlsx]`.

The promise: 60 s on SQLite, while another writer waits less than 300 ms.
"""

from __future__ import annotations

import asyncio
import csv
import json
import resource
import sys
import tempfile
import time
from pathlib import Path

import xlsxwriter

from callengine.desk.data.database import DeskDatabase
from callengine.desk.directory.finding.search import DirectorySearch
from callengine.desk.directory.imports import loads
from callengine.desk.directory.imports.fields import guess
from callengine.desk.directory.imports.running import Loads
from callengine.desk.people.trail import record
from callengine.platform.clock import SystemClock
from tests.bench.desk_data import town_names
from tests.support.desk_directory import streets
from tests.support.desk_pages import SUPERVISOR, desk_database

RESIDENTS, HOUSES = 200_000, 5_000
HEADS = ["Код", "Улица", "Дом", "Корпус", "Квартира", "ФИО", "Телефон", "Роль", "Лицевой счёт", "Примечание"]


def rows(count: int) -> list[list[str]]:
    """One row in a hundred has a number without its city's code."""
    names, known = town_names(), streets()
    found = []
    for n in range(count):
        house = n % HOUSES
        kind, street = known[house % len(known)]
        number = str(house // len(known) + 1)
        phone = f"8 9{n * 104_729 % 1_000_000_000:09d}" if n % 100 else "123-45-67"
        home = [f"{kind} {street}", number, "", str(n // HOUSES + 1)]
        note = "" if n % 7 else "домофон не работает"
        found.append([str(n), *home, names[n % len(names)], phone, "собственник", f"{n:010d}", note])
    return found


def write(path: Path, count: int) -> None:
    """As the name ends."""
    table = [HEADS, *rows(count)]
    if path.suffix == ".xlsx":
        with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
            sheet = book.add_worksheet()
            for at, row in enumerate(table):
                for column, cell in enumerate(row):
                    sheet.write_string(at, column, cell)
        return
    with path.open("w", encoding="cp1251", newline="") as file:
        csv.writer(file, delimiter=";").writerows(table)


async def measure(folder: Path, source: Path) -> None:
    """Everything that happens after the upload, with somebody who writes beside it."""
    clock = SystemClock()
    async with desk_database(f"sqlite:///{folder}/desk.db") as database:
        runner = Loads(database, clock.now, folder / "uploads")
        await runner.recover()
        async with database.writing() as connection:
            load = await loads.create_load(
                connection, SUPERVISOR, clock.now(), "company0", source.name, "upload"
            )
        source.rename(runner.source("upload"))
        waits: list[float] = []
        beside = asyncio.create_task(_write_beside(database, clock, waits))
        began = time.perf_counter()
        runner.begin_look(SUPERVISOR, load)
        await runner.settled()
        looked = time.perf_counter()
        await _set_columns(database, clock, load)
        runner.begin_check(SUPERVISOR, load)
        await runner.settled()
        checked = time.perf_counter()
        async with database.writing() as connection:
            await loads.move(connection, SUPERVISOR, clock.now(), load, "applying")
        runner.begin_apply(SUPERVISOR, load)
        while True:
            async with database.reading() as connection:
                row = await loads.load_of(connection, SUPERVISOR, load)
            if row["state"] != "applying":
                break
            await asyncio.sleep(0.05)
        async with database.reading() as connection:
            found = await DirectorySearch().find(connection, SUPERVISOR, "советская 2 кв 12")
        ended = time.perf_counter()
        await runner.settled()
        beside.cancel()
        await asyncio.gather(beside, return_exceptions=True)
        assert row["state"] == "applied", (row["state"], row["problem"])
        counts = json.loads(row["counts"])
        print({name: counts[name] for name in ("new", "bad", "houses", "premises")})
        print(
            f"{source.suffix}: looked at {looked - began:.1f} s, checked {checked - looked:.1f} s, "
            f"written and found {ended - checked:.1f} s, together {ended - began:.1f} s"
        )
        used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        desk, child = (one.ru_utime + one.ru_stime for one in used)
        print(
            f"processor time since the start, making the file included: desk {desk:.1f} s, child {child:.1f} s"
        )
        waits.sort()
        print(
            f"another writer: n {len(waits)}, p50 {waits[len(waits) // 2] * 1e3:.0f} ms, "
            f"p99 {waits[int(len(waits) * 0.99)] * 1e3:.0f} ms, max {waits[-1] * 1e3:.0f} ms"
        )
        assert found
        assert found[0].flat == "12"
        await runner.close()


async def _set_columns(database: DeskDatabase, clock: SystemClock, load: int) -> None:
    async with database.writing() as connection:
        row = await loads.load_of(connection, SUPERVISOR, load)
        mapping = guess(json.loads(row["columns"])["heads"], {})
        await loads.move(connection, SUPERVISOR, clock.now(), load, "checking", mapping=mapping)


async def _write_beside(database: DeskDatabase, clock: SystemClock, waits: list[float]) -> None:
    while True:
        began = time.perf_counter()
        async with database.writing() as connection:
            await record(connection, SUPERVISOR, clock.now(), "looked", ("house", 1))
        waits.append(time.perf_counter() - began)
        await asyncio.sleep(0.1)


def main() -> None:
    """CSV, or XLSX."""
    with tempfile.TemporaryDirectory(prefix="callengine-") as name:
        source = Path(name) / ("residents.xlsx" if "xlsx" in sys.argv else "residents.csv")
        write(source, RESIDENTS)
        asyncio.run(measure(Path(name), source))


if __name__ == "__main__":
    main()
