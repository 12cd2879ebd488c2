"""`callengine sample` checks every argument, keeps AMI on this machine, and writes a set that can log in."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from callengine.cli.main import main
from config.loading import load_settings


def sample(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["sample", *arguments])
    return done.exit_code, done.output


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--bind", "lan", "no IP address"),
        ("--bind", "0.0.0.0", "name it"),  # noqa: S104 - it is refused
        ("--bind", "10.0.0.5:5060", "no IP address"),
        ("--bind", "127.0.0.1\n[evil]", "no IP address"),
        ("--bind", "fd00::5", "IPv6"),
        ("--ami-bind", "localhost", "no IP address"),
        ("--ami-permit", "10.0.0.5/24", "no network"),
        ("--ami-permit", "all", "no network"),
        ("--ami-port", "0", "1<=x<=65535"),
        ("--ami-port", "99999", "1<=x<=65535"),
        ("--sip-port", "-1", "1<=x<=65535"),
        ("--agents", "0", "1<=x<=8999"),
        ("--agents", "9000", "1<=x<=8999"),
        ("--trunk-match", "203.0.113.7 203.0.113.8", "no address"),
        ("--trunk-match", "300.1.1.1", "no address"),
        ("--trunk-match", "10.0.0.1; comment", "no address"),
        ("--trunk-contact", "203.0.113.7", "no SIP address"),
        ("--trunk-contact", "sip:203.0.113.7;transport=tcp", "no SIP address"),
        ("--trunk-contact", "sip:203.0.113.7:99999", "above 65535"),
        ("--runbooks", "java script", "no address of a page"),
        ("--for", "zabbix", "is not one of"),
    ],
)
def test_a_wrong_argument_is_named_and_nothing_is_written(
    option: str, value: str, said: str, tmp_path: Path
) -> None:
    code, output = sample(str(tmp_path / "etc"), option, value)
    assert code == 2
    assert option in output
    assert said in " ".join(output.split())
    assert not (tmp_path / "etc").exists()


def test_phones_on_the_lan_leave_ami_on_this_machine(tmp_path: Path) -> None:
    code, output = sample(str(tmp_path), "--bind", "192.168.7.10", "--ami-port", "5039")
    assert code == 0, output
    assert "bind = 192.168.7.10:5060" in (tmp_path / "pjsip.conf").read_text()
    manager = (tmp_path / "manager.conf").read_text()
    assert "bindaddr = 127.0.0.1" in manager
    assert "port = 5039" in manager
    permits = re.findall(r"^permit = (.*)$", (tmp_path / "callengine_manager.conf").read_text(), re.MULTILINE)
    assert permits == ["127.0.0.1/255.255.255.255"]
    settings = load_settings(tmp_path / "callengine.toml")
    assert (settings.pbx.host, settings.pbx.port) == ("127.0.0.1", 5039)


def test_ami_asked_for_by_name_lets_in_who_was_named_and_the_engine_there(tmp_path: Path) -> None:
    code, output = sample(str(tmp_path), "--ami-bind", "192.168.7.10", "--ami-permit", "192.168.7.20/32")
    assert code == 0, output
    assert "bindaddr = 192.168.7.10" in (tmp_path / "manager.conf").read_text()
    permits = re.findall(r"^permit = (.*)$", (tmp_path / "callengine_manager.conf").read_text(), re.MULTILINE)
    everybody_is = "255.255.255.255"
    assert permits == [f"{one}/{everybody_is}" for one in ("127.0.0.1", "192.168.7.10", "192.168.7.20")]
    assert load_settings(tmp_path / "callengine.toml").pbx.host == "192.168.7.10"


def test_passwords_are_kept_when_asked_and_codes_come_from_the_settings(tmp_path: Path) -> None:
    assert sample(str(tmp_path), "--agents", "2")[0] == 0
    secrets = ("callengine_ami.secret", "callengine_agents.conf", "callengine_manager.conf")
    before = {name: (tmp_path / name).read_text() for name in secrets}
    settings = tmp_path / "callengine.toml"
    settings.write_text(settings.read_text().replace('# prefix = "*"', 'prefix = "*1"'))
    again = ("--force", "--keep-passwords", "--config", str(settings), "--agents", "3")
    code, output = sample(str(tmp_path), *again)
    assert code == 0, output
    after = {name: (tmp_path / name).read_text() for name in secrets}
    assert after["callengine_ami.secret"] == before["callengine_ami.secret"]
    assert after["callengine_manager.conf"] == before["callengine_manager.conf"]
    assert after["callengine_agents.conf"].startswith(before["callengine_agents.conf"])
    assert "[1003](agent)" in after["callengine_agents.conf"]
    dialplan = (tmp_path / "callengine_extensions.conf").read_text()
    assert "exten => *141,1," in dialplan
    assert "exten => _*143X,1,Set(AGENT_REASON=${EXTEN:4})" in dialplan
    assert "*41" not in dialplan
