"""AMI actions as values: what cannot be written safely cannot be built.

Asterisk ends a line at any line feed, discards lines of 1024 bytes and more, refuses more than 128 headers,
and splits `Variable:` at commas (main/manager.c get_input, astman_get_variables).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ami_adapters.protocol.errors import InvalidAction

MAX_LINE_BYTES = 1000
MAX_HEADERS = 120
_FORBIDDEN = frozenset("\r\n\0")


@dataclass(frozen=True, slots=True)
class Action:
    """One action: its name and headers in order, without ActionID.

    Raises InvalidAction for CR, LF or NUL anywhere, a colon in a header's name, a line or a number of headers
    that Asterisk would refuse.
    """

    name: str
    headers: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        _check("Action", self.name)
        if len(self.headers) > MAX_HEADERS:
            raise InvalidAction(
                f"{self.name}: {len(self.headers)} headers, at most {MAX_HEADERS} are allowed"
            )
        for key, value in self.headers:
            if not key or ":" in key:
                raise InvalidAction(f"{self.name}: {key!r} is no header name")
            _check(key, key)
            _check(key, value)

    def encode(self, action_id: str) -> bytes:
        """The bytes to write, ActionID included; a channel name goes back byte for byte as it came."""
        lines = [f"Action: {self.name}", f"ActionID: {action_id}"]
        lines += [f"{key}: {value}" for key, value in self.headers]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "surrogateescape")


def _check(key: str, value: str) -> None:
    if not _FORBIDDEN.isdisjoint(value):
        raise InvalidAction(f"the value of {key!r} holds a line end or NUL")
    try:
        size = len(key) + 2 + len(value.encode("utf-8", "surrogateescape"))
    except UnicodeEncodeError as problem:
        raise InvalidAction(f"the value of {key!r} is no text") from problem
    if size >= MAX_LINE_BYTES:
        raise InvalidAction(
            f"the line of {key!r} would be {size} bytes, fewer than {MAX_LINE_BYTES} are allowed"
        )


def ping() -> Action:
    """Ask for a sign of life; the answer holds Asterisk's clock."""
    return Action("Ping")


def challenge() -> Action:
    """Begin a login that does not send the secret."""
    return Action("Challenge", (("AuthType", "MD5"),))


def login(username: str, key: str) -> Action:
    """Finish it: `key` is the MD5 of the challenge and the secret, in hex."""
    return Action("Login", (("AuthType", "MD5"), ("Username", username), ("Key", key), ("Events", "on")))


def logoff() -> Action:
    """Say goodbye."""
    return Action("Logoff")


def redirect(channel: str, context: str, extension: str) -> Action:
    """Send a channel to an extension's first priority. An extension that does not exist hangs it up."""
    return Action(
        "Redirect",
        (("Channel", channel), ("Context", context), ("Exten", extension), ("Priority", "1")),
    )


def setvar(variable: str, value: str, channel: str | None = None) -> Action:
    """Set a variable of a channel, or a global one."""
    place = () if channel is None else (("Channel", channel),)
    return Action("Setvar", (*place, ("Variable", variable), ("Value", value)))


def getvar(variable: str) -> Action:
    """Read a global variable or function."""
    return Action("Getvar", (("Variable", variable),))


def hangup(channel: str) -> Action:
    """End a channel."""
    return Action("Hangup", (("Channel", channel),))


def originate(
    *,
    channel: str,
    context: str,
    extension: str,
    channel_id: str,
    caller_id: str,
    timeout_ms: int,
    variables: Iterable[tuple[str, str]] = (),
) -> Action:
    """Dial `channel`, and when it is answered run the extension; OriginateResponse tells how it went.

    `channel_id` becomes its Uniqueid. Raises InvalidAction for a comma in a variable: AMI splits there.
    """
    headers = [
        ("Channel", channel),
        ("Context", context),
        ("Exten", extension),
        ("Priority", "1"),
        ("ChannelId", channel_id),
        ("CallerID", caller_id),
        ("Timeout", str(timeout_ms)),
        ("Async", "true"),
    ]
    for name, value in variables:
        if "," in value or "," in name:
            raise InvalidAction(f"the variable {name!r} holds a comma")
        headers.append(("Variable", f"{name}={value}"))
    return Action("Originate", tuple(headers))


def run_dialplan(context: str, extension: str, then: str) -> Action:
    """Run an extension that hangs up by itself, on nobody's channel; never answered, so `then` is not run."""
    headers = (
        ("Channel", f"Local/{extension}@{context}/n"),
        ("Context", context),
        ("Exten", then),
        ("Priority", "1"),
        ("Timeout", "5000"),
        ("Async", "true"),
    )
    return Action("Originate", headers)


def core_show_channels() -> Action:
    """List all channels."""
    return Action("CoreShowChannels")


def core_status() -> Action:
    """When Asterisk was started, among others."""
    return Action("CoreStatus")


def status(variables: Iterable[str] = ()) -> Action:
    """List all channels with these variables of each."""
    names = ",".join(variables)
    return Action("Status", (("Variables", names),) if names else ())


def device_state_list() -> Action:
    """List the state of every device."""
    return Action("DeviceStateList")


def outbound_registrations() -> Action:
    """List what Asterisk registers itself at; an error where it has no module for that."""
    return Action("PJSIPShowRegistrationsOutbound")


def mute_recording(channel: str, *, muted: bool) -> Action:
    """Record silence on the channel instead of what is heard, or what is heard again."""
    return Action("MixMonitorMute", (("Channel", channel), ("Direction", "both"), ("State", str(int(muted)))))


def queue_status() -> Action:
    """List app_queue's queues, members and waiting callers."""
    return Action("QueueStatus")


def db_get_tree(family: str, key: str = "") -> Action:
    """List the AstDB entries under a family; an error when there is none. In `key`, % stands for any text."""
    return Action("DBGetTree", (("Family", family), ("Key", key)) if key else (("Family", family),))


def show_dialplan(context: str) -> Action:
    """List a context's extensions; an error when there is no such context."""
    return Action("ShowDialPlan", (("Context", context),))


def list_commands() -> Action:
    """List the actions this user may send."""
    return Action("ListCommands")


def user_event(name: str, headers: Iterable[tuple[str, str]] = ()) -> Action:
    """Raise an event of our own."""
    return Action("UserEvent", (("UserEvent", name), *headers))


def queue_add(queue: str, interface: str, *, pause: str | None = None) -> Action:
    """Make an interface a member of one of app_queue's queues, paused for a reason or working."""
    headers = (("Queue", queue), ("Interface", interface))
    return Action("QueueAdd", headers if pause is None else (*headers, ("Paused", "true"), ("Reason", pause)))


def queue_remove(queue: str, interface: str) -> Action:
    """Take a member out of one of app_queue's queues."""
    return Action("QueueRemove", (("Queue", queue), ("Interface", interface)))


def queue_withdraw_caller(queue: str, channel: str) -> Action:
    """Have app_queue let a waiting caller go on in the dialplan, as soon as nobody rings for him (within 1 s)."""
    return Action("QueueWithdrawCaller", (("Queue", queue), ("Caller", channel)))


def queue_log(call: str, queue: str, agent: str, event: str, message: str) -> Action:
    """Write a line to queue_log, with the present time. Asterisk needs no queue of that name."""
    fields = (("Queue", queue), ("Event", event), ("Uniqueid", call), ("Interface", agent))
    return Action("QueueLog", (*fields, ("Message", message)))


def queue_pause(queue: str, interface: str, *, paused: bool, reason: str = "") -> Action:
    """Pause or unpause a member of one of app_queue's queues."""
    headers = (("Queue", queue), ("Interface", interface), ("Paused", "true" if paused else "false"))
    return Action("QueuePause", (*headers, ("Reason", reason)) if reason else headers)
