"""`callengine report evidence`: from a real ledger, for an inspector."""

from __future__ import annotations

import csv
import io
import stat
from html.parser import HTMLParser
from pathlib import Path

from sqlalchemy import text as sql

from callengine.reports.evidence import CSV_COLUMNS
from tests.support.command import run_program
from tests.support.live_centre import LiveCentre, live_centre
from tests.system.test_callbacks import NUMBER, answers, plan, ward


async def report(centre: LiveCentre, *words: str) -> tuple[int, str, str]:
    today = centre.engine.clock.now().astimezone(centre.engine.zone).date().isoformat()
    settings = str(centre.folder / "callengine.toml")
    return await run_program(
        "report", "evidence", "--config", settings, "--from", today, "--to", today, *words
    )


class Page(HTMLParser):
    """The cells of a page, and whatever it would load."""

    def __init__(self) -> None:
        super().__init__()
        self.cells: list[str] = []
        self.loads: list[str] = []
        self._in_cell = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.loads += [value or "" for name, value in attrs if name in {"src", "href", "action"}]
        if tag in {"td", "th"}:
            self._in_cell = True
            self.cells.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in {"td", "th"}:
            self._in_cell = False

    def handle_data(self, data: str) -> None:
        if self._in_cell:
            self.cells[-1] += data.strip()


async def test_each_call_has_its_evidence_and_verdict_as_csv_and_as_a_printable_page(tmp_path: Path) -> None:
    async with live_centre(plan(record=True)) as centre:
        here = await ward(centre, answers)
        await here.miss()
        await here.called_back()
        await here.until_closed()
        await here.agent.wait_for(lambda phone: phone.present_call is None)
        resident = centre.phones.resident("79160000009")
        await resident.call()
        await resident.wait_for(lambda one: one.heard_at is not None)
        await resident.hang_up()
        await centre.until(lambda: not centre.engine.view().calls)
        await centre.rows("SELECT 1")  # Everything is committed.

        code, out, errors = await report(centre, "--company", "zarya")
        assert (code, errors) == (0, "")
        missed, answered = csv.DictReader(io.StringIO(out))
        assert tuple(missed) == CSV_COLUMNS
        assert (missed["outcome"], missed["verdict"], missed["rules"]) == (
            "abandoned",
            "contacted_in_time",
            "twentieth/2020-01-01",
        )
        assert missed["number"] == "*********67"
        assert 0 < float(missed["contact_delay_seconds"]) < 30
        assert " 1001 trunk contacted " in missed["dials"]
        assert missed["recordings"].endswith(".wav")
        assert (missed["agents_rung"], missed["disposition"]) == ("1", "reached")
        assert (answered["verdict"], answered["agent"], answered["obligation"]) == (
            "answered_in_time",
            "1001",
            "",
        )
        assert 0 < float(answered["wait_seconds"]) < 5

        target = tmp_path / "evidence.html"
        code, out, errors = await report(centre, "--format", "html", "--output", str(target))
        assert (code, out, errors) == (0, "", "")
        assert stat.S_IMODE(target.stat().st_mode) == 0o600
        page = Page()
        page.feed(target.read_text(encoding="utf-8"))
        assert page.loads == []
        figures = dict(zip(page.cells[0:18:2], page.cells[1:18:2], strict=True))
        assert (figures["поступило"], figures["отвечено в срок"], figures["связались в срок"]) == (
            "2",
            "1",
            "1",
        )
        assert figures["соблюдено"] == "100.00 % (n = 2)"
        code, _, errors = await report(centre, "--format", "html", "--output", str(target))
        assert (code, "exists" in errors) == (1, True)

        assert not await centre.rows("SELECT * FROM audit")
        code, out, _ = await report(centre, "--full")
        assert [row["number"] for row in csv.DictReader(io.StringIO(out))] == [NUMBER, "79160000009"]
        (noted,) = await centre.rows("SELECT who, what FROM audit")
        assert noted.what.startswith("evidence of all ")
        assert noted.what.endswith("whole numbers")
        code, _, errors = await report(centre, "--company", "nobody")
        assert (code, errors) == (1, "'nobody' is no company of the settings; defined are: zarya\n")


async def test_retention_is_shown_before_it_is_done_and_logged_after() -> None:
    async with live_centre(plan()) as centre:
        here = await ward(centre, answers)
        await here.miss()
        await here.called_back()
        await here.until_closed()
        assert (await retention(centre, "run"))[1].startswith("nothing is ever forgotten")
        settings = centre.folder / "callengine.toml"
        text = settings.read_text(encoding="utf-8")
        settings.write_text(f"[retention]\nnumbers_days = 1\n{text}", encoding="utf-8")
        ledger = centre.engine.ledger
        assert ledger is not None
        await ledger.writer.flush()
        async with ledger.engine.begin() as connection:
            # Two days later, as far as this call is concerned.
            await connection.execute(sql("UPDATE calls SET arrived_at = arrived_at - 172800000000"))
        code, out, _ = await retention(centre, "run", "--dry-run")
        assert (code, out.endswith(": 1 to forget\n")) == (0, True)
        code, out, _ = await retention(centre, "run")
        assert (code, ": 1 forgotten by " in out) == (0, True)
        assert [row.number for row in await centre.rows("SELECT number FROM calls")] == [""]
        assert await retention(centre, "log") == (0, out, "")


async def retention(centre: LiveCentre, *words: str) -> tuple[int, str, str]:
    return await run_program("retention", *words, "--config", str(centre.folder / "callengine.toml"))
