"""What is owed, from the desk: the same that `callengine callbacks` and `callengine messages` can do."""

from __future__ import annotations

from datetime import datetime

from queues.callbacks import dispositions, supervisor
from queues.messages import events
from queues.messages.events import DeskCommand
from queues.state.core_state import Centre
from queues.state.obligation import Obligation
from queues.terms.desk_words import CommandRefusal
from queues.voicemail import reviews
from sla.obligation import HUMAN, ObligationState


def _open(centre: Centre, event: DeskCommand) -> Obligation | CommandRefusal:
    found = None if event.obligation is None else centre.obligations.get(event.obligation)
    return CommandRefusal.NOT_OWED if found is None else found


def assign(centre: Centre, event: DeskCommand, now: datetime) -> CommandRefusal | None:
    """A human's task is somebody's: `to`, else whoever asks."""
    found = _open(centre, event)
    if isinstance(found, CommandRefusal):
        return found
    if found.state not in HUMAN:
        return CommandRefusal.NO_TASK
    to = event.to or event.by
    supervisor.assign(centre, events.TaskAssignmentRequested(event.at, found.id, to, event.by), now)
    return None


def close(centre: Centre, event: DeskCommand, now: datetime) -> CommandRefusal | None:
    """A person takes it upon himself; a reason is needed."""
    found = _open(centre, event)
    if isinstance(found, CommandRefusal):
        return found
    contacted = event.contacted_at
    is_impossible = contacted is not None and not found.arrived_at <= contacted <= now
    if not event.reason or is_impossible:
        return CommandRefusal.INCOMPLETE
    wish = events.ObligationCloseRequested(event.at, found.id, event.by, event.reason, contacted)
    supervisor.close(centre, wish, now)
    return None


def dispose(centre: Centre, event: DeskCommand, now: datetime) -> CommandRefusal | None:
    """Whom the callback reached."""
    found = _open(centre, event)
    if isinstance(found, CommandRefusal):
        return found
    if event.disposition is None:
        return CommandRefusal.INCOMPLETE
    if found.state is not ObligationState.UNCONFIRMED:
        return CommandRefusal.NOT_REACHED
    dispositions.dispose(centre, found, event.disposition, event.by, event.at, now)
    return None


def review(centre: Centre, event: DeskCommand, now: datetime) -> CommandRefusal | None:
    """What became of a message."""
    if event.review is None:
        return CommandRefusal.INCOMPLETE
    if event.message is None or event.message not in centre.messages:
        return CommandRefusal.NO_MESSAGE
    reviews.reviewed(centre, events.MessageReviewed(event.at, event.message, event.review, event.by), now)
    return None


def stop_callbacks(centre: Centre, event: DeskCommand, now: datetime) -> CommandRefusal | None:
    """Nobody is dialled any more."""
    return _switch(centre, event, now, enabled=False)


def let_callbacks_go_on(centre: Centre, event: DeskCommand, now: datetime) -> CommandRefusal | None:
    """They are made again."""
    return _switch(centre, event, now, enabled=True)


def _switch(centre: Centre, event: DeskCommand, now: datetime, *, enabled: bool) -> CommandRefusal | None:
    if not event.reason:
        return CommandRefusal.INCOMPLETE
    if centre.callbacks_stopped is enabled:
        supervisor.switch(
            centre, events.CallbackSwitchRequested(event.at, enabled, event.by, event.reason), now
        )
    return None
