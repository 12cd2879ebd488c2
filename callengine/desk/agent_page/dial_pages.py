"""Calling somebody of the directory: the agent's own phone rings first, the purpose stays in the history."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from aiohttp import web

from callengine.desk.agent_page.asking import DIAL, Asked, is_client_id
from callengine.desk.agent_page.parts import Parts
from callengine.desk.agent_page.pops.pop import shown_number
from callengine.desk.directory.typed.phones import read_phone
from callengine.desk.people.rights import Right
from callengine.desk.web.routes import DeskRoute
from callengine.desk.web.visit import Visit


class DialPages:
    """Handlers."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def routes(self) -> tuple[DeskRoute, ...]:
        """All of them."""
        return (
            DeskRoute("GET", "/desk/work/dial", self.form, Right.AGENT_PAGE),
            DeskRoute("POST", "/desk/work/dial", self.dial, Right.AGENT_PAGE),
        )

    async def form(self, visit: Visit) -> web.Response:
        """`?number=…&company=…` fills it in: the directory's pages lead here."""
        query = visit.request.query
        values = {name: query.get(name, "")[:200] for name in ("company", "number", "purpose")}
        return self._show(visit, values, {})

    async def dial(self, visit: Visit) -> web.Response:
        """Ask the engine. Its own rules say whether the number may be dialled (law 5)."""
        form, agent = visit.form, visit.scope.agent
        texts, commands = visit.texts("work"), self._parts.commands
        if agent is None or commands is None:
            raise web.HTTPServiceUnavailable(text="there is no way to the engine\n")
        company, purpose = form.get("company", ""), form.get("purpose", "")[:200]
        number = read_phone(form.get("number", "")).e164
        errors = {}
        if company not in self._companies(visit):
            errors["company"] = texts["company_wrong"]
        if number is None:
            errors["number"] = texts["number_wrong"]
        if not purpose:
            errors["purpose"] = texts["purpose_wrong"]
        if errors or number is None:
            return self._show(visit, form, errors)
        client_id = form.get("client_id", "")
        if not is_client_id(client_id):
            raise web.HTTPBadRequest(text="load the page anew\n")
        await commands.ask(visit.scope, Asked(client_id, DIAL, agent, purpose, company, number))
        return self._show(visit, {}, {}, done=texts["dial_asked"].format(number=shown_number(number)))

    def _show(
        self, visit: Visit, values: Mapping[str, str], errors: Mapping[str, str], done: str = ""
    ) -> web.Response:
        return visit.page(
            "work/dial.html",
            status=422 if errors else 200,
            values=values,
            errors=errors,
            done=done,
            companies=list(self._companies(visit).items()),
            client_id=secrets.token_urlsafe(18),
            can_ask=self._parts.commands is not None,
        )

    def _companies(self, visit: Visit) -> dict[str, str]:
        return {
            company: name
            for company, name in self._parts.centre.companies.items()
            if visit.scope.sees(company)
        }
