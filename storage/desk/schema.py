"""PostgreSQL: the schema `desk`, read by one connection of the engine's own role, in a session that only reads.

A connection that was too slow once is thrown away; the next one is made in the background, and who asks meanwhile is
refused when his own time is over.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any

import asyncpg
from sqlalchemy.engine import URL

from storage.desk.errors import DeskAbsent, DeskAway, DeskLate
from storage.schema.errors import DatabaseUnreachable
from storage.schema.servers import Servers, places, without_places

MOST_WAITING = 16
SLOWEST_SECONDS = 5.0
"""Beyond that the server itself breaks a question off."""
REST_SECONDS = 10.0
"""After a failure nothing is tried for so long: a server that is away is not asked at each call."""
_FAILS = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, DatabaseUnreachable)
_NO_SUCH = (
    asyncpg.UndefinedTableError,
    asyncpg.InvalidSchemaNameError,
    asyncpg.UndefinedColumnError,
)


class DeskSchema:
    """A `DeskReader`."""

    def __init__(self, url: URL, *, rest_seconds: float = REST_SECONDS) -> None:
        self._servers = Servers(places(url), read_only=True)
        self._options = without_places(url).translate_connect_args(username="user")
        self._options.update({name: str(value) for name, value in without_places(url).query.items()})
        self._rest_seconds = rest_seconds
        self._one_asks = asyncio.Lock()
        self._waiting = 0
        self._connection: asyncpg.Connection[Any] | None = None
        self._connecting: asyncio.Task[asyncpg.Connection[Any]] | None = None
        self._failed: DeskAway | None = None
        self._rests_until = 0.0

    async def rows(self, statement: str, values: Sequence[object], seconds: float) -> Sequence[Sequence[Any]]:
        """As `DeskReader` says."""
        if self._failed is not None and asyncio.get_running_loop().time() < self._rests_until:
            raise self._failed
        if self._waiting >= MOST_WAITING:
            raise DeskLate("earlier questions still wait")
        self._waiting += 1
        try:
            async with asyncio.timeout(seconds), self._one_asks:
                return await self._ask(statement, values)
        except TimeoutError:
            raise DeskLate(f"no answer within {seconds:g} s") from None
        except _FAILS as problem:
            raise self._rest(problem) from problem
        finally:
            self._waiting -= 1

    async def close(self) -> None:
        """At once."""
        if self._connecting is not None:
            self._connecting.cancel()
            await asyncio.gather(self._connecting, return_exceptions=True)
        self._throw_away()

    async def _ask(self, statement: str, values: Sequence[object]) -> Sequence[Sequence[Any]]:
        connection = self._connection
        if connection is None or connection.is_closed():
            connection = await self._connected()
        try:
            return [tuple(row) for row in await connection.fetch(statement, *values)]
        except BaseException as problem:
            # Also what was too slow: what it still says is nobody's answer any more. Making a new connection costs
            # the engine's loop some milliseconds, so not at each call.
            self._throw_away()
            self._rest(problem)
            raise

    async def _connected(self) -> asyncpg.Connection[Any]:
        if self._connecting is None:
            self._connecting = asyncio.get_running_loop().create_task(self._connect(), name="desk's schema")
            self._connecting.add_done_callback(self._take)
        return await asyncio.shield(self._connecting)

    async def _connect(self) -> asyncpg.Connection[Any]:
        connection = await self._servers.connect(**self._options)
        limit = round(SLOWEST_SECONDS * 1000)
        try:
            await connection.execute(
                "SET default_transaction_read_only = on; SET search_path TO desk; "
                f"SET statement_timeout = {limit}; SET idle_in_transaction_session_timeout = {limit}"
            )
        except BaseException:
            connection.terminate()
            raise
        return connection

    def _take(self, connecting: asyncio.Task[asyncpg.Connection[Any]]) -> None:
        self._connecting = None
        if connecting.cancelled():
            return
        problem = connecting.exception()
        if problem is None:
            self._connection, self._failed = connecting.result(), None
        else:
            self._rest(problem)

    def _rest(self, problem: BaseException) -> DeskAway:
        told = next(iter(str(problem).splitlines()), "it did not answer in time")[:200]
        kind = DeskAbsent if isinstance(problem, _NO_SUCH) else DeskAway
        self._failed = kind(f"{type(problem).__name__}: {told}")
        self._rests_until = asyncio.get_running_loop().time() + self._rest_seconds
        return self._failed

    def _throw_away(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(*_FAILS):
                connection.terminate()
