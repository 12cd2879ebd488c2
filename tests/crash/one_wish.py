"""One wish of a person at the desk on its way to the engine and back; whoever carries it may die at any await.

A missed call is closed by hand: the supervisor has reached the resident 55 s after his arrival. Desk and engine are
the real ones with their databases and their socket; twenty minutes have passed since by the engine's clock.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from callengine.control.feed import Feed
from callengine.control.places import desk_socket
from callengine.control.wishes import Wish
from callengine.desk.agent_page.asking import ByOutbox
from callengine.desk.data.database import DeskDatabase
from callengine.desk.outbox.wishes import keep
from callengine.loop.desk_commands import DeskCommands
from callengine.loop.engine_loop import Engine
from callengine.loop.left_wishes import LeftWishes
from callengine.platform.logs import get_log
from queues.dispatcher import Dispatcher
from queues.messages import events
from queues.messages.events import DeviceState, LiveAgent, PbxSnapshot
from queues.messages.journal import CommandDecided
from queues.terms.identifiers import AgentId, CallId
from storage.desk.outsider import desk_reader
from storage.ledger import open_ledger
from storage.schema.database import ledger_url
from storage.spool.writer import Spool
from tests.crash.one_missed_call import Alarms, Pbx
from tests.support.centre import arrived, holding, moment, small_centre
from tests.support.desk_pages import SUPERVISOR, desk_database
from tests.support.dying_loop import now_it_counts
from tests.support.ledger_desk import A1, opened_desk, play
from tests.support.manual_clock import ManualClock

NODE, CALL = "pbx", CallId("c1")
REACHED_AT, SINCE = moment(55), moment(1200)
WISH = Wish(
    id="wish-of-the-crash-test",
    kind="callback_close",
    account="2",
    by="Старшая смены",
    made_at=moment(60),
    obligation=f"ob-{NODE}-{CALL}",
    company="sever",
    reason="reached from a mobile",
    contacted_at=REACHED_AT,
)
_PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Place:
    """A folder with both databases and the socket between."""

    folder: Path

    @property
    def ledger(self) -> Path:
        """The engine's."""
        return self.folder / "ledger.db"

    @property
    def desk(self) -> Path:
        """The desk's."""
        return self.folder / "desk.db"

    @property
    def socket(self) -> Path:
        """The engine's; the desk's is beside it."""
        return self.folder / "c.sock"

    def outbox(self) -> list[tuple[object, ...]]:
        """Each wish: whether it is answered, and done."""
        return _rows(self.desk, "SELECT answered_at IS NOT NULL, done FROM outbox")

    def is_answered(self) -> bool:
        """All of it, committed by the desk."""
        found = self.outbox()
        return bool(found) and all(row[0] for row in found)

    def decided(self) -> list[tuple[object, ...]]:
        """What the engine has committed."""
        return _rows(self.ledger, "SELECT command, refusal FROM desk_commands")

    def is_decided(self) -> bool:
        """Whether the engine has committed anything."""
        return bool(self.decided())

    def note(self, turns: int) -> None:
        """How many turns a program took."""
        (self.folder / "turns").write_text(str(turns))

    async def furnish(self) -> None:
        """Both databases, and one missed call that is owed an answer."""
        ledger = await open_ledger(f"sqlite:///{self.ledger}", NODE, moment(0))
        ledger.writer.start()
        centre = opened_desk(ledger, node=NODE)
        busy = events.AgentDeviceChanged(moment(0), A1, DeviceState.BUSY)
        play(
            ledger, centre, [busy, arrived(CALL, 0), holding(CALL, 0), events.CallEnded(moment(2), CALL, 16)]
        )
        await ledger.close()
        async with desk_database(f"sqlite:///{self.desk}"):
            pass


def _rows(file: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute(query).fetchall()


async def engine(place: Place, is_over: Callable[[], bool]) -> None:
    """One run of an engine, until it is over. Raises TimeoutError."""
    clock, pbx, alarms = ManualClock(SINCE), Pbx(), Alarms()
    spool = Spool(place.folder / "spool", NODE)
    ledger = await open_ledger(f"sqlite:///{place.ledger}", NODE, clock.now(), spool=spool)
    now_it_counts()
    ledger.writer.start()
    ledger.writer._flush_seconds = 0.002
    dispatcher = Dispatcher(small_centre(1), epoch=ledger.epoch, started_at=clock.now(), node=NODE)
    commands = DeskCommands(ledger, clock.now)
    feed = Feed(dispatcher, clock.now, decider=commands)
    core = Engine(
        dispatcher,
        pbx,
        ledger.writer,
        ledger,
        alarms,
        clock,
        observers=(feed.observe,),
        subscribers=((CommandDecided, commands.observe),),
    )
    commands.loop = core
    core.tell(await ledger.restored(clock.now()))
    agent = LiveAgent(AgentId("1001"), DeviceState.IDLE, logged_in=False)
    core.tell(PbxSnapshot(clock.now() + timedelta(seconds=1), (), (agent,)))
    left = LeftWishes(
        desk_reader(ledger_url(f"sqlite:///{place.desk}")),
        commands.decide,
        get_log("callengine.test"),
        is_ready=lambda: dispatcher.view().synced,
        desk_is_there=lambda: feed.readers > 0,
        pause_seconds=0.05,
    )
    running = asyncio.create_task(core.run())
    await feed.open(place.socket)
    reading = asyncio.create_task(left.run())
    await _until(is_over)
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    await left.close()
    await feed.close()
    core.stop()
    await running
    await ledger.close()


async def desk(place: Place) -> None:
    """One run of a desk: whoever sits there sends his form again, until his wish is answered. Raises TimeoutError."""
    clock = ManualClock(SINCE)
    database = DeskDatabase(ledger_url(f"sqlite:///{place.desk}"))
    now_it_counts()
    outbox = ByOutbox(database, desk_socket(place.socket), clock.now)
    async with database.writing() as connection:
        await keep(connection, SUPERVISOR, WISH.made_at, WISH)
    sending = asyncio.create_task(outbox.run())
    await _until(place.is_answered)
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    await database.close()


async def both(place: Place) -> None:
    """Each beside the other in one process, so that they die at the same moment."""
    engines = asyncio.create_task(engine(place, place.is_answered))
    await _until(lambda: engines.done() or desk_socket(place.socket).exists())
    await asyncio.gather(engines, desk(place))


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(_PATIENCE):
        while not condition():
            await asyncio.sleep(0.01)
