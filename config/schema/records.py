"""The settings' tables about what is kept and told: retention, the nightly reconciliation, reports."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    Field,
)

from config.schema.base import Section
from config.schema.values import REPORT_FORMS, Days, Id, ReportForm, valid_clock_time


class Retention(Section):
    """How long personal data is kept; every night at 3 what is older is forgotten. 0: for ever."""

    numbers_days: Days = Field(0, description="phone numbers and caller names of calls; figures stay")
    recordings_days: Days = Field(
        0, description="recordings and reviewed messages whose files are on this machine"
    )
    journal_days: Days = Field(0, description="the engine's journal of every event, with numbers in it")
    cards_days: Days = Field(
        0, description="what agents wrote on calls, with numbers; when, what about and how it ended stay"
    )
    trail_days: Days = Field(0, description="the desk's access trail: who looked, who changed what")
    sessions_days: Days = Field(
        90, description="the desk's sessions, links and tokens of programs, after their end"
    )


class Reconcile(Section):
    """Every night at 3:30 yesterday's figures are counted again from the ledger, and compared with these."""

    nightly: bool = Field(True, description="exports callengine_accounting_mismatch")
    cdr: Path | None = Field(
        None, description="Asterisk's CDR, with loguniqueid=yes: /var/log/asterisk/cdr-csv/Master.csv"
    )


class Reports(Section):
    """Reports that are written by themselves, each as soon as its day, week or month is over."""

    folder: Path = Field(Path("reports"), description="where to; a folder of their own is made for each kind")
    at: Annotated[str, AfterValidator(valid_clock_time)] = Field(
        "04:30", description="when, by the centre's clock; what was missed is made up at the next start"
    )
    day: list[Id] = Field(
        default_factory=list, description='every day, of these companies; "all": of the whole centre'
    )
    week: list[Id] = Field(default_factory=list, description="every week, of these companies")
    month: list[Id] = Field(default_factory=list, description='every month, of these: ["all", "sever"]')
    formats: list[ReportForm] = Field(
        default_factory=lambda: list(REPORT_FORMS), description="a page to print, a table for a spreadsheet"
    )
    language: Literal["ru", "en"] | None = Field(None, description="default: the centre's")
