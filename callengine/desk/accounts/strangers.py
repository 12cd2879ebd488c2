"""Who keeps the door while no accounts are there: everybody is a stranger."""

from __future__ import annotations

from aiohttp import web

from callengine.desk.web.visit import Session


class Strangers:
    """Knows nobody."""

    async def who(self, request: web.Request) -> Session | None:
        """Nobody."""
        del request
        return None

    def form_token(self, request: web.Request) -> str:
        """No form is open to strangers."""
        del request
        return ""

    def is_form_token(self, request: web.Request, shown: str) -> bool:
        """None is."""
        del request, shown
        return False
