"""An agent's softphone: registers, rings, answers or not, plays its tone and listens."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from aiosipua import IncomingCall, OutgoingCall, Registration, SipDigestAuth, SipUAC, SipUAS

from callengine.demo.phones.media import RtpStream, Ticker
from callengine.demo.phones.sip_socket import SipSocket, audio_address, audio_description
from callengine.demo.phones.tones import RESIDENT_TONE

_ANSWER_SECONDS = 20.0
"""A PBX answers at once; a machine that does other things too is given time."""
DECLINE = -1.0
"""An answer plan's "seconds" for pressing the red button (486)."""


@dataclass(slots=True)
class PhoneCall:
    """One call that rang; moments are loop.time(), None for what has not happened."""

    shown_name: str
    shown_number: str
    rang_at: float
    answered_at: float | None = None
    ended_at: float | None = None
    stream: RtpStream | None = None
    sip: IncomingCall | None = field(default=None, repr=False)

    @property
    def heard_resident_at(self) -> float | None:
        """When the resident's tone was first heard."""
        return None if self.stream is None else self.stream.heard.get(RESIDENT_TONE)


class Softphone:
    """One registered phone.

    `answer_after` gives, for each ring, the seconds until the agent answers, None to let it ring, DECLINE to
    decline; `talk_for` the seconds after which he hangs up, None to leave that to the other side.
    """

    def __init__(
        self,
        user: str,
        password: str,
        registrar: tuple[str, int],
        ticker: Ticker,
        *,
        tone_hz: int,
        answer_after: Callable[[], float | None] = lambda: 0.0,
        talk_for: Callable[[], float | None] = lambda: None,
    ) -> None:
        self.user = user
        self.tone_hz = tone_hz
        self.answer_after = answer_after
        self.talk_for = talk_for
        self.refuse: Callable[[IncomingCall], bool] = lambda sip: False
        """What the phone does with a call by itself, before anybody hears it; true: the call is over for it."""
        self.calls: list[PhoneCall] = []
        self._password = password
        self._registrar = registrar
        self._ticker = ticker
        self._socket = SipSocket()
        self._uac = SipUAC(self._socket)
        self._uas = SipUAS(self._socket, uac=self._uac)
        self._registration: Registration | None = None
        self._changed = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_stopping = False

    async def start(self) -> None:
        """Bind and register. Raises TimeoutError, PermissionError when the registrar refuses."""
        self._uas.on_invite = self._on_invite
        self._uas.on_reinvite = lambda call: call.accept(call.sdp_answer)
        self._uas.on_bye = lambda call, request: self._on_ended(call.call_id)
        self._uas.on_cancel = lambda request, addr: self._on_ended(request.call_id or "")
        await self._uas.start()
        await self.register()

    async def register(self) -> None:
        """Make the phone known to Asterisk."""
        host, port = self._registrar
        outcome: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        registration = Registration(
            self._uac,
            f"sip:{self.user}@{host}:{port}",
            self._registrar,
            auth=SipDigestAuth(self.user, self._password),
            registrar_uri=f"sip:{host}:{port}",
        )

        def refused(_registration: Registration, status: int, reason: str) -> None:
            if not outcome.done():
                outcome.set_exception(PermissionError(f"{self.user}: {status} {reason}"))

        registration.on_registered = lambda _: None if outcome.done() else outcome.set_result(None)
        registration.on_failed = refused
        registration.register()
        self._registration = registration
        async with asyncio.timeout(_ANSWER_SECONDS):
            await outcome

    def unregister(self) -> None:
        """As if the phone had been unplugged politely."""
        if self._registration is not None:
            self._registration.unregister()

    async def stop(self) -> None:
        """Hang up, unregister and let go of the sockets."""
        # Whoever hangs up is offered the next call at once.
        self._is_stopping = True
        for task in tuple(self._tasks):
            task.cancel()
        for call in self.calls:
            self._hang_up(call)
        self.unregister()
        await asyncio.sleep(0.02)
        await self._uas.stop()

    async def dial(
        self,
        extension: str,
        *,
        seconds: float = 4.0,
        keys: Iterable[tuple[float, str]] = (),
        listen_for: Iterable[int] = (),
    ) -> str:
        """Dial a feature code and listen until the other side hangs up, `seconds` at most from its answer on.

        `keys`: pressed so many seconds after the answer. Returns "answered", with the tones heard, or the SIP status
        line of a refusal.
        """
        host, port = self._registrar
        stream = await RtpStream.open(self._ticker, listen_for)
        call = self._uac.send_invite(
            f"sip:{self.user}@{host}",
            f"sip:{extension.replace('#', '%23')}@{host}:{port}",
            self._registrar,
            audio_description(stream.port),
            auth=SipDigestAuth(self.user, self._password),
        )
        try:
            try:
                await call.wait_answered(timeout=max(seconds, _ANSWER_SECONDS))
            except RuntimeError as refused:
                return str(refused)
            remote = audio_address(call.sdp_answer)
            if remote is not None:
                stream.start(remote, None)
            pressing = [asyncio.ensure_future(_press_later(stream, after, key)) for after, key in keys]
            await self._until_gone(call, seconds)
            for task in pressing:
                task.cancel()
            return " ".join(["answered", *map(str, sorted(stream.heard))])
        finally:
            call.hangup(self._uac)
            stream.close()
            self._uac.remove_call(call.call_id)

    def transfer(self, extension: str) -> None:
        """Give the conversation to another extension by REFER, without asking there first."""
        call = self.present_call
        if call is None or call.sip is None or call.answered_at is None:
            raise RuntimeError("there is no conversation to transfer")
        host, port = self._registrar
        self._uac.send_refer(call.sip.dialog, f"sip:{extension}@{host}:{port}", self._registrar)

    def drop_calls(self) -> None:
        """Forget whatever rings or is spoken: the other side died without a word."""
        for call in self.calls:
            self._end(call)

    def hang_up(self) -> None:
        """End whatever is ringing or spoken on this phone."""
        for call in self.calls:
            self._hang_up(call)

    async def wait_for(self, condition: Callable[[Softphone], bool], *, seconds: float = 30.0) -> None:
        """Until the condition holds. Raises TimeoutError."""
        async with asyncio.timeout(seconds), self._changed:
            await self._changed.wait_for(lambda: condition(self))

    @property
    def present_call(self) -> PhoneCall | None:
        """What rings or is spoken now."""
        return next((call for call in self.calls if call.ended_at is None), None)

    async def _until_gone(self, call: OutgoingCall, seconds: float) -> None:
        gone = asyncio.Event()
        self._uas.on_bye = lambda one, request: (
            gone.set() if request.call_id == call.call_id else self._on_ended(one.call_id)
        )
        try:
            async with asyncio.timeout(seconds):
                await gone.wait()
        except TimeoutError:
            return

    def _on_invite(self, sip: IncomingCall) -> None:
        if self._is_stopping:
            sip.reject(480, "Temporarily Unavailable")
            return
        address = sip.invite.from_addr
        call = PhoneCall(
            shown_name=(address.display_name or "") if address is not None else "",
            shown_number=(address.uri.user or "") if address is not None else "",
            rang_at=asyncio.get_running_loop().time(),
            sip=sip,
        )
        self.calls.append(call)
        if self.refuse(sip):
            self._end(call)
            return
        sip.ringing()
        self._tell()
        task = asyncio.get_running_loop().create_task(self._attend(call, sip))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _attend(self, call: PhoneCall, sip: IncomingCall) -> None:
        after = self.answer_after()
        if after is None:
            return
        if after == DECLINE:
            self._end(call)
            sip.reject(486, "Busy Here")
            return
        await asyncio.sleep(after)
        stream = await RtpStream.open(self._ticker, (RESIDENT_TONE,), lambda hz: self._tell())
        if call.ended_at is not None:
            # The other side gave up before he answered.
            stream.close()
            return
        call.stream = stream
        remote = audio_address(sip.sdp_offer)
        if remote is not None:
            stream.start(remote, self.tone_hz)
        sip.accept(audio_description(stream.port))
        call.answered_at = asyncio.get_running_loop().time()
        self._tell()
        talk = self.talk_for()
        if talk is not None:
            await asyncio.sleep(talk)
            self._hang_up(call)

    def _hang_up(self, call: PhoneCall) -> None:
        if call.ended_at is None and call.sip is not None:
            if call.answered_at is None:
                call.sip.reject(486, "Busy Here")
            else:
                call.sip.hangup()
            self._end(call)

    def _on_ended(self, call_id: str) -> None:
        for call in self.calls:
            if call.sip is not None and call.sip.call_id == call_id:
                self._end(call)

    def _end(self, call: PhoneCall) -> None:
        if call.ended_at is None:
            call.ended_at = asyncio.get_running_loop().time()
            if call.stream is not None:
                call.stream.close()
            self._tell()

    def _tell(self) -> None:
        task = asyncio.get_running_loop().create_task(self._notify())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()


async def _press_later(stream: RtpStream, after: float, key: str) -> None:
    await asyncio.sleep(after)
    await stream.press(key)
