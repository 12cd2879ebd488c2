"""What ships for Prometheus and Alertmanager is accepted by them, explained to people, and goes to the right ones."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from callengine.sample.provisioned_tools import Program, find_tools
from tests.support.documented_metrics import selectors_in, unknown_in
from tests.support.prometheus_cases import rules_of

FOLDER = Path("config/prometheus")
ALERTS = rules_of(FOLDER / "callengine.alerts.yml")
NAMES = [rule["alert"] for rule in ALERTS]
RECORDED = rules_of(FOLDER / "callengine.rules.yml")


def run(tool: str, *words: str) -> subprocess.CompletedProcess[str]:
    program: Program = find_tools().programs[tool]
    return subprocess.run([*program.command, *words], capture_output=True, text=True, check=False)


def test_promtool_accepts_rules_and_the_scrape_example() -> None:
    checked = run("promtool", "check", "config", str(FOLDER / "prometheus.yml"))
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "2 rule files found" in checked.stdout
    assert "WARNING" not in checked.stdout + checked.stderr


def test_the_scrape_example_is_right_too_with_what_stands_in_comments(tmp_path: Path) -> None:
    """The token of an engine that listens off loopback, and Asterisk's own figures."""
    text = re.sub(r"^( +)#(?! \S)", r"\1", (FOLDER / "prometheus.yml").read_text(), flags=re.MULTILINE)
    token = tmp_path / "callengine.token"
    token.write_text("secret")
    text = text.replace("/etc/prometheus/callengine.token", str(token))
    for rules in ("callengine.rules.yml", "callengine.alerts.yml"):
        (tmp_path / rules).write_text((FOLDER / rules).read_text())
    example = tmp_path / "prometheus.yml"
    example.write_text(text)
    jobs = {job["job_name"]: job for job in yaml.safe_load(text)["scrape_configs"]}
    assert jobs["callengine"]["authorization"] == {"credentials_file": str(token)}
    assert "asterisk" in jobs
    checked = run("promtool", "check", "config", str(example))
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("rule", ALERTS, ids=NAMES)
def test_every_alert_says_how_bad_it_is_in_both_languages_and_where_to_read_on(rule: dict[str, Any]) -> None:
    notes = rule["annotations"]
    assert rule["labels"].keys() == {"severity"}
    assert rule["labels"]["severity"] in {"critical", "warning", "ticket"}
    assert re.search("[а-я]{3}", notes["summary_ru"])
    assert not re.search("[а-яА-Я]", notes["summary"])
    assert notes["runbook_url"] == f"runbooks.md#{rule['alert'].lower()}"


def test_every_alert_has_its_paragraph_and_every_paragraph_its_alert() -> None:
    page = Path("docs/runbooks.md").read_text(encoding="utf-8")
    paragraphs = dict(re.findall(r"^## (\S+)\n+(.+?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL))
    assert list(paragraphs) == NAMES
    assert {name: text for name, text in paragraphs.items() if len(text.split()) < 30} == {}


def test_the_supervisors_table_tells_every_alert_as_it_is() -> None:
    page = Path("docs/prometheus.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (Callengine\w+) \| (\w+) \| ([^|]+) \|", page, re.MULTILINE)
    assert [(name, severity) for name, severity, _ in rows] == [
        (rule["alert"], rule["labels"]["severity"]) for rule in ALERTS
    ]
    told = {name: after.replace(" min", "m").replace(" s", "s") for name, _, after in rows}
    for rule in ALERTS:
        if not rule["alert"].startswith("CallengineServiceLevel"):
            assert told[rule["alert"]] == rule.get("for", "at once")


def test_amtool_accepts_the_alertmanager_example() -> None:
    checked = run("amtool", "check-config", str(FOLDER / "alertmanager.yml"))
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("rule", ALERTS, ids=NAMES)
def test_each_alert_reaches_who_can_do_something(rule: dict[str, Any]) -> None:
    name, severity = rule["alert"], rule["labels"]["severity"]
    of_residents = re.compile(
        "Callengine(Resident|AnswerLimit|Nobody|Callback|HumanTask|Message|ServiceLevel)"
    )
    expected = "administrators"
    if of_residents.match(name):
        expected = "supervisor"
    elif severity == "ticket":
        expected = "tickets"
    labels = [f"alertname={name}", f"severity={severity}", "queue=general"]
    file = f"--config.file={FOLDER / 'alertmanager.yml'}"
    tried = run("amtool", "config", "routes", "test", file, f"--verify.receivers={expected}", *labels)
    assert tried.returncode == 0, f"{name} goes to {tried.stdout.strip()}, not to {expected}"


def test_what_is_only_a_consequence_is_muted_by_alerts_that_exist() -> None:
    example = yaml.safe_load((FOLDER / "alertmanager.yml").read_text(encoding="utf-8"))
    routed = [matcher for route in example["route"]["routes"] for matcher in route["matchers"]]
    muting = [
        matcher
        for rule in example["inhibit_rules"]
        for matcher in (*rule["source_matchers"], *rule["target_matchers"])
    ]
    for matcher in (*routed, *muting):
        label, pattern = re.fullmatch(r'(\w+) =~? "(.+)"', matcher).groups()
        if label == "alertname":
            assert [name for name in NAMES if re.fullmatch(pattern, name)], f"{matcher} matches no alert"


def test_the_rules_read_only_series_and_labels_that_the_engine_has() -> None:
    recorded = {rule["record"] for rule in RECORDED}
    for rule in (*ALERTS, *RECORDED):
        assert unknown_in(rule["expr"], recorded) == []
        assert selectors_in(rule["expr"]) or "up{" in rule["expr"]
    assert unknown_in('callengine_agents{queue="x"} + callengine_agnets', recorded) == [
        "callengine_agents: queue",
        "callengine_agnets",
    ]
