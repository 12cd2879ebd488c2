"""What the floor shows of the live picture, by the scope of who looks: pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from callengine.desk.engine_link.picture import Agent, Call, Picture
from callengine.desk.ledger.names import Names
from callengine.desk.people.scope import Scope
from queues.messages.journal import AgentState
from queues.terms.phone import Phone

ORDER: tuple[AgentState, ...] = (
    AgentState.FREE,
    AgentState.OFFERED,
    AgentState.TALKING,
    AgentState.WRAP_UP,
    AgentState.DECLINE_PAUSE,
    AgentState.BUSY_ELSEWHERE,
    AgentState.PAUSED,
    AgentState.UNAVAILABLE,
    AgentState.LOGGED_OUT,
)
"""From who can help to who is away."""
TONES: Mapping[str, str] = {
    AgentState.FREE: "good",
    AgentState.OFFERED: "warn",
    AgentState.PAUSED: "warn",
    AgentState.UNAVAILABLE: "bad",
    AgentState.LOGGED_OUT: "dim",
}


@dataclass(frozen=True, slots=True)
class AgentRow:
    """One agent. `with_company` and `held`: of the resident whom he speaks with, where that may be seen."""

    agent: str
    name: str
    state: str
    tone: str
    reason: str
    since: datetime | None
    until: datetime | None
    queues: Sequence[str]
    with_company: str = ""
    held: bool = False
    calls_back: bool = False
    calls_out: bool = False
    """Somebody by hand, to whom nothing is owed."""


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """A resident without a human, in the order in which they are served."""

    place: int
    call: str
    company: str
    queue: str
    line: str
    number: Phone
    arrived_at: datetime
    rings_at: str
    """The agent whose phone rings for him."""
    can_be_moved: bool


@dataclass(frozen=True, slots=True)
class QueueRow:
    """A queue: who waits, and who of its agents is free, or there at all."""

    queue: str
    waiting: int
    first_at: datetime | None
    free: int
    there: int


@dataclass(frozen=True, slots=True)
class OwedRow:
    """A contact that is owed."""

    obligation: str
    company: str
    queue: str
    number: Phone
    state: str
    due_at: datetime
    overdue: bool
    dials: int
    taken_by: str


@dataclass(frozen=True, slots=True)
class Floor:
    """All of it at one moment."""

    agents: Sequence[AgentRow]
    waiting: Sequence[WaitingRow]
    queues: Sequence[QueueRow]
    owed: Sequence[OwedRow]
    talking: int
    callbacks_stopped: bool


def floor_of(picture: Picture, names: Names, scope: Scope) -> Floor:
    """Calls and what is owed are those of companies that he may see; agents those who serve a queue of them."""
    seen = frozenset(names.queues if scope.companies is None else names.seen_queues(scope))
    agents = [one for one in picture.agents.values() if _serves(one, names) & seen or scope.companies is None]
    waiting = [one for one in picture.waiting() if scope.sees(one.company)]
    return Floor(
        agents=sorted((_agent(one, picture, names, scope) for one in agents), key=_by_state),
        waiting=[_waiting(n, one, names) for n, one in enumerate(waiting, 1)],
        queues=[_queue(one, waiting, agents, names) for one in names.queues if one in seen],
        owed=[
            OwedRow(
                one.obligation,
                names.company(one.company),
                one.queue,
                Phone(one.number),
                one.state,
                one.due_at,
                one.overdue or one.due_at < picture.at,
                one.dials,
                one.taken_by,
            )
            for one in picture.next_owed()
            if scope.sees(one.company)
        ],
        talking=sum(one.state == "talking" and scope.sees(one.company) for one in picture.calls.values()),
        callbacks_stopped=picture.callbacks_stopped,
    )


def _serves(agent: Agent, names: Names) -> frozenset[str]:
    return frozenset(agent.queues) or names.serves.get(agent.agent, frozenset())


def _by_state(row: AgentRow) -> tuple[int, str, str]:
    place = {state.value: n for n, state in enumerate(ORDER)}
    return (place.get(row.state, len(place)), row.name.casefold(), row.agent)


def _agent(one: Agent, picture: Picture, names: Names, scope: Scope) -> AgentRow:
    call = next((call for call in picture.calls.values() if call.agent == one.agent), None)
    his = call if call is not None and scope.sees(call.company) else None
    outgoing = None if one.attempt is None else picture.outgoing.get(one.attempt)
    company = his.company if his is not None else "" if outgoing is None else outgoing.call.company
    return AgentRow(
        agent=one.agent,
        name=one.name or names.agent(one.agent),
        state=one.state,
        tone=TONES.get(one.state, ""),
        reason=one.pause_reason if one.state == AgentState.PAUSED else "",
        since=one.since,
        until=one.wraps_up_until,
        queues=sorted(_serves(one, names)),
        with_company=names.company(company) if company and scope.sees(company) else "",
        held=his is not None and his.held,
        calls_back=one.attempt is not None and outgoing is None,
        calls_out=outgoing is not None,
    )


def _waiting(place: int, one: Call, names: Names) -> WaitingRow:
    return WaitingRow(
        place,
        one.call,
        names.company(one.company),
        one.queue,
        one.line_kind or one.label,
        Phone(one.number),
        one.arrived_at,
        names.agent(one.agent) if one.state == "offered" else "",
        one.state == "waiting",
    )


def _queue(queue: str, waiting: Sequence[Call], agents: Sequence[Agent], names: Names) -> QueueRow:
    here = [one for one in waiting if one.queue == queue]
    states = Counter(one.state for one in agents if queue in _serves(one, names))
    away = states[AgentState.LOGGED_OUT] + states[AgentState.UNAVAILABLE]
    return QueueRow(
        queue,
        len(here),
        min((one.arrived_at for one in here), default=None),
        states[AgentState.FREE],
        states.total() - away,
    )
