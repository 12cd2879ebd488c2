"""The composition root: every part is built here, by hand, top to bottom."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from zoneinfo import ZoneInfo

from ami_adapters.app_queue.backfill import QueueLogGap
from ami_adapters.app_queue.events import WatchedQueues
from ami_adapters.connection.charge import Charge
from ami_adapters.connection.link import AmiLink, LinkState, LinkTimes
from ami_adapters.connection.link_faults import Trouble, Troubles
from ami_adapters.connection.owner import Owner
from ami_adapters.connection.pbx_connection import PbxConnection
from ami_adapters.queue_log.transfers import TRANSFERS
from callengine.chores.schedule import Chores
from callengine.chores.timer_jobs import audit, closed, measure_lag, note_alive
from callengine.http.api.callbacks import CallbackApi
from callengine.http.api.figures import FiguresApi
from callengine.http.auth.setup import open_gate
from callengine.loop.engine_loop import Engine
from callengine.loop.live_callbacks import LiveCallbacks
from callengine.loop.obligation_alarms import ObligationAlarms
from callengine.loop.overload_guard import TICK_SECONDS, OverloadGuard
from callengine.observers.journal_log import told_in
from callengine.observers.ledger_health import LedgerWatch, opened_ledger
from callengine.observers.queue_log import QueueLogFeed
from callengine.observers.unlisted_calls import UnlistedCalls
from callengine.pbx.login import login_of
from callengine.platform.clock import SystemClock
from callengine.platform.identity import is_gone, this_process
from callengine.platform.logs import get_log
from callengine.platform.systemd import notify, watchdog_seconds
from callengine.realtime.seed import recount
from callengine.realtime.statistics import COUNTED_FOR, RealtimeStatistics
from callengine.reconcile.sources import FromInside
from callengine.reports.schedule import ReportSchedule
from callengine.run.condition import conditions
from callengine.run.desk_side import DeskSide
from callengine.run.parts import http_door, metrics_of
from callengine.run.planned_chores import plan
from callengine.run.reload import read_anew
from callengine.run.signals import signals
from callengine.run.watched_before import watched_before
from callengine.wallboard.board import Links
from callengine.wallboard.setup import follow as follow_board
from callengine.wallboard.setup import links_of, open_board
from callengine.wallboard.source import BoardSource
from config.policies import centre_policy
from config.settings import Settings
from queues.dispatcher import Dispatcher
from queues.live_state import CentreView
from queues.messages.events import Event, PolicyChanged
from queues.messages.journal import CallOffered
from queues.policy import CentrePolicy
from storage.leases import Holding, LeaseLostError
from storage.ledger import Ledger
from storage.queries.realtime_seed import figure_rows

_HUNG_BACKLOG = 20_000


class Application:
    """One engine for one Asterisk. `start`, then `run` until told to stop."""

    def __init__(
        self,
        settings: Settings,
        *,
        clock: SystemClock | None = None,
        policy: CentrePolicy | None = None,
        link_times: LinkTimes | None = None,
        record: Callable[[bytes], None] | None = None,
        settings_path: Path | None = None,
        me: Owner | None = None,
        left: Owner | None = None,
        times_lost: int = 0,
    ) -> None:
        """`settings_path` is read anew by SIGHUP. `left`: who was in charge of the PBX before us."""
        self._me = me or this_process(settings.pbx.username)
        self._left = left
        self._times_lost = times_lost
        self.stood_down = ""  # Why this engine is not in charge any more.
        self.taken_by: Holding | None = None  # When it was the ledger that told.
        self._settings = settings
        self._settings_path = settings_path
        self.clock = clock or SystemClock()
        self._log = get_log("callengine.application")
        self.reports = ReportSchedule(settings, self.clock.now, self._log)
        self.zone, now = ZoneInfo(settings.centre.time_zone), self.clock.now()
        self.chores = Chores(self.zone, self._log)
        self._policy = policy or centre_policy(settings)
        self._link_times = link_times
        self._record = record
        self.unlisted = UnlistedCalls(self.clock.now, self._log)
        self.told = ((CallOffered, self.unlisted.observe), *told_in(self._log, self.clock.now))
        self._stop_wanted, self._tasks = asyncio.Event(), list[asyncio.Task[None]]()
        self.tally = RealtimeStatistics(
            {name: queue.promise for name, queue in self._policy.queues.items()},
            self.zone,
            now,
            not_recovered=self._policy.not_recovered,
        )
        self.ledger: Ledger | None = None
        self._dispatcher: Dispatcher | None = None
        self._engine: Engine | None = None
        self._last_step: timedelta | None = None

    async def start(self) -> None:
        """Open the ledger, take up what was left open, listen, connect. Raises TokenError, LedgerError, OSError."""
        settings, log, now = self._settings, self._log, self.clock.now()
        gate = open_gate(settings, self.clock.now)
        ledger = await opened_ledger(settings, now, log, me=self._me, left=self._left)
        self.ledger = ledger
        restored = await ledger.restored(now)
        dispatcher = Dispatcher(self._policy, epoch=ledger.epoch, started_at=now, node=ledger.node)
        self._dispatcher = dispatcher
        self.troubles = Troubles(log, self._on_trouble)
        me = replace(self._me, epoch=ledger.epoch)
        self.charge = Charge(
            me,
            log=log,
            is_gone=lambda owner: is_gone(owner, me),
            on_lost=lambda seen: self._stand_down(f"{seen.told()} is in charge of the PBX"),
        )
        self.queue_log = QueueLogFeed(
            settings, self._policy, lambda: self.charge.guard(self.link), self.clock.now
        )
        self.pbx = PbxConnection(
            self._policy.agents.values(),
            now=self.clock.now,
            log=log,
            trunks=self._policy.trunks,
            watched=WatchedQueues.of(self._policy),
            watched_before=watched_before(restored, self._policy),
            gap=QueueLogGap(settings.queue_log.file, await ledger.heard_until()),
            troubles=self.troubles,
            on_beat=self._on_beat,
            listeners=dict.fromkeys(TRANSFERS, self.queue_log.hear),
            charge=self.charge,
        )
        self.metrics = metrics = metrics_of(
            settings,
            self._policy,
            self.tally,
            dispatcher,
            self.pbx,
            self.charge,
            self.clock.now,
            self._times_lost,
        )
        self.ledger_watch = LedgerWatch(ledger, metrics.ledger, log)
        self.ledger_watch.on_lost = self._lose_ledger
        ledger.writer.start()
        self.alarm = ObligationAlarms(self.tell, self.clock.now, self.clock.wall)
        self.link = AmiLink(
            login_of(settings.pbx),
            self.pbx,
            now=self.clock.now,
            log=log,
            times=self._link_times,
            record=self._record,
            on_state=self._on_link_state,
            on_distorted=metrics.link.distorted.inc,
            on_unheard=metrics.link.note_unheard,
            troubles=self.troubles,
        )
        self.pbx.attach(self.link)
        metrics.inbox_leftovers.set_function(lambda: self.pbx.leftovers)
        self.desk = DeskSide(settings, dispatcher, ledger, self.clock.now, metrics.desk, log)
        self._engine = Engine(
            dispatcher,
            self.pbx,
            ledger.writer,
            ledger,
            self.alarm,
            self.clock,
            observers=(self.tally.observe, metrics.observe, self.queue_log.observe, self.desk.feed.observe),
            subscribers=(*self.told, *self.desk.subscribers),
            on_heard=metrics.heard,
            on_decision_seconds=metrics.decision_seconds.observe,
            houses=self.desk.houses,
        )
        self.pbx.tell_to(self._engine.hear, self._engine.caught_up)
        self.vitals = OverloadGuard(
            self._engine,
            self.pbx,
            self.troubles,
            metrics.link,
            log,
            monotonic=asyncio.get_running_loop().time,
            messages_read=lambda: self.link.messages_read,
        )
        self.charge.on_unconfirmed = lambda: self.vitals.fall_behind("not certain that we are in charge")
        async with ledger.reading() as reader:
            rows = await figure_rows(
                reader, ledger.node, now - COUNTED_FOR, now + timedelta(days=1), with_open=True
            )
        self.tally.load(recount(rows, self.tally.midnight), now)
        self.queue_log.take_up(restored, rows)
        self.alarm.start()
        self.tell(restored)
        self.board = open_board(
            settings,
            BoardSource(self.tally, self.view, self._links, self.clock.now),
            version("callengine"),
        )
        self.http = http_door(
            settings,
            metrics,
            self.health,
            gate=gate,
            api=CallbackApi(LiveCallbacks(self._engine, ledger, dispatcher.view, self.clock.now)),
            figures=FiguresApi(self.tally, self.clock.now, ledger.writer.flush),
            board=self.board,
            sheds=self.vitals.sheds_screens,
        )
        await self.http.start()
        await self.desk.open(self._engine)
        task = asyncio.get_running_loop().create_task
        self._tasks = [
            task(self._engine.run(), name="engine"),
            task(self._beat(), name="heartbeat"),
            task(measure_lag(metrics.loop_lag_seconds), name="loop lag"),
            task(audit(self.pbx), name="audit"),
            task(note_alive(ledger, self.clock.now), name="alive"),
        ]
        live = FromInside(self.tally, self.clock.now, ledger.writer.flush)
        differ, wanted = metrics.accounts_differ, lambda: self._settings
        plan(self.chores, wanted, ledger, live, self.reports, self._me, self.clock.now, differ, log)
        self.chores.start()
        self.link.start()
        log.info(
            "engine_started",
            msg="ready for calls",
            node=ledger.node,
            epoch=ledger.epoch,
            http_port=self.http.port,
        )
        notify("READY=1")

    async def run(self) -> None:
        """Until SIGTERM, SIGINT or `ask_to_stop`; a task that dies ends it with that error."""
        try:
            with signals(stop=self.ask_to_stop, reload=self.reload):
                stop = asyncio.get_running_loop().create_task(self._stop_wanted.wait())
                done, _ = await asyncio.wait({stop, *self._tasks}, return_when=asyncio.FIRST_COMPLETED)
                stop.cancel()
                for task in done - {stop}:
                    task.result()
        except LeaseLostError as problem:
            self._lose_ledger(problem)
        finally:
            await self.stop()

    def reload(self) -> None:
        """Read the settings anew: what can change changes now, no call is touched; a bad file changes nothing."""
        if self._settings_path is None:
            return
        found = read_anew(self._settings_path, self._settings, self._log)
        if found.settings is None:
            self.metrics.settings_refused()
            return
        self.metrics.settings_applied(len(found.awaiting_restart))
        self._settings = found.settings
        policy = self._policy = centre_policy(found.settings)
        promises = {name: queue.promise for name, queue in policy.queues.items()}
        self.tally.add_queues(promises, not_recovered=policy.not_recovered)
        self.metrics.follow(policy, found.settings.pause_names)
        self.tell(PolicyChanged(self.pbx.pbx_now(), policy))
        self.pbx.follow(policy)
        self.queue_log.follow(policy)
        follow_board(self.board, found.settings, version("callengine"))
        self._engine_or_fail().in_turn(self.desk.feed.renew)

    def ask_to_stop(self) -> None:
        """End `run`."""
        self._stop_wanted.set()

    def _lose_ledger(self, lost: LeaseLostError) -> None:
        self.taken_by = lost.holding
        self._stand_down(str(lost))

    def _stand_down(self, reason: str) -> None:
        """Another engine is in charge: nothing more is decided, sent or written from this moment on."""
        if not self.stood_down:
            self.stood_down = reason
            self._log.error("engine_stood_down", msg="not in charge of the PBX any more", reason=reason)
            if self._engine is not None:
                self._engine.stop()
            self.ask_to_stop()

    async def stop(self) -> None:
        """Offer nothing more, tell the dialplan, commit what was decided; calls go on without us."""
        notify("STOPPING=1")
        tasks, self._tasks = self._tasks, []
        if self._engine is not None:
            self._engine.stop()
        for task in tasks[1:]:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        farewell = self.pbx.stop_beating()
        if farewell is not None:
            await asyncio.wait({farewell}, timeout=1.0)
        self.reports.stop()
        await self.chores.stop()
        await self.pbx.close()
        await self.link.close()
        self.alarm.stop()
        await self.desk.close()
        await self.http.stop()
        if self.ledger is not None:
            await closed(self.ledger, self.clock.now(), self._log)
        self._log.info("engine_stopped", msg="ended as it should")

    def health(self) -> Mapping[str, bool]:
        """What must hold for the engine to do its work."""
        return conditions(self.link, self.pbx, self.vitals, self.ledger_watch, self.charge)

    def _links(self) -> Links:
        knows_pbx = self.link.state is LinkState.CONNECTED and self.pbx.is_synced
        return links_of(knows_pbx, self.pbx.trunks, self.unlisted.lately())

    def view(self) -> CentreView:
        """The live state, for screens."""
        if self._dispatcher is None:
            return CentreView((), (), synced=False)
        return self._dispatcher.view()

    def tell(self, event: Event) -> None:
        """Hand an event to the engine."""
        if self._engine is not None:
            self._engine.tell(event)

    def _on_trouble(self, trouble: Trouble, began: bool) -> None:  # the signature of a callback
        self.metrics.link.trouble_changed(trouble, began)

    def _on_beat(self, count: int) -> None:
        self.vitals.returned(count)

    def _on_link_state(self, state: LinkState) -> None:
        self.metrics.ami_connected.set(state is LinkState.CONNECTED)
        if state is LinkState.CONNECTED:
            self.metrics.ami_connection_made()
        notify(f"STATUS=AMI {state}")

    async def _beat(self) -> None:
        """Once a second, in the engine's own turn, so that a hung engine falls silent; systemd hears it too."""
        while True:
            self.clock_check()
            self.ledger_watch.check()
            self._look_at_the_unsettled()
            self.metrics.link.pbx_clock_offset.set(self.pbx.clock_offset.total_seconds())
            self.pbx.confirm_charge()
            self.vitals.tick()
            if watchdog_seconds() is not None and self._engine_or_fail().backlog < _HUNG_BACKLOG:
                notify("WATCHDOG=1")
            await asyncio.sleep(TICK_SECONDS)

    def _look_at_the_unsettled(self) -> None:
        """Calls that ended while nobody could say whether they are settled: ask again once somebody can."""
        engine = self._engine_or_fail()
        if engine.left_unsettled and self.ledger_watch.keeps_decisions and self.pbx.is_synced:
            engine.left_unsettled = False
            self.pbx.resync()

    def clock_check(self) -> None:
        """Notice that somebody set the machine's clock. Raises ClockSetBackError when only a new start goes by it."""
        step = self.clock.check()
        if step is not None and step != self._last_step:
            self._log.warning("clock_stepped", msg="the clock was set", seconds=step.total_seconds())
            self.metrics.link.clock_stepped(step.total_seconds())
            self.alarm.clock_stepped()
            self.chores.clock_stepped()
            self.vitals.clock_jumped(step.total_seconds())
        self._last_step = step
        self.clock.refuse_to_be_far_ahead()

    def _engine_or_fail(self) -> Engine:
        if self._engine is None:
            raise RuntimeError("the engine is not started")
        return self._engine
