"""Law 4 across crashes: what became of the dials in flight, and what is still owed."""

from __future__ import annotations

from datetime import datetime

from queues.agents import agent_states
from queues.callbacks import attempts, dispositions, moves, outage
from queues.messages import events
from queues.messages.commands import CancelAttempt, EraseAttemptTrace
from queues.messages.events import ContactResult
from queues.messages.snapshot import (
    AttemptTrace,
    KnownAttempt,
    KnownObligation,
    KnownOwedCall,
    LedgerRestored,
    LiveAttempt,
    LiveAttemptState,
    PbxSnapshot,
)
from queues.state.agent import Work
from queues.state.core_state import Centre
from queues.state.obligation import Attempt, AttemptState, Obligation, OwedCall
from queues.voicemail import reviews
from sla.compliance import Care
from sla.obligation import HUMAN, ObligationInput, ObligationState


def restore(centre: Centre, event: LedgerRestored) -> None:
    """Take up the open obligations of the ledger; their timers are ordered anew."""
    centre.callbacks_stopped = event.callbacks_stopped
    centre.dial_caps.restore(event.dialled)
    for known in event.obligations:
        if known.obligation not in centre.obligations:
            moves.register(centre, _restored_obligation(centre, known))
    for message in event.messages:
        reviews.restore(centre, message)
    for obligation in centre.obligations.values():
        for owed in obligation.owed:
            centre.link_message(owed.call, obligation.id)
    for one in event.attempts:
        _restore_attempt(centre, one)
    for obligation in centre.obligations.values():
        _restore_moment(centre, obligation, event.at)
    for known in event.obligations:
        if known.state is ObligationState.WITH_HUMAN and known.task == outage.REASON:
            outage.wait(centre, centre.obligations[known.obligation], event.at)


def _restore_attempt(centre: Centre, known: KnownAttempt) -> None:
    line = centre.line_of(known.did)
    attempts.register(
        centre,
        Attempt(
            id=known.attempt,
            obligation=known.obligation,
            agent=known.agent,
            e164=known.e164,
            queue=centre.policy.queues[line.queue],
            made_at=known.made_at,
            trunk=known.trunk,
            state=AttemptState.RINGING_AGENT if known.contacted_at is None else AttemptState.TALKING,
            outgoing=known.outgoing,
        ),
    )
    obligation = None if known.obligation is None else centre.obligations.get(known.obligation)
    if obligation is not None:
        obligation.attempt = known.attempt
        if known.contacted_at is None:
            obligation.move(ObligationInput.FOUND_IN_FLIGHT)


def _restore_moment(centre: Centre, obligation: Obligation, at: datetime) -> None:
    """Somebody must move it: its dial, the disposition's time, a human, or else a timer that rings now."""
    if obligation.state is ObligationState.UNCONFIRMED:
        if obligation.attempt is None:
            dispositions.talk_ended(centre, obligation, at, cut_off=obligation.is_cut_off)
    elif obligation.state not in HUMAN and not obligation.is_in_flight:
        obligation.move(ObligationInput.FOUND_AT_REST)
        obligation.not_before = at
    moves.arm(centre, obligation)


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
                attempts.contacted(centre, events.AttemptContacted(trace.contacted_at, attempt.id), now)
            result = _result_of(attempt, trace, snapshot)
            rang, dial_status = (None, "") if trace is None else (trace.rang, trace.dial_status)
            ended = events.AttemptEnded(snapshot.at, attempt.id, result, dial_status, rang=rang)
            attempts.end(centre, attempt, ended, now)
    for trace in traces.values():
        centre.order(EraseAttemptTrace(trace.attempt))


def _restored_obligation(centre: Centre, known: KnownObligation) -> Obligation:
    line = centre.line_of(known.did)
    key = moves.resident_key(centre, known.company, known.number)
    return Obligation(
        id=known.obligation,
        line=line,
        queue=centre.policy.queues[line.queue],
        number=known.number,
        e164=known.e164,
        resident=key or (known.company, ""),
        arrived_at=known.arrived_at,
        due_at=known.due_at,
        state=known.state,
        attempts_made=known.attempts_made,
        dials=known.dials,
        network_failures=known.network_failures,
        is_overdue=known.is_overdue,
        is_taken=known.is_taken,
        taken_by=known.taken_by,
        task=known.task,
        why=known.why,
        first_dial_at=known.first_dial_at,
        contacted_at=known.contacted_at,
        heard=known.heard,
        is_cut_off=known.is_cut_off,
        owed=[owed for call in known.owed if (owed := _owed_call(centre, call)) is not None],
    )


def _owed_call(centre: Centre, known: KnownOwedCall) -> OwedCall | None:
    line = centre.line_of(known.did)
    rules = line.rules_at(known.arrived_at, centre.policy.zone)
    if rules is None:
        return None
    care = Care(
        known.arrived_at,
        queued_at=known.queued_at,
        ended_at=known.ended_at,
        message_at=known.message_at,
    )
    return OwedCall(known.call, line.company, care, rules)


def _result_of(attempt: Attempt, trace: AttemptTrace | None, snapshot: PbxSnapshot) -> ContactResult:
    if trace is not None:
        return trace.result or ContactResult.UNKNOWN
    restarted_since = snapshot.pbx_started_at is not None and snapshot.pbx_started_at > attempt.made_at
    return ContactResult.UNKNOWN if restarted_since else ContactResult.NOT_DIALLED


def _adopt(centre: Centre, attempt: Attempt, found: LiveAttempt, at: datetime, now: datetime) -> None:
    agent = agent_states.agent_of(centre, found.agent or attempt.agent)
    if agent is not None and agent.work not in {Work.OFFERED, Work.TALKING}:
        believed = agent_states.agent_of(centre, attempt.agent)
        if believed is not None and believed is not agent and believed.attempt == attempt.id:
            # The PBX knows better whose phone it is.
            agent_states.release(centre, believed)
        attempt.agent = agent.id
        # Known to talk from the ledger already: nothing further will tell that he took it.
        rings = attempt.state is AttemptState.RINGING_AGENT
        if rings:
            agent.give_attempt(attempt.id)
        else:
            agent.take_attempt(attempt.id)
            agent.last_contact = attempt.obligation
        centre.touch(agent)
    if found.state is LiveAttemptState.TALKING:
        attempts.contacted(centre, events.AttemptContacted(found.contacted_at or at, attempt.id), now)
        return
    if attempt.is_cancelled:
        # The link broke before Asterisk heard of it, or with it.
        centre.order(CancelAttempt(attempt.id))
    if found.state is LiveAttemptState.DIALLING:
        attempts.agent_ready(centre, events.AttemptAgentReady(at, attempt.id), now)
    if attempt.state is not AttemptState.TALKING:
        attempts.arm_deadline(centre, attempt, now)
