"""The door: who gets in, how, how often he may try, and what his browser is given."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pyotp
from sqlalchemy import select

from callengine.desk.people.tables import accounts, sessions
from tests.support.desk_doors import PASSWORD, doors, two_companies

NEW = "совсем другие слова"


async def test_a_link_sets_the_password_once_and_looking_at_it_uses_nothing_up(tmp_path: Path) -> None:
    async with doors(tmp_path) as desk, desk.browser() as browser:
        path = await desk.link(await desk.add("ivanova", "agent", agent="1001"))
        assert (await browser.get(path), await browser.get(path)) == (200, 200)
        assert "ivanova" not in browser.text
        assert await browser.post(path, {"password": "коротко", "again": "коротко"}) == 422
        assert "Короче 12 знаков" in browser.text
        assert await browser.post(path, {"password": NEW, "again": NEW + "!"}) == 422
        assert "не совпадают" in browser.text
        await browser.post(path, {"password": NEW, "again": NEW}, allow_redirects=False)
        assert (browser.status, browser.headers["Location"]) == (303, "/desk/sign-in?set=1")
        assert await browser.get(path) == 410
        assert await browser.post(path, {"password": PASSWORD, "again": PASSWORD}) == 410
        assert await browser.sign_in("ivanova", PASSWORD) == 422
        assert await browser.sign_in("IVANOVA", NEW) != 422
        assert desk.pages.parts.doorkeeper.cookie in browser.cookies()


async def test_a_link_ends_by_time_by_a_newer_one_and_with_the_account(tmp_path: Path) -> None:
    async with doors(tmp_path) as desk, desk.browser() as browser:
        account = await desk.add("ivanova", "agent", agent="1001")
        old, new = await desk.link(account), await desk.link(account)
        assert (await browser.get(old), await browser.get(new)) == (410, 200)
        desk.pass_time(timedelta(hours=49))
        assert await browser.get(new) == 410


async def test_wrong_links_are_slowed_by_address(tmp_path: Path) -> None:
    async with doors(tmp_path) as desk, desk.browser() as browser:
        found = [await browser.get(f"/desk/set-password/{n:043}") for n in range(25)]
        assert found == [410] * 20 + [429] * 5
        assert int(browser.headers["Retry-After"]) >= 1


async def test_the_session_is_new_at_every_sign_in_and_only_its_hash_is_kept(tmp_path: Path) -> None:
    """Session fixation: what a stranger put into the browser before opens nothing after."""
    async with doors(tmp_path) as desk:
        await desk.add("petrova", "supervisor")
        name = desk.pages.parts.doorkeeper.cookie
        planted = "planted-by-a-stranger-0123456789abcdefghijk"
        async with desk.browser(cookies={name: planted}) as browser:
            await browser.get("/desk/sign-in")
            await browser.post(
                "/desk/sign-in", {"name": "petrova", "password": PASSWORD}, allow_redirects=False
            )
            first = re.search(rf"{name}=([^;]+)", browser.headers["Set-Cookie"]).group(1)
        assert first != planted
        async with desk.browser() as other:
            await other.sign_in("petrova")
            assert other.cookies()[name] != first
        async with desk.database.reading() as connection:
            rows = (await connection.execute(select(sessions))).mappings().all()
        assert len(rows) == 2
        assert not any(first in str(value) for row in rows for value in row.values())


async def test_cookies_are_closed_to_scripts_other_sites_and_plain_http(tmp_path: Path) -> None:
    settings = two_companies(https=True, public_address="https://desk.example.ru")
    async with doors(tmp_path, settings) as desk, desk.browser() as browser:
        await desk.add("petrova", "supervisor")
        await browser.get("/desk/sign-in")
        door = browser.headers["Set-Cookie"]
        value = re.search(r"__Host-callengine-desk-door=([^;]+)", door).group(1)
        await browser.post(
            "/desk/sign-in",
            {"name": "petrova", "password": PASSWORD},
            headers={"Cookie": f"__Host-callengine-desk-door={value}"},
            allow_redirects=False,
        )
        session = browser.headers["Set-Cookie"]
        assert session.startswith("__Host-callengine-desk=")
        for cookie in (door, session):
            for flag in ("HttpOnly", "SameSite=Lax", "Secure", "Path=/"):
                assert flag in cookie
            assert "Domain" not in cookie


async def test_wrong_tries_are_slowed_by_account_the_same_for_names_that_there_are_not(
    tmp_path: Path,
) -> None:
    async with doors(tmp_path) as desk, desk.browser() as browser:
        await desk.add("petrova", "supervisor")
        answers = {}
        for name in ("petrova", "nobody"):
            await browser.get("/desk/sign-in")
            texts = []
            for _ in range(6):
                status = await browser.post("/desk/sign-in", {"name": name, "password": "wrong"})
                texts.append((status, re.sub(r'value="[^"]*"', "", browser.text)))
            answers[name] = texts
        assert answers["petrova"] == answers["nobody"]
        assert [status for status, _ in answers["petrova"]] == [422] * 5 + [429]
        assert 'value="nobody"' in browser.text
        # Even the right password waits now; a second later it is taken.
        assert await browser.post("/desk/sign-in", {"name": "petrova", "password": PASSWORD}) == 429
        desk.pass_time(timedelta(seconds=2))
        assert await browser.post("/desk/sign-in", {"name": "petrova", "password": PASSWORD}) != 429
        assert browser.path == "/desk/trail"


async def test_a_session_ends_idle_by_age_and_with_its_account(tmp_path: Path) -> None:
    settings = two_companies(session_idle_minutes=60, session_days=1)
    async with doors(tmp_path, settings) as desk, desk.browser() as browser:
        account = await desk.add("petrova", "supervisor")
        await browser.sign_in("petrova")
        for _ in range(20):
            desk.pass_time(timedelta(minutes=59))
            assert (await browser.get("/desk/me"), browser.path) == (200, "/desk/me")
        desk.pass_time(timedelta(minutes=61))
        await browser.get("/desk/me")
        assert browser.path == "/desk/sign-in"
        await browser.sign_in("petrova")
        for _ in range(24):
            desk.pass_time(timedelta(minutes=59))
            await browser.get("/desk/me")
        assert browser.path == "/desk/me"
        desk.pass_time(timedelta(minutes=59))
        await browser.get("/desk/me")
        assert browser.path == "/desk/sign-in"
        await browser.sign_in("petrova")
        async with desk.database.writing() as connection:
            await connection.execute(
                accounts.update().where(accounts.c.id == account).values(disabled_at=desk.clock[0])
            )
        await browser.get("/desk/me")
        assert browser.path == "/desk/sign-in"


async def test_a_role_that_must_have_a_second_factor_gets_one_before_it_gets_in(tmp_path: Path) -> None:
    async with doors(tmp_path, two_companies(second_factor=["administrator"])) as desk:
        await desk.add("admin2", "administrator")
        async with desk.browser() as browser:
            await browser.sign_in("admin2")
            assert browser.path == "/desk/sign-in/second-factor"
            await browser.get("/desk/me")
            assert browser.path == "/desk/sign-in"
            await browser.get("/desk/sign-in/second-factor")
            await browser.post("/desk/sign-in/second-factor")
            secret = re.search(r"<code>([A-Z2-7]+)</code>", browser.text).group(1)
            assert await browser.get("/desk/sign-in/second-factor.svg") == 200
            assert browser.headers["Content-Type"] == "image/svg+xml"
            await browser.get("/desk/sign-in/second-factor")
            assert await browser.post("/desk/sign-in/second-factor", {"code": "000000"}) == 422
            code = pyotp.TOTP(secret).at(desk.clock[0])
            assert await browser.post("/desk/sign-in/second-factor", {"code": code}) == 200
            recovery = re.findall(r"<code>([a-z2-9-]{19})</code>", browser.text)
            assert len(recovery) == 10
            await browser.get("/desk/me")
            assert browser.path == "/desk/me"
        async with desk.browser() as browser:
            await browser.sign_in("admin2")
            assert browser.path == "/desk/sign-in/code"
            # The code that was taken at enrolment opens nothing again, the next one does, once.
            assert await browser.post("/desk/sign-in/code", {"code": code}) == 422
            await browser.get("/desk/me")
            assert browser.path == "/desk/sign-in"
            desk.pass_time(timedelta(seconds=30))
            await browser.get("/desk/sign-in/code")
            await browser.post("/desk/sign-in/code", {"code": pyotp.TOTP(secret).at(desk.clock[0])})
            assert browser.path == "/desk/accounts"
        for code, ends_at in ((recovery[0], "/desk/accounts"), (recovery[0], "/desk/sign-in/code")):
            async with desk.browser() as browser:
                await browser.sign_in("admin2")
                await browser.post("/desk/sign-in/code", {"code": code.upper()})
                assert browser.path == ends_at


async def test_somebody_half_way_in_has_ten_minutes_and_few_tries(tmp_path: Path) -> None:
    async with doors(tmp_path) as desk, desk.browser() as browser:
        account = await desk.add("petrova", "supervisor")
        async with desk.database.writing() as connection:
            values = {"totp_secret": pyotp.random_base32()}
            await connection.execute(accounts.update().where(accounts.c.id == account).values(**values))
        await browser.sign_in("petrova")
        found = [await browser.post("/desk/sign-in/code", {"code": f"{n:06}"}) for n in range(8)]
        assert found.count(422) <= 5
        assert found[-1] == 429
        desk.pass_time(timedelta(minutes=11))
        await browser.get("/desk/sign-in/code")
        assert browser.path == "/desk/sign-in"


async def test_no_link_leads_from_the_door_to_another_site(tmp_path: Path) -> None:
    async with doors(tmp_path) as desk:
        await desk.add("petrova", "supervisor")
        for wanted, leads_to in (
            ("https://elsewhere.example/", "/desk/"),
            ("//elsewhere.example/desk/", "/desk/"),
            ("/desk//elsewhere.example", "/desk/"),
            ("/desk/me", "/desk/me"),
        ):
            async with desk.browser() as browser:
                await browser.get("/desk/sign-in", params={"next": wanted})
                fields = {"name": "petrova", "password": PASSWORD, "next": wanted}
                await browser.post("/desk/sign-in", fields, allow_redirects=False)
                assert browser.headers["Location"] == leads_to


async def test_only_names_that_are_ours_are_answered(tmp_path: Path) -> None:
    """DNS rebinding: a page of a stranger whose name points at this machine sends that name."""
    settings = two_companies(public_address="https://desk.example.ru")
    async with doors(tmp_path, settings) as desk, desk.browser() as browser:
        for host, status in (
            ("evil.example", 421),
            ("127.0.0.1.evil.example", 421),
            ("localhost.evil.example", 421),
            ("desk.example.ru.evil.example", 421),
            ("", 421),
            ("[", 421),
            ("localhost:8791", 200),
            ("[::1]:8791", 200),
            ("desk.example.ru", 200),
            ("DESK.example.ru:443", 200),
        ):
            assert await browser.get("/desk/sign-in", headers={"Host": host}) == status, host
        assert await browser.get("/metrics", headers={"Host": "evil.example"}) == 421
        assert await browser.get("/healthz", headers={"Host": "evil.example"}) == 200


async def test_a_name_for_files_has_nothing_but_files_and_no_other_name_has_them(tmp_path: Path) -> None:
    """What a stranger uploaded is never of the name whose cookies open the desk."""
    own = {"public_address": "https://desk.example.ru", "files_address": "https://files.example.ru"}
    settings = two_companies(**own)
    async with doors(tmp_path, settings, subjects=True) as desk, desk.browser() as browser:
        for path, host, status in (
            ("/desk/files/1-1-x/a.png", "files.example.ru", 404),
            ("/desk/files/1-1-x/a.png", "desk.example.ru", 421),
            ("/desk/files/1-1-x/a.png", "127.0.0.1", 421),
            ("/desk/sign-in", "files.example.ru", 421),
            ("/desk/sign-in", "desk.example.ru", 200),
        ):
            assert await browser.get(path, headers={"Host": host}) == status, (path, host)
        pictures = [
            part
            for part in browser.headers["Content-Security-Policy"].split("; ")
            if part.startswith("img-src")
        ]
        assert pictures == ["img-src 'self' https://files.example.ru"]


async def test_a_form_made_elsewhere_signs_nobody_in(tmp_path: Path) -> None:
    async with doors(tmp_path) as desk:
        await desk.add("petrova", "supervisor")
        async with desk.browser() as stranger, desk.browser() as victim:
            await stranger.get("/desk/sign-in")
            victim.text = stranger.text
            fields = {"name": "petrova", "password": PASSWORD}
            assert await victim.post("/desk/sign-in", fields) == 403
            await victim.get("/desk/sign-in")
            for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"}):
                assert await victim.post("/desk/sign-in", fields, headers=headers) == 403
