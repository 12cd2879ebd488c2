"""`callengine callbacks`: a supervisor looks, closes, assigns and stops, on a running engine."""

from __future__ import annotations

import asyncio
import json
import stat
from pathlib import Path
from typing import Any

import aiohttp

from tests.support.command import run
from tests.support.live_centre import LiveCentre, live_centre
from tests.system.test_callbacks import NUMBER, answers, plan, ward


async def callbacks(centre: LiveCentre, *words: str) -> tuple[int, str, str]:
    """`callengine callbacks …`."""
    return await run(centre, "callbacks", *words)


async def listed(centre: LiveCentre) -> list[dict[str, Any]]:
    code, out, errors = await callbacks(centre, "--json")
    assert (code, errors) == (0, "")
    found: list[dict[str, Any]] = json.loads(out)["callbacks"]
    return found


async def test_a_task_is_shown_assigned_and_closed_with_its_reason() -> None:
    async with live_centre(plan(settle=30)) as centre:
        here = await ward(centre, answers)
        await here.miss(withheld=True)
        (one,) = await listed(centre)
        assert (one["state"], one["reason"], one["company"], one["calls"]) == (
            "impossible",
            "withheld",
            "zarya",
            1,
        )
        assert 0 < one["slack_seconds"] <= 30
        obligation = one["obligation"]
        assert [one.is_taken for one in centre.engine.view().obligations] == [False]
        code, out, _ = await callbacks(centre, "assign", obligation, "Петрова")
        assert code == 0
        assert [one.is_taken for one in centre.engine.view().obligations] == [True]
        assert "a human's task: withheld, Петрова" in out
        code, _, errors = await callbacks(
            centre, "close", obligation, "--why", "x", "--contacted-at", "25:99"
        )
        assert (code, "is no time" in errors) == (1, True)
        code, out, _ = await callbacks(
            centre, "--by", "chief", "close", obligation, "--why", "позвонил сосед"
        )
        assert code == 0
        assert "by_hand by chief: позвонил сосед" in out
        assert "broken under twentieth/2020-01-01" in out
        code, _, errors = await callbacks(centre, "close", obligation, "--why", "again")
        assert (code, "closed already" in errors) == (1, True)
        code, _, errors = await callbacks(centre, "show", "ob-nobody")
        assert (code, errors) == (1, "no obligation has the id 'ob-nobody'\n")
        assert await callbacks(centre) == (0, "nothing is owed\n", "")


async def test_numbers_are_masked_unless_asked_for_on_the_control_socket() -> None:
    async with live_centre(plan(settle=30)) as centre:
        here = await ward(centre, answers)
        await here.miss()
        assert [one["number"] for one in await listed(centre)] == ["**********67"]
        _, out, _ = await callbacks(centre, "--full", "--json")
        assert json.loads(out)["callbacks"][0]["number"] == f"+{NUMBER}"
        url = f"http://127.0.0.1:{centre.engine.http.port}/api/v1/callbacks"
        async with aiohttp.ClientSession() as client:
            async with client.get(f"{url}?full=1") as answer:
                assert [one["number"] for one in (await answer.json())["callbacks"]] == ["**********67"]
            wish = {"enabled": False, "by": "anybody", "why": "harm"}
            async with client.post(f"{url}/switch", json=wish) as answer:
                assert answer.status == 403
                assert "control socket" in (await answer.json())["error"]


async def test_stopped_nobody_is_dialled_also_after_a_restart_until_it_goes_on() -> None:
    async with live_centre(plan()) as centre:
        here = await ward(centre, answers)
        code, out, _ = await callbacks(centre, "stop", "--why", "storm")
        assert (code, out) == (0, "callbacks are stopped\n")
        await here.miss()
        await centre.stop_engine()
        await centre.start_engine()
        _, out, _ = await callbacks(centre)
        assert out.startswith("callbacks are STOPPED")
        await asyncio.sleep(2.5)
        assert here.exchange.rung == []
        here.agent.answer_after = lambda: 0.1
        assert (await callbacks(centre, "start"))[1] == "callbacks go on\n"
        await here.until_closed()
        assert await here.obligations() == [("contacted", "")]
        rows = await centre.rows("SELECT enabled, why FROM switches")
        assert [(bool(row.enabled), row.why) for row in rows] == [(True, "over")]


async def test_the_control_socket_is_its_owners_alone_and_an_engine_that_is_away_is_named() -> None:
    async with live_centre(plan()) as centre:
        socket: Path = centre.engine._settings.http.control_socket
        assert stat.S_IMODE(socket.stat().st_mode) == 0o600
        await centre.stop_engine()
        assert not socket.exists()
        code, _, errors = await callbacks(centre)
        assert (code, "no engine answers on" in errors) == (1, True)
