"""queue_log's agents are named as the settings that are in force name them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ami_adapters.queue_log import QueueLogLine
from callengine.demo.centre import CentrePlan, write_settings
from callengine.queue_log_feed import queue_log_observers
from config.settings import Settings, load_settings
from queues.identifiers import AgentId
from queues.journal import AgentState, AgentStateChanged, LinkRestored
from tests.support.centre import moment, small_centre

A1 = AgentId("1001")


def feed(settings: Settings) -> list[str]:
    """The agent is renamed while he is paused, and gone before he logs out."""
    policy = small_centre(1)
    lines: list[QueueLogLine] = []
    observers = list(queue_log_observers(settings, lambda: policy, lines.append))

    def tell(entry: AgentStateChanged | LinkRestored) -> None:
        for observe in observers:
            observe(entry)

    tell(LinkRestored(moment(0)))
    tell(AgentStateChanged(moment(1), A1, AgentState.PAUSED, "lunch"))
    policy = replace(policy, agents={A1: replace(policy.agents[A1], name="Anna Petrova")})
    tell(AgentStateChanged(moment(2), A1, AgentState.FREE))
    policy = replace(policy, agents={})
    tell(AgentStateChanged(moment(3), A1, AgentState.LOGGED_OUT))
    return [f"{line.agent} {line.event}" for line in lines if line.queue in ("NONE", "general")]


@pytest.fixture
def by_name(tmp_path: Path) -> Settings:
    path = write_settings(tmp_path, CentrePlan(), ami_port=5038, secret_file=secret_in(tmp_path))
    settings = load_settings(path)
    return settings.model_copy(
        update={"queue_log": settings.queue_log.model_copy(update={"agent": "{name}"})}
    )


def secret_in(folder: Path) -> Path:
    path = folder / "ami.secret"
    path.write_text("secret")
    path.chmod(0o600)
    return path


def test_an_agent_is_named_as_he_is_called_now_and_once_gone_as_he_was_last(by_name: Settings) -> None:
    assert feed(by_name) == [
        "NONE QUEUESTART",
        "Agent 1001 ADDMEMBER",
        "Agent 1001 PAUSE",
        "Anna Petrova UNPAUSE",
        "Anna Petrova REMOVEMEMBER",
    ]


def test_nothing_is_written_where_it_is_switched_off(by_name: Settings) -> None:
    off = by_name.queue_log.model_copy(update={"enabled": False})
    assert feed(by_name.model_copy(update={"queue_log": off})) == []
