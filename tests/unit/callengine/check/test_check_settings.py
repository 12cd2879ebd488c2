"""A hundred ways to get the settings wrong: each is told with its place and a remedy, or is shown to do no harm."""

from __future__ import annotations

import asyncio
import os
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from callengine.check.finding import Finding
from callengine.check.pbx import check_machine, check_settings, surroundings, with_lines
from config.errors import ConfigError
from config.example import example_toml
from config.loading import load_settings
from config.policies import centre_policy

REFUSED, ERROR, WARNING, HARMLESS = "refused", "error", "warning", "harmless"


@dataclass(frozen=True)
class Wrong:
    """One key set to something wrong, and how that is told; `text` instead of a key is added to the file."""

    place: str
    value: str = ""
    told: str = REFUSED
    at: str = ""
    text: str = ""

    def __str__(self) -> str:
        return f"{self.place}={self.value or self.text.strip().splitlines()[0]}"[:60]


def refused(place: str, value: str, at: str = "") -> Wrong:
    return Wrong(place, value, REFUSED, at)


def error(place: str, value: str, at: str = "") -> Wrong:
    return Wrong(place, value, ERROR, at)


def warning(place: str, value: str, at: str = "") -> Wrong:
    return Wrong(place, value, WARNING, at)


def harmless(place: str, value: str) -> Wrong:
    return Wrong(place, value, HARMLESS)


WATCH = '[[queues]]\nname = "w"\ndispatch = "asterisk"\n'
LINE = '[[lines]]\ndid = "74951234599"\ncompany = "sever"\nqueue = "general"\nowes_contact = false\n'

WRONG = (
    # Whole sections and their kinds.
    refused("centre.time_zone", '"Moscow"'),
    refused("centre.time_zone", "3"),
    refused("centre.language", '"de"'),
    refused("centre.missed_offers_before_pause", "-1"),
    refused("centre.missed_offers_before_pause", "true"),
    refused("pbx.name", '"pbx 1"'),
    refused("pbx.host", '"127.0.0.1:5038"'),
    refused("pbx.port", "0"),
    refused("pbx.port", '"ami"'),
    refused("pbx.port", "true"),
    refused("pbx.username", '"call engine"'),
    refused("pbx.secret_file", '"nowhere.secret"'),
    refused("pbx.secret_file", '"."'),
    refused("pbx.secret_file", "5"),
    # The ledger.
    refused("database.url", '"sqlite://callengine.db"'),
    refused("database.url", '"sqlite://var/lib/callengine.db"'),
    refused("database.url", '"callengine.db"'),
    refused("database.url", '"mysql://h/d"'),
    refused("database.url", '"postgresql://u:pw@h/d"'),
    refused("database.url", '"postgresql://u@h"'),
    refused("database.url", '"postgresql://[::1/d"'),
    refused("database.url", '"sqlite:///callengine.db?mode=ro"'),
    error("database.url", '"sqlite://"'),
    error("database.url", '"sqlite:///:memory:"'),
    error("database.url", '"sqlite:///."'),
    error("database.url", '"sqlite:////nowhere/at/all.db"'),
    error("database.url", '"sqlite:///callengine.toml"'),
    error("database.url", '"sqlite:///not-a-database.db"'),
    error("database.url", '"postgresql://callengine@127.0.0.1:9/callengine"'),
    refused("database.password_file", '"nowhere.secret"'),
    error("database.spool_file", '"callengine.db"'),
    error("database.spool_file", '"/nowhere/at/all.spool"'),
    error("database.spool_file", '"folder"'),
    refused("database.spool_max_mb", "0"),
    warning("database.spool_max_mb", "1"),
    # HTTP.
    refused("http.host", '"wallboard.example.org"'),
    error("http.host", '"0.0.0.0"', "http.tokens_file"),
    error("http.host", '"192.0.2.77"'),
    refused("http.port", "65536"),
    warning("http.port", "0"),
    error("http.control_socket", '"folder"'),
    error("http.control_socket", f'"{"x" * 120}.sock"'),
    error("http.control_socket", '"callengine_ami.secret"'),
    error("http.control_socket", '"callengine.db"'),
    error("http.control_socket", '"/nowhere/c.sock"'),
    error("http.tokens_file", '"folder"'),
    error("http.sign_in", '"always"', "http.tokens_file"),
    refused("http.sign_in", '"never"'),
    refused("http.sign_in_days", "0"),
    # The desk.
    refused("desk.database", '"sqlite:///callengine.db"'),
    refused("desk.database", '"sqlite:///./callengine.db"'),
    error("desk.database", '"sqlite:////nowhere/desk.db"'),
    error("desk.database", '"sqlite:///folder"'),
    error("desk.database_password_file", '"nothing.secret"'),
    error("desk.files", '"callengine_ami.secret"'),
    error("desk.group", '"nobodys-group"'),
    error("desk.host", '"203.0.113.7"'),
    warning("desk.host", '"0.0.0.0"'),
    error("desk.ledger", '"sqlite:////nowhere/callengine.db"'),
    error("desk.port", "80"),
    warning("desk.recordings", '"/nowhere/monitor"'),
    # The wallboard's colours.
    error("wallboard.waiting_amber", "9"),
    error("wallboard.longest_wait_amber_seconds", "121"),
    error("wallboard.longest_wait_red_seconds", "301"),
    error("wallboard.lost_amber_ratio", "0.2"),
    error("wallboard.callback_amber_seconds", "900"),
    refused("wallboard.lost_red_ratio", "10"),
    refused("wallboard.level_amber_below_goal", "8"),
    refused("wallboard.language", '"RU"'),
    refused("log.level", '"loud"'),
    refused("log.format", '"text"'),
    # Callbacks.
    refused("callbacks.region", '"XX"'),
    refused("callbacks.region", '"Russia"'),
    refused("callbacks.region", '"RUS"'),
    error("callbacks.settle_seconds", "600"),
    error("callbacks.last_start_seconds", "3600"),
    error("callbacks.agent_ring_seconds", "1"),
    error("callbacks.resident_ring_seconds", "2"),
    error("callbacks.resident_ring_seconds", "900"),
    refused("callbacks.max_attempts", "0"),
    warning("callbacks.max_per_number_and_day", "1"),
    warning("callbacks.max_per_hour", "1"),
    warning("callbacks.retry_no_answer_seconds", "1200"),
    warning("callbacks.max_talk_seconds", "60"),
    warning("callbacks.enabled", "false"),
    error("callbacks.trunk_channels", "2", "callbacks.keep_for_arrivals"),
    refused("callbacks.do_not_call", '["12345"]', "callbacks.do_not_call[0]"),
    refused("callbacks.do_not_call", '"+79161112233"'),
    refused("callbacks.own_numbers", '["+7 495 123-45-67"]', "callbacks.own_numbers[0]"),
    refused("callbacks.disposition_default", '"maybe"'),
    refused("retention.numbers_days", "-1"),
    warning("choice.after_seconds", "900"),
    # Reports and Asterisk's own records.
    refused("reports.at", '"24:00"'),
    refused("reports.month", '["nobody"]'),
    refused("reports.formats", '["pdf"]', "reports.formats[0]"),
    error("reconcile.cdr", '"/nowhere/Master.csv"'),
    error("reconcile.cdr", '"folder"'),
    refused("queue_log.agent", '"Agent"'),
    refused("queue_log.agent", '"{number}"'),
    error("queue_log.file", '"/nowhere/queue_log"'),
    # Rules of the law.
    refused("rules.since", '"soon"', "rules[0].since"),
    refused("rules.contact_limit_seconds", "60", "rules[0].contact_limit_seconds"),
    refused("rules.clock", '"answer"', "rules[0].clock"),
    # Companies, queues, lines, agents.
    refused("companies.id", '"УК"', "companies[0].id"),
    refused("companies.name", '"Север; юг"', "companies[0].name"),
    Wrong("companies", text='[[companies]]\nid = "all"\nname = "Все"\n', told=ERROR, at="companies[1].id"),
    Wrong("companies", text='[[companies]]\nid = "unknown"\nname = "Кто"\n', told=ERROR, at="companies[1].id"),
    Wrong("companies", text='[[companies]]\nid = "sever"\nname = "Другой"\n', at="companies[1].id"),
    Wrong("companies", text='[[companies]]\nid = "yug"\nname = "УК Юг"\n', told=WARNING, at="companies[1]"),
    Wrong("companies", text='[[companies]]\nid = "yug"\nname = "УК Север"\n', told=WARNING, at="companies[1].name"),
    refused("queues.goal_ratio", "88", "queues[0].goal_ratio"),
    refused("queues.target_seconds", "0", "queues[0].target_seconds"),
    warning("queues.target_seconds", "900", "queues[0].target_seconds"),
    error("queues.ring_seconds", "1", "queues[0].ring_seconds"),
    warning("queues.ring_seconds", "600", "queues[0].ring_seconds"),
    warning("queues.wrap_up_seconds", "3000", "queues[0].wrap_up_seconds"),
    warning("queues.decline_pause_seconds", "3000", "queues[0].decline_pause_seconds"),
    refused("queues.dispatch", '"asterisk"', "queues[0].dispatch"),
    refused("queues.dispatch", '"freepbx"', "queues[0].dispatch"),
    Wrong("queues", text='[[queues]]\nname = "spare"\n', told=ERROR, at="queues[1]"),
    Wrong("queues", text='[[queues]]\nname = "general"\n', at="queues[1].name"),
    Wrong("queues", text='[[queues]]\nname = "callengine-fallback"\n', told=ERROR, at="queues[1].name"),
    Wrong("queues", text=WATCH, at="queues[1].dispatch"),
    Wrong("queues", text=WATCH + '[queues.watch]\npbx_queues = ["500"]\n', at="queues[1].watch"),
    Wrong("queues", text=WATCH + "[queues.watch]\npbx_queues = []\n", at="queues[1].watch.pbx_queues"),
    Wrong(
        "queues",
        text=WATCH + '[queues.watch]\npbx_queues = ["callengine-fallback"]\n',
        at="queues[1].watch.pbx_queues",
    ),
    refused("lines.did", '"s"', "lines[0].did"),
    refused("lines.did", '"+7 (495) 123-45-01"', "lines[0].did"),
    refused("lines.company", '"yug"', "lines[0].company"),
    refused("lines.queue", '"genral"', "lines[0].queue"),
    refused("lines.rules", '"RU-354"', "lines[0].rules"),
    refused("lines.label", '"' + "x" * 41 + '"', "lines[0].label"),
    refused("lines.owes_contact", '"often"', "lines[0].owes_contact"),
    Wrong("lines", text=LINE.replace("74951234599", "+74951234501"), told=ERROR, at="lines[1].did"),
    Wrong("lines", text=LINE.replace("owes_contact = false\n", ""), told=ERROR, at="lines[1].callback"),
    refused("lines.callback.caller_id", '"12345"', "lines[0].callback.caller_id"),
    refused("lines.callback.trunk", '"PJSIP/trunk"', "lines[0].callback.trunk"),
    refused("lines.callback.number_format", '"9"', "lines[0].callback.number_format"),
    refused("lines.callback.hours", '"9-21"', "lines[0].callback.hours"),
    warning("lines.callback.hours", '"08:00-21:00"', "lines[0].callback.hours"),
    refused("agents.endpoint", '"SIP/1001"', "agents[0].endpoint"),
    refused("agents.queues", "[]", "agents[0].queues"),
    refused("agents.queues", '["lift"]', "agents[0].queues"),
    refused("agents.member", '"1001"', "agents[0].member"),
    Wrong("agents", text='[[agents]]\nid = "1001"\nname = "Я"\nqueues = ["general"]\n', at="agents[1].id"),
    Wrong(
        "agents",
        text='[[agents]]\nid = "1002"\nname = "Иванова"\nqueues = ["general"]\n',
        told=WARNING,
        at="agents[1].name",
    ),
    # Codes that agents dial.
    refused("codes.prefix", '""', "codes.login"),
    refused("codes.prefix", '"9"', "codes.login"),
    refused("codes.prefix", '"_"'),
    refused("codes.logout", '"41"', "codes.logout"),
    refused("codes.logout", '"415"', "codes.logout"),
    refused("codes.message", '"4"', "codes.login"),
    refused("codes.pause", '"4X"'),
    refused("codes.disposition", '"431"', "codes.disposition"),
    # Mistakes of writing.
    Wrong("spelling", text='[pbxx]\nport = 1\n', at="pbxx"),
    Wrong("twice", text='[pbx]\nport = 1\n', at="pbx"),
    Wrong("twice", text='[[agents]]\nid = "1002"\nid = "1003"\n', at="agents[1].id"),
    Wrong("no quotes", text='[[agents]]\nid = anna\n', at="file"),
    Wrong("a mark", text='\N{ZERO WIDTH NO-BREAK SPACE}[[agents]]\n', at="file"),
    # What does no harm: the engine works by the very same rules.
    harmless("agents.queues", '["general", "general"]'),
    harmless("lines.callback.other_trunks", "[]"),
    harmless("log.level", '"error"'),
    harmless("pbx.host", '"localhost"'),
    harmless("database.url", '"sqlite:///./callengine.db"'),
    harmless("reconcile.nightly", "false"),
    harmless("rules.since", "2020-02-29"),
)  # fmt: skip


def put(text: str, place: str, value: str) -> str:
    """The example with one key set, which it has in any case, as a comment or not."""
    section, _, key = place.rpartition(".")
    header = re.search(rf"^\[\[?{re.escape(section)}\]\]?$", text, re.MULTILINE)
    assert header is not None, section
    before, after = text[: header.end()], text[header.end() :]
    changed, times = re.subn(rf"^(# )?{key} = .*$", lambda _: f"{key} = {value}", after, count=1, flags=re.M)
    assert times == 1, place
    return before + changed


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in list(os.environ):
        if name.upper().startswith("CALLENGINE_") or name == "CREDENTIALS_DIRECTORY":
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    secret = tmp_path / "callengine_ami.secret"
    secret.touch(mode=0o600)
    secret.write_text("s3cret\n")
    (tmp_path / "folder").mkdir()
    (tmp_path / "not-a-database.db").write_text("a letter to the editor, long enough to be looked at" * 40)
    return tmp_path


def settings_text() -> str:
    # An address of its own: no other program listens there, nor another test.
    return put(example_toml(), "http.host", f'"127.{os.getpid() % 200 + 20}.{os.getpid() // 200 % 250}.9"')


def told_of(folder: Path, text: str) -> list[Finding]:
    """What the administrator reads: the refusal of the file, else the findings of `check` beside the PBX's."""
    path = folder / "callengine.toml"
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")
    try:
        settings = load_settings(path)
    except ConfigError as mistakes:
        for problem in mistakes.problems:
            assert problem.line is not None, f"{problem} has no line"
        return [Finding(REFUSED, f"{one.place}: {one.what}", one.right) for one in mistakes.problems]
    findings = check_settings(settings, path)
    return with_lines([*findings, *asyncio.run(check_machine(settings, surroundings(path)))], path)


def test_the_example_itself_is_found_without_fault(folder: Path) -> None:
    assert {one.severity for one in told_of(folder, settings_text())} == {"ok"}


def test_there_are_a_hundred_of_them() -> None:
    assert len({str(wrong) for wrong in WRONG}) >= 100


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_each_wrong_setting_is_told_with_place_and_remedy_or_does_no_harm(wrong: Wrong, folder: Path) -> None:
    text = settings_text()
    text = text + "\n" + wrong.text if wrong.text else put(text, wrong.place, wrong.value)
    findings = told_of(folder, text)
    if wrong.told == HARMLESS:
        assert {one.severity for one in findings} == {"ok"}, findings
        if not wrong.place.startswith("rules."):
            changed = centre_policy(load_settings(folder / "callengine.toml"))
            (folder / "callengine.toml").write_text(settings_text(), encoding="utf-8")
            assert centre_policy(load_settings(folder / "callengine.toml")) == changed
        return
    place = wrong.at or wrong.place
    told = [one for one in findings if one.what.startswith(f"{place}: ")]
    assert [one.severity for one in told][:1] == [wrong.told], findings
    for one in told:
        assert one.help, f"{one.what}: no remedy"
        assert one.line or one.severity == REFUSED, f"{one.what}: no line"
        assert "Traceback" not in one.what
