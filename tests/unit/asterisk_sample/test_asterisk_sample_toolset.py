"""Which tools set-up takes: the machine's own before others, and for the tests only what the tests ask for."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

SAMPLE = Path(__file__).resolve().parents[3] / "asterisk-sample"


class Machine:
    """A machine that has some tools, and a mirror that gives the rest."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.syspath_prepend(str(SAMPLE))
        self.toolset: Any = importlib.import_module("provisioning.toolset")
        self.cache = importlib.import_module("provisioning.cache").Cache(tmp_path)
        self.own: set[str] = set()
        self.unpacked: list[tuple[list[str], bool]] = []
        monkeypatch.setattr(self.toolset, "system_tool", self._system_tool)
        monkeypatch.setattr(self.toolset, "provide_prefix", self._provide_prefix)
        monkeypatch.setattr(self.toolset, "has_prefix", lambda cache, packages: bool(self.unpacked))
        monkeypatch.setattr(self.toolset, "plain_tool", lambda prefix, name: self._tool(name, "provisioned"))

    def found(self, *, fresh: bool = False, download: bool = True) -> dict[str, str]:
        tools = self.toolset.find_prometheus(self.cache, fresh=fresh, download=download)
        return {name: tool.source for name, tool in tools.items()}

    def _tool(self, name: str, source: str) -> Any:
        return self.toolset.Tool((name,), "3.5.3", source)

    def _system_tool(self, name: str) -> Any:
        return self._tool(name, "system") if name in self.own else None

    def tool(self, name: str) -> Any:
        return self._tool(name, "provisioned")

    def _provide_prefix(self, cache: Any, packages: Sequence[str], *, with_dependencies: bool = True) -> Path:
        self.unpacked.append((list(packages), with_dependencies))
        return Path(cache.root)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Machine:
    return Machine(monkeypatch, tmp_path)


def test_the_demo_does_not_wait_for_the_tests_tools(machine: Machine) -> None:
    assert machine.found(download=False) == {}
    assert machine.unpacked == []


def test_what_the_tests_have_fetched_is_kept_when_the_demo_is_set_up(machine: Machine) -> None:
    machine.found()
    assert set(machine.found(download=False)) == {"prometheus", "promtool", "amtool"}


def test_the_phrases_take_a_voice_and_a_tool_for_sound_and_nothing_else(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """On a PBX without a network the administrator is told these packages, not a SIP test tool or another Asterisk."""
    written: list[tuple[Path, set[str]]] = []
    monkeypatch.setattr(
        machine.toolset, "lay_out_phrases", lambda into, _, tools: written.append((into, set(tools)))
    )
    monkeypatch.setattr(machine.toolset, "prefix_tool", lambda prefix, name: machine.tool(name))
    monkeypatch.setattr(machine.toolset, "system_folders", lambda: None)
    (tmp_path / "moh").mkdir()
    machine.toolset.provide_phrases(machine.cache, tmp_path, fresh=False)
    assert machine.unpacked == [(["espeak-ng", "sox", "asterisk-moh-opsound-wav"], True)]
    (tmp_path / "moh" / "own.wav").touch()
    machine.own = {"sox", "sipp"}
    machine.toolset.provide_phrases(machine.cache, tmp_path, fresh=False)
    assert machine.unpacked[1:] == [(["espeak-ng"], True)]
    machine.own = {"sox", "espeak-ng"}
    machine.toolset.provide_phrases(machine.cache, tmp_path, fresh=False)
    assert len(machine.unpacked) == 2
    assert written == [(tmp_path, {"sox", "espeak-ng"})] * 3


def test_only_what_the_machine_lacks_is_fetched(machine: Machine) -> None:
    machine.own = {"prometheus", "promtool"}
    assert machine.found() == {"prometheus": "system", "promtool": "system", "amtool": "provisioned"}
    assert machine.unpacked == [(["prometheus-alertmanager"], False)]


def test_fresh_ignores_the_machines_own(machine: Machine) -> None:
    machine.own = {"prometheus", "promtool", "amtool"}
    assert machine.found() == dict.fromkeys(("prometheus", "promtool", "amtool"), "system")
    assert machine.unpacked == []
    assert set(machine.found(fresh=True).values()) == {"provisioned"}
