"""The board's words, from the catalogues: each by its type, and one that a language lacks ends the import."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from babel.numbers import format_percent

from callengine.platform.language import LANGUAGES, LOCALES, Forms, Language, forms_of, plural_form, texts_of

_NO_BREAK = "\u00a0"
_PAGE = "wallboard"


@dataclass(frozen=True, slots=True)
class Texts:
    """All words of one language. In braces: what is filled in."""

    board: str
    whole_centre: str
    company: str
    queue: str
    level: str
    level_by_queue: str
    """Where queues have different targets."""
    today: str
    last_hour: str
    sure: str
    """The 95 % interval."""
    bounds: str
    """What the figure may be, whatever happened while the link was down."""
    formula: str
    formula_by_queue: str
    from_arrival: str
    from_queue: str
    mixed_clocks: str
    few: str
    waiting: str
    late: str
    """Of those who wait: past the target, so counted against the figure already."""
    longest: str
    agents: str
    lost: str
    short: str
    callbacks: str
    oldest: str
    nobody_owed: str
    tasks: Forms
    callbacks_stopped: str
    strip: str
    strip_told: str
    """For those who cannot see the strip."""
    unseen: str
    """Said beside the bounds."""
    more: str
    no_agents: str
    updated: str
    """How old the data is; `{n}` is filled in by the browser."""
    no_data: str
    pbx: str
    trunk: str
    trunks: str
    works: str
    away: str
    unlisted: str
    """Numbers that were dialled and that nobody configured."""
    stands_by: str
    """Of an engine that looks on only."""
    not_known: str
    alarm: str
    view: str
    companies: str
    queues: str
    sound: str
    language: str
    sign_out: str
    without_script: str
    tones: Mapping[str, str]
    groups: Mapping[str, Forms]
    states: Mapping[str, str]


def _read(language: Language) -> Texts:
    """From the catalogue. Raises TypeError when a text is missing there, or there is one that the board has not."""
    whole: dict[str, Any] = {"tones": {"calm": ""}, "groups": {}, "states": {}}
    for name, said in (*texts_of(_PAGE)[language].items(), *forms_of(_PAGE)[language].items()):
        table, _, word = name.partition(".")
        if word:
            whole[table][word] = said
        elif name != "calls":
            whole[name] = said
    return Texts(**whole)


TEXTS: Final[Mapping[Language, Texts]] = {language: _read(language) for language in LANGUAGES}


def plural(language: Language, forms: Forms, n: int) -> str:
    """The form for so many, with the number filled in where it has a place."""
    form = forms[("one", "few", "many").index(plural_form(language, n))]
    return form.replace("{n}", str(n))


def calls(language: Language, n: int) -> str:
    """So many calls."""
    return plural(language, forms_of(_PAGE)[language]["calls"], n)


def percent(language: Language, share: Fraction | float, *, places: int = 0) -> str:
    """Rounded down, so that a goal that is shown as reached is reached."""
    exact = share if isinstance(share, Fraction) else Fraction(share).limit_denominator(10**6)
    down = Decimal(int(exact * 100 * 10**places)).scaleb(-2 - places)
    locale = LOCALES[language]
    pattern = locale.percent_formats[None].pattern
    if places:
        pattern = pattern.replace("#,##0", f"0.{'0' * places}")
    return format_percent(down, pattern, locale=locale)


def short_duration(language: Language, seconds: float) -> str:
    """At most four large characters: `4:07`, from ten minutes on `12 м`, from 100 minutes on `2 ч`."""
    minutes = max(0, int(seconds)) // 60
    if minutes < 10:
        return duration(seconds)
    unit_minutes, unit_hours = ("м", "ч") if language == "ru" else ("m", "h")
    return (
        f"{minutes}{_NO_BREAK}{unit_minutes}" if minutes < 100 else f"{minutes // 60}{_NO_BREAK}{unit_hours}"
    )


def duration(seconds: float) -> str:
    """`4:07`, from an hour on `1:04:07`; never negative."""
    whole = max(0, int(seconds))
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
