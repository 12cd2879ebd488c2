"""`make mutants`: how many small faults in `queues` and `sla` the tests notice, and which they do not.

N faults are drawn by a seed and tried one by one, each against the tests that reach its lines, the quickest first.
Ctrl-C tells what is known so far. The exit code is 1 when less than `--at-least` of all are.
"""

from __future__ import annotations

import argparse
import ast
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings

from tests.mutants.faults import Fault, faults_of
from tests.mutants.trial import Reach, forked, is_noticed, reach_of, unreached

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = (ROOT / "queues", ROOT / "sla")
UNIT = ("tests/unit/queues", "tests/unit/sla")
REPLAYS = ("tests/replay",)
OUTSIDE = {"callengine", "storage", "config", "ami_adapters", "sqlalchemy"}
"""A property test that imports one of these is not the core's: it wants a database, a page of the desk or the wire."""
SLOWEST_SECONDS = 3.0
"""Of processor time. A test that takes longer is left out: it would be run for every fault that nobody notices."""


def core_properties() -> tuple[str, ...]:
    """The property tests that drive the core and nothing else; a new one counts without being entered anywhere."""
    found = sorted((ROOT / "tests" / "properties").glob("test_*.py"))
    return tuple(str(path.relative_to(ROOT)) for path in found if OUTSIDE.isdisjoint(_imported(path)))


def _imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            names.add((node.module or "").partition(".")[0])
        elif isinstance(node, ast.Import):
            names.update(one.name.partition(".")[0] for one in node.names)
    return names


class Trials:
    """A pytest plugin: in place of running the tests once, it runs them against faults."""

    def __init__(self, wanted: argparse.Namespace) -> None:
        self._wanted = wanted
        self._unnoticed: list[Fault] = []
        self._tried = 0
        self.code = 2

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """The parent only collects; each trial is a process of its own."""
        for item in session.items:
            _bound(item, self._wanted.examples)
        reach = forked(lambda: reach_of(session.items, FOLDERS))
        if reach is None or reach.failed:
            print("without any fault these fail:", None if reach is None else reach.failed)
            return True
        files = sorted(
            path
            for folder in FOLDERS
            for path in folder.rglob("*.py")
            if self._wanted.only in str(path.relative_to(ROOT))
        )
        faults = sorted(
            (one for path in files for one in faults_of(path)), key=lambda one: one.rank(self._wanted.seed)
        )
        sample = faults[: self._wanted.n]
        slow = [name for name, seconds in reach.seconds.items() if seconds > SLOWEST_SECONDS]
        print(
            f"{len(sample)} of {len(faults)} faults, {len(session.items)} tests; too slow: {slow or 'none'}",
            flush=True,
        )
        for path in files:
            for line in unreached(path, reach):
                print(f"no test runs {path.relative_to(ROOT)}:{line}")
        try:
            for fault in sample:
                self._try(fault, reach, session.items)
        except KeyboardInterrupt:
            print("interrupted; so far:")
        self._tell()
        return True

    def _try(self, fault: Fault, reach: Reach, items: Sequence[pytest.Item]) -> None:
        by_line = reach.lines.get(str(fault.path), {})
        names = {name for line in range(fault.line, fault.last_line + 1) for name in by_line.get(line, ())}
        reaching = sorted(
            (one for one in items if one.nodeid in names and reach.seconds[one.nodeid] <= SLOWEST_SECONDS),
            key=lambda one: reach.seconds[one.nodeid],
        )
        noticed = bool(reaching) and is_noticed(fault, reaching)
        self._tried += 1
        if noticed:
            return
        self._unnoticed.append(fault)
        print(f"{self._tried}: {fault.path.relative_to(ROOT)}:{fault.line} {len(reaching)} tests")
        print(f"    {fault.name}\n  - {fault.before}\n  + {fault.after}", flush=True)

    def _tell(self) -> None:
        share = 1 - len(self._unnoticed) / max(self._tried, 1)
        print(f"{share:.1%} of {self._tried} faults noticed, {len(self._unnoticed)} not")
        few = share * 100 < self._wanted.at_least
        self.code = int(few)


def _bound(item: pytest.Item, examples: int) -> None:
    """Few examples, the same ones each time, nothing kept."""
    function: Any = getattr(item, "obj", None)
    own = getattr(function, "_hypothesis_internal_use_settings", None)
    if own is None:
        return
    function = getattr(function, "__func__", function)
    function._hypothesis_internal_use_settings = settings(
        own,
        max_examples=min(own.max_examples, examples),
        derandomize=True,
        database=None,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=tuple(HealthCheck),
    )


def main() -> int:
    """Ask pytest for the tests, then try."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("-n", type=int, default=300, help="how many faults")
    parser.add_argument("--examples", type=int, default=25, help="of each property")
    parser.add_argument(
        "--only", default="", help="faults of files whose path has this, e.g. queues/recovery"
    )
    parser.add_argument("--unit-only", action="store_true", help="no properties, no replays")
    parser.add_argument("--at-least", type=float, default=0, help="percent; fail below")
    wanted = parser.parse_args()
    os.chdir(ROOT)
    trials = Trials(wanted)
    folders = UNIT if wanted.unit_only else UNIT + core_properties() + REPLAYS
    quiet = [
        "-q",
        "-W",
        "ignore::pytest.PytestAssertRewriteWarning",
        "--no-header",
        "--no-summary",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
    ]
    pytest.main([*quiet, "-s", *folders], plugins=[trials])
    return trials.code


if __name__ == "__main__":
    sys.exit(main())
