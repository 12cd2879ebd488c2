"""Calls as a table for spreadsheets: CSV or XLSX, a line a call; no cell of it is ever a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import xlsxwriter

from callengine.desk.history.rows import CallRow
from callengine.desk.ledger.names import Names
from callengine.platform.language import Language
from callengine.reports.evidence import harmless

COLUMNS = (
    "arrived",
    "company",
    "line",
    "queue",
    "number",
    "outcome",
    "waited",
    "talked",
    "agent",
    "served_by",
    "verdict",
    "callback",
    "due",
    "contacted",
    "recording",
    "call",
)
"""Their texts are `column_…`."""
MOST = {"csv": 500_000, "xlsx": 100_000}
"""Calls of one file."""
_SECOND = timedelta(seconds=1)


class Lines:
    """What stands in each cell. `text` gives a word's text in the reader's language."""

    def __init__(
        self, names: Names, zone: ZoneInfo, text: Callable[[str], str], language: Language, *, whole: bool
    ) -> None:
        self._names = names
        self._zone = zone
        self._text = text
        self._language = language
        self._whole = whole

    def head(self) -> list[str]:
        """The first line."""
        return [self._text(f"column_{name}") for name in COLUMNS]

    def cells(self, row: CallRow) -> list[str]:
        """A call's."""
        word = self._text
        number = row.number.whole if self._whole else row.number.masked
        return [
            self._clock(row.arrived_at),
            self._names.company(row.company),
            row.did,
            self._names.queue(row.queue, self._language),
            number or word("withheld"),
            word(f"outcome_{row.outcome or 'open'}"),
            _seconds(row.waited),
            _seconds(row.talked),
            self._names.agent(row.agent),
            word(f"served_{row.served_by}") if row.served_by else "",
            word(f"verdict_{row.verdict}") if row.verdict else "",
            word(f"callback_{row.callback}") if row.callback else "",
            self._clock(row.due_at),
            self._clock(row.contacted_at),
            word("yes") if row.has_recording else "",
            row.call,
        ]

    def _clock(self, at: datetime | None) -> str:
        return "" if at is None else at.astimezone(self._zone).strftime("%Y-%m-%d %H:%M:%S")


def as_csv(lines: Iterable[Sequence[str]]) -> bytes:
    """These lines, as Excel reads them too: semicolons, CRLF."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerows([harmless(cell) for cell in line] for line in lines)
    return out.getvalue().encode()


class Workbook:
    """An XLSX that is written line by line into a file; it holds one line in memory."""

    def __init__(self, path: Path, head: Sequence[str]) -> None:
        self._book = xlsxwriter.Workbook(
            path, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        )
        self._sheet = self._book.add_worksheet()
        self._sheet.freeze_panes(1, 0)
        self._sheet.set_column(0, len(head) - 1, 18)
        self._row = 0
        self.add([head])

    def add(self, lines: Iterable[Sequence[str]]) -> None:
        """Further lines: texts all, whatever they look like."""
        for line in lines:
            for column, cell in enumerate(line):
                self._sheet.write_string(self._row, column, cell)
            self._row += 1

    def close(self) -> None:
        """The file is whole."""
        self._book.close()


def _seconds(length: timedelta | None) -> str:
    return "" if length is None else str(round(length / _SECOND))
