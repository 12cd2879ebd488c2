"""Callbacks and messages end to end with the ledger in a real PostgreSQL, a killed engine included."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from tests.support.live_centre import live_centre
from tests.support.postgres import postgres_server, postgres_url
from tests.support.postgres_pair import Pair, pair
from tests.system.test_callbacks import DIALLED, answers, killed_ward, one_after_the_other, plan, ward
from tests.system.test_choice_and_messages import CHOICE, leave_a_message
from tests.system.test_choice_and_messages import run as program

__all__ = ["pair", "postgres_server", "postgres_url"]


async def test_missed_busy_called_again_and_confirmed_by_phone(postgres_url: str) -> None:
    async with live_centre(replace(plan(disposition=60), database=postgres_url)) as centre:
        here = await ward(centre, one_after_the_other("busy", 0.1))
        await here.miss()
        await here.called_back()
        await centre.until(lambda: here.exchange.answered, seconds=30)
        await here.agent.wait_for(lambda phone: phone.present_call is None, seconds=20)
        await here.agent.dial("*461", seconds=2)
        await here.until_closed()
        assert await here.attempts() == ["busy", "contacted"]
        assert await here.obligations() == [("contacted", "")]
        (row,) = await centre.rows("SELECT verdict, disposition FROM calls JOIN obligations USING (call)")
        assert (row.verdict, row.disposition) == ("contacted_in_time", "reached")


async def test_killed_while_the_resident_talks_the_contact_counts(postgres_url: str) -> None:
    async with live_centre(replace(plan(), database=postgres_url), engine=False) as centre:
        here = await killed_ward(centre)
        await here.miss()
        await here.called_back()
        await centre.until(lambda: DIALLED in here.exchange.heard, seconds=20)
        await centre.kill_processes()
        await centre.start_engine()
        await here.until_closed()
        assert here.exchange.rung == [DIALLED]
        assert await here.attempts() == ["contacted"]


async def test_a_message_is_left_and_reviewed(postgres_url: str) -> None:
    async with live_centre(replace(plan(rules=CHOICE), database=postgres_url)) as centre:
        here = await ward(centre, answers)
        await here.agent.dial("*43", seconds=0.3)
        await leave_a_message(centre)
        (message,) = await centre.rows("SELECT message FROM messages")
        code, _, errors = await program(
            centre, "messages", "review", message.message, "done", "--by", "chief"
        )
        assert (code, errors) == (0, "")
        await here.until_closed()
        assert await here.obligations() == [("message_reviewed", "")]
        assert [row.verdict for row in await centre.rows("SELECT verdict FROM calls")] == [
            "message_reviewed_in_time"
        ]


async def test_through_a_fail_over_the_missed_are_called_back_and_the_ledger_has_all_of_it(
    pair: Pair,
) -> None:
    """First the address still leads to the old primary, a standby now; then to the new one. Nobody restarts a thing."""
    async with live_centre(replace(plan(), database=pair.by_address)) as centre:
        here = await ward(centre, answers)
        writer = centre.engine.ledger.writer
        await asyncio.to_thread(pair.fail_over)
        await here.miss()
        await here.called_back()
        await centre.until(lambda: here.exchange.answered, seconds=30)
        assert writer.is_away
        pair.point_at(pair.primary)
        await centre.until(lambda: not writer.is_away, seconds=30)
        await here.until_closed()
        assert await here.attempts() == ["contacted"]
        assert centre.engine.health()["ledger_writes"]
        written = pair.primary.sql("SELECT outcome FROM calls")
        assert written == "abandoned"
