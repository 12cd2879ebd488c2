"""`callengine db backup` and `restore`: ledger, the desk's database and its files together, with calls going on."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import socket
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from callengine.cli.main import main
from callengine.desk.data.database import DeskDatabase
from callengine.desk.people.trail import record
from config.example import example_toml
from storage.ledger import open_ledger
from storage.schema.copies import pinned
from storage.schema.database import ledger_url
from tests.support.centre import NOON, arrived
from tests.support.desk_pages import AGENT
from tests.support.ledger_desk import opened_desk, play

SOME = 20


@pytest.fixture
def centre(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the settings; files are found from here, as a service finds its own."""
    folder = tmp_path / "centre"
    folder.mkdir()
    monkeypatch.chdir(folder)
    content = example_toml().replace("# port = 8791", "port = 0")
    assert "port = 0" in content
    for name, text in (("callengine.toml", content), ("callengine_ami.secret", "s3cret")):
        (folder / name).write_text(text)
        (folder / name).chmod(0o600)
    return folder


def command(folder: Path, *words: str | Path) -> tuple[int, str]:
    done = CliRunner().invoke(main, [*map(str, words), "--config", str(folder / "callengine.toml")])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


@asynccontextmanager
async def calls_going_on(folder: Path) -> AsyncIterator[asyncio.Event]:
    """Each is asked for at the desk, committed by the engine, and then done for the desk; set after some."""
    ledger = await open_ledger(f"sqlite:///{folder}/callengine.db", "pbx1", NOON)
    ledger.writer.start()
    database, under_way = DeskDatabase(ledger_url(f"sqlite:///{folder}/callengine-desk.db")), asyncio.Event()
    await database.prepare()
    desk = opened_desk(ledger)

    async def note(action: str, number: int) -> None:
        async with database.writing() as connection:
            await record(connection, AGENT, NOON, action, ("call", number))

    async def go_on() -> None:
        number = 0
        while True:
            number += 1
            await note("asked", number)
            play(ledger, desk, [arrived(f"c{number}", number)])
            await ledger.writer.flush()
            await note("done", number)
            if number == SOME:
                under_way.set()

    task = asyncio.get_running_loop().create_task(go_on())
    try:
        yield under_way
        assert not task.done()
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await database.close()
        await ledger.close()


@contextmanager
def reading(file: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(f"file:{file}?mode=ro&immutable=1", uri=True)) as connection:
        yield connection


def calls_in(file: Path) -> set[int]:
    with reading(file) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return {int(call[1:]) for (call,) in connection.execute("SELECT call FROM calls")}


def noted_in(file: Path, action: str) -> set[int]:
    with reading(file) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        found = connection.execute("SELECT subject_id FROM trail WHERE action = ?", (action,))
        return {int(one) for (one,) in found}


async def test_a_copy_made_while_calls_go_on_is_of_one_moment_and_can_be_put_back(
    centre: Path, tmp_path: Path
) -> None:
    files, copy = centre / "callengine-desk-files", tmp_path / "copy"
    files.mkdir()
    (files / "0123").write_bytes(b"a picture")
    (files / "4567.part").write_bytes(b"not whole yet")
    async with calls_going_on(centre) as under_way:
        async with asyncio.timeout(60):
            await under_way.wait()
        code, told = await asyncio.to_thread(command, centre, "db", "backup", copy)
        assert code == 0, told
        code, told = await asyncio.to_thread(command, centre, "db", "restore", copy)
        assert (code, "is used by another program" in told) == (1, True), told
    assert calls_in(copy / "ledger.db") >= noted_in(copy / "desk.db", "done") >= set(range(1, SOME + 1))
    assert calls_in(copy / "ledger.db") < noted_in(centre / "callengine-desk.db", "asked")
    contents = json.loads((copy / "backup.json").read_text())
    assert (contents["files"], sorted(contents["databases"])) == (1, ["desk.db", "ledger.db"])
    assert {path.name for path in copy.rglob("*")} == {"backup.json", "ledger.db", "desk.db", "files", "0123"}
    assert {path.stat().st_mode & 0o077 for path in (copy, *copy.rglob("*"))} == {0}

    lost = calls_in(centre / "callengine.db")
    (files / "0123").unlink()
    (centre / "callengine.db").write_bytes(b"no database" * 1000)
    code, told = command(centre, "db", "restore", copy)
    assert code == 0, told
    assert calls_in(centre / "callengine.db") == calls_in(copy / "ledger.db") < lost
    assert (files / "0123").read_bytes() == b"a picture"
    assert {one.name.split(".before")[0] for one in centre.glob("*.before-restore-*")} == {
        "callengine.db",
        "callengine-desk.db",
        "callengine-desk-files",
    }
    assert not list(centre.glob("*.restoring"))
    ledger = await open_ledger(f"sqlite:///{centre}/callengine.db", "pbx1", NOON)
    await ledger.close()


@contextmanager
def listening(path: Path) -> Iterator[None]:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        yield
    path.unlink()


async def test_a_copy_that_is_damaged_or_none_or_a_running_engine_changes_nothing(
    centre: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = await open_ledger(f"sqlite:///{centre}/callengine.db", "pbx1", NOON)
    await ledger.close()
    before = (centre / "callengine.db").read_bytes()
    copy = tmp_path / "copy"
    code, told = command(centre, "db", "backup", copy)
    assert (code, "desk.db: not there yet" in told) == (0, True), told
    code, told = command(centre, "db", "backup", copy)
    assert (code, f"{copy} exists already" in told) == (1, True), told
    with listening(centre / "callengine.sock"):
        code, told = command(centre, "db", "restore", copy)
    assert (code, "an engine answers on callengine.sock" in told) == (1, True), told
    damaged = tmp_path / "damaged"
    shutil.copytree(copy, damaged)
    with (damaged / "ledger.db").open("r+b") as file:
        file.seek(5000)
        file.write(b"xxxx")
    strange = tmp_path / "strange"
    strange.mkdir()
    (strange / "backup.json").write_text('{"databases": {"ledger.db": {"bytes": 1}}}')
    for folder, said in (
        (damaged, "is not what was copied"),
        (strange, "backup.json cannot be read"),
        (tmp_path, "it has no backup.json"),
    ):
        code, told = command(centre, "db", "restore", folder)
        assert (code, said in told) == (1, True), told
    assert (centre / "callengine.db").read_bytes() == before
    assert not list(centre.glob("*.before*"))
    monkeypatch.setenv("CALLENGINE_DESK__DISK_FREE_MB", "999999999")
    code, told = command(centre, "db", "backup", tmp_path / "another")
    assert (code, "999,999,999 MB must be left" in told) == (1, True), told
    code, told = command(centre, "db", "backup", tmp_path / "nowhere" / "copy")
    assert (code, "does not exist: mkdir -p" in told) == (1, True), told
    code, told = command(centre, "db", "backup", tmp_path / "alone.db")
    assert (code, calls_in(tmp_path / "alone.db")) == (0, set())


def test_a_copy_of_which_something_fails_leaves_nothing(
    centre: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, told = command(centre, "db", "backup", tmp_path / "copy")
    assert (code, "neither ledger nor desk database is there" in told) == (1, True), told
    assert command(centre, "db", "upgrade", "--ledger")[0] == 0

    def full(*_: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("callengine.cli.db_copies.digest_of", full)
    code, told = command(centre, "db", "backup", tmp_path / "copy")
    assert (code, "No space left" in told) == (1, True), told
    assert {path.name for path in tmp_path.iterdir()} == {"centre"}


def test_what_is_on_postgresql_is_told_with_its_command(centre: Path, tmp_path: Path) -> None:
    settings = centre / "callengine.toml"
    text = settings.read_text().replace(
        '# url = "sqlite:///callengine.db"', 'url = "postgresql://engine@db.example.ru:5433/centre"'
    )
    settings.write_text(text)
    assert command(centre, "db", "upgrade", "--desk")[0] == 0
    code, told = command(centre, "db", "backup", tmp_path / "copy")
    assert code == 0, told
    dump = tmp_path / "copy" / "postgresql.dump"
    assert (
        f"still to do: pg_dump --format=custom --file={dump} --host=db.example.ru --port=5433 --username=engine centre"
        in told
    )
    assert (tmp_path / "copy" / "desk.db").is_file()
    code, told = command(centre, "db", "restore", tmp_path / "copy")
    assert (code, "ledger.db: PostgreSQL's own tools" in told) == (0, True), told
    code, told = command(centre, "db", "backup", tmp_path / "alone.db")
    assert (code, "pg_dump" in told) == (1, True)


def test_a_pinned_database_is_seen_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "one.db"
    with closing(sqlite3.connect(file, isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode=WAL")
        writer.execute("CREATE TABLE rows (n)")
        with pinned(file) as database:
            writer.execute("INSERT INTO rows VALUES (1)")
            database.copy_to(tmp_path / "copy.db")
    with reading(tmp_path / "copy.db") as copy:
        assert copy.execute("SELECT count(*) FROM rows").fetchone() == (0,)
