"""Where a conversation is recorded, and that it was not."""

from __future__ import annotations

from datetime import datetime

from queues.messages import events
from queues.messages.journal import RecordingMissed, RecordingStarted
from queues.state.core_state import Centre
from queues.state.handlers import Handlers


def began(centre: Centre, event: events.RecordingBegan, _now: datetime) -> None:
    """A file is being written."""
    if event.call in centre.calls or event.attempt in centre.attempts:
        if event.call in centre.calls:
            centre.calls[event.call].recording = event.path
        centre.note(RecordingStarted(event.at, event.call, event.attempt, event.path))
    else:
        subject = event.call or event.attempt or ""
        centre.note_unexpected(event.at, "call", "unknown", event, subject)


def lost(centre: Centre, event: events.RecordingLost, _now: datetime) -> None:
    """The file is not there, empty, or holds a part only."""
    call = None if event.call is None else centre.calls.get(event.call)
    if call is not None and event.seconds is None:
        call.recording = ""
    centre.note(RecordingMissed(event.at, event.call, event.attempt, event.path, event.seconds))


HANDLES: Handlers = {
    events.RecordingBegan: began,
    events.RecordingLost: lost,
}
