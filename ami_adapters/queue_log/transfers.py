"""AMI's word on a transfer, as app_queue writes it to queue_log (apps/app_queue.c, Asterisk 13 and later). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ami_adapters.protocol.ami_message import Message
from ami_adapters.queue_log.line import field_text
from queues.terms.identifiers import CallId

TRANSFERS = frozenset({"BlindTransfer", "AttendedTransfer"})


@dataclass(frozen=True, slots=True)
class TransferNotice:
    """Somebody gave the channel `call` away; `data` are the line's fields before the times."""

    at: datetime
    call: CallId
    event: str
    data: tuple[str, ...]


def transfer_notice(message: Message, now: datetime) -> TransferNotice | None:
    """None for any other message, for a transfer that failed, and for a conference of three, which is none."""
    if message.name not in TRANSFERS or message.text("Result") != "Success":
        return None
    call = CallId(message.text("TransfereeUniqueid"))
    blind = message.name == "BlindTransfer"
    event = "BLINDTRANSFER" if blind else "ATTENDEDTRANSFER"
    data = (message.text("Extension"), message.text("Context")) if blind else _attended(message)
    if not call or not data:
        return None
    return TransferNotice(message.timestamp or now, call, event, tuple(map(field_text, data)))


def _attended(message: Message) -> tuple[str, ...]:
    match message.text("DestType"):
        case "Bridge":
            return ("BRIDGE", message.text("DestBridgeUniqueid"))
        case "App":
            return ("APP", message.text("DestApp"))
        case "Link":
            return ("LINK", message.text("LocalOneChannel"), message.text("LocalTwoChannel"))
        case _:
            return ()
