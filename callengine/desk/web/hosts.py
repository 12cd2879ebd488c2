"""By which names the desk may be called: a stranger's name that was pointed at this machine is none of them."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

_FOR_PROGRAMS = frozenset({"/healthz", "/readyz"})
"""They tell nobody anything."""


def refuse_strange_hosts(public_address: str) -> Middleware:
    """Answers 421 to a Host that is neither an address, localhost, nor the host of `public_address`.

    A page of a stranger whose name is pointed at the desk (DNS rebinding) sends that name. An address cannot be
    pointed anywhere else.
    """
    own = (urlsplit(public_address).hostname or "").lower()

    @web.middleware
    async def hosts(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path not in _FOR_PROGRAMS and not _is_ours(request, own):
            raise web.HTTPMisdirectedRequest(
                text="the desk is not known by this name; the administrator names it in desk.public_address\n"
            )
        return await handler(request)

    return hosts


def _is_ours(request: web.Request, own: str) -> bool:
    if len(request.headers.getall("Host", [])) != 1:
        return False
    try:
        host = (urlsplit(f"//{request.headers['Host']}").hostname or "").lower()
    except ValueError:
        return False
    if host == "localhost" or (own and host == own):
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
