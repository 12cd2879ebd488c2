"""All residents of a company as a file, sent while it is read; who took it stands in the trail."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator

from aiohttp import web

from callengine.desk.directory.exports import COLUMNS, exported_rows, written_xlsx
from callengine.desk.directory.imports.fields import HEADS
from callengine.desk.directory.pages.desk import HOME, DirectoryDesk
from callengine.desk.directory.pages.loads import safe_cell
from callengine.desk.people.rights import Right
from callengine.desk.people.trail import record
from callengine.desk.web.routes import DeskRoute
from callengine.desk.web.visit import Visit

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class ExportPages:
    """Handlers."""

    def __init__(self, desk: DirectoryDesk) -> None:
        self._desk = desk

    def routes(self) -> tuple[DeskRoute, ...]:
        """Theirs."""
        return (DeskRoute("POST", f"{HOME}/export", self.export, Right.DIRECTORY_EXPORT),)

    async def export(self, visit: Visit) -> web.StreamResponse:
        """CSV as Russian Excel opens it, or XLSX."""
        company, kind = visit.form.get("company", ""), visit.form.get("format", "csv")
        visit.scope.require(company)
        if company not in self._desk.companies or kind not in {"csv", "xlsx"}:
            raise web.HTTPNotFound
        async with self._desk.database.writing() as connection:
            await record(
                connection,
                visit.scope,
                self._desk.now(),
                "exported",
                ("directory", company),
                company=company,
                after={"format": kind},
            )
        name = f"residents-{company}.{kind}"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        rows = exported_rows(self._desk.database, visit.scope, company)
        if kind == "xlsx":
            body = await written_xlsx(rows, self._desk.loads.folder)
            return web.Response(body=body, content_type=_XLSX, headers=headers)
        headers["Content-Type"] = "text/csv; charset=utf-8"
        response = web.StreamResponse(headers=headers)
        await response.prepare(visit.request)
        await response.write(b"\xef\xbb\xbf" + _line([HEADS[one][0].capitalize() for one in COLUMNS]))
        async for lines in _lines(rows):
            await response.write(lines)
        await response.write_eof()
        return response


async def _lines(rows: AsyncIterator[list[list[str]]]) -> AsyncIterator[bytes]:
    async for some in rows:
        yield b"".join(_line(row) for row in some)


def _line(cells: list[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=";", lineterminator="\r\n").writerow([safe_cell(cell) for cell in cells])
    return text.getvalue().encode()
