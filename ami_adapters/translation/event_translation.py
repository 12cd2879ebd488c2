"""AMI events to domain events. Synchronous and total: any message gives zero or more events, never an exception.

Headers are read as Asterisk 20–22 writes them (main/manager_channels.c, main/manager_bridges.c,
apps/app_userevent.c). Text is cleaned for the domain: U+FFFD for what is not UTF-8, no NUL.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from ami_adapters.app_queue.events import QueueWatch, WatchedQueues, agent_dumped, ring_end
from ami_adapters.channels.channel_registry import ChannelRegistry
from ami_adapters.protocol import dialplan_names as names
from ami_adapters.protocol.ami_message import Message, instant_of
from ami_adapters.translation.bridges import Conversations
from ami_adapters.translation.dial_results import (
    OFFER_RESULTS,
    attempt_ended,
    cause_of,
    leg_end_told,
    offer_result,
)
from queues.messages import events
from queues.messages.events import Choice, ContactResult, DeviceState, Disposition, Event, OfferResult, Review
from queues.terms.identifiers import AttemptId, CallId, ChannelName, Did, Endpoint, MessageId, OfferId
from queues.terms.outcomes import SoundsLike
from queues.terms.phone import Phone

DEVICE_STATES: Mapping[str, DeviceState] = {
    "NOT_INUSE": DeviceState.IDLE,
    "INUSE": DeviceState.BUSY,
    "BUSY": DeviceState.BUSY,
    "ONHOLD": DeviceState.BUSY,
    "RINGINUSE": DeviceState.BUSY,
    "RINGING": DeviceState.RINGING,
}
"""Asterisk's device states (main/devicestate.c); INVALID, UNAVAILABLE, UNKNOWN and new ones are unavailable."""

SOUNDS_LIKE: Mapping[str, SoundsLike] = {"HUMAN": SoundsLike.HUMAN, "MACHINE": SoundsLike.MACHINE}
"""app_amd's AMDSTATUS; NOTSURE and HANGUP tell nothing."""

DISPOSITIONS: Mapping[str, Disposition] = {
    "1": Disposition.REACHED,
    "2": Disposition.ANSWERING_MACHINE,
    "3": Disposition.WRONG_PERSON,
    "4": Disposition.REFUSED,
}
"""The digit after *46."""

REVIEWS: Mapping[str, Review] = {"1": Review.DONE, "3": Review.CALL_BACK}
"""The key after a message was heard; 2 plays it again."""


def device_state_of(text: str) -> DeviceState:
    """Asterisk's word for a device's state to ours."""
    return DEVICE_STATES.get(text, DeviceState.UNAVAILABLE)


def pause_of(member: Message) -> str | None:
    """The pause that app_queue has a member in."""
    return (member.text("PausedReason") or "pause") if member.get("Paused") == "1" else None


class EventTranslator:
    """Messages in, domain events out, with the registry kept up to date on the way.

    `pbx_now` gives Asterisk's clock as estimated, for a message without a Timestamp.
    """

    def __init__(
        self,
        registry: ChannelRegistry,
        pbx_now: Callable[[], datetime],
        watched: WatchedQueues | None = None,
    ) -> None:
        self._registry = registry
        self._conversations = Conversations(registry)
        self._pbx_now = pbx_now
        self.queue_watch = QueueWatch(WatchedQueues(), registry)
        self._translations: dict[str, Callable[[Message, datetime], Iterator[Event]]] = {
            "UserEvent": self._user_event,
            "DialBegin": self._dial_begin,
            "DialEnd": self._dial_end,
            "AgentDump": self._agent_dumped,
            "BridgeEnter": self._bridge_enter,
            "BridgeLeave": self._bridge_leave,
            "Hold": self._hold,
            "Unhold": self._unhold,
            "Hangup": self._hangup,
            "DeviceStateChange": self._device_state,
            "Rename": self._rename,
            "OriginateResponse": self._originate_response,
            "QueueMemberAdded": self._queue_member,
            "QueueMemberRemoved": self._queue_member,
            "QueueMemberPause": self._queue_member,
        }
        self._of_watched: dict[str, Callable[[Message, datetime], Iterator[Event]]] = {}
        self.watch(watched or WatchedQueues())

    def watch(self, watched: WatchedQueues) -> None:
        """These queues of Asterisk's own are watched from now on; who is on the line is found by a snapshot."""
        self.queue_watch.watched = watched
        self._registry.agent_of_member = watched.agent_of if watched.queues else None
        self._of_watched = self.queue_watch.translations()

    def translate(self, message: Message) -> list[Event]:
        """The domain events of one AMI event, in order."""
        translation = self._translations.get(message.name) or self._of_watched.get(message.name)
        if translation is None:
            return []
        return list(translation(message, message.timestamp or self._pbx_now()))

    def _user_event(self, message: Message, at: datetime) -> Iterator[Event]:
        call = CallId(message.text("Uniqueid"))
        match message.get("UserEvent"):
            case names.EVENT_ARRIVED:
                yield from self._arrived(message, call, at)
            case names.EVENT_HOLDING:
                self._is_in_fallback(call, False)
                yield events.CallHolding(at, call, *self._offer_end(message, call))
            case names.EVENT_FALLBACK:
                self._is_in_fallback(call, True)
                yield events.CallFellBack(at, call)
            case names.EVENT_REJECTED:
                yield events.CallRejected(at, call, message.text("Reason"))
            case names.EVENT_OWN_CALL:
                number = Phone(message.text("Number"))
                yield events.OwnCallTurnedAway(at, call, Did(message.text("Did")), number)
            case names.EVENT_CHOICE if message.text("Choice") in set(Choice):
                typed = message.text("Number")
                yield events.ChoiceMade(
                    at, call, Choice(message.text("Choice")), Phone(typed) if typed else None
                )
            case names.EVENT_MESSAGE:
                yield events.MessageLeft(at, call, message.text("File"))
            case names.EVENT_AGENT:
                yield from self._agent_event(message, at)
            case names.EVENT_RECORDING | names.EVENT_RECORDING_LOST:
                yield _recording_told(message, at)
            case names.EVENT_SOUNDS_LIKE:
                hint = SOUNDS_LIKE.get(message.text("Status"), SoundsLike.NOT_SURE)
                yield events.AttemptHeard(at, AttemptId(message.text("Attempt")), hint)
            case names.EVENT_CALLBACK:
                yield from self._callback_event(message, at)
            case _:
                pass

    def _is_in_fallback(self, call: CallId, so: bool) -> None:
        """Who answers him is Asterisk's own queue's choice, or, once he was taken back, the engine's."""
        resident = self._registry.residents.get(call)
        if resident is not None:
            resident.by_fallback = so

    def _arrived(self, message: Message, call: CallId, at: datetime) -> Iterator[Event]:
        channel = ChannelName(message.get("Channel"))
        if not call or not channel:
            return
        self._registry.add_resident(call, channel)
        name = message.text("CallerIDName")
        yield events.CallArrived(
            at=at,
            call=call,
            channel=channel,
            arrived_at=instant_of(message.text("Arrived")) or at,
            did=Did(message.text("Did")),
            number=Phone(message.text("Number")),
            caller_name="" if name == "<unknown>" else name,
        )

    def _agent_event(self, message: Message, at: datetime) -> Iterator[Event]:
        agent = self._registry.agents_by_endpoint.get(Endpoint(message.text("Endpoint")))
        if agent is None:
            return
        yield from self._phone_seen(message.text("Uniqueid"), message.get("Channel"), at)
        match message.get("Do"):
            case "login":
                yield events.AgentLoggedIn(at, agent)
            case "logout":
                yield events.AgentLoggedOut(at, agent)
            case "pause":
                yield events.AgentPaused(at, agent, message.text("Reason") or "pause")
            case "unpause":
                yield events.AgentUnpaused(at, agent)
            case "ready":
                yield events.AgentWrapUpEnded(at, agent)
            case "message":
                yield events.MessageWanted(at, agent, ChannelName(message.get("Channel")))
            case "redial":
                yield events.RedialWanted(
                    at,
                    agent,
                    ChannelName(message.get("Channel")),
                    message.text("Uniqueid"),
                    Phone(message.text("Number")),
                )
            case "reviewed" if message.text("Reason") in REVIEWS:
                review = REVIEWS[message.text("Reason")]
                yield events.MessageReviewed(at, MessageId(message.text("Message")), review, agent)
            case "disposition" if message.text("Reason") in DISPOSITIONS:
                yield events.AgentDisposed(at, agent, DISPOSITIONS[message.text("Reason")])
            case _:
                pass

    def _callback_event(self, message: Message, at: datetime) -> Iterator[Event]:
        if message.get("Do") == "gone":
            heard = (cause_of(message.text("Packets")) or 0) > 0
            yield events.AttemptVoice(at, AttemptId(message.text("Attempt")), heard)
        channel = self._registry.channel_of(message.text("Attempt"))
        if channel is None:
            return
        match message.get("Do"):
            case "dialling":
                channel.is_dialling = True
                channel.name = ChannelName(message.get("Channel"))
                yield events.AttemptAgentReady(at, channel.attempt)
            case "ended":
                channel.dial_status = message.text("DialStatus")
                channel.leg_end = leg_end_told(message)
            case _:
                pass

    def _originate_response(self, message: Message, at: datetime) -> Iterator[Event]:
        """A failure may come without any channel, then no Hangup follows (main/manager.c fast_originate)."""
        attempt = message.text("Exten").removeprefix(names.CALLBACK_PREFIX)
        channel = self._registry.channel_of(attempt)
        if channel is None or channel.is_dialling or channel.was_rung:
            return  # Its Hangup tells the end, and why.
        if message.get("Response") == "Failure":
            self._registry.forget(attempt)
            yield events.AttemptEnded(at, channel.attempt, ContactResult.AGENT_DID_NOT_ANSWER, rang=False)

    def _dial_begin(self, message: Message, at: datetime) -> Iterator[Event]:
        attempt = self._registry.attempts.get(message.text("DestUniqueid"))
        if attempt is not None:
            attempt.was_rung = True
        yield from self._phone_seen(message.text("DestUniqueid"), message.get("DestChannel"), at)
        leg = self._registry.add_leg(
            message.text("DestUniqueid"), message.get("DestChannel"), message.text("Uniqueid")
        )
        if leg is not None and leg.call is not None:
            yield events.AgentRang(at, leg.call, leg.agent, leg.channel, leg.uniqueid)

    def _dial_end(self, message: Message, at: datetime) -> Iterator[Event]:
        attempt = self._registry.attempts.get(message.text("DestUniqueid"))
        if attempt is not None:
            attempt.agent_dial_status = message.text("DialStatus")
        resident = self._registry.residents.get(message.text("Uniqueid"))
        if resident is not None and message.text("Forward"):
            resident.sent_on = True
        yield from ring_end(message, at, self._registry, OFFER_RESULTS)

    def _phone_seen(self, uniqueid: str, channel: str, at: datetime) -> Iterator[Event]:
        """Told before what the channel brings: Asterisk's word on the device may come later than that."""
        agent = self._registry.note_phone(uniqueid, channel)
        if agent is not None:
            yield events.AgentPhoneUsed(at, agent, in_use=True)

    def _agent_dumped(self, message: Message, at: datetime) -> Iterator[Event]:
        yield from agent_dumped(message, at, self._registry)

    def _bridge_enter(self, message: Message, at: datetime) -> Iterator[Event]:
        """His answer is told by whoever comes last: the resident, as a rule, after the agent's leg (features.c)."""
        uniqueid, bridge = message.text("Uniqueid"), message.text("BridgeUniqueid")
        yield from self._phone_seen(uniqueid, message.get("Channel"), at)
        self._registry.enter_bridge(uniqueid, bridge, message.get("Channel"))
        for member in self._registry.members_with(uniqueid):
            attempt = self._registry.attempts.get(member)
            if attempt is None or attempt.is_contacted or self._registry.far_end_of(attempt) is None:
                continue
            attempt.is_contacted = True
            self._registry.note_contact(member)
            yield events.AttemptContacted(at, attempt.attempt)
        for changed in (bridge, *self._registry.bridges_behind(bridge)):
            yield from self._conversations.bridge_changed(changed, at)

    def _bridge_leave(self, message: Message, at: datetime) -> Iterator[Event]:
        bridge = self._registry.leave_bridge(message.text("Uniqueid"))
        if bridge is not None:
            yield from self._conversations.bridge_changed(bridge, at)

    def _hold(self, message: Message, at: datetime) -> Iterator[Event]:
        yield from self._conversations.held_by(message.text("Uniqueid"), at)

    def _unhold(self, message: Message, at: datetime) -> Iterator[Event]:
        yield from self._conversations.taken_back_by(message.text("Uniqueid"), at)

    def _hangup(self, message: Message, at: datetime) -> Iterator[Event]:
        uniqueid = message.text("Uniqueid")
        resident = self._registry.residents.get(uniqueid)
        leg = self._registry.legs.get(uniqueid)
        attempt = self._registry.attempts.get(uniqueid)
        self._registry.forget(uniqueid)
        self._conversations.forget(uniqueid)
        left = self._registry.forget_phone(uniqueid)
        if left is not None:
            yield events.AgentPhoneUsed(at, left, in_use=False)
        if attempt is not None:
            yield attempt_ended(attempt, at, message)
            maker = self._registry.agent_of_channel(attempt.name or "")
            if maker is not None:
                yield from self._conversations.left_by(maker, None, at)
        elif resident is not None:
            yield events.CallEnded(
                at, resident.call, cause_of(message.text("Cause")) or 0, resident.agent_left_first
            )
        elif leg is not None:
            yield events.AgentLegEnded(at, leg.agent, leg.channel, leg.call)
            yield from self._conversations.left_by(leg.agent, leg.call, at)

    def _device_state(self, message: Message, at: datetime) -> Iterator[Event]:
        agent = self._registry.agents_by_endpoint.get(Endpoint(message.text("Device")))
        if agent is not None:
            yield events.AgentDeviceChanged(at, agent, device_state_of(message.text("State")))

    def _queue_member(self, message: Message, at: datetime) -> Iterator[Event]:
        if message.get("Queue") != names.FALLBACK_QUEUE:
            yield from self.queue_watch.member_changed(message, at)
            return
        agent = self._registry.agents_by_endpoint.get(Endpoint(message.text("Interface")))
        if agent is not None:
            pause = pause_of(message)
            yield events.FallbackMemberChanged(at, agent, message.name != "QueueMemberRemoved", pause)

    def _rename(self, message: Message, _at: datetime) -> Iterator[Event]:
        self._registry.rename(message.text("Uniqueid"), message.get("Newname"))
        yield from ()

    def _offer_end(self, message: Message, call: CallId) -> tuple[OfferId | None, OfferResult | None]:
        """Which offer brought the resident back to hold, and why; (None, None) on his first entry."""
        offer = message.text("Offer")
        if not offer:
            return None, None
        result = offer_result(message.text("DialStatus"), leg_end_told(message))
        resident = self._registry.residents.get(call)
        if resident is not None and resident.sent_on:
            resident.sent_on, result = False, OfferResult.FORWARDED
        return OfferId(offer), result


def _recording_told(message: Message, at: datetime) -> Event:
    told = (
        at,
        CallId(message.text("Call")) or None,
        AttemptId(message.text("Attempt")) or None,
        message.text("File"),
    )
    if message.get("UserEvent") == names.EVENT_RECORDING_LOST:
        return events.RecordingLost(*told, cause_of(message.text("Seconds")))
    return events.RecordingBegan(*told)
