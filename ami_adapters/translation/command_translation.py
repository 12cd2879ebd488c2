"""Commands to AMI actions, sent in this order on one connection: Asterisk runs a session's actions one by one."""

from __future__ import annotations

from datetime import timedelta

from ami_adapters.channels.channel_registry import ChannelRegistry, ResidentChannel
from ami_adapters.protocol import actions
from ami_adapters.protocol import dialplan_names as names
from ami_adapters.protocol.actions import Action
from ami_adapters.protocol.errors import InvalidAction
from queues.messages.commands import (
    CancelAttempt,
    Command,
    DialCallback,
    EraseAttemptTrace,
    EraseInboxEntry,
    FetchFromFallback,
    ForgetObligationTimer,
    KeepLoggedIn,
    MarkHeld,
    OfferCall,
    OfferChoice,
    PauseAgent,
    PlayMessage,
    RefuseCall,
    ReturnToHold,
    SetFallbackMember,
    TellAgent,
    WakeForObligation,
)
from queues.terms.identifiers import CallId, ChannelName

_MAX_LABEL = 40


def actions_of(command: Command, registry: ChannelRegistry) -> list[Action]:  # noqa: PLR0912  # one case per command is the plainest table
    """The actions of one command; the last one's response tells whether the command was done."""
    match command:
        case OfferCall():
            return _offer(command, registry)
        case ReturnToHold(call, channel, _):
            name = _channel_name(registry, call, channel)
            return [actions.redirect(name, names.CONTEXT_HOLD, names.HOLD_EXTENSION)]
        case RefuseCall(call, channel):
            return [actions.hangup(_channel_name(registry, call, channel))]
        case OfferChoice(call, channel, may_be_called):
            name = _channel_name(registry, call, channel)
            return [
                actions.setvar(names.MAY_BE_CALLED_VARIABLE, str(int(may_be_called)), name),
                actions.redirect(name, names.CONTEXT_CHOICE, names.CHOICE_EXTENSION),
            ]
        case MarkHeld(channel, held):
            return [
                # Refused where nothing is recorded: no matter.
                actions.mute_recording(channel, muted=held),
                actions.setvar(names.LEFT_WAITING_VARIABLE, "1" if held else "", channel),
            ]
        case PlayMessage(message, channel, path):
            return [
                actions.setvar(names.MESSAGE_VARIABLE, message, channel),
                actions.setvar(names.MESSAGE_PATH_VARIABLE, path.removesuffix(".wav"), channel),
                actions.redirect(channel, names.CONTEXT_MESSAGE, names.MESSAGE_EXTENSION),
            ]
        case EraseInboxEntry(call):
            return [actions.setvar(f"DB_DELETE({names.ASTDB_FAMILY}/inbox/{call})", "")]
        case DialCallback():
            return _dial(command, registry)
        case TellAgent(channel, what):
            return [actions.redirect(channel, names.CONTEXT_AGENT_TOLD, what)]
        case CancelAttempt(attempt):
            # AMI takes the Uniqueid where a channel's name is asked for (ast_channel_get_by_name).
            live = registry.channel_of(attempt)
            return [actions.hangup(attempt if live is None else live.uniqueid)]
        case EraseAttemptTrace(attempt):
            return [actions.setvar(f"DB_DELETE({names.ASTDB_FAMILY}/attempt/{attempt})", "")]
        case FetchFromFallback(call, channel):
            name = _channel_name(registry, call, channel)
            return [actions.queue_withdraw_caller(names.FALLBACK_QUEUE, name)]
        case SetFallbackMember():
            return _member(command)
        case PauseAgent(_, endpoint, reason):
            return [
                actions.setvar(_lamp(endpoint), "RINGING"),
                actions.queue_pause(names.FALLBACK_QUEUE, endpoint, paused=True, reason=reason),
            ]
        case KeepLoggedIn(_, endpoint, logged_in):
            return [_remembered(endpoint, logged_in=logged_in)]
        case WakeForObligation() | ForgetObligationTimer():
            raise InvalidAction(f"{type(command).__name__} is for the timers, not for the PBX")


def _lamp(endpoint: str) -> str:
    return f"DEVICE_STATE({names.LAMP_PREFIX}{endpoint.partition('/')[2]})"


def _remembered(endpoint: str, *, logged_in: bool) -> Action:
    """AstDB is written by the dialplan only; what is in it may be erased from here."""
    phone = endpoint.partition("/")[2]
    if not logged_in:
        return actions.setvar(f"DB_DELETE({names.ASTDB_FAMILY}/agent/{phone})", "")
    return actions.run_dialplan(names.CONTEXT_BY_DESK, f"{names.LOG_IN_PREFIX}{phone}", names.LOG_IN_DONE)


def _member(command: SetFallbackMember) -> list[Action]:
    endpoint, pause = command.endpoint, command.pause
    if not command.is_member:
        lamp, change = "NOT_INUSE", actions.queue_remove(names.FALLBACK_QUEUE, endpoint)
    elif not command.is_there:
        lamp = "INUSE" if pause is None else "RINGING"
        change = actions.queue_add(names.FALLBACK_QUEUE, endpoint, pause=pause)
    else:
        lamp = "INUSE" if pause is None else "RINGING"
        change = actions.queue_pause(
            names.FALLBACK_QUEUE, endpoint, paused=pause is not None, reason=pause or ""
        )
    return [actions.setvar(_lamp(endpoint), lamp), change]


def _dial(command: DialCallback, registry: ChannelRegistry) -> list[Action]:
    extension = f"{names.CALLBACK_PREFIX}{command.attempt}"
    if command.channel is not None:
        registry.add_attempt(command.attempt, command.channel_id, command.trunk)
        channel = command.channel
        return [
            *(actions.setvar(name, value, channel) for name, value in _dial_variables(command)),
            actions.redirect(channel, names.CONTEXT_CALLBACK, extension),
        ]
    registry.add_attempt(command.attempt, trunk=command.trunk)
    return [
        actions.originate(
            channel=command.endpoint,
            context=names.CONTEXT_CALLBACK,
            extension=extension,
            channel_id=command.attempt,
            caller_id=f'"{command.label[:_MAX_LABEL]}" <{command.e164.whole}>',
            timeout_ms=command.agent_ring_time // timedelta(milliseconds=1),
            variables=[
                (names.FORWARD_CONTEXT_VARIABLE, names.CONTEXT_NO_FORWARD),
                *_dial_variables(command),
            ],
        )
    ]


def _dial_variables(command: DialCallback) -> list[tuple[str, str]]:
    return [
        (names.ATTEMPT_VARIABLE, command.attempt),
        (names.NUMBER_TO_DIAL_VARIABLE, command.number.whole),
        (names.TRUNK_VARIABLE, command.trunk),
        (names.CALLER_ID_VARIABLE, command.caller_id.whole),
        (names.LANGUAGE_VARIABLE, command.language),
        (names.NOTICE_VARIABLE, str(int(command.notice))),
        (names.LISTEN_VARIABLE, str(int(command.listen))),
        (names.RECORD_VARIABLE, str(int(command.record))),
        (names.RING_SECONDS_VARIABLE, str(round(command.resident_ring_time / timedelta(seconds=1)))),
        (names.SILENCE_SECONDS_VARIABLE, str(round(command.network_answer_time / timedelta(seconds=1)))),
        (names.TALK_SECONDS_VARIABLE, str(round(command.max_talk / timedelta(seconds=1)))),
    ]


def _offer(command: OfferCall, registry: ChannelRegistry) -> list[Action]:
    channel = _channel_name(registry, command.call, command.channel)
    resident = registry.residents.get(command.call) or ResidentChannel(command.call, channel)
    variables = [(names.OFFER_VARIABLE, str(command.offer)), (names.DIAL_VARIABLE, str(command.endpoint))]
    seconds = max(1, round(command.ring_time / timedelta(seconds=1)))
    if resident.ring_seconds_set != seconds:
        variables.append((names.RING_SECONDS_VARIABLE, str(seconds)))
        resident.ring_seconds_set = seconds
    if resident.label_set != command.label:
        variables.append((names.LABEL_VARIABLE, command.label[:_MAX_LABEL]))
        resident.label_set = command.label
    if command.leg is not None:
        # A phone that is gone meanwhile has no name: the dialplan finds nobody and returns the resident to hold.
        leg = registry.take_for_call(command.leg, command.call)
        fetched = [] if leg is None else [actions.redirect(leg, names.CONTEXT_LIVE, names.LIVE_WAIT)]
        variables.append((names.LEG_VARIABLE, leg or ""))
        return [
            *fetched,
            *(actions.setvar(name, value, channel) for name, value in variables),
            actions.redirect(channel, names.CONTEXT_LIVE, names.LIVE_TAKE),
        ]
    return [
        *(actions.setvar(name, value, channel) for name, value in variables),
        actions.redirect(channel, names.CONTEXT_CONNECT, f"{names.CONNECT_PREFIX}{command.agent}"),
    ]


def _channel_name(registry: ChannelRegistry, call: CallId, known: ChannelName) -> ChannelName:
    """The channel's present name: a masquerade may have renamed it since the dispatcher heard of it."""
    resident = registry.residents.get(call)
    return known if resident is None else resident.name
