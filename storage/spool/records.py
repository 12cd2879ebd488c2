"""What stands in the spool: a checkpoint of what is open, then starts of the engine and decisions, as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from storage.rows.codec import decision_from_json
from storage.rows.record import Record

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Kept(msgspec.Struct, tag="row", frozen=True):
    """One row of the ledger at the checkpoint; instants as microseconds since the epoch."""

    table: str
    row: dict[str, Any]


class Checkpoint(msgspec.Struct, tag="checkpoint", frozen=True):
    """The rows before it are whole: all that `node` had open when the ledger had everything."""

    node: str
    rows: int


class Started(msgspec.Struct, tag="start", frozen=True):
    """A start of the engine."""

    node: str
    epoch: int
    at: int


class Decided(msgspec.Struct, tag="decision", frozen=True):
    """One decision with the event that led to it."""

    epoch: int
    seq: int
    at: int
    event: msgspec.Raw
    decision: msgspec.Raw


Line = Kept | Checkpoint | Started | Decided
_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[Line] = msgspec.json.Decoder(Line)


def encode_line(line: Line) -> bytes:
    """One record's content."""
    return _encoder.encode(line)


def encode_record(record: Record) -> bytes:
    """One decision's content."""
    return _encoder.encode(
        Decided(
            record.epoch,
            record.seq,
            microseconds(record.at),
            msgspec.Raw(record.event.encode()),
            msgspec.Raw(record.decision.encode()),
        )
    )


def decode_line(content: bytes) -> Line:
    """The line again. Raises msgspec.DecodeError for what no version wrote."""
    return _decoder.decode(content)


def decided(line: Decided) -> Record:
    """The decision again. Raises KeyError, msgspec.ValidationError for one of a newer version."""
    text = bytes(line.decision).decode()
    decision = decision_from_json(text)
    return Record(
        line.epoch,
        line.seq,
        instant(line.at),
        bytes(line.event).decode(),
        text,
        decision.journal,
        decision.companies,
    )


def microseconds(at: datetime) -> int:
    """An instant as the ledger keeps it."""
    return (at - _EPOCH) // _MICROSECOND


def instant(value: int) -> datetime:
    """The instant again, aware UTC."""
    return _EPOCH + timedelta(microseconds=value)


def highest_epoch(lines: Iterable[Line]) -> int:
    """The last start that the spool knows of; 0 when it knows of none."""
    epochs = [0]
    for line in lines:
        match line:
            case Started(epoch=epoch) | Decided(epoch=epoch):
                epochs.append(epoch)
            case Kept(table="runs", row=row):
                epochs.append(row["epoch"])
            case _:
                pass
    return max(epochs)
