"""What telephones do with a call by themselves: do-not-disturb, forwarding, codecs nobody has."""

from __future__ import annotations

from aiosipua import IncomingCall

from callengine.demo.phones.softphone import Softphone


def refuse_with(phone: Softphone, status: int, *, rings: bool = False) -> None:
    """The phone refuses every call at once, with this SIP status; `rings`: it says 180 first, as some do."""

    def refuse(sip: IncomingCall) -> bool:
        if rings:
            sip.ringing()
        sip.reject(status)
        return True

    phone.refuse = refuse


def forward_to(phone: Softphone, number: str) -> None:
    """The phone sends every call on: 302 with a Contact at the PBX itself, as call forwarding does."""

    def refuse(sip: IncomingCall) -> bool:
        host, port = phone._registrar
        contact = f"<sip:{number}@{host}:{port}>"
        assert sip.transport is not None
        sip.transport.send_reply(
            sip.dialog.create_response(sip.invite, 302, "Moved Temporarily", contact=contact)
        )
        sip.dialog.terminate()
        return True

    phone.refuse = refuse


def accept_again(phone: Softphone) -> None:
    """Whatever was switched on is off."""
    phone.refuse = lambda sip: False
