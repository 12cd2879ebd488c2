"""`callengine reconcile` on a real Asterisk: ledger, live figures, queue_log and CDR tell the same of every call."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

from callengine.demo.centre import CentrePlan, write_settings
from tests.support.live_centre import LiveCentre, live_centre


def load_cdr(centre: LiveCentre) -> Path:
    """Have Asterisk write Master.csv, as it does on most machines."""
    file = centre.asterisk.root / "log" / "cdr-csv" / "Master.csv"
    file.parent.mkdir(parents=True, exist_ok=True)
    with (centre.asterisk.etc / "cdr.conf").open("a", encoding="utf-8") as conf:
        conf.write("\n[csv]\nusegmtime=yes\nloguniqueid=yes\n")
    told = centre.asterisk.command_line("module load cdr_csv.so")
    assert "Loaded cdr_csv" in told, told
    return file


async def reconcile(centre: LiveCentre, *more: str) -> tuple[int, dict[str, Any]]:
    settings = write_settings(
        centre.folder,
        centre.plan,
        ami_port=centre.asterisk.ami_port,
        secret_file=centre.asterisk.ami_secret_file,
    )
    with settings.open("a", encoding="utf-8") as file:
        file.write('\n[centre]\ntime_zone = "UTC"\n')
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "callengine", "reconcile", "--config", str(settings), "--json", *more),
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    return process.returncode or 0, json.loads(out)


def change(centre: LiveCentre, sql: str) -> str:
    """Somebody changes one row of the ledger behind everybody's back; the call it was."""
    with closing(sqlite3.connect(centre.folder / "ledger.db", timeout=20)) as ledger, ledger:
        call: str = ledger.execute(sql).fetchone()[0]
    return call


async def test_everybody_tells_the_same_and_a_call_that_somebody_changed_is_named() -> None:
    async with live_centre(CentrePlan(agents=1, wrap_up=1), engine=False) as centre:
        cdr = load_cdr(centre)
        await centre.start_engine()
        await centre.phones.add_agents(1)
        await centre.until(lambda: centre.free_agents() == 1, seconds=30)
        await answered_call(centre, "79161234561")
        await centre.until(lambda: centre.free_agents() == 1, seconds=30)

        # The engine is away: Asterisk's own queue serves the next one, and writes its queue_log.
        await centre.stop_engine()
        await answered_call(centre, "79161234562")
        await centre.start_engine()
        await centre.until(lambda: cdr.exists() and cdr.read_text().count("PJSIP/trunk-") >= 2, seconds=30)
        files = ("--cdr", str(cdr), "--queue-log", str(centre.asterisk.root / "log" / "queue_log"))
        code, found = await reconcile(centre, *files)
        assert (code, found["differences"]) == (0, []), (found, cdr.read_text())
        assert (found["calls"], found["compared"]["live"], found["compared"]["cdr"]) == (2, 2, 2)
        assert found["compared"]["queue_log"] >= 1

        call = change(
            centre,
            "UPDATE calls SET answered_at = NULL, outcome = 'abandoned' WHERE queued_at IS NULL RETURNING call",
        )
        code, found = await reconcile(centre, *files)
        assert code == 1
        named = {one["source"] for one in found["differences"] if one["subject"] == call}
        assert named == {"live", "queue_log"}


async def answered_call(centre: LiveCentre, number: str) -> None:
    resident = centre.phones.resident(number)
    await resident.call()
    await resident.wait_for(lambda resident: resident.heard_at is not None, seconds=30)
    await resident.hang_up()
