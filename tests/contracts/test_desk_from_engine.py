"""The engine looks into the desk's database, on both kinds: read-only, within its time, whatever the desk does."""

from __future__ import annotations

import asyncio
import contextlib
import re
import signal
import sqlite3
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from callengine.control.live_messages import CommandAnswered
from callengine.control.wishes import Wish, wish_from_line
from callengine.desk.data.database import DeskDatabase
from callengine.desk.directory.commands.houses import save_house, save_premises
from callengine.desk.directory.commands.residents import save_resident
from callengine.desk.directory.records import House, Premises, Resident
from callengine.desk.directory.typed.house_numbers import HouseNumber
from callengine.desk.outbox.wishes import answered, keep
from storage.desk.errors import DeskAbsent, DeskAway, DeskLate
from storage.desk.file import MOST_WAITING
from storage.desk.houses import KnownHouse, known_houses
from storage.desk.outbox import open_lines
from storage.desk.outsider import DeskReader, desk_reader
from storage.schema.database import ledger_url
from tests.support.desk_pages import SUPERVISOR, desk_database
from tests.support.known_callers import LIFT, NUMBER, SINGLE, known_callers
from tests.support.manual_clock import NOON

SOON, PATIENCE = 10.0, 5.0
ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
BOTH = pytest.mark.parametrize("desk_url", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def desk_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/desk.db"
    postgres: str = request.getfixturevalue("postgres_url")
    return postgres


@asynccontextmanager
async def looking(url: str) -> AsyncIterator[DeskReader]:
    reader = desk_reader(ledger_url(url))
    try:
        yield reader
    finally:
        await reader.close()


@asynccontextmanager
async def a_desk(url: str) -> AsyncIterator[DeskDatabase]:
    async with desk_database(url) as made:
        await known_callers(made, "zarya")
        yield made


async def look(reader: DeskReader, number: str, company: str = "zarya") -> tuple[int, KnownHouse | None]:
    return await known_houses(reader, company, f"+{number}", PATIENCE)


@BOTH
async def test_the_one_house_of_a_number_its_one_flat_and_a_machines_place(desk_url: str) -> None:
    async with a_desk(desk_url) as desk, looking(desk_url) as reader:
        assert await look(reader, SINGLE) == (1, KnownHouse("ул.", "Ленина", "5к2", "1", "flat"))
        assert await look(reader, NUMBER) == (1, KnownHouse("ул.", "Ленина", "5к2"))
        assert await look(reader, LIFT) == (1, KnownHouse("ул.", "Ленина", "5к2", "подъезд 2", "lift"))
        assert await look(reader, "79990000000") == (0, None)
        assert await look(reader, SINGLE, "another") == (0, None)
        async with desk.writing() as connection:
            other = await save_house(connection, SUPERVISOR, NOON, House("zarya", "Мира", HouseNumber("1")))
            home = await save_premises(connection, SUPERVISOR, NOON, other, Premises("3"))
            person = Resident("zarya", "Петров", phones=[f"+{SINGLE}"], homes=[(home, "owner")])
            await save_resident(connection, SUPERVISOR, NOON, person)
        assert await look(reader, SINGLE) == (2, None)


@BOTH
async def test_it_is_found_by_an_index(desk_url: str) -> None:
    explain = "EXPLAIN QUERY PLAN " if desk_url.startswith("sqlite") else "EXPLAIN "
    question = "SELECT house_id FROM house_numbers WHERE company = $1 AND phone = $2"
    async with a_desk(desk_url) as desk, looking(desk_url) as reader:
        if not desk.is_sqlite:  # For three rows it would rather read them all.
            async with desk.writing() as connection:
                await connection.execute(
                    text(
                        "INSERT INTO resident_phones (company, resident_id, phone, tail) "
                        "SELECT 'zarya', n, '+7' || n, '' FROM generate_series(1, 20000) n"
                    )
                )
                await connection.execute(text("ANALYZE"))
        plan = "\n".join(
            str(row[-1]) for row in await reader.rows(explain + question, ("zarya", f"+{SINGLE}"), PATIENCE)
        )
    assert "ix_resident_phones_phone" in plan
    assert not re.search(r"SCAN p\b|Seq Scan on resident_phones", plan)


@BOTH
async def test_it_can_change_nothing(desk_url: str) -> None:
    async with a_desk(desk_url):
        for statement in ("DELETE FROM resident_phones", "CREATE TABLE mine (a integer)"):
            async with looking(desk_url) as reader:
                with pytest.raises(DeskAway, match=r"(?i)read.?only"):
                    await reader.rows(statement, (), PATIENCE)


@BOTH
async def test_what_is_too_slow_is_dropped_in_its_time_and_the_next_question_is_answered(
    desk_url: str,
) -> None:
    async with a_desk(desk_url), looking(desk_url) as reader:
        if not desk_url.startswith("sqlite"):
            reader._rest_seconds = 0.0
        assert (await look(reader, SINGLE))[0] == 1
        began = asyncio.get_running_loop().time()
        with pytest.raises(DeskLate):
            await reader.rows(ENDLESS, (), 0.02)
        assert asyncio.get_running_loop().time() - began < 1.0
        async with asyncio.timeout(SOON):
            assert (await look(reader, SINGLE))[0] == 1


@BOTH
async def test_where_there_is_no_desk_it_says_so_and_finds_the_one_that_comes(
    desk_url: str, tmp_path: Path
) -> None:
    async with looking(desk_url) as reader:
        with pytest.raises(DeskAbsent):
            await look(reader, SINGLE)
        assert list(tmp_path.iterdir()) == []
        async with a_desk(desk_url):
            if not desk_url.startswith("sqlite"):
                with pytest.raises(DeskAbsent):  # It is not asked at each call.
                    await look(reader, SINGLE)
                reader._rests_until = 0.0
            assert (await look(reader, SINGLE))[0] == 1


@pytest.mark.parametrize("desk_url", ["postgresql"], indirect=True)
async def test_a_server_that_is_away_is_told(desk_url: str) -> None:
    nowhere = desk_url.partition("?")[0].rpartition("/")[2]
    async with looking(f"postgresql://nobody@127.0.0.1:9/{nowhere}") as reader:
        with pytest.raises(DeskAway, match="no PostgreSQL server is fit"):
            await look(reader, SINGLE)
        with pytest.raises(DeskAway, match="no PostgreSQL server is fit"):
            await look(reader, SINGLE)


@pytest.mark.parametrize("desk_url", ["postgresql"], indirect=True)
async def test_a_table_that_somebody_locks_makes_it_late(desk_url: str) -> None:
    async with a_desk(desk_url) as desk, looking(desk_url) as reader:
        assert (await look(reader, SINGLE))[0] == 1
        async with desk.writing() as connection:
            await connection.execute(text("LOCK TABLE resident_phones IN ACCESS EXCLUSIVE MODE"))
            with pytest.raises(DeskLate):
                await known_houses(reader, "zarya", f"+{SINGLE}", 0.02)


@BOTH
async def test_what_the_desk_wants_and_has_no_answer_to_is_read_as_it_would_be_sent(desk_url: str) -> None:
    wishes = [
        Wish(
            id=f"wish-{n}",
            kind="agent_pause",
            account="7",
            by="Иванова",
            made_at=NOON,
            agent="1001",
            reason="lunch",
        )
        for n in range(3)
    ]
    async with desk_database(desk_url) as desk, looking(desk_url) as reader:
        async with desk.writing() as connection:
            for wish in wishes:
                await keep(connection, SUPERVISOR, NOON, wish)
            answer = CommandAnswered(n=1, at=NOON, command="wish-1", done=True, refusal="", why="")
            await answered(connection, SUPERVISOR, NOON, answer)
        lines = await open_lines(reader, PATIENCE)
    assert [wish_from_line(line) for line in lines] == [wishes[0], wishes[2]]


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """As while somebody repairs it: nobody may even read."""
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA locking_mode=EXCLUSIVE")
        connection.execute("BEGIN EXCLUSIVE")
        yield


async def test_a_file_that_somebody_locks_is_told_and_read_again_afterwards(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/desk.db"
    async with a_desk(url):
        pass
    async with looking(url) as reader:
        with locked(tmp_path / "desk.db"), pytest.raises(DeskAway, match="locked"):
            await look(reader, SINGLE)
        assert (await look(reader, SINGLE))[0] == 1


async def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "desk.db").write_bytes(b"no database " * 1000)
    async with looking(f"sqlite:///{tmp_path}/desk.db") as reader:
        with pytest.raises(DeskAway, match="not a database"):
            await look(reader, SINGLE)


async def test_of_a_file_that_was_put_in_its_place_the_new_one_is_read(tmp_path: Path) -> None:
    """A backup brought back must not leave the engine with the file that was."""
    for name in ("desk", "backup"):
        async with desk_database(f"sqlite:///{tmp_path}/{name}.db") as made:
            await known_callers(made, "zarya", street=name)
    async with looking(f"sqlite:///{tmp_path}/desk.db") as reader:
        assert (await look(reader, SINGLE))[1] == KnownHouse("ул.", "desk", "5к2", "1", "flat")
        (tmp_path / "backup.db").rename(tmp_path / "desk.db")
        assert (await look(reader, SINGLE))[1] == KnownHouse("ул.", "backup", "5к2", "1", "flat")


async def test_a_disk_that_hangs_takes_no_more_than_a_few_questions_and_nobodys_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, hangs = f"sqlite:///{tmp_path}/desk.db", threading.Event()
    async with a_desk(url):
        pass
    async with looking(url) as reader:
        monkeypatch.setattr(Path, "stat", lambda self: hangs.wait(SOON))
        try:
            asked = [reader.rows("SELECT 1", (), 0.02) for _ in range(MOST_WAITING * 2)]
            began = asyncio.get_running_loop().time()
            found = await asyncio.gather(*asked, return_exceptions=True)
            assert asyncio.get_running_loop().time() - began < 1.0
        finally:
            monkeypatch.undo()
            hangs.set()
    assert all(isinstance(one, DeskLate) for one in found)
    assert sum("still wait" in str(one) for one in found) == MOST_WAITING


STANDS_STILL = """
import os, signal, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
connection.execute("DELETE FROM resident_phones")
print("writes", flush=True)
os.kill(os.getpid(), signal.SIGSTOP)
"""


async def test_a_desk_that_stands_still_inside_a_write_is_read_all_the_same(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/desk.db"
    async with a_desk(url):
        pass
    desk = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", STANDS_STILL, str(tmp_path / "desk.db")), stdout=asyncio.subprocess.PIPE
    )
    try:
        assert desk.stdout is not None
        async with asyncio.timeout(SOON):
            assert await desk.stdout.readline() == b"writes\n"
        async with looking(url) as reader:
            assert (await look(reader, SINGLE))[0] == 1
    finally:
        desk.send_signal(signal.SIGCONT)
        desk.kill()
        await desk.wait()
