"""`python -m tests.crash`: die at every await of a missed call's way to its contact, and of a wish's to its answer."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from tests.crash import test_crash_commands as commands
from tests.crash.one_wish import Place
from tests.crash.test_crash_points import die_at_each

if __name__ == "__main__":
    for with_spool in (False, True):
        with tempfile.TemporaryDirectory(prefix="callengine-") as name:
            died = die_at_each(Path(name), spool=with_spool, stride=1)
        print(
            f"{'with its spool' if with_spool else 'ledger alone'}: died at {died} awaits, called back once each time"
        )
    for dies, who in (
        (commands.engine_dies, "the engine"),
        (commands.desk_dies, "the desk"),
        (commands.both_die, "both"),
    ):
        with tempfile.TemporaryDirectory(prefix="callengine-") as name:
            place = Place(Path(name) / "0")
            place.folder.mkdir()
            asyncio.run(place.furnish())
            died = commands.die_at_each(place, dies)
        print(f"{who} died at {died} awaits, the desk's wish was done once each time")
