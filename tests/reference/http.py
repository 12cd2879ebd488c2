"""Every route, and what the API takes and gives, from the routes of a whole server and its OpenAPI document."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from callengine.http.api.callbacks import PREFIX, CallbackApi
from callengine.http.api.figures import FiguresApi
from callengine.http.api.openapi import OpenApi, openapi
from callengine.http.auth.middleware import Gate
from callengine.http.auth.sessions import Sessions
from callengine.http.auth.tokens import Role, TokenFile
from callengine.http.routes import Right, Route, may, routes_of
from callengine.http.server import HttpServer
from callengine.wallboard.routes import BoardRoutes
from tests.reference.markdown import opening, table

_ABOUT = """\
By TCP (`http.host`, `http.port`) everything can be looked at and nothing changed; changes are taken on the
control socket (`http.control_socket`) only, which is its owner's. Off loopback a token is wanted (`callengine
token`): "roles" are those that may see a route. Who signs in and how: [wallboard.md](../wallboard.md). The
running engine shows the API as OpenAPI 3.1 at `/api/v1/openapi.json`.

"""
Schema = Mapping[str, Any]


class _Nobody:
    """Stands where the server wants parts that only a request would use."""

    def __getattr__(self, name: str) -> Any:
        return self

    def __call__(self, *_: Any) -> Any:
        return self


async def http_page() -> str:
    """The page."""
    routes = _routes()
    document = openapi("", routes)
    rights = {(route.path, route.method.lower()): route.right for route in routes}
    plain = [
        (f"`{route.method} {route.path}`", _roles(route.right), _told(route.handler))
        for route in routes
        if not route.path.startswith(PREFIX)
    ]
    api = [
        (
            f"`{method.upper()} {path}`",
            _roles(rights[path, method]),
            told["summary"],
            _sent(told),
            _given(told),
        )
        for path, methods in document["paths"].items()
        for method, told in methods.items()
    ]
    shapes = [
        f"### {name}\n\n{schema.get('description', '')}\n\n".replace("\n\n\n", "\n")
        + (table(("field", "type", ""), _fields(schema)) if "properties" in schema else f"{_type(schema)}\n")
        for name, schema in sorted(document["components"]["schemas"].items())
    ]
    return "\n".join(
        [
            opening("HTTP", "the routes and callengine/http/api/openapi.py") + _ABOUT,
            "## Pages, metrics, health\n",
            table(("request", "roles", "gives"), plain),
            "## API\n",
            table(("request", "roles", "does", "sent", "answer"), api),
            "## Shapes\n",
            *shapes,
        ]
    )


def whole_server(gate: Gate) -> HttpServer:
    """With every part that has routes; none of them can answer."""
    nobody: Any = _Nobody()
    return HttpServer(
        "127.0.0.1",
        0,
        nobody,
        dict,
        api=CallbackApi(nobody),
        gate=gate,
        figures=FiguresApi(nobody, nobody, nobody),
        document=OpenApi(""),
        board=BoardRoutes(nobody, nobody, "en", nobody),
    )


def _routes() -> list[Route]:
    nobody: Any = _Nobody()
    sessions = Sessions(b"", timedelta(days=1))
    gate = Gate(TokenFile(Path("tokens")), sessions, wanted=True, https=False, language="en", now=nobody)
    routes = routes_of(whole_server(gate).application(may_change=False))
    return sorted(routes, key=lambda one: (one.path, one.method))


def _told(handler: Any) -> str:
    told = inspect.getdoc(handler)
    if not told:
        raise ValueError(f"{handler} has no docstring that says what it gives")
    return told.splitlines()[0].partition(". ")[0].rstrip(".")


def _roles(right: Right) -> str:
    if right is Right.CHANGE:
        return "only on the control socket"
    return (
        "anybody" if right is Right.NOTHING else ", ".join(sorted(role for role in Role if may(role, right)))
    )


def _sent(operation: Schema) -> str:
    names = [f"`?{one['name']}`" for one in operation.get("parameters", ()) if one["in"] == "query"]
    body = operation.get("requestBody")
    if body is not None:
        names.append(_type(body["content"]["application/json"]["schema"]))
    return ", ".join(names) or "–"


def _given(operation: Schema) -> str:
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    if "properties" in schema:
        return ", ".join(f"`{name}`: {_type(inner)}" for name, inner in schema["properties"].items())
    return _type(schema)


def _fields(schema: Schema) -> Iterator[tuple[str, str, str]]:
    needed = set(schema.get("required", ()))
    for name, inner in schema["properties"].items():
        told = [str(inner["description"])] if "description" in inner else []
        told += [f"at most {inner['maxLength']} characters"] if "maxLength" in inner else []
        told += ["required"] if name in needed else []
        yield f"`{name}`", _type(inner), ", ".join(told)


def _type(schema: Schema) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return f"[{name}](#{name.lower()})"
    if "enum" in schema:
        return ", ".join(f"`{one}`" for one in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(_type(one) for one in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {_type(schema['items'])}"
    kind = schema.get("type", "any")
    if isinstance(kind, list):
        return " or ".join(kind)
    if kind == "object" and "properties" in schema:
        return "object: " + ", ".join(f"`{one}`" for one in schema["properties"])
    return "instant, ISO 8601" if schema.get("format") == "date-time" else str(kind)
