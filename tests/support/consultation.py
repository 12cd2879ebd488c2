"""An agent who asks a colleague by the second call of his phone, and then connects the resident with him."""

from __future__ import annotations

import asyncio

from aiosipua import OutgoingCall, SipDigestAuth, parse_sdp, serialize_sdp

from callengine.demo.phones.media import RtpStream
from callengine.demo.phones.sip_socket import audio_address, audio_description
from callengine.demo.phones.softphone import PhoneCall, Softphone


class Consultation:
    """A second call of a phone that speaks with a resident already."""

    def __init__(self, phone: Softphone, resident: PhoneCall, call: OutgoingCall, stream: RtpStream) -> None:
        self.phone = phone
        self.resident = resident
        self.call = call
        self.stream = stream

    @classmethod
    async def begin(cls, phone: Softphone, colleague: str, *, seconds: float = 20.0) -> Consultation:
        """Put the resident on hold and dial the colleague; returns when he is heard. Raises RuntimeError if refused.

        A PBX that is just about to bridge the two refuses a transfer.
        """
        resident = phone.present_call
        assert resident is not None, "nobody is spoken with"
        await hold(phone, resident, held=True)
        host, port = phone._registrar
        stream = await RtpStream.open(phone._ticker, ())
        call = phone._uac.send_invite(
            f"sip:{phone.user}@{host}",
            f"sip:{colleague}@{host}:{port}",
            phone._registrar,
            audio_description(stream.port),
            auth=SipDigestAuth(phone.user, phone._password),
        )
        began = cls(phone, resident, call, stream)
        try:
            await call.wait_answered(timeout=seconds)
            remote = audio_address(call.sdp_answer)
            assert remote is not None
            stream.start(remote, phone.tone_hz)
            async with asyncio.timeout(seconds):
                while not stream.frames_received:
                    await asyncio.sleep(0.01)
        except (RuntimeError, TimeoutError, asyncio.CancelledError):
            began.hang_up()
            raise
        return began

    def connect(self) -> None:
        """REFER with Replaces: the resident and the colleague are to speak with each other."""
        host, port = self.phone._registrar
        dialog = self.call.dialog
        replaces = f"{dialog.call_id};to-tag={dialog.remote_tag};from-tag={dialog.local_tag}"
        for plain, escaped in (("%", "%25"), ("@", "%40"), (";", "%3B"), ("=", "%3D"), (":", "%3A")):
            replaces = replaces.replace(plain, escaped)
        assert self.resident.sip is not None
        target = f"<sip:colleague@{host}:{port}?Replaces={replaces}>"
        self.phone._uac.send_refer(self.resident.sip.dialog, target, self.phone._registrar)
        self.stream.close()

    def hang_up(self) -> None:
        """End the second call, answered or not."""
        if self.call.cancel(self.phone._uac) is None:
            self.call.hangup(self.phone._uac)
        self.stream.close()

    async def return_to_resident(self) -> None:
        """He hears the agent again, not the music."""
        self.hang_up()
        await hold(self.phone, self.resident, held=False)


async def hold(phone: Softphone, call: PhoneCall, *, held: bool) -> None:
    """A re-INVITE that sends only, or sends and receives again: what the hold key of a phone does."""
    assert call.sip is not None
    assert call.stream is not None
    offer = serialize_sdp(audio_description(call.stream.port)).replace("o=- 1 1", f"o=- 1 {2 + (not held)}")
    if held:
        offer = offer.replace("a=sendrecv", "a=sendonly")
    # The library acknowledges answers only to calls that it made itself.
    asking = OutgoingCall(call.sip.dialog, call.sip.invite, remote_addr=phone._registrar)
    asking._answered.set()
    phone._uac._calls[asking.call_id] = asking
    try:
        phone._uac.send_reinvite(call.sip.dialog, parse_sdp(offer), phone._registrar)
        async with asyncio.timeout(10):
            while asking.sdp_answer is None:
                await asyncio.sleep(0.01)
    finally:
        phone._uac.remove_call(asking.call_id)
