"""Each wish of the desk is decided once, by its id: done, or refused with a reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from queues.desk import agents, outgoing, owed, waiting
from queues.messages.events import DeskCommand
from queues.messages.journal import CommandDecided
from queues.state.core_state import Centre
from queues.state.handlers import Handlers
from queues.terms.desk_words import CommandKind, CommandRefusal

Do = Callable[[Centre, DeskCommand, datetime], CommandRefusal | None]
"""Does it, or says why not; then nothing has changed."""

MOST_REMEMBERED = 5_000
"""Ids decided lately; of older ones the ledger knows."""

DOES: Mapping[CommandKind, Do] = {
    CommandKind.AGENT_LOG_IN: agents.log_in,
    CommandKind.AGENT_LOG_OUT: agents.log_out,
    CommandKind.AGENT_PAUSE: agents.pause,
    CommandKind.AGENT_UNPAUSE: agents.unpause,
    CommandKind.AGENT_END_WRAP_UP: agents.end_wrap_up,
    CommandKind.CALL_GIVE: waiting.give,
    CommandKind.CALL_MOVE: waiting.move,
    CommandKind.CALL_RAISE: waiting.lift,
    CommandKind.CALLBACK_ASSIGN: owed.assign,
    CommandKind.CALLBACK_CLOSE: owed.close,
    CommandKind.CALLBACK_DISPOSE: owed.dispose,
    CommandKind.CALLBACKS_STOP: owed.stop_callbacks,
    CommandKind.CALLBACKS_GO_ON: owed.let_callbacks_go_on,
    CommandKind.MESSAGE_REVIEW: owed.review,
    CommandKind.DIAL: outgoing.dial,
}


def decide(centre: Centre, event: DeskCommand, now: datetime) -> None:
    """Do it, unless it was decided before."""
    if event.id in centre.decided:
        return
    centre.decided[event.id] = None
    if len(centre.decided) > MOST_REMEMBERED:
        del centre.decided[next(iter(centre.decided))]
    is_late = event.expires_at is not None and now > event.expires_at
    refusal = CommandRefusal.TOO_LATE if is_late else DOES[event.kind](centre, event, now)
    centre.note(
        CommandDecided(
            event.at,
            event.id,
            event.kind,
            event.account,
            event.by,
            refusal,
            event.agent,
            event.call,
            event.queue,
            event.obligation or (outgoing.answers(centre, event) if refusal is None else None),
            event.message,
            event.company,
            event.reason,
        )
    )


HANDLES: Handlers = {
    DeskCommand: decide,
}
