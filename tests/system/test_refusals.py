"""How a resident's telephone, or the network before it, refuses a callback: on a real Asterisk, by SIP's own codes."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from aiosipua import IncomingCall

from callengine.demo.centre import GENERAL_DID
from callengine.demo.phones.media import RtpStream
from callengine.demo.phones.resident import Behaviour, Refuses, ResidentExchange
from tests.support.live_centre import live_centre
from tests.system.test_callbacks import answers, plan, ward

RINGS = 0.3

# What his telephone does; the result, whether the ledger says that it rang, and the SIP code it keeps.
REFUSALS: list[tuple[Behaviour, str, bool, int]] = [
    (Refuses(603, after=RINGS), "refused", True, 603),
    (Refuses(486), "busy", False, 486),
    (Refuses(480), "no_answer", False, 480),
    (None, "no_answer", True, 180),
    (Refuses(503, after=RINGS), "no_answer", True, 503),
    (Refuses(404), "invalid_number", False, 404),
    (Refuses(408), "unreachable", False, 408),
    (Refuses(488), "unreachable", False, 488),
    (Refuses(503), "unreachable", False, 503),
]
TASK = {"invalid_number": "invalid", "unreachable": "network"}


async def test_the_ledger_says_what_sip_said_and_whether_it_rang() -> None:
    """One dial each: whatever was refused, rang or was never carried, leads to a person, with the right reason."""
    residents = {f"+7916123{i:04}": refusal for i, refusal in enumerate(REFUSALS)}
    rules = "max_attempts = 1\nlate_attempts = 0\nmax_network_failures = 1\nmax_per_hour = 1000\n"
    async with live_centre(plan(callbacks=rules)) as centre:
        here = await ward(centre, lambda number: residents[number][0])
        for number in residents:
            await here.miss(number.removeprefix("+"))
        here.agent.answer_after = lambda: 0.1
        sql = "SELECT obligation FROM attempts WHERE n = 1 AND ended_at IS NOT NULL"
        await centre.rows_when(len(residents), sql, seconds=120)
        rows = await centre.rows(
            "SELECT a.e164, a.result, a.rang, a.sip_code, t.reason FROM attempts a "
            "JOIN human_tasks t ON t.obligation = a.obligation WHERE a.n = 1 ORDER BY a.e164"
        )
        assert [(row.e164, row.result, bool(row.rang), row.sip_code, row.reason) for row in rows] == [
            (number, result, rang, code, TASK.get(result, "not_reached"))
            for number, (_, result, rang, code) in residents.items()
        ]


async def test_who_presses_reject_is_left_in_peace_after_his_attempts() -> None:
    """603 was taken for a network that fails: he was rung six times 20 s apart, whatever `max_attempts` said."""
    async with live_centre(plan(callbacks="max_attempts = 2\nlate_attempts = 0\n")) as centre:
        here = await ward(centre, lambda number: Refuses(603, after=RINGS))
        await here.miss()
        here.agent.answer_after = lambda: 0.1
        await here.until_closed(seconds=40)
        assert await here.attempts() == ["refused", "refused"]
        assert len(here.exchange.rings) == 2
        assert await here.obligations() == [("with_human", "not_reached")]


async def test_an_agent_who_gives_up_before_it_rings_spends_none_of_the_residents_attempts() -> None:
    async with live_centre(plan(callbacks="max_attempts = 1\nlate_attempts = 0\n")) as centre:
        gone = asyncio.Event()

        def first_silent(number: str) -> Behaviour:
            del number
            return 0.1 if gone.is_set() else Refuses(500, after=None)

        here = await ward(centre, first_silent)
        # The exchange says 100 and nothing more; the agent hangs up after a second.
        answer, here.exchange._uas.on_invite = here.exchange._uas.on_invite, lambda call: None
        await here.miss()
        call = await here.called_back()
        await here.agent.wait_for(lambda phone: call.answered_at is not None)
        await centre.until(lambda: any(one.state == "talking" for one in centre.engine.view().agents))
        here.exchange._uas.on_invite = answer
        gone.set()
        here.agent.hang_up()
        await here.until_closed(seconds=40)
        assert await here.attempts() == ["agent_hung_up", "contacted"]


async def test_an_outage_of_the_trunk_uses_up_nothing_and_ends_for_everybody_when_it_ends() -> None:
    """Six 503s were six dials of his day: he was not dialled when the trunk was back, nor was the next resident."""
    rules = "max_per_number_and_day = 1\nmax_per_hour = 2\nmax_network_failures = 2\n"
    async with live_centre(plan(callbacks=rules)) as centre:
        out = True

        def trunk(number: str) -> Behaviour:
            del number
            return "congestion" if out else 0.1

        here = await ward(centre, trunk)
        for number in ("79161230001", "79161230002"):
            await here.miss(number)
        here.agent.answer_after = lambda: 0.1
        async with asyncio.timeout(60):
            while len(await here.attempts()) < 4:
                await asyncio.sleep(0.1)
        out = False
        async with asyncio.timeout(60):
            while (await here.attempts()).count("contacted") < 2:
                await asyncio.sleep(0.1)
        await here.until_closed()
        assert [how for how, _ in await here.obligations()] == ["contacted"] * 2


SECOND_TRUNK = """
[second]
type = endpoint
transport = transport-udp
context = callengine-in
disallow = all
allow = alaw
aors = second
direct_media = no
[second]
type = aor
contact = sip:127.0.0.1:{port}
"""


@pytest.mark.parametrize("says", ["nothing", "100"])
async def test_a_trunk_that_swallows_what_we_send_fails_within_seconds_and_the_next_one_is_tried(
    says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It looked like a resident who does not answer: three attempts spent, the second trunk never tried."""
    rules = replace(plan(callbacks="max_attempts = 1\nlate_attempts = 0\nnetwork_answer_seconds = 1\n"))
    rules = replace(rules, other_trunks=("second",))
    async with live_centre(rules) as centre:
        here = await ward(centre, answers)
        port = centre.asterisk.spare_port()
        with (centre.asterisk.etc / "pjsip.conf").open("a") as settings:
            settings.write(SECOND_TRUNK.format(port=port))
        centre.asterisk.command_line("module reload res_pjsip.so")
        second = ResidentExchange(centre.phones.ticker, answers, talk_seconds=1)
        await second.start(port, centre.phones.agent_tones)
        await here.miss()
        if says == "nothing":
            monkeypatch.setattr(here.exchange._socket, "receive", lambda data, addr: None)
        else:
            monkeypatch.setattr(here.exchange._uas, "on_invite", lambda call: None)
        here.agent.answer_after = lambda: 0.1
        try:
            await here.until_closed(seconds=40)
        finally:
            await second.stop()
        rows = await centre.rows("SELECT trunk, result FROM attempts ORDER BY made_at")
        assert [tuple(row) for row in rows] == [("trunk", "unreachable"), ("second", "contacted")]
        assert await here.obligations() == [("contacted", "")]


async def test_a_redirection_of_the_trunk_is_followed_by_nobody_and_closes_nothing() -> None:
    """The 302 led to our own number: the engine called itself, and the obligation was closed as contacted."""
    async with live_centre(plan(callbacks="max_network_failures = 2\n")) as centre:
        here = await ward(centre, answers)

        sent: list[int] = []

        def redirected(call: IncomingCall) -> None:
            reply = f"sip:{GENERAL_DID}@127.0.0.1:{centre.asterisk.sip_port}"
            response = call.dialog.create_response(
                call.invite, 302, "Moved Temporarily", contact=f"<{reply}>"
            )
            assert call.transport is not None
            call.transport.send_reply(response)
            sent.append(response.status_code)

        here.exchange._uas.on_invite = redirected
        await here.miss()
        here.agent.answer_after = lambda: 0.1
        await centre.rows_when(2, "SELECT attempt FROM attempts WHERE ended_at IS NOT NULL")
        assert (await here.attempts())[:2] == ["unreachable", "unreachable"]
        assert sent.count(302) >= 2
        assert [row.count for row in await centre.rows("SELECT count(*) AS count FROM calls")] == [1]
        assert [how for how, _ in await here.obligations()] != ["contacted"]


@pytest.mark.parametrize("says", ["nothing", "reached"])
async def test_a_telephone_that_answers_and_is_not_heard_is_no_contact_unless_the_agent_says_so(
    says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = 0 if says == "nothing" else 20
    rules = plan(callbacks="max_attempts = 1\nlate_attempts = 0\n", disposition=seconds)
    async with live_centre(rules) as centre:
        here = await ward(centre, answers)
        monkeypatch.setattr(RtpStream, "start", lambda *_: None)
        await here.miss()
        here.agent.answer_after = lambda: 0.1
        await centre.rows_when(1, "SELECT attempt FROM attempts WHERE heard IS NOT NULL")
        (row,) = await centre.rows("SELECT result, heard FROM attempts")
        assert (row.result, bool(row.heard)) == ("contacted", False)
        if says == "reached":
            await here.agent.wait_for(lambda phone: phone.present_call is None)
            await here.agent.dial("*461", seconds=2)
        await here.until_closed()
        assert await here.obligations() == (
            [("contacted", "")] if says == "reached" else [("with_human", "not_reached")]
        )


async def test_a_telephone_that_is_heard_is_a_contact() -> None:
    async with live_centre(plan()) as centre:
        here = await ward(centre, answers)
        await here.miss()
        here.agent.answer_after = lambda: 0.1
        await here.until_closed()
        (row,) = await centre.rows("SELECT result, heard FROM attempts")
        assert (row.result, bool(row.heard)) == ("contacted", True)
        assert await here.obligations() == [("contacted", "")]


async def test_a_call_from_our_own_number_into_our_own_line_is_refused() -> None:
    async with live_centre(plan()) as centre:
        here = await ward(centre, answers)
        ourselves = centre.phones.resident(f"+{GENERAL_DID}")
        await ourselves.call()
        await ourselves.wait_for(lambda phone: phone.ended_at is not None)
        await ourselves.hang_up()
        # It enters no figure; whoever calls next is the first that counts.
        resident = centre.phones.resident("79160000001", GENERAL_DID)
        here.agent.answer_after = lambda: 0.1
        await resident.call()
        await resident.wait_for(lambda phone: phone.heard_at is not None)
        await resident.hang_up()
        rows = await centre.rows_when(1, "SELECT number, outcome FROM calls WHERE outcome IS NOT NULL")
        assert [row.outcome for row in rows] == ["answered"]
        assert len(here.agent.calls) == 1
        assert await here.obligations() == []
