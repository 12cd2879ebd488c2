"""Loading a file: upload, columns, dry run, what is wrong, apply."""

from __future__ import annotations

import csv
import io
import json
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aiohttp import web

from callengine.desk.directory.imports import loads
from callengine.desk.directory.imports.fields import HEADS, guess, missing
from callengine.desk.directory.pages.desk import HOME, DirectoryDesk, number_in
from callengine.desk.directory.pages.houses import said
from callengine.desk.files.pages import said as said_of_file
from callengine.desk.files.records import FileRefused
from callengine.desk.people.rights import Right
from callengine.desk.web.routes import DeskRoute
from callengine.desk.web.visit import Visit

MOST_BYTES = 64 * 1024 * 1024
_PART = 64 * 1024
_SHOWN_FAULTS = 100
_BUSY = ("looking", "checking", "applying")


class LoadPages:
    """Handlers."""

    def __init__(self, desk: DirectoryDesk) -> None:
        self._desk = desk

    def routes(self) -> tuple[DeskRoute, ...]:
        """Theirs."""
        right, one, base = Right.DIRECTORY_IMPORT, {"id": "1"}, f"{HOME}/loads"
        return (
            DeskRoute("GET", base, self.show_list, right),
            DeskRoute("POST", base, self.upload, right, limit_bytes=MOST_BYTES),
            DeskRoute("GET", f"{base}/{{id}}", self.show, right, samples=one),
            DeskRoute("GET", f"{base}/{{id}}/progress", self.progress, right, samples=one),
            DeskRoute("GET", f"{base}/{{id}}/faults.csv", self.faults, right, samples=one),
            DeskRoute("POST", f"{base}/{{id}}/columns", self.set_columns, right, samples=one),
            DeskRoute("POST", f"{base}/{{id}}/apply", self.apply, right, samples=one),
            DeskRoute("POST", f"{base}/{{id}}/discard", self.discard, right, samples=one),
        )

    async def show_list(self, visit: Visit) -> web.StreamResponse:
        """What was loaded, and the box for a new file."""
        async with self._desk.database.reading() as connection:
            rows = await loads.list_loads(connection, visit.scope)
        return visit.page(
            "directory/loads.html",
            loads=rows,
            companies=self._desk.companies_of(visit),
            company_name=self._desk.name_of,
            limit=MOST_BYTES // (1024 * 1024),
        )

    async def upload(self, visit: Visit) -> web.StreamResponse:
        """The file itself as the body; company and name in the address. Answers with the load's path as JSON."""
        t = visit.texts("directory")
        company, name = visit.request.query.get("company", ""), visit.request.query.get("name", "")
        if company not in dict(self._desk.companies_of(visit)):
            return web.json_response({"wrong": t["wrong_choice"]}, status=422)
        try:
            self._desk.loads.refuse_when_full()
        except FileRefused as refused:
            return web.json_response({"wrong": said_of_file(visit, refused)}, status=507)
        file = secrets.token_hex(16)
        path = self._desk.loads.source(file)
        if not await _kept(visit.request, path):
            path.unlink(missing_ok=True)
            said_limit = t["wrong_too_big"].format(limit=MOST_BYTES // (1024 * 1024))
            return web.json_response({"wrong": said_limit}, status=413)
        client_id = visit.request.query.get("client_id", "")[:60] or None
        async with self._desk.database.writing() as connection:
            load = await loads.create_load(
                connection, visit.scope, self._desk.now(), company, name or "?", file, client_id
            )
        self._desk.loads.begin_look(visit.scope, load)
        return web.json_response({"path": f"{HOME}/loads/{load}"})

    async def show(self, visit: Visit) -> web.StreamResponse:
        """Where it stands, and what can be done."""
        return await self._page(visit, number_in(visit), {})

    async def _page(self, visit: Visit, load: int, errors: dict[str, str]) -> web.Response:
        async with self._desk.database.reading() as connection:
            row = await loads.load_of(connection, visit.scope, load)
            faults = await loads.faults_of(connection, visit.scope, load, _SHOWN_FAULTS)
            known = await loads.remembered(connection, visit.scope, row["company"])
        columns = json.loads(row["columns"] or '{"heads": [], "sample": []}')
        mapping = json.loads(row["mapping"]) if row["mapping"] else guess(columns["heads"], known)
        counts: dict[str, Any] = json.loads(row["counts"] or "{}")
        t = visit.texts("directory")
        return visit.page(
            "directory/load.html",
            status=422 if errors else 200,
            load=row,
            company=self._desk.name_of(row["company"]),
            heads=columns["heads"],
            sample=columns["sample"],
            chosen={column: field for field, column in mapping.items()},
            fields=[(field, t[f"column_{field}"]) for field in HEADS],
            counts=counts,
            faults=faults,
            errors=said(visit, errors),
            busy=row["state"] in _BUSY,
            problem=t.get(f"problem_{row['problem']}", t["problem_failed"]) if row["problem"] else "",
        )

    async def progress(self, visit: Visit) -> web.StreamResponse:
        """For the bar: the state, and how many of a hundred parts are done."""
        load = number_in(visit)
        async with self._desk.database.reading() as connection:
            row = await loads.load_of(connection, visit.scope, load)
        total = max(1, row["rows"])
        done = min(99, 100 * self._desk.loads.progress.get(load, 0) // total)
        return web.json_response({"state": row["state"], "done": done})

    async def faults(self, visit: Visit) -> web.StreamResponse:
        """Every bad row as a table to mend by."""
        load = number_in(visit)
        async with self._desk.database.reading() as connection:
            rows = await loads.faults_of(connection, visit.scope, load)
        t = visit.texts("directory")
        text = io.StringIO()
        table = csv.writer(text, delimiter=";", lineterminator="\r\n")
        table.writerow([t["fault_row"], t["fault_column"], t["fault_value"], t["fault_right"]])
        for row in rows:
            cells = [row["row"], t[f"column_{row['field']}"], row["value"], t[f"fault_{row['fault']}"]]
            table.writerow([safe_cell(str(cell)) for cell in cells])
        return web.Response(
            body=text.getvalue().encode("utf-8-sig"),
            content_type="text/csv",
            headers={"Content-Disposition": f'attachment; filename="faults-{load}.csv"'},
        )

    async def set_columns(self, visit: Visit) -> web.StreamResponse:
        """Which column is what; then the dry run begins."""
        load = number_in(visit)
        async with self._desk.database.reading() as connection:
            row = await loads.load_of(connection, visit.scope, load)
        heads = json.loads(row["columns"] or '{"heads": []}')["heads"]
        mapping, errors = _mapping(visit.form, heads)
        if errors:
            return await self._page(visit, load, errors)
        async with self._desk.database.writing() as connection:
            begun = await loads.move(
                connection,
                visit.scope,
                self._desk.now(),
                load,
                "checking",
                only_from=("columns", "checked", "interrupted"),
                mapping=mapping,
            )
            if begun:
                await loads.remember(connection, visit.scope, row["company"], heads, mapping)
        if not begun:
            return visit.stale(f"{HOME}/loads/{load}")
        self._desk.loads.begin_check(visit.scope, load)
        return visit.see_other(f"{HOME}/loads/{load}")

    async def apply(self, visit: Visit) -> web.StreamResponse:
        """Load the good rows."""
        load = number_in(visit)
        async with self._desk.database.writing() as connection:
            begun = await loads.move(
                connection,
                visit.scope,
                self._desk.now(),
                load,
                "applying",
                only_from=("checked", "interrupted"),
                problem="",
            )
        if not begun:
            return visit.stale(f"{HOME}/loads/{load}")
        self._desk.loads.begin_apply(visit.scope, load)
        return visit.see_other(f"{HOME}/loads/{load}")

    async def discard(self, visit: Visit) -> web.StreamResponse:
        """Throw the file away; nothing was loaded."""
        load = number_in(visit)
        async with self._desk.database.writing() as connection:
            row = await loads.load_of(connection, visit.scope, load)
            done = await loads.move(
                connection,
                visit.scope,
                self._desk.now(),
                load,
                "discarded",
                only_from=("columns", "checked", "interrupted", "refused"),
            )
            if done:
                await loads.forget_faults(connection, visit.scope, load)
        if not done:
            return visit.stale(f"{HOME}/loads/{load}")
        self._desk.loads.throw_away(row["file"])
        return visit.see_other(f"{HOME}/loads")


def _mapping(form: Mapping[str, str], heads: list[str]) -> tuple[dict[str, int], dict[str, str]]:
    mapping: dict[str, int] = {}
    errors: dict[str, str] = {}
    for column in range(len(heads)):
        field = form.get(f"column_{column}", "")
        if not field:
            continue
        if field not in HEADS:
            errors[f"column_{column}"] = "wrong_choice"
        elif field in mapping:
            errors[f"column_{column}"] = "wrong_twice"
        else:
            mapping[field] = column
    if missing(mapping):
        errors["columns"] = "wrong_columns"
    return mapping, errors


async def _kept(request: web.Request, path: Path) -> bool:
    """The body into the file; False when it is bigger than the limit."""
    if (request.content_length or 0) > MOST_BYTES:
        return False
    size = 0
    with path.open("wb") as file:
        async for part in request.content.iter_chunked(_PART):
            size += len(part)
            if size > MOST_BYTES:
                return False
            file.write(part)
    return True


def safe_cell(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text
