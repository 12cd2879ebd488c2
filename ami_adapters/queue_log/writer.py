"""Journal entries to the lines that app_queue would have written to queue_log. Pure.

For calls the engine gives to agents: app_queue writes its own (watched queues, the fallback). AMI's QueueLog stamps a
line with the moment it is written, so a moment that passed while nobody could write, and one found out later, is not
written at all. What lasts is: who still waits when the gap is over enters then, and agents stand as they stand. A call
whose entry the file does not have gets no other line either. Waits run from the arrival and are rounded up to whole
seconds: `≤ T` in the file is then exactly our `≤ T`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ami_adapters.protocol.dialplan_names import CONTEXT_FALLBACK, CONTEXT_TRANSFER
from ami_adapters.queue_log.agents import QueueLogAgents
from ami_adapters.queue_log.line import NONE, AgentNames, QueueLogLine, rounded_up, whole
from ami_adapters.queue_log.transfers import TransferNotice
from queues.agents.missed_offers import NOT_TAKEN
from queues.messages import journal as facts
from queues.messages.journal import AgentState, JournalEntry, Outcome, ServedBy
from queues.policy import AgentProfile
from queues.terms.identifiers import AgentId, CallId, OfferId, QueueName
from queues.terms.outcomes import OfferResult

_MILLISECOND = timedelta(milliseconds=1)
_HEARD_LATE = timedelta(seconds=2)
"""What Asterisk said while we asked what is so is heard when the gap is over already."""
_OF_THE_SNAPSHOT = facts.AgentStateChanged | facts.OfferMade
_OF_THE_FALLBACK = facts.CallMovedToFallback | facts.CallConnected | facts.CallFinished
"""Of whom Asterisk's own queue has, the engine's queue says no more than that he left it."""
_KEYS = {Outcome.CALLBACK_REQUESTED: "1", Outcome.MESSAGE_LEFT: "2"}


@dataclass(slots=True)
class LoggedResident:
    """A call of the engine's queues as far as the file is concerned."""

    queue: QueueName
    arrived_at: datetime
    number: str = ""
    entered_as: int = 0
    is_written: bool = False
    """The file has his entry, and nothing yet of his leaving the queue."""
    in_fallback: bool = False
    agent: AgentId | None = None
    answered_at: datetime | None = None
    transferred: bool = False
    notice: TransferNotice | None = None
    """Given away before the journal had the answer: AMI tells of both in one breath."""
    passed_on: tuple[AgentId, datetime] | None = None
    """A colleague speaks, and AMI has not said yet how that came."""
    rang: dict[OfferId, tuple[AgentId, datetime, str]] = field(default_factory=dict)

    @property
    def waits(self) -> bool:
        """In the engine's line, or at a phone that rings."""
        return self.answered_at is None and not self.in_fallback


class QueueLog:
    """Takes every journal entry in order; `write` gets the lines. `agent_form` names agents: "Agent/{id}"."""

    def __init__(
        self, profiles: dict[AgentId, AgentProfile], agent_form: str, write: Callable[[QueueLogLine], None]
    ) -> None:
        self._write = write
        self._names = AgentNames(profiles, agent_form)
        self._agents = QueueLogAgents(self._names)
        self._calls: dict[CallId, LoggedResident] = {}
        self._live_since: datetime | None = None
        self._is_started = False
        self._is_settled = True

    def take_up(
        self, calls: dict[CallId, LoggedResident], states: Iterable[tuple[AgentId, AgentState]]
    ) -> None:
        """What an earlier run left open, and the changes of agents' states that it wrote, in order."""
        self._calls.update(calls)
        self._agents.take_up(states)

    def follow(self, profiles: dict[AgentId, AgentProfile]) -> None:
        """The settings name these agents now; who is gone keeps his name."""
        self._names.profiles.update(profiles)

    def observe(self, entry: JournalEntry) -> None:
        """One entry; what it means for the file is written at once, or, in a gap, never."""
        if isinstance(entry, facts.LinkRestored):
            self._live_since, self._is_settled = entry.at, False
        elif not isinstance(entry, _OF_THE_SNAPSHOT):
            self.settle()
        may_write = self._may_write(entry.at)
        for line in self._lines(entry, may_write):
            if may_write:
                self._write(line)

    def settle(self) -> None:
        """All is told that a snapshot tells; after LinkRestored its agents' states follow. Write what lasts."""
        if self._is_settled or self._live_since is None:
            return
        self._is_settled = True
        for line in self._agents.begin():
            self._write(line)
        for call_id, call in sorted(self._calls.items(), key=lambda item: item[1].arrived_at):
            if call.waits and not call.is_written:
                self._write(self._entered(call_id, call))

    def transferred(self, notice: TransferNotice) -> None:
        """An agent gave the conversation away: with that it is over for queue_log, whoever speaks on."""
        call = self._calls.get(notice.call)
        if call is None or call.transferred:
            return
        if call.answered_at is None:
            call.notice = notice
            return
        call.transferred, call.passed_on = True, None
        if call.is_written and self._may_write(notice.at):
            data = (*notice.data, *_times(call, notice.at))
            self._write(QueueLogLine(notice.call, call.queue, self._names.of(call.agent), notice.event, data))

    def unexplained(self, call_id: CallId) -> None:
        """Time enough has passed since CallPassedOn for AMI to say how that came: what it did not say is blind."""
        call = self._calls.get(call_id)
        line = None if call is None else self._passed_on(call_id, call)
        if call is not None and line is not None and call.is_written and self._may_write(line[0]):
            self._write(line[1])

    def _may_write(self, at: datetime) -> bool:
        return self._live_since is not None and at >= self._live_since - _HEARD_LATE

    def _lines(self, entry: JournalEntry, may_write: bool) -> Iterator[QueueLogLine]:
        match entry:
            case facts.LinkLost():
                self._live_since = None
            case facts.LinkRestored():
                yield from self._begun()
            case facts.CallOffered(watched=False):
                call = LoggedResident(entry.queue, entry.arrived_at, entry.number.whole)
                call.entered_as = self._places_before(call) + 1
                self._calls[entry.call] = call
                if may_write:
                    yield self._entered(entry.call, call)
            case facts.AgentStateChanged(_, agent, state, reason):
                self._agents.changed(agent, state, reason)
                if self._live_since is not None and self._is_settled:
                    for line in self._agents.lines_of(agent):
                        self._write(line)
            case facts.OfferMade(call=call_id):
                yield from self._of_call(entry, call_id, may_write)
            case facts.OfferRang(offer=offer) | facts.OfferEnded(offer=offer):
                yield from self._of_call(entry, CallId(offer.rpartition("/")[0]), may_write)
            case (
                facts.CallConnected(call=call_id)
                | facts.CallMovedToFallback(call=call_id)
                | facts.CallPassedOn(call=call_id)
                | facts.CallFinished(call=call_id)
            ):
                yield from self._of_call(entry, call_id, may_write)
            case _:
                pass

    def _begun(self) -> Iterator[QueueLogLine]:
        """QUEUESTART tells readers that all calls and log-ins are over: not when those of an earlier run go on."""
        if not self._is_started and not any(call.is_written for call in self._calls.values()):
            yield QueueLogLine(NONE, NONE, NONE, "QUEUESTART", ("",))
        self._is_started = True

    def _entered(self, call_id: CallId, call: LoggedResident) -> QueueLogLine:
        call.is_written = True
        data = ("", call.number.replace("|", ""), str(call.entered_as))
        return QueueLogLine(call_id, call.queue, NONE, "ENTERQUEUE", data)

    def _of_call(self, entry: JournalEntry, call_id: CallId, may_write: bool) -> Iterator[QueueLogLine]:
        call = self._calls.get(call_id)
        if call is None:
            return
        if isinstance(entry, facts.CallMovedToFallback) and not may_write:
            call.in_fallback = True  # For the file he still waits here.
            return
        if call.in_fallback and _is_ours(entry, call):
            call.in_fallback = False
            if may_write and not call.is_written:
                yield self._entered(call_id, call)
        was_written = call.is_written
        if isinstance(entry, facts.CallFinished):
            blind = self._passed_on(call_id, call)
            if blind is not None and was_written:
                yield blind[1]
        line = self._line_of(entry, call_id, call)
        if line is not None and was_written and (not call.in_fallback or isinstance(entry, _OF_THE_FALLBACK)):
            yield line
        if call.notice is not None and call.answered_at is not None:
            self.transferred(call.notice)
        if isinstance(entry, facts.CallFinished) or _took_fallback(entry):
            del self._calls[call_id]

    def _line_of(self, entry: JournalEntry, call_id: CallId, call: LoggedResident) -> QueueLogLine | None:
        match entry:
            case facts.OfferMade(at, offer, _, agent):
                call.rang[offer] = (agent, at, "")
            case facts.OfferRang(at, offer, leg) if offer in call.rang:
                call.rang[offer] = (call.rang[offer][0], at, leg)
            case facts.OfferEnded(at, offer, result):
                return self._ring_ended(call_id, call, at, offer, result)
            case facts.CallConnected(at, served_by=ServedBy.FALLBACK) | facts.CallMovedToFallback(at):
                call.is_written, call.in_fallback = False, True
                left = self._left(call, at)
                return QueueLogLine(call_id, call.queue, NONE, "WITHDRAW", (*left, CONTEXT_FALLBACK))
            case facts.CallConnected(at, _, agent, offer):
                call.answered_at, call.agent = at, agent
                _, rang_at, leg = call.rang.pop(offer, (agent, at, "")) if offer else (agent, at, "")
                data = (rounded_up(at - call.arrived_at), leg, whole(at - rang_at))
                return QueueLogLine(call_id, call.queue, self._names.of(agent), "CONNECT", data)
            case facts.CallPassedOn(at, _, agent) if call.passed_on is None:
                # Bridges are told before the transfer that made them: its own word may be a moment behind.
                call.passed_on = (agent, at)
            case facts.CallFinished():
                return self._finished(entry, call)
            case _:
                pass
        return None

    def _ring_ended(
        self, call_id: CallId, call: LoggedResident, at: datetime, offer: OfferId, result: OfferResult
    ) -> QueueLogLine | None:
        agent, rang_at, leg = call.rang.pop(offer, (None, at, ""))
        if not leg:
            return None
        event = "RINGNOANSWER" if result in NOT_TAKEN else "RINGCANCELED"
        data = (whole(at - rang_at, _MILLISECOND),)
        return QueueLogLine(call_id, call.queue, self._names.of(agent), event, data)

    def _passed_on(self, call_id: CallId, call: LoggedResident) -> tuple[datetime, QueueLogLine] | None:
        """A colleague speaks, and Asterisk did not say how that came."""
        if call.passed_on is None or call.transferred or call.answered_at is None:
            return None
        (agent, at), call.passed_on = call.passed_on, None
        profile = self._names.profiles.get(agent)
        if profile is None:
            return None
        call.transferred = True
        data = (profile.endpoint.partition("/")[2], CONTEXT_TRANSFER, *_times(call, at))
        return at, QueueLogLine(call_id, call.queue, self._names.of(call.agent), "BLINDTRANSFER", data)

    def _finished(self, entry: facts.CallFinished, call: LoggedResident) -> QueueLogLine | None:
        """How he left. Of who is lost nobody knows when that was."""
        if call.transferred or entry.outcome is Outcome.LOST:
            return None
        if entry.outcome is Outcome.ANSWERED:
            event = "COMPLETEAGENT" if entry.agent_hung_up else "COMPLETECALLER"
            return QueueLogLine(
                entry.call, call.queue, self._names.of(call.agent), event, _times(call, entry.at)
            )
        left = self._left(call, entry.at)
        if entry.outcome in _KEYS:
            return QueueLogLine(entry.call, call.queue, NONE, "EXITWITHKEY", (_KEYS[entry.outcome], *left))
        event = "EXITWITHTIMEOUT" if entry.outcome is Outcome.REJECTED else "ABANDON"
        return QueueLogLine(entry.call, call.queue, NONE, event, left)

    def _left(self, call: LoggedResident, at: datetime) -> tuple[str, str, str]:
        """His place when he left, his first place, how long he waited."""
        place = self._places_before(call) + 1
        return str(place), str(call.entered_as), rounded_up(at - call.arrived_at)

    def _places_before(self, call: LoggedResident) -> int:
        return sum(
            one.queue == call.queue and one.waits and one.arrived_at < call.arrived_at
            for one in self._calls.values()
        )


def _is_ours(entry: JournalEntry, call: LoggedResident) -> bool:
    """The engine rings somebody, so he is back from the fallback. Of whom app_queue rings we hear with the ringing."""
    return isinstance(entry, facts.OfferRang) and call.rang.get(entry.offer, ("", entry.at))[1] != entry.at


def _took_fallback(entry: JournalEntry) -> bool:
    """Asterisk's own queue gave him to an agent, and writes that itself."""
    return isinstance(entry, facts.CallConnected) and entry.served_by is ServedBy.FALLBACK


def _times(call: LoggedResident, at: datetime) -> tuple[str, str, str]:
    """How long he waited and talked, and his first place."""
    answered_at = call.answered_at or at
    return rounded_up(answered_at - call.arrived_at), whole(at - answered_at), str(call.entered_as)
