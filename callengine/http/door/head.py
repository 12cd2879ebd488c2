"""Whether what somebody sends is the head of an HTTP request: looked at before anything is made for it."""

from __future__ import annotations

import re
from dataclasses import dataclass

_END = b"\r\n\r\n"
_BEGINS = re.compile(rb"[A-Z]{1,20}(?: |$)")
_LINE = re.compile(rb"[A-Z]{1,20} [^\x00-\x20\x7f]{1,8190} HTTP/1\.[01]\r\n")
_TELLS_OF_A_BODY = re.compile(rb"\r\n(?:content-length|transfer-encoding)[ \t]*:", re.IGNORECASE)


class MalformedError(ValueError):
    """It will never be one."""


@dataclass(frozen=True, slots=True)
class Head:
    """A whole head: its bytes, and whether a body follows."""

    length: int
    has_body: bool


def look(said: bytes | bytearray) -> Head | None:
    """The head that it begins with; None while it may still become one. Raises MalformedError."""
    if not _BEGINS.match(said):
        raise MalformedError
    end = said.find(_END)
    if end < 0:
        return None
    if not _LINE.match(said):
        raise MalformedError
    length = end + len(_END)
    return Head(length, _TELLS_OF_A_BODY.search(said, 0, length) is not None)
