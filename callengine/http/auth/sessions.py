"""What a signed-in browser carries: whose token it showed and until when, signed; nothing is kept per browser."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from callengine.http.auth.tokens import Token, TokenError

_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that showed its token."""

    token: Token
    ends_at: datetime


class Sessions:
    """Signs and checks cookies with a key of this engine's own; revoking the token ends them."""

    def __init__(self, key: bytes, lasting: timedelta) -> None:
        self._key = key
        self.lasting = lasting

    def cookie_for(self, token: Token, now: datetime) -> str:
        """`name.end.signature`; a name holds no colon, and the digest of the token itself is signed but not shown."""
        ends = int((now + self.lasting).timestamp())
        return f"{token.name}:{ends}:{self._signature(token, ends)}"

    def check(self, cookie: str, tokens: Iterable[Token], now: datetime) -> Session | None:
        """Whose session this is; None when it is over, forged, or its token was revoked."""
        name, _, rest = cookie.partition(":")
        ends_text, _, signature = rest.partition(":")
        if not (ends_text.isascii() and ends_text.isdigit() and len(ends_text) <= 12 and signature.isascii()):
            return None
        ends = int(ends_text)
        token = next((one for one in tokens if one.name == name), None)
        if token is None or not hmac.compare_digest(signature, self._signature(token, ends)):
            return None
        return None if ends <= now.timestamp() else Session(token, datetime.fromtimestamp(ends, UTC))

    def wants_renewal(self, session: Session, now: datetime) -> bool:
        """Less than half of its time is left: a board that is on day and night never has to sign in again."""
        return session.ends_at - now < self.lasting / 2

    def _signature(self, token: Token, ends: int) -> str:
        text = f"{token.name}:{ends}:{token.digest}".encode()
        return base64.urlsafe_b64encode(hmac.digest(self._key, text, hashlib.sha256)).decode().rstrip("=")


def session_key(path: Path) -> bytes:
    """The key in that file; made at the first start, so that a restart signs nobody out. Raises TokenError."""
    try:
        try:
            key = path.read_bytes()
        except FileNotFoundError:
            key = secrets.token_bytes(_KEY_BYTES)
            path.touch(mode=0o600, exist_ok=False)
            path.write_bytes(key)
    except OSError as problem:
        raise TokenError(f"the key of the browsers' sessions, {path}: {problem.strerror}") from problem
    if len(key) != _KEY_BYTES:
        raise TokenError(f"{path} must hold {_KEY_BYTES} bytes: delete it, and browsers sign in once more")
    return key
