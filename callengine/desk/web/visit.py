"""One request by somebody known, or by nobody: what a page's handler is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from aiohttp import web
from multidict import MultiDict

from callengine.desk.people.rights import Right
from callengine.desk.people.scope import Scope
from callengine.platform.language import Language, texts_of


class Draws(Protocol):
    """Makes pages of templates."""

    def page(self, visit: Visit, template: str, values: Mapping[str, Any]) -> str:
        """The whole page."""

    def part(self, language: Language, template: str, values: Mapping[str, Any]) -> str:
        """A piece of a page, for a stream that patches it."""


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that is signed in."""

    id: str
    """Not the cookie: what the list of sessions calls it."""
    scope: Scope
    csrf: str
    """What every form carries."""
    language: Language
    is_program: bool = False
    """It came with a token of the desk's API instead of a cookie."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A request that the gate let through."""

    request: web.Request
    session: Session | None
    language: Language
    csrf: str
    """Of the session; before sign-in, of the form."""
    drawing: Draws
    sent: Mapping[str, str] | None = None
    """A form's fields, read and checked by the gate; None: the handler reads the body itself."""

    @property
    def scope(self) -> Scope:
        """Of whoever is signed in. Only for routes that need more than NOTHING."""
        if self.session is None:
            raise web.HTTPUnauthorized
        return self.session.scope

    def may(self, right: Right) -> bool:
        """Whether whoever looks has it: pages leave out what he cannot do."""
        return self.session is not None and self.session.scope.may(right)

    def texts(self, page: str) -> Mapping[str, str]:
        """Of a page, `desk.` before its name, in the visitor's language."""
        return texts_of(f"desk.{page}")[self.language]

    @property
    def form(self) -> Mapping[str, str]:
        """The fields that were sent, trimmed. A name sent twice has its last value; `many` gives all."""
        return self.sent if self.sent is not None else {}

    def many(self, name: str) -> list[str]:
        """All values of a field that may come several times."""
        return list(self.sent.getall(name, [])) if isinstance(self.sent, MultiDict) else []

    def page(self, template: str, *, status: int = 200, **values: Any) -> web.Response:
        """A template under web/templates, drawn for this visitor: `t` has its texts, named by the template's folder."""
        return web.Response(
            text=self.drawing.page(self, template, values), status=status, content_type="text/html"
        )

    def see_other(self, path: str) -> web.Response:
        """After a form that was taken: the browser goes on to a page. `path` is one of ours."""
        return web.Response(status=303, headers={"Location": path})

    def stale(self, back: str, changes: Sequence[tuple[str, str, str]] = ()) -> web.Response:
        """409: what the form was made of has changed. `changes`: a field's name, its value now, the one sent."""
        return self.page("stale.html", status=409, back=back, changes=changes)
