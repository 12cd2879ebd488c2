"""A telephone provider's SIP address, as far as Asterisk asks it: REGISTER and OPTIONS over UDP."""

from __future__ import annotations

import asyncio
from typing import Any


class Provider(asyncio.DatagramProtocol):
    """Answers 200 while it `accepts`, 403 to REGISTER otherwise; `is_mute` answers nothing at all."""

    def __init__(self) -> None:
        self.accepts = True
        self.is_mute = False
        self.asked: list[str] = []
        self._transport: Any = None

    async def listen(self, port: int) -> None:
        """At 127.0.0.1."""
        await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: self, local_addr=("127.0.0.1", port)
        )

    def close(self) -> None:
        """Away: nobody answers at its address."""
        if self._transport is not None:
            self._transport.abort()
            self._transport = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        lines = data.decode("utf-8", "replace").split("\r\n")
        method = lines[0].partition(" ")[0]
        if method not in {"REGISTER", "OPTIONS"}:
            return
        self.asked.append(method)
        if self.is_mute:
            return
        refused = method == "REGISTER" and not self.accepts
        kept = ("via", "from", "call-id", "cseq", "contact", "expires")
        answer = ["SIP/2.0 403 Forbidden" if refused else "SIP/2.0 200 OK"]
        for line in lines[1:]:
            name = line.partition(":")[0].strip().lower()
            if name == "to":
                answer.append(f"{line};tag=provider")
            elif name in kept:
                answer.append(line)
        self._transport.sendto(("\r\n".join([*answer, "Content-Length: 0"]) + "\r\n\r\n").encode(), address)
