"""`/api/v1/openapi.json`: operations are the routes', schemas are pydantic's."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from aiohttp import web
from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, models_json_schema
from pydantic_core import CoreSchema

from callengine.http.api.answers import Error
from callengine.http.api.callbacks import PREFIX
from callengine.http.routes import Described, Right, Route, add_routes, routes_of

Schema = dict[str, Any]
_REFERENCE = "#/components/schemas/{model}"
_ANY: Schema = {"type": "object", "additionalProperties": True}
_QUERY: Mapping[str, str] = {
    "queue": "only this queue",
    "company": "only this company",
    "quarter": "its start with the zone, as 2026-11-24T14:15Z",
}


class _Plain(GenerateJsonSchema):
    """Without a title for each field: it would be the field's name again."""

    def field_title_should_be_set(self, schema: CoreSchema | Any) -> bool:
        return False


def openapi(version: str, routes: Iterable[Route]) -> Schema:
    """The document, OpenAPI 3.1, of those routes that are described."""
    paths: dict[str, Schema] = {}
    models: dict[type[BaseModel], Any] = {Error: "serialization"}
    for route in routes:
        if route.told is not None:
            paths.setdefault(route.path, {})[route.method.lower()] = _described(route, route.told)
            models |= dict.fromkeys(filter(None, [route.told.answer]), "serialization")
            models |= dict.fromkeys(filter(None, [route.told.wish]), "validation")
    _, schemas = models_json_schema(list(models.items()), ref_template=_REFERENCE, schema_generator=_Plain)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "callengine",
            "version": version,
            "description": (
                "To look at by TCP with numbers masked: on loopback as it is, else with a token of the role look. To "
                "change on the control socket (http.control_socket) only, where ?full=1 shows whole numbers. Times "
                "are ISO 8601 in UTC."
            ),
        },
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": schemas["$defs"],
        },
        "security": [{"token": []}, {}],
    }


class OpenApi:
    """The route that serves it: of all routes of its application."""

    def __init__(self, version: str) -> None:
        self._version = version

    def add_to(self, app: web.Application) -> None:
        """Register the route."""
        told = Described("This document")
        add_routes(app, [Route("GET", f"{PREFIX}/openapi.json", self._show, Right.LOOK, told)])

    async def _show(self, request: web.Request) -> web.Response:
        return web.json_response(openapi(self._version, routes_of(request.app)))


def _described(route: Route, told: Described) -> Schema:
    parameters: list[Schema] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"\{(\w+)\}", route.path)
    ]
    parameters += [
        {
            "name": name,
            "in": "query",
            "required": name == "quarter",
            "description": _QUERY[name],
            "schema": {"type": "string"},
        }
        for name in told.asks
    ]
    described: Schema = {
        "summary": told.summary,
        "responses": {
            "200": {
                "description": "done",
                "content": _json(_ANY if told.answer is None else _ref(told.answer)),
            },
            "default": {"description": "not done, and why", "content": _json(_ref(Error))},
        },
    }
    if parameters:
        described["parameters"] = parameters
    if route.right is Right.CHANGE:
        described["description"] = "On the control socket only: elsewhere 403."
    if told.wish is not None:
        described["requestBody"] = {"required": True, "content": _json(_ref(told.wish))}
    return described


def _json(schema: Schema) -> Schema:
    return {"application/json": {"schema": schema}}


def _ref(model: type[BaseModel]) -> Schema:
    return {"$ref": _REFERENCE.format(model=model.__name__)}
