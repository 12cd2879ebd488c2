"""A UDP transport for aiosipua on a free port of 127.0.0.1, and the SDP of a call.

aiosipua's own UDP transport asserts asyncio.DatagramTransport, which Python 3.11's selector transport is not a
subclass of; its SipTransport is made to be subclassed.
"""

from __future__ import annotations

import asyncio
import logging
import re
from typing import Any

from aiosipua import SdpMessage, SipRequest, SipResponse, SipTransport, parse_sdp

# aiosipua logs whole headers, numbers included, and every INVITE.
logging.getLogger("aiosipua").setLevel(logging.ERROR)


_REMEMBERED = 500
"""Requests; SIP repeats one for 32 s at most."""


class SipSocket(SipTransport):
    """One phone's SIP socket.

    `from_header`, when set, replaces what the From header says before its tag in everything sent, byte for byte:
    names that no library would write, for tests of what a hostile network may send.
    """

    _FROM = re.compile(rb"(?ims)^(From|f): .*?(;tag=)")
    _TRANSACTION = re.compile(rb"(?is)\A(\w+) .*?^(?:Via|v):[^\r\n]*?;branch=([^;,\s]+)", re.MULTILINE)

    def __init__(self, from_header: bytes | None = None) -> None:
        super().__init__(local_addr=("127.0.0.1", 0))
        self._from_header = from_header
        self._clean_from = b""
        self._endpoint: asyncio.DatagramTransport | None = None
        self._answers: dict[tuple[bytes, bytes], bytes] = {}
        """What was said last to each request, by its method and branch; nothing yet: empty."""
        self.repeated_requests = 0
        """How often the other side asked again because no answer had come to it in time."""

    async def start(self) -> None:
        """Bind."""
        loop = asyncio.get_running_loop()
        endpoint, _ = await loop.create_datagram_endpoint(lambda: _Receiver(self), local_addr=self.local_addr)
        self._endpoint = endpoint
        self.local_addr = endpoint.get_extra_info("sockname")[:2]

    def send(self, message: SipRequest | SipResponse, addr: tuple[str, int]) -> None:
        """One message, one datagram."""
        if self._endpoint is None:
            return  # The phone is switched off.
        raw = bytes(message)
        if self._from_header is not None and isinstance(message, SipRequest):
            self._clean_from = (self._FROM.search(raw) or re.match(b"", raw)).group(0)  # type: ignore[union-attr]  # the empty match is there
            raw = self._FROM.sub(
                lambda match: b"From: " + (self._from_header or b"") + match.group(2), raw, count=1
            )
        if isinstance(message, SipResponse):
            self._remember_answer(raw)
        self._endpoint.sendto(raw, addr)

    def receive(self, data: bytes, addr: tuple[str, int]) -> None:
        """One datagram; what was made hostile on the way out is made plain for the library."""
        if self._is_repeated(data, addr):
            return
        if self._clean_from:
            data = self._FROM.sub(lambda _: self._clean_from, data, count=1)
        self._dispatch(data, addr)

    def _is_repeated(self, data: bytes, addr: tuple[str, int]) -> bool:
        """Whether a request came before; it is answered as it was then (RFC 3261, 17.2), and is no second call.

        aiosipua takes each INVITE for a new one. A telephone that was not given the processor for half a second,
        SIP's T1, rang twice for one call, and two conversations were counted.
        """
        found = self._TRANSACTION.match(data)
        if found is None or found[1].upper() == b"ACK":
            return False
        request = (found[1].upper(), found[2])
        if request not in self._answers:
            self._answers[request] = b""
            if len(self._answers) > _REMEMBERED:
                del self._answers[next(iter(self._answers))]
            return False
        self.repeated_requests += 1
        answer = self._answers[request]
        if answer and self._endpoint is not None:
            self._endpoint.sendto(answer, addr)
        return True

    def _remember_answer(self, raw: bytes) -> None:
        branch = re.search(rb"(?im)^(?:Via|v):[^\r\n]*?;branch=([^;,\s]+)", raw)
        method = re.search(rb"(?im)^CSeq:\s*\d+\s+(\w+)", raw)
        if branch is not None and method is not None:
            request = (method[1].upper(), branch[1])
            if request in self._answers:
                self._answers[request] = raw

    async def stop(self) -> None:
        """Unbind."""
        if self._endpoint is not None:
            self._endpoint.close()
            self._endpoint = None


class _Receiver(asyncio.DatagramProtocol):
    def __init__(self, owner: SipSocket) -> None:
        self._owner = owner

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        self._owner.receive(data, (str(addr[0]), int(addr[1])))


def audio_description(rtp_port: int) -> SdpMessage:
    """SDP that offers or answers a-law and pressed keys (RFC 4733) at a port of 127.0.0.1."""
    return parse_sdp(
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
        f"m=audio {rtp_port} RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\n"
        "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n"
    )


def audio_address(description: SdpMessage | None) -> tuple[str, int] | None:
    """Where the other side wants its sound."""
    return None if description is None else description.rtp_address
