"""Law 8 as a figure: how long residents waited although an agent of theirs was there, by what kept him from them.

At each moment as many of a queue's waiting residents are counted as it has agents in one of the states below; who
waits because everybody talks is not lost but waits his turn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from queues.messages import journal as facts
from queues.messages.journal import AgentState, JournalEntry
from queues.terms.identifiers import AgentId, CallId, QueueName

_SECOND = timedelta(seconds=1)


class LossCause(StrEnum):
    """Why a resident waits although an agent is there."""

    RING = "ring"
    """A phone is ringing, for him or for another of his queue."""
    LINK_DOWN = "link_down"
    """An agent was free when the link to the PBX was lost: nothing can be offered."""
    UNEXPLAINED = "unexplained"
    """An agent is free. Anything but 0 is a mistake of ours; report it."""
    WRAP_UP = "wrap_up"
    DECLINE_PAUSE = "decline_pause"


_CAUSES = {
    AgentState.OFFERED: LossCause.RING,
    AgentState.FREE: LossCause.UNEXPLAINED,
    AgentState.WRAP_UP: LossCause.WRAP_UP,
    AgentState.DECLINE_PAUSE: LossCause.DECLINE_PAUSE,
}
_IN_TURN = (AgentState.OFFERED, AgentState.FREE, AgentState.WRAP_UP, AgentState.DECLINE_PAUSE)
"""Residents are set against ringing phones first: each of these rings for somebody."""


@dataclass(slots=True)
class _Line:
    waiting: set[CallId] = field(default_factory=set)
    agents: dict[AgentState, int] = field(default_factory=lambda: dict.fromkeys(_IN_TURN, 0))
    since: datetime | None = None


class LostSeconds:
    """Fed by the journal: O(queues of the agent, or of the call) per entry, whatever the history."""

    def __init__(
        self,
        agents: Mapping[AgentId, Iterable[QueueName]],
        lost: Callable[[QueueName, LossCause, float], None],
    ) -> None:
        self._queues_of = {agent: tuple(queues) for agent, queues in agents.items()}
        self._lost = lost
        self._lines: dict[QueueName, _Line] = {}
        self._queue_of: dict[CallId, QueueName] = {}
        self._states: dict[AgentId, AgentState] = {}
        self._linked = False

    def observe(self, entry: JournalEntry) -> None:
        """Take one journal entry into account."""
        match entry:
            case facts.CallOffered(call=call, queue=queue, watched=False):
                self._queue_of[call] = queue
            case facts.CallQueued(at, call):
                self._waits(call, at)
            case facts.CallConnected(at, call) | facts.CallMovedToFallback(at, call):
                self._waits_no_more(call, at)
            case facts.ChoiceTaken(at, call):
                self._waits_no_more(call, at)
            case facts.CallFinished(at, call):
                self._waits_no_more(call, at)
                self._queue_of.pop(call, None)
            case facts.AgentStateChanged(at, agent, state):
                self._agent_changed(agent, state, at)
            case facts.LinkLost(at) | facts.LinkRestored(at):
                self.settle(at)
                self._linked = isinstance(entry, facts.LinkRestored)
            case _:
                pass

    def follow(self, agents: Mapping[AgentId, Iterable[QueueName]], now: datetime) -> None:
        """The settings were read again: agents serve other queues from now on."""
        self.settle(now)
        self._queues_of = {agent: tuple(queues) for agent, queues in agents.items()}
        for line in self._lines.values():
            line.agents = dict.fromkeys(_IN_TURN, 0)
        for agent, queues in self._queues_of.items():
            for queue in queues:
                counts = self._lines.setdefault(queue, _Line(since=now)).agents
                state = self._states.get(agent)
                if state in counts:
                    counts[state] += 1

    def settle(self, now: datetime) -> None:
        """Count up to now: before the figures are read."""
        for queue, line in self._lines.items():
            if line.waiting:
                self._count(queue, line, now)

    def _waits(self, call: CallId, at: datetime) -> None:
        queue = self._queue_of.get(call)
        if queue is not None:
            line = self._lines.setdefault(queue, _Line())
            self._count(queue, line, at)
            line.waiting.add(call)

    def _waits_no_more(self, call: CallId, at: datetime) -> None:
        queue = self._queue_of.get(call)
        line = None if queue is None else self._lines.get(queue)
        if queue is not None and line is not None and call in line.waiting:
            self._count(queue, line, at)
            line.waiting.discard(call)

    def _agent_changed(self, agent: AgentId, state: AgentState, at: datetime) -> None:
        before = self._states.get(agent)
        self._states[agent] = state
        for queue in self._queues_of.get(agent, ()):
            line = self._lines.setdefault(queue, _Line())
            self._count(queue, line, at)
            if before in line.agents:
                line.agents[before] -= 1
            if state in line.agents:
                line.agents[state] += 1

    def _count(self, queue: QueueName, line: _Line, at: datetime) -> None:
        since, line.since = line.since, at if line.since is None else max(at, line.since)
        if since is None or at <= since or not line.waiting:
            return
        seconds, waiting = (at - since) / _SECOND, len(line.waiting)
        for state in _IN_TURN:
            lost = min(waiting, line.agents[state])
            if lost:
                cause = _CAUSES[state]
                if cause is LossCause.UNEXPLAINED and not self._linked:
                    cause = LossCause.LINK_DOWN
                self._lost(queue, cause, lost * seconds)
                waiting -= lost
