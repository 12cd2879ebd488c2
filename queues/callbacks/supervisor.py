"""What a person at a screen may do about callbacks: close, assign, stop all, let them go on."""

from __future__ import annotations

from datetime import datetime

from queues.callbacks import capacity, obligations
from queues.messages import events
from queues.messages.commands import CancelAttempt
from queues.messages.journal import CallbacksSwitched, TaskAssigned
from queues.state.core_state import Centre
from queues.state.handlers import Handlers
from queues.state.obligation import AttemptState


def close(centre: Centre, event: events.ObligationCloseRequested, _now: datetime) -> None:
    """A person closes it, with a reason; what is closed already stays so."""
    obligation = centre.obligations.get(event.obligation)
    if obligation is not None:
        obligations.close_by_hand(centre, obligation, event.by, event.why, event.contacted_at, event.at)


def assign(centre: Centre, event: events.TaskAssignmentRequested, _now: datetime) -> None:
    """Somebody has it as his task."""
    obligation = centre.obligations.get(event.obligation)
    if obligation is not None:
        obligation.is_taken, obligation.taken_by = True, event.to
        centre.note(TaskAssigned(event.at, event.obligation, event.to, event.by))


def switch(centre: Centre, event: events.CallbackSwitchRequested, _now: datetime) -> None:
    """Stopped: nobody is dialled any more, also not by an agent whose phone rings for it right now.

    But for service numbers: they are no resident's, and somebody may be in danger.
    """
    centre.callbacks_stopped = not event.enabled
    centre.note(CallbacksSwitched(event.at, event.enabled, event.by, event.why))
    if event.enabled:
        capacity.unpark(centre)
        return
    for attempt in centre.attempts.values():
        is_ringing = attempt.state is AttemptState.RINGING_AGENT and not attempt.is_cancelled
        if is_ringing and not attempt.is_service:
            attempt.is_cancelled = True
            centre.order(CancelAttempt(attempt.id))


HANDLES: Handlers = {
    events.ObligationCloseRequested: close,
    events.TaskAssignmentRequested: assign,
    events.CallbackSwitchRequested: switch,
}
