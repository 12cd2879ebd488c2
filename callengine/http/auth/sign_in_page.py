"""The page with the form that takes a token: one file, nothing to load, no script."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from callengine.platform.language import texts_of

_STYLE: Final = (
    "html{color-scheme:dark;background:#0b0f14;color:#f2f5f7;font:600 20px/1.5 system-ui,sans-serif}"
    "main{max-width:28rem;margin:18vh auto;padding:0 1rem}"
    "label,input,button{display:block;width:100%;box-sizing:border-box;font:inherit}"
    "input,button{margin:.5rem 0 1rem;padding:.7rem;border:2px solid #8b98a5;border-radius:.4rem}"
    "input{background:#161b22;color:inherit}button{background:#56b4e9;color:#0b0f14;border-color:#56b4e9}"
    ":focus-visible{outline:3px solid #f2f5f7;outline-offset:2px}"
    "p{font-weight:400;color:#b6c2cc}[role=alert]{color:#ff7b72}"
)
_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; img-src data:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
_environment = Environment(
    loader=PackageLoader("callengine.http.auth", "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True)
class SignInPage:
    """What the page is asked for."""

    next: str
    """Where the browser goes on to."""
    language: str
    wrong: str = ""
    """The name of the text that says what was wrong."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """The page, and the policy under which a browser may show it."""

    html: str
    policy: str = POLICY


def sign_in_page(asked: SignInPage) -> Rendered:
    """The page; an unknown language is taken for English."""
    language = asked.language if asked.language in texts_of("sign-in") else "en"
    texts = texts_of("sign-in")[language]
    html = _environment.get_template("sign_in.html").render(
        language=language, texts=texts, style=_STYLE, next=asked.next, wrong=texts.get(asked.wrong, "")
    )
    return Rendered(html)
