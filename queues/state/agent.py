"""One agent: what he does is derived from independent facts, not stored as one state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from queues.messages.events import DeviceState
from queues.messages.journal import AgentState
from queues.policy import AgentProfile
from queues.terms.identifiers import AgentId, AttemptId, CallId, ChannelName, ObligationId, OfferId


class Work(StrEnum):
    """What the dispatcher has given the agent to do."""

    NONE = "none"
    OFFERED = "offered"
    TALKING = "talking"
    WRAP_UP = "wrap_up"
    DECLINE_PAUSE = "decline_pause"


class WorkInput(StrEnum):
    """What changes it."""

    GIVEN = "given"
    """His phone is rung, for a resident or for a callback."""
    TALKS = "talks"
    """He and the resident hear each other; in a callback from when he took it."""
    RELEASED = "released"
    """What he was given is over, or is another's."""
    WRAPS_UP = "wraps_up"
    """Some time after a conversation is his."""
    LEFT_ALONE = "left_alone"
    """His phone did not take what he was given: for a moment nothing is."""
    RESTED = "rested"
    """That time is over, by itself or by him."""


_W, _I = Work, WorkInput
_AT_WORK: Mapping[WorkInput, Work] = {
    _I.GIVEN: _W.OFFERED,
    _I.TALKS: _W.TALKING,
    _I.RELEASED: _W.NONE,
}
MOVES: Mapping[Work, Mapping[WorkInput, Work]] = {
    _W.NONE: {**_AT_WORK, _I.WRAPS_UP: _W.WRAP_UP, _I.LEFT_ALONE: _W.DECLINE_PAUSE, _I.RESTED: _W.NONE},
    # Nobody rests while his phone rings or while he talks: a rest's end that comes late changes nothing.
    _W.OFFERED: {**_AT_WORK, _I.WRAPS_UP: _W.OFFERED, _I.LEFT_ALONE: _W.OFFERED, _I.RESTED: _W.OFFERED},
    _W.TALKING: {
        **_AT_WORK,
        _I.GIVEN: _W.TALKING,
        _I.WRAPS_UP: _W.TALKING,
        _I.LEFT_ALONE: _W.TALKING,
        _I.RESTED: _W.TALKING,
    },
    _W.WRAP_UP: {**_AT_WORK, _I.WRAPS_UP: _W.WRAP_UP, _I.LEFT_ALONE: _W.DECLINE_PAUSE, _I.RESTED: _W.NONE},
    _W.DECLINE_PAUSE: {
        **_AT_WORK,
        _I.WRAPS_UP: _W.WRAP_UP,
        _I.LEFT_ALONE: _W.DECLINE_PAUSE,
        _I.RESTED: _W.NONE,
    },
}
"""The next for every state and input."""

_SHOWN_DURING_WORK = {Work.OFFERED: AgentState.OFFERED, Work.TALKING: AgentState.TALKING}


@dataclass(slots=True)
class Agent:
    """The live state of one agent. `work`, and whose call it is, change by the methods here only (law 3)."""

    profile: AgentProfile
    idle_since: datetime
    logged_in: bool = False
    pause_reason: str | None = None
    device: DeviceState = DeviceState.UNAVAILABLE
    work: Work = Work.NONE
    call: CallId | None = None
    offer: OfferId | None = None
    attempt: AttemptId | None = None
    """The callback he was given, while he rings, dials and talks."""
    task: str | None = None
    """Work of another kind that he was given: the id of what waited."""
    last_contact: ObligationId | None = None
    """The obligation of his latest callback: what he says about it by his phone is meant for this."""
    missed_in_a_row: int = 0
    """Offers and callbacks that his phone did not take, all of them declined by hand or none."""
    has_declined: bool = False
    """Which of both."""
    is_tried: bool = False
    """On pause because his phone refused; the next resident tries whether it still does."""
    tries: int = 0
    """How often it was left alone since it took its last call."""
    rang_at: datetime | None = None
    """When his phone was dialled for the present offer, by Asterisk's clock."""
    is_on_phone: bool = False
    """A channel of his phone is up, whatever its device's state was last told to be."""
    leg: ChannelName | None = None
    """His channel in the present offer or conversation, once Asterisk named it."""
    shown: AgentState = AgentState.LOGGED_OUT
    shown_pause: str | None = None
    """The pause's reason then, while he is shown on pause."""
    shown_since: datetime | None = None
    """When that state began; None before the first was seen."""
    in_fallback: bool | None = None
    """Whether Asterisk's fallback queue has him as a member; None: not known."""
    fallback_pause: str | None = None
    """The pause it has him in."""

    @property
    def id(self) -> AgentId:
        """The agent's id."""
        return self.profile.id

    def give_offer(self, offer: OfferId, call: CallId, leg: ChannelName | None = None) -> None:
        """His phone is rung for this resident; `leg`: its channel, where that is known already."""
        self._move(WorkInput.GIVEN)
        self.offer, self.call, self.leg = offer, call, leg

    def give_attempt(self, attempt: AttemptId) -> None:
        """His phone is rung for this callback."""
        self._move(WorkInput.GIVEN)
        self.attempt, self.last_contact = attempt, None

    def give_task(self, task: str) -> None:
        """Work of another kind is his."""
        self._move(WorkInput.GIVEN)
        self.task = task

    def take_attempt(self, attempt: AttemptId) -> None:
        """He answered: the resident's phone is dialled, or answered, while he listens."""
        self._move(WorkInput.TALKS)
        self.attempt = attempt

    def talk(self, call: CallId | None) -> None:
        """He and the resident hear each other; no call: a callback that a colleague made."""
        self._move(WorkInput.TALKS)
        self.call = call

    def release(self) -> None:
        """Nothing is given to him any more."""
        self._move(WorkInput.RELEASED)
        self.call = self.offer = self.attempt = self.task = self.leg = self.rang_at = None

    def wrap_up(self) -> None:
        """Some time after a conversation is his."""
        self._move(WorkInput.WRAPS_UP)

    def leave_alone(self) -> None:
        """For a moment he is given nothing."""
        self._move(WorkInput.LEFT_ALONE)

    def end_rest(self) -> None:
        """His wrap-up, or the moment in which he was given nothing, is over."""
        self._move(WorkInput.RESTED)

    def _move(self, what: WorkInput) -> None:
        self.work = MOVES[self.work][what]

    @property
    def is_eligible(self) -> bool:
        """Whether a call may be offered to him now (law 3; an unregistered phone is never offered one)."""
        return (
            self.work is Work.NONE
            and self.logged_in
            and (self.pause_reason is None or self.is_tried)
            and self.device is DeviceState.IDLE
            and not self.is_on_phone
        )

    @property
    def state(self) -> AgentState:
        """What he is doing, in the field's terms."""
        if self.work in _SHOWN_DURING_WORK:
            return _SHOWN_DURING_WORK[self.work]
        if not self.logged_in:
            return AgentState.LOGGED_OUT
        if self.device is DeviceState.UNAVAILABLE:
            return AgentState.UNAVAILABLE
        if self.work is Work.WRAP_UP:
            return AgentState.WRAP_UP
        if self.pause_reason is not None:
            return AgentState.PAUSED
        if self.work is Work.DECLINE_PAUSE:
            return AgentState.DECLINE_PAUSE
        if self.device is not DeviceState.IDLE or self.is_on_phone:
            return AgentState.BUSY_ELSEWHERE
        return AgentState.FREE
