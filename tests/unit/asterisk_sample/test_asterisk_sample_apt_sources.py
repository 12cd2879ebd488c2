"""Set-up takes the mirror this machine already uses, however its apt sources are written."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest

SAMPLE = Path(__file__).resolve().parents[3] / "asterisk-sample"
BOOKWORM = {"ID": "debian", "VERSION_CODENAME": "bookworm"}
NOBLE = {"ID": "ubuntu", "VERSION_CODENAME": "noble"}

FOREIGN = "deb [signed-by=/k.gpg] https://packages.example.org/apt bookworm main\n"
DEB822 = """\
Types: deb
URIs: http://mirror.example.org/debian-security
Suites: bookworm-security
Components: main

Types: deb deb-src
# a snapshot would be named here
URIs: http://mirror.example.org/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mQENBF
"""
ONE_LINE = """\
# deb http://old.example.org/debian bookworm main
deb http://mirror.example.org/debian-security bookworm-security main
deb-src http://mirror.example.org/debian bookworm main
deb [arch=amd64 signed-by=/keys.gpg] http://mirror.example.org/debian bookworm main contrib # ours
"""


@pytest.fixture
def apt_sources(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(SAMPLE))
    return importlib.import_module("provisioning.apt_sources")


@pytest.fixture
def apt(tmp_path: Path) -> Path:
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list.d" / "foreign.list").write_text(FOREIGN)
    return tmp_path


def test_debian_by_stanzas_gives_the_unstable_suite_of_its_mirror(apt_sources: Any, apt: Path) -> None:
    (apt / "sources.list.d" / "debian.sources").write_text(DEB822)
    found = apt_sources.archive_to_use(apt, BOOKWORM)
    assert (found.uris, found.suites) == (("http://mirror.example.org/debian",), ("unstable",))
    assert "mQENBF" in found.as_deb822()


def test_debian_by_lines_gives_the_same_with_its_keys(apt_sources: Any, apt: Path) -> None:
    (apt / "sources.list").write_text(ONE_LINE)
    found = apt_sources.archive_to_use(apt, BOOKWORM)
    assert found.as_deb822() == (
        "Types: deb\nURIs: http://mirror.example.org/debian\nSuites: unstable\nComponents: main\n"
        "Signed-By: /keys.gpg\n"
    )


def test_ubuntu_keeps_its_own_suite_with_universe(apt_sources: Any, apt: Path) -> None:
    (apt / "sources.list").write_text("deb http://mirror.example.org/ubuntu noble main restricted\n")
    found = apt_sources.archive_to_use(apt, NOBLE)
    assert (found.suites, found.components) == (("noble",), ("main", "universe"))


def test_a_machine_without_a_mirror_is_told_what_to_install(apt_sources: Any, apt: Path) -> None:
    with pytest.raises(Exception, match=r"install asterisk \(20 or newer\) sox yourself"):
        apt_sources.archive_to_use(apt, BOOKWORM, wanted=["asterisk", "sox"])


def test_both_languages_have_the_same_phrases(apt_sources: Any) -> None:
    phrases = importlib.import_module("provisioning.phrases")
    assert phrases.languages() == ["en", "ru"]
    english, russian = (dict(phrases.texts_of(language)) for language in phrases.languages())
    assert english.keys() == russian.keys()
    assert all(english.values())
    assert all(russian.values())
