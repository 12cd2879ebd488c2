"""The desk's composition root: every part is built here, by hand."""

from __future__ import annotations

import asyncio
import signal
from importlib.metadata import version
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy.exc import SQLAlchemyError

from callengine.control.places import desk_socket
from callengine.desk.accounts.strangers import Strangers
from callengine.desk.data.database import DeskDatabase
from callengine.desk.engine_link.follower import EngineFollower
from callengine.desk.people.rights import Right
from callengine.desk.web.drawing import Drawing, Place
from callengine.desk.web.gate import Gate
from callengine.desk.web.routes import DeskRoute
from callengine.desk.web.server import DeskServer
from callengine.platform.logs import get_log
from callengine.platform.paths import in_state_folder
from callengine.platform.start_errors import StartError
from callengine.platform.systemd import notify, watchdog_seconds
from config.settings import Settings
from storage.schema.database import ledger_url
from storage.schema.errors import LedgerError

_SQLITE = "sqlite:///"
PLACES = (
    Place("work", "/desk/work", Right.AGENT_PAGE),
    Place("floor", "/desk/floor", Right.FLOOR_SEE),
    Place("company", "/desk/company", Right.COMPANY_PAGE),
    Place("calls", "/desk/calls", Right.CALLS_SEE),
    Place("directory", "/desk/directory", Right.DIRECTORY_READ),
    Place("knowledge", "/desk/knowledge", Right.KNOWLEDGE_READ),
    Place("accounts", "/desk/accounts", Right.ACCOUNTS),
    Place("trail", "/desk/trail", Right.TRAIL),
)
"""What the head of every page leads to; a subject adds the page, and nothing here."""


async def serve(settings: Settings) -> None:
    """Until SIGTERM or SIGINT; whether the engine runs does not matter. Raises StartError."""
    log, stop, loop = get_log("callengine.desk"), asyncio.Event(), asyncio.get_running_loop()
    follower = EngineFollower(in_state_folder(desk_socket(settings.http.control_socket)))
    database = await opened_database(settings)
    all_routes = routes()
    shown = {route.path for route in all_routes}
    places = [place for place in PLACES if place.path in shown]
    drawing = Drawing(ZoneInfo(settings.centre.time_zone), places, version("callengine"))
    gate = Gate(Strangers(), drawing, settings.centre.language)
    server = DeskServer(settings.desk.host, settings.desk.port, follower, gate, all_routes)
    try:
        await server.start()
    except StartError:
        await database.close()
        raise
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    tasks = [
        loop.create_task(follower.run(), name="engine link"),
        loop.create_task(_beat(), name="watchdog"),
        loop.create_task(stop.wait(), name="stop"),
    ]
    log.info("desk_started", msg="ready for browsers", http_port=server.port)
    notify("READY=1")
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        notify("STOPPING=1")
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.stop()
        await database.close()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
        log.info("desk_stopped", msg="ended as it should")


def routes() -> tuple[DeskRoute, ...]:
    """Those of every subject."""
    return ()


async def opened_database(settings: Settings) -> DeskDatabase:
    """The desk's own database, made and migrated where it must be. Raises StartError."""
    desk = settings.desk
    url = desk.database
    if url.startswith(_SQLITE):
        url = f"{_SQLITE}{in_state_folder(Path(url.removeprefix(_SQLITE)))}"
    database = DeskDatabase(ledger_url(url, desk.database_password.get_secret_value()))
    try:
        await database.prepare()
    except (LedgerError, OSError, SQLAlchemyError) as problem:
        await database.close()
        what = f"desk.database cannot be used: {problem}"
        raise StartError(what, "see that the folder, or the server, is there and may be written") from None
    return database


async def _beat() -> None:
    """systemd replaces a desk that hangs."""
    limit = watchdog_seconds()
    if limit is None:
        await asyncio.Event().wait()
        return
    while True:
        notify("WATCHDOG=1")
        await asyncio.sleep(limit / 3)
