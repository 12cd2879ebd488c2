"""Reports that are written by themselves: what is due is what is not in the folder yet.

The folder is the only memory: a period that is over and whose file is missing is written, at the hour of the settings
and at every start. So a missed run is made up, and a run that is done twice does nothing.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy.exc import SQLAlchemyError

from callengine.chores.timer_jobs import Alone
from callengine.platform.ledger_access import ledger_of
from callengine.platform.logs import Log
from callengine.platform.paths import in_state_folder
from callengine.reports.make import collected, told_as
from callengine.reports.period import Period, day_of, month_of, week_of
from callengine.reports.subject import Subject, known
from config.consistency import WHOLE_CENTRE
from config.settings import Settings
from storage.leases import LeaseHeldError
from storage.queries.intervals import first_start
from storage.schema.errors import LedgerError

MADE_UP = {"day": 31, "week": 8, "month": 12}
"""How many periods back a missing report is made up; never before the ledger began."""


@dataclass(frozen=True, slots=True)
class DueReport:
    """One report that is wanted, and the file that shows that it was written."""

    subject: Subject
    period: Period
    form: str
    file: Path


def reports_wanted(settings: Settings, now: datetime, began: datetime) -> Iterator[DueReport]:
    """Every report whose period is over, the latest first; `began`: the ledger's first start."""
    zone = ZoneInfo(settings.centre.time_zone)
    wanted = settings.reports
    for kind, companies in (("day", wanted.day), ("week", wanted.week), ("month", wanted.month)):
        for period in _over(kind, now, began, zone):
            for company in companies:
                subject = Subject(company=None if company == WHOLE_CENTRE else company)
                for form in wanted.formats:
                    name = f"{_label(kind, period)}-{company}.{form}"
                    yield DueReport(subject, period, form, in_state_folder(wanted.folder) / kind / name)


def write_missing(settings: Settings, now: datetime) -> Iterator[Path]:
    """Write those that are not there yet, each file whole or not at all; what was written.

    Raises LedgerError, SQLAlchemyError, OSError.
    """
    began = asyncio.run(_began(settings))
    if began is None:
        return
    language = settings.reports.language or settings.centre.language
    for one in reports_wanted(settings, now, began):
        if one.file.exists():
            continue
        report = asyncio.run(collected(settings, known(one.subject, settings), one.period, now))
        write_whole(one.file, told_as(report, one.form, language))
        yield one.file


def write_whole(file: Path, text: str) -> None:
    """Whoever opens it sees all of it: it gets its name when it is on the disk. Raises OSError."""
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=file.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as part:
            part.write(text)
            part.flush()
            os.fsync(part.fileno())
        Path(name).chmod(0o640)
        Path(name).replace(file)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


class ReportSchedule:
    """Writes what is missing, in a thread; `callengine.chores.schedule` says when."""

    def __init__(self, settings: Settings, now: Callable[[], datetime], log: Log) -> None:
        self._settings = settings
        self._now = now
        self._log = log
        self.alone: Alone = nullcontext
        """Entered while reports are written; replace it where a ledger is shared."""
        self._stopping = False

    @property
    def is_wanted(self) -> bool:
        """Whether the settings name any report."""
        wanted = self._settings.reports
        return bool(wanted.day or wanted.week or wanted.month)

    @property
    def at(self) -> time:
        """When each day, by the centre's clock."""
        return time.fromisoformat(self._settings.reports.at)

    def stop(self) -> None:
        """The report that is being written is finished; the others are made up at the next start."""
        self._stopping = True

    async def write(self) -> None:
        """Write what is missing now. What cannot be written is logged, and missing at the next run."""
        try:
            async with self.alone():
                written = await asyncio.to_thread(self._write_until_stopped)
        except LeaseHeldError as problem:
            self._log.info(
                "reports_left_to_other_engine",
                msg="another engine of this ledger writes them",
                reason=str(problem),
            )
            return
        except (LedgerError, SQLAlchemyError, OSError) as problem:
            self._log.error(
                "reports_failed",
                msg="no report was written; tried again at the next run",
                reason=type(problem).__name__,
            )
            return
        for file in written:
            self._log.info("report_written", msg="a report of [reports] is on the disk", file=str(file))

    def _write_until_stopped(self) -> list[Path]:
        written = []
        for file in write_missing(self._settings, self._now()):
            written.append(file)
            if self._stopping:
                break
        return written


async def _began(settings: Settings) -> datetime | None:
    async with ledger_of(settings, read_only=True) as engine, engine.connect() as connection:
        return await first_start(connection, settings.pbx.name)


def _over(kind: str, now: datetime, began: datetime, zone: ZoneInfo) -> Iterator[Period]:
    period_of = {"day": day_of, "week": week_of, "month": month_of}[kind]
    period = period_of(now.astimezone(zone).date(), zone)
    for _ in range(MADE_UP[kind]):
        period = period_of(period.first - timedelta(days=1), zone)
        if period.end <= began:
            return
        yield period


def _label(kind: str, period: Period) -> str:
    first: date = period.first
    match kind:
        case "month":
            return f"{first:%Y-%m}"
        case "week":
            return f"{first:%G-W%V}"
        case _:
            return first.isoformat()
