"""SIGHUP: the settings change while residents wait and speak, on a real Asterisk."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

from callengine.demo.centre import CentrePlan
from tests.support.live_centre import live_centre

SOON = 30.0


async def test_agents_and_queues_change_while_calls_go_on_and_a_bad_file_changes_nothing() -> None:
    async with live_centre(CentrePlan(agents=1, wrap_up=0), engine=False) as centre:
        path = centre.folder / "callengine.toml"
        await centre.start_engine(settings_path=path)
        engine = centre.engine
        (agent,) = await centre.phones.add_agents(1)
        # The second phone logs in, and is nobody's yet.
        (second,) = await centre.phones.add_agents(1)
        talking, waiting = centre.phones.resident("79160000001"), centre.phones.resident("79160000002")
        await talking.call()
        await talking.wait_for(lambda one: one.heard_at is not None, seconds=SOON)
        await waiting.call()
        await centre.until(lambda: len(engine.view().waiting) == 1, seconds=SOON)
        good = path.read_text(encoding="utf-8")

        write(
            path,
            good.replace('queue = "general"', 'queue = "nowhere"').replace(
                "ring_seconds = 15", "ring_seconds = -1"
            ),
        )
        engine.reload()
        log = centre.log.getvalue()
        assert "settings_refused" in log
        assert "lines[0].queue" in log
        assert "ring_seconds" in log
        assert await figure(engine, 'settings_reads_total{result="refused"}') == 1
        assert len(engine.view().calls) == 2

        more = '[[agents]]\nid = "1002"\nname = "Agent 1002"\nqueues = ["emergency", "general"]\n'
        moved = good.replace("[http]\nport = 0", "[http]\nport = 1").replace(
            'name = "Agent 1001"', 'name = "Anna"'
        )
        write(path, moved + more)
        engine.reload()
        await waiting.wait_for(lambda one: one.heard_at is not None, seconds=SOON)
        assert waiting.heard_tone == second.tone_hz
        assert [one.name for one in engine.view().agents] == ["Anna", "Agent 1002"]
        assert "http.port" in centre.log.getvalue()
        assert await figure(engine, "settings_awaiting_restart") == 1

        # The first agent leaves the settings in the middle of his conversation.
        write(path, good.split("[[agents]]")[0] + more)
        engine.reload()
        await centre.until(lambda: engine.view().synced, seconds=SOON)
        assert talking.ended_at is None
        assert waiting.ended_at is None
        agent.hang_up()
        await talking.wait_for(lambda one: one.ended_at is not None, seconds=SOON)
        await waiting.hang_up()
        await centre.until(lambda: not engine.view().calls, seconds=SOON)
        rows = await centre.rows("SELECT outcome, agent FROM calls ORDER BY arrived_at")
        assert [tuple(row) for row in rows] == [("answered", "1001"), ("answered", "1002")]
        assert engine.tally.imbalance() == 0


async def test_sighup_is_heard_by_the_program_and_ends_nothing() -> None:
    async with live_centre(CentrePlan(agents=1), engine=False) as centre:
        process = await centre.start_engine_process()
        (agent,) = await centre.phones.add_agents(1)
        resident = centre.phones.resident("79160000001")
        await resident.call()
        await resident.wait_for(lambda one: one.heard_at is not None, seconds=SOON)
        path = centre.folder / "callengine.toml"
        write(path, path.read_text(encoding="utf-8") + CLOSED_LINE)
        process.send_signal(signal.SIGHUP)
        # A call to the number that is new goes to its own company.
        other = centre.phones.resident("79160000002", "74950000009")
        agent.answer_after = lambda: None
        async with asyncio.timeout(SOON):
            while True:
                await asyncio.sleep(0.3)
                other = centre.phones.resident("79160000002", "74950000009")
                await other.call()
                await asyncio.sleep(0.5)
                await other.hang_up()
                if await centre.rows("SELECT call FROM calls WHERE line_kind = 'boiler'"):
                    break
        assert process.returncode is None
        assert resident.ended_at is None


CLOSED_LINE = (
    '[[lines]]\ndid = "74950000009"\ncompany = "zarya"\nqueue = "general"\n'
    'kind = "boiler"\nowes_contact = false\n'
)


def write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


async def figure(engine: object, name: str) -> float:
    body, _ = await engine.metrics.exposition("text/plain")
    (line,) = [line for line in body.decode().splitlines() if line.startswith(f"callengine_{name}")]
    return float(line.split()[-1])
