"""queue_log's agents are named as the settings that are in force name them."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from ami_adapters.protocol.actions import Action
from ami_adapters.protocol.pending_actions import Response
from callengine.demo.centre import CentrePlan, write_settings
from callengine.observers.queue_log import QueueLogFeed
from config.loading import load_settings
from config.settings import Settings
from queues.messages.journal import (
    AgentState,
    AgentStateChanged,
    CallConnected,
    CallOffered,
    CallPassedOn,
    LinkRestored,
    ServedBy,
)
from queues.terms.identifiers import AgentId, CallId, CompanyId
from queues.terms.phone import Phone
from tests.support.centre import GENERAL, GENERAL_DID, moment, small_centre

A1 = AgentId("1001")


class Written:
    """A link whose actions are kept."""

    def __init__(self) -> None:
        self.actions: list[Action] = []

    def send_nowait(self, action: Action) -> asyncio.Future[Response]:
        self.actions.append(action)
        return asyncio.get_running_loop().create_future()

    def drop(self, reason: str) -> None:
        raise AssertionError(reason)


def events_of(link: Written) -> list[str]:
    return [dict(action.headers)["Event"] for action in link.actions]


async def feed(settings: Settings) -> list[str]:
    """The agent is renamed while he is paused, and gone before he logs out."""
    policy = small_centre(1)
    link = Written()
    log = QueueLogFeed(settings, policy, lambda: link, lambda: moment(0))
    tell = log.observe
    tell(LinkRestored(moment(0)))
    await asyncio.sleep(0)
    tell(AgentStateChanged(moment(1), A1, AgentState.PAUSED, "lunch"))
    log.follow(replace(policy, agents={A1: replace(policy.agents[A1], name="Anna Petrova")}))
    tell(AgentStateChanged(moment(2), A1, AgentState.FREE))
    log.follow(replace(policy, agents={}))
    tell(AgentStateChanged(moment(3), A1, AgentState.LOGGED_OUT))
    wanted = [dict(action.headers) for action in link.actions]
    return [f"{one['Interface']} {one['Event']}" for one in wanted if one["Queue"] in ("NONE", "general")]


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


async def test_an_agent_is_named_as_he_is_called_now_and_once_gone_as_he_was_last(by_name: Settings) -> None:
    assert await feed(by_name) == [
        "NONE QUEUESTART",
        "Agent 1001 ADDMEMBER",
        "Agent 1001 PAUSEALL",
        "Agent 1001 PAUSE",
        "Anna Petrova UNPAUSEALL",
        "Anna Petrova UNPAUSE",
        "Anna Petrova REMOVEMEMBER",
    ]


async def test_a_transfer_of_which_asterisk_says_nothing_is_written_without_a_further_word(
    by_name: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("callengine.observers.queue_log._UNEXPLAINED_SECONDS", 0.01)
    link = Written()
    log = QueueLogFeed(by_name, small_centre(2), lambda: link, lambda: moment(0))
    call, caller = CallId("c1"), Phone("+79160000001")
    for entry in (
        LinkRestored(moment(0)),
        CallOffered(
            moment(1), call, moment(1), GENERAL_DID, CompanyId("zarya"), "general", GENERAL, caller, ""
        ),
        CallConnected(moment(2), call, A1, None, ServedBy.ENGINE),
        CallPassedOn(moment(3), call, AgentId("1002")),
    ):
        log.observe(entry)
    assert events_of(link)[-1] == "CONNECT"
    async with asyncio.timeout(10):
        while events_of(link)[-1] != "BLINDTRANSFER":
            await asyncio.sleep(0.01)


async def test_nothing_is_written_where_it_is_switched_off(by_name: Settings) -> None:
    off = by_name.queue_log.model_copy(update={"enabled": False})
    assert await feed(by_name.model_copy(update={"queue_log": off})) == []
