"""An inbox in AstDB full of calls that no engine saw."""

from __future__ import annotations

import sqlite3
import time

from callengine.demo.asterisk_process import AsteriskProcess
from callengine.demo.centre import GENERAL_DID


def missed_calls(count: int) -> dict[str, str]:
    """Entries of so many residents, fifty a second, who hung up unanswered a minute after they called."""
    began = int(time.time()) - 60 - count // 50
    return {
        f"{began + n // 50}.{n}": (
            f"1|{began + n // 50}.250000|{GENERAL_DID}|7916{n:07}|ended||{began + n // 50 + 50}.5|||"
        )
        for n in range(count)
    }


def write_into_astdb(asterisk: AsteriskProcess, entries: dict[str, str]) -> None:
    """Asterisk must not run: it is the owner of its database."""
    database = sqlite3.connect(asterisk.root / "state" / "astdb.sqlite3")
    with database:
        database.executemany(
            "INSERT OR REPLACE INTO astdb VALUES (?, ?)",
            [(f"/callengine/inbox/{key}", value) for key, value in entries.items()],
        )
    database.close()


def keys_in_astdb(asterisk: AsteriskProcess) -> list[str]:
    """What is in the inbox now, by Asterisk's own command line."""
    shown = asterisk.command_line("database show callengine/inbox")
    return [line.split(":")[0].strip() for line in shown.splitlines() if line.startswith("/")]
