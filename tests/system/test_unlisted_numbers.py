"""What a trunk and a dialplan make of the number that was dialled, on a real Asterisk."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping

import pytest

from callengine.check.unlisted import check_unlisted
from callengine.demo.centre import EMERGENCY_DID, GENERAL_DID, CentrePlan
from tests.support.live_centre import LiveCentre, live_centre
from tests.support.plain_ami import PlainAmi

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(120)]

NUMBER = "79161234567"
TRUNKS_WRITE = {
    "+79161234567;phone-context=+7": "+79161234567",
    "79161234567;cpc=ordinary": "79161234567",
    "+79161234567;npdi;rn=+79990000000": "+79161234567",
    "9161234567;ext=12": "9161234567",
    "+79161234567;tgrp=100": "+79161234567",
    "tel%3A+79161234567": "+79161234567",
}
"""User parts of From, with what their number is."""
DIALLED = {
    f"{GENERAL_DID};phone-context=+7": GENERAL_DID,
    f"{GENERAL_DID};npdi": GENERAL_DID,
    f"+{EMERGENCY_DID}": EMERGENCY_DID,
    EMERGENCY_DID: EMERGENCY_DID,
    "74957654321": "74957654321",
}
"""User parts of the request's URI, with the DID that the ledger has."""


async def calls_of(centre: LiveCentre, count: int) -> list[Mapping[str, str | None]]:
    """So many ended calls, in the order of their arrival."""
    await centre.until(lambda: not centre.engine.view().calls)
    statement = "SELECT number, did, company, queue, unlisted FROM calls WHERE ended_at IS NOT NULL"
    rows = await centre.rows_when(count, statement + " ORDER BY arrived_at")
    return [dict(row._mapping) for row in rows]


async def ring_and_give_up(centre: LiveCentre, did: str, user: str = NUMBER) -> None:
    resident = centre.phones.resident(NUMBER, did=did, from_header=f"<sip:{user}@127.0.0.1>".encode())
    await resident.call()
    await centre.until(lambda: centre.engine.view().calls)
    await resident.hang_up()
    await centre.until(lambda: not centre.engine.view().calls)


async def test_what_a_trunk_adds_to_a_number_is_neither_the_callers_nor_ours() -> None:
    async with live_centre(CentrePlan(agents=1, callbacks="enabled = false")) as centre:
        for user in TRUNKS_WRITE:
            await ring_and_give_up(centre, GENERAL_DID, user)
        for did in DIALLED:
            await ring_and_give_up(centre, did)
        calls = await calls_of(centre, len(TRUNKS_WRITE) + len(DIALLED))
        assert [call["number"] for call in calls[: len(TRUNKS_WRITE)]] == list(TRUNKS_WRITE.values())
        rest = calls[len(TRUNKS_WRITE) :]
        assert [call["did"] for call in rest] == list(DIALLED.values())
        assert [call["unlisted"] for call in rest] == [None, None, None, None, "74957654321"]
        assert [call["queue"] for call in rest] == [
            "general",
            "general",
            "emergency",
            "emergency",
            "emergency",
        ]


async def test_the_number_that_a_channel_was_called_by_is_asked_for_where_the_extension_is_no_line() -> None:
    async with live_centre(CentrePlan(agents=1, callbacks="enabled = false")) as centre:
        added = centre.asterisk.command_line(
            f"dialplan add extension {EMERGENCY_DID},1,Goto(s,1) into callengine-in"
        )
        assert "added" in added, added
        await ring_and_give_up(centre, EMERGENCY_DID)
        (call,) = await calls_of(centre, 1)
        assert (call["did"], call["unlisted"]) == (EMERGENCY_DID, None)
        # The line of the dialplan did what it should: without what the channel knows, it would have been "s".
        shown = centre.asterisk.command_line(f"dialplan show {EMERGENCY_DID}@callengine-in")
        assert "Goto(s" in shown, shown


CHANNELS: tuple[tuple[str, dict[str, str], str], ...] = (
    ("s", {"FROM_DID": GENERAL_DID}, GENERAL_DID),
    ("1", {"FROM_DID": f"+{GENERAL_DID};npdi"}, GENERAL_DID),
    # What the dialplan says goes before what was dialled, where it is a line.
    (EMERGENCY_DID, {"FROM_DID": GENERAL_DID}, EMERGENCY_DID),
    ("s", {"FROM_DID": "74957654321"}, "s"),
    ("s", {}, "s"),
)
"""Extension in callengine-in, what the channel carries, and the DID that comes of it."""


async def test_behind_a_time_condition_what_was_dialled_is_still_found_and_else_it_is_said() -> None:
    async with live_centre(CentrePlan(agents=1, callbacks="enabled = false")) as centre:
        secret = centre.asterisk.ami_secret_file.read_text().strip()
        with PlainAmi(centre.asterisk.ami_port, "callengine", secret) as ami:
            for extension, carried, _ in CHANNELS:
                await asyncio.to_thread(send_on, ami, extension, carried)
                await centre.until(lambda: centre.engine.view().calls)
                await asyncio.to_thread(hang_up, ami, centre.engine.view().calls[0].call)
                await centre.until(lambda: not centre.engine.view().calls)
        calls = await calls_of(centre, len(CHANNELS))
        assert [call["did"] for call in calls] == [did for _, _, did in CHANNELS]
        assert [call["unlisted"] for call in calls] == [None, None, None, "s", "s"]
        # One company, so whose it is needs no guess.
        assert {call["company"] for call in calls} == {"zarya"}

        said = [json.loads(line) for line in centre.log.getvalue().splitlines()]
        warned = [one for one in said if one["event"] == "call_unlisted"]
        assert [(one["did"], one["calls"], one["level"]) for one in warned] == [("s", 1, "warning")]
        assert "FROM_DID" in warned[0]["right"]
        body, _ = await centre.engine.metrics.exposition("text/plain")
        assert 'callengine_calls_unlisted_total{queue="emergency"} 2.0' in body.decode()
        assert centre.engine.unlisted.lately() == ("s",)

        found = await check_unlisted(centre.settings(), centre.engine.clock.now(), last=1)
        assert [finding.severity for finding in found] == ["warning"] * 2
        assert found[0].what.startswith("no line has the number 's': 2 calls in a week, the last at ")
        assert "FROM_DID" in found[0].help
        assert " to 's' from " in found[1].what
        assert "abandoned" in found[1].what


def send_on(ami: PlainAmi, extension: str, carried: Mapping[str, str]) -> None:
    """A call that some other part of the dialplan sends to callengine-in."""
    answer = ami.ask(
        "Originate",
        Channel=f"Local/{extension}@callengine-in/n",
        Application="Wait",
        Data="30",
        CallerID=f"<{NUMBER}>",
        Variable=",".join(f"__{name}={value}" for name, value in carried.items()),
        Async="true",
    )
    assert answer["Response"] == "Success", answer


def hang_up(ami: PlainAmi, call: str) -> None:
    channel = next(item["Channel"] for item in ami.ask_list("CoreShowChannels") if item["Uniqueid"] == call)
    assert ami.ask("Hangup", Channel=channel)["Response"] == "Success"
