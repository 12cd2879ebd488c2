"""`/api/v1/openapi.json`: what the API has, for programs and people; its schemas follow the code's own types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from aiohttp import web
from pydantic import BaseModel

from callengine.http.api.callbacks import (
    PREFIX,
    AssignWish,
    CloseWish,
    DispositionWish,
    ReviewWish,
    SwitchWish,
)
from queues.terms.phone import Phone
from storage.queries.messages import WaitingMessageRow
from storage.queries.obligations import AttemptStory, MissedCall, ObligationStory, OpenObligation

Schema = dict[str, Any]

_PLAIN: Mapping[Any, Schema] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    NoneType: {"type": "null"},
    datetime: {"type": "string", "format": "date-time"},
    Phone: {"type": "string", "description": "masked but for its last digits"},
}
_SLACK: Schema = {"slack_seconds": {"type": "integer", "description": "until due_at; negative: past it"}}
_ANY: Schema = {"type": "object", "additionalProperties": True}


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that can be asked."""

    method: str
    path: str
    summary: str
    answer: Schema
    wish: type[BaseModel] | None = None
    """What is sent; such a request is taken on the control socket only."""
    asks: Sequence[str] = ()
    """Names in the address's query; all optional but `quarter`."""


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _list_of(key: str, name: str, **more: Schema) -> Schema:
    return {"type": "object", "properties": {**more, key: {"type": "array", "items": _ref(name)}}}


_SWITCH: Schema = {"type": "object", "properties": {"stopped": {"type": "boolean"}}}
_CALLBACKS = _list_of("callbacks", "OpenObligation", stopped={"type": "boolean"})
_MESSAGES = _list_of("messages", "WaitingMessage")
_ONE = "/callbacks/{obligation}"
OPERATIONS = (
    Operation("get", "/callbacks", "What is owed to residents, the nearest deadline first", _CALLBACKS),
    Operation("get", _ONE, "The whole story of one obligation", _ref("ObligationStory")),
    Operation("post", f"{_ONE}/close", "Close it by hand", _ref("ObligationStory"), CloseWish),
    Operation(
        "post", f"{_ONE}/assign", "Give a human's task to somebody", _ref("ObligationStory"), AssignWish
    ),
    Operation("post", f"{_ONE}/disposition", "Say whom it reached", _ref("ObligationStory"), DispositionWish),
    Operation("post", "/callbacks/switch", "Stop all callbacks, or let them go on", _SWITCH, SwitchWish),
    Operation("get", "/messages", "Voice messages that nobody has reviewed", _MESSAGES),
    Operation("post", "/messages/{message}/review", "Say what became of a message", _MESSAGES, ReviewWish),
    Operation(
        "get", "/figures", "All live figures: centre, queues, companies, agents (docs/figures.md)", _ANY
    ),
    Operation(
        "get", "/figures/strip", "96 quarters of an hour that end now", _ANY, asks=("queue", "company")
    ),
    Operation("get", "/figures/sums", "The sums that the figures are quotients of", _ANY),
    Operation("get", "/figures/calls", "Calls of one quarter of an hour", _ANY, asks=("quarter",)),
    Operation("get", "/openapi.json", "This document", _ANY),
)
_QUERY: Mapping[str, str] = {
    "queue": "only this queue",
    "company": "only this company",
    "quarter": "its start with the zone, as 2026-11-24T14:15Z",
}


def openapi(version: str) -> Schema:
    """The document, OpenAPI 3.1."""
    paths: dict[str, Schema] = {}
    for operation in OPERATIONS:
        paths.setdefault(PREFIX + operation.path, {})[operation.method] = _described(operation)
    wishes = _wishes()
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
            "schemas": {
                "OpenObligation": _of_dataclass(OpenObligation, _SLACK),
                "ObligationStory": _story(),
                "WaitingMessage": _of_dataclass(WaitingMessageRow, _SLACK),
                "Error": {"type": "object", "properties": {"error": {"type": "string"}}},
                **wishes,
            },
        },
        "security": [{"token": []}, {}],
    }


class OpenApi:
    """The route that serves it."""

    def __init__(self, version: str) -> None:
        self._document = openapi(version)

    def add_to(self, app: web.Application) -> None:
        """Register the route."""
        app.router.add_get(f"{PREFIX}/openapi.json", self._show)

    async def _show(self, _request: web.Request) -> web.Response:
        return web.json_response(self._document)


def _described(operation: Operation) -> Schema:
    in_path = [part[1:-1] for part in operation.path.split("/") if part.startswith("{")]
    parameters: list[Schema] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in in_path
    ]
    parameters += [
        {
            "name": name,
            "in": "query",
            "required": name == "quarter",
            "description": _QUERY[name],
            "schema": {"type": "string"},
        }
        for name in operation.asks
    ]
    described: Schema = {
        "summary": operation.summary,
        "responses": {
            "200": {"description": "done", "content": {"application/json": {"schema": operation.answer}}},
            "default": {
                "description": "not done, and why",
                "content": {"application/json": {"schema": _ref("Error")}},
            },
        },
    }
    if parameters:
        described["parameters"] = parameters
    if operation.wish is not None:
        described["description"] = "On the control socket only: elsewhere 403."
        described["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": _ref(operation.wish.__name__)}},
        }
    return described


def _wishes() -> dict[str, Schema]:
    """What may be sent, with the types inside: each is a schema of the document's own, or its name leads nowhere."""
    found: dict[str, Schema] = {}
    for operation in OPERATIONS:
        if operation.wish is not None:
            schema = operation.wish.model_json_schema(ref_template=_ref("{model}")["$ref"])
            found |= schema.pop("$defs", {})
            found[operation.wish.__name__] = schema
    return found


def _story() -> Schema:
    told = _of_dataclass(ObligationStory, {})["properties"]
    own = {name: schema for name, schema in told.items() if name not in {"summary", "calls", "attempts"}}
    return _of_dataclass(
        OpenObligation,
        {
            **_SLACK,
            **own,
            "episode": {"type": "array", "items": _of_dataclass(MissedCall, {})},
            "dials": {
                "type": "array",
                "items": _of_dataclass(AttemptStory, {"ring_seconds": {"type": ["number", "null"]}}),
            },
        },
    )


def _of_dataclass(kind: type, more: Schema) -> Schema:
    if not is_dataclass(kind):
        raise TypeError(f"{kind} has no fields")
    hints = get_type_hints(kind)
    properties = {one.name: _of_type(hints[one.name]) for one in fields(kind)}
    return {"type": "object", "properties": {**properties, **more}}


def _of_type(hint: Any) -> Schema:
    if hint in _PLAIN:
        return dict(_PLAIN[hint])
    if get_origin(hint) in {Union, UnionType}:
        return {"anyOf": [_of_type(one) for one in get_args(hint)]}
    if get_origin(hint) is not None and issubclass(get_origin(hint), Sequence):
        return {"type": "array", "items": _of_type(get_args(hint)[0])}
    return dict(_ANY)
