"""Two PBXs on one database: what one node has open, and when it was blind, is never the other's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select

from queues.messages import events
from queues.messages.snapshot import KnownRest
from queues.terms.identifiers import CallId
from storage.ledger import Ledger, open_ledger
from storage.schema.errors import LedgerError
from storage.schema.tables import calls, link_gaps, obligations
from storage.spool.writer import Spool
from tests.support.centre import GENERAL_DID, NOON, arrived, holding, moment
from tests.support.ledger_desk import A1, opened_desk, play

C1 = CallId("1795595555.1")
"""Both PBXs name their calls by the second and a serial number: the names meet."""


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/ledger.db"
    postgres: str = request.getfixturevalue("postgres_url")
    return postgres


@pytest.fixture
async def other(url: str) -> AsyncIterator[Ledger]:
    opened = await open_ledger(url, "pbx2", NOON)
    opened.writer.start()
    yield opened
    await opened.close()


async def test_calls_of_one_name_rests_and_gaps_are_each_nodes_own(ledger: Ledger, other: Ledger) -> None:
    here, there = opened_desk(ledger), opened_desk(other)
    play(ledger, here, [arrived(C1, 1), holding(C1, 2)])
    play(other, there, [arrived(C1, 3, number="+79160000002"), holding(C1, 4)])
    play(other, there, [events.CallAnswered(moment(5), C1, A1), events.CallEnded(moment(9), C1, 16)])
    play(other, there, [events.PbxLost(moment(10))])
    await ledger.writer.flush()
    await other.writer.flush()

    mine, theirs = await ledger.restored(moment(11)), await other.restored(moment(11))
    assert [(call.call, call.arrived_at) for call in mine.calls] == [(C1, moment(1))]
    assert (theirs.calls, mine.rests) == ((), ())
    assert theirs.rests == (KnownRest(A1, moment(9), GENERAL_DID),)
    # Only where a call is settled may its trace be erased from that PBX's inbox.
    assert await ledger.settled_calls([C1]) == set()
    assert await other.settled_calls([C1]) == {C1}
    async with ledger.reader.connect() as connection:
        rows = await connection.execute(select(calls.c.node, calls.c.number).order_by(calls.c.node))
        assert [tuple(row) for row in rows] == [("pbx1", "+79161234567"), ("pbx2", "+79160000002")]
        lost = await connection.execute(select(link_gaps.c.node).where(link_gaps.c.restored.is_(False)))
        assert [row.node for row in lost] == ["pbx2"]


async def test_who_is_missed_on_both_is_owed_on_both_though_the_calls_have_one_name(
    ledger: Ledger, other: Ledger
) -> None:
    for one, number in ((ledger, "+79161234567"), (other, "+79160000002")):
        desk = opened_desk(one, node=one.node)
        play(one, desk, [arrived(C1, 1, number=number), holding(C1, 2), events.CallEnded(moment(9), C1, 0)])
        await one.writer.flush()
    async with ledger.reader.connect() as connection:
        rows = await connection.execute(
            select(obligations.c.node, obligations.c.number).order_by(obligations.c.node)
        )
        assert [tuple(row) for row in rows] == [("pbx1", "+79161234567"), ("pbx2", "+79160000002")]
    mine, theirs = await ledger.restored(moment(11)), await other.restored(moment(11))
    assert [one.number.whole for one in mine.obligations] == ["+79161234567"]
    assert [one.number.whole for one in theirs.obligations] == ["+79160000002"]


async def test_a_spool_of_another_node_is_not_taken(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "ledger.spool", "pbx1")
    await spool.open()
    await spool.append_start(1, NOON)
    await spool.close()
    other = Spool(tmp_path / "ledger.spool", "pbx2")
    with pytest.raises(LedgerError, match=r"belongs to 'pbx1' and not to 'pbx2'"):
        await other.open()
    await other.close()
    again = Spool(tmp_path / "ledger.spool", "pbx1")
    await again.open()
    assert again.epoch == 1
    await again.close()
