"""The document under /api/v1 tells what is there, and nothing else."""

from __future__ import annotations

import json
import re
from typing import Any

from aiohttp import web

from callengine.http.api.callbacks import CallbackApi
from callengine.http.api.figures import FiguresApi
from callengine.http.api.openapi import OpenApi, openapi
from callengine.http.routes import MAY_CHANGE, routes_of


def application() -> web.Application:
    app = web.Application()
    app[MAY_CHANGE] = True
    for part in (CallbackApi(None), FiguresApi(None, None, None), OpenApi("1")):
        part.add_to(app)
    return app


def document() -> dict[str, Any]:
    return openapi("1", routes_of(application()))


def routes() -> set[tuple[str, str]]:
    return {
        (route.method.lower(), route.resource.canonical)
        for route in application().router.routes()
        if route.method != "HEAD"
    }


def test_every_route_is_told_and_every_route_told_is_there() -> None:
    told = {(method, path) for path, methods in document()["paths"].items() for method in methods}
    assert told == routes()


def test_it_is_whole_each_name_it_refers_to_is_there() -> None:
    told = document()
    schemas = told["components"]["schemas"]
    names = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(told)))
    assert names == set(schemas)
    for path, methods in told["paths"].items():
        for described in methods.values():
            placed = [one["name"] for one in described.get("parameters", ()) if one["in"] == "path"]
            assert placed == re.findall(r"\{(\w+)\}", path)


def test_schemas_follow_the_rows_they_tell_of() -> None:
    story = document()["components"]["schemas"]["ObligationStory"]["properties"]
    assert {"obligation", "due_at", "slack_seconds", "episode", "dials", "closing", "refusals"} <= set(story)
    assert story["due_at"] == {"type": "string", "format": "date-time"}
    assert story["closed_at"] == {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]}
    assert "masked" in story["number"]["description"]
