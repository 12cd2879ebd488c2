"""Nobody passes the gate whom the route does not want, and no form of another site is taken."""

from __future__ import annotations

import pytest
from aiohttp import web

from callengine.desk.people.rights import RIGHTS, Right, Role, may
from callengine.desk.people.scope import NotSeen
from callengine.desk.web.routes import DeskRoute, refuse_doubles
from callengine.desk.web.visit import Visit
from tests.support.desk_pages import PEOPLE, desk_pages, visitor


async def show(visit: Visit) -> web.StreamResponse:
    return web.Response(text=f"hello {visit.scope.name}")


async def take(visit: Visit) -> web.StreamResponse:
    return web.Response(text=visit.form.get("note", "-"))


async def hide(visit: Visit) -> web.StreamResponse:
    visit.scope.require("yug")
    return web.Response(text="seen")


ROUTES = (
    DeskRoute("GET", "/desk/accounts", show, Right.ACCOUNTS),
    DeskRoute("POST", "/desk/note", take, Right.CARDS_WRITE),
    DeskRoute("GET", "/desk/of-yug", hide, Right.CALLS_SEE),
)


@pytest.mark.parametrize("person", [None, *PEOPLE])
async def test_only_who_has_the_right_sees_a_page_and_others_are_not_told_that_it_is_there(
    person: str | None,
) -> None:
    async with desk_pages(ROUTES) as address, visitor(address, person) as client:
        async with client.get("/desk/accounts", allow_redirects=False) as answer:
            if person is None:
                assert answer.status == 401
            else:
                has_it = Right.ACCOUNTS in RIGHTS[PEOPLE[person].role]
                assert answer.status == (200 if has_it else 404)
        browser = {"Accept": "text/html"}
        async with client.get("/desk/accounts", headers=browser, allow_redirects=False) as answer:
            if person is None:
                assert (answer.status, answer.headers["Location"]) == (
                    303,
                    "/desk/sign-in?next=/desk/accounts",
                )


async def test_what_is_another_companys_is_not_there() -> None:
    async with desk_pages(ROUTES) as address:
        for person, status in (("yug", 200), ("sever", 404), ("supervisor", 200)):
            async with visitor(address, person) as client, client.get("/desk/of-yug") as answer:
                assert answer.status == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"X-CSRF": "wrong"}, 403),
        ({"X-CSRF": ""}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": "https://elsewhere.example"}, 403),
    ],
)
async def test_a_form_is_taken_from_our_own_page_only(headers: dict[str, str], status: int) -> None:
    async with (
        desk_pages(ROUTES) as address,
        visitor(address, "agent") as client,
        client.post("/desk/note", data={"note": " вода "}, headers=headers) as answer,
    ):
        assert answer.status == status
        if status == 200:
            assert await answer.text() == "вода"


async def test_every_answer_has_the_policy_and_is_not_kept() -> None:
    async with desk_pages(ROUTES) as address, visitor(address, "administrator") as client:
        for path in ("/desk/accounts", "/desk/nothing", "/healthz"):
            async with client.get(path) as answer:
                assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
                assert answer.headers["Cache-Control"] == "no-store"
                assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_route_stands_once_and_under_desk() -> None:
    one = DeskRoute("GET", "/desk/a", show, Right.NOTHING)
    with pytest.raises(ValueError, match="declared twice"):
        refuse_doubles((one, one))
    with pytest.raises(ValueError, match="not under /desk/"):
        refuse_doubles((DeskRoute("GET", "/a", show, Right.NOTHING),))


def test_nobody_may_what_needs_somebody() -> None:
    assert [right for right in Right if may(None, right)] == [Right.NOTHING]
    assert all(Right.SIGNED_IN in rights for rights in RIGHTS.values())
    assert set(RIGHTS) == set(Role)
    with pytest.raises(NotSeen):
        PEOPLE["sever"].require("yug")
