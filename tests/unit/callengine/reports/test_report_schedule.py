"""Reports by themselves: what is missing is written, once, whole; what was missed is made up at the next start."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from callengine.chores.schedule import Chores
from callengine.platform.logs import get_log
from callengine.reports.schedule import ReportSchedule, reports_wanted, write_missing, write_whole
from config.schema.records import Reports
from config.settings import Settings
from tests.support.month_report import made_up_centre

NOW = datetime(2026, 10, 3, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return made_up_centre(tmp_path_factory.mktemp("centre"), days=2)


@pytest.fixture
def settings(plain: Settings, tmp_path: Path) -> Settings:
    reports = Reports(folder=tmp_path / "out", day=["all", "sever"], formats=["csv"])
    return plain.model_copy(update={"reports": reports})


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


DAYS = [f"day/2026-10-0{day}-{whose}.csv" for day in (1, 2) for whose in ("all", "sever")]


def test_every_day_that_is_over_is_written_once_and_a_missing_one_is_made_up(
    settings: Settings, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    assert len(list(write_missing(settings, NOW))) == 4
    assert names(folder) == DAYS
    kept = folder / DAYS[0]
    kept.write_text("as it was", encoding="utf-8")
    (folder / DAYS[1]).unlink()
    assert [path.name for path in write_missing(settings, NOW)] == [Path(DAYS[1]).name]
    assert kept.read_text(encoding="utf-8") == "as it was"
    assert list(write_missing(settings, NOW)) == []


def test_only_what_is_over_and_lies_behind_the_ledgers_beginning_is_wanted(settings: Settings) -> None:
    reports = Reports(day=["all"], week=["all"], month=["all"], formats=["html"])
    wanted = settings.model_copy(update={"reports": reports})
    began = datetime(2026, 9, 20, 12, tzinfo=UTC)
    files = [one.file.name for one in reports_wanted(wanted, datetime(2026, 10, 3, 22, tzinfo=UTC), began)]
    # In Moscow it is the fourth of October, a Sunday.
    assert files[:2] == ["2026-10-03-all.html", "2026-10-02-all.html"]
    assert files[13:] == ["2026-09-20-all.html", "2026-W39-all.html", "2026-W38-all.html", "2026-09-all.html"]


async def test_a_start_makes_up_and_a_stop_leaves_nothing_half(settings: Settings, tmp_path: Path) -> None:
    schedule = ReportSchedule(settings, lambda: NOW, get_log("test"))
    chores = Chores(ZoneInfo("Europe/Moscow"), get_log("test"))
    chores.daily("reports", schedule.at, schedule.write, also_at_start=True, is_finished_at_stop=True)
    chores.start()
    async with asyncio.timeout(30):
        while len(names(tmp_path / "out")) < len(DAYS):
            await asyncio.sleep(0.05)
    schedule.stop()
    await chores.stop()
    assert names(tmp_path / "out") == DAYS


async def test_a_ledger_that_cannot_be_read_stops_nothing_and_is_tried_again(
    settings: Settings, tmp_path: Path
) -> None:
    database = settings.database.model_copy(update={"url": f"sqlite:///{tmp_path}/none.db"})
    broken = settings.model_copy(update={"database": database})
    schedule = ReportSchedule(broken, lambda: NOW, get_log("test"))
    await schedule.write()
    assert names(tmp_path) == []


def test_nothing_is_written_by_itself_unless_it_is_asked_for(plain: Settings) -> None:
    assert not ReportSchedule(plain, lambda: NOW, get_log("test")).is_wanted


def test_a_file_gets_its_name_when_it_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_whole(tmp_path / "day" / "x.html", "page")
    assert names(tmp_path) == []
