"""Every text has Russian and English, with the same places to fill in; forms of words are CLDR's."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Message

from callengine.platform.language import LANGUAGES, Language, catalogue, plural_form, texts_of

PAGES = ("sign-in", "evidence", "period", "wallboard", "display")


def messages(language: Language) -> dict[tuple[str, str], Message]:
    return {
        (str(one.context), one.id if isinstance(one.id, str) else one.id[0]): one
        for one in catalogue(language)
        if one.id
    }


def said(one: Message) -> tuple[str, ...]:
    """All its forms."""
    return (one.string,) if isinstance(one.string, str) else tuple(one.string)


def test_every_text_has_both_languages_and_none_is_empty_or_doubtful() -> None:
    russian, english = messages("ru"), messages("en")
    assert russian.keys() == english.keys()
    assert {page for page, _ in russian if not page.startswith("desk.")} == set(PAGES)
    assert len(russian) > 150
    for one in (*russian.values(), *english.values()):
        assert all(said(one)), one.id
        assert not one.fuzzy, one.id


def test_places_that_are_filled_in_are_the_same_in_both() -> None:
    russian, english = messages("ru"), messages("en")
    for key, one in russian.items():
        placed = {tuple(sorted(re.findall(r"{\w*}", form))) for form in (*said(one), *said(english[key]))}
        assert len(placed) == 1, key


def test_a_text_is_in_the_letters_of_its_language() -> None:
    """No translation was forgotten, or put into the other file; what has no word of either is alike in both."""
    english = messages("en")
    for key, one in messages("ru").items():
        if key == ("wallboard", "language"):
            continue  # Each names the other language, in that one's letters.
        for form in said(one):
            alike = form.replace("\u00a0", "").replace(" ", "")
            assert re.search("[а-яё]", form.lower()) or alike == said(english[key])[0].replace(" ", ""), key
        for form in said(english[key]):
            # What people type stands in quotation marks, in their letters.
            assert not re.search("[а-яё]", re.sub(r'"[^"]*"|“[^”]*”', "", form).lower()), key


def test_a_catalogue_names_each_text_once() -> None:
    """Babel would take the later one without a word."""
    for language in LANGUAGES:
        places = [
            Path(f"callengine/locale/{language}.po"),
            *Path(f"callengine/locale/desk/{language}").glob("*.po"),
        ]
        text = "\n".join(place.read_text(encoding="utf-8") for place in places)
        names = re.findall(r'^msgctxt "(.+)"\nmsgid "(.+)"$', text, re.MULTILINE)
        assert len(names) == len(set(names)) == len(messages(language))


def test_every_text_is_used() -> None:
    """By name, in the code or in a template of its page; names that are put together are the ledger's words."""
    used = "\n".join(
        path.read_text(encoding="utf-8")
        for path in Path("callengine").rglob("*")
        if path.suffix in {".py", ".html", ".svg"}
    )
    core = [*Path("sla").glob("*.py"), *Path("queues").rglob("*.py")]
    used += "\n".join(path.read_text(encoding="utf-8") for path in core)
    words = set(re.findall(r"\w+", used))
    # The board takes all that its type has, and refuses any other.
    names = {name for page, name in messages("en") if page != "wallboard"}
    unused = {name for name in names if name not in words and not _is_built(name, words)}
    assert unused == set()


def _is_built(name: str, words: set[str]) -> bool:
    """`days_title` of a chart that is called `days`; `f_answered_only` of a formula; `fault_phone_{fault}`."""
    if name.removeprefix("f_") in words:
        return True
    parts = name.split("_")
    splits = [("_".join(parts[:n]), "_".join(parts[n:])) for n in range(1, len(parts))]
    return any(
        (begin in words or f"{begin}_" in words) and (f"_{end}" in words or end in words)
        for begin, end in splits
    )


def test_a_page_that_there_is_not_is_no_empty_page() -> None:
    with pytest.raises(LookupError, match="no catalogue has texts of 'nothing'"):
        texts_of("nothing")


@pytest.mark.parametrize(
    ("language", "form", "numbers"),
    [
        ("ru", "one", (1, 21, 101, 1001)),
        ("ru", "few", (2, 3, 4, 22, 104)),
        ("ru", "many", (0, 5, 11, 12, 14, 25, 111, 112)),
        ("en", "one", (1,)),
        ("en", "many", (0, 2, 11, 21, 101)),
    ],
)
def test_forms(language: Language, form: str, numbers: tuple[int, ...]) -> None:
    assert {plural_form(language, n) for n in numbers} == {form}
