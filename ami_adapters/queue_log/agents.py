"""What queue_log says of agents: since when they are members of their queues, and their pauses. Pure.

Other than a call's, an agent's standing lasts: what the file does not know after a gap is written when the gap is
over, once, and holds from then on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ami_adapters.queue_log.line import NONE, AgentNames, QueueLogLine, field_text
from queues.messages.journal import AgentState
from queues.terms.identifiers import AgentId

MANAGER = "MANAGER"
_NOT_PAUSED = {AgentState.FREE, AgentState.OFFERED, AgentState.DECLINE_PAUSE}
"""In every other state of work he may be on pause all the same, as who takes a colleague's call over."""


@dataclass(frozen=True, slots=True)
class _Standing:
    is_member: bool = False
    is_paused: bool = False
    reason: str | None = ""
    """None: not known."""


_OUT = _Standing()


@dataclass(slots=True)
class QueueLogAgents:
    """Keeps what is so and what the file says, and tells the difference as lines."""

    names: AgentNames
    _so: dict[AgentId, _Standing] = field(default_factory=dict)
    _written: dict[AgentId, _Standing] = field(default_factory=dict)
    _follows_a_run: bool = False

    def take_up(self, states: Iterable[tuple[AgentId, AgentState]]) -> None:
        """An earlier run wrote these changes, in order. Of whom they do not name, the file says what is so."""
        self._follows_a_run = True
        for agent, state in states:
            self.changed(agent, state, None)
        self._written, self._so = self._so, {}

    def changed(self, agent: AgentId, state: AgentState, reason: str | None) -> None:
        """His state as the journal has it."""
        before = self._so.get(agent) or self._written.get(agent, _OUT)
        if state is AgentState.LOGGED_OUT:
            self._so[agent] = _OUT
        elif state is AgentState.PAUSED:
            self._so[agent] = _Standing(is_member=True, is_paused=True, reason=reason)
        elif state is AgentState.TALKING:
            self._so[agent] = before  # Who is not logged in may take a colleague's call over as well.
        elif state in _NOT_PAUSED or not before.is_paused:
            self._so[agent] = _Standing(is_member=True)
        else:
            self._so[agent] = before

    def begin(self) -> Iterator[QueueLogLine]:
        """A gap, or the start, is over: what the file does not say yet."""
        for agent in self.names.profiles:
            if self._follows_a_run and agent not in self._written:
                self._written[agent] = self._so.get(agent, _OUT)
            self._so.setdefault(agent, _OUT)
        self._follows_a_run = False
        for agent in sorted(self.names.profiles):
            yield from self.lines_of(agent)

    def lines_of(self, agent: AgentId) -> Iterator[QueueLogLine]:
        """What the file does not say of him yet; it says so from now on."""
        profile = self.names.profiles.get(agent)
        if profile is None or not profile.queues:
            return
        said, so = self._written.get(agent, _OUT), self._so.get(agent, _OUT)
        if so.is_paused and said.is_paused and None in (said.reason, so.reason):
            said = so
        self._written[agent] = so
        name, queues = self.names.of(agent), sorted(profile.queues)
        if so.is_member and not said.is_member:
            yield from (QueueLogLine(MANAGER, queue, name, "ADDMEMBER", ("",)) for queue in queues)
        if so.is_paused and so != said:
            yield from _in_all(name, queues, "PAUSE", field_text(so.reason or ""))
        if said.is_paused and not so.is_paused:
            yield from _in_all(name, queues, "UNPAUSE", "")
        if said.is_member and not so.is_member:
            yield from (QueueLogLine(MANAGER, queue, name, "REMOVEMEMBER", ("",)) for queue in queues)


def _in_all(name: str, queues: Iterable[str], event: str, reason: str) -> Iterator[QueueLogLine]:
    """app_queue, asked to pause a member everywhere: one line for all queues, then one for each."""
    yield QueueLogLine(NONE, NONE, name, f"{event}ALL", (reason,))
    yield from (QueueLogLine(NONE, queue, name, event, (reason,)) for queue in queues)
