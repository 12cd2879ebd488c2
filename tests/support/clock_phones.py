"""Phones that measure, each resident's in a process of its own: no phone waits for another's Python.

One process plays the agents, each caller is a process that has one call at a time. The moments they tell are what
the one phone saw, not when a loop that plays twenty of them came round to it.
"""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
import socket
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

from callengine.demo.centre import Phones, SipPbx
from callengine.demo.media import Ticker
from callengine.demo.resident import Resident
from callengine.demo.tones import agent_tone, tone_frame, tone_in

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
class OwnClock:
    """One call by the caller's own clock: seconds of the epoch, and the wait by a clock that nobody sets."""

    number: str
    called_at: float
    heard_at: float
    wait: float


def _play_agents(told: Connection, pbx: PbxAddress, agents: int, log_in: bool) -> None:  # one word each
    async def play() -> None:
        _go_first()
        phones = Phones(pbx)
        delays = iter(range(1_000_000))
        await phones.add_agents(agents, answer_after=lambda: 0.05 * (next(delays) % 8), log_in=log_in)
        told.send("ready")
        await asyncio.to_thread(told.recv)
        await phones.stop()

    asyncio.run(play())


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
    async def one_call(number: str, did: str) -> OwnClock:
        resident = Resident(
            number,
            did,
            ("127.0.0.1", pbx.sip_port),
            Ticker(),
            listen_for=[agent_tone(n) for n in range(agents)],
        )
        offset = time.time() - asyncio.get_running_loop().time()
        await resident.call()
        await resident.wait_for(lambda one: one.heard_at is not None, seconds=_HEARD_WITHIN_SECONDS)
        await asyncio.sleep(_TALK_SECONDS)
        await resident.hang_up()
        called, heard = resident.called_at or 0.0, resident.heard_at or 0.0
        return OwnClock(number, offset + called, offset + heard, heard - called)

    with asyncio.Runner() as runner:
        runner.run(_warm_up())
        told.send("ready")
        while call := told.recv():
            told.send(runner.run(one_call(*call)))


class Callers:
    """Resident phones, one process each."""

    def __init__(self, told: Sequence[Connection]) -> None:
        self._told = told

    async def call_all(self, calls: Sequence[tuple[str, str]]) -> list[OwnClock]:
        """Make the calls (number, DID), as many at a time as there are processes. Raises TimeoutError, EOFError."""
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
async def phones_in_processes(pbx: PbxAddress, *, callers: int, log_in: bool) -> AsyncIterator[Callers]:
    """All agents of the address at their phones, and so many residents who may call."""
    context = multiprocessing.get_context("spawn")
    processes: list[BaseProcess] = []
    ends: list[Connection] = []

    def begin(play: object, *arguments: object) -> Connection:
        ours, theirs = context.Pipe()
        process = context.Process(
            target=play, args=(theirs, pbx, len(pbx.passwords), *arguments), daemon=True
        )
        process.start()
        processes.append(process)
        ends.append(ours)
        return ours

    try:
        begin(_play_agents, log_in)
        told = [begin(_play_caller) for _ in range(callers)]
        for end in ends:
            await _answer(end, _READY_WITHIN_SECONDS)
        yield Callers(told)
    finally:
        for end, process in zip(ends, processes, strict=True):
            if process.is_alive():
                end.send(None)
        for process in processes:
            await asyncio.to_thread(process.join, 5)
            if process.is_alive():
                process.kill()
