"""Off loopback nobody sees anything without a token; with one, what its role may see."""

from __future__ import annotations

import asyncio
import io
import os
import re
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from yarl import URL

from callengine.http.auth.middleware import Gate
from callengine.http.auth.rate_limit import TRIES, WINDOW_SECONDS, Tries
from callengine.http.auth.sessions import Sessions, session_key
from callengine.http.auth.tokens import PREFIX, Role, TokenError, TokenFile, digest_of
from callengine.http.server import HttpServer
from callengine.platform.logs import configure_logging
from tests.unit.callengine.http.test_http_server import some_metrics

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
PAGE = {"Accept": "text/html"}


class Clock:
    def __init__(self) -> None:
        self.time = NOON

    def now(self) -> datetime:
        return self.time


class Guarded:
    """A server behind the gate, and what a test has at hand."""

    def __init__(self, folder: Path) -> None:
        self.clock = Clock()
        self.file = TokenFile(folder / "callengine.tokens")
        self.tokens = {role: self.file.add(role.value, role, NOON) for role in Role}
        self.sessions = Sessions(session_key(folder / "key"), timedelta(days=90))
        self.log = io.StringIO()

    @asynccontextmanager
    async def served(
        self, *, wanted: bool = True, https: bool = False
    ) -> AsyncIterator[aiohttp.ClientSession]:
        configure_logging(level="info", as_json=True, now=self.clock.now, stream=self.log)
        gate = Gate(self.file, self.sessions, wanted=wanted, https=https, language="ru", now=self.clock.now)
        server = HttpServer("127.0.0.1", 0, some_metrics(), dict, gate=gate)
        await server.start()
        try:
            jar = aiohttp.CookieJar(unsafe=True)
            async with aiohttp.ClientSession(f"http://127.0.0.1:{server.port}", cookie_jar=jar) as client:
                yield client
        finally:
            await server.stop()


@pytest.fixture
def guarded(tmp_path: Path) -> Guarded:
    return Guarded(tmp_path)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def sign_in(client: aiohttp.ClientSession, token: str, **headers: str) -> aiohttp.ClientResponse:
    async with client.post(
        "/sign-in", data={"token": token}, headers=headers, allow_redirects=False
    ) as answer:
        await answer.read()
        return answer


PATHS = [
    "/metrics",
    "/readyz",
    "/api/v1/callbacks",
    "/wallboard",
    "/wallboard/board.css",
    "/sign-out",
    "/",
    "/no",
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("header", [{}, bearer("wrong"), bearer(""), {"Authorization": "Basic eDp5"}])
async def test_without_a_token_nothing_is_told_not_even_what_there_is(
    guarded: Guarded, path: str, header: dict[str, str]
) -> None:
    async with guarded.served() as client, client.get(path, headers=header) as answer:
        assert answer.status == 401
        assert "callengine_" not in await answer.text()


async def test_only_that_the_process_lives_is_told_to_everybody(guarded: Guarded) -> None:
    async with guarded.served() as client, client.get("/healthz") as answer:
        assert (answer.status, await answer.json()) == (200, {"alive": True})


async def test_prometheus_sends_its_token_as_bearer_and_sees_metrics_only(guarded: Guarded) -> None:
    header = bearer(guarded.tokens[Role.METRICS])
    async with guarded.served() as client:
        async with client.get("/metrics", headers=header) as answer:
            assert answer.status == 200
        for path in ("/api/v1/callbacks", "/wallboard"):
            async with client.get(path, headers=header) as answer:
                assert answer.status == 403


async def test_a_board_sees_the_board_only_and_who_looks_sees_all(guarded: Guarded) -> None:
    async with guarded.served() as client:
        for role, seen in ((Role.WALLBOARD, 403), (Role.LOOK, 200)):
            async with client.get("/metrics", headers=bearer(guarded.tokens[role])) as answer:
                assert answer.status == seen


async def test_a_browser_exchanges_its_token_for_a_cookie_that_scripts_and_other_sites_cannot_use(
    guarded: Guarded,
) -> None:
    token = guarded.tokens[Role.LOOK]
    async with guarded.served() as client:
        async with client.get("/wallboard?queue=general", headers=PAGE) as answer:
            page = await answer.text()
            assert answer.status == 401
            assert 'value="/wallboard?queue=general"' in page
            assert "script" not in answer.headers["Content-Security-Policy"]
        answer = await sign_in(client, token)
        assert (answer.status, answer.headers["Location"]) == (303, "/wallboard")
        cookie = answer.headers["Set-Cookie"]
        assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(cookie.split("; "))
        assert token not in cookie
        assert digest_of(token) not in cookie
        async with client.get("/readyz") as answer:
            assert answer.status == 200


async def test_behind_https_the_cookie_is_sent_over_https_only(guarded: Guarded) -> None:
    async with guarded.served(https=True) as client:
        answer = await sign_in(client, guarded.tokens[Role.LOOK])
        cookie = answer.headers["Set-Cookie"]
        assert "Secure" in cookie.split("; ")
        assert cookie.startswith("__Host-")


async def test_a_session_ends_by_time_by_revoking_by_signing_out_and_by_any_changed_letter(
    guarded: Guarded,
) -> None:
    async def status(client: aiohttp.ClientSession) -> int:
        async with client.get("/readyz") as answer:
            return answer.status

    async with guarded.served() as client:
        await sign_in(client, guarded.tokens[Role.LOOK])
        assert await status(client) == 200
        guarded.clock.time += timedelta(days=91)
        assert await status(client) == 401
        guarded.clock.time = NOON
        [cookie] = [one for one in client.cookie_jar if one.key == "callengine"]
        name, ends, signature = cookie.value.split(":")
        forged = (
            f"{name}:{int(ends) + 1}:{signature}",
            f"{name}:{ends}:{signature[:-1]}{'A' if signature[-1] != 'A' else 'B'}",
            f"metrics:{ends}:{signature}",
            f"{name}:{ends}:",
            f"{name}:{'9' * 400}:{signature}",
            "::",
            "я:1:я",
        )
        for value in forged:
            client.cookie_jar.update_cookies({"callengine": value}, URL(client._base_url))
            assert await status(client) == 401, value
        await sign_in(client, guarded.tokens[Role.LOOK])
        assert await status(client) == 200
        async with client.post("/sign-out", allow_redirects=False) as answer:
            assert answer.status == 303
        assert await status(client) == 401
        await sign_in(client, guarded.tokens[Role.LOOK])
        TokenFile(guarded.file.path).revoke("look")  # By another process: the command.
        assert await status(client) == 401
        TokenFile(guarded.file.path).add("look", Role.LOOK, NOON)
        assert await status(client) == 401  # Another token of the same name.


async def test_a_board_that_is_on_day_and_night_never_signs_in_again(guarded: Guarded) -> None:
    async with guarded.served() as client:
        await sign_in(client, guarded.tokens[Role.LOOK])
        for _ in range(4):
            guarded.clock.time += timedelta(days=60)
            async with client.get("/readyz") as answer:
                assert answer.status == 200
                assert "callengine=" in answer.headers["Set-Cookie"]


async def test_a_form_on_another_site_signs_nobody_in_or_out(guarded: Guarded) -> None:
    strangers = ({"Origin": "http://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"})
    async with guarded.served() as client:
        for header in strangers:
            assert (await sign_in(client, guarded.tokens[Role.LOOK], **header)).status == 403
        await sign_in(client, guarded.tokens[Role.LOOK], **{"Sec-Fetch-Site": "same-origin"})
        for header in strangers:
            async with client.post("/sign-out", headers=header) as answer:
                assert answer.status == 403


@pytest.mark.parametrize(
    "wanted",
    [
        "//evil.example",
        "https://evil.example/wallboard",
        "/wallboard/../metrics",
        "/wallboard?x=\r\nSet-Cookie: a=b",
        "",
    ],
)
async def test_signing_in_leads_to_the_board_and_nowhere_else(guarded: Guarded, wanted: str) -> None:
    async with guarded.served() as client:
        form = {"token": guarded.tokens[Role.LOOK], "next": wanted}
        async with client.post("/sign-in", data=form, allow_redirects=False) as answer:
            assert answer.headers["Location"] == "/wallboard"


async def test_wrong_tokens_are_refused_ever_more_shortly_but_nobody_is_locked_out(guarded: Guarded) -> None:
    async with guarded.served() as client:
        statuses = [(await sign_in(client, "cet_guess")).status for _ in range(TRIES + 3)]
        assert statuses == [401] * TRIES + [429] * 3
        async with client.get("/metrics", headers=bearer("cet_guess")) as answer:
            assert answer.status == 429
            assert 0 < int(answer.headers["Retry-After"]) <= WINDOW_SECONDS + 1
        assert (await sign_in(client, guarded.tokens[Role.LOOK])).status == 303
    assert guarded.log.getvalue().count("auth_token_rejected") == TRIES


def test_tries_are_forgotten_after_a_while_and_never_fill_the_memory() -> None:
    tries = Tries()
    for _ in range(TRIES):
        tries.note_wrong("a", 0.0)
    assert tries.wait_seconds("a", 1.0) == WINDOW_SECONDS - 1
    assert tries.wait_seconds("a", WINDOW_SECONDS) == 0
    for number in range(5000):
        tries.note_wrong(str(number), 2.0)
    assert len(tries._wrong) == 1000


async def test_no_token_is_ever_logged_or_shown(guarded: Guarded) -> None:
    guess = PREFIX + "guess-that-must-not-appear"
    async with guarded.served() as client:
        async with client.post("/sign-in", data={"token": guess}) as answer:
            assert guess not in await answer.text()
        async with client.get(f"/metrics?token={guarded.tokens[Role.LOOK]}") as answer:
            assert answer.status == 401  # Never from an address: those are logged everywhere.
        await sign_in(client, guarded.tokens[Role.LOOK])
    told = guarded.log.getvalue() + guarded.file.path.read_text()
    assert "auth_token_rejected" in told
    assert not [token for token in (guess, *guarded.tokens.values()) if token in told]


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "", "127.0.0.1.evil.example", "[::1", "10.0.0.1"]
)
async def test_on_loopback_a_strangers_name_for_this_machine_is_refused(guarded: Guarded, host: str) -> None:
    async with guarded.served(wanted=False) as client:
        async with client.get("/metrics", headers={"Host": host}) as answer:
            assert answer.status in {400, 421}
        async with client.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"}) as answer:
            assert answer.status == 421
            assert "always" in await answer.text()
        for own in ("localhost:8790", "127.0.0.1", "[::1]:8088"):
            async with client.get("/metrics", headers={"Host": own}) as answer:
                assert answer.status == 200


async def test_a_body_that_is_too_large_or_no_form_is_refused(guarded: Guarded) -> None:
    async with guarded.served() as client:
        async with client.post("/sign-in", data={"token": "x" * 100_000}) as answer:
            assert answer.status == 413
        async with client.post("/sign-in", json={"token": guarded.tokens[Role.LOOK]}) as answer:
            assert answer.status == 415


async def test_a_page_shown_to_a_stranger_holds_nothing_he_sent_as_markup(guarded: Guarded) -> None:
    async with guarded.served() as client:
        async with client.get('/wallboard?queue="><script>alert(1)</script>', headers=PAGE) as answer:
            page = await answer.text()
            assert answer.status == 401
            assert "<script" not in page
        async with client.post("/sign-in?lang=<b>", data={"next": '"><b>', "token": "<b>"}) as answer:
            assert "<b>" not in await answer.text()


def test_a_tokens_file_holds_digests_and_is_its_owners_alone(guarded: Guarded) -> None:
    text = guarded.file.path.read_text()
    assert stat.S_IMODE(guarded.file.path.stat().st_mode) == 0o600
    for token in guarded.tokens.values():
        assert token.startswith(PREFIX)
        assert len(token) >= 40
        assert token not in text
        assert digest_of(token) in text
    with pytest.raises(TokenError, match="already"):
        guarded.file.add("look", Role.LOOK, NOON)
    with pytest.raises(TokenError, match="letters"):
        guarded.file.add("a b", Role.LOOK, NOON)
    with pytest.raises(TokenError, match="token list"):
        guarded.file.revoke("nobody")


def test_a_damaged_tokens_file_is_told_by_its_line_without_its_content(tmp_path: Path) -> None:
    path = tmp_path / "tokens"
    path.write_text("# fine\n\ncet_somebody-pasted-the-token-itself\n")
    with pytest.raises(TokenError, match="line 3") as told:
        TokenFile(path).tokens()
    assert "pasted" not in str(told.value)


async def test_a_damaged_tokens_file_lets_nobody_in(guarded: Guarded) -> None:
    async with guarded.served() as client:
        await sign_in(client, guarded.tokens[Role.LOOK])
        guarded.file.path.write_text("look look\n")
        async with client.get("/metrics") as answer:
            assert answer.status == 401
        async with client.get("/metrics", headers=bearer(guarded.tokens[Role.LOOK])) as answer:
            assert answer.status == 503


def test_the_key_of_the_sessions_survives_a_restart_and_is_the_owners_alone(tmp_path: Path) -> None:
    key = session_key(tmp_path / "key")
    assert session_key(tmp_path / "key") == key
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    (tmp_path / "key").write_bytes(b"short")
    with pytest.raises(TokenError, match="delete it"):
        session_key(tmp_path / "key")


def test_tokens_and_cookies_are_compared_in_constant_time() -> None:
    """The comparisons that decide are hmac.compare_digest; there is no other one of a secret."""
    folder = Path("callengine/http/auth")
    for name, count in (("tokens.py", 1), ("sessions.py", 1)):
        text = (folder / name).read_text(encoding="utf-8")
        assert text.count("hmac.compare_digest(") == count
        assert not re.search(r"(digest|signature|token)\s*==", text)


def test_a_tokens_file_belongs_to_whom_its_folder_belongs_also_when_root_writes_it(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        os.chown(tmp_path, 65534, 65534)
    file = TokenFile(tmp_path / "tokens")
    file.add("tv", Role.WALLBOARD, NOON)
    owner, folder = file.path.stat(), tmp_path.stat()
    assert (owner.st_uid, owner.st_gid) == (folder.st_uid, folder.st_gid)


async def test_the_bare_address_which_leads_to_the_board_is_for_whoever_may_see_the_board(
    guarded: Guarded,
) -> None:
    async with guarded.served() as client:
        for role, status in ((Role.WALLBOARD, 404), (Role.LOOK, 404), (Role.METRICS, 403)):
            async with client.get("/", headers=bearer(guarded.tokens[role])) as answer:
                assert answer.status == status, "this server has no board, so who may see it finds nothing"


_FORM = "Content-Type: application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (f"{_FORM}; charset=nonsense", b"token=abc"),
        (f"{_FORM}; charset=utf-16", b"token=abc"),
        (_FORM, b"token=\xff\xfe\xfd"),
        (f"{_FORM}\r\nContent-Encoding: gzip", b"no gzip"),
        (f"{_FORM}\r\nContent-Encoding: deflate", b"no deflate"),
    ],
)
async def test_a_form_that_cannot_be_read_is_refused_without_a_word_in_the_log(
    head: str, body: bytes, guarded: Guarded
) -> None:
    async with guarded.served() as client:
        port = client._base_url.port
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        start = f"POST /sign-in HTTP/1.1\r\nHost: x\r\n{head}\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(start.encode() + body)
        async with asyncio.timeout(10):
            assert (await reader.read()).split(b" ")[1] == b"400"
        writer.close()
    assert guarded.log.getvalue() == ""
