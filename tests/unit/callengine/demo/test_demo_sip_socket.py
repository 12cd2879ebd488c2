"""A telephone that was slow to look rings once for an INVITE that was repeated."""

from __future__ import annotations

import asyncio
from typing import Any

from aiosipua import IncomingCall, SipUAC, SipUAS

from callengine.demo.phones.sip_socket import SipSocket, audio_description

INVITE = (
    "INVITE sip:1001@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{port};rport;branch={branch}\r\n"
    "From: <sip:79160000001@127.0.0.1>;tag=a\r\nTo: <sip:1001@127.0.0.1>\r\nCall-ID: {call}\r\nCSeq: 1 INVITE\r\n"
    "Contact: <sip:asterisk@127.0.0.1:{port}>\r\nMax-Forwards: 70\r\nContent-Type: application/sdp\r\n"
    "Content-Length: {length}\r\n\r\n{body}"
)


class Pbx(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.heard: list[str] = []

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        del addr
        self.heard.append(data.decode().split("\r\n")[0])

    def invite(self, phone: tuple[str, int], *, call: str, branch: str) -> None:
        body = str(audio_description(40000))
        text = INVITE.format(port=self.port, branch=branch, call=call, body=body, length=len(body))
        self.transport.sendto(text.encode(), phone)

    async def until_heard(self, count: int) -> list[str]:
        async with asyncio.timeout(20):
            while len(self.heard) < count:
                await asyncio.sleep(0.01)
        return self.heard


async def test_a_repeated_invite_is_answered_as_before_and_is_no_second_call() -> None:
    socket, calls = SipSocket(), list[IncomingCall]()
    phone = SipUAS(socket, uac=SipUAC(socket))

    def ring(call: IncomingCall) -> None:
        calls.append(call)
        call.ringing()

    phone.on_invite = ring
    await phone.start()
    _, pbx = await asyncio.get_running_loop().create_datagram_endpoint(Pbx, local_addr=("127.0.0.1", 0))
    try:
        # Both lie in the socket when the telephone gets round to it.
        for _ in range(2):
            pbx.invite(socket.local_addr, call="one", branch="z9hG4bK1")
        assert await pbx.until_heard(3) == [
            "SIP/2.0 100 Trying",
            "SIP/2.0 180 Ringing",
            "SIP/2.0 180 Ringing",
        ]
        assert (len(calls), socket.repeated_requests) == (1, 1)
        # Busy is said again, too; and another call is another call.
        calls[0].reject(486, "Busy Here")
        pbx.invite(socket.local_addr, call="one", branch="z9hG4bK1")
        assert (await pbx.until_heard(5))[3:] == ["SIP/2.0 486 Busy Here"] * 2
        pbx.invite(socket.local_addr, call="two", branch="z9hG4bK2")
        await pbx.until_heard(7)
        assert (len(calls), socket.repeated_requests) == (2, 2)
    finally:
        pbx.transport.close()
        await phone.stop()
