"""Who is who on the PBX: residents' channels, agents' legs and bridges, from Newchannel to Hangup.

The only place that knows Uniqueid, Linkedid and channel names. Everything is forgotten at Hangup,
so it is as large as the number of live channels.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from ami_adapters.channels.local_channels import LocalChannels, is_local
from queues.policy import AgentProfile
from queues.terms.identifiers import AgentId, AttemptId, CallId, ChannelName, Endpoint, QueueName
from queues.terms.refusals import LegEnd


@dataclass(slots=True)
class ResidentChannel:
    """A resident's channel as last seen; `name` may change by a masquerade (Rename)."""

    call: CallId
    name: ChannelName
    by_fallback: bool = False
    answered: bool = False
    agent: AgentId | None = None
    """Whom he speaks with."""
    ring_seconds_set: int | None = None
    label_set: str | None = None
    watched: QueueName | None = None
    """He is, or was, in an app_queue that stands for this queue of ours."""
    sent_on: bool = False
    """The phone that was rung for him wanted the call elsewhere (302): app_dial keeps nothing of that."""
    abandoned: bool = False
    """QueueCallerAbandon came for him; what follows tells whether he did."""
    picked_up: bool = False
    """An agent whom Asterisk's queue rang took him; they are being connected."""
    agent_left_first: bool | None = None
    """Who of the two left the bridge first; None while both are in it."""


@dataclass(slots=True)
class NewChannel:
    """A channel as it was when it was created: kept only where queues of Asterisk's own are watched."""

    created_at: datetime
    extension: str
    """The number dialled, for a trunk's channel."""
    queue_wanted: str = ""
    """The queue that its dialplan is sending it to."""


@dataclass(frozen=True, slots=True)
class AgentLeg:
    """A channel that Asterisk dialled to an agent's phone for a resident."""

    agent: AgentId
    channel: ChannelName
    call: CallId | None
    uniqueid: str = ""


@dataclass(slots=True)
class AttemptChannel:
    """The agent's channel of a callback. Its Uniqueid is the attempt's id, unless he dialled by hand."""

    attempt: AttemptId
    uniqueid: str
    trunk: str = ""
    """Through which the resident is dialled."""
    name: ChannelName | None = None
    """Known once it dials."""
    agent_dial_status: str = ""
    """DialEnd's word on the agent's own phone; empty before."""
    was_rung: bool = False
    """The channel is there: its Hangup tells the end."""
    is_dialling: bool = False
    is_contacted: bool = False
    dial_status: str = ""
    leg_end: LegEnd = field(default_factory=LegEnd)
    """Of the resident's leg."""


@dataclass(slots=True)
class ContactChannel:
    """A resident's telephone that a callback reached; it may outlive the channel of the agent who dialled."""

    attempt: AttemptId
    agent: AgentId | None
    """Whom he speaks with."""


@dataclass(slots=True)
class ChannelRegistry:
    """Live channels of residents and agents, and who is in which bridge."""

    agents_by_endpoint: dict[Endpoint, AgentId]
    agent_of_member: Callable[[str], AgentId | None] | None = None
    """Who a member of a watched queue is, by his interface; None where no queue is watched."""
    channels: dict[str, NewChannel] = field(default_factory=dict)
    watched_before: dict[str, QueueName] = field(default_factory=dict)
    """Whom we watched when the link broke, or when the engine before us did, by Uniqueid."""
    residents: dict[str, ResidentChannel] = field(default_factory=dict)
    legs: dict[str, AgentLeg] = field(default_factory=dict)
    attempts: dict[str, AttemptChannel] = field(default_factory=dict)
    contacts: dict[str, ContactChannel] = field(default_factory=dict)
    phones: dict[str, AgentId] = field(default_factory=dict)
    """Channels of agents' phones, whatever they are for."""
    strangers: dict[str, str] = field(default_factory=dict)
    """Phones of nobody in the settings that the PBX's own dialplan or queue rings, and for whose channel.

    All by Uniqueid."""
    _uniqueid_of: dict[str, str] = field(default_factory=dict)
    bridges: dict[str, dict[str, ChannelName]] = field(default_factory=dict)
    """Who is in each bridge, by Uniqueid, with the channel's name."""
    _bridge_of: dict[str, str] = field(default_factory=dict)
    _local: LocalChannels = field(default_factory=LocalChannels)

    @classmethod
    def of(
        cls,
        agents: Iterable[AgentProfile],
        agent_of_member: Callable[[str], AgentId | None] | None = None,
    ) -> ChannelRegistry:
        """An empty registry that knows these agents' phones."""
        return cls({agent.endpoint: agent.id for agent in agents}, agent_of_member)

    def agent_of_channel(self, channel: str) -> AgentId | None:
        """The agent whose phone a channel name belongs to: `PJSIP/1001-0000002a` is `PJSIP/1001`'s.

        `Local/1001@from-queue-00000004;1` is the member `Local/1001@from-queue` of a watched queue.
        """
        device = channel.rpartition("-")[0]
        found = self.agents_by_endpoint.get(Endpoint(device))
        return found if found or self.agent_of_member is None else self.agent_of_member(device)

    def add_resident(self, uniqueid: str, channel: str) -> ResidentChannel:
        """A resident announced himself; telling it twice changes nothing."""
        resident = self.residents.get(uniqueid)
        if resident is None:
            resident = ResidentChannel(CallId(uniqueid), ChannelName(channel))
            self.residents[uniqueid] = resident
        return resident

    def add_leg(self, uniqueid: str, channel: str, call: str | None) -> AgentLeg | None:
        """Asterisk dials `channel`; None when it is nobody's phone we know."""
        agent = self.agent_of_channel(channel)
        if agent is None:
            if call in self.residents:
                self.strangers[uniqueid] = call
            return None
        leg = AgentLeg(
            agent, ChannelName(channel), CallId(call) if call in self.residents else None, uniqueid
        )
        self.legs[uniqueid] = leg
        return leg

    def note_phone(self, uniqueid: str, channel: str) -> AgentId | None:
        """A channel was seen; the agent, if it is his phone's and the first that is up."""
        agent = None if is_local(channel) else self.agent_of_channel(channel)
        if agent is None or uniqueid in self.phones:
            return None
        is_first = agent not in self.phones.values()
        self.phones[uniqueid] = agent
        return agent if is_first else None

    def forget_phone(self, uniqueid: str) -> AgentId | None:
        """A channel is gone; the agent, if it was his phone's last."""
        agent = self.phones.pop(uniqueid, None)
        return None if agent in self.phones.values() else agent

    def enter_bridge(self, uniqueid: str, bridge: str, channel: str) -> None:
        """A channel joined a bridge."""
        self.leave_bridge(uniqueid)
        self._local.note(uniqueid, channel)
        if uniqueid in self.residents:
            self.residents[uniqueid].agent_left_first = None
        self.bridges.setdefault(bridge, {})[uniqueid] = ChannelName(channel)
        self._bridge_of[uniqueid] = bridge

    def leave_bridge(self, uniqueid: str) -> str | None:
        """A channel left whatever bridge it was in; that bridge, None when it was in none."""
        bridge = self._bridge_of.pop(uniqueid, None)
        members = self.bridges.get(bridge) if bridge is not None else None
        self._note_who_left(uniqueid, members or ())
        if members is not None and bridge is not None:
            members.pop(uniqueid, None)
            if not members:
                del self.bridges[bridge]
        return bridge

    def bridge_of(self, uniqueid: str) -> str | None:
        """The bridge that a channel is in."""
        return self._bridge_of.get(uniqueid)

    def members_with(self, uniqueid: str) -> dict[str, ChannelName]:
        """Everybody in the bridge of this channel, itself included; empty when it is in none."""
        bridge = self._bridge_of.get(uniqueid)
        return {} if bridge is None else self.bridges.get(bridge, {})

    def note_contact(self, uniqueid: str) -> None:
        """The agent's channel of a callback is bridged: whoever is there and no agent is the resident's telephone."""
        members = self.members_with(uniqueid)
        attempt = self.attempts[uniqueid]
        for member, channel in members.items():
            if member != uniqueid and self.agent_of_channel(channel) is None:
                agent = self.agent_of_channel(members[uniqueid])
                self.contacts[member] = ContactChannel(attempt.attempt, agent)

    def _note_who_left(self, uniqueid: str, members: Iterable[str]) -> None:
        for member in members:
            resident = self.residents.get(member)
            if resident is not None and resident.agent_left_first is None:
                resident.agent_left_first = member != uniqueid

    def note_channel(self, uniqueid: str, created_at: datetime, extension: str) -> None:
        """A channel was created."""
        self.channels.setdefault(uniqueid, NewChannel(created_at, extension))

    def note_queue_wanted(self, uniqueid: str, queue: str) -> None:
        """Its dialplan is about to put it into this app_queue."""
        channel = self.channels.get(uniqueid)
        if channel is not None:
            channel.queue_wanted = queue

    def leg_bridged_with(self, uniqueid: str) -> AgentLeg | None:
        """The agent's leg in the same bridge, or in the one behind a Local channel there; None when there is none."""
        near = self.members_with(uniqueid)
        for member in near:
            beyond = self._local.other_half(member)
            far = self.members_with(beyond) if beyond is not None else {}
            found = next((self.legs[one] for one in far if one in self.legs), None)
            if found is not None:
                return found
        return next((self.legs[member] for member in near if member in self.legs), None)

    def agent_speaking(self, uniqueid: str, channel: str) -> AgentId | None:
        """Whose phone a bridge's member is; of a Local channel, whose phone is at its far side now."""
        if not is_local(channel):
            return self.agent_of_channel(channel)
        return next(
            (agent for _, name in self._beyond(uniqueid) if (agent := self.agent_of_channel(name))), None
        )

    def stranger_speaking(self, uniqueid: str, channel: str, call: CallId) -> bool:
        """Whether a bridge's member is a telephone of nobody in the settings that was dialled for this call.

        A Local channel is no telephone: whoever is at its far side may be, and a phrase that is played there is not.
        """
        if self.strangers.get(uniqueid) != call:
            return False
        return not is_local(channel) or any(not is_local(name) for _, name in self._beyond(uniqueid))

    def is_with_somebody(self, uniqueid: str) -> bool:
        """Whether a telephone is in the channel's bridge besides itself, or behind a Local channel there."""
        others = [(one, name) for one, name in self.members_with(uniqueid).items() if one != uniqueid]
        others += [far for one, name in others if is_local(name) for far in self._beyond(one)]
        return any(not is_local(name) for _, name in others)

    def _beyond(self, uniqueid: str) -> list[tuple[str, ChannelName]]:
        """Who is bridged with the other half of a Local channel."""
        half = self._local.other_half(uniqueid)
        return [] if half is None else [one for one in self.members_with(half).items() if one[0] != half]

    def bridges_behind(self, bridge: str) -> list[str]:
        """Bridges that Local channels join to this one."""
        halves = [self._local.other_half(member) for member in self.bridges.get(bridge, {})]
        return [self._bridge_of[half] for half in halves if half in self._bridge_of]

    def take_leg(self, uniqueid: str, call: CallId) -> None:
        """An agent's channel that nobody dialled for this call serves it now: he picked it up."""
        channel = self.members_with(uniqueid).get(uniqueid)
        agent = None if channel is None else self.agent_of_channel(channel)
        if channel is not None and agent is not None and uniqueid not in self.attempts:
            self.legs[uniqueid] = AgentLeg(agent, channel, call, uniqueid)

    def left_by(self, agent: AgentId, call: CallId | None) -> list[str]:
        """His telephone is gone: whoever it spoke with is with nobody until one is with him again, be it the same.

        Their channels: who called, and whom he or a colleague called back.
        """
        resident = self.residents.get(call or "")
        left = [(one, contact) for one, contact in self.contacts.items() if contact.agent == agent]
        for _, contact in left:
            contact.agent = None
        if resident is None or resident.agent != agent:
            return [one for one, _ in left]
        resident.agent = None
        return [resident.call, *(one for one, _ in left)]

    def rename(self, uniqueid: str, channel: str) -> None:
        """A masquerade gave the channel a new name: actions must use it, and it is whose phone it says, from now on."""
        name = ChannelName(channel)
        if uniqueid in self.residents:
            self.residents[uniqueid].name = name
        bridged = self.members_with(uniqueid)
        if uniqueid in bridged:
            bridged[uniqueid] = name
        leg = self.legs.get(uniqueid)
        if leg is not None:
            self.legs[uniqueid] = replace(leg, channel=name, agent=self.agent_of_channel(name) or leg.agent)

    def forget(self, uniqueid: str) -> None:
        """The channel is gone."""
        self.leave_bridge(uniqueid)
        self.residents.pop(uniqueid, None)
        self.legs.pop(uniqueid, None)
        self.contacts.pop(uniqueid, None)
        self.strangers.pop(uniqueid, None)
        self.channels.pop(uniqueid, None)
        self._local.forget(uniqueid)
        attempt = self.attempts.pop(uniqueid, None)
        if attempt is not None:
            self._uniqueid_of.pop(attempt.attempt, None)

    def forget_all_but(self, alive: Collection[str]) -> None:
        """A list of every live channel was taken."""
        for uniqueid in [one for one in self.channels if one not in alive]:
            del self.channels[uniqueid]
        self.watched_before.clear()

    def far_end_of(self, attempt: AttemptChannel) -> str | None:
        """The far end of the trunk that was dialled, if the agent hears it: nobody else is evidence of a contact."""
        for member, channel in self.members_with(attempt.uniqueid).items():
            technology, _, rest = channel.rpartition("-")[0].partition("/")
            if member == attempt.uniqueid or technology != "PJSIP":
                continue
            # Found by a snapshot without its trunk: whoever is no agent's phone.
            if rest == attempt.trunk or (not attempt.trunk and self.agent_of_channel(channel) is None):
                return member
        return None

    def add_attempt(self, attempt: str, uniqueid: str = "", trunk: str = "") -> AttemptChannel:
        """A callback is being made; its channel will have this very id, unless it is there already."""
        uniqueid = uniqueid or attempt
        self._uniqueid_of[attempt] = uniqueid
        return self.attempts.setdefault(uniqueid, AttemptChannel(AttemptId(attempt), uniqueid, trunk))

    def forget_attempt(self, attempt: str) -> None:
        """It was refused: it has no channel, and no hang-up will tell."""
        self.attempts.pop(self._uniqueid_of.pop(attempt, attempt), None)

    def channel_of(self, attempt: str) -> AttemptChannel | None:
        """The agent's channel of a callback that is under way."""
        return self.attempts.get(self._uniqueid_of.get(attempt, attempt))

    def take_for_call(self, attempt: str, call: CallId) -> ChannelName | None:
        """The agent's channel of a callback serves a resident's own call from now on; None when it is gone."""
        channel = self.channel_of(attempt)
        name = None if channel is None else channel.name
        agent = None if name is None else self.agent_of_channel(name)
        if channel is None or name is None or agent is None:
            return None
        del self.attempts[channel.uniqueid], self._uniqueid_of[attempt]
        self.legs[channel.uniqueid] = AgentLeg(agent, name, call)
        return name

    def clear(self) -> None:
        """A new connection: what was known may be over. Whom we watched is looked for in the lists."""
        self.watched_before.update(
            (uniqueid, resident.watched)
            for uniqueid, resident in self.residents.items()
            if resident.watched is not None
        )
        self.residents.clear()
        self.legs.clear()
        self.attempts.clear()
        self.contacts.clear()
        self.strangers.clear()
        self.phones.clear()
        self._uniqueid_of.clear()
        self.bridges.clear()
        self._bridge_of.clear()
        self._local.clear()
