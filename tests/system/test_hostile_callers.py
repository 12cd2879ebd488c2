"""Whatever a caller's network writes into his name and number: he is served, and nothing of it is obeyed."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ami_adapters.protocol.recording import play
from callengine.demo.centre import CentrePlan
from tests.support.live_centre import live_centre

HOSTILE = {
    "line ends in the number": b'"Petrov" <sip:%0d%0aAction%3a%20Hangup%0d%0aChannel%3a%20all@127.0.0.1>',
    # A line end inside a quoted name is no SIP any more (RFC 3261 25.1) and the SIP stack drops the datagram.
    "a header in two lines": b'"Action: Hangup"\r\n <sip:79160000001@127.0.0.1>',
    "quotes": rb'"Iva\"nov\" <sip:evil@x>" <sip:79160000001@127.0.0.1>',
    "dialplan in the name": b'"${SHELL(touch MARK)} ${EVAL(${SYSTEM(touch MARK)})}" <sip:79160000001@127.0.0.1>',
    "dialplan in the number": b'"x" <sip:%24%7bSHELL(touch%20MARK)%7d@127.0.0.1>',
    "SQL": b"\"'; DROP TABLE calls; --\" <sip:'%3bDROP%20TABLE%20calls--@127.0.0.1>",
    "four-byte UTF-8": '"\U0001f525 Пожар \U0001f9ef" <sip:79160000001@127.0.0.1>'.encode(),
    "no UTF-8": b'"\xff\xfe\xc3\x28 caf\xe9" <sip:79160000001@127.0.0.1>',
    "three kilobytes": b'"' + b"A" * 3000 + b'" <sip:79160000001@127.0.0.1>',
    "separators of AstDB and AMI": b'"a|b,c;d/e" <sip:1%7c2%2c3%2f4%3b5@127.0.0.1>',
    "a long number": b'"x" <sip:' + b"7" * 700 + b"@127.0.0.1>",
}


@pytest.fixture(scope="module")
def mark(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("injected") / "mark"


async def test_each_is_served_and_nothing_is_injected(mark: Path) -> None:
    async with live_centre(CentrePlan(agents=2, wrap_up=0)) as centre:
        await centre.phones.add_agents(2)
        await centre.until(lambda: centre.free_agents() == 2)
        bystander = centre.phones.resident("79169999999")
        await bystander.call()
        await bystander.wait_for(lambda one: one.heard_at is not None)
        for story, header in HOSTILE.items():
            resident = centre.phones.resident("79160000001", from_header=header.replace(b"MARK", bytes(mark)))
            await resident.call()
            assert not resident.refused, story
            try:
                await resident.wait_for(lambda one: one.heard_at is not None)
            except TimeoutError:
                pytest.fail(f"not served: {story}")
            await resident.hang_up()
            await centre.until(lambda: len(centre.engine.view().calls) == 1)
        assert bystander.ended_at is None
        assert not mark.exists()
        rows = await centre.rows("SELECT number, caller_name, outcome FROM calls WHERE outcome IS NOT NULL")
        assert len(rows) == len(HOSTILE)
        assert {row.outcome for row in rows} == {"answered"}
        for row in rows:
            assert set(row.number) <= set("0123456789+*#")
            assert not set(row.caller_name) & set("\r\n\0")
        names = {row.caller_name for row in rows}
        assert "\U0001f525 Пожар \U0001f9ef" in names
        assert not any("\ud800" <= character <= "\udfff" for name in names for character in name)
        # The PBX carried out what we sent and nothing else: no message of the stream is one that we did not ask for.
        assert not [message for message in play(centre.tape) if message.get("Response") == "Error"]
        for number in ("79160000001", "79169999999"):
            assert number not in centre.log.getvalue()


async def test_ten_kilobytes_are_refused_by_the_pbx_or_served_and_others_go_on() -> None:
    """A datagram beyond what the SIP stack takes cannot become a call; the centre must not notice."""
    async with live_centre(CentrePlan(agents=1, wrap_up=0)) as centre:
        await centre.phones.add_agents(1)
        await centre.until(lambda: centre.free_agents() == 1)
        huge = centre.phones.resident(
            "79160000001", from_header=b'"' + b"B" * 10_240 + b'" <sip:79160000001@127.0.0.1>'
        )
        attempt = asyncio.create_task(huge.call())
        try:
            await huge.wait_for(lambda one: one.heard_at is not None, seconds=3)
            served = True
        except TimeoutError:
            served = False
        attempt.cancel()
        await huge.hang_up()
        await centre.until(lambda: not centre.engine.view().calls)
        print("10 kB name:", "served" if served else "not taken by the SIP stack")
        ordinary = centre.phones.resident("79160000002")
        await ordinary.call()
        await ordinary.wait_for(lambda one: one.heard_at is not None)
