"""A command of the desk: decided once by its id, answered after the commit, whatever dies in between."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from callengine.control.wishes import Decided, Wish
from callengine.loop.desk_commands import DeskCommands
from queues.messages.events import DeskCommand, Event
from queues.messages.journal import CommandDecided
from queues.terms.desk_words import CommandRefusal
from storage.schema.errors import LedgerAway
from tests.support.manual_clock import NOON

PAUSE = Wish(
    id="w1", kind="agent_pause", account="7", by="Иванова", made_at=NOON, agent="1001", reason="lunch"
)


class Core:
    """Decides everything as it is told, once for an id; commits when it is let."""

    def __init__(self, refusal: CommandRefusal | None = None) -> None:
        self.came: list[DeskCommand] = []
        self.refusal = refusal
        self.may_commit = asyncio.Event()
        self.may_commit.set()
        self.commands: DeskCommands | None = None
        self._known: set[str] = set()

    async def carry(self, event: Event) -> None:
        assert isinstance(event, DeskCommand)
        assert self.commands is not None
        self.came.append(event)
        if event.id not in self._known:
            self._known.add(event.id)
            self.commands.observe(
                CommandDecided(event.at, event.id, event.kind, event.account, event.by, self.refusal)
            )
        await self.may_commit.wait()


class Ledger:
    def __init__(self) -> None:
        self.rows: dict[str, str | None] = {}
        self.is_away = False

    async def decided_command(self, command: str) -> tuple[bool, str | None]:
        if self.is_away:
            raise LedgerAway("away")
        return command in self.rows, self.rows.get(command)


def engine(core: Core, ledger: Ledger) -> DeskCommands:
    core.commands = DeskCommands(ledger, lambda: NOON, core)
    return core.commands


async def test_it_is_answered_after_the_commit_and_not_before() -> None:
    core = Core()
    commands = engine(core, Ledger())
    core.may_commit.clear()
    asked = asyncio.create_task(commands.decide(PAUSE))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not asked.done()
    core.may_commit.set()
    assert await asked == Decided(True)
    assert (core.came[0].agent, core.came[0].reason, core.came[0].by) == ("1001", "lunch", "Иванова")
    assert commands.answered == {("agent_pause", "done"): 1}


async def test_what_comes_twice_while_the_first_is_under_way_has_one_decision_and_two_answers() -> None:
    core = Core()
    commands = engine(core, Ledger())
    core.may_commit.clear()
    both = [asyncio.create_task(commands.decide(PAUSE)) for _ in range(2)]
    await asyncio.sleep(0.01)
    core.may_commit.set()
    assert await asyncio.gather(*both) == [Decided(True)] * 2
    assert len(core.came) == 1


async def test_a_repeated_one_has_the_first_ones_answer_also_from_an_earlier_run() -> None:
    core, ledger = Core(CommandRefusal.LOGGED_OUT), Ledger()
    commands = engine(core, ledger)
    first = await commands.decide(PAUSE)
    assert first == Decided(False, "logged_out", "the agent is not logged in")
    core.refusal = None
    assert await commands.decide(PAUSE) == first
    ledger.rows["w1"] = "logged_out"
    after_a_start = Core()
    assert await engine(after_a_start, ledger).decide(PAUSE) == first
    assert after_a_start.came == []


async def test_with_the_ledger_away_only_what_is_younger_than_this_run_is_decided() -> None:
    core, ledger = Core(), Ledger()
    commands = engine(core, ledger)
    ledger.is_away = True
    old = Wish(id="w0", kind="agent_pause", account="7", by="И", made_at=NOON - timedelta(seconds=1))
    assert await commands.decide(old) is None
    assert core.came == []
    assert await commands.decide(PAUSE) == Decided(True)


async def test_an_unknown_kind_is_refused_in_words() -> None:
    core = Core()
    odd = Wish(id="w1", kind="sing", account="7", by="И", made_at=NOON)
    answer = await engine(core, Ledger()).decide(odd)
    assert answer is not None
    assert (answer.done, answer.refusal) == (False, "unknown_kind")
    assert core.came == []
