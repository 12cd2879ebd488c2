"""Who speaks with a resident after the first answer: transfers of every kind, and music while an agent is away.

Read from bridges alone. A resident belongs to the agent whose channel is in his bridge; so it does not matter whether
he was moved to the colleague's bridge (REFER with Replaces) or the colleague to his (a feature code), nor in which
order the channels come and go. While both agents are with him he stays the first one's.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from ami_adapters.channel_registry import ChannelRegistry, ContactChannel, ResidentChannel
from queues import events
from queues.events import Event
from queues.identifiers import AgentId, ChannelName

_LOCAL = "Local/"
"""Halves of Asterisk's own, by which a feature code reaches the colleague; they are optimised away."""


class Conversations:
    """Answered residents in their bridges; forgets everything when the registry is cleared."""

    def __init__(self, registry: ChannelRegistry) -> None:
        self._registry = registry
        self._held: dict[str, tuple[str, ChannelName]] = {}
        """Residents who hear music: by whose channel, and the resident's own."""

    def bridge_changed(self, bridge: str, at: datetime) -> Iterator[Event]:
        """A channel joined or left it: an agent may be back, or a colleague may have taken over."""
        members = self._registry.bridges.get(bridge, {})
        agents = [
            agent
            for uniqueid, name in members.items()
            if (agent := self._registry.agent_speaking(uniqueid, name))
        ]
        if not agents:
            return
        for uniqueid, channel in members.items():
            held_by = self._held.get(uniqueid)
            if held_by is not None and held_by[0] not in members:
                del self._held[uniqueid]
                yield events.ConversationHeld(at, channel, held=False)
            yield from self._taken_over(uniqueid, agents, channel, at)

    def _taken_over(
        self, uniqueid: str, agents: list[AgentId], channel: ChannelName, at: datetime
    ) -> Iterator[Event]:
        served: ResidentChannel | ContactChannel | None = self._registry.residents.get(uniqueid)
        if isinstance(served, ResidentChannel) and not served.answered:
            return
        served = served or self._registry.contacts.get(uniqueid)
        if served is None or served.agent in agents:
            return
        served.agent = agents[0]
        if isinstance(served, ResidentChannel):
            yield events.CallTransferred(at, served.call, agents[0])
        else:
            yield events.AttemptPassedOn(at, served.attempt, agents[0], channel)

    def held_by(self, uniqueid: str, at: datetime) -> Iterator[Event]:
        """The agent's channel put the others of its bridge on hold."""
        members = self._registry.members_with(uniqueid)
        if uniqueid not in members or self._registry.agent_of_channel(members[uniqueid]) is None:
            return
        self._held = {one: holder for one, holder in self._held.items() if self._registry.members_with(one)}
        for member, channel in members.items():
            is_resident = not channel.startswith(_LOCAL) and self._registry.agent_of_channel(channel) is None
            if is_resident and member not in self._held:
                self._held[member] = (uniqueid, channel)
                yield events.ConversationHeld(at, channel, held=True)

    def taken_back_by(self, uniqueid: str, at: datetime) -> Iterator[Event]:
        """The agent's channel is back with whom it had put on hold."""
        for member, (holder, channel) in tuple(self._held.items()):
            if holder == uniqueid:
                del self._held[member]
                yield events.ConversationHeld(at, channel, held=False)

    def forget(self, uniqueid: str) -> None:
        """The channel is gone; whoever it had put on hold is still waiting."""
        self._held.pop(uniqueid, None)
