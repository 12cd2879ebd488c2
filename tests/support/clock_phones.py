"""Phones that measure, each resident's in a process of its own: no phone waits for another's Python.

One process plays the agents, each caller is a process that has one call at a time. The moments they tell are what
the one phone saw, not when a loop that plays twenty of them came round to it.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import multiprocessing
import os
import signal
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

from callengine.demo.centre import Phones, SipPbx
from callengine.demo.phones.media import Ticker
from callengine.demo.phones.resident import Resident, ResidentExchange
from callengine.demo.phones.softphone import Softphone
from callengine.demo.phones.tones import agent_tone, tone_frame, tone_in

_HEARD_WITHIN_SECONDS = 30.0
_TALK_SECONDS = 0.2
_READY_WITHIN_SECONDS = 60.0
_STEP_SECONDS = 0.05
_WARM_UP_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class PbxAddress:
    """What a phone in another process must know of the PBX."""

    sip_port: int
    trunk_port: int
    passwords: dict[str, str]

    @classmethod
    def of(cls, pbx: SipPbx, agents: Iterable[str]) -> PbxAddress:
        """With the passwords of these agents."""
        return cls(pbx.sip_port, pbx.trunk_port, {agent: pbx.agent_password(agent) for agent in agents})

    def agent_password(self, agent: str) -> str:
        """The SIP password of a phone."""
        return self.passwords[agent]


@dataclass(frozen=True, slots=True)
class Call:
    """What a caller is to do: dial, hear so many agents one after the other, talk a little, hang up.

    With `patience`, in seconds, he hangs up after that time without having heard anybody.
    """

    number: str
    did: str
    agents: int = 1
    patience: float | None = None


@dataclass(frozen=True, slots=True)
class OwnClock:
    """One call by the caller's own clock: seconds of the epoch, and the wait by a clock that nobody sets."""

    number: str
    called_at: float
    heard: tuple[float, ...]
    """The first frame of each agent."""
    wait: float

    @property
    def heard_at(self) -> float:
        """The first agent's first frame."""
        return self.heard[0]


@dataclass(frozen=True, slots=True)
class AgentsPlan:
    """What the agents at the measuring phones do; `answer_seconds` is the shortest ring of theirs.

    With `colleagues` as many of them, the last ones, are on pause; each of the others gives every conversation to
    his own colleague.
    """

    log_in: bool = True
    answer_seconds: float = 0.0
    colleagues: int = 0


def _play_agents(told: Connection, pbx: PbxAddress, agents: int, plan: AgentsPlan) -> None:
    _leave_ctrl_c_to_the_bench()

    async def play() -> None:
        _go_first()
        phones = Phones(pbx)
        delays = iter(range(1_000_000))
        everybody = await phones.add_agents(
            agents,
            answer_after=lambda: plan.answer_seconds + 0.05 * (next(delays) % 8),
            log_in=plan.log_in,
        )
        takers, colleagues = everybody[: agents - plan.colleagues], everybody[agents - plan.colleagues :]
        for colleague in colleagues:
            await colleague.dial("*43", seconds=0.3)
        giving = [
            asyncio.create_task(_gives_all_away(taker, colleague))
            for taker, colleague in zip(takers, colleagues, strict=False)
        ]
        told.send("ready")
        await asyncio.to_thread(told.recv)
        for task in giving:
            task.cancel()
        await asyncio.gather(*giving, return_exceptions=True)
        await phones.stop()

    asyncio.run(play())


async def _gives_all_away(taker: Softphone, colleague: Softphone) -> None:
    def has_answered(calls: int) -> Callable[[Softphone], bool]:
        return lambda phone: sum(one.answered_at is not None for one in phone.calls) >= calls

    for number in itertools.count(1):
        await taker.wait_for(has_answered(number), seconds=3600)
        await asyncio.sleep(_TALK_SECONDS)
        taker.transfer(colleague.user)
        await colleague.wait_for(has_answered(number), seconds=3600)
        taker.hang_up()


def _play_residents_at_home(told: Connection, pbx: PbxAddress, agents: int) -> None:
    """Whoever is called back answers at once; in the end all moments are told, seconds of the epoch by number."""
    _leave_ctrl_c_to_the_bench()

    async def play() -> None:
        _go_first()
        exchange = ResidentExchange(Ticker(), lambda number: 0.2, talk_seconds=3 * _TALK_SECONDS)
        await exchange.start(pbx.trunk_port, [agent_tone(n) for n in range(agents)])
        told.send("ready")
        await asyncio.to_thread(told.recv)
        offset = time.time() - asyncio.get_running_loop().time()
        told.send({number: offset + at for number, at in exchange.heard_at.items()})
        await exchange.stop()

    asyncio.run(play())


def _leave_ctrl_c_to_the_bench() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _go_first() -> None:
    """Telephones stand elsewhere in life and wait for no PBX's processor: where root allows it, neither do these."""
    with contextlib.suppress(PermissionError):
        os.nice(-10)


async def _warm_up() -> None:
    """One call to a port where nobody is: Python's first pass through its code is slow, and no telephone's."""
    _go_first()
    tone_in(tone_frame(agent_tone(0)), [agent_tone(0)])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as nobody:
        nobody.bind(("127.0.0.1", 0))
        resident = Resident("1", "1", nobody.getsockname(), Ticker(), listen_for=())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_WARM_UP_SECONDS):
                await resident.call()
        await resident.hang_up()


def _play_caller(told: Connection, pbx: PbxAddress, agents: int) -> None:
    async def one_call(call: Call) -> OwnClock:
        resident = Resident(
            call.number,
            call.did,
            ("127.0.0.1", pbx.sip_port),
            Ticker(),
            listen_for=[agent_tone(n) for n in range(agents)],
        )
        offset = time.time() - asyncio.get_running_loop().time()
        await resident.call()
        if call.patience is not None:
            await asyncio.sleep(call.patience)
        else:
            await resident.wait_for(lambda one: len(heard(one)) >= call.agents, seconds=_HEARD_WITHIN_SECONDS)
            await asyncio.sleep(_TALK_SECONDS)
        await resident.hang_up()
        called, moments = resident.called_at or 0.0, heard(resident)
        return OwnClock(
            call.number,
            offset + called,
            tuple(offset + moment for moment in moments),
            moments[0] - called if moments else 0.0,
        )

    def heard(resident: Resident) -> list[float]:
        return [] if resident.stream is None else sorted(resident.stream.heard.values())

    _leave_ctrl_c_to_the_bench()
    with asyncio.Runner() as runner:
        runner.run(_warm_up())
        told.send("ready")
        while call := told.recv():
            told.send(runner.run(one_call(call)))


class Callers:
    """Resident phones, one process each."""

    def __init__(self, told: Sequence[Connection], at_home: Connection | None) -> None:
        self._told = told
        self._at_home = at_home

    async def heard_at_home(self) -> dict[str, float]:
        """When whoever was called back heard his agent, by number; ask once, when all is over."""
        assert self._at_home is not None
        self._at_home.send(None)
        told: dict[str, float] = await _answer(self._at_home, _READY_WITHIN_SECONDS)
        return told

    async def call_all(self, calls: Sequence[Call]) -> list[OwnClock]:
        """Make the calls, as many at a time as there are processes. Raises TimeoutError, EOFError."""
        left, measured = list(reversed(calls)), list[OwnClock]()

        async def calls_again(told: Connection) -> None:
            while left:
                told.send(left.pop())
                measured.append(await _answer(told, _HEARD_WITHIN_SECONDS + 10))

        await asyncio.gather(*map(calls_again, self._told))
        return measured


async def _answer(told: Connection, seconds: float) -> Any:
    async with asyncio.timeout(seconds):
        while not told.poll():
            await asyncio.sleep(_STEP_SECONDS)
    return told.recv()


@asynccontextmanager
async def phones_in_processes(
    pbx: PbxAddress, *, callers: int, agents: AgentsPlan, at_home: bool = False
) -> AsyncIterator[Callers]:
    """All agents of the address at their phones, so many residents who may call, and those who are called back."""
    context = multiprocessing.get_context("spawn")
    processes: list[BaseProcess] = []
    ends: list[Connection] = []

    def begin(play: object, *arguments: object) -> Connection:
        ours, theirs = context.Pipe()
        process = context.Process(
            target=play, args=(theirs, pbx, len(pbx.passwords), *arguments), daemon=True
        )
        process.start()
        theirs.close()
        processes.append(process)
        ends.append(ours)
        return ours

    try:
        begin(_play_agents, agents)
        told = [begin(_play_caller) for _ in range(callers)]
        home = begin(_play_residents_at_home) if at_home else None
        for end in ends:
            await _answer(end, _READY_WITHIN_SECONDS)
        yield Callers(told, home)
    finally:
        for end, process in zip(ends, processes, strict=True):
            if process.is_alive():
                with contextlib.suppress(BrokenPipeError):
                    end.send(None)
        for process in processes:
            await asyncio.to_thread(process.join, 5)
            if process.is_alive():
                process.kill()
                process.join()
            process.close()
        for end in ends:
            end.close()
