"""One Asterisk as the engine sees it: domain events come out in order, commands go in.

After every (re)connect the PBX is asked what is so before anything is decided: AMI messages that come
meanwhile wait, and follow the snapshot in their order.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from ami_adapters.app_queue.backfill import QueueLogGap
from ami_adapters.app_queue.events import WatchedQueues
from ami_adapters.channels.channel_registry import ChannelRegistry
from ami_adapters.connection import trunk_questions
from ami_adapters.connection.charge import Charge, Link
from ami_adapters.connection.echo import Beats, NoLink
from ami_adapters.connection.link_faults import Trouble, Troubles
from ami_adapters.connection.missed_hangups import ChannelAudit
from ami_adapters.connection.trunks import TRUNK_EVENTS, TrunkWatch
from ami_adapters.protocol import actions
from ami_adapters.protocol.actions import Action
from ami_adapters.protocol.ami_message import Message, instant_of
from ami_adapters.protocol.errors import AmiError, NotConnected, NotInCharge
from ami_adapters.protocol.log import Log
from ami_adapters.protocol.pending_actions import Response
from ami_adapters.resync.inbox import InboxReader
from ami_adapters.resync.snapshot import SNAPSHOT_ACTIONS, SnapshotResult, read_snapshot
from ami_adapters.translation.command_translation import actions_of
from ami_adapters.translation.event_translation import EventTranslator
from queues.messages import events
from queues.messages.commands import Command, DialCallback, FetchFromFallback, OfferCall, SetFallbackMember
from queues.messages.events import Event
from queues.policy import AgentProfile, CentrePolicy
from queues.terms.identifiers import QueueName

MAX_HELD_MESSAGES = 50_000
"""More than this while a snapshot is taken: the snapshot is taken anew."""
RESYNC_PAUSE_SECONDS = 1.0
CLOCK_SMOOTHING = 8


def _to_nobody(event: Event) -> None:
    raise RuntimeError(f"{type(event).__name__} before anybody is there to take it")


class PbxConnection:
    """Translates between one AMI link and the engine.

    `sink` takes domain events, synchronously and in order; whoever is built after us comes by `tell_to`. `now` is the
    engine's clock. `listeners` get the messages of their names at once.
    The owner calls `on_connected`, `on_disconnected` and `on_message` as the link tells them.
    """

    def __init__(
        self,
        agents: Iterable[AgentProfile],
        *,
        sink: Callable[[Event], None] = _to_nobody,
        now: Callable[[], datetime],
        log: Log,
        told: Callable[[], Awaitable[None]] | None = None,
        watched: WatchedQueues | None = None,
        watched_before: Mapping[str, QueueName] | None = None,
        gap: QueueLogGap | None = None,
        trunks: Iterable[str] = (),
        troubles: Troubles | None = None,
        on_beat: Callable[[int], None] = lambda count: None,
        listeners: Mapping[str, Callable[[Message], None]] = MappingProxyType({}),
        charge: Charge | None = None,
    ) -> None:
        self.trunks = TrunkWatch(trunks)
        """What is known of the PBX's trunks; nothing while there is no link."""
        self._link: Link = NoLink()
        self._wire: Link = NoLink()
        """As `_link`, for the charge's own business."""
        self._charge = charge
        self._listeners = listeners
        self._told = told or _at_once
        """Returns when the engine has handled all that it was told."""
        self.leftovers = 0
        """Entries of AstDB that are damaged or not ours, as the last snapshot found them."""
        self._sink = sink
        self._now = now
        self._log = log
        self._registry = ChannelRegistry.of(agents)
        self._registry.watched_before.update(watched_before or {})
        self._translator = EventTranslator(self._registry, self.pbx_now, watched)
        self._gap = gap or QueueLogGap()
        self._clock_offset = timedelta(0)
        self._held: list[Message] | None = []
        self._connected = False
        self._resync: asyncio.Task[None] | None = None
        self._troubles = troubles or Troubles(log)
        self._beats = Beats(self._troubles, on_beat)
        self._channel_audit = ChannelAudit(self._registry, self._troubles)
        self._connections = 0
        self._is_deaf = False
        self.shed_messages = 0
        """AMI events that were not looked at, because a snapshot will tell what became of them."""
        self.last_event_at: datetime | None = None
        """When Asterisk last told us anything by itself, by our clock."""

    def attach(self, link: Link) -> None:
        """The link to send by; it is built after us because it tells us what it hears."""
        self._wire = link
        self._link = link if self._charge is None else self._charge.guard(link)

    def tell_to(self, sink: Callable[[Event], None], told: Callable[[], Awaitable[None]]) -> None:
        """Who takes the events from now on, and returns from `told` when it has handled all that it was told."""
        self._sink, self._told = sink, told

    @property
    def connection(self) -> int:
        """Number of the present connection, counted from 1; 0 while there is none."""
        return self._connections if self._connected else 0

    @property
    def is_synced(self) -> bool:
        """Whether a snapshot was taken on the present connection."""
        return self._held is None

    @property
    def clock_offset(self) -> timedelta:
        """Asterisk's clock minus ours, as its answers to Ping tell."""
        return self._clock_offset

    def pbx_now(self) -> datetime:
        """Asterisk's clock as estimated from its answers to Ping."""
        return self._now() + self._clock_offset

    def on_clock_reading(self, pbx_time: datetime, read_at: datetime) -> None:
        """A Ping's Timestamp and when we read it: smooths the offset between the two clocks."""
        measured = pbx_time - read_at
        if abs(measured - self._clock_offset) > timedelta(seconds=1):
            self._clock_offset = measured
        else:
            self._clock_offset += (measured - self._clock_offset) / CLOCK_SMOOTHING

    def on_connected(self) -> None:
        """Logged in: hold the messages and ask what is so."""
        self._connected = True
        self._connections += 1
        self._beats.begin_anew()
        self._troubles.end(Trouble.PERMISSION, Trouble.EVENTS_MISSING, Trouble.HANG_UPS_MISSING)
        self._begin_snapshot()

    def resync(self) -> None:
        """What we know may be wrong: ask what is so, as after a reconnect. Nothing is decided until it is known."""
        if self._connected:
            self._lose_sync()
            self._begin_snapshot()

    def go_deaf(self) -> None:
        """We cannot follow: look at nothing but our own beats until `resync`."""
        if self._connected:
            self._lose_sync()
            self._is_deaf = True

    def _lose_sync(self) -> None:
        self._cancel_resync()
        if self.is_synced:
            self._sink(events.PbxLost(self.pbx_now()))
        self._held = []

    def _begin_snapshot(self) -> None:
        self._is_deaf = False
        self._held = []
        self._cancel_resync()
        self._resync = asyncio.get_running_loop().create_task(self._take_snapshot(), name="snapshot")

    def follow(self, policy: CentrePolicy) -> None:
        """Agents, trunks and watched queues are these now: the PBX is asked anew what is so, calls go on."""
        self._registry.agents_by_endpoint = {agent.endpoint: agent.id for agent in policy.agents.values()}
        self._translator.watch(WatchedQueues.of(policy))
        self.trunks.follow(policy.trunks)
        if self._connected:
            self.on_connected()

    def on_disconnected(self) -> None:
        """The link is down: what happens from here on is not known."""
        self._cancel_resync()
        if self._connected:
            self._connected = False
            self._held = []
            self._gap.begins(self.pbx_now())
            self.trunks.forget()
            self._sink(events.PbxLost(self.pbx_now()))

    def on_message(self, message: Message) -> None:
        """One AMI event, in the order Asterisk sent it."""
        self.last_event_at = self._now()
        if message.name == "UserEvent" and self._beats.hear(message):
            return
        if (listener := self._listeners.get(message.name)) is not None:
            listener(message)
        if self._held is not None:
            # Beyond the limit the snapshot is taken anew, so what is not held is not needed.
            if self._is_deaf or len(self._held) > MAX_HELD_MESSAGES:
                self.shed_messages += 1
            else:
                self._held.append(message)
            return
        if message.name in TRUNK_EVENTS and self.trunks.hear(message):
            trunk_questions.ask(self._link, self.trunks)
        for event in self._translator.translate(message):
            self._sink(event)

    def execute(self, command: Command) -> None:
        """Send a command's actions now. A refused offer comes back as an OfferRefused event."""
        try:
            futures = [self._link.send_nowait(action) for action in actions_of(command, self._registry)]
        except AmiError as problem:
            self._refuse(command, str(problem), outcome_known=True)
            return
        for future in futures[:-1]:
            future.add_done_callback(_retrieve)
        futures[-1].add_done_callback(lambda future: self._on_outcome(command, future))

    def beat(self) -> None:
        """Tell the dialplan that the engine is alive: epoch seconds by Asterisk's clock."""
        if self._charge is not None:
            self._charge.beat(self._wire, self.pbx_now())

    def confirm_charge(self) -> None:
        """Look whether we are still in charge of the PBX; outside the engine's turn, which may be long."""
        if self._charge is not None and self._connected:
            self._charge.confirm(self._wire, self.pbx_now)

    def send_pulse(self, count: int) -> bool:
        """Send a number through the PBX and back; whether it went out."""
        return self._beats.send(self._link, count)

    def stop_beating(self) -> asyncio.Future[Response] | None:
        """Tell the dialplan that the engine stops: residents go on to the fallback queue at once."""
        return None if self._charge is None else self._charge.farewell(self._wire)

    async def audit(self) -> None:
        """Whether somebody hung up and we did not hear it; then ask anew what is so."""
        if self.is_synced and await self._channel_audit.finds_unheard_ends(self._link):
            self.resync()

    async def close(self) -> None:
        """End the snapshot task, if one is under way."""
        task = self._resync
        self._cancel_resync()
        if task is not None:
            await asyncio.gather(task, return_exceptions=True)

    def _on_outcome(self, command: Command, future: asyncio.Future[Response]) -> None:
        if future.cancelled():
            return
        problem = future.exception()
        if problem is not None:
            known = isinstance(problem, NotConnected)
            self._refuse(command, type(problem).__name__, outcome_known=known)
        elif not future.result().success:
            self._beats.note_permission(future)
            self._refuse(command, future.result().message, outcome_known=True)

    def _refuse(self, command: Command, reason: str, *, outcome_known: bool) -> None:
        if not isinstance(command, FetchFromFallback | SetFallbackMember):
            # (Of these, a refusal says that it is so already, or that he has just left.)
            self._log.warning(
                "command_refused",
                msg="the PBX refused what the engine ordered",
                command=type(command).__name__,
                reason=reason,
            )
        if isinstance(command, OfferCall):
            self._sink(events.OfferRefused(self.pbx_now(), command.offer, reason, outcome_known))
        elif isinstance(command, DialCallback):
            if outcome_known and command.channel is None:
                self._registry.forget_attempt(command.attempt)
            self._sink(events.AttemptRefused(self.pbx_now(), command.attempt, reason, outcome_known))

    def _cancel_resync(self) -> None:
        if self._resync is not None:
            self._resync.cancel()
            self._resync = None

    async def _take_snapshot(self) -> None:
        """Ask until there is an answer; then hand over the snapshot and what came meanwhile."""
        first = True
        while True:
            self._registry.clear()
            self._held = []
            try:
                started_at = await self._read_clocks()
                if first and self._charge is not None:
                    # Whoever asks from now on whether we are there waits for us; whoever went to the fallback before
                    # is in the lists that follow. Not again when the lists fail: then we are not there.
                    await self._charge.take(self._wire, self.pbx_now)
                    first = False
                answers = await self._ask(list(SNAPSHOT_ACTIONS.values()))
            except NotInCharge as problem:
                self._log.warning(
                    "snapshot_left_to_other_engine",
                    msg="another engine is in charge of the PBX",
                    reason=str(problem),
                )
                return
            except AmiError as problem:
                self._log.warning(
                    "snapshot_failed",
                    msg="the PBX could not be asked what happens there; tried again",
                    reason=str(problem),
                )
                await asyncio.sleep(RESYNC_PAUSE_SECONDS)
                continue
            if len(self._held) > MAX_HELD_MESSAGES:
                continue
            break
        by_name = dict(zip(SNAPSHOT_ACTIONS, answers, strict=True))
        queue_watch = self._translator.queue_watch
        result = read_snapshot(
            by_name,
            self._registry,
            self.pbx_now(),
            started_at,
            queue_watch=queue_watch,
            logged=await self._gap.calls(queue_watch.watched, by_name["queues"], self._log),
        )
        held, self._held = self._held, None
        self.trunks.read_devices(by_name["devices"])
        self._sink(replace(result.snapshot, catching_up=True, inbox_follows=True))
        for message in held:
            self.on_message(message)
        self._sink(events.PbxCaughtUp(self.pbx_now()))
        self._log.info(
            "snapshot_taken",
            msg="what happens on the PBX is known",
            calls=len(result.snapshot.calls),
            ended=len(result.snapshot.ended),
            held_messages=len(held),
        )
        trunk_questions.ask(self._link, self.trunks)
        await self._read_inbox(result)
        self._resync = None

    async def _read_inbox(self, result: SnapshotResult) -> None:
        """While calls go on. When the link breaks meanwhile, the next snapshot begins anew."""
        while True:
            reader = InboxReader(
                self._link,
                self._sink,
                self._told,
                self.pbx_now,
                began_at=result.snapshot.at,
                pbx_started_at=result.snapshot.pbx_started_at,
                agents=self._registry.agents_by_endpoint,
                leftovers=list(result.damaged_keys),
            )
            try:
                await reader.read()
                break
            except AmiError as problem:
                self._log.warning(
                    "inbox_read_failed",
                    msg="calls that ended while nobody looked are not known yet; tried again",
                    reason=str(problem),
                )
                await asyncio.sleep(RESYNC_PAUSE_SECONDS)
        self.leftovers = reader.report(self._log)

    async def _read_clocks(self) -> datetime | None:
        """Asterisk's clock, and when it was started (it tells that in its own zone)."""
        pong = await self._link.send_nowait(actions.ping())
        pbx_time = instant_of(pong.text("Timestamp"))
        if pbx_time is not None:
            self.on_clock_reading(pbx_time, self._now())
        status = await self._link.send_nowait(actions.core_status())
        zone = await self._link.send_nowait(actions.getvar("STRFTIME(,,%z)"))
        started = f"{status.text('CoreStartupDate')}T{status.text('CoreStartupTime')}{zone.text('Value')}"
        try:
            return datetime.fromisoformat(started).astimezone(UTC)
        except ValueError:
            return None

    async def _ask(self, wanted: Sequence[Action]) -> list[Sequence[Message]]:
        """Send all at once, wait for all. An empty AstDB family answers with an error: that is an empty list."""
        waiting: list[Awaitable[Response]] = [self._link.send_nowait(action) for action in wanted]
        responses = await asyncio.gather(*waiting)
        return [response.events if response.success else () for response in responses]


async def _at_once() -> None:
    """Nobody is waited for."""


def _retrieve(future: asyncio.Future[Response]) -> None:
    """Nobody waits for this answer; its failure shows by what follows."""
    if not future.cancelled():
        future.exception()
