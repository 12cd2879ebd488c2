"""What is forgotten: terms by company, legal hold."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from callengine.chores.retention import terms
from callengine.demo.centre import CentrePlan, settings_text
from config.loading import load_settings
from config.settings import Settings
from storage.purge import Kind, Term
from tests.support.centre import NOON


def settings(tmp_path: Path, retention: str, company: str = "") -> Settings:
    secret = tmp_path / "s"
    secret.write_text("x")
    secret.chmod(0o600)
    text = settings_text(CentrePlan(), ami_port=1, secret_file=secret, database="sqlite://")
    text = text.replace('name = "УК Заря"\n', f'name = "УК Заря"\n{company}')
    path = tmp_path / "c.toml"
    path.touch(mode=0o600)
    path.write_text(f"[retention]\n{retention}\n{text}", encoding="utf-8")
    return load_settings(path)


def test_by_default_nothing_is_ever_forgotten(tmp_path: Path) -> None:
    assert list(terms(settings(tmp_path, ""), NOON)) == []


def test_a_companys_own_days_go_before_the_centres(tmp_path: Path) -> None:
    found = terms(
        settings(
            tmp_path, "numbers_days = 365\nrecordings_days = 180", "recordings_days = 90\njournal_days = 30\n"
        ),
        NOON,
    )
    assert list(found) == [
        Term(Kind.NUMBERS, "zarya", NOON - timedelta(days=365)),
        Term(Kind.RECORDINGS, "zarya", NOON - timedelta(days=90)),
        Term(Kind.JOURNAL, "zarya", NOON - timedelta(days=30)),
    ]


def test_a_legal_hold_keeps_everything_of_its_company_and_what_the_journal_has_of_it(tmp_path: Path) -> None:
    days = "numbers_days = 1\nrecordings_days = 1\njournal_days = 1"
    yesterday = NOON - timedelta(days=1)
    assert len(list(terms(settings(tmp_path, days), NOON))) == 4
    assert list(terms(settings(tmp_path, days, "legal_hold = true\n"), NOON)) == [
        Term(Kind.JOURNAL, "", yesterday, ("zarya",))
    ]
