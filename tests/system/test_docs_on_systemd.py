"""The guides' own blocks, typed one after another on a whole Debian whose process 1 is systemd."""

from __future__ import annotations

import re

import pytest

from tests.support.debian_machine import DebianMachine, why_not
from tests.support.debian_pbx import ARCHIVE, PHONE, PHONES, WHEELS
from tests.support.installed_service import CALLS, DOOR, SERVED_BY, Service
from tests.support.stock_pbx import EXISTING
from tests.support.two_versions import NEW, OLD, ROOT

pytestmark = [
    pytest.mark.long,
    pytest.mark.asterisk,
    pytest.mark.timeout(900),
    pytest.mark.skipif(bool(why_not()), reason=why_not()),
]

DID, WATCHED_DID = "74951234501", "74950000001"
CHECK = "callengine check"
AGENTS = f"curl -sf {DOOR}/metrics | awk '/^callengine_agents[{{]/ {{ sum += $2 }} END {{ print sum }}'"
DESK = "http://127.0.0.1:8791"
LOOK = """
import sqlite3
ledger = sqlite3.connect("file:/var/lib/callengine/callengine.db?mode=ro", uri=True)
print(ledger.execute("SELECT count(*) FROM calls").fetchone()[0])
"""
ROOMY = 2.0
"""The most exposure that the unit may have by systemd-analyze (docs: 0.9)."""


def each_block(page: str, *names: str) -> list[str]:
    """A page's blocks of these names, in the page's order; "" is the name of a plain `sh`."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    found = re.findall(r"^```sh ?([a-z-]*)\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    assert {name for name, _ in found} >= set(names)
    return [block for name, block in found if name in names]


def blocks(page: str, *names: str) -> str:
    """The same as one script."""
    return "\n".join(each_block(page, *names))


def type_in(machine: DebianMachine, script: str, **environment: str) -> str:
    """Run it as an administrator would, in the folder of the source archive; there is no network."""
    offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": WHEELS}
    return machine.run(script, folder=ARCHIVE, environment={**offline, **environment}, seconds=400)


def install(machine: DebianMachine, *names: str) -> str:
    return type_in(machine, blocks("install.md", "settings", *names))


def test_install_and_asterisk_lead_to_a_service_that_lives(machine: DebianMachine) -> None:
    service = Service(machine)
    assert f"version {OLD}" in install(machine, "install")
    type_in(machine, blocks("asterisk.md", ""))
    assert install(machine, "lines", "check").endswith("Ready.\n")
    assert machine.run("systemctl is-active callengine", fails=True) == "inactive\n"
    install(machine, "service")
    service.is_up()
    assert machine.run("systemctl is-enabled callengine") == "enabled\n"
    assert service.security() <= ROOMY
    assert install(machine, "check").endswith("Ready.\n")
    machine.run("runuser -u nobody -- callengine --version")
    service.missed_call("79160000001", DID)
    assert "79160000001" not in machine.journal("callengine")

    # New settings are taken without a restart, a mistake is told and nothing of it is taken.
    process, settings = service.number(), machine.root / "etc/callengine/callengine.toml"
    good = settings.read_text(encoding="utf-8")
    settings.write_text(good + '[[agents]]\nid = "1002"\nname = "Петрова"\nqueues = ["general"]\n')
    machine.run("systemctl reload callengine")
    machine.until(AGENTS, "^2$")
    settings.write_text(good + "[pbz]\n")
    machine.run("systemctl reload callengine")
    machine.until("journalctl -u callengine -o cat --no-pager", "pbz")
    assert service.metric('callengine_settings_reads_total{result="refused"}') == 1
    assert service.number() == process
    settings.write_text(good)

    # Killed, it comes back by itself; stopped, it stays so; the ledger outlives both.
    machine.run("systemctl kill --kill-whom=main --signal=KILL callengine")
    machine.until("systemctl show -P MainPID callengine", rf"^(?!(0|{process})$)\d+$")
    machine.until("systemctl is-active callengine", "^active$")
    service.is_up()
    machine.run("systemctl stop callengine")
    assert service.calls() == 1
    machine.run("systemctl start callengine")
    service.is_up()

    install(machine, "upgrade")
    service.is_up()
    assert f"version {NEW}" in machine.run("callengine --version")
    assert machine.run(f"stat -c %a /var/lib/callengine/before-{NEW}/ledger.db") == "600\n"
    service.missed_call("79160000002", DID)
    install(machine, "back-out")
    service.is_up()
    assert f"version {OLD}" in machine.run("callengine --version")
    assert service.calls() == 2

    install(machine, "remove")
    assert "could not be found" in machine.run("systemctl status callengine 2>&1", fails=True)
    assert machine.run("command -v callengine", fails=True) == ""
    assert service.calls() == 2
    type_in(machine, blocks("asterisk.md", "").split("test -e")[0] + blocks("asterisk.md", "backing-out"))
    assert "no existence of" in machine.run("asterisk -rx 'dialplan show callengine-in'")


def test_a_ledger_on_postgresql_gets_its_password_by_systemd(machine: DebianMachine) -> None:
    service = Service(machine)
    machine.run(
        'cd /; su postgres -c "psql -c \\"CREATE ROLE callengine LOGIN PASSWORD \'word-of-the-ledger\'\\" '
        '-c \\"CREATE DATABASE callengine OWNER callengine\\""'
    )
    install(machine, "install")
    type_in(machine, blocks("asterisk.md", ""))
    page = (ROOT / "docs" / "install.md").read_text(encoding="utf-8")
    table = re.search(r"^    \[database\]\n(?:    .*\n)+", page, re.MULTILINE)
    assert table is not None
    settings = machine.root / "etc/callengine/callengine.toml"
    settings.write_text(
        settings.read_text(encoding="utf-8").replace("[database]\n", table[0].replace("    ", ""))
    )
    machine.put("/etc/callengine/callengine_db.secret", "word-of-the-ledger\n", mode=0o600)
    install(machine, "postgresql")
    assert install(machine, "lines", "check").endswith("Ready.\n")
    install(machine, "service")
    service.is_up()
    machine.run("asterisk -rx 'channel originate Local/74951234501@callengine-in/n application Wait 2'; true")
    machine.until(
        "cd /; su postgres -c 'psql -At callengine -c \"SELECT count(*) FROM calls WHERE outcome IS NOT NULL\"'",
        "^1$",
    )
    assert "word-of-the-ledger" not in machine.journal() + machine.run("ps axeww")
    assert not (machine.root / "var/lib/callengine/callengine.db").exists()


def test_freepbx_is_watched_by_a_service_then_served_then_left(machine: DebianMachine) -> None:
    service = Service(machine)
    lay_out_as_freepbx(machine)
    first_step = each_block("install.md", "install")[0]
    assert f"version {OLD}" in type_in(machine, blocks("install.md", "settings") + first_step)
    watching = type_in(machine, blocks("freepbx.md", "", "service"))
    assert "\nReady.\n" in watching
    service.is_up()
    assert service.security() <= ROOMY
    service.missed_call("79160000001", WATCHED_DID, "from-pstn")

    # Who gave up while the engine was away is in queue_log, which the service may read.
    machine.run("systemctl stop callengine")
    abandoned = "grep -c 'ABANDON' /var/log/asterisk/queue_log"
    assert machine.run(abandoned) == "1\n"
    service.ring("79160000002", WATCHED_DID, "from-pstn")
    machine.until(abandoned, "^2$")
    machine.run("systemctl start callengine")
    service.is_up()
    machine.until(CALLS, "^2$")
    assert type_in(machine, CHECK).endswith("Ready.\n")

    # The engine's own turn, and the way back.
    settings = machine.root / "etc/callengine/callengine.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace('dispatch = "asterisk"', 'dispatch = "engine"'))
    preamble = each_block("freepbx.md", "")[0]
    type_in(machine, preamble + blocks("freepbx.md", "switching"))
    machine.run("systemctl restart callengine")
    service.is_up()
    assert type_in(machine, CHECK).endswith("Ready.\n")
    service.missed_call("79160000003", WATCHED_DID, "from-pstn")
    assert machine.run(abandoned) == "3\n"  # written by the engine now
    type_in(machine, preamble + blocks("freepbx.md", "back"))
    service.missed_call("79160000004", WATCHED_DID, "from-pstn")
    assert machine.run(SERVED_BY) == "asterisk asterisk engine asterisk\n"


def lay_out_as_freepbx(machine: DebianMachine) -> None:
    """The PBX of the other tests, on the ports that a real one has, started anew."""
    values = {
        "SIP_PORT": "5060",
        "TRUNK_PORT": "5070",
        "AMI_PORT": "5038",
        "RTP_START": "10000",
        "RTP_END": "20000",
        "SOUNDS": "/usr/share/asterisk/sounds/ru/callengine",
    }
    for template in EXISTING.iterdir():
        text = template.read_text(encoding="utf-8")
        for name, value in values.items():
            text = text.replace(f"@{name}@", value)
        machine.put(f"/etc/asterisk/{template.name}", text)
    with (machine.root / "etc/asterisk/pjsip.conf").open("a") as pjsip:
        pjsip.write("".join(PHONE.replace("@", phone) for phone in PHONES))
        pjsip.write("#include pjsip.endpoint_custom_post.conf\n")
    machine.run("systemctl restart asterisk; asterisk -rx 'core waitfullybooted'")


def test_the_desk_is_another_user_that_reads_the_ledger_and_takes_nothing_from_the_engine(
    machine: DebianMachine,
) -> None:
    engine, look = Service(machine), "/srv/look.py"
    install(machine, "install")
    type_in(machine, blocks("asterisk.md", ""))
    install(machine, "lines", "service", "desk")
    engine.is_up()
    machine.until(f"curl -s -o /dev/null -w '%{{http_code}}' {DESK}/readyz", "^200$")
    found = machine.run("systemd-analyze security callengine-desk --no-pager | tail -1")
    assert float(re.findall(r": ([0-9.]+)", found)[0]) <= ROOMY
    users = machine.run(
        "ps -o user:32= -p $(systemctl show -P MainPID callengine callengine-desk | tr '\\n' ' ')"
    )
    assert users.split() == ["callengine", "callengine-desk"]
    machine.put(look, LOOK)
    as_desk = f"runuser -u callengine-desk -g callengine-data -- python3 {look}"
    engine.missed_call("79160000001", DID)
    assert machine.run(as_desk) == "1\n"
    for secret in ("/etc/callengine/callengine_ami.secret", "/var/lib/callengine/callengine.tokens"):
        assert (
            "denied" in machine.run(f"runuser -u callengine-desk -- cat {secret}", fails=True)
            or not (machine.root / secret.lstrip("/")).exists()
        )

    # Whichever of the two is there alone, and whoever made SQLite's files beside the ledger, both go on.
    machine.run("systemctl stop callengine")
    assert machine.run(as_desk) == "1\n"
    machine.until(f"curl -s -o /dev/null -w '%{{http_code}}' {DESK}/readyz", "^503$")
    machine.run("systemctl start callengine")
    engine.is_up()
    engine.missed_call("79160000002", DID)
    assert machine.run(as_desk) == "2\n"
    machine.run("systemctl kill --signal=KILL callengine-desk")
    machine.until(f"curl -s -o /dev/null -w '%{{http_code}}' {DESK}/readyz", "^200$")
