"""PostgreSQL on one server or several, of which one takes writes: which of them is meant, and how it is reached."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import asyncpg
from sqlalchemy.engine import URL

from storage.schema.errors import DatabaseUnreachable, LedgerError

CONNECT_SECONDS = 2.0
"""For each server: one that is switched off says nothing at all, and the next one must still have its turn."""
FROZEN_SECONDS = 20
"""An engine that stands still inside a transaction for so long has lost it: the server ends it."""
LOOK_SECONDS = 2.0
"""A connection that does not answer so long is taken for dead."""
_PORT = 5432
_SEVERAL = re.compile(r"^(?P<head>\w+(?:\+\w+)?://(?:[^@/?#]*@)?)(?P<hosts>[^/?#]*,[^/?#]*)(?P<tail>.*)$")
"""libpq's own way to name several: HOST1:PORT,HOST2:PORT."""
_PLACE = re.compile(r"^(?:\[(?P<v6>[^\]]+)\]|(?P<host>[^:\[\]]*))(?::(?P<port>\d{1,5}))?$")
_ASKS = ("host", "port", "target_session_attrs")
_OPTIONS: dict[str, Callable[[str], object]] = {
    "ssl": str,
    "sslmode": str,
    "passfile": str,
    "krbsrvname": str,
    "timeout": float,
    "command_timeout": float,
    "statement_cache_size": int,
    "prepared_statement_cache_size": int,
}
"""What else a URL may say; asyncpg wants numbers as numbers, and calls libpq's sslmode ssl."""
_WRITABLE = frozenset({"read-write", "primary", "any"})
_FAILS = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)


@dataclass(frozen=True, slots=True)
class Place:
    """One server: a name or an address, or the folder of its socket. Both None: as PGHOST and PGPORT say."""

    host: str | None
    port: int | None

    def __str__(self) -> str:
        return f"{self.host}:{self.port}" if self.host else "the usual socket"


def split_hosts(text: str) -> tuple[str, list[str]]:
    """A URL that names several servers as libpq does: the URL without them, and them."""
    found = _SEVERAL.match(text)
    if found is None:
        return text, []
    return f"{found['head']}{found['tail']}", found["hosts"].split(",")


def places(url: URL) -> tuple[Place, ...]:
    """The servers that a URL names, in its order; one without a name when it names none. Raises LedgerError."""
    named = [] if url.host is None else [Place(url.host, url.port or _PORT)]
    hosts = [one for text in _query(url, "host") for one in text.split(",")]
    ports = [one for text in _query(url, "port") for one in text.split(",")]
    if len(ports) not in {0, 1, len(hosts)}:
        raise LedgerError(
            f"the database URL names {len(hosts)} hosts and {len(ports)} ports; give each its own"
        )
    for n, host in enumerate(hosts):
        port = ports[n if len(ports) > 1 else 0] if ports else None
        named.append(_place(host, port))
    return tuple(named) or (Place(None, None),)


def without_places(url: URL) -> URL:
    """The URL for the driver, which is told the servers one by one."""
    rest = url.difference_update_query(_ASKS)
    return URL.create(
        rest.drivername,
        username=rest.username,
        password=None if rest.password is None else str(rest.password),
        database=rest.database,
        query=rest.query,
    )


def refuse_options(url: URL) -> None:
    """Raises LedgerError for what no connection could be made with, or for a server that only reads."""
    for name, value in url.normalized_query.items():
        if name in _ASKS:
            continue
        try:
            _OPTIONS[name](value[-1])
        except KeyError:
            known = ", ".join(sorted((*_ASKS, *_OPTIONS)))
            raise LedgerError(f"the database URL has the option {name!r}; known are {known}") from None
        except ValueError:
            raise LedgerError(f"the database URL has {name}={value[-1]}; a number is right") from None
    for wish in _query(url, "target_session_attrs"):
        if wish not in _WRITABLE:
            raise LedgerError(
                f"the database URL asks for target_session_attrs={wish}; the ledger is written: leave it out or "
                "say read-write, which is meant anyway"
            )


class Servers:
    """Opens connections: on the server that took the last one, else in the URL's order on the first that is fit.

    Fit is a server that takes writes. With `read_only` one that does not will do, if no other answers.
    """

    def __init__(self, named: Iterable[Place], *, read_only: bool) -> None:
        self._order = list(named)
        self._read_only = read_only

    async def connect(self, *_: Any, **options: Any) -> asyncpg.Connection[Any]:
        """For SQLAlchemy, as asyncpg.connect. Raises DatabaseUnreachable, which says of each server why."""
        problems: list[str] = []
        spare: asyncpg.Connection[Any] | None = None
        try:
            for place in tuple(self._order):
                try:
                    connection = await _connected(place, options)
                except _FAILS as problem:
                    problems.append(f"{place}: {_told(problem)}")
                    continue
                try:
                    fit = await takes_writes(connection)
                    # Who freezes inside a transaction keeps the lease's row no longer than this.
                    await connection.execute(
                        f"SET idle_in_transaction_session_timeout = '{FROZEN_SECONDS}s'", timeout=LOOK_SECONDS
                    )
                except _FAILS as problem:
                    connection.terminate()
                    problems.append(f"{place}: {_told(problem)}")
                    continue
                except BaseException:
                    connection.terminate()
                    raise
                if fit:
                    self._order.remove(place)
                    self._order.insert(0, place)
                    return connection
                problems.append(f"{place}: takes no writes (a standby, or set read-only)")
                if self._read_only and spare is None:
                    spare = connection
                else:
                    connection.terminate()
            if spare is not None:
                connection, spare = spare, None
                return connection
        finally:
            if spare is not None:
                spare.terminate()
        raise DatabaseUnreachable(f"no PostgreSQL server is fit: {'; '.join(problems)}")


async def takes_writes(connection: asyncpg.Connection[Any]) -> bool:
    """Whether a transaction on this connection may write now. Raises OSError, asyncpg's errors.

    A transaction around it, as SQLAlchemy's ping has: a pooler in front keeps both halves of it on one server.
    """
    # Not asyncio.timeout: leaving the transaction would wait for the silent server again.
    limit = asyncio.get_running_loop().call_later(LOOK_SECONDS, connection.terminate)
    try:
        async with connection.transaction():
            return bool(await connection.fetchval("SHOW transaction_read_only") == "off")
    finally:
        limit.cancel()


async def _connected(place: Place, options: dict[str, Any]) -> asyncpg.Connection[Any]:
    said = {name: _OPTIONS[name](value) if name in _OPTIONS else value for name, value in options.items()}
    if "sslmode" in said:
        said["ssl"] = said.pop("sslmode")
    where = {} if place.host is None else {"host": place.host, "port": place.port}
    return await asyncpg.connect(**{"timeout": CONNECT_SECONDS, **said, **where})


def _place(text: str, port: str | None) -> Place:
    if text.startswith("/"):  # The folder of a socket; SQLAlchemy lets a port follow it.
        folder, _, own = text.partition(":")
        return Place(folder, int(own or port or _PORT))
    found = _PLACE.match(text)
    if found is None or not (found["v6"] or found["host"]):
        raise LedgerError(f"the database URL names a server {text!r}; HOST or HOST:PORT is right")
    return Place(found["v6"] or found["host"], int(found["port"] or port or _PORT))


def _query(url: URL, name: str) -> Iterator[str]:
    value = url.query.get(name, ())
    yield from (value,) if isinstance(value, str) else value


def _told(problem: Exception) -> str:
    return str(problem) or type(problem).__name__
