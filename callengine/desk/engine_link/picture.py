"""The calls and agents of this moment, made of the engine's snapshot and of what happened since: a pure value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar

from callengine.control import live_messages as live

_T = TypeVar("_T")


class LostThread(Exception):
    """A message is missing: begin again with a snapshot."""


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
    label: str = ""
    """What the agent's phone shows: company and line."""
    did: str = ""
    line_kind: str = ""
    caller_name: str = ""
    queued_at: datetime | None = None
    answered_at: datetime | None = None
    priority: int = 0
    answer_by: datetime | None = None
    held: bool = False

    @property
    def place(self) -> tuple[int, datetime, str]:
        """His place among all who wait: the smaller is served first."""
        return (self.priority, self.answer_by or self.arrived_at, self.call)


@dataclass(frozen=True, slots=True)
class Agent:
    """One agent."""

    agent: str
    name: str
    state: str
    pause_reason: str
    since: datetime | None
    queues: tuple[str, ...] = ()
    call: str | None = None
    attempt: str | None = None
    wraps_up_until: datetime | None = None
    logged_in: bool = True


@dataclass(frozen=True, slots=True)
class Dial:
    """A callback that an agent is making."""

    attempt: str
    obligation: str
    agent: str | None
    state: str
    """ringing_agent, dialling or talking."""
    since: datetime


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A call that an agent makes by hand."""

    call: live.LiveOutgoing
    state: str
    """ringing_agent, dialling or talking."""
    talks_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """All of it at `at`, the engine's clock."""

    n: int
    at: datetime
    synced: bool
    calls: Mapping[str, Call] = field(default_factory=dict)
    agents: Mapping[str, Agent] = field(default_factory=dict)
    owed: Mapping[str, live.LiveObligation] = field(default_factory=dict)
    messages: Mapping[str, live.LiveVoiceMessage] = field(default_factory=dict)
    dials: Mapping[str, Dial] = field(default_factory=dict)
    outgoing: Mapping[str, Outgoing] = field(default_factory=dict)
    callbacks_stopped: bool = False
    settings: str = ""
    """Another one than before: the engine has read its settings anew."""

    def waiting(self, queue: str | None = None) -> tuple[Call, ...]:
        """Residents whom no human has answered, in the order in which they are served; of one queue, or of all."""
        found = (one for one in self.calls.values() if one.answered_at is None and one.state != "talking")
        return tuple(sorted((one for one in found if queue in {None, one.queue}), key=lambda one: one.place))

    def next_owed(self, queues: Iterable[str] | None = None) -> tuple[live.LiveObligation, ...]:
        """What is owed, the nearest deadline first; of these queues, or of all."""
        wanted = None if queues is None else set(queues)
        found = (one for one in self.owed.values() if wanted is None or one.queue in wanted)
        return tuple(sorted(found, key=lambda one: (one.due_at, one.obligation)))


def begun(snapshot: live.Snapshot) -> Picture:
    """From a snapshot, whatever was known before."""
    return Picture(
        snapshot.n,
        snapshot.at,
        snapshot.synced,
        {one.call: _call_of(one) for one in snapshot.calls},
        {one.agent: _agent_of(one) for one in snapshot.agents},
        {one.obligation: one for one in snapshot.owed},
        {one.message: one for one in snapshot.messages},
        {
            one.attempt: Dial(one.attempt, one.obligation, one.agent, one.state, one.made_at)
            for one in snapshot.dials
        },
        {
            one.attempt: Outgoing(one, one.state, one.made_at if one.state == "talking" else None)
            for one in snapshot.outgoing
        },
        snapshot.callbacks_stopped,
        snapshot.settings,
    )


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


def _after(picture: Picture, message: live.Live) -> Picture:  # noqa: PLR0912  # one case per kind is the plainest table
    match message:
        case live.CallArrived():
            return replace(picture, calls={**picture.calls, message.call: _arrived(message)})
        case live.CallWaits():
            since = message.since or message.at
            return _changed(picture, message.call, state="waiting", agent=None, offer=None, queued_at=since)
        case live.CallMoved():
            return _changed(
                picture,
                message.call,
                queue=message.queue,
                priority=message.priority,
                answer_by=message.answer_by,
            )
        case live.CallOffered():
            return _changed(picture, message.call, state="offered", agent=message.agent, offer=message.offer)
        case live.OfferOver():
            offered = next((one.call for one in picture.calls.values() if one.offer == message.offer), "")
            return _changed(picture, offered, state="waiting", agent=None, offer=None)
        case live.CallAnswered():
            return _changed(
                picture,
                message.call,
                state="talking",
                agent=message.agent,
                offer=None,
                answered_at=message.at,
                held=False,
            )
        case live.CallHandedOver():
            return _changed(picture, message.call, agent=message.agent, held=False)
        case live.CallHeld():
            return _changed(picture, message.call, held=message.held)
        case live.CallEnded():
            return replace(picture, calls=_without(picture.calls, message.call))
        case live.AgentIs():
            return replace(picture, agents={**picture.agents, message.agent: _agent_is(picture, message)})
        case live.PbxSeen():
            return replace(picture, synced=message.synced)
        case live.Beat() | live.Snapshot():
            return picture
        case _:
            return _after_owed(picture, message)


def _after_owed(picture: Picture, message: live.Live) -> Picture:
    match message:
        case live.Owed():
            return _with_owed(picture, message.owed)
        case live.OwedNoMore():
            return replace(picture, owed=_without(picture.owed, message.obligation))
        case live.CallbackOffered():
            dial = Dial(message.attempt, message.owed.obligation, message.agent, "ringing_agent", message.at)
            known = _with_owed(picture, message.owed)
            return replace(known, dials={**picture.dials, dial.attempt: dial})
        case live.CallbackIs():
            dialled = picture.dials.get(message.attempt)
            if dialled is None:
                return picture
            now = replace(dialled, state=message.state, agent=message.agent or dialled.agent)
            return replace(picture, dials={**picture.dials, now.attempt: now})
        case live.CallbackOver():
            return replace(picture, dials=_without(picture.dials, message.attempt))
        case live.OutgoingBegan() | live.OutgoingIs() | live.OutgoingOver():
            return _after_outgoing(picture, message)
        case live.VoiceMessageIs():
            return replace(picture, messages={**picture.messages, message.message.message: message.message})
        case live.VoiceMessageOver():
            return replace(picture, messages=_without(picture.messages, message.message))
        case live.CallbacksAre():
            return replace(picture, callbacks_stopped=message.stopped)
        case _:
            return picture


def _after_outgoing(
    picture: Picture, message: live.OutgoingBegan | live.OutgoingIs | live.OutgoingOver
) -> Picture:
    match message:
        case live.OutgoingBegan(outgoing=begun_now):
            now = Outgoing(begun_now, begun_now.state)
            return replace(picture, outgoing={**picture.outgoing, begun_now.attempt: now})
        case live.OutgoingIs(attempt=attempt, state=state):
            known = picture.outgoing.get(attempt)
            if known is None:
                return picture
            since = message.at if state == "talking" else None
            now = replace(known, state=state, talks_since=since)
            return replace(picture, outgoing={**picture.outgoing, attempt: now})
        case live.OutgoingOver(attempt=attempt):
            return replace(picture, outgoing=_without(picture.outgoing, attempt))


def _with_owed(picture: Picture, owed: live.LiveObligation) -> Picture:
    return replace(picture, owed={**picture.owed, owed.obligation: owed})


def _without(things: Mapping[str, _T], key: str) -> Mapping[str, _T]:
    return {name: one for name, one in things.items() if name != key}


def _changed(picture: Picture, call: str, **changes: Any) -> Picture:
    """A call that is over already, or was offered before the snapshot, changes nothing."""
    known = picture.calls.get(call)
    if known is None:
        return picture
    return replace(picture, calls={**picture.calls, call: replace(known, **changes)})


def _arrived(one: live.CallArrived) -> Call:
    return Call(
        one.call,
        one.company,
        one.queue,
        one.number,
        one.arrived_at,
        "arrived",
        label=one.label,
        did=one.did,
        line_kind=one.line_kind,
        caller_name=one.caller_name,
        priority=one.priority,
        answer_by=one.answer_by,
    )


def _call_of(one: live.LiveCall) -> Call:
    return Call(
        one.call,
        one.company,
        one.queue,
        one.number,
        one.arrived_at,
        one.state,
        one.agent or None,
        one.offer or None,
        one.label,
        one.did,
        one.line_kind,
        one.caller_name,
        one.queued_at,
        one.answered_at,
        one.priority,
        one.answer_by,
        one.held,
    )


def _agent_of(one: live.LiveAgent) -> Agent:
    return Agent(
        one.agent,
        one.name,
        one.state,
        one.pause_reason,
        one.since,
        one.queues,
        one.call,
        one.attempt,
        one.wraps_up_until,
        one.logged_in,
    )


def _agent_is(picture: Picture, one: live.AgentIs) -> Agent:
    """One who was in no snapshot came with new settings; an older engine told neither name nor queues."""
    known = picture.agents.get(one.agent)
    return Agent(
        one.agent,
        one.name or (one.agent if known is None else known.name),
        one.state,
        one.reason,
        one.at,
        one.queues or (() if known is None else known.queues),
        one.call,
        one.attempt,
        one.wraps_up_until,
        one.logged_in,
    )
