"""`/desk/api/v1`: the document, generated requests against it, and what a company's program is answered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from openapi_spec_validator import OpenAPIV31SpecValidator
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from sqlalchemy import insert, select

from callengine.desk.people.programs import ProgramFields, make_program
from callengine.desk.people.scope import system_scope
from callengine.desk.people.tables import trail
from storage.migrate import upgrade
from storage.schema.database import create_ledger_engine, ledger_url
from storage.schema.tables import calls
from tests.support.desk_directory import one_home
from tests.support.desk_doors import Doors, doors, two_companies
from tests.support.manual_clock import NOON

EXAMPLES = 8
"""Requests to each operation."""
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
READS = frozenset({"calls_see", "directory_read", "knowledge_read"})


def row(call: str, company: str) -> dict[str, Any]:
    told = {"node": "pbx1", "call": call, "company": company, "queue": company, "number": "+79161234567"}
    return {
        **told,
        **{"arrived_at": NOON, "offered_at": NOON, "did": "74950000001"},
        **{"line_kind": "general", "caller_name": ""},
    }


@asynccontextmanager
async def a_desk(folder: Path) -> AsyncIterator[Doors]:
    ledger = f"sqlite:///{folder}/ledger.db"
    engine = create_ledger_engine(ledger_url(ledger))
    await upgrade(engine)
    async with engine.begin() as connection:
        await connection.execute(insert(calls), [row("c1", "sever"), row("c2", "yug"), row("c3", "sever")])
    await engine.dispose()
    async with doors(folder, two_companies(ledger=ledger), subjects=True) as desk:
        async with desk.database.writing() as connection:
            for company in ("sever", "yug"):
                await one_home(connection, company, street=f"Улица {company}")
        yield desk


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Doors]:
    async with a_desk(tmp_path) as opened:
        yield opened


async def headers(
    desk: Doors, role: str, companies: frozenset[str], rights: frozenset[str]
) -> dict[str, str]:
    fields = ProgramFields("crm", role, companies, rights, "30")
    async with desk.database.writing() as connection:
        token = await make_program(connection, system_scope("test"), NOON, fields, desk.pages.parts.roster)
    return {"Authorization": f"Bearer {token}"}


async def asked(desk: Doors, token: dict[str, str], path: str) -> tuple[int, Any]:
    async with (
        aiohttp.ClientSession(desk.address, headers=token) as program,
        program.get(f"/desk/api/v1/{path}") as answer,
    ):
        is_json = answer.content_type == "application/json"
        return answer.status, await (answer.json() if is_json else answer.text())


def references(value: object) -> list[str]:
    match value:
        case dict():
            own = [target for key, target in value.items() if key == "$ref"]
            return own + [one for inner in value.values() for one in references(inner)]
        case list():
            return [one for inner in value for one in references(inner)]
        case _:
            return []


async def test_the_document_is_openapi_and_tells_of_every_route_of_the_api(desk: Doors) -> None:
    token = await headers(desk, "company", frozenset({"sever"}), READS)
    status, document = await asked(desk, token, "openapi.json")
    assert status == 200
    assert [problem.message for problem in OpenAPIV31SpecValidator(document).iter_errors()] == []
    assert set(document["paths"]) == {
        one.path for one in desk.pages.routes if one.path.startswith("/desk/api/")
    }
    for reference in references(document):
        found: Any = document
        for name in reference.removeprefix("#/").split("/"):
            assert name in found, reference
            found = found[name]
    assert (await asked(desk, {}, "openapi.json"))[0] == 401


def ask_everything(url: str, token: dict[str, str]) -> int:
    number = 0
    document = schemathesis.openapi.from_url(f"{url}/desk/api/v1/openapi.json", headers=token)
    for found in document.get_all_operations():

        @given(case=found.ok().as_strategy())
        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def ask(case: Any) -> None:
            nonlocal number
            number += 1
            case.call_and_validate(checks=CHECKS, headers=token)

        ask()
    return number


@pytest.mark.timeout(90)
async def test_generated_requests_get_the_answers_that_the_document_tells_of(desk: Doors) -> None:
    token = await headers(desk, "supervisor", frozenset(), READS)
    async with asyncio.timeout(80):
        number = await asyncio.to_thread(ask_everything, desk.address, token)
    assert number >= sum(one.told is not None for one in desk.pages.routes)


async def test_a_companys_program_reads_its_own_and_a_call_that_it_read_is_in_the_trail(desk: Doors) -> None:
    token = await headers(desk, "company", frozenset({"sever"}), READS)
    status, page = await asked(desk, token, "calls?limit=1")
    assert (status, [one["call"] for one in page["calls"]]) == (200, ["c3"])
    assert page["calls"][0]["number"] != "+79161234567", "a company sees the last digits"
    status, rest = await asked(desk, token, f"calls?limit=5&below={page['below']}")
    assert ([one["call"] for one in rest["calls"]], rest["below"]) == (["c1"], None)
    status, story = await asked(desk, token, "calls/c1")
    assert (status, story["call"]["company"]) == (200, "sever")
    assert story["moments"][0]["after_seconds"] == 0
    assert (await asked(desk, token, "calls/c2"))[0] == 404
    status, houses = await asked(desk, token, "houses")
    assert ([one["company"] for one in houses["houses"]], houses["after"]) == (["sever"], None)
    house = houses["houses"][0]["id"]
    assert (await asked(desk, token, f"houses/{house}"))[1]["label"] == houses["houses"][0]["label"]
    assert (await asked(desk, token, "articles")) == (200, {"articles": []})
    assert (await asked(desk, token, "articles?company=yug"))[0] == 404
    async with desk.database.reading() as connection:
        looked = await connection.execute(
            select(trail.c.subject_id, trail.c.company).where(trail.c.action == "looked")
        )
        assert [tuple(one) for one in looked] == [("c1", "sever")]


async def test_what_is_wrong_is_told_by_parameter_and_what_the_token_lacks_is_not_there(desk: Doors) -> None:
    token = await headers(desk, "supervisor", frozenset(), frozenset({"calls_see"}))
    status, told = await asked(desk, token, "calls?outcome=nonsense&limit=0&below=x&first=2026-13-01")
    assert (status, set(told["fields"])) == (422, {"outcome", "limit", "below", "first"})
    assert all(told["fields"].values())
    assert (await asked(desk, token, "houses"))[0] == 404
