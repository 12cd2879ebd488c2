"""Reasons of pauses by their names: in the settings, on the wallboard, in both kinds of report."""

from __future__ import annotations

import asyncio
import csv
import io
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest

from callengine.reports.make import collected
from callengine.reports.model import AgentFigures, PeriodReport
from callengine.reports.period import day_of
from callengine.reports.period_csv import as_csv
from callengine.reports.period_html import as_html
from callengine.reports.subject import Subject, known
from config.errors import ConfigError
from config.loading import load_settings
from config.schema.pauses import Pause, PauseNames
from queues.agents.missed_offers import REASONS
from queues.messages.journal import AgentState
from sla.agent_time import AgentTime
from tests.support.month_report import MADE_AT, OCTOBER, made_up_centre
from tests.support.scripted_centre import ScriptedCentre, settings_of
from tests.support.synthetic_centre import ZONE

PAUSES = """
[[pauses]]
reason = "3"
ru = "обед"
en = "lunch"

[[pauses]]
reason = "drill"
ru = "учёба"
"""


def test_every_reason_has_a_name_in_both_languages() -> None:
    names = PauseNames([Pause(reason="3", ru="обед", en="lunch"), Pause(reason="drill", ru="учёба")])
    shown = {
        reason: (names.name(reason, "ru"), names.name(reason, "en")) for reason in ("3", "drill", "", "7")
    }
    assert shown == {
        "3": ("обед", "lunch"),
        "drill": ("учёба", "учёба"),
        "": ("пауза", "pause"),
        "7": ("пауза 7", "pause 7"),
    }
    assert names.name("no answer", "ru") == "не берёт"
    assert names.name("gone fishing", "ru") == "gone fishing"


@pytest.mark.parametrize("reason", REASONS.values())
def test_each_reason_that_the_engine_gives_has_a_name_in_both_languages(reason: str) -> None:
    names = PauseNames()
    assert names.name(reason, "en") == names.label(reason) == reason
    assert names.name(reason, "ru") != reason
    assert re.fullmatch("[а-яё ]+", names.name(reason, "ru"))


@pytest.mark.parametrize(("language", "word"), [("ru", "обед"), ("en", "lunch")])
async def test_the_board_shows_the_name(tmp_path: Path, language: str, word: str) -> None:
    centre = ScriptedCentre(settings_of(tmp_path, language, extra=PAUSES))
    centre.people()
    centre.rename_agent(0, name="Иванова", state=AgentState.PAUSED, pause_reason="3")
    centre.rename_agent(1, name="Петров", state=AgentState.PAUSED, pause_reason="8")
    async with centre.served() as (url, _, _), aiohttp.ClientSession(url) as client:
        html = await (await client.get("/wallboard")).text()
    assert f'<span class="word">{word}</span>' in html
    assert f'<span class="word">{"пауза" if language == "ru" else "pause"} 8</span>' in html


@pytest.mark.parametrize(
    ("table", "mistake"),
    [
        ('[[pauses]]\nreason = "3"\n', r"pauses\[0\].*has no name"),
        (PAUSES + PAUSES, r"'3'"),
        ('[[pauses]]\nreason = "3"\nru = "a;b"\n', r"pauses\[0\]\.ru"),
    ],
)
def test_a_pause_without_a_name_or_with_two_is_told(tmp_path: Path, table: str, mistake: str) -> None:
    settings_of(tmp_path, "ru")
    path = tmp_path / "callengine.toml"
    path.write_text(path.read_text(encoding="utf-8") + table, encoding="utf-8")
    with pytest.raises(ConfigError, match=mistake):
        load_settings(path)


def report_of_a_queue(folder: Path) -> PeriodReport:
    """A made-up day of the queue "general", with one agent who paused."""
    settings = made_up_centre(folder, days=1)
    told = settings.model_copy(update={"pauses": [Pause(reason="3", ru="обед", en="lunch")]})
    subject = known(Subject(queue="general"), told)
    report = asyncio.run(collected(told, subject, day_of(OCTOBER, ZONE), MADE_AT))
    return replace(report, agents=[agent_who_paused()])


def test_reports_name_them_and_say_whose_other_work_the_agents_time_is(tmp_path: Path) -> None:
    report = report_of_a_queue(tmp_path)
    rows = list(csv.reader(io.StringIO(as_csv(report))))
    pauses = {row[2]: float(row[3]) for row in rows if row[0] == "agents" and row[2].startswith("pause ")}
    assert pauses == {"pause lunch": 1800.0, "pause pause 8": 60.0}
    assert ["the agents' other queues", "emergency"] in [row[2:4] for row in rows]
    for language, told, note in (
        ("ru", "обед 0:30, пауза 8 0:01", "Кто обслуживает general, со всей своей работой: и в emergency"),
        ("en", "lunch 0:30, pause 8 0:01", "Who serves general, with all work of theirs: also in emergency"),
    ):
        page = as_html(report, language)
        assert told in page
        assert note in page


def agent_who_paused() -> AgentFigures:
    """An hour at work, half an hour of it at lunch."""
    time = AgentTime({"free": timedelta(minutes=60), "paused": timedelta(minutes=31)})
    pauses = {"3": timedelta(minutes=30), "8": timedelta(minutes=1)}
    return AgentFigures("1001", "Иванова", 3, time, pauses)


def test_a_reason_that_callengine_gives_may_be_called_otherwise_everywhere() -> None:
    """`[[pauses]]` with the reason of a built-in: the settings' word, the others stay."""
    names = PauseNames([Pause(reason="no answer", ru="не отвечает"), Pause(reason="pause", en="away")])
    assert names.name("no answer", "ru") == names.name("no answer", "en") == "не отвечает"
    assert names.label("no answer") == "не отвечает"
    assert (names.name("", "en"), names.name("pause", "ru"), names.label("")) == ("away", "away", "away")
    # A digit without a name is such a pause in the settings' words too.
    assert names.name("7", "en") == "away 7"
    assert "no answer" not in names.labels()
    assert names.name("declined", "ru") == "отклоняет"
