"""What `callengine check` asks of the PBX's dialplan: is it this version's, and is all there that it uses?"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

from ami_adapters.connection.link import AmiLink
from ami_adapters.protocol import actions
from ami_adapters.protocol import dialplan_names as names
from ami_adapters.protocol.actions import Action
from callengine.check.finding import Finding
from callengine.http.auth.middleware import is_loopback
from callengine.pbx.dialplan_file import Step, steps_of
from callengine.pbx.dialplan_needs import needed_modules
from callengine.pbx.live_dialplan import LiveDialplan, applications_by_extension
from callengine.sample.asterisk_config import dialplan_text
from callengine.sample.provisioned_tools import provision_script
from config.settings import Settings

OLDEST_ASTERISK = 21
"""Queue()'s seventh argument is the Gosub of an answer from here on; before, it was a Macro."""
CONTEXT_HELP = (
    "add `#include callengine_extensions.conf` to extensions.conf (docs/asterisk.md), then `dialplan reload`"
)
WRITTEN_ANEW = (
    "callengine sample --force --keep-passwords --config …, install its callengine_extensions.conf, then "
    "`dialplan reload` (docs/asterisk.md)"
)
_ADMINISTRATORS_OWN = {"callengine-settings", "callengine-lines"}
_AGENT_DIAL = re.compile(r'REGEX\("([^"]+)" \$\{CALLENGINE_DIAL\}\)')
_AMI_CLIENT = re.compile(r"AMI_CLIENT\((\w+),sessions\)")


async def modules(link: AmiLink, settings: Settings) -> AsyncIterator[Finding]:
    """Every application and function of our dialplan has its module."""
    if not await _is_loaded(link, "func_module.so"):
        how = "add `load = func_module.so` to modules.conf: without it no module can be asked for"
        yield Finding("error", "module func_module.so is not loaded", how)
        return
    needs = needed_modules(
        steps_of(dialplan_text(settings.codes)), listens=settings.callbacks.listen_for_machines
    )
    for module, uses in sorted(needs.items()):
        if await _is_loaded(link, module):
            yield Finding("ok", f"module {module}")
        else:
            how = f"add `load = {module}` to modules.conf: the dialplan needs {', '.join(sorted(uses))}"
            yield Finding("error", f"module {module} is not loaded", how)


async def core(link: AmiLink, _settings: Settings) -> AsyncIterator[Finding]:
    """The version, and the call records in which the dialplan reads the arrival."""
    answer = await link.send(Action("CoreSettings"))
    if not answer.success:
        return  # Told with the rights.
    version = answer.text("AsteriskVersion")
    major = re.match(r"\d+", version.removeprefix("certified/").removeprefix("certified-"))
    if major is not None and int(major[0]) < OLDEST_ASTERISK:
        how = (
            f"{OLDEST_ASTERISK} or newer is needed: an older one would not run the dialplan's steps when an agent "
            "answers in the fallback queue"
        )
        yield Finding("error", f"Asterisk {version} is too old", how)
    if answer.text("CoreCDRenabled") == "No":
        how = "cdr.conf: [general] enable = yes, then `module reload cdr`: no backend is needed"
        yield Finding("error", "call records are off: the arrival of a call that came by a menu is lost", how)
    else:
        yield Finding("ok", f"Asterisk {version}, with call records")


async def contexts(link: AmiLink, settings: Settings) -> AsyncIterator[Finding]:
    """Ours are there, and do what this version's do."""
    live = LiveDialplan(link)
    wanted: dict[str, list[Step]] = {}
    for step in steps_of(dialplan_text(settings.codes)):
        wanted.setdefault(step.context, []).append(step)
    for name, steps in wanted.items():
        found = await live.context(name)
        if found is None:
            yield Finding("error", f"context {name} is missing", CONTEXT_HELP)
            continue
        there, ours = applications_by_extension(found.steps), applications_by_extension(steps)
        gone = sorted(ours.keys() - there.keys())
        if name in _ADMINISTRATORS_OWN or there == ours:
            yield Finding("ok", f"context {name}")
        elif gone and name != names.CONTEXT_CONNECT:
            what = f"context {name} lacks {', '.join(gone)}: it is another version's, or has other codes"
            yield Finding("error", what, WRITTEN_ANEW)
        else:
            yield Finding("warning", f"context {name} is not as this version writes it", WRITTEN_ANEW)
    async for finding in _agreed(live, settings):
        yield finding


async def fallback_queue(link: AmiLink, settings: Settings) -> AsyncIterator[Finding]:
    """It is there; and no queue of Asterisk's own goes by the name of one of ours."""
    listed = (await link.send(actions.queue_status())).events
    there = {message.text("Queue") for message in listed if message.name == "QueueParams"}
    if names.FALLBACK_QUEUE in there:
        yield Finding("ok", f"queue {names.FALLBACK_QUEUE}")
    else:
        how = (
            "add `#include callengine_queues.conf` to queues.conf (docs/asterisk.md), then `queue reload all`"
        )
        yield Finding("error", f"queue {names.FALLBACK_QUEUE} is missing", how)
    for queue in settings.queues:
        if queue.name in there and queue.name != names.FALLBACK_QUEUE:
            how = "give ours another name: queue_log would have both under one"
            yield Finding("error", f"queue {queue.name!r} is also a queue of Asterisk's own", how)


async def sounds(link: AmiLink, settings: Settings) -> AsyncIterator[Finding]:
    """The notice that calls are recorded, the music and the phrases; seen where Asterisk is on this machine."""
    data = Path((await link.send(actions.getvar("ASTDATADIR"))).text("Value") or "/nowhere")
    if not is_loopback(settings.pbx.host) or not (data / "sounds").is_dir():
        return
    languages = {line.language or settings.centre.language for line in settings.lines}
    wanted = [(data / "moh" / "callengine-music", "*")]
    wanted += [(data / "sounds" / one / "callengine", "not-allowed.*") for one in sorted(languages)]
    told = {line.language or settings.centre.language for line in settings.lines if line.recording_notice}
    wanted += [(data / "moh" / f"callengine-notice-{one}", "00-notice.*") for one in sorted(told)]
    for folder, pattern in wanted:
        if not any(folder.glob(pattern)):
            how = f"python3 {provision_script()} --phrases-into {data} (docs/asterisk.md)"
            yield Finding("error", f"there is no {pattern} in {folder}", how)


async def _agreed(live: LiveDialplan, settings: Settings) -> AsyncIterator[Finding]:
    """What dialplan and settings both say: the AMI user whose absence means the fallback, and what a phone is."""
    hold, connect = await live.context(names.CONTEXT_HOLD), await live.context(names.CONTEXT_CONNECT)
    users = (
        set(_AMI_CLIENT.findall(" ".join(step.data for step in hold.steps))) if hold is not None else set()
    )
    if users and settings.pbx.username not in users:
        what = f"pbx.username: the dialplan waits for {', '.join(sorted(users))}, not for {settings.pbx.username}"
        how = "name the AMI user as the dialplan does: else every resident goes to the fallback queue"
        yield Finding("error", what, how)
    forms = _AGENT_DIAL.findall(" ".join(step.data for step in connect.steps)) if connect is not None else []
    for index, agent in enumerate(settings.agents):
        phone = agent.endpoint or f"PJSIP/{agent.id}"
        if forms and not all(_fits(form, phone) for form in forms):
            how = f"give the phone a name of digits, or change {forms[0]} in callengine_extensions.conf"
            yield Finding("error", f"agents[{index}].endpoint: the dialplan never dials {phone}", how)


def _fits(form: str, phone: str) -> bool:
    try:
        return re.search(form, phone) is not None
    except re.error:
        return True  # A form of POSIX that is not Python's: nothing can be said.


async def _is_loaded(link: AmiLink, module: str) -> bool:
    return (await link.send(actions.getvar(f"IFMODULE({module})"))).text("Value") == "1"
