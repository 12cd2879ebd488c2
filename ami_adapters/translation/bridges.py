"""Who speaks with a resident: the first answer, transfers of every kind, and music while an agent is away.

Read from bridges alone. A resident belongs to the agent whose channel is in his bridge; so it does not matter whose
phone was rung (a colleague may have picked it up), whether he was moved to the colleague's bridge (REFER with
Replaces) or the colleague to his (a feature code), nor in which order the channels come and go. While both agents are
with him he stays the first one's. A bridge with anything but a telephone is no answer: a call that a phone sent on
(302) ends in a Local channel behind which a phrase may be played.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from ami_adapters.channels.channel_registry import ChannelRegistry, ContactChannel, ResidentChannel
from ami_adapters.channels.local_channels import is_local
from queues.messages import events
from queues.messages.events import Event
from queues.terms.identifiers import AgentId, CallId, ChannelName


class Conversations:
    """Residents in their bridges; forgets everything when the registry is cleared."""

    def __init__(self, registry: ChannelRegistry) -> None:
        self._registry = registry
        self._held: dict[str, tuple[str, ChannelName]] = {}
        """Residents who hear music: by whose channel, and the resident's own."""

    def bridge_changed(self, bridge: str, at: datetime) -> Iterator[Event]:
        """A channel joined or left it: an agent may be back, or a colleague may have taken over."""
        members = self._registry.bridges.get(bridge, {})
        agents = {
            uniqueid: agent
            for uniqueid, name in members.items()
            if (agent := self._registry.agent_speaking(uniqueid, name))
        }
        for uniqueid in tuple(members):
            resident = self._registry.residents.get(uniqueid)
            if resident is not None and not resident.answered:
                yield from self._answered(resident, members, agents, at)
        if not agents:
            return
        for uniqueid, channel in tuple(members.items()):
            held_by = self._held.get(uniqueid)
            if held_by is not None and held_by[0] not in members:
                del self._held[uniqueid]
                yield events.ConversationHeld(at, channel, held=False)
            yield from self._taken_over(uniqueid, agents, channel, at)

    def _answered(
        self,
        resident: ResidentChannel,
        members: Mapping[str, ChannelName],
        agents: Mapping[str, AgentId],
        at: datetime,
    ) -> Iterator[Event]:
        """An agent's telephone is with him, or, where Asterisk's own queue serves, a telephone of nobody we know."""
        legs = self._registry.legs
        rung = (one for one in agents if one in legs and legs[one].call == resident.call)
        speaking = next(rung, None) or next(iter(agents), None)
        if speaking is not None:
            resident.agent = agents[speaking]
            if speaking not in legs:
                self._registry.take_leg(speaking, resident.call)
        elif not (resident.by_fallback or resident.watched is not None) or not any(
            self._registry.stranger_speaking(one, channel, resident.call) for one, channel in members.items()
        ):
            return
        resident.answered = True
        yield events.CallAnswered(at, resident.call, resident.agent, resident.by_fallback)

    def _taken_over(
        self, uniqueid: str, agents: Mapping[str, AgentId], channel: ChannelName, at: datetime
    ) -> Iterator[Event]:
        served: ResidentChannel | ContactChannel | None = self._registry.residents.get(uniqueid)
        if isinstance(served, ResidentChannel) and not served.answered:
            return
        served = served or self._registry.contacts.get(uniqueid)
        if served is None or served.agent in agents.values():
            return
        by, served.agent = next(iter(agents.items()))
        if isinstance(served, ResidentChannel):
            self._registry.take_leg(by, served.call)
            yield events.CallTransferred(at, served.call, served.agent)
        else:
            yield events.AttemptPassedOn(at, served.attempt, served.agent, channel)

    def left_by(self, agent: AgentId, call: CallId | None, at: datetime) -> Iterator[Event]:
        """His telephone is gone; another call of it may be with the resident already (*2 that came back to him)."""
        for resident in self._registry.left_by(agent, call):
            bridge = self._registry.bridge_of(resident)
            if bridge is not None:
                yield from self.bridge_changed(bridge, at)

    def held_by(self, uniqueid: str, at: datetime) -> Iterator[Event]:
        """The agent's channel put the others of its bridge on hold."""
        members = self._registry.members_with(uniqueid)
        if uniqueid not in members or self._registry.agent_of_channel(members[uniqueid]) is None:
            return
        self._held = {one: holder for one, holder in self._held.items() if self._registry.members_with(one)}
        for member, channel in members.items():
            is_resident = not is_local(channel) and self._registry.agent_of_channel(channel) is None
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
