"""Each way to get the settings wrong ends in a sentence with a place, never in a traceback or a silence."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from config.credentials import exposed_secret_files
from config.errors import ConfigError, Problem
from config.example import write_example
from config.loading import load_settings
from config.policies import centre_policy
from config.toml_lines import line_of, lines_of_places


@pytest.fixture
def example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in list(os.environ):
        if name.upper().startswith("CALLENGINE_") or name == "CREDENTIALS_DIRECTORY":
            monkeypatch.delenv(name)
    path = tmp_path / "callengine.toml"
    write_example(path)
    secret = tmp_path / "callengine_ami.secret"
    secret.touch(mode=0o600)
    secret.write_text("s3cret\n")
    return path


def change(path: Path, *pairs: tuple[str, str]) -> str:
    text = path.read_text(encoding="utf-8")
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    return text


def error_of(path: Path) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        load_settings(path)
    return caught.value


def problems_of(path: Path) -> dict[str, Problem]:
    return {problem.place: problem for problem in error_of(path).problems}


def test_a_wrong_value_does_not_hide_a_wrong_reference_or_an_exposed_secret(example: Path) -> None:
    change(
        example,
        ("# port = 5038", "port = 99999"),
        ('queue = "general"', 'queue = "genral"'),
        ('secret_file = "callengine_ami.secret"', 'secret = "hunter2"'),
    )
    example.chmod(0o644)
    assert set(problems_of(example)) == {"pbx.port", "lines[0].queue", "file"}


def test_a_problem_names_its_line_of_the_file(example: Path) -> None:
    text = change(example, ('queue = "general"', 'queue = "genral"'))
    wanted = next(n for n, line in enumerate(text.splitlines(), 1) if line.startswith('queue = "genral"'))
    problem = problems_of(example)["lines[0].queue"]
    assert problem.line == wanted
    assert f"lines[0].queue (line {wanted}): 'genral' is not defined" in str(problem)


def test_a_missing_key_points_to_its_table_and_says_what_belongs_there(example: Path) -> None:
    text = change(example, ('company = "sever"  # whose residents\n', ""))
    problem = problems_of(example)["lines[0].company"]
    assert problem.line == text.splitlines().index("[[lines]]") + 1
    assert problem.right == "add it: whose residents"


def test_places_count_tables_and_give_nothing_rather_than_a_wrong_line() -> None:
    text = "[pbx]\nport = 1\n[[lines]]\ndid = 1\n[[lines]]\n  did = 2\n[lines.callback]\ntrunk = 3\n"
    places = lines_of_places(text)
    assert line_of("pbx.port", places) == 2
    assert line_of("lines[1].did", places) == 6
    assert line_of("lines[1].callback.trunk", places) == 8
    assert line_of("lines[0].queue", places) == 3
    assert line_of("http.port", places) is None
    assert lines_of_places(f'a = """\n{text}"""') == {}


def test_a_section_in_one_variable_that_cannot_be_read_is_told_without_its_content(
    example: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CALLENGINE_PBX", "hunter2 {")
    error = error_of(example)
    assert [problem.place for problem in error.problems] == ["environment"]
    assert "hunter2" not in str(error)


def test_a_variable_of_no_section_is_not_passed_over(example: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLENGINE_PBXX__SECRET", "hunter2")
    error = error_of(example)
    assert "did you mean CALLENGINE_PBX__…?" in str(error)
    assert "hunter2" not in str(error)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"one\r\nAction: Originate", b"\n"])
def test_a_secret_file_that_is_not_one_line_of_text_is_refused(example: Path, content: bytes) -> None:
    (example.parent / "callengine_ami.secret").write_bytes(content)
    assert "pbx.secret_file" in problems_of(example)
    assert "Originate" not in str(error_of(example))


def test_the_credentials_folder_of_systemd_goes_before_the_settings_folder(
    example: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "credentials"
    folder.mkdir()
    (folder / "callengine_ami.secret").write_text("from systemd\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))
    assert load_settings(example).pbx.secret.get_secret_value() == "from systemd"


def test_an_absolute_secret_of_roots_alone_is_read_from_the_copy_systemd_handed_over(
    example: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(example, ('"callengine_ami.secret"', f'"{tmp_path}/gone/callengine_ami.secret"'))
    refused = problems_of(example)["pbx.secret_file"]
    assert f"LoadCredential=callengine_ami.secret:{tmp_path}/gone/callengine_ami.secret" in refused.right
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert load_settings(example).pbx.secret.get_secret_value() == "s3cret"


def test_a_secret_file_that_everybody_may_read_is_worth_a_warning(example: Path) -> None:
    settings = load_settings(example)
    assert list(exposed_secret_files(settings, example, {})) == []
    (example.parent / "callengine_ami.secret").chmod(0o644)
    found = list(exposed_secret_files(settings, example, {}))
    assert [problem.place for problem in found] == ["pbx.secret_file"]
    assert found[0].right == "chmod 600 callengine_ami.secret"


def test_what_stands_twice_and_a_byte_order_mark_are_told_with_their_lines(example: Path) -> None:
    text = change(example, ("[database]\n", "[database]\nspool_max_mb = 64\nspool_max_mb = 128\n"))
    first = text.splitlines().index("spool_max_mb = 64") + 1
    problem = problems_of(example)["database.spool_max_mb"]
    assert (problem.line, problem.what) == (first + 1, f"stands twice, first on line {first}")
    example.write_text("pbx.port = 1\npbx.port = 2\n" + text, encoding="utf-8")
    assert (problems_of(example)["file"].line, problems_of(example)["file"].right) == (
        2,
        "write each table and key once",
    )
    for before in ("", "# a head\n"):
        example.write_text(before + "\N{ZERO WIDTH NO-BREAK SPACE}" + text, encoding="utf-8")
        mark = problems_of(example)["file"]
        assert (mark.line, mark.right) == (before.count("\n") + 1, "save it as UTF-8 without BOM")


def test_a_password_in_the_database_url_is_refused_and_not_shown(example: Path) -> None:
    change(example, ('# url = "sqlite:///callengine.db"', 'url = "postgresql://u:hunter2@h/d"'))
    error = error_of(example)
    assert "CALLENGINE_DATABASE__PASSWORD" in str(error)
    assert "hunter2" not in str(error)


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ('# url = "sqlite:///callengine.db"', 'url = "mysql://h/d"', "database.url"),
        ('# host = "127.0.0.1"  # where', 'host = "a\\r\\nb"  # where', "pbx.host"),
        ('did = "74951234501"', 'did = "i"', "lines[0].did"),
        ("# max_attempts = 3", "max_attempts = true", "callbacks.max_attempts"),
        ("# own_numbers = []", 'own_numbers = ["+71"]', "callbacks.own_numbers[0]"),
        ("# own_numbers = []", 'own_numbers = ["12345"]', "callbacks.own_numbers[0]"),
        ("# answer_limit_seconds = 300", "answer_limit_seconds = 900", "rules[0].contact_limit_seconds"),
        ("# goal_ratio = 0.88", "goal_ratio = nan", "queues[0].goal_ratio"),
    ],
)
def test_values_that_would_do_harm_or_nothing_are_refused(
    example: Path, old: str, new: str, place: str
) -> None:
    change(example, (old, new))
    assert set(problems_of(example)) == {place}


def test_tables_of_the_wrong_shape_are_told_as_such(example: Path) -> None:
    example.write_text('lines = 3\nqueues = "x"\ncompanies = [1]\n')
    found = problems_of(example)
    assert {"lines", "queues", "companies[0]"} <= set(found)
    assert found["companies[0]"].what == "must be a table"


SERVICE = """
[[service_numbers]]
trunk = "trunk"
number = "112"
name = "Служба спасения"
"""


def test_service_numbers_are_of_a_trunk_that_is_dialled_through_once_and_never_our_own(example: Path) -> None:
    whole = example.read_text(encoding="utf-8")
    example.write_text(whole + SERVICE, encoding="utf-8")
    policy = centre_policy(load_settings(example))
    assert [(one.trunk, one.number.whole) for one in policy.service_numbers] == [("trunk", "112")]
    wrong = (
        SERVICE.replace('"trunk"', '"gsm"'),
        SERVICE.replace('"112"', '"74951234501"'),
        SERVICE.replace('"112"', '"1-1-2"'),
        SERVICE.replace('"112"', '"104"'),
        SERVICE.replace('"112"', '"104"'),
    )
    example.write_text(whole + "".join(wrong), encoding="utf-8")
    problems = problems_of(example)
    assert set(problems) == {
        "service_numbers[0].trunk",
        "service_numbers[1].number",
        "service_numbers[2].number",
        "service_numbers[4].number",
    }
    assert "defined are: trunk" in problems["service_numbers[0].trunk"].right
    assert "is our own" in problems["service_numbers[1].number"].what
