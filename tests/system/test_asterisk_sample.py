"""The sample configuration on a real Asterisk: it starts silently, keeps its promises, and gives away no right."""

from __future__ import annotations

import re
import stat
import time
import wave
from collections.abc import Iterator
from pathlib import Path

import pytest

from ami_adapters.protocol import dialplan_names as names
from callengine.sample.asterisk_config import (
    EVENTS_READ,
    FIRST_AGENT,
    SampleError,
    SampleOptions,
    find_templates,
    write_sample,
)
from tests.support.asterisk_process import AsteriskProcess, running_asterisk
from tests.support.plain_ami import Message, PlainAmi

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(60)]

TEMPLATES = find_templates()
DIALPLAN = (TEMPLATES / "callengine_extensions.conf").read_text(encoding="utf-8")
CONTEXTS = re.findall(r"^\[([a-z-]+)\]", DIALPLAN, re.MULTILINE)
ONLY_INCLUDED = {"callengine-agent-codes", "callengine-agent-colleague", "callengine-agent-redial"}
"""An `i` of its own would change what the including context does with a wrong number."""


@pytest.fixture
def ami(asterisk: AsteriskProcess) -> Iterator[PlainAmi]:
    with PlainAmi(asterisk.ami_port, asterisk.ami_user, asterisk.ami_secret) as client:
        assert client.greeting["Response"] == "Success"
        yield client


@pytest.fixture
def resident(ami: PlainAmi) -> Iterator[Message]:
    """A resident who waits: a Local channel, so that no phone is needed. His CallengineHolding event."""
    beat(ami)
    ami.ask(
        "Originate",
        Channel=f"Local/74950000001@{names.CONTEXT_IN}/n",
        Application="Wait",
        Data="30",
        CallerID='"${SHELL(id)}" <+7 (916) 123-45-67>',
        Async="true",
    )
    holding = ami.wait_for(names.EVENT_HOLDING)
    yield holding
    ami.ask("Hangup", Channel=holding["Channel"])
    ami.wait_for("Hangup", Uniqueid=holding["Uniqueid"])
    ami.ask("Setvar", Variable=f"DB_DELETE({names.ASTDB_FAMILY}/inbox/{holding['Uniqueid']})", Value="1")


def beat(ami: PlainAmi) -> None:
    """The engine's heartbeat, by Asterisk's own clock."""
    now = ami.ask("Getvar", Variable="EPOCH")["Value"]
    assert (
        ami.ask("Setvar", Variable=f"GLOBAL({names.HEARTBEAT_VARIABLE})", Value=now)["Response"] == "Success"
    )


def redirect(ami: PlainAmi, resident: Message, context: str, extension: str, dial: str) -> Message:
    """Offer him as the engine does; the event with which he comes back."""
    beat(ami)
    ami.events.clear()
    offered = {
        names.OFFER_VARIABLE: "an-offer/1",
        names.DIAL_VARIABLE: dial,
        names.RING_SECONDS_VARIABLE: "2",
    }
    for variable, value in offered.items():
        ami.ask("Setvar", Channel=resident["Channel"], Variable=variable, Value=value)
    answer = ami.ask("Redirect", Channel=resident["Channel"], Context=context, Exten=extension, Priority="1")
    assert answer["Response"] == "Success"
    return ami.wait_for(names.EVENT_HOLDING, Uniqueid=resident["Uniqueid"])


def variable(ami: PlainAmi, resident: Message, name: str) -> str:
    return ami.ask("Getvar", Channel=resident["Channel"], Variable=name)["Value"]


def inbox(ami: PlainAmi, call: str) -> list[str]:
    entries = ami.ask_list("DBGetTree", Family=f"{names.ASTDB_FAMILY}/inbox")
    return next(entry["Val"].split("|") for entry in entries if entry["Key"].endswith(call))


def test_it_starts_without_an_error_or_a_warning() -> None:
    with running_asterisk() as fresh:
        complaints = [line for line in fresh.log_text().splitlines() if re.search(r"WARNING|ERROR", line)]
    assert complaints == []


def test_killed_and_started_again_it_has_its_inbox_and_its_passwords() -> None:
    with running_asterisk() as fresh:
        with PlainAmi(fresh.ami_port, fresh.ami_user, fresh.ami_secret) as ami:
            ami.ask(
                "Originate",
                Channel=f"Local/5@{names.CONTEXT_IN}/n",
                Application="Wait",
                Data="30",
                Async="true",
            )
            arrived = ami.wait_for(names.EVENT_ARRIVED)
            # AstDB commits once a second; the next answer after that proves nothing, so the second is waited for.
            time.sleep(1.1)
        fresh.kill()
        assert not fresh.is_running
        fresh.start()
        with PlainAmi(fresh.ami_port, fresh.ami_user, fresh.ami_secret) as ami:
            assert inbox(ami, arrived["Uniqueid"])[4:] == ["arriving", "", ""]


def test_every_application_and_function_of_the_dialplan_is_loaded(asterisk: AsteriskProcess) -> None:
    applications = set(
        re.findall(r"^(?:exten =>[^,]+,1|\s+same => n(?:\([a-z]+\))?),([A-Za-z]+)", DIALPLAN, re.MULTILINE)
    )
    applications |= set(re.findall(r"\?([A-Z][A-Za-z]+)\(", DIALPLAN)) - {"DB"}
    listed = asterisk.command_line("core show applications")
    assert {name for name in applications - {"hint"} if f"{name}:" not in listed} == set()
    functions = set(re.findall(r"(?:\$\{|Set\()([A-Z_]+)\(", DIALPLAN))
    assert functions
    listed = asterisk.command_line("core show functions")
    assert {name for name in functions if not re.search(rf"^{name}\s", listed, re.MULTILINE)} == set()


@pytest.mark.parametrize("context", sorted(set(CONTEXTS) - ONLY_INCLUDED))
def test_every_context_has_an_answer_to_an_unknown_extension(context: str, ami: PlainAmi) -> None:
    extensions = {item.get("Extension") for item in ami.ask_list("ShowDialPlan", Context=context)}
    assert "i" in extensions


def test_a_hang_up_runs_no_step_that_was_meant_for_a_number() -> None:
    """A pattern such as `_[a-z]!` matches `h` too: its second step would follow the first one of `h`."""
    for context in CONTEXTS:
        body = DIALPLAN.partition(f"[{context}]\n")[2].partition("\n[")[0]
        if not re.search(r"^exten => _\[.*\]!", body, re.MULTILINE):
            continue
        of_h = re.search(r"^exten => h,1,(.*(?:\n same => .*|\n ;.*)*)", body, re.MULTILINE)
        assert of_h is not None, context
        assert of_h[1].splitlines()[-1].endswith(("Hangup()", "Hangup(21)")), context


def test_the_dialplan_uses_the_names_the_engine_uses() -> None:
    for name, value in vars(names).items():
        # The beat is the engine's own: Asterisk only sends it back. And that variable is Asterisk's own.
        not_ours = ("Final", "CONNECT_PREFIX", "ASTDB_FAMILY", "EVENT_BEAT", "FORWARD_CONTEXT_VARIABLE")
        if not name.isupper() or name in not_ours:
            continue
        if name == "FALLBACK_QUEUE":
            assert f"Queue({value}," in DIALPLAN
        elif name.endswith("_PREFIX"):
            assert value in DIALPLAN
        elif name.startswith("CONTEXT_"):
            assert value in CONTEXTS
        elif name.startswith("EVENT_"):
            assert f"UserEvent({value}" in DIALPLAN
        else:
            assert re.search(rf"\b{re.escape(value)}\b", DIALPLAN), value
    assert f"DB({names.ASTDB_FAMILY}/inbox/" in DIALPLAN


def test_every_name_the_engine_sends_finds_its_extension(asterisk: AsteriskProcess) -> None:
    for extension, context in (
        (f"{names.CONNECT_PREFIX}1", names.CONTEXT_CONNECT),
        (f"{names.CONNECT_PREFIX}ivanova-2", names.CONTEXT_CONNECT),
        (names.HOLD_EXTENSION, names.CONTEXT_HOLD),
        ("callback-7", names.CONTEXT_CALLBACK),
        ("74950000001", names.CONTEXT_IN),
        ("5", names.CONTEXT_IN),
        ("+74950000001", names.CONTEXT_IN),
        ("dispatcher", names.CONTEXT_IN),
        ("s", names.CONTEXT_IN),
    ):
        found = asterisk.command_line(f"dialplan show {extension}@{context}")
        assert " extension (" in found.replace("extensions (", "extension ("), (extension, context)


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("Command", {"Command": "core show version"}),
        ("DBPut", {"Family": "callengine", "Key": "inbox/x", "Val": "1"}),
        ("DBDel", {"Family": "callengine", "Key": "inbox/x"}),
        ("GetConfig", {"Filename": "manager.conf"}),
        ("ModuleCheck", {"Module": "app_queue"}),
        ("Filter", {"Operation": "Add", "Filter": "x"}),
        ("Reload", {}),
    ],
)
def test_the_engines_user_may_not(action: str, fields: dict[str, str], ami: PlainAmi) -> None:
    assert ami.ask(action, **fields)["Message"] == "Permission denied"


def test_the_eventfilter_leaves_the_lists_whole(ami: PlainAmi, resident: Message) -> None:
    ami.ask("QueueAdd", Queue=names.FALLBACK_QUEUE, Interface="PJSIP/1020")
    in_queue = {item["Event"] for item in ami.ask_list("QueueStatus", Queue=names.FALLBACK_QUEUE)}
    ami.ask("QueueRemove", Queue=names.FALLBACK_QUEUE, Interface="PJSIP/1020")
    assert {"QueueParams", "QueueMember"} <= in_queue
    channels = ami.ask_list("CoreShowChannels")
    assert resident["Uniqueid"] in {
        item["Uniqueid"] for item in channels if item["Event"] == "CoreShowChannel"
    }
    statuses = ami.ask_list("Status", Variables=f"{names.STATE_VARIABLE},{names.ARRIVED_VARIABLE}")
    mine = next(item for item in statuses if item["Uniqueid"] == resident["Uniqueid"])
    assert f"{names.STATE_VARIABLE}=holding" in mine["Variable"]
    devices = {
        item["Device"] for item in ami.ask_list("DeviceStateList") if item["Event"] == "DeviceStateChange"
    }
    assert f"PJSIP/{FIRST_AGENT}" in devices
    tree = ami.ask_list("DBGetTree", Family=names.ASTDB_FAMILY)
    assert {item["Event"] for item in tree} == {"DBGetTreeResponse"}


def test_the_eventfilter_keeps_away_what_nobody_reads(ami: PlainAmi, resident: Message) -> None:
    # A Local channel makes Newchannel, LocalBridge, NewCallerid and NewConnectedLine: none of them may come.
    heard = {event["Event"] for event in ami.events if "Event" in event}
    assert heard <= set(EVENTS_READ)


def test_a_residents_arrival_is_announced_and_in_the_inbox(ami: PlainAmi, resident: Message) -> None:
    arrived = ami.wait_for(names.EVENT_ARRIVED, Uniqueid=resident["Uniqueid"])
    assert re.fullmatch(r"\d{10}\.\d{6}", arrived["Arrived"])
    assert 0 <= float(arrived["Timestamp"]) - float(arrived["Arrived"]) < 1
    assert arrived["Did"] == "74950000001"
    assert arrived["Number"] == "+79161234567"
    assert inbox(ami, resident["Uniqueid"])[:5] == [
        "1",
        arrived["Arrived"],
        "74950000001",
        "+79161234567",
        "arriving",
    ]
    assert variable(ami, resident, names.DID_VARIABLE) == "74950000001"
    assert variable(ami, resident, names.NUMBER_VARIABLE) == "+79161234567"


def test_a_callers_name_is_never_evaluated(ami: PlainAmi, resident: Message) -> None:
    redirect(ami, resident, names.CONTEXT_CONNECT, f"{names.CONNECT_PREFIX}1", "PJSIP/1019")
    assert variable(ami, resident, "CALLERID(name)") == "${SHELL(id)}"


@pytest.mark.parametrize(
    ("context", "extension", "dial"),
    [
        (names.CONTEXT_CONNECT, "agent-1", "PJSIP/1019"),
        (names.CONTEXT_CONNECT, "agent-1", "PJSIP/79990000000@trunk"),
        (names.CONTEXT_CONNECT, "agent-1", "PJSIP/1001&PJSIP/1002"),
        (names.CONTEXT_CONNECT, "agent-1", "PJSIP/trunk"),
        (names.CONTEXT_CONNECT, "agent-1", "Local/1@callengine-in"),
        (names.CONTEXT_CONNECT, "agent-", "PJSIP/1001"),
        (names.CONTEXT_CONNECT, "nobody", "PJSIP/1001"),
        (names.CONTEXT_HOLD, "nowhere", ""),
    ],
)
def test_whatever_goes_wrong_with_an_offer_he_is_back_on_hold(
    context: str, extension: str, dial: str, ami: PlainAmi, resident: Message
) -> None:
    back = redirect(ami, resident, context, extension, dial)
    assert (back["Offer"], back["DialStatus"]) == ("an-offer/1", "CHANUNAVAIL")
    assert variable(ami, resident, names.STATE_VARIABLE) == "holding"


def test_nobody_but_a_phone_of_ours_is_dialled(ami: PlainAmi, resident: Message) -> None:
    for dial in ("PJSIP/79990000000@trunk", "PJSIP/1001&PJSIP/1002", "PJSIP/trunk", "Local/1@callengine-in"):
        redirect(ami, resident, names.CONTEXT_CONNECT, "agent-1", dial)
        assert not [event for event in ami.events if event.get("Event") == "DialBegin"]


def test_a_stopped_engine_sends_him_to_the_fallback_and_he_stays(ami: PlainAmi, resident: Message) -> None:
    ami.ask("Setvar", Variable=f"GLOBAL({names.HEARTBEAT_VARIABLE})", Value="0")
    ami.wait_for(names.EVENT_FALLBACK, Uniqueid=resident["Uniqueid"])
    # The queue has no members: he waits all the same.
    ami.wait_for("QueueCallerJoin", Uniqueid=resident["Uniqueid"], Queue=names.FALLBACK_QUEUE)
    assert variable(ami, resident, names.STATE_VARIABLE) == "fallback"
    back = redirect(ami, resident, names.CONTEXT_HOLD, names.HOLD_EXTENSION, "")
    assert back["Uniqueid"] == resident["Uniqueid"]


def test_an_engine_that_is_not_there_costs_no_wait(asterisk: AsteriskProcess, ami: PlainAmi) -> None:
    ami.ask("Setvar", Variable=f"GLOBAL({names.HEARTBEAT_VARIABLE})", Value="0")
    ami.ask("Originate", Channel=f"Local/5@{names.CONTEXT_IN}/n", Application="Wait", Data="30", Async="true")
    fallback = ami.wait_for(names.EVENT_FALLBACK)
    arrived = ami.wait_for(names.EVENT_ARRIVED, Uniqueid=fallback["Uniqueid"])
    assert float(fallback["Timestamp"]) - float(arrived["Timestamp"]) < 1
    assert not [event for event in ami.events if event.get("UserEvent") == names.EVENT_HOLDING]
    ami.ask("Hangup", Channel=fallback["Channel"])
    ami.wait_for("Hangup", Uniqueid=fallback["Uniqueid"])


def test_a_call_that_ended_unanswered_says_so_in_the_inbox(ami: PlainAmi, resident: Message) -> None:
    ami.ask("Hangup", Channel=resident["Channel"])
    ami.wait_for("Hangup", Uniqueid=resident["Uniqueid"])
    *_, state, answered, ended, message_at, message, recording = inbox(ami, resident["Uniqueid"])
    assert (state, answered, message_at, message, recording) == ("ended", "", "", "", "")
    assert re.fullmatch(r"\d{10}\.\d{6}", ended)


def test_the_notice_is_as_long_as_the_dialplan_believes(
    asterisk: AsteriskProcess, ami: PlainAmi, resident: Message
) -> None:
    notice = asterisk.data / "moh" / "callengine-notice-ru" / "00-notice.wav"
    with wave.open(str(notice)) as sound:
        seconds = sound.getnframes() / sound.getframerate()
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (8000, 1, 2)
    assert float(variable(ami, resident, "CALLENGINE_NOTICE_SECONDS")) == pytest.approx(seconds, abs=0.02)


def test_both_languages_have_every_phrase_the_dialplan_plays(asterisk: AsteriskProcess) -> None:
    played = set(re.findall(r"(?<!DB_KEYS\()callengine/([a-z-]+)[,)]", DIALPLAN))
    played |= set(re.findall(r"callengine-agent-told,([a-z-]+),1", DIALPLAN))
    for language in ("en", "ru"):
        spoken = {path.stem for path in (asterisk.data / "sounds" / language / "callengine").glob("*.wav")}
        assert played <= spoken


def test_a_configuration_is_not_overwritten_by_accident(tmp_path: Path) -> None:
    first = write_sample(tmp_path / "etc", options=SampleOptions(agents=2))
    assert first.agent_passwords.keys() == {"1001", "1002"}
    with pytest.raises(SampleError, match="already has"):
        write_sample(tmp_path / "etc", options=SampleOptions(agents=2))
    again = write_sample(tmp_path / "etc", options=SampleOptions(agents=2), force=True)
    assert again.ami_secret != first.ami_secret


def test_what_is_written_is_for_its_owner_alone_and_complete(tmp_path: Path) -> None:
    result = write_sample(tmp_path / "etc", options=SampleOptions())
    for path in result.files:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert not re.search(r"@[A-Z_]+@", path.read_text(encoding="utf-8")), path.name
    assert result.ami_secret not in repr(result)


def test_a_value_that_would_break_out_of_its_line_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SampleError, match="line break"):
        write_sample(tmp_path / "etc", options=SampleOptions(trunk_match="127.0.0.1\n[evil]"))
    assert not (tmp_path / "etc").exists()


def test_no_password_stands_in_the_repository() -> None:
    for path in TEMPLATES.parent.rglob("*"):
        if path.suffix in (".conf", ".each"):
            for value in re.findall(r"^\s*(?:secret|password)\s*=\s*(.+)$", path.read_text(), re.MULTILINE):
                assert re.fullmatch(r"@[A-Z_]+@", value), path.name


def test_a_full_centre_says_so_and_leaves_a_trace() -> None:
    with (
        running_asterisk(SampleOptions(max_calls=1)) as small,
        PlainAmi(small.ami_port, small.ami_user, small.ami_secret) as ami,
    ):
        beat(ami)
        call = {
            "Channel": f"Local/5@{names.CONTEXT_IN}/n",
            "Application": "Wait",
            "Data": "30",
            "Async": "true",
        }
        ami.ask("Originate", **call)
        ami.wait_for(names.EVENT_HOLDING)
        ami.ask("Originate", **call)
        turned_away = ami.wait_for(names.EVENT_REJECTED, Reason="full")
        ami.wait_for("Hangup", Uniqueid=turned_away["Uniqueid"])
        assert inbox(ami, turned_away["Uniqueid"])[4] == "ended"
