"""A centre whose desk is harmed: a steady load of simulated calls, an engine and a desk, each a process of its own."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from callengine.demo.centre import CentrePlan, write_settings
from callengine.desk.people.account_rules import AccountFields, Roster
from callengine.desk.people.commands import add_account
from callengine.desk.people.doors.passwords import Passwords
from callengine.desk.people.rights import Role
from callengine.desk.people.scope import system_scope
from callengine.desk.people.tables import accounts
from callengine.platform.clock import SystemClock
from tests.chaos.disk import Disk, small_disk
from tests.support.desk_doors import PASSWORD
from tests.support.desk_pages import desk_database
from tests.support.steady_calls import SECRET

AGENTS, PRESENT = 4, 8
SECONDS = 2.5
"""Each harm lasts so long at least."""
SOON = 45.0
_ASKS = """
import json, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], timeout=0, isolation_level=None)
try:
    for statement in sys.argv[2:]:
        found = connection.execute(statement).fetchall()
except sqlite3.OperationalError as problem:
    found = str(problem)
print(json.dumps(found))
"""


class Calls:
    """The load."""

    def __init__(self, process: asyncio.subprocess.Process, ledger: Path) -> None:
        self._process = process
        self._ledger = ledger
        self.told: dict[str, Any] = {}

    async def during(self, seconds: float = SECONDS) -> list[float]:
        """The hand-overs of so long from now on; each call that ended by then is in the ledger soon after."""
        await self.ask()
        await asyncio.sleep(seconds)
        hand_overs: list[float] = (await self.ask())["hand_overs"]
        async with asyncio.timeout(SOON):
            while self.in_ledger() < self.told["ended"]:
                await asyncio.sleep(0.05)
        return hand_overs

    def in_ledger(self) -> int:
        """Calls that are over by the ledger."""
        return sum(self.outcomes().values())

    def outcomes(self) -> dict[tuple[str, str], int]:
        """How many calls ended how, served by whom."""
        query = "SELECT outcome, served_by, count(*) FROM calls WHERE outcome IS NOT NULL GROUP BY 1, 2"
        return {(outcome, by): count for outcome, by, count in self.rows(query)}

    def answered_between(self, begin: int, end: int) -> set[str]:
        """Calls by their ids."""
        query = "SELECT call FROM calls WHERE answered_at > ? AND answered_at < ?"
        return {call for (call,) in self.rows(query, begin, end)}

    def rows(self, query: str, *values: int) -> list[Any]:
        """Of the ledger, read as it is written."""
        with sqlite3.connect(f"file:{self._ledger}?mode=ro", uri=True, timeout=5) as connection:
            found = connection.execute(query, values).fetchall()
        connection.close()
        return found

    async def stop(self) -> dict[str, Any]:
        """Nobody calls any more; what was when the last call had ended."""
        return await self.ask(b"stop\n")

    async def ask(self, order: bytes = b"tell\n") -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(order)
        async with asyncio.timeout(SOON):
            self.told = json.loads(await self._process.stdout.readline())
        return self.told


@dataclass(frozen=True)
class Place:
    """Where everything of a run lies."""

    folder: Path
    settings: Path
    disk: Disk

    def ask(self, *statements: str) -> Any:
        """The rows of the last statement; of one that is refused: why. Where the disk is seen: SQLite follows links."""
        file = str(self.disk.inside / "desk.db")
        command = self.disk.command([sys.executable, "-I", "-S", "-c", _ASKS, file, *statements])
        return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)

    def stop_desk(self, moment: str) -> None:
        """As soon as it comes there."""
        (self.folder / moment).touch()


class Desk:
    """The process, and its door."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.port = 0
        self.address = ""

    async def listen(self) -> None:
        """Until it takes browsers; what it logs is read for as long as it lives."""
        assert self.process.stderr is not None
        async with asyncio.timeout(SOON):
            async for line in self.process.stderr:
                if line.startswith(b"{") and (told := json.loads(line))["event"] == "desk_started":
                    self.port, self.address = told["http_port"], f"http://127.0.0.1:{told['http_port']}"
                    return
        raise AssertionError("the desk did not start")

    async def drain(self) -> None:
        """So that its log never is what it waits for."""
        assert self.process.stderr is not None
        while await self.process.stderr.readline():
            pass

    async def conditions(self) -> dict[str, bool]:
        """Of /readyz."""
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as client,
            client.get(f"{self.address}/readyz") as answer,
        ):
            if answer.content_type != "application/json":
                return {}  # The door has no room just now.
            conditions: dict[str, bool] = (await answer.json())["conditions"]
            return conditions

    async def value(self, name: str) -> float:
        """Of /metrics, `callengine_desk_` before it."""
        async with aiohttp.ClientSession() as client, client.get(f"{self.address}/metrics") as answer:
            lines = (await answer.text()).splitlines()
        (line,) = [line for line in lines if line.startswith(f"callengine_desk_{name} ")]
        return float(line.split()[1])

    async def until(self, **wanted: bool) -> None:
        """These conditions hold."""
        async with asyncio.timeout(SOON):
            while not wanted.items() <= (await self.conditions()).items():
                await asyncio.sleep(0.05)

    async def until_stopped(self) -> None:
        """It has stopped itself."""
        state = Path(f"/proc/{self.process.pid}/stat")
        async with asyncio.timeout(SOON):
            while state.read_text().rpartition(") ")[2][0] != "T":
                await asyncio.sleep(0.02)


@contextmanager
def a_place() -> Iterator[Place]:
    # Not pytest's tmp_path: a socket's path has no more than 107 characters.
    with tempfile.TemporaryDirectory(prefix="callengine-") as name:
        folder = Path(name)
        disk = small_disk(folder / "disk", 16)
        try:
            yield Place(folder, folder / "callengine.toml", disk)
        finally:
            disk.close()


async def add_accounts(place: Place) -> None:
    """An agent and a supervisor who have passwords."""
    hashed, at = await Passwords().hashed(PASSWORD), SystemClock().now()
    roster = Roster({"1001": "Иванова"}, {"zarya": "УК Заря"})
    file = place.folder / "made.db"
    async with desk_database(f"sqlite:///{file}") as database, database.writing() as connection:
        for fields in (
            AccountFields("agent", Role.AGENT, "Иванова", agent="1001"),
            AccountFields("supervisor", Role.SUPERVISOR, "Старшая смены"),
        ):
            await add_account(connection, system_scope("test"), at, fields, roster)
        await connection.execute(accounts.update().values(password_hash=hashed, password_at=at))
    shutil.copyfile(file, place.disk.outside / "desk.db")


@asynccontextmanager
async def steady_calls(place: Place) -> AsyncIterator[Calls]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.support.steady_calls", str(AGENTS), str(PRESENT)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        port = int(await process.stdout.readline())
        secret = place.folder / "ami.secret"
        secret.touch(mode=0o600)
        secret.write_text(SECRET)
        plan = CentrePlan(agents=AGENTS, wrap_up=0)
        write_settings(place.folder, plan, ami_port=port, secret_file=secret)
        text = place.settings.read_text(encoding="utf-8")
        own = f"sqlite:///{place.folder}/desk.db"
        assert own in text
        text = text.replace(own, f"sqlite:///{place.disk.inside}/desk.db")
        place.settings.write_text(text, encoding="utf-8")
        yield Calls(process, place.folder / "ledger.db")
    finally:
        process.stdin.close()
        process.kill()
        await process.wait()


@asynccontextmanager
async def an_engine(place: Place) -> AsyncIterator[None]:
    log = place.folder / "engine.log"
    with log.open("wb") as sink:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "callengine", "run", "--config", str(place.settings)), stderr=sink
        )
    try:
        yield
        assert process.returncode is None, log.read_text(encoding="utf-8")[-2000:]
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


@asynccontextmanager
async def a_desk(place: Place) -> AsyncIterator[Desk]:
    command = [sys.executable, "-m", "tests.support.stopping_desk", "desk", "--config", str(place.settings)]
    process = await asyncio.create_subprocess_exec(
        *place.disk.command(command),
        env={**os.environ, "STOP_FOLDER": str(place.folder)},
        stderr=asyncio.subprocess.PIPE,
    )
    desk, draining = Desk(process), None
    try:
        await desk.listen()
        draining = asyncio.create_task(desk.drain())
        yield desk
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        if draining is not None:
            await draining
