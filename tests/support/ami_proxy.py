"""A wire between an engine and an Asterisk that can be cut, blocked, slowed and flooded by the test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_CHUNK = 64 * 1024


class AmiProxy:
    """Listens on `port` of 127.0.0.1 and passes everything on to the PBX, until it is told otherwise."""

    def __init__(self, pbx_port: int) -> None:
        self.pbx_port = pbx_port
        self.port = 0
        self.refuses = False
        """True: nobody is let through any more; who is connected stays."""
        self.delay_seconds = 0.0
        """Everything the PBX says comes so much later."""
        self.connections = 0
        self._passes = asyncio.Event()
        self._passes.set()
        self._server: asyncio.Server | None = None
        self._to_engines: set[asyncio.StreamWriter] = set()
        self._to_pbx: set[asyncio.StreamWriter] = set()
        self._pumps: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Break everything and let go of the port."""
        if self._server is not None:
            self._server.close()
            self.cut()
            for pump in tuple(self._pumps):
                pump.cancel()
            await asyncio.gather(*self._pumps, return_exceptions=True)
            await self._server.wait_closed()
            self._server = None

    def cut(self) -> None:
        """Break every connection now, on both sides."""
        for writer in (*self._to_engines, *self._to_pbx):
            writer.transport.abort()

    def block(self) -> None:
        """Half-open: the connections stay, nothing passes any more in either direction."""
        self._passes.clear()

    def unblock(self) -> None:
        """Everything that was held back passes, in order."""
        self._passes.set()

    def flood(self, data: bytes) -> None:
        """Say this to every engine, as if the PBX had; to be whole messages."""
        for writer in self._to_engines:
            writer.write(data)

    async def _serve(self, from_engine: asyncio.StreamReader, to_engine: asyncio.StreamWriter) -> None:
        self.connections += 1
        if self.refuses:
            to_engine.transport.abort()
            return
        try:
            from_pbx, to_pbx = await asyncio.open_connection("127.0.0.1", self.pbx_port)
        except OSError:
            to_engine.transport.abort()
            return
        self._to_engines.add(to_engine)
        self._to_pbx.add(to_pbx)
        try:
            pumps = [
                self._pump(from_engine, to_pbx, delayed=False),
                self._pump(from_pbx, to_engine, delayed=True),
            ]
            # Whoever ends first ends both: a closed side closes the other.
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
        finally:
            self._to_engines.discard(to_engine)
            self._to_pbx.discard(to_pbx)
            to_engine.transport.abort()
            to_pbx.transport.abort()

    def _pump(
        self, source: asyncio.StreamReader, drain: asyncio.StreamWriter, *, delayed: bool
    ) -> asyncio.Task[None]:
        pump = asyncio.create_task(self._pass_on(source, drain, delayed=delayed))
        self._pumps.add(pump)
        pump.add_done_callback(self._pumps.discard)
        return pump

    async def _pass_on(
        self, source: asyncio.StreamReader, drain: asyncio.StreamWriter, *, delayed: bool
    ) -> None:
        while data := await source.read(_CHUNK):
            if delayed and self.delay_seconds:
                await asyncio.sleep(self.delay_seconds)
            await self._passes.wait()
            drain.write(data)
            await drain.drain()


@asynccontextmanager
async def ami_proxy(pbx_port: int) -> AsyncIterator[AmiProxy]:
    """A proxy that is gone at the end."""
    proxy = AmiProxy(pbx_port)
    await proxy.start()
    try:
        yield proxy
    finally:
        await proxy.stop()
