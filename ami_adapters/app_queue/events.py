"""app_queue's own events to domain events: whom a watched queue has, whom it lets go, who its members are.

Read as Asterisk 20–22 writes them (apps/app_queue.c). Two things it does not tell by an event of its own come
from the dialplan class, where the AMI user may read it and the event filter lets just these through: who is not
let in, and why somebody is sent away (`VarSet QUEUESTATUS`), and which queue a channel is going to (`Newexten Queue`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ami_adapters.channels.channel_registry import ChannelRegistry, ResidentChannel
from ami_adapters.protocol.ami_message import Message, instant_of
from queues.messages import events
from queues.messages.events import Event, OfferResult, QueueExit
from queues.policy import AgentProfile, CentrePolicy, Dispatch
from queues.terms.identifiers import AgentId, CallId, ChannelName, Did, QueueName
from queues.terms.phone import Phone

QUEUE_STATUS = "QUEUESTATUS"
EXITS: Mapping[str, QueueExit] = {
    "TIMEOUT": QueueExit.TIMED_OUT,
    "FULL": QueueExit.FULL,
    "JOINEMPTY": QueueExit.JOIN_EMPTY,
    "JOINUNAVAIL": QueueExit.JOIN_EMPTY,
    "LEAVEEMPTY": QueueExit.LEFT_EMPTY,
    "LEAVEUNAVAIL": QueueExit.LEFT_EMPTY,
    "WITHDRAW": QueueExit.WITHDRAWN,
}
"""Asterisk's QUEUESTATUS; CONTINUE is no exit: he was answered."""

_DIALLABLE = frozenset("0123456789+*#")


@dataclass(frozen=True, slots=True)
class WatchedQueues:
    """Which of app_queue's queues stand for which of ours, and who of our agents are their members."""

    queues: Mapping[str, QueueName] = field(default_factory=dict)
    members: Mapping[str, AgentId] = field(default_factory=dict)
    """Interface in queues.conf, or the name of a phone, to the agent."""
    by_membership: frozenset[AgentId] = frozenset()
    """Agents whose log-in and pauses are their membership: they serve Asterisk's queues only."""

    @classmethod
    def of(cls, policy: CentrePolicy) -> WatchedQueues:
        """What the settings say; empty where no queue is watched."""
        queues = {
            name: queue.name
            for queue in policy.queues.values()
            if queue.watch is not None
            for name in queue.watch.pbx_queues
        }
        if not queues:
            return cls()
        profiles = [agent for agent in policy.agents.values() if agent.queues & set(queues.values())]
        return cls(
            queues,
            {name: agent.id for agent in profiles for name in _names_of(agent)},
            frozenset(
                agent.id
                for agent in profiles
                if all(policy.queues[queue].dispatch is Dispatch.ASTERISK for queue in agent.queues)
            ),
        )

    def agent_of(self, interface: str) -> AgentId | None:
        """`PJSIP/1001`, `Local/1001@from-queue/n`: by what the settings say, else by the phone's name."""
        interface = interface.removesuffix("/n")
        found = self.members.get(interface)
        if found is None and interface.startswith("Local/"):
            found = self.members.get(interface.removeprefix("Local/").partition("@")[0])
        return found


def _names_of(agent: AgentProfile) -> Iterator[str]:
    yield agent.endpoint.partition("/")[2]
    yield agent.endpoint
    if agent.member:
        yield agent.member.removesuffix("/n")


def number_of(caller_id: str) -> Phone:
    """What may be a number of what app_queue shows; `<unknown>` is none."""
    return Phone("".join(char for char in without_parameters(caller_id) if char in _DIALLABLE)[:40])


def without_parameters(user: str) -> str:
    """The user part of an address as a trunk writes it: `+79161234567;phone-context=+7` is the number before `;`."""
    return user.partition(";")[0]


def name_of(caller_name: str) -> str:
    """The caller's name; `<unknown>` is none."""
    return "" if caller_name == "<unknown>" else caller_name


def created_at(uniqueid: str) -> datetime | None:
    """A channel's Uniqueid begins with its creation in whole seconds, after the system's name and a dash."""
    return instant_of(uniqueid.rpartition("-")[2].partition(".")[0])


@dataclass(slots=True)
class QueueWatch:
    """Keeps what app_queue's events leave to the reader to remember: members, and whom it let go how far."""

    watched: WatchedQueues
    registry: ChannelRegistry
    members: dict[AgentId, dict[str, str | None]] = field(default_factory=dict)
    """Of each agent by membership: his queues, and the reason of his pause there or None."""

    def translations(self) -> dict[str, Callable[[Message, datetime], Iterator[Event]]]:
        """By the event's name."""
        if not self.watched.queues:
            return {}
        return {
            "Newchannel": self._new_channel,
            "Newexten": self._new_extension,
            "VarSet": self._variable_set,
            "QueueCallerJoin": self._joined,
            "QueueCallerAbandon": self._abandoned,
            "QueueCallerLeave": self._left,
            "QueueMemberStatus": self._member,
        }

    def read_members(self, listed: Iterable[Message]) -> None:
        """QueueStatus's members, after a (re)connect."""
        self.members.clear()
        for message in listed:
            agent = self._agent_by_membership(message, "Location")
            if agent is not None:
                self.members.setdefault(agent, {})[message.text("Queue")] = _pause_of(message)

    def pause_of(self, agent: AgentId) -> str | None:
        """Paused means in every queue of his."""
        reasons = self.members.get(agent, {}).values()
        return next(iter(reasons)) if reasons and None not in reasons else None

    def _new_channel(self, message: Message, at: datetime) -> Iterator[Event]:
        self.registry.note_channel(message.text("Uniqueid"), at, without_parameters(message.text("Exten")))
        yield from ()

    def _new_extension(self, message: Message, _at: datetime) -> Iterator[Event]:
        if message.get("Application") == "Queue":
            queue = message.text("AppData").partition(",")[0].strip()
            self.registry.note_queue_wanted(message.text("Uniqueid"), queue)
        yield from ()

    def _joined(self, message: Message, at: datetime) -> Iterator[Event]:
        queue = self.watched.queues.get(message.text("Queue"))
        if queue is None:
            return
        resident = self.registry.residents.get(message.text("Uniqueid"))
        if resident is None:
            if self._is_of_an_agent(message):
                return
            yield self._arrival(message, queue, at)
            resident = self.registry.residents[message.text("Uniqueid")]
        resident.watched, resident.abandoned, resident.picked_up = queue, False, False
        yield events.QueueJoined(at, resident.call)

    def _is_of_an_agent(self, message: Message) -> bool:
        """An agent's own call into the queue, to a colleague or to try it out, is no resident's."""
        return self.registry.agent_of_channel(message.get("Channel")) is not None

    def _arrival(self, message: Message, queue: QueueName, at: datetime) -> Event:
        uniqueid = message.text("Uniqueid")
        channel = ChannelName(message.get("Channel"))
        self.registry.add_resident(uniqueid, channel).watched = queue
        known = self.registry.channels.get(uniqueid)
        return events.CallWatched(
            at=at,
            call=CallId(uniqueid),
            channel=channel,
            arrived_at=known.created_at if known is not None else (created_at(uniqueid) or at),
            queue=queue,
            did=Did(known.extension if known is not None else ""),
            number=number_of(message.text("CallerIDNum")),
            caller_name=name_of(message.text("CallerIDName")),
        )

    def _abandoned(self, message: Message, _at: datetime) -> Iterator[Event]:
        """Also sent for one who timed out, was withdrawn, or was redirected: what follows tells."""
        resident = self._watched_resident(message)
        if resident is not None:
            resident.abandoned = True
        yield from ()

    def _left(self, message: Message, at: datetime) -> Iterator[Event]:
        """With neither an abandonment nor an agent who picked up, he pressed a key."""
        resident = self._watched_resident(message)
        if resident is None or message.text("Queue") not in self.watched.queues:
            return
        if resident.abandoned:
            yield events.QueueLeft(at, resident.call, QueueExit.ABANDONED)
        elif not resident.picked_up:
            yield events.QueueLeft(at, resident.call, QueueExit.KEY)

    def _variable_set(self, message: Message, at: datetime) -> Iterator[Event]:
        found = EXITS.get(message.get("Value")) if message.get("Variable") == QUEUE_STATUS else None
        if found is None:
            return
        uniqueid = message.text("Uniqueid")
        resident = self.registry.residents.get(uniqueid)
        if resident is None:
            known = self.registry.channels.get(uniqueid)
            queue = self.watched.queues.get(known.queue_wanted) if known is not None else None
            if queue is None or self._is_of_an_agent(message):
                return
            yield self._arrival(message, queue, at)
        elif resident.watched is None:
            return
        yield events.QueueLeft(at, CallId(uniqueid), found)

    def _watched_resident(self, message: Message) -> ResidentChannel | None:
        resident = self.registry.residents.get(message.text("Uniqueid"))
        return resident if resident is not None and resident.watched is not None else None

    def _agent_by_membership(self, message: Message, header: str) -> AgentId | None:
        if message.text("Queue") not in self.watched.queues:
            return None
        agent = self.watched.agent_of(message.text(header))
        return agent if agent in self.watched.by_membership else None

    def member_changed(self, message: Message, at: datetime) -> Iterator[Event]:
        """QueueMemberAdded, QueueMemberPause, QueueMemberRemoved of any queue."""
        removed = message.name == "QueueMemberRemoved"
        yield from (self._member_removed if removed else self._member)(message, at)

    def _member(self, message: Message, at: datetime) -> Iterator[Event]:
        agent = self._agent_by_membership(message, "Interface")
        if agent is None:
            return
        before = self.pause_of(agent)
        if agent not in self.members:
            yield events.AgentLoggedIn(at, agent)
        self.members.setdefault(agent, {})[message.text("Queue")] = _pause_of(message)
        after = self.pause_of(agent)
        if after != before:
            yield events.AgentUnpaused(at, agent) if after is None else events.AgentPaused(at, agent, after)

    def _member_removed(self, message: Message, at: datetime) -> Iterator[Event]:
        agent = self._agent_by_membership(message, "Interface")
        queues = self.members.get(agent) if agent is not None else None
        if agent is None or queues is None:
            return
        queues.pop(message.text("Queue"), None)
        if not queues:
            del self.members[agent]
            yield events.AgentLoggedOut(at, agent)


def ring_end(
    message: Message, at: datetime, registry: ChannelRegistry, results: Mapping[str, OfferResult]
) -> Iterator[Event]:
    """DialEnd of a ring that Asterisk's own queue made, watched or fallback."""
    resident = registry.residents.get(message.text("Uniqueid"))
    leg = registry.legs.get(message.text("DestUniqueid"))
    if resident is None or (resident.watched is None and not resident.by_fallback):
        return
    if message.get("DialStatus") == "ANSWER":
        resident.picked_up = True
    elif leg is not None:
        result = results.get(message.get("DialStatus"), OfferResult.UNKNOWN)
        yield events.AgentRingEnded(at, resident.call, leg.agent, result)


def agent_dumped(message: Message, at: datetime, registry: ChannelRegistry) -> Iterator[Event]:
    """He picked up and hung up before he was connected: the resident stays in the queue."""
    resident = registry.residents.get(message.text("Uniqueid"))
    leg = registry.legs.get(message.text("DestUniqueid"))
    if resident is not None and leg is not None:
        resident.picked_up = False
        yield events.AgentRingEnded(at, resident.call, leg.agent, OfferResult.DECLINED)


def _pause_of(message: Message) -> str | None:
    return (message.text("PausedReason") or "pause") if message.text("Paused") == "1" else None
