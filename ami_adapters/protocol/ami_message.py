"""One AMI message: headers in order, repeated ones kept, decoded once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST_SECONDS = 11
_WRITTEN_OFTEN = ("Variable", "Output")
"""Headers that Asterisk itself writes more than once in a message end so: Variable, ChanVariable, DestChanVariable …"""


def instant_of(text: str) -> datetime | None:
    """`1763939393.123456` to an aware UTC datetime, exact to the microsecond; None when it is not one."""
    seconds, _, fraction = text.strip().partition(".")
    if not (seconds.isascii() and seconds.isdigit()) or len(seconds) > _LONGEST_SECONDS:
        return None
    if fraction and not (fraction.isascii() and fraction.isdigit()):
        return None
    return _EPOCH + timedelta(seconds=int(seconds), microseconds=int(fraction[:6].ljust(6, "0")))


def clean(text: str) -> str:
    """Fit for the domain: what was not UTF-8 becomes U+FFFD, NUL disappears."""
    if text.isascii() and "\0" not in text:
        return text
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace").replace("\0", "")


class Message:
    """A response or an event.

    `get` gives a value exactly as it came (bytes that are not UTF-8 as surrogates), for echoing a channel
    name back; `text` gives it clean, for everybody else. Header names are case sensitive, as Asterisk writes
    them.
    """

    __slots__ = ("_first", "_pairs", "contradicts_itself")

    def __init__(self, raw: bytes) -> None:
        self._pairs: list[tuple[str, str]] = []
        self._first: dict[str, str] = {}
        self.contradicts_itself = False
        """A header is there twice: Asterisk writes callers' numbers as they came, line ends and all."""
        pairs, first = self._pairs, self._first
        for line in raw.decode("utf-8", "surrogateescape").split("\r\n"):
            name, colon, value = line.partition(":")
            if colon:
                if value[:1] == " ":
                    value = value[1:]
                pairs.append((name, value))
                if name not in first:
                    first[name] = value
                elif not name.endswith(_WRITTEN_OFTEN):
                    self.contradicts_itself = True

    def __repr__(self) -> str:
        return f"Message({self.name or self._first.get('Response', '')!r}, {len(self._pairs)} headers)"

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """All headers in order, as they came."""
        return tuple(self._pairs)

    @property
    def name(self) -> str:
        """The event's name, empty for a response."""
        return self._first.get("Event", "")

    @property
    def action_id(self) -> str:
        """The ActionID it answers, or empty."""
        return self._first.get("ActionID", "")

    @property
    def ends_list(self) -> bool:
        """Whether it is the end of a list. Asterisk names the action first (main/manager.c), a line end cannot."""
        return "EventList" in self._first and next(
            name == "ActionID" for name in self._first if name in {"ActionID", "EventList"}
        )

    @property
    def is_response(self) -> bool:
        """Whether it is the answer to an action. An event may carry a Response header too (OriginateResponse)."""
        return "Response" in self._first and "Event" not in self._first

    @property
    def timestamp(self) -> datetime | None:
        """When Asterisk says it happened (timestampevents=yes), None without."""
        return instant_of(self._first.get("Timestamp", ""))

    def get(self, name: str, default: str = "") -> str:
        """The first value of a header as it came."""
        return self._first.get(name, default)

    def text(self, name: str, default: str = "") -> str:
        """The first value of a header, clean."""
        return clean(self._first.get(name, default))

    def all_texts(self, name: str) -> list[str]:
        """Every value of a repeated header, clean, in order."""
        return [clean(value) for key, value in self._pairs if key == name]
