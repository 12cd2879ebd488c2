"""Rows of a CSV or XLSX file as texts. Runs in the child; raises Refused."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from charset_normalizer import from_bytes
from python_calamine import CalamineError, CalamineWorkbook

from callengine.desk.data.child import Refused

MOST_ROWS = 400_000
MOST_COLUMNS = 60
_LONGEST_CELL = 2_000
_UNPACKED_BYTES = 1_200_000_000
_LOOKED_AT = 200_000
_DELIMITERS = (";", ",", "\t", "|")
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


def rows_of(path: Path) -> Iterator[list[str]]:
    """Every row that is not empty, its cells trimmed, the heads first; (number of the row is its place in the file).

    An empty row comes as an empty list, so that numbers stay those that a spreadsheet shows.
    """
    with path.open("rb") as file:
        start = file.read(8)
    if start[:4] == b"PK\x03\x04":
        yield from _xlsx(path)
    elif start[:4] in {b"\xd0\xcf\x11\xe0"}:
        yield from _sheet(path)
    else:
        yield from _csv(path)


def _xlsx(path: Path) -> Iterator[list[str]]:
    """Refused before it is unpacked when it says that it is a bomb; the limits of memory catch who lies."""
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(one.file_size for one in archive.infolist()) > _UNPACKED_BYTES:
                raise Refused("bomb")
    except zipfile.BadZipFile:
        raise Refused("broken") from None
    yield from _sheet(path)


def _sheet(path: Path) -> Iterator[list[str]]:
    try:
        workbook = CalamineWorkbook.from_path(str(path))
        names = workbook.sheet_names
        if not names:
            raise Refused("empty")
        sheet = workbook.get_sheet_by_index(0)
    except (CalamineError, OSError, ValueError):
        raise Refused("broken") from None
    if sheet.width > MOST_COLUMNS:
        raise Refused("too_many_columns")
    first = sheet.start[0] if sheet.start else 0
    if first + sheet.height > MOST_ROWS:
        raise Refused("too_many_rows")
    for row in sheet.iter_rows():
        yield _trimmed([_text(cell) for cell in row])


def _text(cell: Any) -> str:
    """Numbers come as floats: a flat `12.0` is `12`, a telephone has no exponent."""
    if isinstance(cell, bool):
        return "1" if cell else "0"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e16 else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    return str(cell)


def _csv(path: Path) -> Iterator[list[str]]:
    with path.open("rb") as file:
        sample = file.read(_LOOKED_AT)
    if b"\0" in sample and not sample.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Refused("not_a_table")
    encoding = encoding_of(sample)
    try:
        with path.open(encoding=encoding, newline="") as text:
            delimiter = delimiter_of(text.read(_LOOKED_AT // 4))
            text.seek(0)
            for number, row in enumerate(csv.reader(text, delimiter=delimiter)):
                if number > MOST_ROWS:
                    raise Refused("too_many_rows")
                if len(row) > MOST_COLUMNS:
                    raise Refused("too_many_columns")
                yield _trimmed(row)
    except (UnicodeDecodeError, UnicodeError):
        raise Refused("encoding") from None
    except csv.Error:
        raise Refused("broken") from None


def encoding_of(sample: bytes) -> str:
    """UTF-8 when it can be, a mark at the beginning, else what the letters look like."""
    for mark, name in _BOMS:
        if sample.startswith(mark):
            return name
    try:
        sample[: sample.rfind(b"\n") + 1 or None].decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        return "utf-8"
    best = from_bytes(sample[:20_000], cp_isolation=["cp1251", "cp866", "koi8_r", "utf_16_le"]).best()
    found = best.encoding if best is not None else "cp1251"
    return "cp866" if found == "cp1125" else found


def delimiter_of(sample: str) -> str:
    """The one that divides the first rows into the same number of cells, most of them."""
    lines = [line for line in sample.splitlines()[:20] if line.strip()]
    best, most = ";", 0
    for delimiter in _DELIMITERS:
        widths = [len(row) for row in csv.reader(lines, delimiter=delimiter)]
        width = min(widths, default=0)
        if width > 1 and widths.count(widths[0]) >= len(widths) * 0.8 and widths[0] > most:
            best, most = delimiter, widths[0]
    return best


def _trimmed(cells: Sequence[str]) -> list[str]:
    found = [" ".join(cell[:_LONGEST_CELL].replace("\u00a0", " ").split()) for cell in cells]
    return found if any(found) else []


def look(source: Path, _result: Path, _tell: Any, sample_rows: int = 8) -> dict[str, Any]:
    """The heads, the first rows, and how many rows there are: what the page of columns shows."""
    rows = enumerate(rows_of(source), start=1)
    head = next(((number, row) for number, row in rows if row), None)
    if head is None:
        raise Refused("empty")
    number, heads = head
    sample = [row for _, row in islice(((n, row) for n, row in rows if row), sample_rows)]
    last = number + len(sample)
    for last, _ in rows:  # noqa: B007
        pass
    if not sample:
        raise Refused("empty")
    return {"head_row": number, "heads": heads, "sample": sample, "rows": max(0, last - number)}
