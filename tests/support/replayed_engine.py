"""Adapter and core on recorded messages, without Asterisk, clock or ledger; it may lose its link and find it again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ami_adapters.channels.channel_registry import ChannelRegistry
from ami_adapters.protocol.ami_message import Message
from ami_adapters.resync.snapshot import InboxEntry, read_inbox_entry, read_snapshot
from ami_adapters.translation.event_translation import EventTranslator
from queues.dispatcher import Dispatcher
from queues.driver import VirtualTime
from queues.invariants import violations
from queues.messages.decision import Decision
from queues.messages.events import CallHolding, Event, InboxRead, PbxLost, PbxSnapshot, TimePassed
from queues.messages.journal import CallConnected, CallFinished, JournalEntry, ObligationOpened
from queues.policy import CentrePolicy
from tests.support.pbx_truth import Answers


@dataclass(frozen=True)
class EndState:
    """What must be the same whatever was missed on the way."""

    agents: tuple[tuple[str, str, str], ...]
    calls: tuple[tuple[str, str], ...]
    outcomes: frozenset[tuple[str, str]]
    answered: frozenset[tuple[str, datetime]]
    owed: frozenset[tuple[str, datetime]]


REST = timedelta(seconds=60)
"""After this nobody rests any more from a call or an offer."""


class ReplayedEngine:
    """One run; `epoch` is that of its offers' ids.

    The recorded offers are the recorded engine's: one that joins later numbers its own otherwise, and is told
    the ends of the recorded ones as ends of its own (`joins_late`).
    """

    def __init__(
        self, policy: CentrePolicy, at: datetime, *, epoch: int = 1, joins_late: bool = False
    ) -> None:
        self.joins_late = joins_late
        self._registry = ChannelRegistry.of(policy.agents.values())
        self._dispatcher = Dispatcher(policy, epoch=epoch, started_at=at)
        self._time = VirtualTime(self._dispatcher, at, self._decided)
        self._translator = EventTranslator(self._registry, lambda: self._now)
        self.journal: list[JournalEntry] = []

    def begin(self, at: datetime) -> None:
        """Connect to a PBX on which nothing is."""
        self._handle(PbxSnapshot(at, (), ()))

    def hear(self, message: Message) -> None:
        """One message; without a Timestamp it is an answer to an action, which is not ours."""
        if message.timestamp is None or message.action_id:
            return
        self._time.run(message.timestamp)
        for event in self._translator.translate(message):
            self._handle(self._with_own_offer(event) if self.joins_late else event)

    def lose_link(self) -> None:
        """What happens from here on is not heard."""
        self._handle(PbxLost(self._now))

    def resync(self, answers: Answers, at: datetime) -> None:
        """Ask the PBX what is so."""
        self._time.run(at)
        self._registry.clear()
        snapshot = read_snapshot(answers, self._registry, self._now).snapshot
        self._handle(replace(snapshot, inbox_follows=True))
        over = {entry.call for entry in self.journal if isinstance(entry, CallFinished)}
        over |= {call.call for call in snapshot.calls}
        inbox = (self._read_entry(message) for message in answers["inbox"])
        ended = tuple(entry.as_ended() for entry in inbox if entry.call not in over)
        self._handle(InboxRead(self._now, ended, is_last=True))

    def _read_entry(self, message: Message) -> InboxEntry:
        agents = self._registry.agents_by_endpoint
        entry = read_inbox_entry(message.text("Key"), message.text("Val"), agents)
        assert entry is not None, message
        return entry

    def rest(self) -> None:
        """Let all rests pass."""
        self._time.run(self._now + REST)
        self._handle(TimePassed(self._now))

    def end_state(self) -> EndState:
        """How it stands now."""
        view = self._dispatcher.view()
        return EndState(
            agents=tuple((one.agent, one.state.value, one.pause_reason) for one in view.agents),
            calls=tuple((call.call, call.state) for call in view.calls),
            outcomes=frozenset((e.call, e.outcome) for e in self.journal if isinstance(e, CallFinished)),
            answered=frozenset((e.call, e.at) for e in self.journal if isinstance(e, CallConnected)),
            owed=frozenset((e.call, e.due_at) for e in self.journal if isinstance(e, ObligationOpened)),
        )

    def _with_own_offer(self, event: Event) -> Event:
        if not isinstance(event, CallHolding) or event.offer is None:
            return event
        call = self._dispatcher.centre.calls.get(event.call)
        return event if call is None else replace(event, offer=call.offer)

    @property
    def _now(self) -> datetime:
        return self._time.now

    def _handle(self, event: Event) -> None:
        self._time.hear(event)

    def _decided(self, event: Event, decision: Decision) -> None:
        self.journal += decision.journal
        broken = violations(self._dispatcher.centre)
        assert not broken, f"after {event}: {broken}"
