"""The one route by which a file reaches a browser: a signed address, no cookie, nothing that could run."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final
from urllib.parse import quote

from aiohttp import web

from callengine.desk.files.kinds import KINDS
from callengine.desk.files.records import FileRefused, Owner, StoredFile
from callengine.desk.files.shelf import FileShelf
from callengine.desk.files.signing import PATH
from callengine.desk.people.rights import Right
from callengine.desk.web.routes import DeskRoute
from callengine.desk.web.visit import Visit

_PART: Final = 256 * 1024
_SANDBOX: Final = "sandbox; default-src 'none'; img-src 'self'; style-src 'unsafe-inline'"
_STATUS: Final = {"too_big": 413, "disk": 507, "company_full": 507}


class FilePages:
    """Serving; uploads come by the subjects' own routes, which know the rights."""

    def __init__(self, shelf: FileShelf) -> None:
        self._shelf = shelf

    def routes(self) -> tuple[DeskRoute, ...]:
        """The one."""
        samples = {"token": "1-1-x", "name": "plan.png"}
        path = f"{PATH}{{token}}/{{name}}"
        return (DeskRoute("GET", path, self.serve, Right.NOTHING, signed=True, samples=samples),)

    async def serve(self, visit: Visit) -> web.StreamResponse:
        """The bytes. A picture may be shown, everything else is saved; neither runs in the desk's name."""
        found = await self._shelf.opened(visit.request.match_info["token"])
        if found is None:
            raise web.HTTPNotFound(text="this address is not good, or not any more: load the page anew\n")
        one, path = found
        kind = KINDS[one.kind]
        how = "inline" if kind.picture else "attachment"
        headers = {
            "Content-Type": kind.content_type,
            "Content-Disposition": f"{how}; filename=\"file.{kind.extension}\"; filename*=UTF-8''{quote(one.name)}",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": _SANDBOX,
            "Cache-Control": "private, max-age=900",
        }
        return web.FileResponse(path, chunk_size=_PART, headers=headers)


async def taken(visit: Visit, shelf: FileShelf, owner: Owner) -> StoredFile | web.Response:
    """A file that is the body of a request, its name in the address; or what is wrong with it, as JSON."""
    asked, client_id = visit.request.query, visit.request.query.get("client_id", "")[:60]
    try:
        return await shelf.take(
            visit.scope,
            owner,
            asked.get("name", ""),
            _parts(visit.request),
            said_bytes=visit.request.content_length,
            client_id=client_id or None,
        )
    except FileRefused as refused:
        status = _STATUS.get(refused.reason, 422)
        return web.json_response({"wrong": said(visit, refused)}, status=status)


def said(visit: Visit, refused: FileRefused) -> str:
    """In the visitor's language, the limit named."""
    return visit.texts("files")[f"refused_{refused.reason}"].format(limit=refused.limit)


async def _parts(request: web.Request) -> AsyncIterator[bytes]:
    async for part in request.content.iter_chunked(_PART):
        yield part
