"""`callengine check` on a real Asterisk: what would let a resident down is found before he calls."""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest

from ami_adapters.connection.link import AmiLink
from ami_adapters.protocol.actions import Action
from ami_adapters.protocol.ami_message import Message
from ami_adapters.protocol.pending_actions import Response
from callengine.check.dialplan import core, sounds
from callengine.check.filters import kept_from_us
from callengine.check.finding import Finding
from callengine.check.pbx import ACTIONS, check_pbx
from callengine.demo.asterisk_process import AsteriskProcess
from callengine.demo.centre import CentrePlan, start_asterisk, write_settings
from callengine.pbx.dialplan_file import steps_of
from callengine.pbx.dialplan_needs import APPLICATIONS, BESIDES, FUNCTIONS, needed_modules
from callengine.sample.asterisk_config import dialplan_text
from callengine.sample.provisioned_tools import find_tools
from config.loading import load_settings
from config.schema.codes import Codes
from tests.support.stock_pbx import ROOT, existing_pbx
from tests.support.watched_centre import PREAMBLE, SWITCHING, WATCHING

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(180)]


@dataclass
class Centre:
    asterisk: AsteriskProcess
    folder: Path

    def told(self, *changes: tuple[str, str]) -> dict[str, Finding]:
        """What is not in order, with the settings changed so."""
        path = write_settings(
            self.folder,
            CentrePlan(agents=2, trunk_qualify_seconds=30),
            ami_port=self.asterisk.ami_port,
            secret_file=self.asterisk.ami_secret_file,
        )
        text = path.read_text(encoding="utf-8")
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new)
        path.write_text(text, encoding="utf-8")
        findings = asyncio.run(check_pbx(load_settings(path)))
        wrong = [one for one in findings if one.severity != "ok"]
        assert all(one.help for one in wrong), wrong
        return {one.what: one for one in wrong}

    def ask(self, command: str) -> str:
        return self.asterisk.command_line(command)


@pytest.fixture(scope="module")
def centre() -> Iterator[Centre]:
    with tempfile.TemporaryDirectory(prefix="callengine-") as name:
        asterisk = start_asterisk(Path(name), CentrePlan(agents=2, trunk_qualify_seconds=30))
        try:
            yield Centre(asterisk, Path(name))
        finally:
            asterisk.stop()


def test_a_ready_pbx_is_ready_and_its_codes_were_looked_at(centre: Centre) -> None:
    assert centre.told() == {}
    settings = load_settings(centre.folder / "callengine.toml")
    found = [one.what for one in asyncio.run(check_pbx(settings))]
    assert "codes in context callengine-agent" in found
    assert any(re.fullmatch(r"Asterisk \d+\..*, with call records", one) for one in found)


def test_every_action_that_the_engine_sends_is_asked_for(centre: Centre) -> None:
    sent = {
        name
        for path in (ROOT / "ami_adapters").rglob("*.py")
        for name in re.findall(r'(?:Action\(|^    name = )\s*"([A-Z]\w+)"', path.read_text(), re.MULTILINE)
    }
    always = {"Challenge", "Login", "Logoff", "Ping", "ListCommands"}
    optional = {"PJSIPShowRegistrationsOutbound"}
    assert {"Originate", "QueueWithdrawCaller"} <= sent
    assert sent - always - optional <= set(ACTIONS)
    manager = centre.asterisk.etc / "callengine_manager.conf"
    before = manager.read_text()
    manager.write_text(before.replace("write = call,agent,user,", "write = call,user,"))
    centre.ask("manager reload")
    try:
        found = centre.told()
    finally:
        manager.write_text(before)
        centre.ask("manager reload")
    (refused,) = [one for one in found if one.startswith("the AMI user may not send")]
    assert "QueuePause" in refused


def test_an_older_filter_that_keeps_events_from_us_is_told(centre: Centre) -> None:
    manager = centre.asterisk.etc / "callengine_manager.conf"
    before = manager.read_text()
    manager.write_text(re.sub(r"eventfilter.*name\((?:Rename|Hangup)\).*\n", "", before))
    try:
        found = centre.told()
    finally:
        manager.write_text(before)
    assert [one.partition(": ")[2] for one in found] == ["the events Hangup, Rename are kept from us"]
    told = [what for what, _ in kept_from_us(before, watches=True)]
    assert told[0].startswith("the events AgentDump, Newchannel")
    assert "read` lacks dialplan" in told[1]
    assert list(kept_from_us("[callengine]\nread = all\n", watches=False)) == []


def test_every_application_and_function_of_the_dialplan_has_its_module_and_the_table_is_true() -> None:
    needs = needed_modules(steps_of(dialplan_text(Codes())), listens=True)
    assert "EXPORT" in needs["func_export.so"]
    modules = find_tools().modules
    for table in (APPLICATIONS, FUNCTIONS):
        for name, module in table.items():
            if module:
                assert name.encode() in (modules / module).read_bytes(), f"{name} is not in {module}"
    assert not [module for module in BESIDES if not (modules / module).exists()]


@pytest.mark.parametrize("module", ["func_export", "func_cut", "func_env", "app_exec", "func_hangupcause"])
def test_a_module_that_the_dialplan_needs_and_nobody_loaded_is_named(centre: Centre, module: str) -> None:
    assert "Unloaded" in centre.ask(f"module unload {module}.so")
    try:
        (found,) = centre.told().values()
    finally:
        centre.ask(f"module load {module}.so")
    assert (found.severity, found.what) == ("error", f"module {module}.so is not loaded")
    assert f"load = {module}.so" in found.help


def test_modules_for_listening_are_asked_for_only_when_it_is_on(centre: Centre) -> None:
    centre.ask("module unload app_amd.so")
    try:
        assert centre.told() == {}
        on = centre.told(("[callbacks]\n", "[callbacks]\nlisten_for_machines = true\n"))
    finally:
        centre.ask("module load app_amd.so")
    assert list(on) == ["module app_amd.so is not loaded"]


def test_without_call_records_the_arrival_behind_a_menu_would_be_lost(centre: Centre) -> None:
    cdr = centre.asterisk.etc / "cdr.conf"
    before = cdr.read_text()
    cdr.write_text(before.replace("enable = yes", "enable = no"))
    centre.ask("module reload cdr")
    try:
        (found,) = centre.told().values()
    finally:
        cdr.write_text(before)
        centre.ask("module reload cdr")
    assert found.severity == "error"
    assert found.what.startswith("call records are off")
    assert centre.told() == {}


def test_a_dialplan_of_another_version_is_told_from_this_ones(centre: Centre) -> None:
    centre.ask("dialplan remove extension *44@callengine-agent-codes")
    centre.ask("dialplan remove extension s@callengine-message-kept 2")
    try:
        found = centre.told()
    finally:
        centre.ask("dialplan reload")
    gone = found["context callengine-agent-codes lacks *44: it is another version's, or has other codes"]
    assert gone.severity == "error"
    assert found["context callengine-message-kept is not as this version writes it"].severity == "warning"


def test_what_settings_and_pbx_say_differently_is_told(centre: Centre) -> None:
    named = centre.told(('id = "1002"', 'id = "1002"\nendpoint = "PJSIP/anna"'))
    assert "agents[1].endpoint: the dialplan never dials PJSIP/anna" in named
    trunk = centre.told(('trunk = "trunk"', 'trunk = "trunk"\nother_trunks = ["second"]'))
    assert list(trunk) == ["callbacks: Asterisk knows no trunk PJSIP/second"]
    codes = centre.told(("[pbx]\n", '[codes]\nprefix = "*1"\n[pbx]\n'))
    assert codes["codes, dialled by 1001 in callengine-agent: the dialplan has no *141 (login)"]
    queues = centre.asterisk.etc / "callengine_queues.conf"
    before = queues.read_text()
    queues.write_text(before.replace("[callengine-fallback]", "[general-of-old]"))
    centre.ask("queue reload all")
    try:
        found = centre.told(
            ('name = "general"', 'name = "general-of-old"'), ('"general"', '"general-of-old"')
        )
    finally:
        queues.write_text(before)
        centre.ask("queue reload all")
    assert "queue callengine-fallback is missing" in found
    assert "queue 'general-of-old' is also a queue of Asterisk's own" in found


def test_an_ami_user_whom_the_dialplan_does_not_wait_for_is_told(centre: Centre) -> None:
    manager = centre.asterisk.etc / "callengine_manager.conf"
    before = manager.read_text()
    manager.write_text(before.replace("[callengine]", "[engine]"))
    centre.ask("manager reload")
    try:
        found = centre.told(("[pbx]\n", '[pbx]\nusername = "engine"\n'))
    finally:
        manager.write_text(before)
        centre.ask("manager reload")
    assert found["pbx.username: the dialplan waits for callengine, not for engine"].severity == "error"


class OnlyVariables:
    """Stands for the link: the data folder is what a test may not move under a running Asterisk."""

    def __init__(self, **variables: Path) -> None:
        self.variables = variables

    async def send(self, action: Action) -> Response:
        name = dict(action.headers)["Variable"]
        return Response(Message(f"Response: Success\r\nValue: {self.variables[name]}\r\n".encode()))


class OfVersion:
    """Stands for the link to an Asterisk that cannot be had here."""

    def __init__(self, version: str) -> None:
        self.version = version

    async def send(self, _action: Action) -> Response:
        said = f"Response: Success\r\nAsteriskVersion: {self.version}\r\nCoreCDRenabled: Yes\r\n"
        return Response(Message(said.encode()))


@pytest.mark.parametrize(
    ("version", "is_told"),
    [("20.18.2", True), ("certified/20.7-cert8", True), ("certified-20.7", True), ("21.12.1", False)],
)
def test_an_asterisk_whose_queue_runs_no_steps_upon_an_answer_is_told(
    centre: Centre, version: str, is_told: bool
) -> None:
    """Before 21 the seventh argument of Queue() is a Macro: in the fallback nobody would count as answered."""
    settings = load_settings(
        write_settings(
            centre.folder,
            CentrePlan(agents=2),
            ami_port=centre.asterisk.ami_port,
            secret_file=centre.asterisk.ami_secret_file,
        )
    )

    async def told() -> list[str]:
        link = cast("AmiLink", OfVersion(version))
        return [one.what async for one in core(link, settings) if one.severity == "error"]

    assert asyncio.run(told()) == ([f"Asterisk {version} is too old"] if is_told else [])


def test_a_notice_that_nobody_would_hear_is_told(centre: Centre) -> None:
    """The line is Russian, and only the English notice was made."""
    data = centre.folder / "data"
    for folder in ("sounds/ru/callengine", "moh/callengine-music", "moh/callengine-notice-en"):
        (data / folder).mkdir(parents=True)
    for file in ("sounds/ru/callengine/not-allowed.wav", "moh/callengine-music/a.wav"):
        (data / file).touch()
    assert centre.told(("recording_notice = false", "recording_notice = true")) == {}
    settings = load_settings(centre.folder / "callengine.toml")

    async def told() -> list[str]:
        link = cast("AmiLink", OnlyVariables(ASTDATADIR=data))
        return [one.what async for one in sounds(link, settings)]

    assert asyncio.run(told()) == [f"there is no 00-notice.* in {data}/moh/callengine-notice-ru"]


def test_a_pbx_that_notices_no_dead_phone_or_takes_a_muted_resident_for_one_is_told(centre: Centre) -> None:
    pjsip = centre.asterisk.etc / "pjsip.conf"
    before = pjsip.read_text()
    changed = before.replace("rtp_timeout = 30\nrtp_timeout_hold = 1800\n", "rtp_timeout = 0\n")
    changed = changed.replace(
        "timers = always\ntimers_sess_expires = 180\n",
        "timers = yes\ntimers_sess_expires = 1800\nrtp_timeout = 60\nrtp_timeout_hold = 300\n",
    )
    pjsip.write_text(changed)
    centre.ask("module reload res_pjsip.so")
    try:
        found = centre.told()
    finally:
        pjsip.write_text(before)
        centre.ask("module reload res_pjsip.so")
    assert [one.severity for one in found.values()] == ["warning"] * 5
    assert list(found) == [
        "agents: of a phone that dies in mid-talk nothing is noticed: 1001, 1002",
        "agents: of a phone that dies while its resident is on hold nothing is noticed: 1001, 1002",
        "callbacks: trunk PJSIP/trunk hangs up on a muted resident who waits, after 60 s",
        "callbacks: trunk PJSIP/trunk hangs up on a resident who has put us on hold, after 300 s",
        "callbacks: a resident who vanishes on trunk PJSIP/trunk is noticed late or never "
        "(timers = yes, timers_sess_expires = 1800)",
    ]


def test_a_trunk_nobody_asks_and_a_phone_that_may_send_calls_anywhere_are_told(centre: Centre) -> None:
    pjsip = centre.asterisk.etc / "pjsip.conf"
    before = pjsip.read_text()
    asked, _, phones = before.partition("[agent](!)")
    changed = asked.replace("qualify_frequency = 30\n", "qualify_frequency = 0\n")
    phones = phones.replace("redirect_method = user\n", "")
    pjsip.write_text(f"{changed}[agent](!)\nredirect_method = uri_pjsip\n{phones.lstrip()}")
    centre.ask("module reload res_pjsip.so")
    try:
        found = centre.told()
    finally:
        pjsip.write_text(before)
        centre.ask("module reload res_pjsip.so")
    assert list(found) == [
        "callbacks: nothing tells when trunk PJSIP/trunk is away, its lamp stays dark",
        *(
            f"PJSIP/{phone} may send a call on to any number, and Asterisk would follow (redirect_method = uri_pjsip)"
            for phone in (1001, 1002)
        ),
    ]


def test_on_a_freepbx_the_default_codes_hide_its_own_and_the_guides_codes_do_not() -> None:
    with existing_pbx() as pbx:
        pbx.run_script(WATCHING)
        path = pbx.root / "callengine" / "callengine.toml"
        assert 'prefix = "*1"' in path.read_text(encoding="utf-8")
        text = path.read_text(encoding="utf-8").replace('dispatch = "asterisk"', 'dispatch = "engine"')

        def clashes() -> list[Finding]:
            found = asyncio.run(check_pbx(load_settings(path)))
            assert [one for one in found if "from-internal" in one.what], found
            return [one for one in found if one.severity == "error" and "codes" in one.what]

        # Before the phones are let in they are a warning: Ready comes before that step of the guide.
        pbx.run_script(SWITCHING.split("cat >> ")[0] + 'asterisk -rx "dialplan reload"\n')
        path.write_text(text, encoding="utf-8")
        early = asyncio.run(check_pbx(load_settings(path)))
        (yet,) = [one for one in early if one.what.startswith("codes: ")]
        assert (yet.severity, yet.what) == (
            "warning",
            "codes: 1001 cannot dial them yet, in context from-internal",
        )
        assert any(one.what.startswith("agents: of a phone that dies") for one in early)
        pbx.run_script(PREAMBLE + "cat >> " + SWITCHING.split("cat >> ", 1)[1])
        assert clashes() == []
        late = asyncio.run(check_pbx(load_settings(path)))
        assert not [
            one for one in late if "dies" in one.what or "vanishes" in one.what or "muted" in one.what
        ]
        path.write_text(text.replace('prefix = "*1"', 'prefix = "*"'), encoding="utf-8")
        assert any("the dialplan has no *41 (login)" in one.what for one in clashes())
        pbx.run_script(
            PREAMBLE
            + "callengine sample --watch --force --keep-passwords "
            + '--config "$CALLENGINE_ETC/callengine.toml" "$SAMPLE"\n'
            + 'install -m 0640 "$SAMPLE/callengine_extensions.conf" "$ASTERISK_ETC/"\nasterisk -rx "dialplan reload"\n'
        )
        told = [one.what for one in clashes()]
        for number, key in (("*43", "pause"), ("*45", "ready"), ("*47", "message")):
            assert any(f"{number} ({key}) is ours and hides {number} of app-" in one for one in told), told
