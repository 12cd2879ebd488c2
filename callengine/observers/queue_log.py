"""Who writes our lines to Asterisk's queue_log, unless that is switched off."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Final

from ami_adapters.connection.charge import Link
from ami_adapters.protocol.ami_message import Message
from ami_adapters.protocol.errors import AmiError
from ami_adapters.protocol.pending_actions import Response
from ami_adapters.queue_log.line import QueueLogLine
from ami_adapters.queue_log.transfers import transfer_notice
from ami_adapters.queue_log.writer import LoggedResident, QueueLog
from config.settings import Settings
from queues.messages.journal import AgentState, CallPassedOn, JournalEntry, LinkRestored
from queues.messages.snapshot import LedgerRestored
from queues.policy import AgentProfile, CentrePolicy
from queues.terms.identifiers import AgentId, CallId, QueueName
from storage.queries.realtime_seed import FigureCall, FigureRows

_UNEXPLAINED_SECONDS: Final = 2.0
"""Asterisk's word on a transfer follows that of its bridges within milliseconds; a busy machine takes longer."""


class QueueLogFeed:
    """Hears the journal and AMI, and has Asterisk write; without a link a line is not written at all."""

    def __init__(
        self,
        settings: Settings,
        policy: CentrePolicy,
        link: Callable[[], Link],
        now: Callable[[], datetime],
    ) -> None:
        """`link`: the one that will be there when there is something to write."""
        self._link = link
        self._now = now
        self._queue_log = QueueLog(_own_members(policy), settings.queue_log.agent, self._write)
        self._is_on = settings.queue_log.enabled
        self._has_own_queues = bool(_own_queues(policy))

    def take_up(self, restored: LedgerRestored, rows: FigureRows) -> None:
        """What an earlier run left; after an engine that never ran before the file knows nobody."""
        states = [(AgentId(one.agent), AgentState(one.state)) for one in rows.states]
        if len(rows.runs) > 1:
            self._queue_log.take_up(dict(_residents(restored, rows)), states)

    def follow(self, policy: CentrePolicy) -> None:
        """The settings were read anew. Who is gone may still end a conversation: he keeps the name he had."""
        self._has_own_queues = bool(_own_queues(policy))
        self._queue_log.follow(_own_members(policy))

    def observe(self, entry: JournalEntry) -> None:
        """The journal goes on."""
        if self._is_on:
            self._queue_log.observe(entry)
            if isinstance(entry, LinkRestored):
                asyncio.get_running_loop().call_soon(self._queue_log.settle)
            if isinstance(entry, CallPassedOn):
                loop = asyncio.get_running_loop()
                loop.call_later(_UNEXPLAINED_SECONDS, self._queue_log.unexplained, entry.call)

    def hear(self, message: Message) -> None:
        """AMI's own word on transfers: the journal knows only who speaks in the end."""
        notice = transfer_notice(message, self._now()) if self._is_on else None
        if notice is not None:
            self._queue_log.transferred(notice)

    def _write(self, line: QueueLogLine) -> None:
        # To whoever reads the file a start ends every call: on a PBX whose queues are only watched nothing ended.
        if line.event == "QUEUESTART" and not self._has_own_queues:
            return
        with contextlib.suppress(AmiError):
            self._link().send_nowait(line.action()).add_done_callback(_retrieve)


def _own_queues(policy: CentrePolicy) -> frozenset[QueueName]:
    return frozenset(policy.queues) - policy.not_recovered


def _own_members(policy: CentrePolicy) -> dict[AgentId, AgentProfile]:
    """The agents with the queues that we write of: of those that Asterisk dispatches app_queue writes itself."""
    own = _own_queues(policy)
    return {agent: replace(profile, queues=profile.queues & own) for agent, profile in policy.agents.items()}


def _residents(restored: LedgerRestored, rows: FigureRows) -> Iterator[tuple[CallId, LoggedResident]]:
    """The open calls of the engine's own queues, with the place each had when he came."""
    known = {str(call.call): call for call in restored.calls if not call.watched}
    first = min((call.arrived_at for call in known.values()), default=None)
    present = [] if first is None else [one for one in rows.calls if _waited_at(one, first)]
    passed_on = set(rows.transfers)
    for row in present:
        call = known.get(row.call)
        if call is None or (call.by_fallback and call.answered_at is not None):
            continue
        before = sum(
            one.queue == row.queue and one.arrived_at < row.arrived_at and _waited_at(one, row.arrived_at)
            for one in present
        )
        yield (
            call.call,
            LoggedResident(
                queue=QueueName(row.queue),
                arrived_at=call.arrived_at,
                number=call.number.whole,
                entered_as=before + 1,
                is_written=not call.by_fallback,
                in_fallback=call.by_fallback,
                agent=call.agent,
                answered_at=call.answered_at,
                transferred=row.call in passed_on,
            ),
        )


def _waited_at(call: FigureCall, at: datetime) -> bool:
    """Whether he waited then, or came later."""
    over_at = call.answered_at or call.ended_at
    return over_at is None or over_at > at


def _retrieve(answer: asyncio.Future[Response]) -> None:
    """Nobody waits for the answer; a link that breaks meanwhile is no mistake of ours."""
    if not answer.cancelled():
        answer.exception()
