"""Which connections of a pool may be used: none on which something failed, and none that is as old as that one.

A connection outlives what it was good for. After a PostgreSQL fail-over the old primary lives on as a standby that
answers every ping and refuses every write; after `default_transaction_read_only` was set and reset each session keeps
what it began with; a server behind a name, an address or a pooler may be another one by now. Only a new connection
knows.
"""

from __future__ import annotations

import itertools
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DataError, DisconnectionError, IntegrityError

from storage.schema.servers import takes_writes

_FAULTS_OF_ROWS = (IntegrityError, DataError)
_GENERATION, _IS_NEW = "callengine_generation", "callengine_is_new"


class Fitness:
    """Throws a connection away on which anything failed but a row, together with its whole pool.

    A pool is of one generation, which ends with the first connection of it that is thrown away; older ones are
    replaced when somebody wants them. Counted and not timed, as SQLAlchemy does it: the machine's clock may be set
    back. On PostgreSQL each connection is looked at before it is used, instead of SQLAlchemy's ping: whether it is
    alive, and with `writes` whether it takes writes.
    """

    def __init__(self, *, writes: bool) -> None:
        self._writes = writes
        self._generations = itertools.count(1)
        self._generation = 0

    def watch(self, engine: Engine) -> None:
        """From now on, for all its connections; before the first is made."""
        self._looks = engine.dialect.name == "postgresql"
        event.listen(engine, "handle_error", self._on_error)
        event.listen(engine, "connect", self._on_connect)
        event.listen(engine, "invalidate", self._on_invalidate)
        event.listen(engine, "checkout", self._on_checkout)

    @staticmethod
    def _on_error(context: ExceptionContext) -> None:
        """What a row is refused for is no fault of the connection; all else may be."""
        if context.connection is not None and not isinstance(context.sqlalchemy_exception, _FAULTS_OF_ROWS):
            context.is_disconnect = True

    def _on_connect(self, _connection: Any, record: Any) -> None:
        record.info[_GENERATION] = self._generation
        record.info[_IS_NEW] = True

    def _on_invalidate(self, _connection: Any, record: Any, _problem: Any) -> None:
        """Also by a time-out, which SQLAlchemy takes for the fault of that connection alone."""
        if record.info.get(_GENERATION) == self._generation:
            self._generation = next(self._generations)

    def _on_checkout(self, connection: Any, record: Any, _proxy: Any) -> None:
        """Raises DisconnectionError: SQLAlchemy then connects anew."""
        if record.info.get(_GENERATION) != self._generation:
            raise DisconnectionError("it is older than what failed")
        if record.info.pop(_IS_NEW, False) or not self._looks:
            return
        try:
            fit = connection.run_async(takes_writes)
        except Exception as problem:
            raise DisconnectionError("it is dead") from problem
        if self._writes and not fit:
            raise DisconnectionError("it takes no writes any more")
