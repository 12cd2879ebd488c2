"""`/desk/api/v1/openapi.json`: operations are the routes', schemas are pydantic's."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

from aiohttp import web
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from callengine.desk.people.rights import Right
from callengine.desk.web.gate import API
from callengine.desk.web.routes import DeskRoute, Told
from callengine.desk.web.visit import Visit

Schema = dict[str, Any]
PATH: Final = f"{API}v1/openapi.json"
_REFERENCE = "#/components/schemas/{model}"
_WORDS: Final = (
    "For programs of the centre and of its companies. A token is made at /desk/tokens with a role, rights and "
    "companies: what it may not see is not there (404). Times are ISO 8601 in UTC."
)


def with_document(version: str, routes: Sequence[DeskRoute]) -> tuple[DeskRoute, ...]:
    """The routes, and the one that tells of those of the API."""

    async def show(_visit: Visit) -> web.Response:
        return web.json_response(document)

    own = DeskRoute("GET", PATH, show, Right.SIGNED_IN, told=Told("This document"))
    document = openapi(version, (*routes, own))
    return (*routes, own)


def openapi(version: str, routes: Iterable[DeskRoute]) -> Schema:
    """OpenAPI 3.1, of those routes that are told of."""
    paths: dict[str, Schema] = {}
    models: dict[type[BaseModel], None] = {}
    for route in routes:
        if route.told is not None:
            paths.setdefault(route.path, {})[route.method.lower()] = _described(route, route.told)
            models |= dict.fromkeys(one for one in (route.told.answer, route.told.wrong) if one is not None)
    _, schemas = models_json_schema([(one, "serialization") for one in models], ref_template=_REFERENCE)
    return {
        "openapi": "3.1.0",
        "info": {"title": "callengine desk", "version": version, "description": _WORDS},
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": schemas.get("$defs", {}),
        },
        "security": [{"token": []}],
    }


def _described(route: DeskRoute, told: Told) -> Schema:
    parameters: list[Schema] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"\{(\w+)\}", route.path)
    ]
    for name, schema in told.asks.items():
        plain = dict(schema)
        words = plain.pop("description")
        parameters.append({"name": name, "in": "query", "description": words, "schema": plain})
    responses: Schema = {
        "200": {"description": "done", "content": _json(told.answer)},
        "default": {
            "description": "not done, and why",
            "content": {"text/plain": {"schema": {"type": "string"}}},
        },
    }
    if told.wrong is not None:
        responses["422"] = {"description": "a parameter is wrong", "content": _json(told.wrong)}
    described: Schema = {
        "summary": told.summary,
        "description": f"Needs the right {route.right}.",
        "responses": responses,
    }
    return described | ({"parameters": parameters} if parameters else {})


def _json(model: type[BaseModel] | None) -> Schema:
    schema: Schema = (
        {"type": "object"} if model is None else {"$ref": _REFERENCE.format(model=model.__name__)}
    )
    return {"application/json": {"schema": schema}}
