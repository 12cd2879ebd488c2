"""What a case of a Prometheus rule is, and how promtool is asked about it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml

from callengine.sample.provisioned_tools import Program

Series = Mapping[str, str]
"""As promtool writes it: the series, and its values one after another."""


class Kind(StrEnum):
    """Every rule has one of each."""

    POSITIVE = "positive"
    NEGATIVE = "negative"
    BOUNDARY = "boundary"


@dataclass(frozen=True, slots=True)
class Firing:
    """One alert that fires: its labels beside the name, and the two summaries whole."""

    summary: str
    summary_ru: str
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Case:
    """One rule under one series of values. `fires` is for alerts, `values` (by queue) for recording rules."""

    rule: str
    kind: Kind
    series: Series
    at: str
    fires: Sequence[Firing] = ()
    values: Mapping[str, float] = field(default_factory=dict)
    interval: str = "5s"
    """Between two values of the series."""
    why: str = ""

    @property
    def evaluation(self) -> str:
        """Between two evaluations; what looks back over hours is evaluated at the end only, to be quick."""
        return self.interval if self.interval == "5s" else self.at


def rules_of(path: Path) -> list[dict[str, Any]]:
    """Every rule of a rule file, in order."""
    return [
        rule
        for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]
        for rule in group["rules"]
    ]


def _groups_of(path: Path) -> list[str]:
    return [group["name"] for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]]


def ask_promtool(promtool: Program, folder: Path, rule_files: Sequence[Path], cases: Iterable[Case]) -> str:
    """Put the cases before promtool; empty when all are as expected, else what it says."""
    alerts = {rule["alert"]: rule for path in rule_files for rule in rules_of(path) if "alert" in rule}
    files = []
    by_evaluation: dict[str, list[Case]] = {}
    for case in cases:
        by_evaluation.setdefault(case.evaluation, []).append(case)
    for evaluation, of_it in by_evaluation.items():
        file = folder / f"cases-{evaluation}.yml"
        # JSON is YAML.
        file.write_text(
            json.dumps(
                {
                    "rule_files": [str(path.resolve()) for path in rule_files],
                    # Else groups are taken in any order, and alerts may see the recording rules of before.
                    "group_eval_order": [group for path in rule_files for group in _groups_of(path)],
                    "evaluation_interval": evaluation,
                    "tests": [_test_of(case, alerts.get(case.rule)) for case in of_it],
                }
            )
        )
        files.append(str(file))
    done = subprocess.run(
        [*promtool.command, "test", "rules", *files], capture_output=True, text=True, check=False
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr


def _test_of(case: Case, alert: Mapping[str, Any] | None) -> dict[str, Any]:
    test: dict[str, Any] = {
        "name": f"{case.rule} {case.kind} {case.why}",
        "interval": case.interval,
        "input_series": [{"series": name, "values": values} for name, values in case.series.items()],
    }
    if alert is None:
        samples = [
            {"labels": f'{case.rule}{{queue="{queue}"}}', "value": value}
            for queue, value in case.values.items()
        ]
        # Ten digits are enough: rates are quotients.
        expression = f"round({case.rule}, 1e-10)"
        for sample in samples:
            sample["labels"] = str(sample["labels"]).removeprefix(case.rule)
        test["promql_expr_test"] = [{"expr": expression, "eval_time": case.at, "exp_samples": samples}]
        return test
    expected = [
        {
            "exp_labels": {**alert["labels"], **firing.labels},
            "exp_annotations": {
                "summary": firing.summary,
                "summary_ru": firing.summary_ru,
                "runbook_url": alert["annotations"]["runbook_url"],
            },
        }
        for firing in case.fires
    ]
    test["alert_rule_test"] = [{"eval_time": case.at, "alertname": case.rule, "exp_alerts": expected}]
    return test
