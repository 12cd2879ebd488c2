"""Every panel's query on a real Prometheus that scrapes a real centre: residents call, and the panels say how many."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from callengine.demo.centre import CentrePlan
from callengine.demo.desk.running import RunningDesk
from callengine.demo.phones.resident import Resident
from callengine.demo.phones.softphone import Softphone
from queues.terms.identifiers import AgentId
from tests.support.dashboard_files import NAMES, PanelQuery, dashboard, queries
from tests.support.live_centre import LiveCentre, live_centre
from tests.support.prometheus_server import PrometheusServer, Sample, running_prometheus
from tests.support.provider import Provider

pytestmark = pytest.mark.asterisk
SECONDS = 30.0
TARGET = 10
ANSWERED = 10
PLAN = CentrePlan(
    agents=3,
    wrap_up=0,
    trunk_qualify_seconds=1,
    target=TARGET,
    callbacks="disposition_seconds = 0\nsettle_seconds = 1\nresident_ring_seconds = 5\n",
)
REGISTRATION = """
[city]
type = registration
transport = transport-udp
server_uri = sip:127.0.0.1:{port}
client_uri = sip:74951234501@127.0.0.1
max_random_initial_delay = 0
"""
MAY_BE_EMPTY = {
    # With ten calls and more the grey number of few calls is not shown.
    ("Answered in time, today", "B"),
    ("In time, last hour", "B"),
    # Absent before the first night.
    ("Accounts", "B"),
}


@dataclass(slots=True)
class Load:
    """What was done, by the residents' own clocks."""

    waits_since: float = 0.0
    owed_since: float = 0.0


async def own_figures_of_asterisk(centre: LiveCentre) -> int:
    """Have this Asterisk expose its own metrics, as prometheus.conf and http.conf do; its port."""
    port = centre.asterisk.spare_port()
    etc = centre.asterisk.etc
    (etc / "http.conf").write_text(f"[general]\nenabled = yes\nbindaddr = 127.0.0.1\nbindport = {port}\n")
    (etc / "prometheus.conf").write_text("[general]\nenabled = yes\nuri = metrics\n")
    centre.asterisk.command_line("module reload http")
    centre.asterisk.command_line("module load res_prometheus.so")
    return port


async def register(centre: LiveCentre, provider: Provider) -> None:
    port = centre.asterisk.spare_port()
    await provider.listen(port)
    with (centre.asterisk.etc / "callengine_agents.conf").open("a") as settings:
        settings.write(REGISTRATION.format(port=port))
    centre.asterisk.command_line("module reload res_pjsip_outbound_registration.so")
    await centre.until(lambda: centre.engine.pbx.trunks.registered.get("city"), seconds=SECONDS)


async def dial(centre: LiveCentre, phone: Softphone, code: str, state: str) -> None:
    """A feature code, until the engine shows what it leads to."""
    await phone.dial(code, seconds=0.3)
    await centre.until(
        lambda: {one.agent: one.state for one in centre.engine.view().agents}[AgentId(phone.user)] == state,
        seconds=SECONDS,
    )


async def answered(resident: Resident) -> None:
    began = time.time()
    await resident.call()
    await resident.wait_for(lambda one: one.heard_at is not None, seconds=SECONDS)
    assert time.time() - began < TARGET, "this machine is too slow for the known outcome"


async def gives_up(centre: LiveCentre, number: str) -> float:
    """He waits, nobody is free, he hangs up before 5 s; when his call arrived."""
    resident, before = centre.phones.resident(number), len(centre.engine.view().waiting)
    began = time.time()
    await resident.call()
    await centre.until(lambda: len(centre.engine.view().waiting) == before + 1, seconds=SECONDS)
    await resident.hang_up()
    await centre.until(lambda: len(centre.engine.view().waiting) == before, seconds=SECONDS)
    assert time.time() - began < 5, "this machine is too slow for the known outcome"
    return began


async def play(centre: LiveCentre, prometheus: PrometheusServer) -> Load:
    """Ten are answered, one is called back; then one talks, one waits past the target, one has given up."""
    load, phones = Load(), centre.phones
    # Long enough for a telephone that is short of processor to make the agent out.
    first, second, third = await phones.add_agents(3, talk_for=lambda: 1.5)
    await phones.open_exchange(lambda number: 0.1, talk_seconds=1.0)
    await centre.until(lambda: centre.free_agents() == 3, seconds=SECONDS)
    for number in range(ANSWERED):
        await answered(phones.resident(f"7916000000{number}"))
    await centre.until(lambda: not centre.engine.view().calls, seconds=SECONDS)
    for phone in (first, second, third):
        await dial(centre, phone, "*43", "paused")
    await gives_up(centre, "79160000100")
    await dial(centre, third, "*42", "logged_out")
    await first.dial("*44", seconds=0.3)
    await prometheus.until('callengine_obligations_closed_total{closing="contacted"}', 1, seconds=SECONDS)
    await centre.until(lambda: centre.free_agents() == 1, seconds=SECONDS)
    first.talk_for = lambda: None
    await answered(phones.resident("79160000101"))
    load.waits_since = time.time()
    await phones.resident("79160000102").call()
    await centre.until(lambda: len(centre.engine.view().waiting) == 1, seconds=SECONDS)
    load.owed_since = await gives_up(centre, "79160000103")
    await prometheus.until("sum(callengine_calls_waiting_late)", 1, seconds=SECONDS)
    await prometheus.until("sum(callengine_obligations_open)", 1, seconds=SECONDS)
    return load


LEVEL = 11 / 14
KNOWN: Mapping[str, Mapping[tuple[str, str], float | dict[str, float]]] = {
    "wallboard": {
        ("Answered in time, today", "A"): LEVEL,
        ("In time, last hour", "A"): LEVEL,
        ("Waiting now", "A"): 1,
        ("Agents", "A"): 0,
        ("Agents", "B"): 1,
        ("Agents", "C"): 0,
        ("Agents", "D"): 1,
        ("Agents", "E"): 0,
        ("Agents", "F"): 1,
        ("Calls today", "A"): 14,
        ("Unanswered today", "A"): 2,
        ("Unanswered today", "B"): 2,
        ("Callbacks owed", "A"): 1,
        ("Callbacks owed", "B"): 0,
        ("Tasks for a human", "A"): 0,
        ("Tasks for a human", "B"): 0,
        ("By queue", "A"): {"general": 1, "emergency": 0},
        ("By queue", "C"): {"general": LEVEL},
        ("By queue", "D"): {"general": 14, "emergency": 0},
        ("By queue", "E"): {"general": 2, "emergency": 0},
        ("By queue", "F"): {"general": 0, "emergency": 0},
        ("Links", "A"): 1,
        ("Links", "B"): 1,
        ("Links", "C"): 1,
        ("Links", "D"): 1,
    },
    "shift": {
        ("Today by other formulas", "A"): {
            "offered": LEVEL,
            "answered_only": 1,
            "asterisk_sl2": 1,
            "minus_short_abandons": 1,
            "abandoned_after_threshold": 1,
        },
        ("In time, last hour: at least – at most", "A"): {"general": LEVEL},
        ("Missed targets, and what is allowed", "C"): {"general": 0.12, "emergency": 0.12},
        ("Today by queue", "A"): {"general": 14, "emergency": 0},
        ("Today by queue", "B"): {"general": 11, "emergency": 0},
        ("Today by queue", "E"): {"general": 2 / 13},
        ("Today by queue", "G"): {"general": 0, "emergency": 0},
        ("What is owed", "A"): {
            "in_line": 1,
            **dict.fromkeys(
                (
                    "planned",
                    "suspended",
                    "claimed",
                    "dialling",
                    "unconfirmed",
                    "retry",
                    "with_human",
                    "impossible",
                ),
                0,
            ),
        },
        ("Now", "A"): 0,
        ("Now", "B"): 0,
        ("Now", "C"): 0,
        ("Callbacks", "A"): 0,
        ("Accounts", "A"): 0,
        ("Ledger", "A"): 1,
        ("Trunks", "A"): {"city": 1},
        ("Trunks", "B"): {"trunk": 1},
    },
}


def figures(samples: list[Sample]) -> float | dict[str, float]:
    """One number, or numbers by the label that tells them apart."""
    if len(samples) == 1 and not samples[0][0]:
        return samples[0][1]
    return {
        labels.get("formula") or labels.get("state") or labels.get("trunk") or labels.get("queue", ""): value
        for labels, value in samples
    }


async def check(prometheus: PrometheusServer, board: str, query: PanelQuery) -> str:
    """Empty when the query gives numbers, and the known ones where they are known."""
    where = f"{board}: {query.panel} {query.ref_id}"
    samples = await (prometheus.now if query.instant else prometheus.over_time)(query.expr)
    known = KNOWN[board].get((query.panel, query.ref_id))
    if not samples:
        return "" if (query.panel, query.ref_id) in MAY_BE_EMPTY else f"{where}: no data from {query.expr}"
    if not all(math.isfinite(value) for _, value in samples):
        return f"{where}: {samples} from {query.expr}"
    if known is not None and figures(samples) != pytest.approx(known, abs=1e-9):
        return f"{where}: {figures(samples)}, not {known}"
    return ""


async def test_every_panel_returns_data_and_the_known_values() -> None:
    provider = Provider()
    try:
        async with live_centre(PLAN) as centre, desk_of(centre) as desk:
            targets = {
                "callengine": centre.engine.http.port,
                "callengine-desk": int(desk.address.rpartition(":")[2].partition("/")[0]),
                "asterisk": await own_figures_of_asterisk(centre),
            }
            async with running_prometheus(targets) as prometheus:
                await register(centre, provider)
                # What happened before the first scrape is no increase.
                for job in targets:
                    await prometheus.until(f'up{{job="{job}"}}', 1)
                load = await play(centre, prometheus)
                await prometheus.until("sum(callengine_answer_targets_total)", 13)
                asked = [(name, query) for name in NAMES for query in queries(dashboard(name, "en"))]
                problems = await asyncio.gather(*(check(prometheus, name, query) for name, query in asked))
                assert [problem for problem in problems if problem] == []
                # One talks, one waits; nobody has asked the engine for anything.
                await prometheus.until("callengine_desk_calls * callengine_desk_database_takes", 2)
                await prometheus.until("callengine_desk_engine_heard + callengine_desk_outbox_open", 1)
                assert (await prometheus.value("callengine_desk_stream_lag_seconds_count") or 0) > ANSWERED
                await clocks_are_right(prometheus, load)
                await rules_are_well(prometheus)
    finally:
        provider.close()


@asynccontextmanager
async def desk_of(centre: LiveCentre) -> AsyncIterator[RunningDesk]:
    desk = RunningDesk(centre.folder / "callengine.toml", centre.folder / "desk.log")
    await desk.start()
    try:
        yield desk
    finally:
        await desk.stop()


async def clocks_are_right(prometheus: PrometheusServer, load: Load) -> None:
    """What grows while it is looked at, against the residents' own clocks; a scrape is up to a second old."""
    (longest,) = [q for q in queries(dashboard("wallboard", "en")) if q.panel == "Longest wait"]
    (slack,) = [q for q in queries(dashboard("wallboard", "en")) if q.panel == "Nearest deadline in"]
    waited, left, now = await prometheus.value(longest.expr), await prometheus.value(slack.expr), time.time()
    assert waited is not None
    assert left is not None
    assert now - load.waits_since - 5 < waited <= now - load.waits_since
    assert 600 - (now - load.owed_since) <= left < 600 - (now - load.owed_since) + 5


async def rules_are_well(prometheus: PrometheusServer) -> None:
    groups = (await prometheus.ask("rules"))["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    assert {rule["health"] for rule in rules} == {"ok"}, [rule for rule in rules if rule["health"] != "ok"]
    firing = {rule["name"] for rule in rules if rule.get("state") == "firing"}
    assert firing == set(), "nobody has waited long, and nothing is down"
