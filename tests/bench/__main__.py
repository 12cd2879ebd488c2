"""Run all rounds and print the figures; `--json FILE` writes them for a program too."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from pathlib import Path

from callengine.asterisk_process import AsteriskProcess
from callengine.demo.centre import (
    EMERGENCY_DID,
    GENERAL_DID,
    CentrePlan,
    Phones,
    sample_options,
)
from tests.bench import callbacks, ledger, reports, scrape
from tests.bench.figures import HEADER, Figure, merged
from tests.bench.peer import DIALPLAN, QUEUE_DID, add_queue
from tests.bench.processes import cpu_seconds, engine, resident_mib
from tests.bench.rounds import HandOvers, arrivals
from tests.support.postgres import running_postgres

AGENTS = 10
ROUNDS = 2
"""Peer and engine take turns, so that a machine that slows down slows both."""

# Residents who are cut off at the end of a round would be called back in the next one.
PLAN = CentrePlan(agents=AGENTS, wrap_up=0, notice=False, emergency_notice=True, callbacks="enabled = false")


async def measure(hand_overs: int, idle_arrivals: int) -> dict[str, object]:
    """Everything `make bench` tells."""
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
                    return await _rounds(phones, asterisk, pid, hand_overs, idle_arrivals)
            finally:
                await phones.stop()


async def _rounds(
    phones: Phones, asterisk: AsteriskProcess, pid: int, hand_overs: int, idle_arrivals: int
) -> dict[str, object]:
    pbx_pid = asterisk.pid or 0
    idle = [
        Figure(
            "caller arrives, agents idle -> phone rings: app_queue",
            tuple(await arrivals(phones, QUEUE_DID, idle_arrivals)),
        ),
        Figure("  engine, recording notice off", tuple(await arrivals(phones, GENERAL_DID, idle_arrivals))),
        Figure("  engine, recording notice on", tuple(await arrivals(phones, EMERGENCY_DID, idle_arrivals))),
    ]
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
    return {
        "figures": [figure.as_json() for figure in (*idle, peer, ours)],
        "rows": [figure.as_row() for figure in (*idle, peer, ours)],
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
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    found = asyncio.run(measure(options.hand_overs, options.arrivals))
    found |= asyncio.run(callbacks.measure(options.missed))
    found |= asyncio.run(ledger.measure())
    found |= asyncio.run(scrape.measure())
    with tempfile.TemporaryDirectory(prefix="callengine-") as name, running_postgres(Path(name)) as server:
        found |= asyncio.run(ledger.measure_postgres(server.get_uri()))
    for database, postgres in (("sqlite", False), ("postgresql", True)):
        told = reports.bench(options.report_calls, postgres=postgres)
        found |= {f"month_report_{database}_{name}": value for name, value in told.items()}
    rows = found.pop("rows")
    print(HEADER)
    print("\n".join(rows if isinstance(rows, list) else []))
    for name, value in found.items():
        if name != "figures":
            print(f"{name:<52} {value!s:>5}")
    if options.json is not None:
        options.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
