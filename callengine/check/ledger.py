"""`callengine check` opens the ledger as the engine would: reads it, writes it, asks its version; nothing is kept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, insert, inspect, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from ami_adapters.connection.owner import read_owner
from callengine.check.files import Surroundings, ledger_file
from callengine.check.finding import Finding
from callengine.platform.clock import SystemClock
from callengine.platform.identity import gone_holder, this_process
from callengine.platform.start_errors import MIGRATE, Seen, ledger_problem, what_is
from config.settings import Settings
from storage.leases import Holding, charge_of, holding
from storage.migrate import LEDGER
from storage.schema.database import create_ledger_engine, ledger_url
from storage.schema.errors import LedgerError
from storage.schema.revisions import Fit, Found
from storage.schema.tables import leases, runs

_SECONDS: Final = 12.0
_SQLITE: Final = "sqlite:///"
_TRIED: Final = "callengine-check"


async def check_ledger(settings: Settings, around: Surroundings) -> AsyncIterator[Finding]:
    """What the engine would find."""
    url, file, path = settings.database.url, ledger_file(settings), None
    if file is not None:
        path = around.path(file)
        url = f"{_SQLITE}{path}"
        if what_is(path) is Seen.FOLDER or what_is(path.parent) is not Seen.FOLDER:
            if around.service is not None and around.service.may_write(path):
                yield Finding("ok", f"ledger {path}: made at the first start, as its folder")
            return  # Else it is told with the other files.
        if what_is(path) is Seen.NOTHING:
            yield Finding("ok", f"ledger {path}: made at the first start")
            return
    elif url.startswith("sqlite"):
        return  # In memory: told with the settings.
    try:
        engine = create_ledger_engine(ledger_url(url, settings.database.password.get_secret_value()))
    except LedgerError as problem:
        yield Finding("error", *ledger_problem(url, problem))
        return
    try:
        async with asyncio.timeout(_SECONDS):
            yield await _opened(engine, settings, path)
            async for finding in _held(engine, settings):
                yield finding
    except (LedgerError, SQLAlchemyError, OSError, TimeoutError, TypeError, ValueError) as problem:
        if "locked" in str(problem):
            how = "nothing to do when an engine is busy; else end what holds it (`fuser` names it)"
            yield Finding("warning", f"database.url: another program is writing to {url}", how)
        else:
            yield Finding("error", *ledger_problem(url, problem))
    finally:
        await engine.dispose()


async def _held(engine: AsyncEngine, settings: Settings) -> AsyncIterator[Finding]:
    """Whose the PBX's lease is: perhaps an engine that the PBX does not show us, or one of another PBX by mistake."""

    def look(connection: Connection) -> Holding | None:
        known = inspect(connection).has_table(leases.name)
        return holding(connection, charge_of(settings.pbx.name)) if known else None

    async with engine.connect() as connection:
        found = await connection.run_sync(look)
    me = this_process(settings.pbx.username)
    if found is None or not found.holder or found.seconds_left <= 0 or gone_holder(me)(found.holder):
        return
    owner = read_owner(found.holder)
    where = "an engine nobody can name" if owner is None else owner.told()
    what = f"the ledger is written by {where}, for {settings.pbx.name!r}"
    if owner is not None and owner.machine == me.machine:
        yield Finding("ok", what)
        return
    how = (
        "an engine that is started here stands by. When that is not what you want, stop that one, or give this one a "
        "ledger of its own (database.url); two PBXs on one ledger have two names (pbx.name)"
    )
    yield Finding("warning", what, how)


async def _opened(engine: AsyncEngine, settings: Settings, file: Path | None) -> Finding:
    where = file or settings.database.url

    def look(connection: Connection) -> tuple[Found, set[str]]:
        found = LEDGER.look(connection)
        if found.fit is Fit.EMPTY:
            # As the first start would; taken back with all the rest.
            connection.exec_driver_sql("CREATE TABLE callengine_check (one INTEGER)")
            return found, set()
        nodes = {str(node) for node in connection.scalars(select(runs.c.node).distinct())}
        connection.execute(insert(runs).values(node=_TRIED, epoch=1, started_at=SystemClock().now()))
        return found, nodes

    async with engine.connect() as connection:
        transaction = await connection.begin()
        try:
            found, nodes = await connection.run_sync(look)
        finally:
            await transaction.rollback()
    name = settings.pbx.name
    if nodes and name not in nodes and found.fit is not Fit.OLDER:
        how = f"pbx.name never changes: calls left open by {', '.join(sorted(nodes))} would be nobody's"
        return Finding("warning", f"pbx.name: the ledger has never seen {name!r}", how)
    return schema_finding(found, f"ledger {where}", "read and written")


def schema_finding(found: Found, what: str, tried: str) -> Finding:
    """What a start would say of a database's revision; `what`: its name and place, `tried`: what was seen to work."""
    match found.fit:
        case Fit.EMPTY:
            return Finding("ok", f"{what}: empty, made at the first start")
        case Fit.CURRENT:
            return Finding("ok", f"{what}: {tried}, at revision {found.revision}")
        case Fit.OLDER:
            # Not yet an error: before an upgrade the new version's check looks at what the old one still writes.
            return Finding("warning", f"{what}: {found.told()}", f"before this version starts: {MIGRATE}")
        case Fit.NEWER:
            return Finding("ok", f"{what}: {tried}; {found.told()}")
