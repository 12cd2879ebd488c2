"""Run all rounds and print each figure as soon as it is known; `--json FILE` writes them for a program too.

Interrupted, it has printed what was measured until then, and says what was not.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from callengine.demo.asterisk_process import AsteriskProcess
from callengine.demo.centre import (
    EMERGENCY_DID,
    GENERAL_DID,
    CentrePlan,
    Phones,
    sample_options,
)
from tests.bench import answer_clock, callbacks, ledger, reports, scrape
from tests.bench.answer_clock import Tell
from tests.bench.figures import HEADER, Figure, merged
from tests.bench.peer import DIALPLAN, QUEUE_DID, add_queue
from tests.bench.processes import cpu_seconds, engine, resident_mib
from tests.bench.rounds import HandOvers, arrivals
from tests.support.postgres import running_postgres
from tests.support.progress import INTERRUPTED, Progress, sigterm_is_ctrl_c

AGENTS = 10
ROUNDS = 2
"""Peer and engine take turns, so that a machine that slows down slows both."""

PARTS = 8
# Residents who are cut off at the end of a round would be called back in the next one.
PLAN = CentrePlan(agents=AGENTS, wrap_up=0, notice=False, emergency_notice=True, callbacks="enabled = false")


async def measure(hand_overs: int, idle_arrivals: int, tell: Tell) -> dict[str, object]:
    """The engine against app_queue; the rows are told one by one."""
    with tempfile.TemporaryDirectory(prefix="callengine-") as name:
        folder = Path(name)
        options = sample_options(PLAN, folder)
        options = type(options)(lines=(options.lines or "") + DIALPLAN, notice=False, record=False)
        with AsteriskProcess(folder / "pbx", options=options) as asterisk:
            add_queue(asterisk, AGENTS)
            phones = Phones(asterisk)
            try:
                async with engine(folder, PLAN, asterisk) as pid:
                    await phones.add_agents(AGENTS)
                    return await _rounds(phones, asterisk, pid, hand_overs, idle_arrivals, tell)
            finally:
                await phones.stop()


async def _rounds(
    phones: Phones, asterisk: AsteriskProcess, pid: int, hand_overs: int, idle_arrivals: int, tell: Tell
) -> dict[str, object]:
    pbx_pid = asterisk.pid or 0
    for name, did in (
        ("caller arrives, agents idle -> phone rings: app_queue", QUEUE_DID),
        ("  engine, recording notice off", GENERAL_DID),
        ("  engine, recording notice on", EMERGENCY_DID),
    ):
        tell(Figure(name, tuple(await arrivals(phones, did, idle_arrivals))))
    waits: dict[str, list[list[float]]] = {QUEUE_DID: [], GENERAL_DID: []}
    used: dict[str, list[float]] = {QUEUE_DID: [0, 0, 0], GENERAL_DID: [0, 0, 0]}
    for number in range(ROUNDS):
        for did in (QUEUE_DID, GENERAL_DID):
            before = cpu_seconds(pid), cpu_seconds(pbx_pid)
            round_ = HandOvers(phones, did, seed=number)
            waits[did].append(await round_.run(-(-hand_overs // ROUNDS)))
            used[did][0] += round_.calls
            used[did][1] += cpu_seconds(pid) - before[0]
            used[did][2] += cpu_seconds(pbx_pid) - before[1]
            await asyncio.sleep(1.0)  # Calls that were cut are over on all sides.
    peer = merged("agent frees, callers wait -> phone rings: app_queue", waits[QUEUE_DID])
    ours = merged("  engine", waits[GENERAL_DID])
    tell(peer)
    tell(ours)
    return {
        "hand_over_ratio_p50": round(peer.percentile(0.5) / ours.percentile(0.5), 1),
        "hand_over_ratio_p95": round(peer.percentile(0.95) / ours.percentile(0.95), 1),
        "engine_cpu_ms_per_call": round(1000 * used[GENERAL_DID][1] / used[GENERAL_DID][0], 2),
        "asterisk_cpu_ms_per_call_engine": round(1000 * used[GENERAL_DID][2] / used[GENERAL_DID][0], 2),
        "asterisk_cpu_ms_per_call_app_queue": round(1000 * used[QUEUE_DID][2] / used[QUEUE_DID][0], 2),
        "engine_rss_mib": round(resident_mib(pid), 1),
    }


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--hand-overs", type=int, default=300, help="of each kind (default %(default)s)")
    parser.add_argument("--arrivals", type=int, default=60, help="of each kind (default %(default)s)")
    parser.add_argument("--missed", type=int, default=120, help="missed calls (default %(default)s)")
    parser.add_argument(
        "--report-calls",
        type=int,
        default=1_000_000,
        help="calls of the year that is reported (default %(default)s)",
    )
    parser.add_argument(
        "--clock-calls", type=int, default=200, help="of the answer clock, in each mode (default %(default)s)"
    )
    parser.add_argument(
        "--clock-others",
        type=int,
        default=60,
        help="of the answer clock: transfers, callbacks, fallback calls, each (default %(default)s)",
    )
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    sigterm_is_ctrl_c()
    results = Results()
    progress = Progress("bench", PARTS)
    left = list(_parts(options, results, progress).items())
    print(HEADER, flush=True)
    with progress, contextlib.suppress(KeyboardInterrupt):
        while left:
            name, part = left[0]
            progress.at(progress.done, name)
            results.add(part())
            del left[0]
            progress.step()
    if left:
        print(f"interrupted; not measured: {', '.join(name for name, _ in left)}")
    if options.json is not None:
        options.json.write_text(json.dumps(results.as_json(), indent=2) + "\n", encoding="utf-8")
    return INTERRUPTED if left else 0


class Results:
    """What was measured so far; everything is printed at once."""

    def __init__(self) -> None:
        self._figures: list[Figure] = []
        self._values: dict[str, object] = {}

    def tell(self, figure: Figure) -> None:
        """A series of waits."""
        self._figures.append(figure)
        print(figure.as_row(), flush=True)

    def tell_verdict(self, figure: Figure) -> None:
        """One that is to be held."""
        self._figures.append(figure)
        print(answer_clock.verdict(figure), flush=True)

    def add(self, values: Mapping[str, object]) -> None:
        """Single values by name."""
        self._values |= values
        for name, value in values.items():
            print(f"{name:<52} {value!s:>5}", flush=True)

    def as_json(self) -> dict[str, object]:
        """All of it, for a program."""
        return {"figures": [figure.as_json() for figure in self._figures]} | self._values


def _parts(
    options: argparse.Namespace, results: Results, progress: Progress
) -> dict[str, Callable[[], Mapping[str, object]]]:
    """What is measured, one after the other."""

    def clock() -> Mapping[str, object]:
        asyncio.run(
            answer_clock.measure(
                options.clock_calls,
                options.clock_others,
                answer_clock.CALLERS,
                results.tell_verdict,
                lambda what: progress.at(progress.done, f"answer clock: {what}"),
            )
        )
        return {}

    def ledger_on_postgres() -> Mapping[str, object]:
        with (
            tempfile.TemporaryDirectory(prefix="callengine-") as name,
            running_postgres(Path(name)) as server,
        ):
            return asyncio.run(ledger.measure_postgres(server.get_uri()))

    def month(database: str) -> Mapping[str, object]:
        told = reports.bench(options.report_calls, postgres=database == "postgresql")
        return {f"month_report_{database}_{name}": value for name, value in told.items()}

    return {
        "hand-overs and arrivals": lambda: asyncio.run(
            measure(options.hand_overs, options.arrivals, results.tell)
        ),
        "answer clock": clock,
        "callbacks": lambda: asyncio.run(callbacks.measure(options.missed)),
        "ledger": lambda: asyncio.run(ledger.measure()),
        "scrapes and wallboards": lambda: asyncio.run(scrape.measure()),
        "ledger on PostgreSQL": ledger_on_postgres,
        "month's report, SQLite": lambda: month("sqlite"),
        "month's report, PostgreSQL": lambda: month("postgresql"),
    }


if __name__ == "__main__":
    sys.exit(main())
