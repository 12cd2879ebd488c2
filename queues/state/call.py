"""One resident's call: its states and what each input does to it, as a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from queues.messages import events
from queues.messages.events import Event
from queues.messages.journal import CallOffered, ServedBy
from queues.policy import LinePolicy, QueuePolicy
from queues.terms.identifiers import AgentId, CallId, ChannelName, CompanyId, Did, OfferId
from queues.terms.outcomes import Choice, QueueExit
from queues.terms.phone import Phone

Place = tuple[int, datetime, str]
BEFORE_ALL = -1
"""The priority of those whom a supervisor raised: no queue's is smaller than 0."""
"""Order among all who wait: priority, then the moment the law wants a human with them, then id.

For live callers that moment is arrival + the answer limit, for callbacks arrival + the contact limit: so
within each kind the earlier arrival is served first (law 6), and the two compete by slack to their deadline.
"""


class CallState(StrEnum):
    """Where the resident is."""

    RESTORED = "restored"
    """Known from the ledger; the PBX has not been asked yet."""
    ARRIVED = "arrived"
    WAITING = "waiting"
    OFFERED = "offered"
    HELD_BACK = "held_back"
    """Waiting, but Asterisk just refused to move him: asked again a moment later."""
    FALLBACK = "fallback"
    LEAVING = "leaving"
    """He chose to be called back or to leave a message: not offered to anybody any more."""
    WATCHED = "watched"
    """He waits in an app_queue that Asterisk dispatches."""
    LEFT_QUEUE = "left_queue"
    """He left such a queue, or is not let in (yet): his call goes on in the PBX's dialplan."""
    TALKING = "talking"
    OWN = "own"
    """It came from one of our own numbers: nobody to serve. It is being hung up."""


class CallInput(StrEnum):
    """What becomes of a resident on the line: said by whoever knows, answered by `MOVES`."""

    QUEUED = "queued"
    """He waits in our line."""
    OFFERED = "offered"
    """An agent's phone is rung for him, by us."""
    DEFERRED = "deferred"
    """The offer is over, and he is not to be moved for a moment."""
    ANSWERED = "answered"
    """A human speaks with him."""
    FELL_BACK = "fell_back"
    """The dialplan took him to the fallback queue."""
    CHOSE = "chose"
    """He is in the menu, or on his way out with what he chose there."""
    JOINED_PBX_QUEUE = "joined_pbx_queue"
    LEFT_PBX_QUEUE = "left_pbx_queue"
    IS_OURS = "is_ours"
    """The call comes from one of our own numbers."""
    LOST_SIGHT = "lost_sight"
    """He is not on the line any more; how his call ended is being read."""


class CallStep(StrEnum):
    """What is done with an event of a call: the action; each is a function of `queues.calls.call_states`."""

    IGNORE = "ignore"
    """A duplicate, or news that came late: nothing to do."""
    QUEUE = "queue"
    COME_BACK = "come_back"
    NOTE_RING = "note_ring"
    CONNECT = "connect"
    FALL_BACK = "fall_back"
    REJECT = "reject"
    ABANDON = "abandon"
    FINISH = "finish"
    CHOOSE = "choose"
    TAKE_MESSAGE = "take_message"
    TRANSFER = "transfer"
    JOIN_PBX_QUEUE = "join_pbx_queue"
    LEAVE_PBX_QUEUE = "leave_pbx_queue"
    NOTE_PBX_RING = "note_pbx_ring"
    END_PBX_RING = "end_pbx_ring"
    END_WATCHED = "end_watched"


_S, _I = CallState, CallInput
_UNANSWERED: Mapping[CallInput, CallState] = {
    _I.QUEUED: _S.WAITING,
    _I.OFFERED: _S.OFFERED,
    _I.ANSWERED: _S.TALKING,
    _I.FELL_BACK: _S.FALLBACK,
    _I.CHOSE: _S.LEAVING,
    _I.JOINED_PBX_QUEUE: _S.WATCHED,
    _I.LEFT_PBX_QUEUE: _S.LEFT_QUEUE,
    _I.IS_OURS: _S.OWN,
    _I.LOST_SIGHT: _S.RESTORED,
}
"""The PBX moves him as it likes, and a snapshot finds him anywhere: so all of these may happen in every such state."""

MOVES: Mapping[CallState, Mapping[CallInput, CallState]] = {
    _S.RESTORED: {**_UNANSWERED, _I.DEFERRED: _S.RESTORED},
    _S.ARRIVED: {**_UNANSWERED, _I.DEFERRED: _S.ARRIVED},
    _S.WAITING: {**_UNANSWERED, _I.DEFERRED: _S.WAITING},
    _S.OFFERED: {**_UNANSWERED, _I.DEFERRED: _S.HELD_BACK},
    _S.HELD_BACK: {**_UNANSWERED, _I.DEFERRED: _S.HELD_BACK},
    _S.FALLBACK: {**_UNANSWERED, _I.DEFERRED: _S.FALLBACK},
    _S.LEAVING: {**_UNANSWERED, _I.DEFERRED: _S.LEAVING},
    _S.WATCHED: {**_UNANSWERED, _I.DEFERRED: _S.WATCHED},
    _S.LEFT_QUEUE: {**_UNANSWERED, _I.DEFERRED: _S.LEFT_QUEUE},
    # The settings may change meanwhile, so that it is a resident's after all. Nobody is lost in it.
    _S.OWN: {**_UNANSWERED, _I.DEFERRED: _S.OWN, _I.LOST_SIGHT: _S.OWN},
    # Whoever was answered stays answered, until he hangs up.
    _S.TALKING: dict.fromkeys(_I, _S.TALKING),
}
"""The next state for every state and input. What is done besides is `STEPS`'s matter."""

_STEPS_WHILE_WAITING: Mapping[type[Event], CallStep] = {
    events.CallArrived: CallStep.IGNORE,
    events.CallWatched: CallStep.IGNORE,
    events.QueueJoined: CallStep.JOIN_PBX_QUEUE,
    events.AgentRingEnded: CallStep.IGNORE,
    events.CallHolding: CallStep.IGNORE,
    events.CallAnswered: CallStep.CONNECT,
    events.CallFellBack: CallStep.FALL_BACK,
    events.CallRejected: CallStep.REJECT,
    events.CallEnded: CallStep.ABANDON,
    events.ChoiceMade: CallStep.CHOOSE,
    events.MessageLeft: CallStep.TAKE_MESSAGE,
}

_STEPS_WHILE_WATCHED: Mapping[type[Event], CallStep] = {
    **_STEPS_WHILE_WAITING,
    # The PBX's dialplan sent him on to us: he waits in our line from then on.
    events.CallHolding: CallStep.QUEUE,
    events.QueueLeft: CallStep.LEAVE_PBX_QUEUE,
    events.AgentRang: CallStep.NOTE_PBX_RING,
    events.AgentRingEnded: CallStep.END_PBX_RING,
    events.CallEnded: CallStep.END_WATCHED,
}

STEPS: Mapping[CallState, Mapping[type[Event], CallStep]] = {
    _S.RESTORED: {**_STEPS_WHILE_WAITING, events.CallHolding: CallStep.QUEUE},
    _S.ARRIVED: {**_STEPS_WHILE_WAITING, events.CallHolding: CallStep.QUEUE},
    _S.WAITING: _STEPS_WHILE_WAITING,
    _S.HELD_BACK: _STEPS_WHILE_WAITING,
    _S.OFFERED: {
        **_STEPS_WHILE_WAITING,
        events.CallHolding: CallStep.COME_BACK,
        events.AgentRang: CallStep.NOTE_RING,
    },
    _S.FALLBACK: {
        **_STEPS_WHILE_WAITING,
        events.CallHolding: CallStep.QUEUE,
        events.CallFellBack: CallStep.IGNORE,
        events.AgentRang: CallStep.NOTE_PBX_RING,
        events.AgentRingEnded: CallStep.END_PBX_RING,
    },
    _S.WATCHED: _STEPS_WHILE_WATCHED,
    _S.LEFT_QUEUE: {
        **_STEPS_WHILE_WATCHED,
        # A ring that ended as he left is told late.
        events.AgentRingEnded: CallStep.IGNORE,
    },
    _S.LEAVING: {
        events.CallArrived: CallStep.IGNORE,
        events.CallWatched: CallStep.IGNORE,
        events.QueueJoined: CallStep.JOIN_PBX_QUEUE,
        events.QueueLeft: CallStep.IGNORE,
        events.AgentRingEnded: CallStep.IGNORE,
        # He changed his mind, or the message was not recorded: he waits again, in his place.
        events.CallHolding: CallStep.QUEUE,
        events.CallAnswered: CallStep.CONNECT,
        events.CallFellBack: CallStep.FALL_BACK,
        events.CallEnded: CallStep.ABANDON,
        events.ChoiceMade: CallStep.CHOOSE,
        events.MessageLeft: CallStep.TAKE_MESSAGE,
    },
    _S.OWN: {
        **dict.fromkeys(_STEPS_WHILE_WATCHED, CallStep.IGNORE),
        events.CallAnswered: CallStep.CONNECT,
        events.CallEnded: CallStep.REJECT,
    },
    _S.TALKING: {
        events.CallArrived: CallStep.IGNORE,
        events.CallWatched: CallStep.IGNORE,
        # An agent sent him on to a queue: he was answered all the same.
        events.QueueJoined: CallStep.IGNORE,
        events.QueueLeft: CallStep.IGNORE,
        events.AgentRingEnded: CallStep.IGNORE,
        events.CallAnswered: CallStep.IGNORE,
        events.AgentRang: CallStep.IGNORE,
        events.CallTransferred: CallStep.TRANSFER,
        # Nobody answered the transfer: Asterisk's own queue serves him on, he was answered all the same.
        events.CallFellBack: CallStep.IGNORE,
        events.CallEnded: CallStep.FINISH,
    },
}
"""A pair that is not here is journalled as Unexpected and changes nothing."""


@dataclass(slots=True)
class Call:
    """The live state of one call. `state` changes by `move` only."""

    id: CallId
    channel: ChannelName
    arrived_at: datetime
    line: LinePolicy
    queue: QueuePolicy
    number: Phone
    caller_name: str
    state: CallState
    queued_at: datetime | None = None
    answered_at: datetime | None = None
    served_by: ServedBy = ServedBy.ENGINE
    agent: AgentId | None = None
    offer: OfferId | None = None
    offers_made: int = 0
    refusals: int = 0
    """Consecutive Redirects that Asterisk refused."""
    answer_limit: timedelta = timedelta(0)
    choice: Choice | None = None
    choice_offered: bool = False
    resident: tuple[CompanyId, str] | None = None
    """Under whom he counts as being on the line, whatever the settings say later."""
    typed_number: Phone | None = None
    """Where he wants to be called, typed by one who withheld his number."""
    message_at: datetime | None = None
    fell_back: int = 0
    """How often the dialplan took him to the fallback queue while we were there."""
    rings: dict[AgentId, OfferId] = field(default_factory=dict)
    """Whom Asterisk's own queue is ringing for him."""
    queue_exit: QueueExit | None = None
    """How he left it."""
    recording: str = ""
    """Where his conversation is recorded, once that was told."""
    uncounted: CallOffered | None = None
    """What the journal would have said of his arrival: a call of our own numbers enters no figure."""
    is_raised: bool = False
    """A supervisor wants him served before all others."""
    is_held: bool = False
    """Whom he speaks with has put him on hold."""
    has_trace: bool = True
    """Whether the dialplan wrote him into the inbox: an app_queue's own dialplan does not."""

    @property
    def reach_by(self) -> Phone:
        """The number to call him back by."""
        return self.typed_number or self.number

    def move(self, what: CallInput) -> None:
        """Take the table's next state: the only place where `state` is written."""
        self.state = MOVES[self.state][what]

    @property
    def place(self) -> Place:
        """His place among all waiting: never changes while he waits, but by a supervisor's hand."""
        priority = BEFORE_ALL if self.is_raised else self.queue.priority
        return (priority, self.arrived_at + self.answer_limit, self.id)

    def offered(self, at: datetime, did: Did, unlisted: Did | None, *, watched: bool = False) -> CallOffered:
        """The journal's record of his arrival: what is known of a call from its beginning is told here alone."""
        return CallOffered(
            at=at,
            call=self.id,
            arrived_at=self.arrived_at,
            did=did,
            company=self.line.company,
            line_kind=self.line.kind,
            queue=self.queue.name,
            number=self.number,
            caller_name=self.caller_name,
            watched=watched,
            unlisted=unlisted,
        )
