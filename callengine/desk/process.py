"""The desk's composition root: every part is built here, by hand."""

from __future__ import annotations

import asyncio
import signal

from callengine.control.places import desk_socket
from callengine.desk.engine_link.follower import EngineFollower
from callengine.desk.web.server import DeskServer
from callengine.platform.logs import get_log
from callengine.platform.paths import in_state_folder
from callengine.platform.systemd import notify, watchdog_seconds
from config.settings import Settings


async def serve(settings: Settings) -> None:
    """Until SIGTERM or SIGINT; whether the engine runs does not matter. Raises StartError."""
    log, stop, loop = get_log("callengine.desk"), asyncio.Event(), asyncio.get_running_loop()
    follower = EngineFollower(in_state_folder(desk_socket(settings.http.control_socket)))
    server = DeskServer(settings.desk.host, settings.desk.port, follower)
    await server.start()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    tasks = [
        loop.create_task(follower.run(), name="engine link"),
        loop.create_task(_beat(), name="watchdog"),
        loop.create_task(stop.wait(), name="stop"),
    ]
    log.info("desk_started", msg="ready for browsers", http_port=server.port)
    notify("READY=1")
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        notify("STOPPING=1")
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.stop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
        log.info("desk_stopped", msg="ended as it should")


async def _beat() -> None:
    """systemd replaces a desk that hangs."""
    limit = watchdog_seconds()
    if limit is None:
        await asyncio.Event().wait()
        return
    while True:
        notify("WATCHDOG=1")
        await asyncio.sleep(limit / 3)
