"""The tokens' file: a name, what it may see, and the SHA-256 of a token that was shown once and is kept nowhere."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

PREFIX = "cet_"
"""Callengine's tokens begin so, for whoever searches files for secrets."""
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,40}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_HEAD = "# Tokens of callengine: name, role, made, SHA-256. Written by `callengine token`; the tokens are not in it.\n"


class TokenError(Exception):
    """The tokens' file cannot be used, or not for that; the text says why and what to do."""


class Role(StrEnum):
    """What a token may see. Nobody changes anything over the network."""

    LOOK = "look"
    """Everything that is shown: the wallboard, the API (numbers masked), the metrics."""
    WALLBOARD = "wallboard"
    """The wallboard: for a TV on a wall."""
    METRICS = "metrics"
    """/metrics and /readyz: for Prometheus."""


@dataclass(frozen=True, slots=True)
class Token:
    """One line of the file."""

    name: str
    role: Role
    made_at: datetime
    digest: str
    """SHA-256 of the token, hexadecimal."""

    def line(self) -> str:
        """As it is written."""
        return f"{self.name} {self.role} {self.made_at:%Y-%m-%dT%H:%M:%SZ} {self.digest}\n"


def digest_of(token: str) -> str:
    """What is kept of a token: it has 256 random bits, so a plain hash cannot be turned back by guessing."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


class TokenFile:
    """The file, read again whenever it was changed: a revoked token is refused from the next request on."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen: tuple[int, int, int] | None = None
        self._tokens: tuple[Token, ...] = ()

    def tokens(self) -> tuple[Token, ...]:
        """All of them; none while there is no file. Raises TokenError when it cannot be read."""
        try:
            status = self.path.stat()
            seen = (status.st_mtime_ns, status.st_size, status.st_ino)
            if seen != self._seen:
                self._tokens = tuple(_read(self.path.read_text(encoding="utf-8").splitlines(), self.path))
                self._seen = seen
        except FileNotFoundError:
            self._seen, self._tokens = None, ()
        except (OSError, UnicodeDecodeError) as problem:
            raise TokenError(f"{self.path} cannot be read: {problem}") from problem
        return self._tokens

    def find(self, token: str) -> Token | None:
        """Whose token this is. Every line is compared, each in constant time. Raises TokenError."""
        digest, found = digest_of(token), None
        for one in self.tokens():
            if hmac.compare_digest(one.digest, digest):
                found = one
        return found

    def add(self, name: str, role: Role, now: datetime) -> str:
        """Make a token; it is returned here and can never be shown again. Raises TokenError."""
        if not _NAME.fullmatch(name):
            raise TokenError("a token's name has 1 to 40 letters, digits, dots, dashes or underscores")
        if any(one.name == name for one in self.tokens()):
            raise TokenError(
                f"there is a token named {name!r} already: `callengine token revoke {name}` first, "
                "or give the new one another name with --name"
            )
        token = PREFIX + secrets.token_urlsafe(32)
        self._write([*self.tokens(), Token(name, role, now, digest_of(token))])
        return token

    def revoke(self, name: str) -> None:
        """Take it back: sessions of browsers that signed in with it end too. Raises TokenError."""
        kept = [one for one in self.tokens() if one.name != name]
        if len(kept) == len(self.tokens()):
            raise TokenError(f"no token is named {name!r}; `callengine token list` shows them")
        self._write(kept)

    def _write(self, tokens: Iterable[Token]) -> None:
        """Replaced whole, and owned by the folder's owner: root writes it, the engine's own user reads it."""
        unfinished = self.path.with_name(self.path.name + ".unfinished")
        try:
            unfinished.unlink(missing_ok=True)
            unfinished.touch(mode=0o600, exist_ok=False)
            unfinished.write_text(_HEAD + "".join(one.line() for one in tokens), encoding="utf-8")
            if os.geteuid() == 0:
                folder = self.path.parent.stat()
                os.chown(unfinished, folder.st_uid, folder.st_gid)
            unfinished.replace(self.path)
        except OSError as problem:
            raise TokenError(f"{self.path} cannot be written: {problem.strerror}") from problem
        self._seen = None


def _read(lines: Iterable[str], path: Path) -> Iterable[Token]:
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            name, role, made_at, digest = line.split()
            if not _NAME.fullmatch(name) or not _DIGEST.fullmatch(digest):
                raise ValueError
            yield Token(
                name, Role(role), datetime.strptime(made_at, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC), digest
            )
        except ValueError:
            # Its content is not told: somebody may have pasted the token itself.
            raise TokenError(
                f"line {number} of {path} is no token: it must be `name role made sha256`, as `callengine token` writes"
            ) from None
