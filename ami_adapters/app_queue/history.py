"""What queue_log tells of the calls of watched queues, for an engine that was away. Pure.

queue_log knows whole seconds, and a call's arrival only as the whole second in its Uniqueid.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ami_adapters.app_queue.events import WatchedQueues, created_at, number_of
from ami_adapters.app_queue.log_reader import LoggedLine
from queues.messages.snapshot import EndedCall
from queues.terms.identifiers import AgentId, CallId, Did, QueueName
from queues.terms.outcomes import QueueExit
from queues.terms.phone import Phone

_EXITS: Mapping[str, QueueExit] = {
    "ABANDON": QueueExit.ABANDONED,
    "SYSCOMPAT": QueueExit.ABANDONED,
    "EXITWITHTIMEOUT": QueueExit.TIMED_OUT,
    "EXITEMPTY": QueueExit.LEFT_EMPTY,
    "EXITWITHKEY": QueueExit.KEY,
    "WITHDRAW": QueueExit.WITHDRAWN,
}
_ENDS_OF_TALK = frozenset({"COMPLETEAGENT", "COMPLETECALLER", "BLINDTRANSFER", "ATTENDEDTRANSFER"})


@dataclass(slots=True)
class LoggedCall:
    """One call as the lines tell it so far."""

    call: CallId
    queue: QueueName
    queued_at: datetime
    number: Phone = field(default_factory=lambda: Phone(""))
    answered_at: datetime | None = None
    agent: AgentId | None = None
    ended_at: datetime | None = None
    exit: QueueExit | None = None

    def as_ended(self, seen_at: datetime) -> EndedCall:
        """It is over; when, the log may not tell: a key, a timeout or a transfer is not yet a hang-up."""
        return EndedCall(
            call=self.call,
            arrived_at=created_at(self.call) or self.queued_at,
            did=Did(""),
            number=self.number,
            ended_at=self.ended_at or seen_at,
            answered_at=self.answered_at,
            agent=self.agent,
            watched=self.queue,
            queued_at=self.queued_at,
            exit=self.exit,
        )


def calls_of(
    lines: Iterable[LoggedLine], watched: WatchedQueues, names: Mapping[str, str]
) -> dict[str, LoggedCall]:
    """By Uniqueid. `names` gives a member's interface by the name that queue_log shows."""
    found: dict[str, LoggedCall] = {}
    for line in lines:
        queue = watched.queues.get(line.queue)
        if queue is None:
            continue
        call = found.get(line.call)
        if line.event == "ENTERQUEUE":
            if call is None:
                call = found[line.call] = LoggedCall(CallId(line.call), queue, line.at)
            call.exit = call.ended_at = None
            call.number = number_of(line.data[1] if len(line.data) > 1 else "")
        elif call is not None:
            _take(call, line, watched, names)
    # The log shows no channel: an agent's own call into the queue is known by the number, which is his phone's name.
    return {uniqueid: call for uniqueid, call in found.items() if watched.agent_of(call.number.whole) is None}


def _take(call: LoggedCall, line: LoggedLine, watched: WatchedQueues, names: Mapping[str, str]) -> None:
    if line.event == "CONNECT":
        call.answered_at = call.answered_at or line.at
        call.agent = watched.agent_of(names.get(line.agent, line.agent))
    elif line.event in _EXITS:
        call.exit, call.ended_at = _EXITS[line.event], line.at
    elif line.event in _ENDS_OF_TALK:
        call.ended_at = line.at
