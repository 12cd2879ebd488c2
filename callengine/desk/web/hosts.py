"""By which names the desk may be called: a stranger's name that was pointed at this machine is none of them."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

FILES = "/desk/files/"
"""Where uploaded files are served."""
_FOR_PROGRAMS = frozenset({"/healthz", "/readyz"})
"""They tell nobody anything."""


def refuse_strange_hosts(public_address: str, files_address: str = "") -> Middleware:
    """Answers 421 to a Host that is neither an address, localhost, nor the host of `public_address`.

    Where files have a name of their own (`files_address`), they are there and nowhere else, and nothing else is there:
    what a stranger uploaded is never a page of the desk's own name.

    A page of a stranger whose name is pointed at the desk (DNS rebinding) sends that name. An address cannot be
    pointed anywhere else.
    """
    own = (urlsplit(public_address).hostname or "").lower()
    of_files = (urlsplit(files_address).hostname or "").lower()

    @web.middleware
    async def hosts(request: web.Request, handler: Handler) -> web.StreamResponse:
        if of_files and request.path.startswith(FILES):
            ours = _host_of(request) == of_files
        else:
            ours = request.path in _FOR_PROGRAMS or _is_ours(request, own)
        if not ours:
            raise web.HTTPMisdirectedRequest(
                text="the desk is not known by this name; the administrator names it in desk.public_address\n"
            )
        return await handler(request)

    return hosts


def _host_of(request: web.Request) -> str:
    """Empty: none, or several."""
    if len(request.headers.getall("Host", [])) != 1:
        return ""
    try:
        return (urlsplit(f"//{request.headers['Host']}").hostname or "").lower()
    except ValueError:
        return ""


def _is_ours(request: web.Request, own: str) -> bool:
    host = _host_of(request)
    if host == "localhost" or (own and host == own):
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
