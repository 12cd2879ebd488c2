"""Rights stand beside each route: every route of a whole server, asked with every role's token, and without one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from callengine.http.auth.middleware import Gate
from callengine.http.auth.sessions import Sessions
from callengine.http.auth.tokens import Role, TokenFile
from callengine.http.routes import MAY_CHANGE, ROLES, Right, Route, add_routes, may, routes_of
from tests.reference.http import whole_server

EXPECTED: dict[Right, set[str | None]] = {
    Right.NOTHING: {None, "look", "wallboard", "metrics"},
    Right.METRICS: {"look", "metrics"},
    Right.WALLBOARD: {"look", "wallboard"},
    Right.LOOK: {"look"},
    Right.CHANGE: {"look"},  # By the gate: the route itself refuses it.
}


def the_gate(folder: Path) -> tuple[Gate, dict[Role | None, str]]:
    file = TokenFile(folder / "tokens")
    now = datetime(2026, 11, 26, tzinfo=UTC)
    tokens: dict[Role | None, str] = {role: file.add(role.value, role, now) for role in Role}
    gate = Gate(
        file, Sessions(b"x" * 32, timedelta(days=1)), wanted=True, https=False, language="en", now=lambda: now
    )
    return gate, tokens


@pytest.fixture
async def asked(
    tmp_path: Path,
) -> AsyncIterator[tuple[web.Application, ClientSession, dict[Role | None, str]]]:
    """A server with every route, where whoever is let in hears 299."""
    gate, tokens = the_gate(tmp_path)
    declared: list[Route] = routes_of(whole_server(gate).application(may_change=False))

    async def let_in(request: web.Request) -> web.Response:
        del request
        return web.Response(status=299)

    app = web.Application()
    app[MAY_CHANGE] = False
    app.middlewares.append(gate._middleware())
    add_routes(app, [Route(one.method, one.path, let_in, one.right) for one in declared])
    async with TestServer(app) as server, ClientSession(str(server.make_url("/"))) as client:
        yield app, client, tokens


async def test_a_whole_server_has_no_route_that_does_not_say_who_may_use_it(tmp_path: Path) -> None:
    app = whole_server(the_gate(tmp_path)[0]).application(may_change=False)
    there = {
        (route.method, route.resource.canonical)
        for route in app.router.routes()
        if route.method != "HEAD" and route.resource is not None
    }
    assert there == {(route.method, route.path) for route in routes_of(app)}
    assert len(there) > 18


async def test_each_role_gets_in_where_the_route_says_so_and_nowhere_else(asked: Any) -> None:
    app, client, tokens = asked
    for route in routes_of(app):
        path = route.path.replace("{", "").replace("}", "")
        for role in (None, *Role):
            headers = {"Authorization": f"Bearer {tokens[role]}"} if role else {}
            async with client.request(route.method, path, headers=headers) as response:
                refused = 401 if role is None else 403
                is_let_in = role in EXPECTED[route.right] and route.right is not Right.CHANGE
                assert response.status == (299 if is_let_in else refused), (route.path, role)
                if route.right is Right.CHANGE and role == "look":
                    assert "control socket" in await response.text()


async def test_what_nobody_declared_is_shown_to_who_sees_all_and_to_nobody_else(asked: Any) -> None:
    _, client, tokens = asked
    told = {}
    for role in Role:
        async with client.get(
            "/api/v2/anything", headers={"Authorization": f"Bearer {tokens[role]}"}
        ) as response:
            told[role.value] = response.status
    assert told == {"look": 404, "wallboard": 403, "metrics": 403}


async def test_a_head_is_as_its_get(asked: Any) -> None:
    _, client, tokens = asked
    headers = {"Authorization": f"Bearer {tokens[Role.METRICS]}"}
    async with (
        client.head("/metrics", headers=headers) as allowed,
        client.head("/wallboard", headers=headers) as not_,
    ):
        assert (allowed.status, not_.status) == (299, 403)


def test_every_role_has_its_rights_and_the_narrow_ones_have_one() -> None:
    assert set(ROLES) == {role.value for role in Role}
    for right in Right:
        assert {role.value for role in Role if may(role, right)} == EXPECTED[right] - {None}
