"""However the bytes arrive, the messages are the same."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ami_adapters.protocol.ami_message import Message
from ami_adapters.protocol.framer import MAX_MESSAGE_BYTES, Framer
from ami_adapters.protocol.recording import play

VALUES = st.text(st.characters(exclude_characters="\r\n\0", codec="utf-8"), max_size=30) | st.just("")
NAMES = st.text(st.sampled_from("ABCXYZabcxyz"), min_size=1, max_size=8)
MESSAGES = st.lists(st.tuples(NAMES, VALUES), min_size=1, max_size=5)


@given(st.lists(MESSAGES, max_size=6), st.data(), st.booleans())
def test_messages_survive_any_split(
    messages: list[list[tuple[str, str]]], data: st.DataObject, banner: bool
) -> None:
    raw = b"Asterisk Call Manager/11.0.0\r\n" if banner else b""
    for headers in messages:
        raw += "".join(f"{name}: {value}\r\n" for name, value in headers).encode() + b"\r\n"
    cuts = sorted(data.draw(st.lists(st.integers(0, len(raw)), max_size=8)))
    chunks = [raw[a:b] for a, b in zip([0, *cuts], [*cuts, len(raw)], strict=True)]
    assert [message.headers for message in play(chunks)] == [tuple(headers) for headers in messages]


@given(st.lists(st.binary(max_size=200), max_size=20))
def test_no_bytes_at_all_break_it(chunks: list[bytes]) -> None:
    for message in play(chunks):
        assert isinstance(message, Message)
        message.text("Event")
        assert message.timestamp is None or message.timestamp.tzinfo is not None


def test_a_message_beyond_all_measure_is_dropped_and_the_stream_goes_on() -> None:
    dropped: list[bool] = []
    framer = Framer(lambda: dropped.append(True))
    framer.feed(b"Asterisk Call Manager/11.0.0\r\n")
    found = []
    for _ in range(3 * MAX_MESSAGE_BYTES // 65536):
        found += framer.feed(b"x" * 65536)
    found += framer.feed(b"\r\n\r\nEvent: Next\r\n\r\n")
    assert found == [b"Event: Next"]
    assert dropped == [True]
