"""Who is who on the PBX: residents' channels, agents' legs and bridges, from Newchannel to Hangup.

The only place that knows Uniqueid, Linkedid and channel names. Everything is forgotten at Hangup,
so it is as large as the number of live channels.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from queues.identifiers import AgentId, AttemptId, CallId, ChannelName, Endpoint
from queues.policy import AgentProfile


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


@dataclass(frozen=True, slots=True)
class AgentLeg:
    """A channel that Asterisk dialled to an agent's phone for a resident."""

    agent: AgentId
    channel: ChannelName
    call: CallId | None


@dataclass(slots=True)
class AttemptChannel:
    """The agent's channel of a callback. Its Uniqueid is the attempt's id, unless he dialled by hand."""

    attempt: AttemptId
    uniqueid: str
    name: ChannelName | None = None
    """Known once it dials."""
    is_dialling: bool = False
    is_contacted: bool = False
    dial_status: str = ""
    cause: int | None = None
    """Q.850 cause of the resident's leg."""


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
    residents: dict[str, ResidentChannel] = field(default_factory=dict)
    legs: dict[str, AgentLeg] = field(default_factory=dict)
    attempts: dict[str, AttemptChannel] = field(default_factory=dict)
    contacts: dict[str, ContactChannel] = field(default_factory=dict)
    """All by Uniqueid."""
    _uniqueid_of: dict[str, str] = field(default_factory=dict)
    bridges: dict[str, dict[str, ChannelName]] = field(default_factory=dict)
    """Who is in each bridge, by Uniqueid, with the channel's name."""
    _bridge_of: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, agents: Iterable[AgentProfile]) -> ChannelRegistry:
        """An empty registry that knows these agents' phones."""
        return cls({agent.endpoint: agent.id for agent in agents})

    def agent_of_channel(self, channel: str) -> AgentId | None:
        """The agent whose phone a channel name belongs to: `PJSIP/1001-0000002a` is `PJSIP/1001`'s."""
        return self.agents_by_endpoint.get(Endpoint(channel.rpartition("-")[0]))

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
            return None
        leg = AgentLeg(agent, ChannelName(channel), CallId(call) if call in self.residents else None)
        self.legs[uniqueid] = leg
        return leg

    def enter_bridge(self, uniqueid: str, bridge: str, channel: str) -> None:
        """A channel joined a bridge."""
        self.leave_bridge(uniqueid)
        self.bridges.setdefault(bridge, {})[uniqueid] = ChannelName(channel)
        self._bridge_of[uniqueid] = bridge

    def leave_bridge(self, uniqueid: str) -> str | None:
        """A channel left whatever bridge it was in; that bridge, None when it was in none."""
        bridge = self._bridge_of.pop(uniqueid, None)
        members = self.bridges.get(bridge) if bridge is not None else None
        if members is not None and bridge is not None:
            members.pop(uniqueid, None)
            if not members:
                del self.bridges[bridge]
        return bridge

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

    def leg_bridged_with(self, uniqueid: str) -> AgentLeg | None:
        """The agent's leg in the same bridge, None when there is none."""
        bridge = self._bridge_of.get(uniqueid)
        for member in self.bridges.get(bridge, ()) if bridge is not None else ():
            if member in self.legs:
                return self.legs[member]
        return None

    def rename(self, uniqueid: str, channel: str) -> None:
        """A masquerade gave the channel a new name: actions must use it from now on."""
        if uniqueid in self.residents:
            self.residents[uniqueid].name = ChannelName(channel)

    def forget(self, uniqueid: str) -> None:
        """The channel is gone."""
        self.leave_bridge(uniqueid)
        self.residents.pop(uniqueid, None)
        self.legs.pop(uniqueid, None)
        self.contacts.pop(uniqueid, None)
        attempt = self.attempts.pop(uniqueid, None)
        if attempt is not None:
            self._uniqueid_of.pop(attempt.attempt, None)

    def add_attempt(self, attempt: str, uniqueid: str = "") -> AttemptChannel:
        """A callback is being made; its channel will have this very id, unless it is there already."""
        uniqueid = uniqueid or attempt
        self._uniqueid_of[attempt] = uniqueid
        return self.attempts.setdefault(uniqueid, AttemptChannel(AttemptId(attempt), uniqueid))

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
        """A new connection: what was known may be over."""
        self.residents.clear()
        self.legs.clear()
        self.attempts.clear()
        self.contacts.clear()
        self._uniqueid_of.clear()
        self.bridges.clear()
        self._bridge_of.clear()
