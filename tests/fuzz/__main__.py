"""`python -m tests.fuzz`: many damaged inputs, and the seeds of those that broke something.

A seed that breaks something is written to tests/fuzz/failing.txt; the tests run each of them for ever after.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import sys
import time
import traceback

from tests.fuzz.sessions import FAILING, KINDS, run_session
from tests.support.progress import INTERRUPTED, Progress, sigterm_is_ctrl_c


def main() -> int:
    """0 when nothing broke."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=1_000_000, help="AMI inputs (default 1,000,000)")
    parser.add_argument("--quiet", action="store_true", help="no traceback of each")
    parser.add_argument("--seed", default="callengine", help="the same seed gives the same inputs")
    wanted = parser.parse_args()
    # What is no HTTP is told by aiohttp's log, each with its traceback.
    logging.getLogger("aiohttp").setLevel(logging.CRITICAL)
    sigterm_is_ctrl_c()
    broken = 0
    for kind, (_, inputs, share) in KINDS.items():
        sessions = max(1, wanted.inputs * share // (inputs * 1000))
        done, failed, finished = _sessions(kind, sessions, wanted)
        broken += failed
        if not finished:
            print(f"interrupted in {kind} after {done * inputs:,} of {sessions * inputs:,} inputs")
            return 1 if broken else INTERRUPTED
    return 1 if broken else 0


def _sessions(kind: str, sessions: int, wanted: argparse.Namespace) -> tuple[int, int, bool]:
    """How many were run, how many broke, and whether it came to its end; tells it, too."""
    inputs = KINDS[kind][1]
    started = time.monotonic()
    done = failed = 0
    finished = False
    with Progress(f"fuzz {kind}", sessions * inputs) as progress, contextlib.suppress(KeyboardInterrupt):
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
            done += 1
            progress.at(done * inputs, f"inputs; {failed} sessions broke")
        finished = True
    seconds = time.monotonic() - started
    print(f"{kind}: {done * inputs:,} inputs in {seconds:.0f} s, {failed} sessions broke", flush=True)
    return done, failed, finished


if __name__ == "__main__":
    sys.exit(main())
