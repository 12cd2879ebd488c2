"""The commands' way to the running engine: HTTP over its control socket."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import aiohttp

from callengine.platform.paths import in_state_folder

_LIMIT = aiohttp.ClientTimeout(total=15)


class EngineAway(Exception):
    """No engine listens on the control socket."""


class Refused(Exception):
    """The engine understood and said no; the text says why."""


def ask(control: Path, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    """One request; its JSON. Raises EngineAway, Refused."""
    return asyncio.run(ask_async(control, method, path, body))


async def ask_async(control: Path, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    """The same from within a loop. Raises EngineAway, Refused."""
    control = in_state_folder(control)
    connector = aiohttp.UnixConnector(path=str(control))
    try:
        async with (
            aiohttp.ClientSession("http://engine", connector=connector, timeout=_LIMIT) as session,
            session.request(method, path, json=body) as answer,
        ):
            content = await answer.json()
    except (aiohttp.ClientConnectorError, FileNotFoundError) as problem:
        raise EngineAway(
            f"no engine answers on {control}: is `callengine run` running, and may you open that file?"
        ) from problem
    except (aiohttp.ClientError, TimeoutError) as problem:
        raise EngineAway(f"the engine did not answer on {control}: {type(problem).__name__}") from problem
    if not answer.ok:
        raise Refused(str(content.get("error", answer.reason)))
    return content
