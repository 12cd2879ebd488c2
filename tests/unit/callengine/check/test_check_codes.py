"""Which code hides which: contexts in Asterisk's order of search, patterns as Asterisk takes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from callengine.check.codes import OURS, clashes
from callengine.pbx.dialplan_file import Step, steps_of
from callengine.pbx.live_dialplan import Context, literal_beginning, matches
from callengine.sample.asterisk_config import dialplan_text
from config.example import write_example
from config.loading import load_settings
from config.schema.codes import Codes
from config.settings import Settings


@pytest.mark.parametrize(
    ("extension", "number", "is_taken"),
    [
        ("*45", "*45", True),
        ("*45", "*451", False),
        ("_*43X", "*431", True),
        ("_*43X", "*43", False),
        ("_*41X!", "*411001", True),
        ("_*41X!", "*41", False),
        ("_X.", "1001", True),
        ("_X.", "1", False),
        ("_*X.", "*45", True),
        ("_NXXXXXX", "1234567", False),
        ("_ZXX", "100", True),
        ("_*46[1-4]", "*464", True),
        ("_*46[1-4]", "*465", False),
        ("_[+0-9]XXXXXX!", "+79160000001", True),
        ("_8-800-XXX", "8800123", True),
        ("_!", "", True),
        ("_[", "5", False),
    ],
)
def test_a_number_is_taken_as_asterisk_takes_it(extension: str, number: str, is_taken: bool) -> None:
    assert matches(extension, number) is is_taken


def test_what_must_be_dialled_as_it_stands() -> None:
    beginnings = {"*45": "*45", "_*45X!": "*45", "_X.": "", "_*X.": "*", "_+7N": "+7"}
    assert {extension: literal_beginning(extension) for extension in beginnings} == beginnings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    write_example(tmp_path / "callengine.toml")
    (tmp_path / "callengine_ami.secret").write_text("s3cret\n")
    return load_settings(tmp_path / "callengine.toml")


def context(name: str, *extensions: str, includes: tuple[str, ...] = ()) -> Context:
    return Context(name, tuple(Step(name, one, "1", "Hangup", "") for one in extensions), includes)


def ours(codes: Codes | None = None) -> Context:
    steps = [step for step in steps_of(dialplan_text(codes or Codes())) if step.context == OURS]
    return Context(OURS, tuple(steps), ())


def told(settings: Settings, *reachable: Context) -> list[str]:
    found = list(clashes(reachable, settings))
    assert all(how for _, how in found)
    return [what for what, _ in found]


@pytest.mark.parametrize(
    ("before", "after", "wanted"),
    [
        ([], [], []),
        ([], ["_X.", "_*X.", "_[*0-9]!", "*44x", "*99", "1001"], []),
        ([], ["*45"], ["*45 (ready) is ours and hides *45 of other"]),
        ([], ["_*45X!", "_*45!"], ["*45 (ready) is ours and hides _*45! of other"]),
        ([], ["*411"], ["*411 (login) is ours and hides *411 of other"]),
        ([], ["*417"], ["one of our patterns hides *417 of other"]),
        (["*417"], [], []),
        (["*47"], [], ["*47 (message) never reaches us, but *47 of other"]),
        (["_*X."], [], ["*41 (login) never reaches us, but _*X. of other"]),
        (["_X.", "*9"], [], []),
    ],
)
def test_who_hides_whom(settings: Settings, before: list[str], after: list[str], wanted: list[str]) -> None:
    reachable = (context("phones"), context("other", *before), ours(), context("other", *after))
    assert told(settings, *reachable) == wanted


def test_the_dialplan_has_other_codes(settings: Settings) -> None:
    missing = told(settings, context("phones"), ours(Codes(prefix="*1")))
    assert missing[0] == "the dialplan has no *41 (login)"
    assert len(missing) == len(list(settings.codes.numbers()))
