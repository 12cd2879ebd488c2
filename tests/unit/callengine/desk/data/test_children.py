"""What a stranger's file does to its reader ends there: a bomb kills the child and is told in a word."""

from __future__ import annotations

import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from callengine.desk.data.child import Refused
from callengine.desk.data.children import MEBIBYTE, ChildRefused, Limits, run_in_child
from callengine.desk.directory.imports.reading import delimiter_of, encoding_of, look, rows_of

LOOK = "callengine.desk.directory.imports.reading:look"
SMALL = Limits(memory_bytes=512 * MEBIBYTE, cpu_seconds=20, wall_seconds=40)


async def looked(source: Path) -> Any:
    return await run_in_child(LOOK, source, source.with_suffix(".out"), {}, SMALL)


async def refusal(source: Path) -> str:
    with pytest.raises(ChildRefused) as refused:
        await looked(source)
    return refused.value.reason


async def test_a_cell_far_away_that_asks_for_100_gigabytes(tmp_path: Path) -> None:
    path = tmp_path / "bomb.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        sheet.write(0, 0, "x")
        sheet.write(200_000, 16_000, "x")
    assert await refusal(path) == "memory"


async def test_a_sheet_that_unpacks_to_gigabytes_is_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bomb.xlsx"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("a.xml", "w", force_zip64=True) as file,
    ):
        for _ in range(1300):
            file.write(b"0" * 1_000_000)
    assert await refusal(path) == "bomb"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"\r\n\r\n", "empty"),
        (b"PK\x03\x04broken", "broken"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "broken"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "not_a_table"),
        (b"a;b\n" + b"1;2;" * 400 + b"\n", "too_many_columns"),
        (b"a;b\n", "empty"),
    ],
)
async def test_what_is_no_table_is_told_so(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "f"
    path.write_bytes(content)
    assert await refusal(path) == reason


async def test_a_child_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"x")
    began = time.monotonic()
    with pytest.raises(ChildRefused) as refused:
        await run_in_child("time:sleep_forever", path, path, {}, SMALL)
    assert refused.value.reason == "crashed"
    limits = Limits(wall_seconds=0.05)
    with pytest.raises(ChildRefused) as refused:
        await run_in_child(LOOK, path, path, {}, limits)
    assert refused.value.reason == "time"
    assert time.monotonic() - began < 60


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251", "utf-16", "koi8-r", "cp866"])
def test_letters_are_read_in_any_encoding_of_the_field(tmp_path: Path, encoding: str) -> None:
    text = "Улица;Дом;ФИО;Примечание\r\n" + "ул. Ленина;5;Иванова Мария Петровна;позвонить вечером\r\n" * 20
    path = tmp_path / "f.csv"
    path.write_bytes(text.encode(encoding))
    rows = list(rows_of(path))
    assert rows[0] == ["Улица", "Дом", "ФИО", "Примечание"]
    assert rows[1][2] == "Иванова Мария Петровна"


def test_numbers_of_a_spreadsheet_have_no_point(tmp_path: Path) -> None:
    path = tmp_path / "f.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        sheet.write_row(2, 0, ["Дом", "Телефон", "ЛС"])
        sheet.write_row(3, 0, [12, 89161234567, "0001234567"])
    assert list(rows_of(path))[2:] == [["Дом", "Телефон", "ЛС"], ["12", "89161234567", "0001234567"]]
    found = look(path, path, lambda _count: None)
    assert (found["head_row"], found["heads"], found["rows"]) == (3, ["Дом", "Телефон", "ЛС"], 1)


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_the_delimiter_is_seen(delimiter: str) -> None:
    assert delimiter_of(delimiter.join(["a", "b", "c"]) + "\n" + delimiter.join(["1", "2", "3"])) == delimiter


def test_utf8_that_is_cut_in_a_letter_is_utf8() -> None:
    assert encoding_of("улица;дом\nЛенина".encode()[:-1]) == "utf-8"


def test_a_refusal_has_its_reason() -> None:
    assert Refused("bomb").reason == "bomb"
