"""From the ledger's rows to what figures need of every call and agent: at the engine's start, and for reconcile."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from callengine.realtime.agent_times import AgentClock, Rest
from callengine.realtime.blind_intervals import GapLog
from callengine.realtime.repeat_callers import RepeatCalls
from queues.messages.journal import AgentState
from queues.terms.identifiers import AgentId, AttemptId, CallId, CompanyId, ObligationId, QueueName
from sla.call_facts import CallFacts
from sla.unknown import doubted_since
from storage.queries.realtime_seed import FigureRows, LinkChange, Run, StateChange

_ZERO = timedelta(0)


@dataclass(frozen=True, slots=True)
class CountedCall:
    """Whose call it was, and what figures need of it."""

    call: CallId
    queue: QueueName
    company: CompanyId
    facts: CallFacts


@dataclass(slots=True)
class Recount:
    """The calls by arrival, and the state of everything that goes on counting from there."""

    start: datetime
    """Calls that arrived earlier are not in it."""
    calls: list[CountedCall]
    agents: AgentClock
    repeats: RepeatCalls
    gaps: GapLog
    first_start: datetime | None
    owed: dict[ObligationId, list[CallId]]
    dialling: dict[AttemptId, AgentId]


def recount(rows: FigureRows, midnight: datetime | None = None) -> Recount:
    """Count again. `midnight`: agents' time is of this day only; None: of the whole interval."""
    agents, gaps = AgentClock(rows.start), GapLog()
    rests: dict[str, timedelta] = {}
    for rest in _replay(rows, agents, gaps, midnight):
        rests[rest.call] = rests.get(rest.call, _ZERO) + rest.time
    repeats = RepeatCalls()
    repeated: set[str] = set()
    for one in rows.calls:
        repeated.update(repeats.arrived(CallId(one.call), CompanyId(one.company), one.number, one.arrived_at))
    passed_on, contacts = Counter(rows.transfers), dict(rows.contacts)
    calls = []
    for one in rows.calls:
        facts = CallFacts(
            arrived_at=one.arrived_at,
            queued_at=one.queued_at,
            answered_at=one.answered_at,
            ended_at=one.ended_at if one.outcome is not None else None,
            outcome=one.outcome,
            by_fallback=one.by_fallback,
            transfers=passed_on[one.call],
            wrap_up=rests.get(one.call, _ZERO),
            is_repeat=one.call in repeated,
            contacted_at=contacts.get(one.call),
        )
        facts = replace(facts, doubted_since=doubted_since(facts.decided_at, gaps.over))
        calls.append(CountedCall(CallId(one.call), QueueName(one.queue), CompanyId(one.company), facts))
    owed: dict[ObligationId, list[CallId]] = {}
    for obligation, call in rows.owed:
        owed.setdefault(ObligationId(obligation), []).append(CallId(call))
    dialling = {AttemptId(attempt): AgentId(agent) for attempt, agent in rows.dialling}
    return Recount(rows.start, calls, agents, repeats, gaps, rows.first_start, owed, dialling)


def _replay(rows: FigureRows, agents: AgentClock, gaps: GapLog, midnight: datetime | None) -> Iterator[Rest]:
    spoke = list(rows.spoke)
    spoken = 0
    alive_until: datetime | None = None
    for change in _in_order(rows.runs, rows.link, rows.states):
        if midnight is not None and change.at >= midnight:
            agents.turn_day(midnight)
            midnight = None
        while spoken < len(spoke) and spoke[spoken].at <= change.at:
            agents.spoke(AgentId(spoke[spoken].agent), _call(spoke[spoken].call))
            spoken += 1
        match change:
            case Run(at=at):
                lost_at = at if alive_until is None else min(alive_until, at)
                gaps.lost(lost_at)
                yield from agents.link_lost(lost_at)
                agents.started()
                alive_until = change.seen_at
            case LinkChange(at=at, restored=True):
                gaps.restored(at)
                agents.link_restored(at)
            case LinkChange(at=at):
                gaps.lost(at)
                yield from agents.link_lost(at)
            case StateChange(at=at, agent=agent, state=state):
                rest = agents.changed(AgentId(agent), AgentState(state), at)
                if rest is not None:
                    yield rest
    for one in spoke[spoken:]:
        agents.spoke(AgentId(one.agent), _call(one.call))
    if midnight is not None:
        agents.turn_day(midnight)


def _in_order(
    runs: Iterable[Run], link: Iterable[LinkChange], states: Iterable[StateChange]
) -> list[Run | LinkChange | StateChange]:
    return sorted([*runs, *link, *states], key=lambda one: one.place)


def _call(call: str | None) -> CallId | None:
    return None if call is None else CallId(call)
