"""What /api/v1/openapi.json promises, held against the standard and against the routes themselves."""

from __future__ import annotations

import asyncio
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from aiohttp import web
from aiohttp.test_utils import TestServer
from hypothesis import HealthCheck, Phase, given, settings
from openapi_spec_validator import OpenAPIV31SpecValidator
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from callengine.http.api.callbacks import CallbackApi
from callengine.http.api.figures import FiguresApi
from callengine.http.api.openapi import OpenApi, openapi
from callengine.http.routes import MAY_CHANGE, routes_of
from tests.fuzz.http import Desk
from tests.support.scripted_centre import ScriptedCentre, settings_of

EXAMPLES = 12
"""Requests to each operation; all of them take a few seconds."""
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


def test_the_document_is_openapi_and_every_reference_in_it_leads_somewhere() -> None:
    app = web.Application()
    app[MAY_CHANGE] = True
    for part in (CallbackApi(Desk()), FiguresApi(None, None, None), OpenApi("1")):
        part.add_to(app)
    document = openapi("1", routes_of(app))
    assert [problem.message for problem in OpenAPIV31SpecValidator(document).iter_errors()] == []
    references = list(_references(document))
    assert len(references) > 10
    for reference in references:
        found: Any = document
        for name in reference.removeprefix("#/").split("/"):
            assert name in found, reference
            found = found[name]


def _references(value: object) -> list[str]:
    match value:
        case dict():
            own = [target for key, target in value.items() if key == "$ref"]
            return own + [one for inner in value.values() for one in _references(inner)]
        case list():
            return [one for inner in value for one in _references(inner)]
        case _:
            return []


def ask_everything(url: str) -> int:
    """Requests that the document allows, and some that it does not: each answer is one that it tells of."""
    asked = 0
    document = schemathesis.openapi.from_url(f"{url}/api/v1/openapi.json")
    for found in document.get_all_operations():
        operation = found.ok()

        @given(case=operation.as_strategy())
        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def ask(case: Any) -> None:
            nonlocal asked
            asked += 1
            case.call_and_validate(checks=CHECKS)

        ask()
    return asked


@pytest.mark.timeout(60)
async def test_generated_requests_get_the_answers_that_the_document_tells_of(tmp_path: Path) -> None:
    centre = ScriptedCentre(settings_of(tmp_path, "en"))
    centre.live_through()

    async def flushed() -> None:
        """Everything is written already."""

    app = web.Application()
    app[MAY_CHANGE] = True
    for part in (
        CallbackApi(Desk()),
        FiguresApi(centre.tally, lambda: centre.now.astimezone(UTC) + timedelta(0), flushed),
        OpenApi("1"),
    ):
        part.add_to(app)
    async with TestServer(app) as server:
        async with asyncio.timeout(30):
            asked = await asyncio.to_thread(ask_everything, str(server.make_url("")).rstrip("/"))
    assert asked >= sum(route.told is not None for route in routes_of(app))
