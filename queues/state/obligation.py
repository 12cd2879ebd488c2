"""What a missed resident is owed, and the dials that try to give it to him."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from queues.policy import LinePolicy, QueuePolicy
from queues.state.call import Place
from queues.terms.identifiers import AgentId, AttemptId, CallId, CompanyId, ObligationId
from queues.terms.outgoing import Outgoing
from queues.terms.phone import Phone
from sla.compliance import Care
from sla.obligation import IN_FLIGHT, ObligationInput, ObligationState, next_state
from sla.promises import ClockStart, RuleSet

ResidentKey = tuple[CompanyId, str]
"""A resident is a number at a company: E.164 where it is valid, else as it came."""


@dataclass(frozen=True, slots=True)
class OwedCall:
    """A call of the episode on which the law has not given its verdict yet."""

    call: CallId
    company: CompanyId
    care: Care
    rules: RuleSet

    @property
    def judged_after(self) -> datetime:
        """After this moment nothing can be in time for it any more."""
        if self.care.message_at is None:
            return self.contact_limit
        return max(self.contact_limit, self.care.message_at + self.rules.message)

    @property
    def contact_limit(self) -> datetime:
        """After this moment a contact is too late for it."""
        start = self.care.arrived_at
        if self.rules.readings.clock is ClockStart.QUEUE and self.care.queued_at is not None:
            start = self.care.queued_at
        return start + self.rules.contact


class AttemptState(StrEnum):
    """How far one dial is."""

    RINGING_AGENT = "ringing_agent"
    DIALLING = "dialling"
    TALKING = "talking"


class AttemptInput(StrEnum):
    """What changes it."""

    AGENT_TOOK = "agent_took"
    """The agent answered; the resident's phone is dialled."""
    REACHED = "reached"
    """Somebody answered there."""


MOVES: Mapping[AttemptState, Mapping[AttemptInput, AttemptState]] = {
    AttemptState.RINGING_AGENT: {
        AttemptInput.AGENT_TOOK: AttemptState.DIALLING,
        AttemptInput.REACHED: AttemptState.TALKING,
    },
    AttemptState.DIALLING: {
        AttemptInput.AGENT_TOOK: AttemptState.DIALLING,
        AttemptInput.REACHED: AttemptState.TALKING,
    },
    # Told twice, or late.
    AttemptState.TALKING: dict.fromkeys(AttemptInput, AttemptState.TALKING),
}
"""The next for every state and input; its end is the end of the dial."""


@dataclass(slots=True)
class Obligation:
    """An open obligation. `state` changes by `move` only, which asks `sla.obligation.TRANSITIONS`."""

    id: ObligationId
    line: LinePolicy
    queue: QueuePolicy
    number: Phone
    e164: Phone | None
    resident: ResidentKey
    arrived_at: datetime
    due_at: datetime
    state: ObligationState = ObligationState.PLANNED
    not_before: datetime | None = None
    attempts_made: int = 0
    dials: int = 0
    """Attempts in which the resident's phone was, or may have been, rung."""
    network_failures: int = 0
    own_failures: int = 0
    """How often it was given up for the network though its trunks carried others: the fault lies with his number."""
    heard: bool | None = None
    """Whether anything was heard of the telephone that answered last; None where nobody told."""
    is_cut_off: bool = False
    """The phone of the agent who reached him died in mid-talk, and nobody took the conversation over."""
    attempt: AttemptId | None = None
    is_overdue: bool = False
    is_taken: bool = False
    """Somebody has it as his task, or had it before the engine tried again."""
    taken_by: str = ""
    why: str = ""
    """The outcome of the call it answers for."""
    task: str = ""
    """Why it is, or was last, a human's task."""
    is_parked: bool = False
    """In line, but there is no channel for it, or callbacks are stopped: out of the pool until there is."""
    first_dial_at: datetime | None = None
    contacted_at: datetime | None = None
    owed: list[OwedCall] = field(default_factory=list)
    """The episode's calls that wait for their verdict."""

    def move(self, what: ObligationInput) -> bool:
        """Take the table's next state; False, and nothing changes, for a pair that it does not know."""
        state = next_state(self.state, what)
        if state is None:
            return False
        self.state = state
        return True

    @property
    def number_known(self) -> str:
        """His number as one person's, whichever company he called: E.164, or as it came; empty when withheld."""
        return self.resident[1]

    @property
    def is_in_flight(self) -> bool:
        """Whether a dial of it is under way."""
        return self.state in IN_FLIGHT

    @property
    def place(self) -> Place:
        """Its place among all who wait: by the moment the law wants the contact."""
        return (self.queue.priority, self.due_at, self.id)


def attempt_of(obligation: ObligationId, epoch: int, n: int) -> AttemptId:
    """The id of an obligation's n-th dial: also its channel's, so it is unique over all runs of the engine."""
    return AttemptId(f"{obligation}.{epoch}.{n}")


def obligation_of(attempt: AttemptId) -> ObligationId:
    """Whose dial it is, also when it is over and forgotten."""
    return ObligationId(attempt.rsplit(".", 2)[0])


@dataclass(slots=True)
class Attempt:
    """One dial in flight. `state` changes by `move` only."""

    id: AttemptId
    obligation: ObligationId | None
    """None: a call made by hand, for which nothing is owed."""
    agent: AgentId | None
    e164: Phone
    queue: QueuePolicy
    made_at: datetime
    trunk: str = ""
    state: AttemptState = AttemptState.RINGING_AGENT
    is_cancelled: bool = False
    outgoing: Outgoing | None = None
    """What a call made by hand is for."""
    rests_until: datetime | None = None
    """The wrap-up that its agent broke off to make it: what is left of it is his if he speaks with nobody."""

    @property
    def is_service(self) -> bool:
        """It goes to a service number of the settings."""
        return self.outgoing is not None and self.outgoing.is_service

    def move(self, what: AttemptInput) -> None:
        """Take the table's next state."""
        self.state = MOVES[self.state][what]
