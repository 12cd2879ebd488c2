"""The dashboards that ship are what the code makes, and hold what Grafana and a supervisor need of them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from callengine.sample.provisioned_tools import find_tools
from config.dashboards.__main__ import files
from tests.support.dashboard_files import DASHBOARDS, LANGUAGES, NAMES, dashboard, panels, queries
from tests.support.documented_metrics import selectors_in, unknown_in
from tests.support.prometheus_cases import rules_of

UNITS = {"short", "s", "percentunit"}
BOARDS = [(name, language) for name in NAMES for language in LANGUAGES]
boards = pytest.mark.parametrize(("name", "language"), BOARDS, ids=["-".join(one) for one in BOARDS])


def texts(value: Any, keys: set[str]) -> list[str]:
    """Every text under one of these keys, at any depth."""
    found: list[str] = []
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in keys and isinstance(inner, str):
                found.append(inner)
            found += texts(inner, keys)
    elif isinstance(value, list):
        for inner in value:
            found += texts(inner, keys)
    return found


def test_the_files_are_what_the_code_makes() -> None:
    made = files()
    assert {path.relative_to(DASHBOARDS) for path in DASHBOARDS.rglob("*.json")} == set(made)
    changed = [path for path, text in made.items() if (DASHBOARDS / path).read_text(encoding="utf-8") != text]
    assert changed == [], "run `make dashboards`"


def test_a_centre_with_another_goal_gets_its_colours() -> None:
    wallboard = Path("ru/wallboard.json")
    usual, strict = (json.loads(files(goal)[wallboard]) for goal in (0.88, 0.95))

    def steps(board: Any) -> list[list[float | None]]:
        found = [
            panel.get("fieldConfig", {}).get("defaults", {}).get("thresholds") for panel in board["panels"]
        ]
        return [[step["value"] for step in one["steps"]] for one in found if one]

    assert steps(usual) != steps(strict)
    assert [[{0.8: 0.87, 0.88: 0.95}.get(at or 0, at) for at in one] for one in steps(usual)] == steps(strict)
    with pytest.raises(ValueError, match=r"such as 0\.9, and not 95"):
        files(95)


@boards
def test_grafana_gets_what_it_needs(name: str, language: str) -> None:
    board = dashboard(name, language)
    assert board["schemaVersion"] == 41, "Grafana 11.6"
    assert board["uid"] == f"callengine-{name}-{language}"
    assert len(board["uid"]) <= 40
    assert board["editable"] is False
    variables = {variable["name"]: variable for variable in board["templating"]["list"]}
    assert variables["datasource"]["type"] == "datasource"
    assert variables["datasource"]["query"] == "prometheus"
    assert variables["queue"]["includeAll"]
    assert variables["queue"]["allValue"] == ".*"
    shown = board["panels"]
    assert len({panel["id"] for panel in shown}) == len(shown)
    for panel in panels(board):
        assert panel["title"]
        assert len(panel["description"]) > 10
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        assert panel["fieldConfig"]["defaults"]["unit"] in UNITS
        assert [target["refId"] for target in panel["targets"]] == list("ABCDEFGHIJ"[: len(panel["targets"])])
        for target in panel["targets"]:
            assert target["datasource"] == panel["datasource"]
            assert target["instant"] is not target["range"]
        if panel["type"] in {"stat", "bargauge"}:
            assert panel["options"]["reduceOptions"]["calcs"] == ["lastNotNull"]
            assert all(target["instant"] for target in panel["targets"])


@boards
def test_panels_fill_their_places_without_covering_each_other(name: str, language: str) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in dashboard(name, language)["panels"]:
        place = panel["gridPos"]
        cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        assert place["x"] + place["w"] <= 24
        assert not cells & taken, panel["title"]
        taken |= cells


def test_both_languages_ask_the_same_and_say_it_in_their_own_words() -> None:
    words = {"title", "description", "noValue", "label"}
    for name in NAMES:
        russian, english = (dashboard(name, language) for language in LANGUAGES)
        # Queries stand in the order of their panels; titles differ, of course.
        assert [(q.ref_id, q.kind, q.expr) for q in queries(russian)] == [
            (q.ref_id, q.kind, q.expr) for q in queries(english)
        ]
        assert [text for text in texts(english, words) if re.search("[а-яА-Я]", text)] == []
        no_russian = [text for text in texts(russian, words) if not re.search("[а-яА-Я]", text)]
        assert set(no_russian) <= {"callengine"}, no_russian


@pytest.mark.parametrize("name", NAMES)
def test_queries_read_what_there_is_and_rates_are_taken_of_counters_alone(name: str) -> None:
    recorded = {rule["record"] for rule in rules_of(Path("config/prometheus/callengine.rules.yml"))}
    board = dashboard(name, "en")
    for query in queries(board):
        if "asterisk_" not in query.expr:
            assert unknown_in(query.expr, recorded) == [], query
        assert selectors_in(query.expr) or "up{" in query.expr
    for expr in texts(board, {"expr"}):
        for metric in re.findall(r"callengine_\w+_(?:total|bucket)", expr):
            used = re.search(rf"(rate|increase)\({metric}(\{{[^}}]*\}})?\[(.+?)\]\)", expr)
            assert used, f"{metric} is a counter: {expr}"
            assert used[1] != "rate" or used[3] == "$__rate_interval", expr
        for gauge in re.findall(r"(?:rate|increase)\((\w+)", expr):
            assert gauge.endswith(("_total", "_bucket")), expr


def test_every_expression_is_promql(tmp_path: Path) -> None:
    asked = [query for name in NAMES for query in queries(dashboard(name, "en"))]
    rules = [{"record": f"panel:{number}", "expr": query.expr} for number, query in enumerate(asked)]
    file = tmp_path / "panels.yml"
    file.write_text(json.dumps({"groups": [{"name": "panels", "rules": rules}]}).replace("panel:", "panel:p"))
    promtool = find_tools().programs["promtool"]
    checked = subprocess.run(
        [*promtool.command, "check", "rules", str(file)], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert f"{len(asked)} rules found" in checked.stdout


def test_the_provisioning_files_lead_to_what_ships() -> None:
    folder = Path("config/grafana/provisioning")
    sources = yaml.safe_load((folder / "datasources/callengine.yaml").read_text(encoding="utf-8"))
    providers = yaml.safe_load((folder / "dashboards/callengine.yaml").read_text(encoding="utf-8"))
    assert sources["apiVersion"] == providers["apiVersion"] == 1
    (source,) = sources["datasources"]
    assert (source["type"], source["access"]) == ("prometheus", "proxy")
    scrape = yaml.safe_load(Path("config/prometheus/prometheus.yml").read_text(encoding="utf-8"))
    assert source["jsonData"]["timeInterval"] == scrape["scrape_configs"][0]["scrape_interval"]
    (provider,) = providers["providers"]
    assert provider["type"] == "file"
    assert (DASHBOARDS / Path(provider["options"]["path"]).name).is_dir()


def test_the_documented_command_moves_the_colours_to_another_goal(tmp_path: Path) -> None:
    shutil.copytree(DASHBOARDS, tmp_path / "dashboards")
    (command,) = re.findall(
        r"^sed -i .+$", Path("docs/prometheus.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    subprocess.run(["sh", "-c", command], env=os.environ | {"DIR": str(tmp_path)}, check=True)
    for name, language in BOARDS:
        before = dashboard(name, language)
        after = json.loads((tmp_path / "dashboards" / language / f"{name}.json").read_text(encoding="utf-8"))
        moved = {0.88: 0.95, 0.8: 0.9} if name == "wallboard" else {}
        steps = [[step for panel in panels(board) for step in steps_of(panel)] for board in (before, after)]
        assert steps[1] == [moved.get(step, step) for step in steps[0]]
        for panel in (panel for board in (before, after) for panel in panels(board)):
            panel["fieldConfig"]["defaults"].pop("thresholds", None)
        assert after == before, "nothing else changes"


def steps_of(panel: dict[str, Any]) -> list[float]:
    """Where a panel's colours turn."""
    steps = panel["fieldConfig"]["defaults"].get("thresholds", {}).get("steps", [])
    return [step["value"] for step in steps if step.get("value") is not None]
