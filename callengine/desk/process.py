"""The desk's composition root: every part is built here, by hand."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from importlib.metadata import version
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError

from callengine.chores.schedule import Chores
from callengine.control.places import desk_socket
from callengine.desk import retention
from callengine.desk.accounts import pages as account_pages
from callengine.desk.accounts.agent_accounts import AgentAccounts
from callengine.desk.accounts.doorkeeper import DeskDoorkeeper
from callengine.desk.accounts.parts import Parts
from callengine.desk.accounts.sign_in_pages import SignInPages
from callengine.desk.agent_page.asking import ByOutbox
from callengine.desk.agent_page.assembly import Neighbours, agent_page
from callengine.desk.agent_page.catching_up import MissedCards
from callengine.desk.agent_page.centre import centre_of
from callengine.desk.agent_page.pops.pinned_articles import PinnedArticles
from callengine.desk.api.document import with_document
from callengine.desk.api.routes import Api
from callengine.desk.cards import privacy as cards_privacy
from callengine.desk.company.pages import CompanyPages
from callengine.desk.data.database import DeskDatabase
from callengine.desk.data.place import data_folder, database_url, files_folder, own
from callengine.desk.directory import pages as directory_pages
from callengine.desk.directory import privacy as directory_privacy
from callengine.desk.directory.house_labels import HouseLabels
from callengine.desk.directory.imports.running import Loads
from callengine.desk.directory.pages.desk import DirectoryDesk
from callengine.desk.engine_link.follower import EngineFollower
from callengine.desk.files import privacy as files_privacy
from callengine.desk.files.pages import FilePages
from callengine.desk.files.shelf import FileLimits, FileShelf
from callengine.desk.floor.by_outbox import OrdersByOutbox
from callengine.desk.floor.pages import FloorPages
from callengine.desk.history.contact_pages import ContactPages
from callengine.desk.history.outgoing_pages import OutgoingPages
from callengine.desk.history.pages import HistoryPages
from callengine.desk.history.sounds import Sounds
from callengine.desk.knowledge import pages as knowledge_pages
from callengine.desk.knowledge.attachments import Attachments
from callengine.desk.knowledge.surroundings import Surroundings
from callengine.desk.ledger.names import names_of
from callengine.desk.ledger.reader import LedgerReader, ledger_for_desk, reader_of
from callengine.desk.ledger.revision import tell_of_ledger
from callengine.desk.people.account_rules import Roster
from callengine.desk.people.doors.passwords import Passwords
from callengine.desk.people.doors.signing_in import DoorRules, SigningIn
from callengine.desk.people.privacy import Privacy, Share
from callengine.desk.people.rights import Right, Role
from callengine.desk.web.drawing import Drawing, Place
from callengine.desk.web.figures import DeskFigures
from callengine.desk.web.gate import Gate
from callengine.desk.web.open_requests import OpenRequests
from callengine.desk.web.routes import DeskRoute
from callengine.desk.web.server import DeskServer
from callengine.platform.clock import SystemClock
from callengine.platform.logs import get_log
from callengine.platform.paths import in_state_folder
from callengine.platform.start_errors import MIGRATE, StartError
from callengine.platform.systemd import notify, watchdog_seconds
from config.settings import Settings
from storage.schema.errors import LedgerError, OlderSchema
from storage.schema.revisions import Fit

_UPLOADS = "callengine-desk-uploads"
"""Files on their way into the directory; each goes when it is loaded or thrown away."""
_TIDY_AT = time(3, 40)
"""By the centre's clock, after retention."""
PLACES = (
    Place("work", "/desk/work", Right.AGENT_PAGE),
    Place("floor", "/desk/floor", Right.FLOOR_SEE),
    Place("company", "/desk/company", Right.COMPANY_PAGE),
    Place("calls", "/desk/calls", Right.CALLS_SEE),
    Place("contacts", "/desk/contacts", Right.FIGURES),
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
    now, reader = SystemClock().now, reader_of(settings)
    shelf = await opened_shelf(settings, database, now)
    loads = Loads(database, now, own(Path(_UPLOADS)), free_mb=settings.desk.disk_free_mb)
    await loads.recover()
    commands = ByOutbox(database, in_state_folder(desk_socket(settings.http.control_socket)), now)
    orders = OrdersByOutbox(database, now, commands.wake)
    subjects = subject_routes(settings, database, reader, follower, loads, now, orders, shelf=shelf)
    pinned = PinnedArticles(Attachments(shelf))
    work = agent_page(
        settings, database, parts_drawing(settings), follower, now, Neighbours(pinned, commands, reader)
    )
    commands.on_refused = work.pages.refused
    missed = MissedCards(reader, database, pinned, centre_of(settings), now)
    missed.on_card, work.pages.on_anew = work.pages.cards_changed, missed.wake
    await missed.begin()
    pages = assembled(settings, database, now, loop.time, (*subjects, *work.routes))
    server = DeskServer(
        settings.desk.host,
        settings.desk.port,
        follower,
        pages.gate,
        pages.routes,
        settings.desk.public_address,
        settings.desk.files_address,
    )
    _watched(settings, server, database, follower, commands)
    try:
        await server.start()
    except StartError:
        await reader.close()
        await database.close()
        raise
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    tasks = [
        loop.create_task(follower.run(), name="engine link"),
        loop.create_task(work.pages.run(), name="agents' pages"),
        loop.create_task(commands.run(), name="outbox"),
        loop.create_task(missed.run(), name="missed cards"),
        loop.create_task(database.mend(), name="database"),
        loop.create_task(_beat(), name="watchdog"),
        loop.create_task(stop.wait(), name="stop"),
    ]
    telling = loop.create_task(tell_of_ledger(reader, log), name="the ledger's revision")
    chores = Chores(ZoneInfo(settings.centre.time_zone), log)
    chores.daily("retention", retention.AT, lambda: retention.forget_tonight(database, settings, now, log))
    chores.daily("files", _TIDY_AT, lambda: shelf.tidy(log))
    chores.start()
    log.info("desk_started", msg="ready for browsers", http_port=server.port)
    notify("READY=1")
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        notify("STOPPING=1")
        for task in (*tasks, telling):
            task.cancel()
        await asyncio.gather(*tasks, telling, return_exceptions=True)
        await chores.stop()
        await server.stop()
        await loads.close()
        await reader.close()
        await database.close()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
        log.info("desk_stopped", msg="ended as it should")


@dataclass(frozen=True, slots=True)
class Pages:
    """What the door opens to."""

    gate: Gate
    routes: tuple[DeskRoute, ...]
    parts: Parts


def assembled(
    settings: Settings,
    database: DeskDatabase,
    now: Callable[[], datetime],
    seconds: Callable[[], float],
    subjects: Sequence[DeskRoute] = (),
) -> Pages:
    """Every route of every subject, behind the gate. `seconds`: a monotonic clock."""
    desk, language = settings.desk, settings.centre.language
    passwords, open_requests = Passwords(), OpenRequests()
    signing_in = SigningIn(database, passwords, door_rules(settings), now, seconds)
    doorkeeper = DeskDoorkeeper(database, signing_in, language, now, https=desk.https)
    parts = Parts(
        database,
        doorkeeper,
        signing_in,
        passwords,
        open_requests,
        roster_of(settings),
        Privacy(privacy_shares()),
        now,
        address_of(settings),
    )
    behind = with_document(
        version("callengine"), (*account_pages.routes(parts, ZoneInfo(settings.centre.time_zone)), *subjects)
    )
    shown = {route.path for route in behind}
    places = [place for place in PLACES if place.path in shown]
    drawing = Drawing(
        ZoneInfo(settings.centre.time_zone), places, version("callengine"), names_of(settings).queue
    )
    drawing.trouble = lambda: database.trouble
    gate = Gate(doorkeeper, drawing, language, open_requests)
    return Pages(gate, (*behind, *SignInPages(parts, places).routes()), parts)


def subject_routes(
    settings: Settings,
    database: DeskDatabase,
    reader: LedgerReader,
    follower: EngineFollower,
    loads: Loads,
    now: Callable[[], datetime],
    orders: OrdersByOutbox | None = None,
    *,
    shelf: FileShelf,
) -> tuple[DeskRoute, ...]:
    """Those of every subject; accounts are not one."""
    known = {one.id: one.name for one in settings.companies}
    directory = DirectoryDesk(database, now, loads, known)
    names, zone = names_of(settings), ZoneInfo(settings.centre.time_zone)
    sounds = Sounds(settings.desk.recordings, now)
    history = HistoryPages(reader, database, names, sounds, zone, now)
    outgoing = OutgoingPages(reader, database, names, sounds, zone, now)
    floor = FloorPages(follower, database, names, now, orders)
    company = CompanyPages(follower, reader, database, settings, names, now)
    knowledge = knowledge_pages.routes(knowledge_around(settings, database, now, shelf))
    return (
        *directory_pages.routes(directory),
        *floor.routes(),
        *company.routes(),
        *history.routes(),
        *outgoing.routes(),
        *ContactPages(database, names, zone, now).routes(),
        *knowledge,
        *FilePages(shelf).routes(),
        *Api(database, reader, zone, now, Attachments(shelf)).routes(),
    )


def parts_drawing(settings: Settings) -> Drawing:
    """For pieces of pages that a stream patches: they have no head."""
    return Drawing(ZoneInfo(settings.centre.time_zone), (), version("callengine"), names_of(settings).queue)


def knowledge_around(
    settings: Settings, database: DeskDatabase, now: Callable[[], datetime], shelf: FileShelf
) -> Surroundings:
    """What the knowledge base must know of others."""
    lines = [(line.queue, line.company) for line in settings.lines]
    queues = {agent.id: frozenset(agent.queues) for agent in settings.agents}

    def served_by(agent: str) -> frozenset[str]:
        mine = queues.get(agent, frozenset())
        return frozenset(company for queue, company in lines if queue in mine)

    names = {company.id: company.name for company in settings.companies}
    zone = ZoneInfo(settings.centre.time_zone)
    attachments = Attachments(shelf)
    return Surroundings(database, HouseLabels(), AgentAccounts(), names, served_by, now, zone, attachments)


def privacy_shares() -> tuple[Share, ...]:
    """What each subject keeps of a resident; the directory's is first."""
    return (directory_privacy.SHARE, cards_privacy.SHARE, files_privacy.SHARE)


def roster_of(settings: Settings) -> Roster:
    """Whom the settings name."""
    return Roster(
        {one.id: one.name for one in settings.agents}, {one.id: one.name for one in settings.companies}
    )


def door_rules(settings: Settings) -> DoorRules:
    """What the settings say of the door."""
    desk = settings.desk
    return DoorRules(
        timedelta(minutes=desk.session_idle_minutes),
        timedelta(days=desk.session_days),
        timedelta(hours=desk.link_hours),
        frozenset(Role(one) for one in desk.second_factor),
    )


def address_of(settings: Settings) -> str:
    """As links to the desk begin."""
    desk = settings.desk
    return desk.public_address or f"http://{desk.host}:{desk.port}"


def _refuse_the_ledger(own: URL, settings: Settings) -> None:
    """Law 10: whoever stands still in a transaction of its own holds up the engine's. Raises StartError."""
    ledger = ledger_for_desk(settings)
    files = [
        Path(one.database) for one in (own, ledger) if one.database and one.drivername.startswith("sqlite")
    ]
    if len(files) == 2 and all(one.exists() for one in files) and files[0].samefile(files[1]):
        right = 'name a file of its own; default: "sqlite:///callengine-desk.db"'
        raise StartError(f"desk.database: {files[0]} is the engine's ledger", right)


async def opened_database(settings: Settings) -> DeskDatabase:
    """The desk's own database, made where there is none. Raises StartError."""
    url = database_url(settings)
    _refuse_the_ledger(url, settings)
    database = DeskDatabase(url)
    try:
        found = await database.prepare()
    except (LedgerError, OSError, SQLAlchemyError) as problem:
        await database.close()
        what = f"desk.database cannot be used: {problem}"
        right = "see that the folder, or the server, is there and may be written"
        raise StartError(what, MIGRATE if isinstance(problem, OlderSchema) else right) from None
    if found.fit is Fit.NEWER:
        get_log("callengine.desk").warning(
            "desk_database_is_newer",
            msg="made by a newer version; all that this one knows is there",
            revision=found.revision,
        )
    return database


def _watched(
    settings: Settings,
    server: DeskServer,
    database: DeskDatabase,
    follower: EngineFollower,
    commands: ByOutbox,
) -> None:
    """What programs are told at its door."""
    now = SystemClock().now
    figures = DeskFigures(server.registry, database, data_folder(settings), now, commands.oldest)
    server.takes = lambda: database.trouble is None
    server.before_scrape = figures.refresh
    follower.on_heard = figures.heard
    commands.on_sent, commands.on_answer = figures.sent, figures.answered


async def opened_shelf(settings: Settings, database: DeskDatabase, now: Callable[[], datetime]) -> FileShelf:
    """The folder of files, made where it must be. Raises StartError, and closes the database then."""
    desk, folder = settings.desk, files_folder(settings)
    limits = FileLimits(desk.file_mb, desk.company_files_mb, desk.disk_free_mb)
    try:
        return FileShelf(database, folder, limits, now, desk.files_address)
    except OSError as problem:
        await database.close()
        what = f"desk.files: {folder} cannot be used: {problem.strerror}"
        raise StartError(what, "name a folder that the desk's user may write") from None


async def _beat() -> None:
    """systemd replaces a desk that hangs."""
    limit = watchdog_seconds()
    if limit is None:
        await asyncio.Event().wait()
        return
    while True:
        notify("WATCHDOG=1")
        await asyncio.sleep(limit / 3)
