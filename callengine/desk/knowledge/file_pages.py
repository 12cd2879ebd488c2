"""Pictures and files put into an article, or taken out, while its form is open: what is typed is not touched."""

from __future__ import annotations

from aiohttp import web

from callengine.desk.files.pages import taken
from callengine.desk.files.queries import file_of
from callengine.desk.files.records import Owner, StoredFile
from callengine.desk.knowledge import queries
from callengine.desk.knowledge.attachments import ARTICLE, attached, is_named
from callengine.desk.knowledge.commands import refuse_common
from callengine.desk.knowledge.reading_pages import BASE, number
from callengine.desk.knowledge.surroundings import Surroundings
from callengine.desk.people.rights import Right
from callengine.desk.people.scope import NotSeen
from callengine.desk.web.routes import DeskRoute
from callengine.desk.web.visit import Visit

_LONGEST_FORM = 64


class ArticleFilePages:
    """For editors."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._shelf = around.attachments.shelf

    def routes(self) -> tuple[DeskRoute, ...]:
        """Two."""
        most = self._shelf.limits.one_mb * 1024 * 1024
        edit = Right.KNOWLEDGE_EDIT
        samples = {"file": "stored_files.id"}
        return (
            DeskRoute("POST", f"{BASE}/files", self.upload, edit, limit_bytes=most),
            DeskRoute("POST", f"{BASE}/files/{{file}}/remove", self.remove, edit, samples=samples),
        )

    async def upload(self, visit: Visit) -> web.Response:
        """The file is the body; `name`, and `article` or `form` with `company`, in the address. Answers with JSON."""
        owner = await self._owner(visit)
        if owner is None:
            return web.json_response({"wrong": visit.texts("knowledge")["wrong_company"]}, status=422)
        refuse_common(visit.scope, owner.company)
        one = await taken(visit, self._shelf, owner)
        if not isinstance(one, StoredFile):
            return one
        told = attached(one, self._shelf.addresses([one]))
        return web.json_response(
            {
                "id": one.id,
                "name": one.name,
                "size": one.size,
                "address": told.address,
                "markdown": told.markdown,
            }
        )

    async def remove(self, visit: Visit) -> web.Response:
        """What no text refers to."""
        file_id = number(visit, "file")
        async with self._around.database.reading() as connection:
            one = await file_of(connection, visit.scope, file_id)
            refuse_common(visit.scope, one.owner.company)
            in_use = await is_named(connection, visit.scope, one)
        if in_use:
            return web.json_response({"wrong": visit.texts("files")["in_use"]}, status=409)
        await self._shelf.throw_away(visit.scope, file_id)
        return web.json_response({})

    async def _owner(self, visit: Visit) -> Owner | None:
        """The article, or the form of a new one; None: a company that there is not for him. Raises NotSeen."""
        asked = visit.request.query
        if article := asked.get("article", ""):
            if not article.isdecimal() or len(article) > 9:
                raise NotSeen
            async with self._around.database.reading() as connection:
                one = await queries.article(connection, visit.scope, int(article))
            return Owner(ARTICLE, one.id, company=one.company)
        form, company = asked.get("form", ""), asked.get("company", "") or None
        if not form or len(form) > _LONGEST_FORM:
            raise NotSeen
        if company is not None and (company not in self._around.companies or not visit.scope.sees(company)):
            return None
        return Owner(ARTICLE, form=form, company=company)
