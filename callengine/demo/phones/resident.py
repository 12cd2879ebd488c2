"""A resident with a telephone: calls a number of the centre, listens, hangs up when he likes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from aiosipua import DialogState, IncomingCall, OutgoingCall, SipRequest, SipUAC, SipUAS

from callengine.demo.phones.media import RtpStream, Ticker
from callengine.demo.phones.sip_socket import SipSocket, audio_address, audio_description
from callengine.demo.phones.tones import RESIDENT_TONE

ANONYMOUS = b'"Anonymous" <sip:anonymous@anonymous.invalid>'


class Resident:
    """One call to the centre. Moments are loop.time(), None for what has not happened.

    His own measure of being answered is `heard_at`: the first 20 ms frame that holds an agent's tone. SIP's 200 OK
    proves nothing, he was answered for the music.
    """

    def __init__(
        self,
        number: str,
        did: str,
        pbx: tuple[str, int],
        ticker: Ticker,
        *,
        listen_for: Iterable[int],
        name: str = "",
        from_header: bytes | None = None,
        withheld: bool = False,
    ) -> None:
        self.number = number
        self.did = did
        if withheld:
            from_header = ANONYMOUS
        elif name and from_header is None:
            from_header = f'"{name}" <sip:{number}@127.0.0.1>'.encode()
        self._pbx = pbx
        self._ticker = ticker
        self._listen_for = tuple(listen_for)
        self._socket = SipSocket(from_header)
        self._uac = SipUAC(self._socket)
        self._uas = SipUAS(self._socket, uac=self._uac)
        self._call: OutgoingCall | None = None
        self._changed = asyncio.Event()
        self.stream: RtpStream | None = None
        self.called_at: float | None = None
        self.connected_at: float | None = None
        self.ended_at: float | None = None
        self.refused = ""

    @property
    def heard_at(self) -> float | None:
        """When he first heard an agent."""
        return None if self.stream is None else min(self.stream.heard.values(), default=None)

    @property
    def heard_tone(self) -> int | None:
        """Which agent's tone he heard first."""
        heard = {} if self.stream is None else self.stream.heard
        return min(heard, key=lambda hz: heard[hz], default=None)

    async def call(self) -> None:
        """Dial; returns when the call is set up (music) or refused. Raises TimeoutError after 10 s."""
        self._uas.on_bye = lambda call, request: self._end()
        self._uas.on_reinvite = lambda call: call.accept(call.sdp_answer)
        await self._uas.start()
        self.stream = await RtpStream.open(self._ticker, self._listen_for, lambda hz: self._changed.set())
        self.called_at = asyncio.get_running_loop().time()
        self._call = self._uac.send_invite(
            f"sip:{self.number}@127.0.0.1",
            f"sip:{self.did}@{self._pbx[0]}:{self._pbx[1]}",
            self._pbx,
            audio_description(self.stream.port),
        )
        try:
            await self._call.wait_answered(timeout=10.0)
        except RuntimeError as problem:
            self.refused = str(problem)
            self._end()
            return
        # aiosipua takes no re-INVITE for a refresh of a call that it made, and would hang up in the end (RFC 4028).
        self._call._cancel_session_timer()
        self.connected_at = asyncio.get_running_loop().time()
        remote = audio_address(self._call.sdp_answer)
        if remote is not None:
            self.stream.start(remote, RESIDENT_TONE)
        self._changed.set()

    async def hang_up(self) -> None:
        """Put the phone down, answered or not; let go of the sockets."""
        if self._call is not None and self.ended_at is None:
            if self._call.dialog.state == DialogState.EARLY:
                self._call.cancel(self._uac)
                await asyncio.sleep(0.05)
            else:
                self._call.hangup(self._uac)
        self._end()
        await asyncio.sleep(0.02)
        await self._uas.stop()

    async def wait_for(self, condition: Callable[[Resident], bool], *, seconds: float = 30.0) -> None:
        """Until the condition holds. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while not condition(self):
                self._changed.clear()
                await self._changed.wait()

    def look_again(self) -> None:
        """Something changed that his telephone cannot know: whoever waits for him looks at his condition."""
        self._changed.set()

    def _end(self) -> None:
        if self.ended_at is None:
            self.ended_at = asyncio.get_running_loop().time()
            if self.stream is not None:
                self.stream.close()
        self._changed.set()


REJECTIONS = {
    "busy": (486, "Busy Here"),
    "nobody": (404, "Not Found"),
    "congestion": (503, "Service Unavailable"),
}
"""How a telephone, or the network before it, may refuse."""


@dataclass(frozen=True, slots=True)
class Refuses:
    """A telephone, or the network before it, that answers with a SIP code."""

    code: int
    after: float | None = None
    """It rings so many seconds before; None: it never rings."""


Behaviour = float | str | Refuses | None
"""Seconds until it is answered, a word of `REJECTIONS`, a SIP code, or None for no answer."""


@dataclass(slots=True)
class RungPhone:
    """One ring of a resident's telephone; moments are loop.time(), None for what has not happened."""

    number: str
    rang_at: float
    answered_at: float | None = None
    ended_at: float | None = None


class ResidentExchange:
    """The residents' telephones as the trunk reaches them: callbacks ring here.

    `behaviour` tells for a number what happens.
    """

    def __init__(
        self, ticker: Ticker, behaviour: Callable[[str], Behaviour], *, talk_seconds: float = 5.0
    ) -> None:
        self._ticker = ticker
        self.behaviour = behaviour
        self._talk_seconds = talk_seconds
        self._socket = SipSocket()
        self._uas = SipUAS(self._socket, uac=SipUAC(self._socket))
        self._tasks: set[asyncio.Task[None]] = set()
        self._streams: dict[str, RtpStream] = {}
        self.rings: list[RungPhone] = []
        """Every ring, in order."""
        self._ringing: dict[str, RungPhone] = {}
        self.answered: list[str] = []
        self.heard: dict[str, int] = {}
        """Which agent's tone each number heard."""
        self.answered_at: dict[str, float] = {}
        self.heard_at: dict[str, float] = {}
        """loop.time() of the last answer of each number, and of its first frame with an agent's tone."""
        self.shown: dict[str, str] = {}
        """The number that each telephone showed as the caller's."""

    @property
    def rung(self) -> list[str]:
        """Every number that was dialled, in order."""
        return [ring.number for ring in self.rings]

    async def start(self, port: int, listen_for: Iterable[int]) -> None:
        """Listen on a port of 127.0.0.1."""
        self._socket.local_addr = ("127.0.0.1", port)
        self._listen_for = tuple(listen_for)
        self._uas.on_invite = self._on_invite
        self._uas.on_reinvite = lambda call: call.accept(call.sdp_answer)
        self._uas.on_bye = lambda call, request: self._on_bye(request)
        self._uas.on_cancel = lambda request, addr: self._over(request.call_id or "")
        await self._uas.start()

    async def stop(self) -> None:
        """Hang everything up."""
        for task in tuple(self._tasks):
            task.cancel()
        for stream in self._streams.values():
            stream.close()
        await self._uas.stop()

    def _on_invite(self, call: IncomingCall) -> None:
        task = asyncio.get_running_loop().create_task(self._ring(call))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _ring(self, call: IncomingCall) -> None:
        number = str(call.invite.uri).removeprefix("sip:").partition("@")[0]
        loop = asyncio.get_running_loop()
        ring = RungPhone(number, loop.time())
        self.rings.append(ring)
        self._ringing[call.call_id] = ring
        address = call.invite.from_addr
        self.shown[number] = (address.uri.user or "") if address is not None else ""
        what = self.behaviour(number)
        if isinstance(what, str):
            ring.ended_at = loop.time()
            call.reject(*REJECTIONS[what])
            return
        if isinstance(what, Refuses):
            await self._refuse(call, ring, what)
            return
        call.ringing()
        if what is None:
            return
        await asyncio.sleep(float(what))

        def hear(hz: int) -> None:
            self.heard[number] = hz
            self.heard_at[number] = stream.heard[hz]

        stream = await RtpStream.open(self._ticker, self._listen_for, hear)
        if ring.ended_at is not None:
            # Cancelled before he answered.
            stream.close()
            return
        self._streams[call.call_id] = stream
        remote = audio_address(call.sdp_offer)
        if remote is not None:
            stream.start(remote, RESIDENT_TONE)
        call.accept(audio_description(stream.port))
        self.answered.append(number)
        ring.answered_at = self.answered_at[number] = loop.time()
        await asyncio.sleep(self._talk_seconds)
        call.hangup()
        stream.close()
        self._over(call.call_id)

    async def _refuse(self, call: IncomingCall, ring: RungPhone, how: Refuses) -> None:
        if how.after is not None:
            call.ringing()
            await asyncio.sleep(how.after)
        if ring.ended_at is None:
            self._over(call.call_id)
            call.reject(how.code)

    def _over(self, call_id: str) -> None:
        ring = self._ringing.pop(call_id, None)
        if ring is not None and ring.ended_at is None:
            ring.ended_at = asyncio.get_running_loop().time()

    def _on_bye(self, request: SipRequest) -> None:
        self._over(request.call_id or "")
        stream = self._streams.pop(request.call_id or "", None)
        if stream is not None:
            stream.close()
