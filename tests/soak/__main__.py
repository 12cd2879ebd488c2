"""`make soak`: a million calls of eleven weeks through a whole engine, and what grew: memory, files, tasks, tables.

The engine is this process; the simulated Asterisk is another. Every so many calls a line is written; the journal is
forgotten behind it, as retention does in the night.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import sys
import tempfile
import threading
import time
import unittest.mock
from dataclasses import asdict, dataclass
from pathlib import Path

from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError

from callengine.demo.centre import CentrePlan, settings_text
from callengine.loop import overload_guard as vital_signs
from callengine.platform.clock import SystemClock
from callengine.platform.logs import configure_logging
from callengine.run import application as application_parts
from callengine.run.application import Application
from config.loading import load_settings
from queues.messages.events import ObligationCloseRequested
from sla.obligation import ObligationState
from storage.purge import Kind, Term, forget
from storage.schema.tables import calls as calls_table
from storage.spool.batch_writer import BatchWriter
from tests.bench.processes import cpu_seconds, resident_mib
from tests.soak.fast_time import FastTime, fast_alarms
from tests.support.progress import INTERRUPTED, Progress, sigterm_is_ctrl_c

AGENTS = 40
OWED_SECONDS = 120.0
"""Real ones, behind the last call; a busy machine takes some of them."""
PLAN = CentrePlan(
    agents=AGENTS,
    wrap_up=0,
    # A busy machine's tenth of a second is a minute and a half here: telephones must have patience.
    ring=3600,
    callbacks="disposition_seconds = 0\nsettle_seconds = 0\nmax_per_hour = 10000\n"
    "agent_ring_seconds = 3600\nresident_ring_seconds = 3600\n",
)
_SIZES = ("calls", "obligations", "attempts", "open_by_resident", "live_by_number", "messages")


class InterruptedRunError(Exception):
    """The engine was asked to stop before the last call."""


@dataclass(frozen=True, slots=True)
class Sample:
    """How large everything was after so many calls."""

    calls: int
    seconds: float
    resident_mib: float
    open_files: int
    threads: int
    tasks: int
    remembered: int
    """Calls whose facts the figures keep: those of two days."""
    live: dict[str, int]
    ledger_mib: float
    cpu_ms_per_call: float
    connections: int


async def soak(
    calls: int, every: int, present: int, *, cuts: bool = False, samples: list[Sample] | None = None
) -> list[Sample]:
    """Run it; samples after each `every` calls and at the end. Raises AssertionError when law 1 is broken.

    With `cuts` the link breaks behind each sample, and what is so is asked anew. `samples` is filled while it runs.
    """
    samples = [] if samples is None else samples
    with tempfile.TemporaryDirectory(prefix="callengine-") as name:
        folder = Path(name)
        fast = FastTime.from_now()
        pbx = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.soak.simulated_pbx", "--calls", str(calls)),
            *("--present", str(present), "--agents", str(AGENTS)),
            *("--began", repr(fast.wall), repr(fast.monotonic)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            process_group=0,  # Ctrl-C on a terminal is for the soak alone.
        )
        assert pbx.stdin is not None
        assert pbx.stdout is not None
        port = int(await pbx.stdout.readline())
        application = _engine(folder, port, fast)
        with (
            unittest.mock.patch.object(application_parts, "ObligationAlarms", fast_alarms(fast)),
            # The simulated Asterisk has no fallback queue to hand its residents to.
            unittest.mock.patch.object(vital_signs, "BEHIND_SECONDS", 60.0),
        ):
            await application.start()
            running = asyncio.create_task(application.run())
            try:
                with Progress("soak", calls) as progress:
                    watched = _Watched(application, samples, progress)
                    await _watch(watched, running, pbx, folder / "ledger.db", every, cuts=cuts)
                pbx.stdin.close()
                saw = json.loads(await pbx.stdout.readline())
                await _agree(application, saw)
            finally:
                application.ask_to_stop()
                await running
                if pbx.returncode is None:
                    pbx.kill()
                await pbx.wait()
    return samples


def _engine(folder: Path, port: int, fast: FastTime) -> Application:
    secret, path = folder / "pbx.secret", folder / "callengine.toml"
    for file in (secret, path):
        file.touch(mode=0o600)
    secret.write_text("s3cret")
    path.write_text(
        settings_text(PLAN, ami_port=port, secret_file=secret, database=f"sqlite:///{folder / 'ledger.db'}"),
        encoding="utf-8",
    )
    return Application(load_settings(path), clock=fast.clock())


@dataclass(frozen=True, slots=True)
class _Watched:
    application: Application
    samples: list[Sample]
    progress: Progress


async def _watch(
    watched: _Watched,
    running: asyncio.Task[None],
    pbx: asyncio.subprocess.Process,
    ledger: Path,
    every: int,
    *,
    cuts: bool,
) -> None:
    application = watched.application
    assert application.ledger is not None
    assert pbx.stdout is not None
    began, ended = time.monotonic(), asyncio.create_task(_all_over(application, pbx.stdout))
    last_calls, last_cpu = 0, cpu_seconds(os.getpid())
    is_over = False
    # The last look is behind the last call, also when that ended while an earlier look was being written down.
    while not is_over:
        await asyncio.wait({ended, running}, timeout=1.0, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            # Ctrl-C and SIGTERM are the engine's while it runs; whatever else ended it is raised here.
            ended.cancel()
            await running
            raise InterruptedRunError
        is_over, so_far = ended.done(), _calls_so_far(application)
        watched.progress.at(so_far, f"calls; {resident_mib(os.getpid()):.0f} MiB")
        if so_far - last_calls < every and not is_over:
            continue
        cpu = cpu_seconds(os.getpid())
        assert application._dispatcher is not None
        centre = application._dispatcher.centre
        sample = Sample(
            calls=so_far,
            seconds=round(time.monotonic() - began, 1),
            resident_mib=round(resident_mib(os.getpid()), 1),
            open_files=len(list(Path("/proc/self/fd").iterdir())),
            threads=threading.active_count(),
            tasks=len(asyncio.all_tasks()),
            remembered=len(application.tally._records._calls),
            live={name: len(getattr(centre, name)) for name in _SIZES}
            | {"timers": len(centre.timers._due), "rings": len(application.metrics._calls._rings)}
            | {"backlog": application._engine_or_fail().backlog},
            ledger_mib=round(ledger.stat().st_size / 2**20, 1),
            cpu_ms_per_call=round(1000 * (cpu - last_cpu) / max(1, so_far - last_calls), 2),
            connections=application.link.epoch,
        )
        print(json.dumps(asdict(sample)), flush=True)
        watched.samples.append(sample)
        last_calls, last_cpu = so_far, cpu
        await _forget_journal(application)
        if cuts:
            application.link.drop("a cut of the soak")
    await ended


async def _all_over(application: Application, told: asyncio.StreamReader) -> None:
    """The last call has ended, nobody is owed a contact any more, nothing is due. Raises TimeoutError."""
    assert await told.readline() == b"over\n"
    assert application._dispatcher is not None
    centre = application._dispatcher.centre
    async with asyncio.timeout(OWED_SECONDS):
        while centre.obligations or centre.attempts or centre.calls or centre.timers.next_due() is not None:
            _do_what_a_person_must(application)
            await asyncio.sleep(0.1)


def _do_what_a_person_must(application: Application) -> None:
    """Where the machine was too busy to make a dial in its time, a person is asked to look; here he has looked."""
    assert application._dispatcher is not None
    for owed in application._dispatcher.centre.obligations.values():
        if owed.state is ObligationState.WITH_HUMAN:
            now = application.clock.now()
            application.tell(ObligationCloseRequested(now, owed.id, "soak", "a person has looked"))


def _calls_so_far(application: Application) -> int:
    registry = application.metrics.registry
    return int(registry.get_sample_value("callengine_calls_offered_total", {"queue": "general"}) or 0)


async def _forget_journal(application: Application) -> None:
    """As retention does in the night: what is older than now, by the journal's own table.

    A ledger that is written all the time may not let it have its turn: then the next time does it.
    """
    assert application.ledger is not None
    now = application.clock.now()
    with contextlib.suppress(OperationalError):
        await forget(
            application.ledger.engine, application.ledger.node, Term(Kind.JOURNAL, "", now), now, "soak"
        )


async def _agree(application: Application, saw: dict[str, int]) -> None:
    """Law 1 and 7: what the PBX saw is what the ledger and the live figures say."""
    assert application.ledger is not None
    assert application.tally.imbalance() == 0
    await _in_the_database(application.ledger.writer)
    counted = select(calls_table.c.outcome, func.count()).group_by(calls_table.c.outcome)
    still_owed = text("SELECT count(*) FROM obligations WHERE closed_at IS NULL")
    async with application.ledger.reader.connect() as connection:
        by_outcome = {row[0]: row[1] for row in await connection.execute(counted)}
        owed = (await connection.execute(still_owed)).scalar()
        tasks = (await connection.execute(text("SELECT count(*) FROM human_tasks"))).scalar()
    print(json.dumps({"pbx": saw, "ledger": by_outcome, "owed": owed, "human_tasks": tasks}), flush=True)
    expected = {"answered": saw["answered"], "abandoned": saw.get("gave up", 0)}
    assert {"answered": 0, "abandoned": 0} | by_outcome == expected, by_outcome
    assert owed == 0


async def _in_the_database(writer: BatchWriter) -> None:
    """Behind a slow database "committed" means on the disk; here the tables are read. Raises TimeoutError."""
    await writer.flush()
    async with asyncio.timeout(OWED_SECONDS):
        while writer.is_away:
            await asyncio.sleep(0.1)


def main() -> int:
    """0 when law 1 holds and nothing grew after the first tenth."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--calls", type=int, default=1_000_000)
    parser.add_argument("--every", type=int, default=10_000, help="a sample after so many calls")
    parser.add_argument("--present", type=int, default=18, help="residents at a time")
    parser.add_argument("--cuts", action="store_true", help="break the link behind each sample")
    wanted = parser.parse_args()
    configure_logging(level="warning", as_json=True, now=SystemClock().now, stream=sys.stderr)
    sigterm_is_ctrl_c()
    samples: list[Sample] = []
    finished = False
    with contextlib.suppress(KeyboardInterrupt, InterruptedRunError):
        asyncio.run(soak(wanted.calls, wanted.every, wanted.present, cuts=wanted.cuts, samples=samples))
        finished = True
    if not finished:
        print(f"interrupted after {samples[-1].calls if samples else 0:,} of {wanted.calls:,} calls")
    grown = growth(samples) if samples else []
    print("\n".join(grown) or "nothing grew after the first tenth")
    if grown:
        return 1
    return 0 if finished else INTERRUPTED


def growth(samples: list[Sample]) -> list[str]:
    """What was larger at the end than after the first tenth, beyond what chance explains."""
    settled = samples[max(0, len(samples) // 10)]
    last = samples[-1]
    told = []
    for name, allowed in (("resident_mib", 1.15), ("open_files", 1.5), ("threads", 1.5), ("tasks", 1.5)):
        before, after = getattr(settled, name), getattr(last, name)
        if after > before * allowed:
            told.append(f"{name}: {before} -> {after}")
    for name, after in last.live.items():
        if after > settled.live[name] + 200:
            told.append(f"{name}: {settled.live[name]} -> {after}")
    return told


if __name__ == "__main__":
    sys.exit(main())
