"""Whatever two tabs send, in whatever order and however often: no letter is lost without being told."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from callengine.desk.cards.drafts import Draft, Sent, Written, keep, written_as_text, written_of_text

EMPTY = Draft(1, {}, {})
NAMES = st.sampled_from(["note", "topic", "form.cold"])
TEXTS = st.text(max_size=4)


def test_a_message_that_comes_twice_or_late_changes_nothing() -> None:
    first = keep(EMPTY, Sent(1, "a", 1, {"note": "Нет"}))
    second = keep(first.draft, Sent(1, "a", 2, {"note": "Нет воды"}))
    assert second.draft.values == {"note": "Нет воды"}
    assert second.conflicts == ()
    for old in (Sent(1, "a", 1, {"note": "Нет"}), Sent(1, "a", 2, {"note": "Нет воды"})):
        again = keep(second.draft, old)
        assert (again.draft, again.conflicts) == (second.draft, ())


def test_what_two_write_in_one_field_is_a_conflict_and_is_not_kept() -> None:
    mine = keep(EMPTY, Sent(1, "a", 1, {"note": "вода"})).draft
    theirs = keep(mine, Sent(1, "b", 1, {"note": "свет", "topic": "3"}))
    assert theirs.conflicts == ("note",)
    assert theirs.draft.values == {"note": "вода", "topic": "3"}
    decided = keep(theirs.draft, Sent(theirs.draft.version, "b", 2, {"note": "вода и свет"}))
    assert (decided.conflicts, decided.draft.values["note"]) == ((), "вода и свет")


def test_a_page_loaded_anew_goes_on_with_what_it_had_sent_and_no_further() -> None:
    """Found in the browser: a page sends its last text as it goes, and is loaded anew before that has arrived."""
    gone = keep(EMPTY, Sent(1, "a", 3, {"note": "Нет"})).draft
    anew = keep(gone, Sent(1, "b", 1, {"note": "Нет воды"}, {"a": 3}))
    assert (anew.conflicts, anew.draft.values["note"]) == ((), "Нет воды")
    alive = keep(
        keep(EMPTY, Sent(1, "a", 4, {"note": "Нет света"})).draft, Sent(1, "b", 1, {"note": "Нет"}, {"a": 3})
    )
    assert alive.conflicts == ("note",)


def test_who_wrote_is_kept_as_text() -> None:
    written = {"note": Written(4, "a", 9), "form.cold": Written(2, "b", 1)}
    assert written_of_text(written_as_text(written)) == written


@st.composite
def messages(draw: st.DrawFn) -> list[Sent]:
    turns = {"a": 0, "b": 0}
    told = []
    for _ in range(draw(st.integers(1, 8))):
        tab = draw(st.sampled_from(["a", "b"]))
        turns[tab] += 1
        told.append(
            Sent(draw(st.integers(1, 9)), tab, turns[tab], draw(st.dictionaries(NAMES, TEXTS, max_size=3)))
        )
    return told


@given(messages(), st.randoms(use_true_random=False))
def test_each_message_is_kept_or_told_to_be_in_conflict(told: list[Sent], chance: object) -> None:
    del chance
    draft = EMPTY
    for sent in told:
        kept = keep(draft, sent)
        for name, value in sent.changes.items():
            assert kept.draft.values.get(name, "") == value or name in kept.conflicts
        for name in kept.conflicts:
            assert kept.draft.values[name] == draft.values[name]
            assert draft.written[name].tab != sent.tab
        untouched = set(draft.values) - set(sent.changes)
        assert all(kept.draft.values[name] == draft.values[name] for name in untouched)
        assert kept.draft.version - draft.version in {0, 1}
        assert keep(kept.draft, sent).draft == kept.draft
        draft = kept.draft
