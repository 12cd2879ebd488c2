"""Pages of somebody who is not in yet: name and password, the code, the first second factor, a link from outside."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import quote

from aiohttp import web

from callengine.desk.accounts.parts import Parts
from callengine.desk.people.commands import set_password, set_second_factor
from callengine.desk.people.doors.known import Account
from callengine.desk.people.doors.links import find_link
from callengine.desk.people.doors.passwords import TooMany, weakness
from callengine.desk.people.doors.second_factor import new_totp_secret, picture, taken_step
from callengine.desk.people.doors.sessions import Stage, end_sessions, offer_totp
from callengine.desk.people.doors.signing_in import Let, Wait
from callengine.desk.people.rights import Right
from callengine.desk.web.drawing import Place
from callengine.desk.web.routes import DeskRoute
from callengine.desk.web.visit import Visit

_NEXT = re.compile(r"/desk/[\w/.~%?=&+-]{0,300}")
_ENROLMENT = "/desk/sign-in/second-factor"
_LINK, _SET = "/desk/set-password/{secret}", "accounts/set_password.html"


class SignInPages:
    """Its routes need no right: who comes is not known yet."""

    def __init__(self, parts: Parts, places: Sequence[Place]) -> None:
        self._parts = parts
        self._places = places

    def routes(self) -> tuple[DeskRoute, ...]:
        """All of them."""
        nothing, secret = Right.NOTHING, {"secret": "x" * 43}
        return (
            DeskRoute("GET", "/desk/", self.start, Right.SIGNED_IN),
            DeskRoute("GET", "/desk/sign-in", self.show_sign_in, nothing),
            DeskRoute("POST", "/desk/sign-in", self.sign_in, nothing),
            DeskRoute("POST", "/desk/sign-out", self.sign_out, Right.SIGNED_IN),
            DeskRoute("GET", "/desk/sign-in/code", self.show_code, nothing),
            DeskRoute("POST", "/desk/sign-in/code", self.take_code, nothing),
            DeskRoute("GET", _ENROLMENT, self.show_enrolment, nothing),
            DeskRoute("POST", _ENROLMENT, self.enrol, nothing),
            DeskRoute("GET", f"{_ENROLMENT}.svg", self.show_picture, nothing),
            DeskRoute("GET", _LINK, self.show_set_password, nothing, samples=secret),
            DeskRoute("POST", _LINK, self.set_password, nothing, samples=secret),
        )

    async def start(self, visit: Visit) -> web.Response:
        """The page that one of this role begins with."""
        first = next((one.path for one in self._places if visit.may(one.right)), "/desk/me")
        return visit.see_other(first)

    async def show_sign_in(self, visit: Visit) -> web.Response:
        """The form; who is in goes on."""
        wanted = safe_next(visit.request.query.get("next", ""))
        if visit.session is not None:
            return visit.see_other(wanted)
        done = "password_is_set" if "set" in visit.request.query else ""
        return visit.page(
            "accounts/sign_in.html", values={"name": "", "next": wanted}, errors={}, wait=0, done=done
        )

    async def sign_in(self, visit: Visit) -> web.Response:
        """Name and password."""
        name, wanted = visit.form.get("name", ""), safe_next(visit.form.get("next", ""))
        origin = self._parts.doorkeeper.origin(visit.request)
        try:
            found = await self._parts.signing_in.by_password(name, visit.form.get("password", ""), origin)
        except TooMany:
            found = Wait(5.0)
        if isinstance(found, Let):
            return self._let_in(visit, found, wanted)
        texts, values = visit.texts("accounts"), {"name": name[:60], "next": wanted}
        if isinstance(found, Wait):
            return _waiting(
                visit.page(
                    "accounts/sign_in.html", status=429, values=values, errors={}, wait=found.seconds, done=""
                ),
                found,
            )
        errors = {"password": texts["wrong_sign_in"]}
        return visit.page("accounts/sign_in.html", status=422, values=values, errors=errors, wait=0, done="")

    async def sign_out(self, visit: Visit) -> web.Response:
        """This browser's session is over."""
        if visit.session is not None and not visit.session.is_program:
            async with self._parts.database.writing() as connection:
                own = int(visit.session.id)
                ended = await end_sessions(connection, self._parts.now(), visit.scope.name, session_id=own)
            self._parts.cut(visit, tuple(ended))
        response = visit.see_other("/desk/sign-in")
        self._parts.doorkeeper.let_out(response)
        return response

    async def show_code(self, visit: Visit) -> web.Response:
        """Where the code is typed."""
        if await self._parts.doorkeeper.half(visit.request, Stage.SECOND_FACTOR) is None:
            return visit.see_other("/desk/sign-in")
        wanted = safe_next(visit.request.query.get("next", ""))
        return visit.page("accounts/code.html", values={"next": wanted}, errors={}, wait=0)

    async def take_code(self, visit: Visit) -> web.Response:
        """The code, or one for who lost his telephone."""
        half = await self._parts.doorkeeper.half(visit.request, Stage.SECOND_FACTOR)
        if half is None:
            return visit.see_other("/desk/sign-in")
        wanted = safe_next(visit.form.get("next", ""))
        origin = self._parts.doorkeeper.origin(visit.request)
        found = await self._parts.signing_in.by_code(half, visit.form.get("code", ""), origin)
        if isinstance(found, Let):
            return self._let_in(visit, found, wanted)
        values = {"next": wanted}
        if isinstance(found, Wait):
            page = visit.page("accounts/code.html", status=429, values=values, errors={}, wait=found.seconds)
            return _waiting(page, found)
        errors = {"code": visit.texts("accounts")["wrong_code"]}
        return visit.page("accounts/code.html", status=422, values=values, errors=errors, wait=0)

    async def show_enrolment(self, visit: Visit) -> web.Response:
        """His role wants a second factor; here he gets it."""
        half = await self._parts.doorkeeper.half(visit.request, Stage.ENROLMENT)
        if half is None:
            return visit.see_other("/desk/sign-in")
        return visit.page("accounts/enrolment.html", secret=half.offered_totp, action=_ENROLMENT, errors={})

    async def enrol(self, visit: Visit) -> web.Response:
        """First a secret is offered, then confirmed with its code."""
        half = await self._parts.doorkeeper.half(visit.request, Stage.ENROLMENT)
        if half is None or half.account.totp_secret is not None:
            return visit.see_other("/desk/sign-in")
        if half.offered_totp is None:
            async with self._parts.database.writing() as connection:
                await offer_totp(connection, half.id, new_totp_secret())
            return visit.see_other(_ENROLMENT)
        at = self._parts.now()
        step = taken_step(half.offered_totp, visit.form.get("code", ""), at, None)
        if step is None:
            errors = {"code": visit.texts("accounts")["wrong_code"]}
            return visit.page(
                "accounts/enrolment.html",
                status=422,
                secret=half.offered_totp,
                action=_ENROLMENT,
                errors=errors,
            )
        account, origin = half.account, self._parts.doorkeeper.origin(visit.request)
        async with self._parts.database.writing() as connection:
            codes = await set_second_factor(
                connection, account.scope, at, account.id, half.offered_totp, step
            )
            let = await self._parts.signing_in.after_enrolment(connection, half, origin, at)
        response = visit.page("accounts/recovery_codes.html", codes=codes, onward="/desk/")
        self._parts.doorkeeper.let_in(response, let)
        return response

    async def show_picture(self, visit: Visit) -> web.Response:
        """The QR code of the secret that this browser is offered."""
        half = await self._parts.doorkeeper.half(visit.request, Stage.ENROLMENT)
        if half is None or half.offered_totp is None:
            raise web.HTTPNotFound
        return web.Response(body=picture(half.offered_totp, half.account.name), content_type="image/svg+xml")

    async def show_set_password(self, visit: Visit) -> web.Response:
        """A page with a form; looking at it uses nothing up, and it names nobody."""
        account = await self._of_link(visit)
        secret = visit.request.match_info["secret"] if account is not None else ""
        return visit.page(_SET, status=200 if secret else 410, errors={}, secret=secret)

    async def set_password(self, visit: Visit) -> web.Response:
        """The link is used, once."""
        account, secret = await self._of_link(visit), visit.request.match_info["secret"]
        if account is None:
            return visit.page(_SET, status=410, errors={}, secret="")
        password = visit.form.get("password", "")
        errors = password_errors(visit, password, visit.form.get("again", ""), account.name)
        if errors:
            return visit.page(_SET, status=422, errors=errors, secret=secret)
        hashed, at = await self._parts.passwords.hashed(password), self._parts.now()
        async with self._parts.database.writing() as connection:
            still = await find_link(connection, at, secret)
            if still is None:
                return visit.page(_SET, status=410, errors={}, secret="")
            done = await set_password(connection, still.scope, at, still.id, hashed)
        self._parts.cut(visit, done.ended)
        return visit.see_other("/desk/sign-in?set=1")

    async def _of_link(self, visit: Visit) -> Account | None:
        """Whose password may be set; wrong links are slowed by address. Raises HTTPTooManyRequests."""
        address = self._parts.doorkeeper.origin(visit.request).address
        if wait := self._parts.signing_in.wait_seconds("", address):
            raise web.HTTPTooManyRequests(
                text="too many wrong links\n", headers={"Retry-After": str(int(wait) + 1)}
            )
        async with self._parts.database.reading() as connection:
            found = await find_link(connection, self._parts.now(), visit.request.match_info["secret"])
        if found is None:
            self._parts.signing_in.note_wrong("", address)
        return found

    def _let_in(self, visit: Visit, let: Let, wanted: str) -> web.Response:
        onward = {
            Stage.WHOLE: wanted,
            Stage.SECOND_FACTOR: f"/desk/sign-in/code?next={quote(wanted, safe='/')}",
            Stage.ENROLMENT: _ENROLMENT,
        }[let.stage]
        response = visit.see_other(onward)
        self._parts.doorkeeper.let_in(response, let)
        return response


def safe_next(wanted: str) -> str:
    """Only to a page of the desk: a link made elsewhere must not lead on to a stranger's site."""
    return wanted if _NEXT.fullmatch(wanted) and "//" not in wanted and ".." not in wanted else "/desk/"


def password_errors(visit: Visit, password: str, again: str, name: str) -> dict[str, str]:
    """What is wrong with a password typed twice, by field."""
    texts, weak = visit.texts("accounts"), weakness(password, name)
    if weak is not None:
        return {"password": texts[weak]}
    return {} if password == again else {"again": texts["password_differs"]}


def _waiting(page: web.Response, wait: Wait) -> web.Response:
    page.headers["Retry-After"] = str(int(wait.seconds) + 1)
    return page
