"""Law 4 across crashes: what became of the dials in flight, and what is still owed."""

from __future__ import annotations

from datetime import datetime

from queues import agent_desk, attempt_desk, events, obligation_desk
from queues.agent import Work
from queues.attempt_desk import ATTEMPT_GRACE
from queues.centre import Centre
from queues.commands import EraseAttemptTrace
from queues.events import ContactResult
from queues.obligation import Attempt, AttemptState, Obligation, ObligationState
from queues.snapshot import (
    AttemptTrace,
    KnownObligation,
    LedgerRestored,
    LiveAttempt,
    LiveAttemptState,
    PbxSnapshot,
)
from queues.timers import TimerKind


def restore(centre: Centre, event: LedgerRestored) -> None:
    """Take up the open obligations of the ledger; their timers are ordered anew."""
    centre.dialled.extend(sorted(event.dialled, key=lambda dial: dial.at))
    for known in event.obligations:
        if known.obligation in centre.obligations:
            continue
        obligation = _restored_obligation(centre, known)
        obligation_desk.register(centre, obligation)
        if known.attempt is None:
            obligation_desk.plan(centre, obligation, event.at)
            continue
        obligation.state, obligation.attempt = ObligationState.IN_FLIGHT, known.attempt
        attempt_desk.register(
            centre,
            Attempt(
                id=known.attempt,
                obligation=obligation.id,
                agent=known.attempt_agent,
                e164=known.e164,
                queue=obligation.queue,
                made_at=known.attempt_made_at or known.arrived_at,
            ),
        )


def settle_attempts(centre: Centre, snapshot: PbxSnapshot, now: datetime) -> None:
    """Live channels first, then the trace: channel gone and no trace means not dialled.

    Unless Asterisk itself was started since the attempt was made: then its traces may have died with it, and
    a human must look.
    """
    live = {attempt.attempt: attempt for attempt in snapshot.attempts}
    traces = {trace.attempt: trace for trace in snapshot.attempt_traces}
    for attempt in list(centre.attempts.values()):
        found, trace = live.get(attempt.id), traces.pop(attempt.id, None)
        if found is not None:
            _adopt(centre, attempt, found, snapshot.at, now)
        else:
            if trace is not None and trace.contacted_at is not None:
                attempt_desk.contacted(centre, events.AttemptContacted(trace.contacted_at, attempt.id))
            result = _result_of(attempt, trace, snapshot)
            attempt_desk.end(centre, attempt, result, snapshot.at, now)
    for trace in traces.values():
        centre.order(EraseAttemptTrace(trace.attempt))


def _restored_obligation(centre: Centre, known: KnownObligation) -> Obligation:
    line = centre.line_of(known.did)
    key = obligation_desk.resident_key(centre, known.company, known.number)
    return Obligation(
        id=known.obligation,
        line=line,
        queue=centre.policy.queues[line.queue],
        number=known.number,
        e164=known.e164,
        resident=key or (known.company, ""),
        arrived_at=known.arrived_at,
        due_at=known.due_at,
        attempts_made=known.attempts_made,
        dials=known.dials,
    )


def _result_of(attempt: Attempt, trace: AttemptTrace | None, snapshot: PbxSnapshot) -> ContactResult:
    if trace is not None:
        return trace.result or ContactResult.UNKNOWN
    restarted_since = snapshot.pbx_started_at is not None and snapshot.pbx_started_at > attempt.made_at
    return ContactResult.UNKNOWN if restarted_since else ContactResult.NOT_DIALLED


def _adopt(centre: Centre, attempt: Attempt, found: LiveAttempt, at: datetime, now: datetime) -> None:
    agent = agent_desk.agent_of(centre, found.agent or attempt.agent)
    if agent is not None and agent.work not in {Work.OFFERED, Work.TALKING}:
        attempt.agent = agent.id
        agent.work, agent.attempt = Work.OFFERED, attempt.id
        centre.touch(agent)
    if found.state is LiveAttemptState.TALKING:
        attempt_desk.contacted(centre, events.AttemptContacted(found.contacted_at or at, attempt.id))
        return
    if found.state is LiveAttemptState.DIALLING:
        attempt_desk.agent_ready(centre, events.AttemptAgentReady(at, attempt.id))
    if attempt.state is not AttemptState.TALKING:
        policy = centre.policy.callbacks
        centre.timers.arm(
            TimerKind.ATTEMPT_DEADLINE,
            attempt.id,
            now + policy.agent_ring_time + policy.resident_ring_time + ATTEMPT_GRACE,
        )
