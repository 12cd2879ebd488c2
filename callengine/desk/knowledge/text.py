"""Markdown made to HTML that may be shown: rendered by a library, then cut down to what is allowed.

Whoever writes is not trusted with more than words, lists, tables, links and our own pictures: no raw HTML, no script,
no picture of another site (which would tell that site who reads).
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping
from typing import Final

import nh3
from markdown_it import MarkdownIt

FILES: Final = "/desk/files/"
"""How a text names our own pictures and files: this and a number. A page puts the address of the moment there."""
LONGEST: Final = 60_000
"""Letters of an article."""
_TAGS: Final = frozenset(
    (
        "a",
        "blockquote",
        "br",
        "code",
        "dd",
        "del",
        "dl",
        "dt",
        "em",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "img",
        "li",
        "ol",
        "p",
        "pre",
        "strong",
        "table",
        "tbody",
        "td",
        "th",
        "thead",
        "tr",
        "ul",
    )
)
_ATTRIBUTES: Final = {
    "a": {"href", "title"},
    "img": {"src", "alt", "title"},
    "th": {"align"},
    "td": {"align"},
}
_SCHEMES: Final = {"http", "https", "mailto", "tel"}
_HEADING = re.compile(r"<(/?)h([1-5])>")
_MARKDOWN = MarkdownIt("js-default", {"linkify": False, "breaks": True})
_TAG = re.compile(r"<[^>]*>")
_NAMED = re.compile(rf"{FILES}([0-9]{{1,9}})(?![0-9A-Za-z_/-])")
_OPENING = re.compile(r"<(?:a|img) [^>]*>")
_PLACE = re.compile(rf' (src|href)="{FILES}([0-9]{{1,9}})"')


def shown(markdown: str) -> str:
    """The HTML; headings begin at the second level. 35 kB take 0.1 s: it is kept, not made for each reader."""
    rendered = _MARKDOWN.render(markdown)
    lower = _HEADING.sub(lambda found: f"<{found[1]}h{int(found[2]) + 1}>", rendered)
    return nh3.clean(
        lower,
        tags=set(_TAGS),
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        url_schemes=set(_SCHEMES),
        attribute_filter=_only_own_files,
        link_rel="noopener noreferrer",
    )


def plain(markup: str) -> str:
    """The words of such HTML, for search and for a line in a list."""
    return " ".join(html.unescape(_TAG.sub(" ", markup)).split())


def excerpt(words: str, found: Iterable[tuple[int, int]], around: int = 90) -> tuple[tuple[str, bool], ...]:
    """A piece of the text about the first place that was found: parts, each with whether it is one of the places."""
    places = sorted(found)
    begin = max(0, (places[0][0] if places else 0) - around)
    begin = words.rfind(" ", 0, begin) + 1 if begin else 0
    end = min(len(words), begin + 3 * around)
    parts: list[tuple[str, bool]] = [("…", False)] if begin else []
    at = begin
    for since, until in places:
        if since < at or until > end:
            continue
        parts += [(words[at:since], False), (words[since:until], True)]
        at = until
    parts.append((words[at:end] + ("…" if end < len(words) else ""), False))
    return tuple(part for part in parts if part[0])


def addressed(markup: str, addresses: Mapping[int, str]) -> str:
    """Such HTML with addresses of these files in it; what is named and not among them leads nowhere."""

    def address(found: re.Match[str]) -> str:
        known = addresses.get(int(found[2]))
        return "" if known is None else f' {found[1]}="{html.escape(known)}"'

    return _OPENING.sub(lambda tag: _PLACE.sub(address, tag[0]), markup)


def named_files(markdown: str) -> frozenset[int]:
    """Numbers of the files that a text refers to."""
    return frozenset(int(number) for number in _NAMED.findall(markdown))


def _only_own_files(tag: str, attribute: str, value: str) -> str | None:
    """Pictures are ours, by number; an address that was copied from a page would be good for minutes only."""
    by_number = _NAMED.fullmatch(value) is not None
    if (tag, attribute) == ("img", "src"):
        return value if by_number else None
    if attribute == "href" and FILES in value:
        return value if by_number else None
    return value
