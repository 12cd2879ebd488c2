"""`callengine check`: is this PBX ready for us, and what is missing."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path

import click

from ami_adapters.connection import trunk_questions
from ami_adapters.connection.link import AmiLink, LinkState, PbxLogin
from ami_adapters.protocol import actions
from ami_adapters.protocol.actions import Action
from ami_adapters.protocol.ami_message import Message
from ami_adapters.protocol.errors import AmiError
from ami_adapters.protocol.pending_actions import Response
from callengine.check import app_queue, charge, codes, desk, dialplan, files, redirects, silent_phones
from callengine.check.files import Surroundings
from callengine.check.filters import event_filters
from callengine.check.finding import Finding
from callengine.check.ledger import check_ledger
from callengine.check.unit_file import Service, installed_service
from callengine.http.auth.setup import no_token, token_is_wanted
from callengine.http.auth.token_file import token_file
from callengine.http.auth.tokens import TokenError
from callengine.platform.clock import SystemClock
from callengine.platform.logs import configure_logging, get_log
from config.credentials import exposed_secret_files
from config.errors import Problem
from config.plausibility import ERRORS, WARNINGS
from config.policies import own_callers
from config.settings import Settings
from config.toml_lines import line_of, lines_of_places

ACTIONS = (
    "Redirect",
    "Originate",
    "Hangup",
    "Setvar",
    "Getvar",
    "Status",
    "CoreShowChannels",
    "DeviceStateList",
    "MixMonitorMute",
    "QueueAdd",
    "QueueLog",
    "QueuePause",
    "QueueRemove",
    "QueueStatus",
    "QueueWithdrawCaller",
    "DBGetTree",
    "ShowDialPlan",
    "CoreStatus",
    "CoreSettings",
    "UserEvent",
)
"""All that the engine sends; what Asterisk always allows is left out."""
TOO_MUCH = ("Command", "ModuleLoad", "UpdateConfig", "DBPut")
"""Actions that need the class `system` or `config`: we never ask for it, it can stop or rewrite the PBX."""
RIGHTS_HELP = (
    "give the AMI user read = system,call,agent,user,reporting and write = call,agent,user,reporting,originate "
    "(asterisk-sample/etc/callengine_manager.conf), then `asterisk -rx 'manager reload'`"
)
Look = Callable[[AmiLink, Settings], AsyncIterator[Finding]]


def surroundings(path: Path, service: Service | None = None) -> Surroundings:
    """The installed service where these settings are its own; else whoever calls."""
    found = service or installed_service()
    return Surroundings(path, found if found is not None and found.runs_on(path) else None)


def check_settings(settings: Settings, path: Path) -> list[Finding]:
    """What the schema cannot refuse: a line that nobody could call back from, a secret that everybody may read."""

    def found(severity: str, problems: Iterable[Problem]) -> list[Finding]:
        return [Finding(severity, f"{one.place}: {one.what}", one.right) for one in problems]

    return [
        Finding("ok", f"settings file {path}"),
        *(one for look in ERRORS for one in found("error", look(settings))),
        *found("error", _no_token(settings)),
        *(one for look in WARNINGS for one in found("warning", look(settings))),
        *found("warning", exposed_secret_files(settings, path, os.environ)),
    ]


def _no_token(settings: Settings) -> Iterable[Problem]:
    """The engine would refuse to start."""
    if token_is_wanted(settings):
        try:
            if not token_file(settings).tokens():
                yield Problem("http.tokens_file", "no token to look at the engine with", no_token(settings))
        except TokenError as problem:
            yield Problem("http.tokens_file", str(problem), "make it anew: `callengine token --config …`")


async def check_machine(settings: Settings, around: Surroundings) -> list[Finding]:
    """The engine's files, its port and its ledger, as the engine would find them."""
    findings = [one for look in (*files.LOOKS, *desk.LOOKS) for one in look(settings, around)]
    if around.service is not None:
        findings.insert(0, Finding("ok", f"as the service would: {around.service.unit}"))
    findings += [one async for one in check_ledger(settings, around)]
    return findings


async def check_pbx(settings: Settings) -> list[Finding]:
    """Log in and look at everything; the settings are valid already."""
    findings: list[Finding] = []
    probe = _Probe()
    clock = SystemClock()
    configure_logging(level="error", as_json=False, now=clock.now)
    login = settings.pbx
    link = AmiLink(
        PbxLogin(login.host, login.port, login.username, login.secret.get_secret_value()),
        probe,
        now=clock.now,
        log=get_log("callengine.check"),
        on_state=probe.on_state,
    )
    link.start()
    try:
        async with asyncio.timeout(6):
            await probe.settled.wait()
        if link.state is LinkState.AUTH_FAILED:
            text = f"AMI at {login.host}:{login.port} refuses user {login.username!r}"
            return [
                *findings,
                Finding("error", text, "compare pbx.username and the secret with manager.conf"),
            ]
        findings.append(Finding("ok", f"AMI login at {login.host}:{login.port} as {login.username!r}"))
        async for finding in _look_around(link, probe, settings):
            findings.append(finding)
    except TimeoutError:
        help_text = "is Asterisk running, and manager.conf enabled with that port?"
        findings.append(Finding("error", f"AMI at {login.host}:{login.port} does not answer", help_text))
    except AmiError as problem:
        how = "look into Asterisk's log for AMI, then try again"
        findings.append(Finding("error", f"the AMI link broke: {problem}", how))
    finally:
        await link.close()
    return findings


def with_lines(findings: Iterable[Finding], path: Path) -> list[Finding]:
    """Each finding that begins with a key of the settings has the line of the file it is on, or of its table."""
    places = lines_of_places(path.read_text(encoding="utf-8"))
    return [
        one if one.severity == "ok" else replace(one, line=line_of(one.what.partition(": ")[0], places))
        for one in findings
    ]


def report(findings: list[Finding], *, as_json: bool) -> int:
    """Print the findings; 0 when nothing is an error."""
    failed = any(finding.severity == "error" for finding in findings)
    if as_json:
        click.echo(
            json.dumps({"ok": not failed, "findings": [asdict(one) for one in findings]}, ensure_ascii=False)
        )
        return int(failed)
    marks = {"ok": "ok     ", "warning": "warning", "error": "ERROR  "}
    for finding in findings:
        line = "" if finding.line is None else f" (line {finding.line})"
        click.echo(f"{marks[finding.severity]}  {finding.what}{line}")
        if finding.help:
            click.echo(f"         → {finding.help}")
    click.echo("Something must be put right first." if failed else "Ready.")
    return int(failed)


async def _look_around(link: AmiLink, probe: _Probe, settings: Settings) -> AsyncIterator[Finding]:
    moves_calls = app_queue.moves_calls(settings)
    async for finding in _rights(link, ACTIONS if moves_calls else app_queue.ACTIONS):
        yield finding
    yield await _events(link, probe)
    for look in (charge.who_is_in_charge, *(MOVING if moves_calls else WATCHING)):
        async for finding in look(link, settings):
            yield finding


async def _rights(link: AmiLink, needed: Iterable[str]) -> AsyncIterator[Finding]:
    answer = await link.send(actions.list_commands())
    allowed = {name for name, _ in answer.answer.headers}
    missing = [name for name in needed if name not in allowed]
    if missing:
        yield Finding("error", f"the AMI user may not send {', '.join(missing)}", RIGHTS_HELP)
    else:
        yield Finding("ok", "rights of the AMI user")
    excess = [name for name in TOO_MUCH if name in allowed]
    if excess:
        yield Finding(
            "warning", f"the AMI user may also send {', '.join(excess)}", "callengine never needs that"
        )


async def _events(link: AmiLink, probe: _Probe) -> Finding:
    """Send ourselves an event: it shows the read class `user`, the filter, and the timestamps."""
    await link.send(actions.user_event("CallengineCheck"))
    try:
        async with asyncio.timeout(2):
            message = await probe.heard
    except TimeoutError:
        return Finding("error", "events do not arrive", RIGHTS_HELP)
    if message.timestamp is None:
        return Finding(
            "error", "events carry no Timestamp", "set timestampevents = yes in manager.conf [general]"
        )
    return Finding("ok", "events arrive, with timestamps")


async def _state_of(link: AmiLink, device: str) -> str:
    return (await link.send(actions.getvar(f"DEVICE_STATE({device})"))).text("Value")


async def _is_asked(link: AmiLink, trunk: str) -> bool:
    """Whether Asterisk asks the trunk if it is alive."""
    aors = (await link.send(trunk_questions.qualified_aors(trunk))).text("Value")
    asked = [await link.send(trunk_questions.qualify_seconds(aor.strip())) for aor in aors.split(",") if aor]
    return any(map(trunk_questions.is_qualified, asked))


async def _devices(link: AmiLink, settings: Settings) -> AsyncIterator[Finding]:
    for agent in settings.agents:
        endpoint = agent.endpoint or f"PJSIP/{agent.id}"
        if await _state_of(link, endpoint) in {"INVALID", ""}:
            yield Finding(
                "error", f"agent {agent.id}: Asterisk knows no {endpoint}", "define it in pjsip.conf"
            )


async def _trunks_and_lines(link: AmiLink, settings: Settings) -> AsyncIterator[Finding]:
    for trunk in silent_phones.callback_trunks(settings):
        if await _state_of(link, f"PJSIP/{trunk}") in {"INVALID", ""}:
            yield Finding(
                "error", f"callbacks: Asterisk knows no trunk PJSIP/{trunk}", "define it in pjsip.conf"
            )
        elif not await _is_asked(link, trunk):
            yield Finding(
                "warning",
                f"callbacks: nothing tells when trunk PJSIP/{trunk} is away, its lamp stays dark",
                "qualify_frequency = 30 in its AOR (pjsip.conf; FreePBX: Qualify Frequency of the trunk); "
                "func_pjsip_aor.so and func_pjsip_endpoint.so loaded",
            )
    listed: Response = await link.send(Action("ShowDialPlan", (("Context", "callengine-lines"),)))
    known = {item.text("Extension") for item in listed.events}
    how = "write callengine_lines.conf anew (callengine lines --config …), then `dialplan reload`"
    for line in settings.lines:
        if line.did not in known:
            yield Finding("warning", f"line {line.did}: the dialplan works with its defaults", how)
    listed = await link.send(Action("ShowDialPlan", (("Context", "callengine-own"),)))
    missing = set(own_callers(settings)) - {item.text("Extension") for item in listed.events}
    if missing:
        yield Finding(
            "warning",
            f"{len(missing)} of our own numbers and phones are unknown to the dialplan: without the engine their calls "
            "ring agents",
            how,
        )


MOVING: tuple[Look, ...] = (
    event_filters,
    dialplan.modules,
    app_queue.watched_queues,
    dialplan.core,
    dialplan.contexts,
    dialplan.fallback_queue,
    dialplan.sounds,
    _devices,
    _trunks_and_lines,
    silent_phones.agents_phones,
    silent_phones.trunks,
    redirects.followed,
    codes.codes,
)
"""Of the PBX, where the engine gives calls to agents or calls residents back, in the order of the report."""
WATCHING: tuple[Look, ...] = (event_filters, app_queue.modules, app_queue.watched_queues, _devices)
"""Where it only listens."""


class _Probe:
    """Listens to the link for the check."""

    def __init__(self) -> None:
        self.settled = asyncio.Event()
        self.heard: asyncio.Future[Message] = asyncio.get_running_loop().create_future()

    def on_state(self, state: LinkState) -> None:
        if state in {LinkState.CONNECTED, LinkState.AUTH_FAILED}:
            self.settled.set()

    def on_connected(self) -> None:
        """Nothing to do."""

    def on_disconnected(self) -> None:
        """Nothing to do."""

    def on_message(self, message: Message) -> None:
        if message.get("UserEvent") == "CallengineCheck" and not self.heard.done():
            self.heard.set_result(message)

    def on_clock_reading(self, pbx_time: datetime, read_at: datetime) -> None:
        """Nothing to do."""
