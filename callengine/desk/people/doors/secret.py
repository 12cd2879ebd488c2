"""Random texts that open something: links, cookies, tokens of programs. Only their SHA-256 is kept."""

from __future__ import annotations

import hashlib
import hmac
import secrets

TOKEN_PREFIX = "cedesk_"  # noqa: S105  # what programs that look for leaked tokens know ours by
_BYTES = 32


def new_secret() -> str:
    """256 random bits, of letters that may stand in an address."""
    return secrets.token_urlsafe(_BYTES)


def kept(secret: str) -> str:
    """What is kept of it: no slow hash, for 128 random bits and more cannot be guessed."""
    return hashlib.sha256(secret.encode()).hexdigest()


def derived(secret: str, purpose: str) -> str:
    """Another text that only who has the secret can make, and that does not tell the secret."""
    return hmac.digest(secret.encode(), purpose.encode(), hashlib.sha256).hex()


def are_equal(one: str, other: str) -> bool:
    """Told in a time that does not depend on how much of them is alike."""
    return hmac.compare_digest(one.encode(), other.encode())
