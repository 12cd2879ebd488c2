"""The calls and agents of this moment, made of the engine's snapshot and of what happened since: a pure value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from callengine.control import live_messages as live


class LostThread(Exception):
    """A message is missing, or speaks of what the picture does not have: begin again with a snapshot."""


@dataclass(frozen=True, slots=True)
class Call:
    """One resident on the line."""

    call: str
    company: str
    queue: str
    number: str
    """Whole; empty: withheld."""
    arrived_at: datetime
    state: str
    """As the engine calls it: arrived, waiting, offered, talking, fallback, …"""
    agent: str | None = None
    """To whom it is offered, or who speaks with him."""
    offer: str | None = None


@dataclass(frozen=True, slots=True)
class Agent:
    """One agent."""

    agent: str
    name: str
    state: str
    pause_reason: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Picture:
    """All of it at `at`, the engine's clock."""

    n: int
    at: datetime
    synced: bool
    calls: Mapping[str, Call] = field(default_factory=dict)
    agents: Mapping[str, Agent] = field(default_factory=dict)


def begun(snapshot: live.Snapshot) -> Picture:
    """From a snapshot, whatever was known before."""
    calls = {
        one.call: Call(
            one.call, one.company, one.queue, one.number, one.arrived_at, one.state, one.agent or None
        )
        for one in snapshot.calls
    }
    agents = {
        one.agent: Agent(one.agent, one.name, one.state, one.pause_reason, one.since)
        for one in snapshot.agents
    }
    return Picture(snapshot.n, snapshot.at, snapshot.synced, calls, agents)


def followed(picture: Picture | None, message: live.Live) -> Picture:
    """The picture after this message. Raises LostThread."""
    if isinstance(message, live.Snapshot):
        return begun(message)
    if picture is None or message.n != picture.n + 1:
        raise LostThread(f"after message {None if picture is None else picture.n} came {message.n}")
    return _after(replace(picture, n=message.n, at=message.at), message)


def passed_over(picture: Picture | None) -> Picture:
    """The picture after a message of a newer engine that this version does not know. Raises LostThread."""
    if picture is None:
        raise LostThread("no snapshot came first")
    return replace(picture, n=picture.n + 1)


def _after(picture: Picture, message: live.Live) -> Picture:
    match message:
        case live.CallArrived():
            call = Call(
                message.call, message.company, message.queue, message.number, message.arrived_at, "arrived"
            )
            return replace(picture, calls={**picture.calls, call.call: call})
        case live.CallWaits():
            return _changed(picture, message.call, state="waiting", agent=None, offer=None)
        case live.CallOffered():
            return _changed(picture, message.call, state="offered", agent=message.agent, offer=message.offer)
        case live.OfferOver():
            offered = next((one.call for one in picture.calls.values() if one.offer == message.offer), "")
            return _changed(picture, offered, state="waiting", agent=None, offer=None)
        case live.CallAnswered():
            return _changed(picture, message.call, state="talking", agent=message.agent, offer=None)
        case live.CallHandedOver():
            return _changed(picture, message.call, agent=message.agent)
        case live.CallEnded():
            left = {call: one for call, one in picture.calls.items() if call != message.call}
            return replace(picture, calls=left)
        case live.AgentIs():
            return _with_agent(picture, message)
        case live.PbxSeen():
            return replace(picture, synced=message.synced)
        case live.Beat() | live.Snapshot():
            return picture


def _changed(picture: Picture, call: str, **changes: str | None) -> Picture:
    """A call that is over already, or was offered before the snapshot, changes nothing."""
    known = picture.calls.get(call)
    if known is None:
        return picture
    return replace(picture, calls={**picture.calls, call: replace(known, **changes)})  # type: ignore[arg-type]  # a table of fields


def _with_agent(picture: Picture, message: live.AgentIs) -> Picture:
    known = picture.agents.get(message.agent)
    if known is None:
        raise LostThread(f"agent {message.agent} is new")
    now = replace(known, state=message.state, pause_reason=message.reason, since=message.at)
    return replace(picture, agents={**picture.agents, message.agent: now})
