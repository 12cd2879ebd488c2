"""From the engine's decision to the pop's pixels in Chromium: `python -m tests.bench.desk_pop`.

A real engine and Asterisk, `callengine desk` as a process of its own, a town in its directory, one agent's page.
The page marks the moment after the frame with the pop was painted; the live message carries the engine's clock.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
from math import ceil
from statistics import median

from playwright.async_api import Page

from callengine.demo.centre import CentrePlan
from tests.support.browser import chromium
from tests.support.desk_directory import build_town
from tests.support.desk_pages import desk_database
from tests.support.known_callers import NUMBER, known_callers
from tests.support.live_centre import LiveCentre, live_centre
from tests.system.test_desk_process import SOON, a_desk, until_ready
from tests.system.test_desk_shift import AGENT, link_for, signed_in

SHOWN = """
() => performance.getEntriesByName('pop-shown').map(
  one => performance.timeOrigin + one.startTime - Date.parse(one.detail.at))
"""


async def one_call(centre: LiveCentre, page: Page, before: int) -> None:
    """A resident calls, is heard, hangs up."""
    resident = centre.phones.resident(NUMBER)
    await resident.call()
    await resident.wait_for(lambda one: one.heard_at is not None, seconds=SOON)
    async with asyncio.timeout(SOON):
        while len(await page.evaluate(SHOWN)) <= before:
            await asyncio.sleep(0.02)
    await resident.hang_up()
    await centre.until(lambda: not centre.engine.view().calls and centre.free_agents() == 1)


async def measure(calls: int) -> list[float]:
    """Milliseconds of each call."""
    async with live_centre(CentrePlan(agents=1, wrap_up=0)) as centre:
        database = f"sqlite:///{centre.folder}/desk.db"
        async with desk_database(database) as made:
            await build_town(made, "zarya")
            await known_callers(made, "zarya", street="Задунайская")
        await centre.phones.add_agents(1, answer_after=lambda: 0.4)
        await centre.until(lambda: centre.free_agents() == 1)
        places = {"CALLENGINE_DESK__DATABASE": database}
        settings = centre.folder / "callengine.toml"
        async with a_desk(settings, **places) as desk:
            await until_ready(desk, True, SOON)
            port = desk.address.rpartition(":")[2]
            environment = {**os.environ, **places, "CALLENGINE_DESK__PORT": port}
            link = await link_for(settings, environment, AGENT)
            async with chromium() as browser, signed_in(browser, link, "ivanova", "/desk/work") as page:
                await page.locator("#state").filter(has_text=re.compile("Готов")).wait_for()
                for number in range(calls):
                    await one_call(centre, page, number)
                return [float(one) for one in await page.evaluate(SHOWN)]


def main() -> None:
    """Print the figure, as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=60)
    found = sorted(asyncio.run(measure(parser.parse_args().calls)))
    told = {
        "calls": len(found),
        "median_ms": round(median(found), 1),
        "p95_ms": round(found[ceil(0.95 * len(found)) - 1], 1),
        "max_ms": round(found[-1], 1),
        "allowed_p95_ms": 150,
    }
    print(json.dumps(told))  # what it is run for


if __name__ == "__main__":
    main()
