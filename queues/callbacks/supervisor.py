"""What a person at a screen may do about callbacks: close, assign, stop all, let them go on."""

from __future__ import annotations

from queues.callbacks import capacity, obligations
from queues.messages import events
from queues.messages.commands import CancelAttempt
from queues.messages.journal import CallbacksSwitched, TaskAssigned
from queues.state.core_state import Centre
from queues.state.obligation import AttemptState

SupervisorEvent = (
    events.ObligationCloseRequested | events.TaskAssignmentRequested | events.CallbackSwitchRequested
)


def handle(centre: Centre, event: SupervisorEvent) -> None:
    """Do it; what is about an obligation that is closed already changes nothing."""
    match event:
        case events.CallbackSwitchRequested():
            switch(centre, event)
        case events.ObligationCloseRequested(at, obligation_id, by, why, contacted_at):
            obligation = centre.obligations.get(obligation_id)
            if obligation is not None:
                obligations.close_by_hand(centre, obligation, by, why, contacted_at, at)
        case events.TaskAssignmentRequested(at, obligation_id, to, by):
            obligation = centre.obligations.get(obligation_id)
            if obligation is not None:
                obligation.is_taken = True
                centre.note(TaskAssigned(at, obligation_id, to, by))


def switch(centre: Centre, event: events.CallbackSwitchRequested) -> None:
    """Stopped: nobody is dialled any more, also not by an agent whose phone rings for it right now."""
    centre.callbacks_stopped = not event.enabled
    centre.note(CallbacksSwitched(event.at, event.enabled, event.by, event.why))
    if event.enabled:
        capacity.unpark(centre)
        return
    for attempt in centre.attempts.values():
        if attempt.state is AttemptState.RINGING_AGENT and not attempt.is_cancelled:
            attempt.is_cancelled = True
            centre.order(CancelAttempt(attempt.id))
