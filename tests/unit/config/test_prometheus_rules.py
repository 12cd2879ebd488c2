"""The rules that ship fire when they should, stay silent when they should, and turn exactly where they say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import pytest

from callengine.sample.provisioned_tools import Program, find_tools
from tests.support.prometheus_cases import Case, Kind, ask_promtool, rules_of
from tests.unit.config.prometheus_alert_cases import alert_cases
from tests.unit.config.prometheus_desk_cases import desk
from tests.unit.config.prometheus_ledger_cases import ledger
from tests.unit.config.prometheus_link_cases import link
from tests.unit.config.prometheus_target_cases import burn_cases, recording_cases

FOLDER = Path("config/prometheus")
RULE_FILES = [FOLDER / "callengine.rules.yml", FOLDER / "callengine.alerts.yml"]


@pytest.fixture(scope="module")
def promtool() -> Program:
    return find_tools().programs["promtool"]


@pytest.mark.parametrize(
    "cases",
    [alert_cases(), tuple(ledger()), tuple(link()), burn_cases(), tuple(recording_cases()), tuple(desk())],
    ids=["alerts", "ledger", "link", "burn", "recording", "desk"],
)
def test_every_case_is_as_expected(cases: Sequence[Case], promtool: Program, tmp_path: Path) -> None:
    assert ask_promtool(promtool, tmp_path, RULE_FILES, cases) == ""


def test_every_rule_has_a_case_that_fires_one_that_does_not_and_one_at_its_boundary() -> None:
    kinds: dict[str, set[Kind]] = defaultdict(set)
    for case in (*alert_cases(), *ledger(), *link(), *burn_cases(), *recording_cases(), *desk()):
        kinds[case.rule].add(case.kind)
    rules = {rule.get("alert") or rule["record"] for path in RULE_FILES for rule in rules_of(path)}
    assert dict(kinds) == {rule: set(Kind) for rule in rules}


def test_a_wrong_expectation_is_seen(promtool: Program, tmp_path: Path) -> None:
    """Else the tests above would say nothing."""
    case = next(case for case in alert_cases() if case.kind is Kind.POSITIVE)
    silent = Case(case.rule, case.kind, case.series, case.at)
    assert case.rule in ask_promtool(promtool, tmp_path, RULE_FILES, [silent])
