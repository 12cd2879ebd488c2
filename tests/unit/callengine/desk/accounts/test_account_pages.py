"""Accounts, sessions, tokens of programs and the trail, as an administrator and a supervisor use them."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import aiohttp
from sqlalchemy import select

from callengine.desk.people.tables import accounts, trail
from tests.support.desk_doors import PASSWORD, doors, two_companies


async def test_an_administrator_adds_an_account_and_every_mistake_stands_beside_its_field(
    tmp_path: Path,
) -> None:
    async with doors(tmp_path) as desk, desk.browser() as admin, desk.browser() as new:
        await desk.add("root", "administrator")
        await desk.add("petrova", "agent", agent="1002")
        await admin.sign_in("root")
        assert admin.path == "/desk/accounts"
        await admin.get("/desk/accounts/new")
        for fields, said in (
            ({"name": "a b", "role": "editor"}, "без пробелов"),
            ({"name": "PETROVA", "role": "editor"}, "Такое имя уже есть"),
            ({"name": "new", "role": "agent"}, "нужен оператор"),
            ({"name": "new", "role": "agent", "agent": "1002"}, "уже другая запись"),
            ({"name": "new", "role": "agent", "agent": "9999"}, "нет"),
            ({"name": "new", "role": "company"}, "хотя бы одну"),
            ({"name": "new", "role": "company", "companies": "elsewhere"}, "нет"),
            ({"name": "new", "role": "owner"}, "из списка"),
        ):
            assert await admin.post("/desk/accounts", fields) == 422
            assert said in re.search(r'class="wrong"[^>]*>([^<]*)<', admin.text).group(1)
            assert f'value="{fields["name"]}"' in admin.text
        fields = {"name": "sever", "role": "company", "companies": "sever", "full_name": "УК Север"}
        assert await admin.post("/desk/accounts", fields) == 200
        link = re.search(r"<code>http://[^/]+(/desk/set-password/[^<]+)</code>", admin.text).group(1)
        await new.get(link)
        await new.post(link, {"password": PASSWORD, "again": PASSWORD})
        await new.sign_in("sever")
        assert await new.get("/desk/accounts") == 404
        await admin.get("/desk/trail?kind=account&action=made")
        assert "УК Север" in admin.text


async def test_a_stale_form_is_refused_with_what_changed_meanwhile(tmp_path: Path) -> None:
    async with doors(tmp_path) as desk, desk.browser() as one, desk.browser() as other:
        await desk.add("root", "administrator")
        account = await desk.add("petrova", "editor")
        for browser in (one, other):
            await browser.sign_in("root")
            await browser.get(f"/desk/accounts/{account}")
        fields = {"name": "petrova", "role": "editor", "version": "1"}
        await one.post(f"/desk/accounts/{account}", {**fields, "full_name": "Петрова А."})
        assert "Сохранено" in one.text
        assert await other.post(f"/desk/accounts/{account}", {**fields, "full_name": "Иная"}) == 409
        assert "Петрова А." in other.text
        assert "Иная" in other.text


async def test_whose_rights_change_or_who_is_disabled_is_out_at_once(tmp_path: Path) -> None:
    async with doors(tmp_path) as desk, desk.browser() as admin, desk.browser() as person:
        await desk.add("root", "administrator")
        account = await desk.add("petrova", "supervisor")
        await admin.sign_in("root")
        await person.sign_in("petrova")
        await admin.get(f"/desk/accounts/{account}")
        await admin.post(f"/desk/accounts/{account}", {"name": "petrova", "role": "editor", "version": "1"})
        await person.get("/desk/me")
        assert person.path == "/desk/sign-in"
        await person.sign_in("petrova")
        await admin.post(f"/desk/accounts/{account}/disable")
        await person.get("/desk/me")
        assert person.path == "/desk/sign-in"
        assert await person.sign_in("petrova") == 422


async def test_sessions_are_listed_and_ended_by_their_owner_and_by_a_supervisor(tmp_path: Path) -> None:
    async with (
        doors(tmp_path) as desk,
        desk.browser() as one,
        desk.browser() as other,
        desk.browser() as boss,
    ):
        await desk.add("petrova", "editor")
        await desk.add("boss", "supervisor")
        await one.sign_in("petrova")
        await other.sign_in("petrova")
        await boss.sign_in("boss")
        await one.get("/desk/me")
        (path,) = re.findall(r'action="(/desk/me/sessions/\d+/end)"', one.text)
        assert await boss.post(path.replace(re.search(r"\d+", path).group(), "999")) == 404
        await one.post(path)
        await other.get("/desk/me")
        assert other.path == "/desk/sign-in"
        await boss.get("/desk/sessions")
        (path,) = re.findall(r'action="(/desk/sessions/\d+/end)"', boss.text)
        await boss.post(path)
        await one.get("/desk/me")
        assert one.path == "/desk/sign-in"
        async with desk.database.reading() as connection:
            actions = (await connection.execute(select(trail.c.action, trail.c.account_name))).all()
        assert ("session ended", "boss") in [tuple(row) for row in actions]


async def test_nobody_ends_a_session_that_is_not_his(tmp_path: Path) -> None:
    async with doors(tmp_path) as desk, desk.browser() as one, desk.browser() as stranger:
        await desk.add("petrova", "editor")
        await desk.add("sever", "company", companies=("sever",))
        await one.sign_in("petrova")
        await stranger.sign_in("sever")
        await stranger.get("/desk/me")
        for n in range(1, 6):
            await stranger.post(f"/desk/me/sessions/{n}/end", allow_redirects=False)
        assert (await one.get("/desk/me"), one.path) == (200, "/desk/me")


async def test_a_program_has_a_token_shown_once_with_some_rights_of_a_role(tmp_path: Path) -> None:
    async with (
        doors(tmp_path) as desk,
        desk.browser() as admin,
        aiohttp.ClientSession(desk.address) as program,
    ):
        await desk.add("root", "administrator")
        await admin.sign_in("root")
        await admin.get("/desk/tokens?role=company")
        fields = {"name": "crm", "role": "company", "days": "30", "rights": "calls_see"}
        assert await admin.post("/desk/tokens", fields) == 422
        assert "хотя бы одну компанию" in admin.text
        assert await admin.post("/desk/tokens", {**fields, "companies": "sever", "rights": "accounts"}) == 422
        assert await admin.post("/desk/tokens", {**fields, "companies": "sever"}) == 200
        token = re.search(r"<code>(cedesk_[^<]+)</code>", admin.text).group(1)
        await admin.get("/desk/tokens")
        assert token not in admin.text
        bearer = {"Authorization": f"Bearer {token}"}

        async def me(headers: dict[str, str]) -> tuple[int, dict[str, object]]:
            async with program.get("/desk/api/v1/me", headers=headers) as answer:
                return answer.status, await answer.json() if answer.status == 200 else {}

        status, told = await me(bearer)
        assert status == 200
        assert told["companies"] == ["sever"]
        assert told["rights"] == ["calls_see", "nothing", "signed_in"]
        async with program.get("/desk/me", headers=bearer) as answer:
            assert answer.status == 401
        assert (await me({}))[0] == 401
        desk.pass_time(timedelta(days=31))
        assert (await me(bearer))[0] == 401
        desk.pass_time(timedelta(days=-31))
        assert (await me(bearer))[0] == 200
        await admin.get("/desk/tokens")
        await admin.post(re.search(r'action="(/desk/tokens/\d+/revoke)"', admin.text).group(1))
        assert (await me(bearer))[0] == 401
        found = [(await me({"Authorization": f"Bearer cedesk_{n:043}"}))[0] for n in range(25)]
        assert 429 in found


async def test_the_engines_tokens_open_nothing_here(tmp_path: Path) -> None:
    """Desk and engine use different cookies, and neither takes the other's."""
    async with doors(tmp_path) as desk, desk.browser() as browser:
        await desk.add("root", "administrator")
        await browser.sign_in("root")
        secret = browser.cookies()["callengine-desk"]
        async with desk.browser(cookies={"callengine": secret, "__Host-callengine": secret}) as other:
            await other.get("/desk/me")
            assert other.path == "/desk/sign-in"


async def test_one_changes_his_password_with_the_present_one_and_other_browsers_are_out(
    tmp_path: Path,
) -> None:
    async with doors(tmp_path) as desk, desk.browser() as one, desk.browser() as other:
        await desk.add("petrova", "editor")
        await one.sign_in("petrova")
        await other.sign_in("petrova")
        await one.get("/desk/me")
        new = "новые слова для входа"
        wrong = {"old": "неверный пароль", "password": new, "again": new}
        assert await one.post("/desk/me/password", wrong) == 422
        assert "Нынешний пароль неверен" in one.text
        await one.post("/desk/me/password", {**wrong, "old": PASSWORD})
        assert "Пароль изменён" in one.text
        await other.get("/desk/me")
        assert other.path == "/desk/sign-in"
        assert await other.sign_in("petrova", new) == 200


async def test_the_trail_is_searched_by_who_what_and_day(tmp_path: Path) -> None:
    async with doors(tmp_path) as desk, desk.browser() as boss:
        await desk.add("boss", "supervisor")
        await boss.sign_in("boss")
        assert await boss.get("/desk/trail?who=boss&since=2026-11-23&until=2026-11-23") == 200
        assert "signed in" in boss.text
        await boss.get("/desk/trail?since=2026-11-24")
        assert "Ничего не найдено" in boss.text
        assert await boss.get("/desk/trail?since=24.11.2026") == 422
        assert 'value="24.11.2026"' in boss.text
        async with desk.database.reading() as connection:
            assert await connection.scalar(select(accounts.c.name)) == "boss"


async def test_who_must_have_a_second_factor_cannot_drop_it(tmp_path: Path) -> None:
    async with doors(tmp_path, two_companies(second_factor=["supervisor"])) as desk, desk.browser() as one:
        await desk.add("petrova", "editor")
        await one.sign_in("petrova")
        await one.get("/desk/me/second-factor")
        await one.post("/desk/me/second-factor")
        assert re.search(r"<code>[A-Z2-7]{32}</code>", one.text)
        assert await one.get("/desk/me/second-factor.svg") == 200
        await one.get("/desk/me")
        assert await one.post("/desk/me/second-factor/drop") == 200
