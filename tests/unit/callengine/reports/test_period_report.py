"""A month's report of a made-up centre: one page without network in two languages, a table for spreadsheets."""

from __future__ import annotations

import csv
import io
import re
import stat
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from callengine.cli.main import main
from callengine.platform.language import texts_of
from callengine.reports.make import period_report
from callengine.reports.period import Period, day_of, month_of, week_of
from callengine.reports.period_csv import CSV_COLUMNS
from callengine.reports.subject import Subject
from config.settings import Settings
from tests.support.month_report import MADE_AT, OCTOBER, made_up_centre, month_report
from tests.support.synthetic_centre import ZONE

CHARTS = ("speed", "days", "week", "lost", "callbacks", "law", "agents", "busiest")


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return made_up_centre(tmp_path_factory.mktemp("centre"), days=2)


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def value(rows: list[dict[str, str]], table_: str, figure: str, row: str = "", formula: str = "") -> str:
    (found,) = [
        one["value"]
        for one in rows
        if (one["table"], one["row"], one["figure"]) == (table_, row, figure) and formula in one["formula"]
    ]
    return found


@pytest.mark.parametrize("language", ["ru", "en"])
def test_the_page_is_one_file_that_loads_nothing_and_each_chart_says_what_it_is(
    settings: Settings, language: str
) -> None:
    page = month_report(settings, language)
    words = texts_of("period")[language]
    assert f'<html lang="{language}">' in page
    assert re.findall(r"<script|<link|\bsrc=|\bhref=|@import|url\((?!#)", page) == []
    assert re.findall(r"https?://(?!www\.w3\.org/2000/svg)", page) == []
    for name in CHARTS:
        start = page.index(f"<h2>{words[f'{name}_title']}</h2>")
        facts = page[start : page.index("</p>", start)]
        assert words[f"{name}_unit"] in facts
        assert re.search(r"n = <b>[\d\u00a0,]+</b>", facts)
        assert f"{words['formula']}: " in facts
    assert page.count("<svg") == page.count('role="img"') > 6
    assert "УК Север" in page
    assert "None" not in page


def test_the_goals_words_stand_above_every_day(settings: Settings) -> None:
    page = month_report(settings, "en")
    start = page.index(f"<h2>{texts_of('period')['en']['days_title']}</h2>")
    chart = page[start : page.index("</svg>", start)]
    texts = re.findall(r'<text [^>]*?y="([\d.]+)"[^>]*>([^<]*)<', chart)
    (words_at,) = (float(y) for y, told in texts if told.startswith("goal "))
    marks = re.findall(r'<circle [^>]*?cy="([\d.]+)" r="([\d.]+)"', chart)
    tops = [float(middle) - float(radius) for middle, radius in marks]
    tops += [float(y) for y in re.findall(r'<line [^>]*?y1="([\d.]+)"', chart)]
    assert len(marks) == 2  # The days that have calls.
    assert words_at + 3 < min(tops)


def test_both_languages_have_every_word() -> None:
    assert texts_of("period")["ru"].keys() == texts_of("period")["en"].keys()
    for key, text in texts_of("period")["en"].items():
        placed = re.findall(r"{\w+}", text)
        assert sorted(placed) == sorted(re.findall(r"{\w+}", texts_of("period")["ru"][key])), key


def test_the_table_and_the_page_tell_the_same_figure(settings: Settings) -> None:
    text = month_report(settings, "en", form="csv")
    rows = table(text)
    assert tuple(rows[0]) == CSV_COLUMNS
    level = float(value(rows, "total", "service level, own clock", formula="offered"))
    offered, within = (int(value(rows, "total", name)) for name in ("offered", "answered_within"))
    assert level == pytest.approx(within / offered, abs=1e-6)
    assert f"<b>{100 * level:.1f}%</b>" in month_report(settings, "en")
    by_day = sum(int(one["value"]) for one in rows if (one["table"], one["figure"]) == ("days", "offered"))
    by_queue = sum(
        int(one["value"]) for one in rows if (one["table"], one["figure"]) == ("queues", "offered")
    )
    assert by_day == by_queue == offered > 500
    law = sum(int(value(rows, "law", name)) for name in ("answered_in_time", "contacted_in_time", "broken"))
    assert law <= offered


def test_a_day_is_told_by_its_hours_and_an_agent_by_his_days(settings: Settings) -> None:
    day = day_of(date(2026, 10, 2), ZONE)
    rows = table(period_report(settings, Subject(), day, form="csv", language="en", now=MADE_AT))
    assert len([one for one in rows if (one["table"], one["figure"]) == ("hours", "offered")]) == 24
    days = Period(OCTOBER, date(2026, 10, 2), ZONE)
    agent = next(one["row"] for one in rows if one["table"] == "agents")
    his = table(period_report(settings, Subject(agent=agent), days, form="csv", language="en", now=MADE_AT))
    assert {one["table"] for one in his} == {"report", "agents", "agent by day", "week"}
    page = period_report(settings, Subject(agent=agent), days, form="html", language="ru", now=MADE_AT)
    assert texts_of("period")["ru"]["week_agent_title"] in page
    whole = int(value(his, "agents", "conversations", agent))
    assert whole == sum(
        int(one["value"]) for one in his if (one["table"], one["figure"]) == ("agent by day", "conversations")
    )


def test_companies_and_queues_add_up_to_the_centre(settings: Settings) -> None:
    month = month_of(OCTOBER, ZONE)

    def offered(subject: Subject) -> int:
        rows = table(period_report(settings, subject, month, form="csv", language="en", now=MADE_AT))
        return int(value(rows, "total", "offered"))

    whole = offered(Subject())
    assert whole == sum(offered(Subject(company=one)) for one in ("sever", "lipki", "zarya"))
    assert offered(Subject("lipki")) == offered(Subject("lipki", "general")) + offered(
        Subject("lipki", "emergency")
    )


def test_a_period_that_is_not_over_says_so_and_an_empty_one_too(settings: Settings) -> None:
    now = datetime(2026, 10, 2, 12, tzinfo=UTC)
    month = month_of(OCTOBER, ZONE)
    words = texts_of("period")["en"]
    assert words["running"] in period_report(settings, Subject(), month, form="html", language="en", now=now)
    empty = day_of(date(2026, 10, 20), ZONE)
    assert words["no_calls"] in period_report(
        settings, Subject(), empty, form="html", language="en", now=MADE_AT
    )
    with pytest.raises(ValueError, match="not begun"):
        period_report(settings, Subject(), month, form="csv", language="en", now=month.start)


def test_periods_are_whole_days_of_the_centres_own_time() -> None:
    assert str(week_of(date(2026, 10, 1), ZONE)) == "2026-09-28 – 2026-10-04"
    assert str(month_of(date(2026, 2, 14), ZONE)) == "2026-02-01 – 2026-02-28"
    assert str(month_of(date(2026, 12, 31), ZONE)) == "2026-12-01 – 2026-12-31"


def test_the_command_writes_a_new_private_file_and_says_what_is_wrong(
    settings: Settings, tmp_path: Path
) -> None:
    config = Path(settings.database.url.removeprefix("sqlite:///")).with_name("callengine.toml")
    target = tmp_path / "report.html"
    words = ["report", "month", "--config", str(config), "--month", "2026-10"]
    done = CliRunner().invoke(
        main, [*words, "--company", "sever", "--language", "en", "--output", str(target)]
    )
    assert (done.exit_code, done.output) == (0, "")
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert "October 2026" in target.read_text(encoding="utf-8")
    again = CliRunner().invoke(main, [*words, "--output", str(target)])
    assert again.exit_code == 1
    wrong = CliRunner().invoke(main, [*words, "--company", "yug"])
    assert wrong.exit_code == 1
    assert "defined are: lipki, sever, zarya" in wrong.output
    both = CliRunner().invoke(main, [*words, "--agent", "1001", "--queue", "general"])
    assert "leave company and queue out" in both.output
