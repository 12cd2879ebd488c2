"""The live state of the centre, and what the present event has made of it so far."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from queues.messages.commands import Command
from queues.messages.journal import AgentState, AgentStateChanged, JournalEntry, Unexpected
from queues.policy import CentrePolicy, Dispatch, LinePolicy, QueuePolicy
from queues.state import unlisted
from queues.state.agent import Agent
from queues.state.attempt_limits import DialCaps
from queues.state.attribution import companies_of
from queues.state.call import Call, Place
from queues.state.obligation import Attempt, Obligation, ResidentKey
from queues.state.priority_queue import PriorityQueue
from queues.state.strategies import Rank, longest_idle
from queues.state.timers import Timers
from queues.state.voice_message import WaitingMessage
from queues.terms.identifiers import (
    AgentId,
    AttemptId,
    CallId,
    CompanyId,
    Did,
    MessageId,
    ObligationId,
    QueueName,
)
from queues.terms.phone import Phone
from sla.promises import RU_416


class Waiter(Protocol):
    """What can wait for an agent: a resident, the callback he is owed, or any further kind of work."""

    @property
    def id(self) -> str:
        """Unique among all that waits."""

    @property
    def queue(self) -> QueuePolicy:
        """In whose line it stands."""

    @property
    def place(self) -> Place:
        """Its place there."""


class Centre:
    """Calls, agents, the waiting lines and the idle agents, consistent with one another.

    The machines change it, each its own part; each handled event
    ends with `settle_agents`, which brings the pools of idle agents and the journal up to date.
    """

    outgoing_made = 0
    """Calls made by hand in this run of the engine: the next one's id."""

    def __init__(
        self,
        policy: CentrePolicy,
        *,
        epoch: int,
        started_at: datetime,
        node: str = "",
        rank: Rank = longest_idle,
        subscriptions: Mapping[type[Any], tuple[Callable[[Centre, Any], None], ...]] | None = None,
    ) -> None:
        if not policy.queues:
            raise ValueError("a centre needs at least one queue")
        self.policy, self.epoch, self.node = policy, epoch, node
        self._subscriptions = subscriptions or {}
        self.rank = rank
        self.calls: dict[CallId, Call] = {}
        self.agents: dict[AgentId, Agent] = {
            profile.id: Agent(profile, idle_since=started_at) for profile in policy.agents.values()
        }
        self.obligations: dict[ObligationId, Obligation] = {}
        self.open_by_resident: dict[ResidentKey, ObligationId] = {}
        self.open_by_number: dict[str, dict[ObligationId, None]] = {}
        """What one number is owed by all companies together."""
        self.live_by_number: dict[str, set[CallId]] = {}
        """Who is on the line with us, whichever company's: nobody dials him meanwhile. E.164, or as it came."""
        self.attempts: dict[AttemptId, Attempt] = {}
        self.numbers_in_flight: dict[Phone, AttemptId] = {}
        self.dial_caps = DialCaps()
        self.without_network: dict[ObligationId, None] = {}
        """Obligations that are a human's task only because no trunk carried their dials, in that order."""
        self.carried_at: dict[str, datetime] = {}
        """When each trunk last let us hear of a telephone beyond it."""
        self.callbacks_stopped = False
        """A supervisor pulled the switch."""
        self.parked: PriorityQueue[ObligationId, Place] = PriorityQueue()
        """Obligations in line for which there is no channel now, or while callbacks are stopped."""
        self.decided: dict[str, None] = {}
        """Ids of the desk's commands that this run has decided, the oldest first."""
        self.messages: dict[MessageId, WaitingMessage] = {}
        self.waiting: dict[QueueName, PriorityQueue[str, Place]] = {}
        self.waiters: dict[str, Waiter] = {}
        """Who or what stands there."""
        self.idle: dict[QueueName, PriorityQueue[AgentId, tuple[Any, ...]]] = {}
        for name in policy.queues:
            self.waiting[name], self.idle[name] = PriorityQueue(), PriorityQueue()
        self.timers = Timers()
        self.synced = False
        """Whether what we believe about the PBX may be acted upon."""
        self.catching_up = False
        """A snapshot was taken, and what happened while it was taken is still being told."""
        self.unaccounted: set[CallId] = set()
        """Calls that are over; how they ended is being read from the inbox."""
        self.returning: dict[CallId, datetime] = {}
        """Who is being taken back from the fallback queue, and how long the others wait for him."""
        self.concerned: set[CompanyId] = set()
        """Whose residents the present event and what it led to concern."""
        self.commands: list[Command] = []
        self.journal: list[JournalEntry] = []
        self.unmatched: set[QueueName] = set()
        """Queues in which a match may have become possible since the last matching."""
        self._touched: dict[AgentId, Agent] = {}
        self.changed_agents: dict[AgentId, Agent] = {}
        """Whose place in the fallback queue has not been looked at since they changed."""

    def owed_by(self, attempt: Attempt) -> Obligation | None:
        """For which obligation it dials; None: nothing more is owed, or never was."""
        return None if attempt.obligation is None else self.obligations.get(attempt.obligation)

    @property
    def dials_to_people(self) -> int:
        """Dials in flight that the caps count: all but those of service numbers."""
        return sum(not attempt.is_service for attempt in self.attempts.values())

    def line_of(self, did: Did) -> LinePolicy:
        """The line of a DID, also of one nobody configured."""
        return self.policy.lines.get(did) or unlisted.line_for(did, self.policy)

    def serves(self, agent: Agent) -> bool:
        """Whether we give this agent calls; else he works for Asterisk's own queues only, which we leave alone."""
        return any(self.policy.queues[queue].dispatch is Dispatch.ENGINE for queue in agent.profile.queues)

    def answer_limit(self, line: LinePolicy, arrived_at: datetime) -> timedelta:
        """Within this of his arrival the law wants a human with him; without a law its usual five minutes."""
        rules = line.rules_at(arrived_at, self.policy.zone)
        return RU_416.answer if rules is None else rules.answer

    def tell(self, fact: object) -> None:
        """Something has happened: whoever listens to that takes it into account, in the order of the list."""
        for hear in self._subscriptions.get(type(fact), ()):
            hear(self, fact)

    def order(self, command: Command) -> None:
        """Have the adapter do this."""
        self.concerned.update(companies_of(self, command))
        self.commands.append(command)

    def note(self, entry: JournalEntry) -> None:
        """Write this down."""
        self.concerned.update(companies_of(self, entry))
        self.journal.append(entry)

    def note_unexpected(self, at: datetime, machine: str, state: str, event: object, subject: str) -> None:
        """Count a (state, input) pair that no table knows."""
        name = event if isinstance(event, str) else type(event).__name__
        self.note(Unexpected(at, machine, state, name, subject))

    def put_in_line(self, waiter: Waiter) -> None:
        """A resident, or the callback he is owed, waits in his own place, also after an offer failed."""
        self.waiters[waiter.id] = waiter
        self.waiting[waiter.queue.name].add(waiter.id, waiter.place)
        self.unmatched.add(waiter.queue.name)

    def take_out_of_line(self, waiter: Waiter) -> None:
        """He waits no more, or is being offered."""
        self.waiting[waiter.queue.name].discard(waiter.id)
        self.waiters.pop(waiter.id, None)
        if isinstance(waiter, Obligation) and waiter.is_parked:
            waiter.is_parked = False
            self.parked.discard(waiter.id)

    def link_message(self, call: CallId, obligation: ObligationId) -> None:
        """The message left in this call, if there is one, may discharge this obligation."""
        message = self.messages.get(MessageId(call))
        if message is not None:
            self.messages[message.id] = replace(message, obligation=obligation)

    def forget_call(self, call: Call) -> None:
        """The call has its outcome."""
        self.take_out_of_line(call)
        self.unaccounted.discard(call.id)
        self.calls.pop(call.id, None)

    def touch(self, agent: Agent) -> None:
        """Something about the agent changed: `settle_agents` will look."""
        self._touched[agent.id] = agent

    def settle_agents(self, at: datetime) -> None:
        """Journal the touched agents' new states, and put them among the idle or take them out."""
        for agent in self._touched.values():
            self.changed_agents[agent.id] = agent
            state = agent.state
            pause = agent.pause_reason if state is AgentState.PAUSED else None
            if state is not agent.shown or pause != agent.shown_pause:
                agent.shown, agent.shown_pause, agent.shown_since = state, pause, at
                self.note(AgentStateChanged(at, agent.id, state, agent.pause_reason or ""))
            for queue in agent.profile.queues:
                idle = self.idle[queue]
                if not agent.is_eligible:
                    idle.discard(agent.id)
                elif agent.id not in idle:
                    idle.add(agent.id, self.rank(agent, queue))
                    self.unmatched.add(queue)
        self._touched.clear()
