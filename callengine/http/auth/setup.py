"""Whether a token is wanted at all, and the gate that the settings ask for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from callengine.http.auth.middleware import Gate, is_loopback
from callengine.http.auth.sessions import Sessions, session_key
from callengine.http.auth.tokens import TokenError, TokenFile
from config.settings import Settings


def token_is_wanted(settings: Settings) -> bool:
    """Off loopback always; on loopback where the settings say so."""
    return settings.http.sign_in == "always" or not is_loopback(settings.http.host)


def open_gate(settings: Settings, now: Callable[[], datetime]) -> Gate:
    """The gate of this engine. Raises TokenError when tokens are wanted and there is none, or none can be read."""
    http = settings.http
    tokens = TokenFile(http.tokens_file)
    wanted = token_is_wanted(settings)
    if wanted and not tokens.tokens():
        raise TokenError(no_token(settings))
    # Beside the tokens, in the engine's own folder: a restart must not sign the wall out.
    key = session_key(tokens.path.with_name("callengine.session-key")) if wanted else b""
    return Gate(
        tokens,
        Sessions(key, timedelta(days=http.sign_in_days)),
        wanted=wanted,
        https=http.https,
        language=settings.wallboard.language or settings.centre.language,
        now=now,
    )


def no_token(settings: Settings) -> str:
    """What to do when there is none."""
    http = settings.http
    why = (
        f"http.host = {http.host!r} is reached from other machines"
        if not is_loopback(http.host)
        else 'http.sign_in = "always"'
    )
    return (
        f"{why}, and {http.tokens_file.absolute()} holds no token: make one with `callengine token --config …`, "
        'which prints it once (docs/wallboard.md), or set http.host = "127.0.0.1" to serve this machine only'
    )
