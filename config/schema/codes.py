"""The settings' table of codes that agents dial: one place, from which the dialplan is written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final

from pydantic import Field, StringConstraints

from config.schema.base import Section

PrefixText = Annotated[str, StringConstraints(pattern=r"^[0-9*#]{0,4}$")]
CodeText = Annotated[str, StringConstraints(pattern=r"^[0-9*#]{1,6}$")]
CODES: Final = ("login", "logout", "pause", "unpause", "ready", "disposition", "message")


class Codes(Section):
    """What agents dial on their phones, prefix and code; `callengine sample` writes it into the dialplan."""

    prefix: PrefixText = Field("*", description="before each of them; with it they begin with * or #")
    login: CodeText = Field(
        "41", description="log in; followed by the phone's number: a lamp key, log in or out"
    )
    logout: CodeText = Field("42", description="log out")
    pause: CodeText = Field("43", description="pause; followed by a digit: with that reason")
    unpause: CodeText = Field("44", description="back from the pause")
    ready: CodeText = Field("45", description="end the rest after a call")
    disposition: CodeText = Field(
        "46",
        description="after a callback, followed by: 1 reached him, 2 answering machine, 3 wrong person, 4 he refused",
    )
    message: CodeText = Field("47", description="hear the next voice message")

    def dialled(self) -> dict[str, str]:
        """Each code as it is dialled, by its key."""
        return {key: f"{self.prefix}{getattr(self, key)}" for key in CODES}

    def numbers(self) -> Iterator[tuple[str, str]]:
        """Each number that is dialled, with its key; of a lamp key its beginning and one digit."""
        for key, code in self.dialled().items():
            if key == "disposition":
                yield from ((key, f"{code}{digit}") for digit in "1234")
                continue
            yield key, code
            if key in {"login", "pause"}:
                yield key, f"{code}1"
