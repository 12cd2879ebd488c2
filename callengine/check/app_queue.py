"""What `callengine check` looks at where queues of Asterisk's own are watched."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

from ami_adapters.app_queue.events import WatchedQueues
from ami_adapters.app_queue.log_reader import QueueLogUnreadable, lines_since
from ami_adapters.connection.link import AmiLink
from ami_adapters.protocol import actions
from callengine.check.finding import Finding
from callengine.platform.clock import SystemClock
from config.policies import centre_policy
from config.settings import Settings
from queues.policy import Dispatch

ACTIONS = (
    "Getvar",
    "Status",
    "CoreShowChannels",
    "DeviceStateList",
    "QueueStatus",
    "DBGetTree",
    "ShowDialPlan",
    "CoreStatus",
    "UserEvent",
)
"""All that watching asks for."""
MODULES = {"app_queue.so": "the queues that are watched"}


async def modules(link: AmiLink, _settings: Settings) -> AsyncIterator[Finding]:
    """What watching needs loaded."""
    for module, use in MODULES.items():
        if (await link.send(actions.getvar(f"IFMODULE({module})"))).text("Value") == "1":
            yield Finding("ok", f"module {module}")
        else:
            how = f"add `load = {module}` to modules.conf: {use}"
            yield Finding("error", f"module {module} is not loaded", how)


def moves_calls(settings: Settings) -> bool:
    """Whether the engine does more than listen: gives calls to agents, or calls residents back."""
    return any(
        queue.dispatch is Dispatch.ENGINE or (queue.watch is not None and queue.watch.callbacks == "dial")
        for queue in settings.queues
    )


async def watched_queues(link: AmiLink, settings: Settings) -> AsyncIterator[Finding]:
    """Each queue is there, its members are known, and a gap could be read up."""
    watched = WatchedQueues.of(centre_policy(settings))
    if not watched.queues:
        return
    listed = (await link.send(actions.queue_status())).events
    there = {message.text("Queue") for message in listed if message.name == "QueueParams"}
    for name, ours in watched.queues.items():
        if name in there:
            yield Finding("ok", f"queue {name}, watched as {ours!r}")
        else:
            known = f"it has: {', '.join(sorted(there)) or 'none'} (FreePBX: a queue's number is its name)"
            yield Finding("error", f"Asterisk has no queue {name!r} (queue {ours!r})", known)
    strangers = {
        message.text("Location")
        for message in listed
        if message.name == "QueueMember"
        and message.text("Queue") in watched.queues
        and watched.agent_of(message.text("Location")) is None
    }
    for interface in sorted(strangers):
        how = f'add an [[agents]] table with this phone, or with member = "{interface}"'
        yield Finding("warning", f"member {interface} is none of the agents: measured as somebody", how)
    for finding in _queue_log(settings):
        yield finding


def _queue_log(settings: Settings) -> Iterator[Finding]:
    path = settings.queue_log.file
    if path is None:
        how = "name Asterisk's queue_log in queue_log.file, if the engine runs on the same machine"
        yield Finding("warning", "what befalls watched calls while the engine is away stays unknown", how)
        return
    try:
        next(lines_since(path, SystemClock().now()), None)
    except QueueLogUnreadable as problem:
        how = "`systemctl edit callengine`: [Service] SupplementaryGroups= the group of its folder (docs/install.md)"
        yield Finding("error", f"queue_log cannot be read: {problem}", how)
    else:
        yield Finding("ok", f"queue_log {path}")
