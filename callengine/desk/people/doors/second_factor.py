"""One-time codes by time (RFC 6238, six digits, 30 s) and recovery codes for who lost his telephone. Pure: no clock."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from datetime import datetime

import pyotp
import segno

STEP_SECONDS = 30
_EITHER_SIDE = 1
"""Steps by which a telephone's clock may differ."""
RECOVERY_CODES = 10
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without those that are taken for one another."""
_ISSUER = "callengine"


def new_totp_secret() -> str:
    """160 random bits in base 32."""
    return pyotp.random_base32()


def taken_step(secret: str, code: str, at: datetime, last: int | None) -> int | None:
    """The step of time whose code it is; None: of none now, or of one that was taken before (`last`) or earlier."""
    digits = re.sub(r"\s", "", code)
    if not (digits.isascii() and digits.isdigit() and len(digits) == 6):
        return None
    maker = pyotp.TOTP(secret, interval=STEP_SECONDS)
    now = int(at.timestamp()) // STEP_SECONDS
    for step in range(now - _EITHER_SIDE, now + _EITHER_SIDE + 1):
        if secrets.compare_digest(maker.generate_otp(step), digits):
            return step if last is None or step > last else None
    return None


def picture(secret: str, account: str) -> bytes:
    """The QR code that an authenticator reads, as SVG."""
    address = pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=_ISSUER)
    code = segno.make(address, error="m")
    text = code.svg_inline(scale=5, border=3, dark="#000", light="#fff", omitsize=False)
    return text.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1).encode()


def new_recovery_codes() -> Sequence[str]:
    """Each opens the door once, with some 79 random bits: `abcd-efgh-jkmn-pqrs`."""
    return tuple(
        "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))
        for _ in range(RECOVERY_CODES)
    )


def plain_recovery_code(typed: str) -> str | None:
    """As it was given out; None: it cannot be one."""
    letters = re.sub(r"[\s-]", "", typed).lower()
    if len(letters) != 16 or not letters.isascii() or not letters.isalnum():
        return None
    return "-".join(letters[begin : begin + 4] for begin in range(0, 16, 4))
