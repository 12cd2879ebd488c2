"""Where an engine of these settings keeps its tokens."""

from __future__ import annotations

from callengine.http.auth.tokens import TokenFile
from callengine.platform.paths import STATE_FOLDER
from config.settings import Settings


def token_file(settings: Settings) -> TokenFile:
    """The engine's own: a relative path is in its working folder, under systemd the service's state folder."""
    path = settings.http.tokens_file
    if not path.is_absolute() and not path.exists() and STATE_FOLDER.is_dir():
        path = STATE_FOLDER / path
    return TokenFile(path)
