"""Languages of what people read: rules from CLDR by Babel, words from callengine/locale.

A catalogue is gettext's PO, which translators' programs read: `msgctxt` is the page, `msgid` the text's name. It is
read as it is, when it is first wanted: nothing is compiled, so nothing can be stale. The desk's subjects have a
catalogue each, in callengine/locale/desk.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import Final, Literal, get_args

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

Language = Literal["ru", "en"]
Forms = tuple[str, str, str]
"""For one, few and many, as Russian has them; English has the last two alike."""
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
LOCALES: Final[Mapping[str, Locale]] = {language: Locale(language) for language in LANGUAGES}
"""CLDR's rules."""


@cache
def texts_of(page: str) -> Mapping[str, Mapping[str, str]]:
    """All texts of a page, by language and name. Raises LookupError when there is no such page."""
    found: dict[str, Mapping[str, str]] = {
        language: _texts(catalogue(language), page) for language in LANGUAGES
    }
    if not all(found.values()):
        raise LookupError(f"no catalogue has texts of {page!r}")
    return found


@cache
def forms_of(page: str) -> Mapping[str, Mapping[str, Forms]]:
    """A page's words that change with a number, by language and name."""
    return {language: _forms(catalogue(language), page) for language in LANGUAGES}


@cache
def catalogue(language: Language) -> Catalog:
    """Its catalogue. Raises FileNotFoundError, UnicodeDecodeError, PoFileError: the package is damaged."""
    whole = _read(files("callengine").joinpath("locale", f"{language}.po"), language)
    for file in sorted(
        files("callengine").joinpath("locale", "desk", language).iterdir(), key=lambda one: one.name
    ):
        for message in _read(file, language):
            if message.id:
                whole.add(message.id, message.string, context=message.context, flags=message.flags)
    return whole


def _read(file: Traversable, language: Language) -> Catalog:
    with file.open("rb") as source:
        return read_po(source, locale=language, abort_invalid=True)


def _texts(source: Catalog, page: str) -> Mapping[str, str]:
    return MappingProxyType(
        {
            str(message.id): str(message.string)
            for message in source
            if message.context == page and isinstance(message.id, str)
        }
    )


def _forms(source: Catalog, page: str) -> Mapping[str, Forms]:
    found: dict[str, Forms] = {}
    for message in source:
        if message.context == page and isinstance(message.id, tuple):
            one, few, *many = tuple(message.string or ())
            found[str(message.id[0])] = (one, few, many[0] if many else few)
    return MappingProxyType(found)


def plural_form(language: Language, n: int) -> Literal["one", "few", "many"]:
    """Which of a word's forms is said of so many; a language with fewer forms says `many` of the rest."""
    match LOCALES[language].plural_form(n):
        case "one":
            return "one"
        case "few":
            return "few"
        case _:
            return "many"
