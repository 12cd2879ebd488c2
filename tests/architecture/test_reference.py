"""Pages that are generated are what the code would write now, and nothing that it has is left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from storage.schema.meanings import COLUMNS, TABLES
from storage.schema.tables import metadata
from tests.reference.pages import FOLDER, pages
from tests.reference.tables import columns, without_meaning

STALE = "stale: run `make reference` and commit what it writes"


async def test_each_generated_page_is_what_the_code_would_write_now() -> None:
    stale = [
        str(path)
        for path, text in (await pages()).items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    assert stale == [], STALE


async def test_nothing_else_lies_among_the_generated_pages() -> None:
    assert set(FOLDER.iterdir()) == {path for path in await pages() if path.parent == FOLDER}


@pytest.mark.parametrize("name", ["metrics", "cli", "http", "tables", "log-events"])
def test_the_map_of_the_docs_leads_to_each(name: str) -> None:
    assert f"(reference/{name}.md)" in Path("docs/README.md").read_text(encoding="utf-8")


def test_each_table_and_column_has_a_meaning_and_no_meaning_is_of_nothing() -> None:
    there = set(columns())
    assert without_meaning() == []
    assert set(TABLES) == set(metadata.tables)
    own = {(table, column) for table, told in COLUMNS.items() if table != "*" for column in told}
    assert own - there == set()
    assert set(COLUMNS["*"]) - {column for _, column in there} == set()
