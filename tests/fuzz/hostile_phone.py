"""A telephone that says what no library would: its words are bytes, damaged by whoever uses it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from callengine.demo.phones.media import RtpStream, Ticker

_HEADER = re.compile(rb"(?im)^(via|v|from|f|to|t|call-id|i|cseq|contact|m):[ \t]*(.*?)\r?$")
_SHORT = {b"v": b"via", b"f": b"from", b"t": b"to", b"i": b"call-id", b"m": b"contact"}
SDP = (
    b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio %d RTP/AVP 8 101\r\n"
    b"a=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=sendrecv\r\n"
)


@dataclass(frozen=True, slots=True)
class Words:
    """What an INVITE says where a caller is free to say anything. `description`: %d is the port of his sound."""

    caller: bytes
    called: bytes
    uri_user: bytes
    headers: Sequence[bytes] = ()
    description: bytes = SDP


@dataclass
class HostilePhone(asyncio.DatagramProtocol):
    """One call. What it is answered with is taken as Asterisk wrote it, so that the call can always be ended."""

    pbx: tuple[str, int]
    name: str
    """Told apart by it; letters and digits."""
    ticker: Ticker
    status: int = 0
    """Of the last answer to its INVITE."""
    over: asyncio.Event = field(default_factory=asyncio.Event)
    sound: RtpStream | None = None
    _transport: Any = None
    _port: int = 0
    _sequence: int = 1
    _uri: bytes = b""
    _contact: bytes = b""
    _from: bytes = b""
    _to: bytes = b""

    def connection_made(self, transport: Any) -> None:
        """Asyncio bound the socket."""
        self._transport = transport
        self._port = transport.get_extra_info("sockname")[1]

    async def invite(self, words: Words) -> None:
        """Begin; nobody waits for an answer."""
        loop = asyncio.get_running_loop()
        await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", 0))
        self.sound = await RtpStream.open(self.ticker, ())
        self._uri = b"sip:" + words.uri_user + b"@127.0.0.1:%d" % self.pbx[1]
        self._from, self._to = words.caller + b";tag=" + self.name.encode(), words.called
        self.send(b"INVITE", words.headers, words.description.replace(b"%d", b"%d" % self.sound.port))

    def send(
        self, method: bytes, headers: Sequence[bytes] = (), body: bytes = b"", *, sequence: int | None = None
    ) -> None:
        """A request of this call. CANCEL and the ACK of a refusal belong to the INVITE's own transaction."""
        number = self._sequence if sequence is None else sequence
        branch = b"z9hG4bK%s%d" % (self.name.encode(), number)
        if method == b"ACK" and self.status < 300:
            branch += b"a"
        lines = [
            method
            + b" "
            + (self._contact if self._contact and method != b"CANCEL" else self._uri)
            + b" SIP/2.0",
            b"Via: SIP/2.0/UDP 127.0.0.1:%d;branch=%s" % (self._port, branch),
            b"Call-ID: " + self.name.encode(),
            b"CSeq: %d %s" % (number, method),
            b"Max-Forwards: 70",
            b"Contact: <sip:x@127.0.0.1:%d>" % self._port,
            b"To: " + self._to,
            b"From: " + self._from,
            *headers,
            *([b"Content-Type: application/sdp"] if body and not headers else []),
            b"Content-Length: %d" % len(body),
        ]
        if self._transport is not None:
            self._transport.sendto(b"\r\n".join(lines) + b"\r\n\r\n" + body, self.pbx)

    def request(self, method: bytes, headers: Sequence[bytes] = (), body: bytes = b"") -> None:
        """A further request within the call."""
        self._sequence += 1
        self.send(method, headers, body)

    def raw(self, datagram: bytes) -> None:
        """Anything at all."""
        if self._transport is not None:
            self._transport.sendto(datagram, self.pbx)

    def flood(self, packets: Sequence[bytes]) -> None:
        """As sound to Asterisk's side of the call."""
        if self.sound is not None and self.sound.remote is not None and self._transport is not None:
            for packet in packets:
                self._transport.sendto(packet, self.sound.remote)

    async def hang_up(self) -> None:
        """CANCEL before the answer, BYE after it, and again until the other side has heard it."""
        for _ in range(8):
            if self.over.is_set() or not self.status or self.status >= 300:
                break
            if self.status >= 200:
                self.request(b"BYE")
            else:
                self.send(b"CANCEL", sequence=1)
            try:
                async with asyncio.timeout(0.5):
                    await self.over.wait()
            except TimeoutError:
                continue
        if self.sound is not None:
            self.sound.close()
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """One datagram of Asterisk's."""
        del addr
        head, _, body = data.partition(b"\r\n\r\n")
        first, _, rest = head.partition(b"\r\n")
        said = {_SHORT.get(m[1].lower(), m[1].lower()): m[2] for m in _HEADER.finditer(rest)}
        if not first.startswith(b"SIP/2.0 "):
            self._asked(first, rest, said)
            return
        status, method = int(first[8:11]), said.get(b"cseq", b" ").split()[-1]
        if method == b"BYE":
            self.over.set()
        elif method == b"INVITE":
            self._answered(status, said, body)

    def _asked(self, first: bytes, rest: bytes, said: dict[bytes, bytes]) -> None:
        """BYE ends it; whatever else is asked is agreed to."""
        if first.startswith(b"ACK"):
            return
        vias = [line for line in rest.split(b"\r\n") if line.lower().startswith((b"via:", b"v:"))]
        self.raw(
            b"\r\n".join(
                [
                    b"SIP/2.0 200 OK",
                    *vias,
                    *(
                        name.title() + b": " + said.get(name, b"")
                        for name in (b"from", b"to", b"call-id", b"cseq")
                    ),
                    b"Content-Length: 0\r\n\r\n",
                ]
            )
        )
        if first.startswith(b"BYE"):
            self.over.set()

    def _answered(self, status: int, said: dict[bytes, bytes], body: bytes) -> None:
        sequence = int(said.get(b"cseq", b"1").split()[0])
        if sequence == 1:
            self.status = max(self.status, status)
            self._from, self._to = said.get(b"from", self._from), said.get(b"to", self._to)
        if status < 200:
            return
        if status < 300:
            contact = re.search(rb"<([^>]*)>", said.get(b"contact", b""))
            self._contact = contact[1] if contact else self._contact
            self._listen(body)
        self.send(b"ACK", sequence=sequence)
        if status >= 300 and sequence == 1:
            self.over.set()

    def _listen(self, body: bytes) -> None:
        port = re.search(rb"m=audio (\d+)", body)
        if port is not None and self.sound is not None and self.sound.remote is None:
            self.sound.start(("127.0.0.1", int(port[1])), None)
