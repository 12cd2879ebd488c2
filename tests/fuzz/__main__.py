"""`python -m tests.fuzz`: many damaged inputs, and the seeds of those that broke something.

A seed that breaks something is written to tests/fuzz/failing.txt; the tests run each of them for ever after.
"""

from __future__ import annotations

import argparse
import logging
import sys
import time
import traceback

from tests.fuzz.sessions import FAILING, KINDS, run_session


def main() -> int:
    """0 when nothing broke."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=1_000_000, help="AMI inputs (default 1,000,000)")
    parser.add_argument("--quiet", action="store_true", help="no traceback of each")
    parser.add_argument("--seed", default="callengine", help="the same seed gives the same inputs")
    wanted = parser.parse_args()
    # What is no HTTP is told by aiohttp's log, each with its traceback.
    logging.getLogger("aiohttp").setLevel(logging.CRITICAL)
    broken = 0
    for kind, (make, inputs, share) in KINDS.items():
        sessions = max(1, wanted.inputs * share // (inputs * 1000))
        started = time.monotonic()
        failed = 0
        for n in range(sessions):
            name = f"{kind} {wanted.seed}/{n}"
            try:
                run_session(name)
            except Exception:  # whatever it is, it is what we look for
                failed += 1
                if not wanted.quiet:
                    traceback.print_exc()
                with FAILING.open("a", encoding="utf-8") as kept:
                    kept.write(f"{name}\n")
        seconds = time.monotonic() - started
        print(f"{kind}: {sessions * inputs:,} inputs in {seconds:.0f} s, {failed} sessions broke", flush=True)
        del make
        broken += failed
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
