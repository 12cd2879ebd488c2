"""`make bench AREA=desk`: what the desk costs a call, and how quick its own answers are (at most 15 minutes).

Each figure is printed as soon as it is known. Interrupted, it says what was not measured.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
from collections.abc import Callable, Mapping

from tests.bench import desk_hand_over
from tests.bench.figures import HEADER, Figure
from tests.support.progress import INTERRUPTED, Progress, sigterm_is_ctrl_c


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.desk", description=__doc__)
    parser.add_argument(
        "--pairs", type=int, default=5, help="of rounds with and without (default %(default)s)"
    )
    parser.add_argument("--hand-overs", type=int, default=300, help="in each round (default %(default)s)")
    parser.add_argument("--only", help="one part, by its name")
    options = parser.parse_args()
    sigterm_is_ctrl_c()
    parts = {name: part for name, part in _parts(options).items() if options.only in {None, name}}
    if not parts:
        parser.error(f"--only: there is no part {options.only!r}; there are {', '.join(_parts(options))}")
    progress = Progress("bench of the desk", len(parts))
    left = list(parts.items())
    print(HEADER, flush=True)
    with progress, contextlib.suppress(KeyboardInterrupt):
        while left:
            name, part = left[0]
            progress.at(progress.done, name)
            for value, told in part().items():
                print(f"{value:<52} {told!s:>5}", flush=True)
            del left[0]
            progress.step()
    if left:
        print(f"interrupted; not measured: {', '.join(name for name, _ in left)}")
    return INTERRUPTED if left else 0


def _parts(options: argparse.Namespace) -> dict[str, Callable[[], Mapping[str, object]]]:
    """By name, in their order."""
    return {
        "hand-overs": lambda: asyncio.run(desk_hand_over.measure(options.pairs, options.hand_overs, _tell)),
    }


def _tell(figure: Figure) -> None:
    print(figure.as_row(), flush=True)


if __name__ == "__main__":
    sys.exit(main())
