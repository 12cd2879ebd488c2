"""How numbers and the usual names of lines and queues are shown to people."""

from __future__ import annotations

import re

from babel.numbers import format_decimal

from callengine.platform.language import LOCALES, Language, texts_of

_BROWSERS = re.compile(r"(Firefox|Edg|OPR|YaBrowser|Chrome|Version)/(\d+)")
_CALLED = {"Edg": "Edge", "OPR": "Opera", "YaBrowser": "Яндекс Браузер", "Version": "Safari"}
_SYSTEMS = re.compile(r"Windows|Android|iPhone|iPad|Mac OS X|Linux")
_LONGEST_NAME = 60


def shown_number(number: str) -> str:
    """`+7 916 123-45-67`; others as they are."""
    digits = number.removeprefix("+")
    if len(digits) == 11 and digits[0] == "7" and digits.isdecimal():
        return f"+7 {digits[1:4]} {digits[4:7]}-{digits[7:9]}-{digits[9:]}"
    return number


def usual_word(identity: str, language: Language) -> str:
    """A word for what most centres call their lines and queues; else the name as the settings have it."""
    return texts_of("desk.names")[language].get(identity, identity)


def browser_name(user_agent: str) -> str:
    """`Firefox 128, Windows` of what it sends; what is no known browser's as it is, cut."""
    found = dict(_BROWSERS.findall(user_agent))
    system = _SYSTEMS.search(user_agent)
    # Others of its family call themselves Chrome too, and come first here.
    for name in ("Edg", "OPR", "YaBrowser", "Firefox", "Chrome", "Version"):
        if name in found:
            told = f"{_CALLED.get(name, name)} {found[name]}"
            return told if system is None else f"{told}, {system[0]}"
    return user_agent[:_LONGEST_NAME]


def percent(share: float | None, language: Language) -> str:
    """With one digit behind the point or comma; a dash of nothing."""
    if share is None:
        return "—"
    return f"{format_decimal(100 * float(share), '0.0', locale=LOCALES[language])} %"
