"""The lists Asterisk gives after a (re)connect, read into one snapshot of residents and agents.

Pure: `SNAPSHOT_ACTIONS` are sent by the connection, the answers come in here together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ami_adapters.app_queue.events import QueueWatch, WatchedQueues
from ami_adapters.app_queue.history import LoggedCall
from ami_adapters.app_queue.snapshot import ended_calls, live_calls, watched_entries
from ami_adapters.channels.channel_registry import ChannelRegistry
from ami_adapters.channels.local_channels import is_local
from ami_adapters.protocol import actions
from ami_adapters.protocol import dialplan_names as names
from ami_adapters.protocol.actions import Action
from ami_adapters.protocol.ami_message import Message, instant_of
from ami_adapters.translation.dial_results import contact_result, leg_end
from ami_adapters.translation.event_translation import device_state_of, pause_of
from queues.messages.events import (
    AttemptTrace,
    Choice,
    ChoiceMade,
    ContactResult,
    DeviceState,
    EndedCall,
    LiveAgent,
    LiveAttempt,
    LiveAttemptState,
    LiveCall,
    LiveCallState,
    PbxSnapshot,
)
from queues.terms.identifiers import AgentId, AttemptId, CallId, ChannelName, Did, Endpoint, OfferId
from queues.terms.phone import Phone

RESIDENT_VARIABLES = (
    names.ARRIVED_VARIABLE,
    names.DID_VARIABLE,
    names.NUMBER_VARIABLE,
    names.STATE_VARIABLE,
    names.ANSWERED_VARIABLE,
    names.ANSWERED_BY_VARIABLE,
    names.RECORDING_VARIABLE,
    names.OFFER_VARIABLE,
    names.ATTEMPT_VARIABLE,
    names.TRUNK_VARIABLE,
    names.CHOSE_VARIABLE,
)

STATUS = actions.status(RESIDENT_VARIABLES)
DEVICES = actions.device_state_list()
QUEUES = actions.queue_status()
AGENTS = actions.db_get_tree(f"{names.ASTDB_FAMILY}/agent")
ATTEMPTS = actions.db_get_tree(f"{names.ASTDB_FAMILY}/attempt")
SNAPSHOT_ACTIONS: Mapping[str, Action] = {
    "status": STATUS,
    "devices": DEVICES,
    "queues": QUEUES,
    "agents": AGENTS,
    "attempts": ATTEMPTS,
}
ATTEMPT_PREFIX = "ob-"

TRACE_VERSION = "1"


@dataclass(frozen=True, slots=True)
class InboxEntry:
    """AstDB `callengine/inbox/<call>` = `1|arrived|did|number|state|answered|ended`, times as epoch seconds.

    State is `arriving`, `ended`, or by whom he was answered: `answered@CHANNEL` or `fallback@CHANNEL`.
    """

    call: CallId
    arrived_at: datetime
    did: Did
    number: Phone
    answered_at: datetime | None
    ended_at: datetime | None
    message_at: datetime | None = None
    message_path: str = ""
    recording: str = ""
    by_fallback: bool = False
    agent: AgentId | None = None
    choice: ChoiceMade | None = None

    def as_ended(self) -> EndedCall:
        """As the core wants it."""
        return EndedCall(
            call=self.call,
            arrived_at=self.arrived_at,
            did=self.did,
            number=self.number,
            ended_at=self.ended_at,
            answered_at=self.answered_at,
            agent=self.agent,
            by_fallback=self.by_fallback,
            message_at=self.message_at,
            message_path=self.message_path,
            recording=self.recording,
            choice=self.choice,
        )


def read_inbox_entry(
    key: str, value: str, agents: Mapping[Endpoint, AgentId] | None = None
) -> InboxEntry | None:
    """One entry, None when it is damaged or of a kind we do not know (the caller reports it).

    An ended one has three fields more, each may be empty: `|message's moment|its file|recording`; who made a choice
    has three more again: `|choice|when|number typed`.
    """
    call = key.rpartition("/")[2]
    match value.split("|"):
        case [version, arrived, did, number, state, answered, ended, *rest] if (
            version == TRACE_VERSION and call
        ):
            arrived_at = instant_of(arrived)
            if arrived_at is None:
                return None
            return InboxEntry(
                CallId(call),
                arrived_at,
                Did(did),
                Phone(number),
                None if _is_local(state) else instant_of(answered),
                instant_of(ended),
                *_message_of(rest),
                recording="".join(rest[2:3]),
                by_fallback=state.partition("@")[0] == "fallback",
                agent=_answered_by(state, agents or {}),
                choice=_choice_of(CallId(call), rest[3:]),
            )
        case _:
            return None


def _message_of(rest: Sequence[str]) -> tuple[datetime | None, str]:
    match rest:
        case [left_at, path, *_] if path:
            return instant_of(left_at), path
        case _:
            return None, ""


def _is_local(state: str) -> bool:
    """Written by a dialplan that took what a phone sent its call on to (302) for an answer."""
    return is_local(state.partition("@")[2])


def _answered_by(state: str, agents: Mapping[Endpoint, AgentId]) -> AgentId | None:
    """`answered@PJSIP/1001-0000002a` names the channel of whoever answered."""
    channel = state.partition("@")[2]
    return agents.get(Endpoint(channel.rpartition("-")[0]))


def _choice_of(call: CallId, rest: Sequence[str]) -> ChoiceMade | None:
    match rest:
        case [what, when, typed] if what in set(Choice) and (at := instant_of(when)) is not None:
            return ChoiceMade(at, call, Choice(what), Phone(typed) if typed else None)
        case _:
            return None


def read_attempt_trace(key: str, value: str) -> AttemptTrace | None:
    """AstDB `callengine/attempt/<id>` = `1|dialling|t`, `1|answered|t` or
    `1|ended|t|DIALSTATUS|answered|cause|SIP code|rang`; an older dialplan writes no more than the cause, or less.
    """
    attempt = AttemptId(key.rpartition("/")[2])
    match value.split("|"):
        case [version, "dialling", _] if version == TRACE_VERSION:
            return AttemptTrace(attempt, None)
        case [version, "answered", answered] if version == TRACE_VERSION:
            return AttemptTrace(attempt, ContactResult.CONTACTED, instant_of(answered))
        case [version, "ended", _, dial_status, answered, *rest] if version == TRACE_VERSION:
            contacted_at = instant_of(answered)
            if contacted_at is not None:
                return AttemptTrace(attempt, ContactResult.CONTACTED, contacted_at, dial_status=dial_status)
            cause, sip_code, rang = (*rest, "", "", "")[:3]
            end = leg_end(dial_status, sip_code, rang, cause)
            return AttemptTrace(attempt, contact_result(dial_status, end), rang=end.rang)
        case _:
            return None


@dataclass(frozen=True, slots=True)
class SnapshotResult:
    """The snapshot, and what in the PBX's data could not be read (keys only, never numbers)."""

    snapshot: PbxSnapshot
    damaged_keys: tuple[str, ...]


def read_snapshot(
    answers: Mapping[str, Sequence[Message]],
    registry: ChannelRegistry,
    at: datetime,
    pbx_started_at: datetime | None = None,
    *,
    queue_watch: QueueWatch | None = None,
    logged: Mapping[str, LoggedCall] | None = None,
) -> SnapshotResult:
    """Build the snapshot and fill the (cleared) registry from the answers by action: status, devices, …

    `queue_watch` is brought up to date as well; `logged` is what queue_log tells of watched calls since the gap began.
    """
    watch, logged = queue_watch or QueueWatch(WatchedQueues(), registry), logged or {}
    channels = [message for message in answers["status"] if message.name == "Status"]
    queued = {message.text("Uniqueid") for message in answers["queues"] if message.name == "QueueEntry"}
    entries = watched_entries(answers["queues"], watch.watched)
    calls = (
        *_read_calls(channels, queued - entries.keys(), registry),
        *live_calls(channels, entries, registry.watched_before, logged, registry),
    )
    watch.read_members(message for message in answers["queues"] if message.name == "QueueMember")
    alive = {message.text("Uniqueid") for message in channels}
    registry.forget_all_but(alive)
    damaged: list[str] = []
    snapshot = PbxSnapshot(
        at=at,
        calls=calls,
        agents=tuple(_read_agents(answers, registry, watch)),
        ended=tuple(ended_calls(logged, alive, at)),
        attempts=tuple(_read_live_attempts(channels, registry)),
        attempt_traces=tuple(_read_traces(answers["attempts"], damaged)),
        pbx_started_at=pbx_started_at,
    )
    return SnapshotResult(snapshot, tuple(damaged))


def _read_calls(channels: list[Message], queued: set[str], registry: ChannelRegistry) -> Iterable[LiveCall]:
    residents: list[tuple[Message, dict[str, str]]] = []
    for message in channels:
        variables = _variables_of(message)
        if instant_of(variables.get(names.ARRIVED_VARIABLE, "")) is not None:
            residents.append((message, variables))
            registry.add_resident(message.text("Uniqueid"), message.get("Channel"))
    for message in channels:
        if message.text("Uniqueid") not in registry.residents:
            registry.note_phone(message.text("Uniqueid"), message.get("Channel"))
            registry.add_leg(message.text("Uniqueid"), message.get("Channel"), message.text("Linkedid"))
        if message.get("BridgeID"):
            registry.enter_bridge(message.text("Uniqueid"), message.text("BridgeID"), message.get("Channel"))
    agents_by_call = {leg.call: leg.agent for leg in registry.legs.values() if leg.call is not None}
    for message, variables in residents:
        yield _read_call(message, variables, queued, registry, agents_by_call)


def _read_call(
    message: Message,
    variables: Mapping[str, str],
    queued: set[str],
    registry: ChannelRegistry,
    agents_by_call: Mapping[CallId, AgentId],
) -> LiveCall:
    uniqueid = message.text("Uniqueid")
    resident = registry.residents[uniqueid]
    state = _state_of(variables.get(names.STATE_VARIABLE, ""))
    # Who answered in the fallback stays its, though he waits in no queue any more.
    by, _, answerer = variables.get(names.ANSWERED_BY_VARIABLE, "").partition("@")
    resident.by_fallback = (
        state is LiveCallState.FALLBACK or uniqueid in queued or by == LiveCallState.FALLBACK
    )
    leg = registry.leg_bridged_with(uniqueid)
    if leg is not None:
        state = LiveCallState.TALKING
        resident.answered = True
        resident.agent = leg.agent
    elif state is LiveCallState.TALKING:
        # Bridged in a moment, or just not any more: the dialplan has marked him answered, here and in the inbox.
        resident.answered = True
        resident.agent = agents_by_call.get(resident.call)
    agent = leg.agent if leg is not None else agents_by_call.get(resident.call)
    # His channel outlives the agent's by a moment, in which nothing but the dialplan's mark tells whose it was.
    was_taken = state is LiveCallState.TALKING and agent is None and not is_local(answerer)
    name = message.text("CallerIDName")
    offer = variables.get(names.OFFER_VARIABLE, "")
    return LiveCall(
        call=resident.call,
        channel=ChannelName(message.get("Channel")),
        arrived_at=instant_of(variables[names.ARRIVED_VARIABLE]) or _EPOCH_UNKNOWN,
        did=Did(variables.get(names.DID_VARIABLE, "")),
        number=Phone(variables.get(names.NUMBER_VARIABLE, "")),
        state=state,
        caller_name="" if name == "<unknown>" else name,
        agent=agent,
        offer=OfferId(offer) if offer and state is LiveCallState.OFFERED else None,
        answered_at=instant_of(variables.get(names.ANSWERED_VARIABLE, "")),
        choice=_choice_of(resident.call, variables.get(names.CHOSE_VARIABLE, "").split("|")),
        by_fallback=resident.by_fallback,
        recording=variables.get(names.RECORDING_VARIABLE, "") if state is LiveCallState.TALKING else "",
        answered_by=registry.agent_of_channel(answerer) if was_taken else None,
    )


_EPOCH_UNKNOWN = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def _state_of(text: str) -> LiveCallState:
    return LiveCallState(text) if text in set(LiveCallState) else LiveCallState.ARRIVING


def _variables_of(message: Message) -> dict[str, str]:
    """`Variable: NAME=value`, once per variable; one that a channel does not have is `(null)`."""
    pairs = (value.partition("=") for value in message.all_texts("Variable"))
    return {name: value for name, _, value in pairs if value != "(null)"}


def _read_live_attempts(channels: list[Message], registry: ChannelRegistry) -> Iterable[LiveAttempt]:
    """A callback's channel has the attempt's id as its Uniqueid; one that was dialled by hand, in a variable."""
    for message in channels:
        uniqueid = message.text("Uniqueid")
        attempt = _variables_of(message).get(names.ATTEMPT_VARIABLE, "")
        if uniqueid.startswith(ATTEMPT_PREFIX):
            attempt = uniqueid
        if not attempt.startswith(ATTEMPT_PREFIX) or message.get("Context") == names.CONTEXT_LIVE:
            continue  # The latter serves the resident's own call now.
        trunk = _variables_of(message).get(names.TRUNK_VARIABLE, "")
        channel = registry.add_attempt(attempt, uniqueid, trunk)
        channel.name = ChannelName(message.get("Channel"))
        channel.is_contacted = registry.far_end_of(channel) is not None
        if channel.is_contacted:
            registry.note_contact(uniqueid)
        channel.is_dialling = channel.is_contacted or message.get("Context") == names.CONTEXT_CALLBACK
        state = LiveAttemptState.RINGING_AGENT
        if channel.is_contacted:
            state = LiveAttemptState.TALKING
        elif channel.is_dialling:
            state = LiveAttemptState.DIALLING
        yield LiveAttempt(AttemptId(attempt), state, registry.agent_of_channel(message.get("Channel")))


def _read_traces(answers: Iterable[Message], damaged: list[str]) -> Iterable[AttemptTrace]:
    for message in answers:
        if message.name == "DBGetTreeResponse":
            trace = read_attempt_trace(message.text("Key"), message.text("Val"))
            if trace is None:
                damaged.append(message.text("Key"))
            else:
                yield trace


def _read_agents(
    answers: Mapping[str, Sequence[Message]], registry: ChannelRegistry, watch: QueueWatch
) -> Iterable[LiveAgent]:
    devices = {
        message.text("Device"): device_state_of(message.text("State"))
        for message in answers["devices"]
        if message.name == "DeviceStateChange"
    }
    logged_in = {
        message.text("Key").rpartition("/")[2]
        for message in answers["agents"]
        if message.name == "DBGetTreeResponse" and message.text("Val").startswith("in")
    }
    members = [message for message in answers["queues"] if message.name == "QueueMember"]
    pauses = {member.text("Location"): pause for member in members if (pause := pause_of(member))}
    has_fallback = any(_is_fallback(one) for one in answers["queues"] if one.name == "QueueParams")
    fallback = {member.text("Location"): pause_of(member) for member in members if _is_fallback(member)}
    for endpoint, agent in registry.agents_by_endpoint.items():
        by_membership = agent in watch.watched.by_membership
        yield LiveAgent(
            agent=agent,
            device=devices.get(endpoint, DeviceState.UNAVAILABLE),
            logged_in=agent in watch.members if by_membership else endpoint.partition("/")[2] in logged_in,
            paused=watch.pause_of(agent) if by_membership else pauses.get(endpoint),
            in_fallback=endpoint in fallback if has_fallback else None,
            fallback_pause=fallback.get(endpoint),
            on_phone=agent in registry.phones.values(),
        )


def _is_fallback(message: Message) -> bool:
    return message.get("Queue") == names.FALLBACK_QUEUE
