"""What `check` says of a service, and what systemd makes of it: the same, on a whole Debian whose process 1 it is."""

from __future__ import annotations

import json
import re

import pytest

from tests.support.debian_machine import DebianMachine, why_not
from tests.support.installed_service import Service
from tests.system.test_docs_on_systemd import blocks, install, type_in

pytestmark = [
    pytest.mark.long,
    pytest.mark.asterisk,
    pytest.mark.timeout(900),
    pytest.mark.skipif(bool(why_not()), reason=why_not()),
]


def errors(machine: DebianMachine) -> dict[str, str]:
    said = machine.run("callengine check --json || true")
    found = json.loads(said[said.index("{") :])["findings"]
    return {one["what"]: one["help"] for one in found if one["severity"] == "error"}


def starts(machine: DebianMachine) -> bool:
    machine.run("systemctl reset-failed callengine; timeout 15 systemctl restart callengine; true")
    return machine.run("systemctl is-active callengine || true") == "active\n"


def drop_in(machine: DebianMachine, *lines: str) -> None:
    machine.put("/etc/systemd/system/callengine.service.d/own.conf", "\n".join(["[Service]", *lines, ""]))
    machine.run("systemctl daemon-reload")


def test_what_check_refuses_does_not_start_and_its_remedies_make_it_start(machine: DebianMachine) -> None:
    service = Service(machine)
    install(machine, "install")
    type_in(machine, blocks("asterisk.md", ""))
    install(machine, "lines", "check", "service")
    service.is_up()
    machine.run("systemctl stop callengine; mkdir -p /etc/systemd/system/callengine.service.d")
    settings = machine.root / "etc/callengine/callengine.toml"
    good = settings.read_text(encoding="utf-8")

    # As the FreePBX guide once had it.
    settings.write_text(
        good.replace('"callengine_ami.secret"', '"/etc/callengine/other.secret"').replace(
            "[database]\n", '[database]\nurl = "sqlite:////etc/callengine/ledger.db"\n'
        )
    )
    machine.run("cd /etc/callengine; install -m 0600 callengine_ami.secret other.secret")
    found = errors(machine)
    secret = found["pbx.secret_file: the service is not handed /etc/callengine/other.secret"]
    assert "database.url: the service may not write /etc/callengine/ledger.db" in found
    assert not starts(machine)
    machine.run("systemctl stop callengine")
    settings.write_text(good.replace('"callengine_ami.secret"', '"/etc/callengine/other.secret"'))
    assert list(errors(machine)) == [
        "pbx.secret_file: the service is not handed /etc/callengine/other.secret"
    ]
    assert not starts(machine)
    machine.run("systemctl stop callengine")
    drop_in(machine, secret.rpartition(": ")[2])
    assert errors(machine) == {}
    assert starts(machine)
    service.is_up()

    # Asterisk's records are its group's: the group that check names opens them.
    machine.run("systemctl stop callengine; chmod 0750 /var/log/asterisk; touch /var/log/asterisk/queue_log")
    machine.run("chgrp -R asterisk /var/log/asterisk; chmod 0640 /var/log/asterisk/queue_log")
    settings.write_text(
        settings.read_text(encoding="utf-8").replace('# file = ""', 'file = "/var/log/asterisk/queue_log"')
    )
    ((what, how),) = errors(machine).items()
    assert what.startswith("queue_log.file: the service may not read /var/log/asterisk/queue_log")
    drop_in(machine, secret.rpartition(": ")[2], how.rpartition(": ")[2])
    assert errors(machine) == {}
    assert starts(machine)
    process = service.number()
    group = machine.run("getent group asterisk").split(":")[2]
    assert re.search(rf"^Groups:.*\b{group}\b", machine.run(f"cat /proc/{process}/status"), re.MULTILINE)

    # A port that somebody else has: told by check, and by the start, with the key.
    machine.run(
        "systemctl stop callengine; systemd-run --unit=taker python3 -m http.server --bind 127.0.0.1 8790"
    )
    machine.until("curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1:8790/", "^200$")
    assert list(errors(machine)) == ["http.port: 127.0.0.1:8790 is taken by another program"]
    assert not starts(machine)
    assert "/etc/callengine/callengine.toml: http.port: 127.0.0.1:8790 is taken" in machine.journal(
        "callengine"
    )
    machine.run("systemctl stop taker callengine")
    assert starts(machine)
    service.is_up()
    assert "an engine is running" in machine.run("callengine check")
