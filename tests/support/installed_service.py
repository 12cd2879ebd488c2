"""What tests ask of a callengine that runs as a service in a Debian machine."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.support.debian_machine import DebianMachine

DOOR = "http://127.0.0.1:8790"
LEDGER = "/var/lib/callengine/callengine.db"


@dataclass(frozen=True)
class Service:
    """callengine.service of a machine."""

    machine: DebianMachine

    def is_up(self) -> None:
        """It runs, systemd has heard that it is ready, it answers, and AMI is connected."""
        assert self.machine.run("systemctl is-active callengine") == "active\n"
        assert self.machine.run(f"curl -sf {DOOR}/healthz")
        self.machine.until(f"curl -s -o /dev/null -w '%{{http_code}}' {DOOR}/readyz", "^200$")

    def number(self) -> str:
        """Its process: another one after a restart."""
        found = self.machine.run("systemctl show -P MainPID callengine").strip()
        assert found != "0"
        return found

    def metric(self, name: str) -> float:
        """One sample, with its labels as the exposition writes them."""
        samples = self.machine.run(f"curl -sf {DOOR}/metrics")
        found = re.search(rf"^{re.escape(name)} (\S+)$", samples, re.MULTILINE)
        assert found is not None, name
        return float(found[1])

    def missed_call(self, number: str, did: str, context: str = "callengine-in") -> None:
        """A resident rings the line, gives up after two seconds, and is in the ledger."""
        before = self.calls()
        self.ring(number, did, context)
        self.machine.until(CALLS, f"^{before + 1}$")

    def ring(self, number: str, did: str, context: str = "callengine-in") -> None:
        """A resident begins to ring the line, for two seconds."""
        self.machine.put(
            "/var/spool/asterisk/a.call",
            f"Channel: Local/{did}@{context}/n\nCallerID: <{number}>\nApplication: Wait\nData: 2\n",
            mode=0o666,
        )
        self.machine.run(
            "cd /var/spool/asterisk; chown asterisk: a.call; install -d -o asterisk outgoing; mv a.call outgoing/"
        )

    def calls(self) -> int:
        """How many ended calls the ledger holds, whether the engine runs or not."""
        return int(self.machine.run(CALLS))

    def security(self) -> float:
        """The exposure that systemd itself reckons of the loaded unit; 10 is the worst."""
        said = self.machine.run("systemd-analyze security --no-pager callengine")
        found = re.search(r"Overall exposure level for callengine\.service: ([0-9.]+)", said)
        assert found is not None, said
        return float(found[1])


def _from_ledger(what: str) -> str:
    return (
        f"test -e {LEDGER} || {{ echo 0; exit; }}; python3 -c 'import sqlite3; "
        f'ledger = sqlite3.connect("file:{LEDGER}?mode=ro", uri=True); '
        f'print(*(row[0] for row in ledger.execute("{what}")))\''
    )


CALLS = _from_ledger("SELECT count(*) FROM calls WHERE outcome IS NOT NULL")
SERVED_BY = _from_ledger("SELECT served_by FROM calls ORDER BY number")
