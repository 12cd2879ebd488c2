"""A number that nobody configured is said: in the log without flooding it, on the wall for an hour, to Prometheus."""

from __future__ import annotations

import io
import json
from datetime import datetime, timedelta
from pathlib import Path

import aiohttp
import pytest

from callengine.observers.unlisted_calls import MOST_NUMBERS, UnlistedCalls
from callengine.platform.logs import configure_logging, get_log
from callengine.wallboard.board import Links
from config.errors import ConfigError
from config.loading import load_settings
from config.policies import centre_policy
from queues.messages.journal import CallOffered
from queues.terms.identifiers import CallId, CompanyId, Did
from queues.terms.phone import Phone
from tests.support.centre import GENERAL, GENERAL_DID, moment
from tests.support.scripted_centre import ScriptedCentre, settings_of


class Watched:
    def __init__(self) -> None:
        self.now = moment(0)
        self.said = io.StringIO()
        configure_logging(level="info", as_json=True, now=self.clock, stream=self.said)
        self.calls = UnlistedCalls(self.clock, get_log("callengine.test"))

    def clock(self) -> datetime:
        return self.now

    def call(self, dialled: str | None, minutes: float = 0) -> None:
        self.now = moment(minutes * 60)
        unlisted = None if dialled is None else Did(dialled)
        did = unlisted or GENERAL_DID
        number = Phone("+79161234567")
        self.calls.observe(
            CallOffered(
                self.now,
                CallId("c1"),
                self.now,
                did,
                CompanyId("unknown"),
                "unknown",
                GENERAL,
                number,
                "",
                unlisted=unlisted,
            )
        )

    def lines(self) -> list[tuple[str, int]]:
        return [(one["did"], one["calls"]) for one in map(json.loads, self.said.getvalue().splitlines())]


def test_the_first_call_is_said_at_once_and_more_of_them_every_ten_minutes_with_their_number() -> None:
    watched = Watched()
    for minute in (0, 1, 2, 9, 10, 11, 12):
        watched.call("s", minute)
    watched.call("1", 12.5)
    watched.call(None, 13)
    assert watched.lines() == [("s", 1), ("s", 4), ("1", 1)]
    assert "+79161234567" not in watched.said.getvalue()
    assert watched.calls.lately() == ("1", "s")


def test_a_number_is_shown_for_an_hour_after_its_last_call() -> None:
    watched = Watched()
    watched.call("s", 0)
    watched.call("s", 30)
    watched.now = moment(90 * 60)
    assert watched.calls.lately() == ("s",)
    watched.now += timedelta(seconds=1)
    assert watched.calls.lately() == ()


def test_whoever_dials_numbers_through_costs_no_memory() -> None:
    watched = Watched()
    for number in range(MOST_NUMBERS + 30):
        watched.call(str(number), number / 10)
    assert len(watched.calls.lately()) == MOST_NUMBERS
    assert watched.calls.lately()[0] == str(MOST_NUMBERS + 29)


@pytest.mark.parametrize(
    ("language", "one", "three"),
    [("ru", "s: не настроен", "s +2: не настроен"), ("en", "s: not set up", "s +2: not set up")],
)
async def test_the_centres_board_shows_it_and_a_companys_does_not(
    tmp_path: Path, language: str, one: str, three: str
) -> None:
    centre = ScriptedCentre(settings_of(tmp_path, language))
    cases: list[tuple[tuple[str, ...], str | None]] = [((), None), (("s",), one), (("s", "1", "2"), three)]
    async with centre.served() as (url, _, _), aiohttp.ClientSession(url) as client:
        for unlisted, shown in cases:
            centre.links = Links(pbx=True, unlisted=unlisted)
            html = await (await client.get("/wallboard")).text()
            assert ('class="link unlisted"' in html) is (shown is not None)
            assert shown is None or f"{shown}</span>" in html
            company = await (await client.get("/wallboard?company=c0")).text()
            assert 'class="link unlisted"' not in company


def test_the_line_named_for_them_must_be_one(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, "ru")
    path = tmp_path / "callengine.toml"
    told = path.read_text(encoding="utf-8")
    path.write_text(told.replace("[centre]\n", '[centre]\nunlisted_line = "7495"\n'), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"centre\.unlisted_line.*'7495' is not defined"):
        load_settings(path)
    did = settings.lines[0].did
    path.write_text(told.replace("[centre]\n", f'[centre]\nunlisted_line = "{did}"\n'), encoding="utf-8")
    assert centre_policy(load_settings(path)).unlisted_line == did
