"""Calls of watched queues after a (re)connect: who is alive, by Asterisk's lists; who ended, by queue_log. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from ami_adapters.app_queue.events import WatchedQueues, created_at, name_of, number_of
from ami_adapters.app_queue.history import LoggedCall
from ami_adapters.channels.channel_registry import ChannelRegistry
from ami_adapters.protocol.ami_message import Message
from queues.messages.snapshot import EndedCall, LiveCall, LiveCallState
from queues.terms.identifiers import CallId, ChannelName, Did, QueueName

_SOME_TIME = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def watched_entries(answers: Sequence[Message], watched: WatchedQueues) -> dict[str, QueueName]:
    """Who is in which watched queue now, by Uniqueid."""
    return {
        message.text("Uniqueid"): watched.queues[message.text("Queue")]
        for message in answers
        if message.name == "QueueEntry" and message.text("Queue") in watched.queues
    }


def live_calls(
    channels: Sequence[Message],
    entries: Mapping[str, QueueName],
    known: Mapping[str, QueueName],
    logged: Mapping[str, LoggedCall],
    registry: ChannelRegistry,
) -> Iterable[LiveCall]:
    """Who is in a watched queue, or was: `known` from before, `logged` as the log tells of the gap.

    Engine-served residents are in the registry already and are left alone.
    """
    of_log = {uniqueid: call.queue for uniqueid, call in logged.items()}
    for message in channels:
        uniqueid = message.text("Uniqueid")
        queue = entries.get(uniqueid) or known.get(uniqueid) or of_log.get(uniqueid)
        if registry.agent_of_channel(message.get("Channel")) is not None:
            continue  # An agent's own call into the queue.
        if queue is not None and uniqueid not in registry.residents:
            registry.add_resident(uniqueid, message.get("Channel"))
            for other in channels:
                # Whoever rings for him: an agent's leg is known, any other is of nobody in the settings.
                if other.text("Linkedid") == uniqueid and other.text("Uniqueid") not in {
                    uniqueid,
                    *registry.legs,
                }:
                    registry.add_leg(other.text("Uniqueid"), other.get("Channel"), uniqueid)
            yield _live_call(message, queue, registry, logged.get(uniqueid), is_queued=uniqueid in entries)


def _live_call(
    message: Message,
    queue: QueueName,
    registry: ChannelRegistry,
    told: LoggedCall | None,
    *,
    is_queued: bool,
) -> LiveCall:
    uniqueid = message.text("Uniqueid")
    resident = registry.add_resident(uniqueid, message.get("Channel"))
    resident.watched = queue
    if message.get("BridgeID"):
        registry.enter_bridge(uniqueid, message.text("BridgeID"), message.get("Channel"))
    leg = registry.leg_bridged_with(uniqueid)
    state = LiveCallState.LEFT_QUEUE
    if is_queued:
        state = LiveCallState.WATCHED
    elif registry.is_with_somebody(uniqueid):
        state = LiveCallState.TALKING
        resident.answered = True
        resident.agent = None if leg is None else leg.agent
    channel = registry.channels.get(uniqueid)
    known_arrival = created_at(uniqueid) if channel is None else channel.created_at
    return LiveCall(
        call=CallId(uniqueid),
        channel=ChannelName(message.get("Channel")),
        arrived_at=known_arrival or _SOME_TIME,
        did=Did("" if channel is None else channel.extension),
        number=number_of(message.text("CallerIDNum")),
        state=state,
        caller_name=name_of(message.text("CallerIDName")),
        agent=resident.agent,
        answered_at=told.answered_at if told is not None and state is LiveCallState.TALKING else None,
        watched=queue,
        queued_at=None if told is None else told.queued_at,
    )


def ended_calls(logged: Mapping[str, LoggedCall], live: set[str], at: datetime) -> Iterable[EndedCall]:
    """Of those the log tells of, whoever has no channel any more."""
    for uniqueid, call in logged.items():
        if uniqueid not in live:
            yield call.as_ended(at)
