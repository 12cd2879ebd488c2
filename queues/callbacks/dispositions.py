"""Contact means a human: somebody answered, and the agent says whom he reached."""

from __future__ import annotations

from datetime import datetime, timedelta

from queues.agents import agent_states
from queues.callbacks import moves, obligations, schedule, verdicts
from queues.messages import events
from queues.messages.journal import DispositionNoted, VoiceNoted
from queues.state.core_state import Centre
from queues.state.handlers import Handlers, TimerHandlers
from queues.state.obligation import Attempt, Obligation, obligation_of
from queues.state.timers import TimerKind
from queues.terms.identifiers import AttemptId, ObligationId
from queues.terms.outcomes import CONTACTS, Disposition
from sla.obligation import ObligationState

BY_DEFAULT = "default"
BY_SILENCE = "no sound"
"""Nobody said anything, and nothing was heard of the telephone that answered: no contact. What an agent says counts,
for a resident whose own microphone is off is a resident."""
BY_LOST_PHONE = "phone died"
"""Nobody said anything, and the agent's phone died in mid-talk: the resident is called again."""
CUT_OFF_GRACE = timedelta(minutes=5)
"""A resident whose agent's phone died waits for another; his hang-up tells that nobody came, or else this."""
EVIDENCE_GRACE = timedelta(seconds=2)
"""Whether anything was heard is told with the end of the resident's channel, just before or after the agent's."""


def reached(centre: Centre, attempt: Attempt, at: datetime) -> None:
    """Somebody answered the callback: contacted, unconfirmed."""
    agent = agent_states.agent_of(centre, attempt.agent)
    if agent is not None:
        agent.last_contact = attempt.obligation
    obligation = centre.owed_by(attempt)
    if obligation is None:
        return
    obligations.reached(centre, obligation, at)


def talk_ended(centre: Centre, obligation: Obligation, now: datetime, *, cut_off: bool = False) -> None:
    """Whom he reached has some time to be said; `cut_off`: the agent's phone died in mid-talk."""
    if obligation.state is not ObligationState.UNCONFIRMED:
        return
    obligation.is_cut_off = cut_off
    pause = centre.policy.callbacks.disposition_time
    if obligation.heard is None:
        pause = max(pause, CUT_OFF_GRACE if cut_off else EVIDENCE_GRACE)
    if pause <= timedelta(0):
        _take_silence(centre, obligation, now)
    else:
        centre.timers.arm(TimerKind.DISPOSITION, obligation.id, now + pause)


def passed_on(centre: Centre, attempt: AttemptId, now: datetime) -> None:
    """A colleague speaks with him: whoever lost him before, it is a contact now."""
    obligation = centre.obligations.get(obligation_of(attempt))
    if obligation is not None and obligation.is_cut_off:
        talk_ended(centre, obligation, now)


def voice(centre: Centre, event: events.AttemptVoice, now: datetime) -> None:
    """The resident's channel is gone: whether anything was heard of it."""
    obligation = centre.obligations.get(obligation_of(event.attempt))
    if obligation is None:
        return
    centre.note(VoiceNoted(event.at, event.attempt, event.heard))
    if obligation.state is not ObligationState.UNCONFIRMED:
        return
    obligation.heard = event.heard
    is_over = (TimerKind.DISPOSITION, obligation.id) in centre.timers
    if is_over and (obligation.is_cut_off or centre.policy.callbacks.disposition_time <= timedelta(0)):
        _take_silence(centre, obligation, now)


def said_by_phone(centre: Centre, event: events.AgentDisposed, now: datetime) -> None:
    """The agent's feature code is about his latest callback."""
    agent = agent_states.agent_of(centre, event.agent)
    obligation = (
        None if agent is None or agent.last_contact is None else centre.obligations.get(agent.last_contact)
    )
    if obligation is None:
        centre.note_unexpected(event.at, "agent", "nothing to dispose of", event, event.agent)
        return
    dispose(centre, obligation, event.disposition, event.agent, event.at, now)


def said_on_screen(centre: Centre, event: events.DispositionGiven, now: datetime) -> None:
    """Somebody said it for the agent."""
    obligation = centre.obligations.get(event.obligation)
    if obligation is not None:
        dispose(centre, obligation, event.disposition, event.by, event.at, now)


def time_is_over(centre: Centre, obligation_id: str, now: datetime) -> None:
    """Nobody said anything: the setting's word is taken."""
    obligation = centre.obligations.get(ObligationId(obligation_id))
    if obligation is not None:
        _take_silence(centre, obligation, now)


def _take_silence(centre: Centre, obligation: Obligation, now: datetime) -> None:
    """Nobody said anything: what was not even heard is no contact, else the setting's word is taken."""
    if obligation.is_cut_off:
        dispose(centre, obligation, Disposition.ANSWERING_MACHINE, BY_LOST_PHONE, now, now)
    elif obligation.heard is False:
        dispose(centre, obligation, Disposition.ANSWERING_MACHINE, BY_SILENCE, now, now)
    else:
        dispose(centre, obligation, centre.policy.callbacks.disposition_default, BY_DEFAULT, now, now)


def dispose(
    centre: Centre, obligation: Obligation, disposition: Disposition, by: str, at: datetime, now: datetime
) -> None:
    """Take the word for it: a contact closes; a machine is none; a stranger is not rung again."""
    if obligation.state is not ObligationState.UNCONFIRMED:
        return
    centre.timers.disarm(TimerKind.DISPOSITION, obligation.id)
    centre.note(DispositionNoted(at, obligation.id, disposition, by))
    if disposition in CONTACTS:
        obligations.confirm(centre, obligation, at)
        return
    obligation.dials += 1
    if disposition is Disposition.WRONG_PERSON:
        obligation.contacted_at = None
        schedule.hand_to_human(centre, obligation, Disposition.WRONG_PERSON, at)
    else:
        policy = centre.policy.callbacks
        pause = policy.retry_after_failure if obligation.is_cut_off else policy.retry_after_no_answer
        schedule.retry(centre, obligation, pause, at, now)
    verdicts.judge_overdue(centre, obligation, at, now)
    moves.arm(centre, obligation)


HANDLES: Handlers = {
    events.AttemptVoice: voice,
    events.AgentDisposed: said_by_phone,
    events.DispositionGiven: said_on_screen,
}
TIMERS: TimerHandlers = {
    TimerKind.DISPOSITION: time_is_over,
}
