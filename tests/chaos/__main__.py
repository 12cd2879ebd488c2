"""`make chaos`: the long run, its figures, and the page docs/reliability.md is written from (`--json`)."""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.chaos.blows import LONG, LONG_POSTGRES, SHORT, SHORT_POSTGRES, BlowKind
from tests.chaos.run import Run, run
from tests.support.postgres import running_postgres
from tests.support.progress import INTERRUPTED, sigterm_is_ctrl_c


def main() -> int:
    """0 when every promise was kept."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=float, default=5.0, help="calls a second (default %(default)s)")
    parser.add_argument("--agents", type=int, default=20)
    parser.add_argument("--short", action="store_true", help="the run of make test")
    parser.add_argument(
        "--postgres", action="store_true", help="the ledger is a PostgreSQL that is stopped, too"
    )
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--log", type=Path, metavar="FILE", help="keep what the engines logged")
    wanted = parser.parse_args()
    sigterm_is_ctrl_c()
    found = _on_postgres(wanted) if wanted.postgres else _struck(wanted, SHORT if wanted.short else LONG)
    print(told(found))
    if wanted.log is not None:
        wanted.log.write_text(found.engine_log, encoding="utf-8")
    if wanted.json is not None:
        figures = asdict(found) | {
            "engine_log": "",
            "blows": {kind.name: n for kind, n in found.blows.items()},
        }
        wanted.json.write_text(json.dumps(figures, indent=2, default=str), encoding="utf-8")
    if found.audit.problems or found.unsettled:
        return 1
    return INTERRUPTED if found.interrupted else 0


def _struck(wanted: argparse.Namespace, counts: Mapping[BlowKind, int], postgres: Any = None) -> Run:
    return asyncio.run(
        run(counts, seed=wanted.seed, rate=wanted.rate, agents=wanted.agents, postgres=postgres)
    )


def _on_postgres(wanted: argparse.Namespace) -> Run:
    with (
        tempfile.TemporaryDirectory(prefix="callengine-pg-") as folder,
        running_postgres(Path(folder)) as server,
    ):
        return _struck(wanted, SHORT_POSTGRES if wanted.short else LONG_POSTGRES, server)


def told(found: Run) -> str:
    """The figures, and each broken promise."""
    audited = found.audit
    away = sorted(found.down_seconds)
    lines = [
        "interrupted: this is what there was until then" if found.interrupted else "",
        f"seed {found.seed}, {found.seconds:.0f} s, {found.calls} calls",
        *(f"  {count:4} × {kind}" for kind, count in found.blows.items()),
        f"residents: {dict(audited.endings)}",
        f"ledger: {dict(audited.outcomes)}, {audited.served_by_fallback} answered through the fallback queue",
        f"answered, and over before the telephone made the agent out: {audited.photo_finishes}",
        f"obligations: {dict(audited.closings)}, unsettled {found.unsettled}",
        f"missed while no engine was there: {audited.missed_while_away}, all owed a contact;"
        f" largest error of their arrival {audited.largest_arrival_error * 1000:.0f} ms",
        f"longest silence of a resident: {audited.longest_silence * 1000:.0f} ms",
        f"engine away: median {statistics.median(away):.1f} s, longest {away[-1]:.1f} s" if away else "",
        f"broken promises: {len(audited.problems)}",
        *(f"  {problem}" for problem in audited.problems[:50]),
    ]
    return "\n".join(line for line in lines if line)


if __name__ == "__main__":
    sys.exit(main())
