"""`callengine sample --for prometheus|grafana`: the files an administrator edits and puts in place."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from callengine.cli.main import main
from callengine.sample.monitoring_files import MonitoringFilesError, write_monitoring_files


def sample(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["sample", *words])
    return done.exit_code, done.output


def test_prometheus_gets_the_rules_as_they_are_and_the_runbooks_beside_them(tmp_path: Path) -> None:
    code, said = sample("--for", "prometheus", str(tmp_path))
    assert (code, "5 files written" in said) == (0, True)
    source = Path("config/prometheus")
    for name in ("prometheus.yml", "callengine.rules.yml", "callengine.alerts.yml", "alertmanager.yml"):
        assert (tmp_path / name).read_bytes() == (source / name).read_bytes()
    assert (tmp_path / "runbooks.md").read_bytes() == Path("docs/runbooks.md").read_bytes()


def test_the_links_lead_where_the_runbooks_are_kept(tmp_path: Path) -> None:
    assert (
        sample("--for", "prometheus", "--runbooks", "https://wiki.example/callengine", str(tmp_path))[0] == 0
    )
    alerts = (tmp_path / "callengine.alerts.yml").read_text(encoding="utf-8")
    assert 'runbook_url: "https://wiki.example/callengine#callenginedown"' in alerts
    assert '"runbooks.md#' not in alerts


def test_nothing_is_written_over_what_was_edited_unless_forced(tmp_path: Path) -> None:
    (tmp_path / "prometheus.yml").write_text("mine")
    code, said = sample("--for", "prometheus", str(tmp_path))
    assert (code, "already has prometheus.yml: nothing was written" in said) == (1, True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["prometheus.yml"]
    assert sample("--for", "prometheus", "--force", str(tmp_path))[0] == 0
    assert (tmp_path / "prometheus.yml").read_text() != "mine"


def test_a_system_that_nothing_ships_for_is_told(tmp_path: Path) -> None:
    assert sample("--for", "zabbix", str(tmp_path))[0] == 2
    with pytest.raises(MonitoringFilesError, match="config/zabbix is missing"):
        write_monitoring_files("zabbix", tmp_path)
