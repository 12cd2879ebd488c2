"""Nothing of company B reaches company A: every route of the desk, walked by everybody, canaries in all of B's rows.

Routes come from the desk's own table, so a new one is walked by itself. It must declare what it needs, and a sample for
each name in its path: `table.column` means that of the planted row.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy import Table, select

from callengine.desk.data.metadata import metadata as desk_metadata
from callengine.desk.people.rights import RIGHTS, Right, Role
from callengine.desk.people.tables import account_companies, accounts
from callengine.desk.web.routes import DeskRoute
from storage.migrate import upgrade
from storage.schema.database import create_ledger_engine, ledger_url
from storage.schema.tables import metadata as ledger_metadata
from tests.support.desk_doors import Browser, Doors, doors, two_companies
from tests.support.two_companies import (
    CANARY,
    IDS,
    NOT_PLANTED,
    NUMBER,
    OURS,
    THEIRS,
    canaries,
    live_picture,
    plant,
    planted_row,
)

TABLES: dict[str, Table] = {**ledger_metadata.tables, **desk_metadata.tables}
STREAM_SECONDS = 0.4
PEOPLE: dict[str, Role] = {
    "root": Role.ADMINISTRATOR,
    "boss": Role.SUPERVISOR,
    "ivanova": Role.AGENT,
    "editor": Role.EDITOR,
    OURS: Role.COMPANY,
    THEIRS: Role.COMPANY,
}
PLACES_OF_PATH = {"call": "calls.call", "id": "saved_filters.id"}
"""Where a route's sample is a literal of its own tests."""
ASKED = ("q", "query", "text", "search", "who", "number", "phone", "house", "resident", "company", "queue")


@dataclass(slots=True)
class Answer:
    status: int
    body: str
    headers: str


def sample(route: DeskRoute, name: str, company: str) -> str:
    """What stands in the path: of the planted row where the sample names one."""
    given = route.samples.get(name)
    assert given is not None, f"{route.method} {route.path}: DeskRoute.samples has nothing for {{{name}}}"
    place = given if "." in given else PLACES_OF_PATH.get(name, "")
    table, _, column = place.partition(".")
    if table in NOT_PLANTED:
        return str(IDS[company])
    return str(planted_row(TABLES[table], company)[column]) if table in TABLES else given


def path_of(route: DeskRoute, company: str) -> str:
    return re.sub(r"\{(\w+)(?::[^}]*)?\}", lambda found: sample(route, found.group(1), company), route.path)


@asynccontextmanager
async def a_centre(folder: Path, companies: Sequence[str]) -> AsyncIterator[Doors]:
    """The whole desk with rows of these companies, and an account of each role."""
    ledger = f"sqlite:///{folder}/ledger.db"
    engine = create_ledger_engine(ledger_url(ledger))
    await upgrade(engine)
    async with engine.begin() as connection:
        for one in companies:
            await plant(connection, ledger_metadata.sorted_tables, one)
    await engine.dispose()
    settings = two_companies(ledger=ledger, recordings=str(folder))
    async with doors(folder, settings, subjects=True) as desk:
        desk.follower.picture = live_picture(companies)
        desk.follower.is_heard = True
        for name, role in PEOPLE.items():
            own = (name,) if role is Role.COMPANY else ()
            added = await desk.add(name, role, agent="1001" if role is Role.AGENT else "", companies=own)
            if own:
                full_name = f"{CANARY[name]}-account"
                async with desk.database.writing() as connection:
                    # Nobody has signed in yet: the account's own id is that of all its company's rows.
                    await connection.execute(
                        account_companies.delete().where(account_companies.c.account_id == added)
                    )
                    await connection.execute(
                        accounts.update()
                        .where(accounts.c.id == added)
                        .values(id=IDS[name], full_name=full_name)
                    )
                    await connection.execute(
                        account_companies.insert().values(account_id=IDS[name], company=name)
                    )
        async with desk.database.writing() as connection:
            for one in companies:
                await plant(connection, desk_metadata.sorted_tables, one)
        yield desk


@asynccontextmanager
async def signed_in(desk: Doors, name: str) -> AsyncIterator[Browser]:
    async with desk.browser(headers={"Accept": "text/html", "User-Agent": f"{name}-browser"}) as browser:
        await browser.sign_in(name)
        await browser.get("/desk/me")
        yield browser


async def ask(browser: Browser, route: DeskRoute, path: str, **more: Any) -> Answer:
    """With the token of the page that was loaded; of a stream, what comes at once."""
    token = re.search(r'name="csrf" (?:content|value)="([^"]*)"', browser.text)
    headers = {"X-CSRF": token.group(1) if token else "", "Accept": "text/html"}
    async with browser.client.request(
        route.method, path, headers=headers, allow_redirects=False, **more
    ) as answer:
        told = "\n".join(f"{name}: {value}" for name, value in answer.headers.items())
        if answer.content_type != "text/event-stream":
            return Answer(answer.status, (await answer.read()).decode("utf-8", "replace"), told)
        body = b""
        try:
            async with asyncio.timeout(STREAM_SECONDS):
                async for piece in answer.content.iter_any():
                    body += piece
        except TimeoutError:
            pass
        return Answer(answer.status, body.decode("utf-8", "replace"), told)


def kitchen_sink() -> dict[str, str]:
    """A form with a field of every column's name, each naming something of theirs; nothing that could be echoed."""
    fields: dict[str, str] = {}
    for table in TABLES.values():
        for column in table.columns:
            identity = column.name == "id" or column.name.endswith("_id")
            fields[column.name] = str(IDS[THEIRS]) if identity else "1"
    return {**fields, "company": THEIRS, "companies": THEIRS, "role": "company"}


def walked(desk: Doors) -> Iterator[DeskRoute]:
    """All routes; signing out last, so that whoever walks stays in."""
    return iter(sorted(desk.pages.routes, key=lambda one: one.path in {"/desk/sign-out"}))


async def rows_of_theirs(desk: Doors) -> dict[str, set[tuple[str, ...]]]:
    """Every row that names them, in every table of the desk's."""
    found: dict[str, set[tuple[str, ...]]] = {}
    marks = (THEIRS, str(IDS[THEIRS]), *canaries(THEIRS))
    async with desk.database.reading() as connection:
        for table in desk_metadata.sorted_tables:
            if table.name in {"sessions", "trail", "accounts"}:
                continue
            rows = await connection.execute(select(table))
            told = (tuple(map(str, row)) for row in rows)
            found[table.name] = {row for row in told if any(mark in value for mark in marks for value in row)}
    return found


def leaks(answer: Answer) -> list[str]:
    return [one for one in canaries(THEIRS) if one in answer.body or one in answer.headers]


@pytest.fixture
async def centre(tmp_path: Path) -> AsyncIterator[Doors]:
    async with a_centre(tmp_path, [OURS, THEIRS]) as desk:
        yield desk


async def test_the_canaries_are_seen_by_whoever_may_see_them(centre: Doors) -> None:
    """Else the tests below would find nothing because there is nothing."""
    seen: dict[str, int] = {}
    for name in ("boss", THEIRS):
        async with signed_in(centre, name) as browser:
            answers = [
                await ask(browser, route, path_of(route, THEIRS))
                for route in walked(centre)
                if route.method == "GET"
            ]
        seen[name] = sum(bool(leaks(one)) for one in answers)
    assert seen["boss"] >= 2
    assert seen[THEIRS] >= 2


async def test_every_route_wants_its_right_of_everybody_and_none_fails(centre: Doors) -> None:
    """A form is sent without its token: whoever is let through to it is told so, and nothing is changed."""
    failed = []
    for name, role in {"nobody": None, **PEOPLE}.items():
        async with centre.browser() as browser:
            if role is not None:
                await browser.sign_in(name)
                browser.text = ""
            for route in walked(centre):
                answer = await ask(browser, route, path_of(route, OURS))
                allowed = route.right is Right.NOTHING or (role is not None and route.right in RIGHTS[role])
                refused = {303, 401} if role is None else {404}
                if answer.status >= 500 and answer.status != 503:
                    failed.append((name, route.method, route.path, answer.status))
                if route.method != "GET" and allowed and answer.status != 403:
                    failed.append((name, route.method, route.path, answer.status, "taken without a token"))
                if not allowed and answer.status not in refused:
                    failed.append((name, route.method, route.path, answer.status, "let through"))
    assert failed == []


async def test_nothing_of_theirs_is_read_by_us_on_any_route(centre: Doors) -> None:
    leaked = []
    queries: list[dict[str, str]] = [
        {},
        dict.fromkeys(ASKED, CANARY[THEIRS][:4]),
        {name: CANARY[THEIRS] for name in ASKED if name not in {"company", "queue"}},
        {"company": THEIRS, "queue": THEIRS},
        {name: str(IDS[THEIRS]) for name in ASKED if name != "company"},
        {"number": NUMBER[THEIRS][-4:], "q": NUMBER[THEIRS][-4:]},
    ]
    async with signed_in(centre, OURS) as browser:
        for route in walked(centre):
            if route.method != "GET":
                continue
            for company in (OURS, THEIRS):
                for query in queries:
                    answer = await ask(browser, route, path_of(route, company), params=query)
                    # What was asked for may be shown again in its field.
                    answer.body = re.sub(r'value="[^"]*"', "", answer.body)
                    if CANARY[THEIRS] not in query.values() and leaks(answer):
                        leaked.append((route.path, query, leaks(answer)))
                    elif f"{CANARY[THEIRS]}-" in answer.body:
                        leaked.append((route.path, query, [f"{CANARY[THEIRS]}-"]))
                    if answer.status >= 500 and answer.status != 503:
                        leaked.append((route.path, query, [str(answer.status)]))
    assert leaked == []


async def test_no_form_of_ours_reads_or_changes_anything_of_theirs(centre: Doors) -> None:
    before, leaked, fields = await rows_of_theirs(centre), [], kitchen_sink()
    async with signed_in(centre, OURS) as browser:
        for route in walked(centre):
            if route.method == "GET" or route.path.startswith(("/desk/sign-out", "/desk/me")):
                continue
            for company in (THEIRS, OURS):
                answer = await ask(browser, route, path_of(route, company), data=fields)
                if leaks(answer):
                    leaked.append((route.path, leaks(answer)))
                if answer.status >= 500 and answer.status != 503:
                    leaked.append((route.path, [str(answer.status)]))
    assert leaked == []
    after = await rows_of_theirs(centre)
    assert {name: after[name] ^ before[name] for name in after if after[name] != before[name]} == {}


async def test_what_we_are_answered_is_the_same_with_and_without_them(tmp_path: Path) -> None:
    """Counts, pages and suggestions come of our own rows only."""
    told: list[dict[str, tuple[int, str]]] = []
    for companies in ([OURS], [OURS, THEIRS]):
        folder = tmp_path / str(len(companies))
        folder.mkdir()
        async with a_centre(folder, companies) as desk, signed_in(desk, OURS) as browser:
            answers = {}
            for route in walked(desk):
                if route.method != "GET":
                    continue
                for query in ({}, dict.fromkeys(ASKED, CANARY[OURS])):
                    answer = await ask(browser, route, path_of(route, OURS), params=query)
                    plain = re.sub(
                        r'(name="(?:csrf|client_id)" (?:content|value)=")[^"]*', r"\1", answer.body
                    )
                    answers[f"{route.path} {query}"] = (answer.status, plain)
            told.append(answers)
    assert {key: value for key, value in told[0].items() if told[1][key] != value} == {}


async def test_a_programs_token_sees_no_more_than_its_company(centre: Doors) -> None:
    async with centre.browser() as admin, aiohttp.ClientSession(centre.address) as program:
        await admin.sign_in("root")
        await admin.get("/desk/tokens?role=company")
        rights = sorted(RIGHTS[Role.COMPANY] - {Right.SIGNED_IN})
        form = [("name", "crm"), ("role", "company"), ("days", "3"), ("companies", OURS)]
        token = re.search(r'name="csrf" (?:content|value)="([^"]*)"', admin.text).group(1)
        pairs = [*form, ("csrf", token), *(("rights", one) for one in rights)]
        async with admin.client.post("/desk/tokens", data=pairs) as answer:
            secret = re.search(r"<code>(cedesk_[^<]+)</code>", await answer.text()).group(1)
        found = []
        for route in walked(centre):
            path, headers = path_of(route, THEIRS), {"Authorization": f"Bearer {secret}"}
            more = {} if route.method == "GET" else {"json": kitchen_sink()}
            async with program.request(
                route.method, path, headers=headers, allow_redirects=False, **more
            ) as answer:
                if route.path.startswith("/desk/api/"):
                    got = Answer(answer.status, await answer.text(errors="replace"), "")
                    if leaks(got) or (got.status >= 500 and got.status != 503):
                        found.append((route.path, got.status, leaks(got)))
                elif route.right is not Right.NOTHING and answer.status not in {401, 303}:
                    found.append((route.path, answer.status, ["a token opens a page"]))
    assert found == []
