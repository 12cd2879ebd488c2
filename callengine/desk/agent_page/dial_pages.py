"""Calling somebody by hand: the agent's own phone rings first, the purpose stays in the history.

The number is typed, comes from the directory's pages in the address, or is a service number of the settings. Whether it
may be dialled is the engine's decision alone (law 5): the form waits a moment for it and tells it beside the field.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import timedelta

from aiohttp import web

from callengine.desk.agent_page.asking import DIAL, Asked, is_client_id
from callengine.desk.agent_page.parts import Parts
from callengine.desk.directory.typed.phones import read_phone
from callengine.desk.ledger.outgoing import OutgoingCall, calls_made
from callengine.desk.people.rights import Right
from callengine.desk.web.routes import DeskRoute
from callengine.desk.web.visit import Visit
from callengine.desk.web.wording import shown_number
from storage.schema.errors import LedgerAway

PURPOSES = ("promised", "clarify", "inform", "contractor", "emergency", "other")
"""What for, to choose from; words of his own may follow, and must after the last."""
HEARD_WITHIN = 3.0
"""Seconds that the form waits for the engine's answer."""
MOST_SHOWN = 20
LONGEST_ABOUT = 140
_OF_COMPANY = frozenset({"unknown_company", "no_trunk"})
"""Refusals that the field of the company is the place for."""
_SHORT = re.compile(r"[0-9]{2,6}")


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
        values = {name: query.get(name, "")[:200] for name in ("company", "number", "purpose", "about")}
        return await self._show(visit, values, {})

    async def dial(self, visit: Visit) -> web.Response:
        """Ask the engine, and say what it said."""
        form, agent = visit.form, visit.scope.agent
        texts, commands = visit.texts("work"), self._parts.commands
        if agent is None or commands is None:
            raise web.HTTPServiceUnavailable(text="there is no way to the engine\n")
        number = number_to_dial(form.get("service", "") or form.get("number", ""))
        errors = {name: texts[told] for name, told in self._faults(visit, number).items()}
        if errors or number is None:
            return await self._show(visit, form, errors)
        client_id = form.get("client_id", "")
        if not is_client_id(client_id):
            raise web.HTTPBadRequest(text="load the page anew\n")
        about = " ".join(form.get("about", "").split())[:LONGEST_ABOUT]
        purpose = ": ".join(filter(None, (texts[f"purpose_{form['purpose']}"], about)))
        await commands.ask(visit.scope, Asked(client_id, DIAL, agent, purpose, form["company"], number))
        answer = await commands.hear(visit.scope, client_id, HEARD_WITHIN)
        if answer is None:
            return await self._show(visit, {}, {}, done=texts["dial_not_heard"])
        if not answer.done:
            field = "company" if answer.refusal in _OF_COMPANY else "number"
            told = self._parts.look.refusal(answer.refusal, visit.language)
            return await self._show(visit, form, {field: told})
        return await self._show(visit, {}, {}, done=texts["dial_asked"].format(number=shown_number(number)))

    def _faults(self, visit: Visit, number: str | None) -> dict[str, str]:
        """By field: the text's name of what is wrong with it."""
        form, faults = visit.form, dict[str, str]()
        if form.get("company", "") not in self._companies(visit):
            faults["company"] = "company_wrong"
        if number is None:
            faults["number"] = "number_wrong"
        elif form.get("service") and form.get("number"):
            faults["number"] = "number_or_service"
        if form.get("purpose", "") not in PURPOSES:
            faults["purpose"] = "purpose_wrong"
        elif form["purpose"] == "other" and not form.get("about", "").strip():
            faults["about"] = "about_wrong"
        return faults

    async def _show(
        self, visit: Visit, values: Mapping[str, str], errors: Mapping[str, str], done: str = ""
    ) -> web.Response:
        texts, companies = visit.texts("work"), self._companies(visit)
        services = {
            number: f"{number} · {name}"
            for company in companies
            for number, name in self._parts.centre.services.get(company, ())
        }
        return visit.page(
            "work/dial.html",
            status=422 if errors else 200,
            values=values,
            errors=errors,
            done=done,
            companies=list(companies.items()),
            services=list(services.items()),
            purposes=[(one, texts[f"purpose_{one}"]) for one in PURPOSES],
            client_id=secrets.token_urlsafe(18),
            made=await self._made_today(visit),
            **self._parts.look.names(visit.language),
        )

    async def _made_today(self, visit: Visit) -> Sequence[OutgoingCall]:
        """His own, the latest first; none while the ledger is away."""
        reader, agent = self._parts.ledger, visit.scope.agent
        if reader is None or agent is None:
            return ()
        since = self._parts.look.midnight()
        until = self._parts.now() + timedelta(minutes=1)
        try:
            async with reader.reading() as connection:
                return await calls_made(
                    connection, visit.scope, reader.node, since, until, agent=agent, most=MOST_SHOWN
                )
        except LedgerAway:
            return ()

    def _companies(self, visit: Visit) -> dict[str, str]:
        return {
            company: name
            for company, name in self._parts.centre.companies.items()
            if visit.scope.sees(company)
        }


def number_to_dial(text: str) -> str | None:
    """E.164, or the digits of a short number, which the engine looks for in its own list; None for what is neither."""
    digits = "".join(text.split())
    return digits if _SHORT.fullmatch(digits) else read_phone(text).e164
