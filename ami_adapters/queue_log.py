"""Journal entries to the lines that app_queue would have written to queue_log. Pure.

For calls the engine gives to agents: app_queue writes its own (watched queues, the fallback). AMI's QueueLog stamps a
line with the moment it is written, so what became fact while the link was down is not written at all. Waits run from
the arrival and are rounded up to whole seconds: `≤ T` in the file is then exactly our `≤ T`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ami_adapters import actions
from ami_adapters.actions import Action
from queues import journal as facts
from queues.identifiers import AgentId, CallId, OfferId, QueueName
from queues.journal import AgentState, JournalEntry, Outcome
from queues.policy import AgentProfile
from queues.results import OfferResult

NONE = "NONE"
_SECOND = timedelta(seconds=1)
_MILLISECOND = timedelta(milliseconds=1)
_RANG_IN_VAIN = {OfferResult.DECLINED, OfferResult.NO_ANSWER, OfferResult.UNREACHABLE}
_KEYS = {Outcome.CALLBACK_REQUESTED: "1", Outcome.MESSAGE_LEFT: "2"}


@dataclass(frozen=True, slots=True)
class QueueLogLine:
    """One line, without its time."""

    call: str
    queue: str
    agent: str
    event: str
    data: tuple[str, ...] = ()

    def action(self) -> Action:
        """What has Asterisk write it."""
        return actions.queue_log(self.call, self.queue, self.agent, self.event, "|".join(self.data))


@dataclass(slots=True)
class _Call:
    queue: QueueName
    arrived_at: datetime
    entered_as: int
    rang: dict[OfferId, tuple[AgentId, datetime, str]] = field(default_factory=dict)
    agent: AgentId | None = None
    answered_at: datetime | None = None
    transferred: bool = False


@dataclass(slots=True)
class QueueLog:
    """Takes every journal entry in order; `write` gets the lines. `agent_form` names agents: "Agent/{id}"."""

    profiles: dict[AgentId, AgentProfile]
    agent_form: str
    write: Callable[[QueueLogLine], None]
    _calls: dict[CallId, _Call] = field(default_factory=dict)
    _states: dict[AgentId, AgentState] = field(default_factory=dict)
    _is_live: bool = False
    _is_started: bool = False

    def observe(self, entry: JournalEntry) -> None:
        """One entry; what it means for the file is written at once, or, in a gap, never."""
        for line in self._lines(entry):
            if self._is_live:
                self.write(line)

    def _lines(self, entry: JournalEntry) -> Iterator[QueueLogLine]:
        match entry:
            case facts.LinkLost():
                self._is_live = False
            case facts.LinkRestored():
                self._is_live = True
                if not self._is_started:
                    self._is_started = True
                    yield QueueLogLine(NONE, NONE, NONE, "QUEUESTART", ("",))
            case facts.CallOffered(watched=False):
                yield from self._entered(entry)
            case facts.CallMovedToFallback(at, call):
                yield from self._left(call, "EXITEMPTY", at)
            case facts.AgentStateChanged(_, agent, state, reason):
                yield from self._agent(agent, state, reason)
            case (
                facts.OfferMade()
                | facts.OfferRang()
                | facts.OfferEnded()
                | facts.CallConnected()
                | facts.CallPassedOn()
                | facts.CallFinished()
            ):
                yield from self._of_call(entry)
            case _:
                pass

    def _entered(self, entry: facts.CallOffered) -> Iterator[QueueLogLine]:
        waiting = sum(one.queue == entry.queue and one.answered_at is None for one in self._calls.values())
        call = self._calls[entry.call] = _Call(entry.queue, entry.arrived_at, waiting + 1)
        number = entry.number.whole.replace("|", "")
        yield QueueLogLine(entry.call, call.queue, NONE, "ENTERQUEUE", ("", number, str(call.entered_as)))

    def _of_call(self, entry: JournalEntry) -> Iterator[QueueLogLine]:
        match entry:
            case facts.OfferMade(at, offer, call_id, agent) if call_id in self._calls:
                self._calls[call_id].rang[offer] = (agent, at, "")
            case facts.OfferRang(at, offer, leg):
                call = self._calls.get(_call_of(offer))
                if call is not None and offer in call.rang:
                    call.rang[offer] = (call.rang[offer][0], at, leg)
            case facts.OfferEnded(at, offer, result):
                yield from self._ring_ended(at, offer, result)
            case facts.CallConnected(at, call_id, agent, offer) if call_id in self._calls:
                yield from self._connected(call_id, at, agent, offer)
            case facts.CallPassedOn(at, call_id, agent) if call_id in self._calls:
                yield from self._passed_on(call_id, at, agent)
            case facts.CallFinished(at, call_id) if call_id in self._calls:
                yield from self._finished(entry, at)
            case _:
                pass

    def _ring_ended(self, at: datetime, offer: OfferId, result: OfferResult) -> Iterator[QueueLogLine]:
        call = self._calls.get(_call_of(offer))
        rang = None if call is None else call.rang.pop(offer, None)
        if call is not None and rang is not None and rang[2]:
            event = "RINGNOANSWER" if result in _RANG_IN_VAIN else "RINGCANCELED"
            took = str(max(0, (at - rang[1]) // _MILLISECOND))
            yield QueueLogLine(_call_of(offer), call.queue, self._name(rang[0]), event, (took,))

    def _connected(
        self, call_id: CallId, at: datetime, agent: AgentId | None, offer: OfferId | None
    ) -> Iterator[QueueLogLine]:
        call = self._calls[call_id]
        call.answered_at, call.agent = at, agent
        _, rang_at, leg = call.rang.pop(offer, (agent, at, "")) if offer is not None else (agent, at, "")
        ring = str(max(0, (at - rang_at) // _SECOND))
        yield QueueLogLine(
            call_id, call.queue, self._name(agent), "CONNECT", (_up(at - call.arrived_at), leg, ring)
        )

    def _passed_on(self, call_id: CallId, at: datetime, agent: AgentId) -> Iterator[QueueLogLine]:
        call = self._calls[call_id]
        profile = self.profiles.get(agent)
        if call.transferred or call.answered_at is None or profile is None:
            return
        call.transferred = True
        to = profile.endpoint.partition("/")[2]
        data = (to, "callengine-transfer", *self._times(call, at))
        yield QueueLogLine(call_id, call.queue, self._name(call.agent), "BLINDTRANSFER", data)

    def _finished(self, entry: JournalEntry, at: datetime) -> Iterator[QueueLogLine]:
        if not isinstance(entry, facts.CallFinished):
            return
        call = self._calls[entry.call]
        if entry.outcome is not Outcome.ANSWERED:
            event = "EXITWITHTIMEOUT" if entry.outcome is Outcome.REJECTED else "ABANDON"
            key = _KEYS.get(entry.outcome)
            yield from self._left(entry.call, event if key is None else "EXITWITHKEY", at, key)
            return
        del self._calls[entry.call]
        if not call.transferred and call.answered_at is not None:
            event = "COMPLETEAGENT" if entry.agent_hung_up else "COMPLETECALLER"
            yield QueueLogLine(entry.call, call.queue, self._name(call.agent), event, self._times(call, at))

    def _left(
        self, call_id: CallId, event: str, at: datetime, key: str | None = None
    ) -> Iterator[QueueLogLine]:
        call = self._calls.pop(call_id, None)
        if call is None:
            return
        before = sum(
            one.queue == call.queue and one.answered_at is None and one.arrived_at < call.arrived_at
            for one in self._calls.values()
        )
        data = (str(before + 1), str(call.entered_as), _up(at - call.arrived_at))
        yield QueueLogLine(call_id, call.queue, NONE, event, data if key is None else (key, *data))

    def _agent(self, agent: AgentId, state: AgentState, reason: str) -> Iterator[QueueLogLine]:
        profile = self.profiles.get(agent)
        before = self._states.get(agent, AgentState.LOGGED_OUT)
        self._states[agent] = state
        if profile is None or state is before:
            return
        queues, name = sorted(profile.queues), self._name(agent)
        changes = []
        if before is AgentState.LOGGED_OUT:
            changes.append(("MANAGER", "ADDMEMBER", ""))
        if before is AgentState.PAUSED:
            changes.append((NONE, "UNPAUSE", ""))
        if state is AgentState.PAUSED:
            changes.append((NONE, "PAUSE", reason.replace("|", " ")))
        if state is AgentState.LOGGED_OUT:
            changes.append(("MANAGER", "REMOVEMEMBER", ""))
        for call, event, data in changes:
            for queue in queues:
                yield QueueLogLine(call, queue, name, event, (data,))

    def _times(self, call: _Call, at: datetime) -> tuple[str, str, str]:
        """How long he waited and talked, and his first place."""
        answered_at = call.answered_at or at
        talked = str(max(0, (at - answered_at) // _SECOND))
        return _up(answered_at - call.arrived_at), talked, str(call.entered_as)

    def _name(self, agent: AgentId | None) -> str:
        profile = self.profiles.get(agent) if agent is not None else None
        if profile is None:
            return NONE
        shown = self.agent_form.format(
            id=profile.id,
            name=profile.name,
            endpoint=profile.endpoint,
            phone=profile.endpoint.partition("/")[2],
        )
        return shown.replace("|", " ")


def _call_of(offer: OfferId) -> CallId:
    return CallId(offer.rpartition("/")[0])


def _up(span: timedelta) -> str:
    return str(max(0, math.ceil(span / _SECOND)))
