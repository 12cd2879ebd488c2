"""What one agent's page shows of the telephone at this moment: pure, made of the engine's picture."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from callengine.control.live_messages import LiveObligation
from callengine.desk.engine_link.picture import Agent, Call, Dial, Picture

MOST_SHOWN = 6
LOG_IN, LOG_OUT, PAUSE, READY = "login", "logout", "pause", "ready"
_BUTTONS: Final[dict[str, tuple[str, ...]]] = {
    "logged_out": (LOG_IN,),
    "unavailable": (LOG_OUT,),
    "paused": (READY, PAUSE, LOG_OUT),
    "free": (PAUSE, LOG_OUT),
    "wrap_up": (READY, PAUSE, LOG_OUT),
    "decline_pause": (READY, PAUSE, LOG_OUT),
    "offered": (),
    "talking": (PAUSE,),
    "busy_elsewhere": (PAUSE, LOG_OUT),
}
"""What an agent may do in each state; what the engine makes of it, it says."""
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class QueueNow:
    """Who waits in one of his queues."""

    queue: str
    waiting: int
    longest_since: datetime | None


@dataclass(frozen=True, slots=True)
class Shift:
    """One agent, now."""

    state: str
    """As the engine calls it; `unknown`: the engine does not know him, or was never heard."""
    reason: str
    since: datetime | None
    wraps_up_until: datetime | None
    buttons: tuple[str, ...]
    call: Call | None
    """That is offered to him, or that he speaks on."""
    dial: Dial | None
    queues: tuple[QueueNow, ...]
    owed: tuple[LiveObligation, ...]
    owed_more: int
    messages: int
    is_heard: bool
    is_synced: bool

    @property
    def ready_asks(self) -> str:
        """What the key `ready` asks of the engine in this state."""
        return "agent_unpause" if self.state == "paused" else "agent_end_wrap_up"


def shift_of(picture: Picture | None, agent: str, queues: tuple[str, ...], *, is_heard: bool) -> Shift:
    """What to show. `queues` are those of the settings, where the engine has not told his."""
    if picture is None:
        return Shift(UNKNOWN, "", None, None, (), None, None, (), (), 0, 0, is_heard, False)
    known = picture.agents.get(agent)
    mine = known.queues if known is not None and known.queues else queues
    owed = picture.next_owed(mine)
    return Shift(
        _state(known),
        known.pause_reason if known is not None else "",
        known.since if known is not None else None,
        known.wraps_up_until if known is not None else None,
        _BUTTONS.get(_state(known), ()) if is_heard else (),
        next((one for one in picture.calls.values() if one.agent == agent), None),
        next((one for one in picture.dials.values() if one.agent == agent), None),
        tuple(_queue(picture, queue) for queue in mine),
        owed[:MOST_SHOWN],
        max(0, len(owed) - MOST_SHOWN),
        sum(1 for one in picture.messages.values() if one.queue in mine),
        is_heard,
        picture.synced,
    )


def _state(agent: Agent | None) -> str:
    return UNKNOWN if agent is None else agent.state


def _queue(picture: Picture, queue: str) -> QueueNow:
    waiting = [one for one in picture.waiting(queue) if one.state in {"waiting", "arrived"}]
    longest = min((one.arrived_at for one in waiting), default=None)
    return QueueNow(queue, len(waiting), longest)
