"""What the board on the wall says, in which tone, and to whom."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from yarl import URL

from callengine.http.auth.middleware import Gate
from callengine.http.auth.sessions import Sessions
from callengine.http.auth.tokens import Role, TokenFile
from callengine.wallboard.board import CELLS, Board, Links, Tone, board_of
from callengine.wallboard.page import Look
from callengine.wallboard.scope import Part, scopes_of
from callengine.wallboard.setup import follow
from callengine.wallboard.sse import Drawn, Viewer
from callengine.wallboard.texts import TEXTS, duration, percent, plural, short_duration
from callengine.wallboard.timeline import PLOT_BOTTOM, PLOT_TOP, strip_of
from queues.messages import journal as facts
from queues.messages.journal import AgentState, Outcome
from tests.support.scripted_centre import ZONE, ScriptedCentre, settings_of


@pytest.fixture
def centre(tmp_path: Path) -> ScriptedCentre:
    """Nobody has called yet today."""
    centre = ScriptedCentre(settings_of(tmp_path, "ru"))
    centre.people(waiting=0, owed=(), tasks=0)
    return centre


def board(centre: ScriptedCentre, **where: str) -> Board:
    scopes = scopes_of(centre.settings)
    scope = scopes.find(where.get("company"), where.get("queue"))
    assert scope is not None
    figures = centre.take(centre.now)
    match scope.part:
        case Part.CENTRE:
            of_scope = figures.total
        case Part.COMPANY:
            of_scope = figures.companies[scope.id]  # type: ignore[index]
        case Part.QUEUE:
            of_scope = figures.queues[scope.id]  # type: ignore[index]
    limits = centre.settings.wallboard
    return board_of(
        scope, of_scope, centre.quarters(centre.now), centre.view, centre.links, limits, 0.88, centre.now
    )


def answered(centre: ScriptedCentre, in_time: int, late: int, *, first: int = 0) -> None:
    for number in range(in_time + late):
        wait = 10.0 if number < in_time else 40.0
        centre.call(f"n{first + number}", 900 + number, answered_after=wait, ended=Outcome.ANSWERED)


@pytest.mark.parametrize(
    ("in_time", "late", "tone"),
    [
        (9, 0, Tone.GREY),
        (10, 0, Tone.GOOD),
        (88, 12, Tone.GOOD),
        (87, 13, Tone.WARN),
        (80, 20, Tone.WARN),
        (79, 21, Tone.BAD),
    ],
)
def test_the_level_is_green_from_its_goal_on_and_grey_below_ten_calls(
    centre: ScriptedCentre, in_time: int, late: int, tone: Tone
) -> None:
    answered(centre, in_time, late)
    tile = board(centre).level
    assert tile.tone is tone
    assert tile.rated.value == Fraction(in_time, in_time + late)


def test_what_nobody_saw_is_not_taken_for_good(centre: ScriptedCentre) -> None:
    answered(centre, 89, 11)
    assert board(centre).level.tone is Tone.GOOD
    centre.tally.observe(facts.LinkLost(centre.now - timedelta(seconds=1)))
    centre.now += timedelta(minutes=30)
    shown = board(centre)
    assert shown.level.rated.low is not None
    assert shown.level.rated.low < shown.level.rated.value  # type: ignore[operator]
    assert shown.level.tone is Tone.WARN


@pytest.mark.parametrize(
    ("waiting", "free", "tone"),
    [(0, 0, Tone.CALM), (1, 1, Tone.WARN), (2, 2, Tone.WARN), (1, 0, Tone.BAD), (3, 9, Tone.BAD)],
)
def test_waiting_is_red_when_nobody_is_free_for_them(
    centre: ScriptedCentre, waiting: int, free: int, tone: Tone
) -> None:
    for number in range(14):
        centre.rename_agent(number, state=AgentState.FREE if number < free else AgentState.TALKING)
    for number in range(waiting):
        centre.call(f"w{number}", 5)
    shown = board(centre)
    assert (shown.waiting.waiting, shown.waiting.tone) == (waiting, tone)
    assert shown.agents.tone is (Tone.BAD if waiting and not free else Tone.CALM)


@pytest.mark.parametrize(
    ("seconds", "tone"),
    [(29, Tone.CALM), (30, Tone.WARN), (119, Tone.WARN), (120, Tone.BAD), (299, Tone.BAD), (300, Tone.ALARM)],
)
def test_the_longest_wait_turns_amber_red_and_whole_red(
    centre: ScriptedCentre, seconds: int, tone: Tone
) -> None:
    centre.call("w", seconds)
    assert board(centre).waiting.longest_tone is tone


@pytest.mark.parametrize(("lost", "tone"), [(5, Tone.CALM), (6, Tone.WARN), (10, Tone.WARN), (11, Tone.BAD)])
def test_lost_calls_are_told_with_their_share(centre: ScriptedCentre, lost: int, tone: Tone) -> None:
    answered(centre, 100 - lost, 0)
    for number in range(lost):
        centre.call(f"x{number}", 800, ended=Outcome.ABANDONED)
    tile = board(centre).lost
    assert (tile.lost, tile.share, tile.tone) == (lost, Fraction(lost, 100), tone)


@pytest.mark.parametrize(
    ("oldest", "tone"), [(479, Tone.CALM), (480, Tone.WARN), (599, Tone.WARN), (600, Tone.BAD)]
)
def test_callbacks_are_judged_by_the_oldest_and_humans_tasks_are_apart(
    centre: ScriptedCentre, oldest: int, tone: Tone
) -> None:
    centre.people(waiting=0, owed=(10, oldest), tasks=2)
    tile = board(centre).callbacks
    assert (tile.owed, tile.tasks, tile.oldest, tile.tone) == (2, 2, timedelta(seconds=oldest), tone)


def test_a_pause_is_amber_beyond_its_limit_and_limits_are_settings(tmp_path: Path) -> None:
    centre = ScriptedCentre(settings_of(tmp_path, "ru", extra="[wallboard]\npause_amber_seconds = 60\n"))
    centre.people()
    for number, seconds in enumerate((60, 61)):
        centre.rename_agent(number, state=AgentState.PAUSED, since=centre.now - timedelta(seconds=seconds))
    cells = board(centre).agents.cells
    assert [cell.too_long for cell in cells[:2]] == [False, True]


def test_when_there_is_no_room_those_are_shown_about_whom_something_can_be_done(
    centre: ScriptedCentre,
) -> None:
    for number in range(14):
        centre.rename_agent(number, state=AgentState.TALKING)
    centre.rename_agent(13, state=AgentState.PAUSED)
    tile = board(centre).agents
    assert len(tile.cells) == CELLS - 1
    assert tile.more == 3
    assert tile.cells[-1].state is AgentState.PAUSED


def test_a_company_and_a_queue_have_boards_of_their_own(centre: ScriptedCentre) -> None:
    answered(centre, 60, 0)
    whole = board(centre).level.rated.calls
    assert whole == 60
    assert sum(board(centre, company=f"c{n}").level.rated.calls for n in range(3)) == whole
    assert sum(board(centre, queue=name).level.rated.calls for name in ("general", "emergency")) == whole


def test_the_strip_is_the_day_and_breaks_where_an_hour_says_nothing(centre: ScriptedCentre) -> None:
    centre.live_through()
    strip = strip_of(centre.quarters(centre.now), 0.88, 10, ZONE)
    assert strip.total == sum(quarter.figures.offered for quarter in centre.quarters(centre.now))
    assert len(strip.bars) <= 96
    assert all(bar.y >= PLOT_TOP and round(bar.y + bar.height, 1) == PLOT_BOTTOM for bar in strip.bars)
    assert len(strip.lines) > 1  # At night there are too few calls for a line.
    assert [hour for _, hour in strip.hours] == ["18:00", "00:00", "06:00", "12:00"]
    assert strip_of((), 0.88, 10, ZONE).bars == ()


@pytest.mark.parametrize(
    ("n", "said"),
    [(0, "0 задач людям"), (1, "1 задача людям"), (3, "3 задачи людям"), (5, "5 задач людям"),
     (11, "11 задач людям"), (21, "21 задача людям"), (112, "112 задач людям")],
)  # fmt: skip
def test_russian_counts_as_russian_does(n: int, said: str) -> None:
    assert plural("ru", TEXTS["ru"].tasks, n) == said


def test_a_percentage_is_rounded_down_so_that_a_goal_shown_is_reached() -> None:
    assert percent("en", Fraction(8799, 10000)) == "87%"
    assert percent("ru", Fraction(88, 100)) == "88\u00a0%"
    assert percent("en", 0.57) == "57%"
    assert percent("ru", Fraction(59, 1000), places=1) == "5,9\u00a0%"


def test_times_are_as_long_as_there_is_room() -> None:
    assert [duration(seconds) for seconds in (-1, 7.9, 247, 3847)] == ["0:00", "0:07", "4:07", "1:04:07"]
    shown = [short_duration("ru", seconds) for seconds in (599, 600, 5999, 6000)]
    assert shown == ["9:59", "10\u00a0м", "99\u00a0м", "1\u00a0ч"]


@asynccontextmanager
async def looking(centre: ScriptedCentre) -> AsyncIterator[tuple[aiohttp.ClientSession, Any, Any]]:
    async with centre.served() as (url, server, routes), aiohttp.ClientSession(url) as client:
        yield client, server, routes


async def next_event(answer: aiohttp.ClientResponse) -> dict[str, Any]:
    async with asyncio.timeout(20):
        while True:
            line = (await answer.content.readline()).decode()
            assert line, "the stream has ended"
            if line.startswith("data: "):
                told: dict[str, Any] = json.loads(line.removeprefix("data: "))
                return told


async def test_a_change_reaches_the_wall_and_only_what_is_new_is_sent(centre: ScriptedCentre) -> None:
    async with looking(centre) as (client, _, _), client.get("/wallboard/stream") as answer:
        assert answer.headers["X-Accel-Buffering"] == "no"
        assert answer.content_type == "text/event-stream"
        first = await next_event(answer)
        async with client.get("/wallboard") as page:
            assert f'data-version="{first["version"]}"' in await page.text()
        assert {"level", "waiting", "agents", "strip"} <= set(first["parts"])
        centre.call("w", 5)
        async with asyncio.timeout(20):
            while "waiting" not in (told := await next_event(answer))["parts"]:
                pass
        assert ">1<" in told["parts"]["waiting"]
        assert "agents" not in told["parts"] or "tone-bad" in told["parts"]["agents"]


async def test_one_drawing_serves_all_and_nobody_looking_costs_nothing(
    centre: ScriptedCentre, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("callengine.wallboard.sse.TICK_SECONDS", 0.05)
    async with looking(centre) as (client, _, routes):
        streams = [await client.get(f"/wallboard/stream?lang={lang}") for lang in ("ru", "en", "ru")]
        for stream in streams:
            await next_event(stream)
        drawn = centre.taken
        await asyncio.sleep(0.6)
        assert 2 <= centre.taken - drawn <= 14
        for stream in streams:
            stream.close()
        async with asyncio.timeout(20):
            while len(routes.viewers):
                await asyncio.sleep(0.01)
        drawn = centre.taken
        await asyncio.sleep(0.3)
        assert centre.taken == drawn


async def test_a_slow_screen_holds_one_picture_only_and_gets_the_newest(centre: ScriptedCentre) -> None:
    routes = centre.board()
    scopes = scopes_of(centre.settings)
    viewer = Viewer(Look(scopes.centre, "ru"), "v")
    for number in range(1000):
        viewer.show(Drawn({"level": str(number), "strip": "same"}, 0.0, alarm=False))
    message = await viewer.next_message()
    assert message is not None
    assert json.loads(message.decode().split("data: ")[1])["parts"] == {"level": "999", "strip": "same"}
    viewer.show(Drawn({"level": "1000", "strip": "same"}, 0.0, alarm=False))
    message = await viewer.next_message()
    assert message is not None
    assert json.loads(message.decode().split("data: ")[1])["parts"] == {"level": "1000"}
    assert len(routes.viewers) == 0


async def test_streams_end_at_once_when_the_engine_stops(centre: ScriptedCentre) -> None:
    async with looking(centre) as (client, server, _):
        stream = await client.get("/wallboard/stream")
        await next_event(stream)
        loop = asyncio.get_running_loop()
        began = loop.time()
        await server.stop()
        assert loop.time() - began < 5  # aiohttp would wait a minute for them.
        async with asyncio.timeout(20):
            await stream.content.read()  # It ends.


async def test_after_a_reload_of_the_settings_browsers_load_the_new_board(centre: ScriptedCentre) -> None:
    renamed = centre.settings.companies[0].model_copy(update={"name": "УК Юг"})
    settings = centre.settings.model_copy(update={"companies": [renamed, *centre.settings.companies[1:]]})
    async with looking(centre) as (client, _, routes):
        stream = await client.get("/wallboard/stream")
        before = (await next_event(stream))["version"]
        follow(routes, centre.settings, "test")
        centre.call("w", 5)
        assert (await next_event(stream))["version"] == before  # Nothing has changed: nobody is disturbed.
        follow(routes, settings, "test")
        async with asyncio.timeout(20):
            await stream.content.read()  # It ends, and a browser connects again.
        async with client.get("/wallboard/stream") as again:
            assert (await next_event(again))["version"] != before
        async with client.get("/wallboard?company=c0") as page:
            assert "УК Юг" in await page.text()


async def test_what_is_known_of_a_pbx_that_is_away_grows_old(centre: ScriptedCentre) -> None:
    async with looking(centre) as (client, _, _), client.get("/wallboard/stream") as answer:
        assert (await next_event(answer))["age_seconds"] == 0
        centre.links = Links(pbx=False)
        centre.now += timedelta(seconds=31)
        async with asyncio.timeout(20):
            while (told := await next_event(answer))["age_seconds"] < 31:
                pass
        assert "нет связи" in told["parts"].get("links", "нет связи")


async def test_names_are_text_whatever_they_hold(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, "ru")
    evil = "<img src=x onerror=alert(1)>&\"'</script>"
    named = settings.companies[0].model_copy(update={"name": evil})
    centre = ScriptedCentre(settings.model_copy(update={"companies": [named, *settings.companies[1:]]}))
    centre.people()
    centre.rename_agent(0, name=evil, state=AgentState.PAUSED, pause_reason=evil)
    async with looking(centre) as (client, _, _):
        async with client.get("/wallboard?company=c0") as answer:
            page = await answer.text()
        assert "<img" not in page
        assert page.count("&lt;img") >= 5  # Agent, reason, company in the title, the heading and the list.
        assert page.count("<script") == 1
        async with client.get("/wallboard/stream") as answer:
            assert "<img" not in json.dumps(await next_event(answer))


@pytest.mark.parametrize(
    "path",
    ["/wallboard/..%2fpage.py", "/wallboard/../pyproject.toml", "/wallboard/%2e%2e/page.py", "/wallboard/x",
     "/wallboard?company=nobody", "/wallboard?queue=%00", "/wallboard/stream?company=../c0"],
)  # fmt: skip
async def test_nothing_but_the_boards_own_files_and_parts_is_served(
    centre: ScriptedCentre, path: str
) -> None:
    async with looking(centre) as (client, server, _):
        url = URL(f"http://127.0.0.1:{server.port}{path}", encoded=True)
        async with client.get(url) as answer:
            assert answer.status == 404


async def test_the_page_brings_everything_itself_and_its_policy_allows_no_inline_script(
    centre: ScriptedCentre,
) -> None:
    async with looking(centre) as (client, _, _):
        async with client.get("/wallboard") as answer:
            page, policy = await answer.text(), answer.headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert policy.startswith("default-src 'none'")
        assert not re.search(r"https?://", page)
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=", page)
        loaded = re.findall(r'(?:src|href)="(/wallboard/[^"]+)"', page)
        assert len(loaded) == 3
        for path in loaded:
            async with client.get(path) as answer:
                assert answer.status == 200
                content = await answer.text()
            assert not re.search(r"https?://(?!www\.w3\.org)", content)


async def test_a_stranger_gets_no_stream_and_a_board_token_does(
    centre: ScriptedCentre, tmp_path: Path
) -> None:
    tokens = TokenFile(tmp_path / "tokens")
    token = tokens.add("tv", Role.WALLBOARD, centre.now)
    sessions = Sessions(b"k" * 32, timedelta(days=1))
    gate = Gate(tokens, sessions, wanted=True, https=False, language="ru", now=lambda: centre.now)
    async with centre.served(gate=gate) as (url, _, _), aiohttp.ClientSession(url) as client:
        async with client.get("/wallboard/stream") as answer:
            assert answer.status == 401
        async with client.get("/wallboard/stream", headers={"Authorization": f"Bearer {token}"}) as answer:
            assert (await next_event(answer))["parts"]


async def test_the_bare_address_leads_to_the_board_also_under_a_proxys_folder(
    centre: ScriptedCentre,
) -> None:
    async with looking(centre) as (client, _, _):
        async with client.get("/", allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (302, "wallboard")
        async with client.get("/") as answer:
            assert (answer.status, answer.url.path) == (200, "/wallboard")
