"""An administrator writes a settings file and is told everything that is wrong with it, at once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import BaseModel

from config.consistency import lines_without_callback
from config.errors import ConfigError
from config.example import example_toml, write_example
from config.loading import load_settings, settings_path
from config.plausibility import ERRORS, WARNINGS
from config.policies import centre_policy, dialplan_lines
from config.settings import Settings
from queues.terms.identifiers import Did
from queues.terms.phone import Phone


@pytest.fixture
def example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("CALLENGINE_PBX__SECRET", raising=False)
    path = tmp_path / "callengine.toml"
    write_example(path)
    (tmp_path / "callengine_ami.secret").write_text("s3cret\n")
    return path


def problems_of(path: Path) -> dict[str, str]:
    with pytest.raises(ConfigError) as caught:
        load_settings(path)
    return {problem.place: f"{problem.what} {problem.right}" for problem in caught.value.problems}


def test_the_example_loads_and_becomes_a_centre(example: Path) -> None:
    settings = load_settings(example)
    assert settings.pbx.secret.get_secret_value() == "s3cret"
    policy = centre_policy(settings)
    line = policy.lines[Did("74951234501")]
    assert line.label == "УК Север: общая"
    assert line.callback is not None
    (rules,) = next(iter(policy.lines.values())).rules
    assert (rules.version, rules.contact) == ("RU-416/2019-03-01", timedelta(seconds=600))
    assert policy.callbacks.own_numbers == {Phone("+74951234501")}
    assert [problem for look in (*ERRORS, *WARNINGS) for problem in look(settings)] == []


def test_the_example_shows_every_key() -> None:
    text = example_toml()

    def walk(model: type[BaseModel]) -> list[str]:
        names = []
        for name, field in model.model_fields.items():
            names.append(name)
            for inner in (field.annotation, *getattr(field.annotation, "__args__", ())):
                if isinstance(inner, type) and issubclass(inner, BaseModel):
                    names += walk(inner)
        return names

    assert [name for name in walk(Settings) if name not in text] == []


def test_every_mistake_is_told_at_once_each_with_its_place_and_what_would_be_right(example: Path) -> None:
    text = example.read_text(encoding="utf-8")
    text = text.replace('queue = "general"', 'queue = "genral"\ncolour = "red"')
    text = text.replace("# port = 5038", "port = 99999").replace(
        '# time_zone = "Europe/Moscow"', 'time_zone = "Moscow"'
    )
    text = text.replace("# ring_seconds = 20", "ring_second = 20").replace(
        '# host = "127.0.0.1"  # listened', 'host = "board.example"  # listened'
    )
    example.write_text(text, encoding="utf-8")
    found = problems_of(example)
    assert set(found) == {
        "lines[0].colour",
        "lines[0].queue",
        "pbx.port",
        "centre.time_zone",
        "queues[0].ring_second",
        "http.host",
    }
    assert "did you mean 'ring_seconds'?" in found["queues[0].ring_second"]
    assert "Europe/Moscow" in found["centre.time_zone"]
    assert "an address of this machine" in found["http.host"]


def test_what_does_not_fit_together_is_told_at_once(example: Path) -> None:
    text = example.read_text(encoding="utf-8").replace('queue = "general"', 'queue = "genral"')
    text = text.replace('company = "sever"', 'company = "yug"').replace(
        'queues = ["general"]', 'queues = ["night"]'
    )
    example.write_text(text, encoding="utf-8")
    found = problems_of(example)
    assert set(found) == {"lines[0].company", "lines[0].queue", "agents[0].queues"}
    assert "defined are: general" in found["lines[0].queue"]


def test_reports_by_themselves_are_of_companies_that_there_are_at_an_hour_that_there_is(
    example: Path,
) -> None:
    with example.open("a", encoding="utf-8") as file:
        file.write('\n[reports]\nmonth = ["all", "yug"]\nat = "25:00"\n')
    text = example.read_text(encoding="utf-8")
    # The example has the section already, all of it commented out.
    example.write_text(text.replace("[reports]\n", "", 1), encoding="utf-8")
    found = problems_of(example)
    assert "defined are: all, sever" in found["reports.month"]
    assert "04:30" in found["reports.at"]


@pytest.mark.parametrize(
    ("broken", "place"),
    [
        ('did = "749512\\r\\nAction: x"', "lines[0].did"),
        ('did = "7495,1"', "lines[0].did"),
    ],
)
def test_nothing_that_could_be_injected_gets_through(example: Path, broken: str, place: str) -> None:
    example.write_text(
        example.read_text(encoding="utf-8").replace('did = "74951234501"', broken), encoding="utf-8"
    )
    assert place in problems_of(example)


def test_names_for_phones_hold_no_quotes_line_ends_or_dialplan_characters(example: Path) -> None:
    example.write_text(
        example.read_text(encoding="utf-8").replace('name = "УК Север"', "name = '\"${SHELL(id)}'"),
        encoding="utf-8",
    )
    assert "companies[0].name" in problems_of(example)


def test_the_environment_goes_before_the_file_and_the_secret_never_shows(
    example: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CALLENGINE_PBX__SECRET", "from-env")
    monkeypatch.setenv("CALLENGINE_PBX__PORT", "15038")
    settings = load_settings(example)
    assert settings.pbx.port == 15038
    assert settings.pbx.secret.get_secret_value() == "from-env"
    assert "from-env" not in repr(settings)
    assert "from-env" not in str(settings)


def test_engines_of_two_pbxs_in_one_folder_have_a_spool_each_beside_the_ledger_or_the_tokens(
    example: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CALLENGINE_DATABASE__URL", "sqlite:////var/lib/callengine/ledger.db")
    assert load_settings(example).spool_path == Path("/var/lib/callengine/ledger.db.spool")
    monkeypatch.setenv("CALLENGINE_DATABASE__URL", "postgresql://callengine@db/callengine")
    monkeypatch.setenv("CALLENGINE_HTTP__TOKENS_FILE", "/var/lib/callengine/tokens")
    assert load_settings(example).spool_path == Path("/var/lib/callengine/callengine-pbx1.spool")
    monkeypatch.setenv("CALLENGINE_PBX__NAME", "pbx2")
    assert load_settings(example).spool_path == Path("/var/lib/callengine/callengine-pbx2.spool")
    monkeypatch.setenv("CALLENGINE_DATABASE__SPOOL_FILE", "/fast/disk/spool")
    assert load_settings(example).spool_path == Path("/fast/disk/spool")


def test_a_missing_secret_a_missing_file_and_broken_toml_say_what_to_do(
    example: Path, tmp_path: Path
) -> None:
    (tmp_path / "callengine_ami.secret").unlink()
    assert "CALLENGINE_PBX__SECRET" in problems_of(example)["pbx.secret"]
    assert "sample" in problems_of(tmp_path / "none.toml")["file"]
    (tmp_path / "bad.toml").write_text("[pbx\n")
    assert "not TOML" in problems_of(tmp_path / "bad.toml")["file"]


def test_a_secret_in_a_file_that_everybody_may_read_is_refused(example: Path) -> None:
    example.write_text(
        example.read_text(encoding="utf-8").replace('secret_file = "callengine_ami.secret"', 'secret = "x"'),
        encoding="utf-8",
    )
    example.chmod(0o644)
    assert "chmod 600" in problems_of(example)["file"]
    example.chmod(0o600)
    assert load_settings(example).pbx.secret.get_secret_value() == "x"


def test_where_the_file_is_looked_for(tmp_path: Path) -> None:
    assert settings_path(tmp_path, {"CALLENGINE_CONFIG": "/x"}) == tmp_path
    assert settings_path(None, {"CALLENGINE_CONFIG": "/x"}) == Path("/x")
    assert settings_path(None, {}) == Path("/etc/callengine/callengine.toml")


def test_the_dialplan_gets_what_it_must_know_without_the_engine(example: Path) -> None:
    text = dialplan_lines(load_settings(example))
    assert "exten => 74951234501,1,Set(CALLENGINE_LANGUAGE=ru)" in text
    assert " same => n,Set(CALLENGINE_LINE_LABEL=УК Север: общая)" in text
    own = text.partition("[callengine-own]\n")[2]
    assert {"84951234501", "74951234501", "4951234501", "phone1001"} <= {
        line.split()[2].partition(",")[0] for line in own.splitlines() if line
    }


def test_a_line_nobody_can_be_called_back_on_is_told(example: Path) -> None:
    text = example.read_text(encoding="utf-8")
    start = text.index("# How residents of a line are called back.")
    end = text.index("# An agent and his softphone.")
    example.write_text(text[:start] + text[end:], encoding="utf-8")
    assert [problem.place for problem in lines_without_callback(load_settings(example))] == [
        "lines[0].callback"
    ]
