"""`python -m tests.crash`: die at every await between a missed call and its contact."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.crash.test_crash_points import die_at_each

if __name__ == "__main__":
    for with_spool in (False, True):
        with tempfile.TemporaryDirectory(prefix="callengine-") as name:
            died = die_at_each(Path(name), spool=with_spool, stride=1)
        print(
            f"{'with its spool' if with_spool else 'ledger alone'}: died at {died} awaits, called back once each time"
        )
