"""An Asterisk with callengine's dialplan as far as AMI shows it: no sound, no SIP, no fallback queue, no bounds.

Residents call by themselves: so many at a time, each waits, is answered or gives up, and another one calls. What it
says is what a real one said (`ami_adapters.simulated.vocabulary`), in the order in which a real one said it: both are
held by tests/contracts/test_simulated_pbx.py against recordings of Asterisk 22.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from random import Random
from typing import Protocol

from ami_adapters.protocol import dialplan_names as names
from ami_adapters.simulated.memory import Line, PbxMemory
from ami_adapters.simulated.vocabulary import Vocabulary

CHALLENGE = "840415273"


class Clock(Protocol):
    """Asterisk's clock; it may go faster than the machine's."""

    def epoch(self) -> float:
        """Seconds since 1970."""


@dataclass(frozen=True, slots=True)
class Residents:
    """Who calls, and how it goes with them. Times are seconds of the loop."""

    calls: int
    """How many calls are made."""
    present: int = 60
    """At a time."""
    did: str = "74951234501"
    gives_up_early: float = 0.008
    """Share of the calls that end while they wait."""
    declined: float = 0.01
    """Share of the offers that an agent declines."""
    answered_after: tuple[float, float] = (0.005, 0.03)
    talks_for: tuple[float, float] = (0.02, 0.15)


@dataclass(slots=True)
class _Resident:
    line: Line
    offer: str = ""
    agent: str = ""
    leg: Line | None = None
    gone: bool = False

    @property
    def headers(self) -> dict[str, str]:
        """Of a message about his channel."""
        line = self.line
        return {"Uniqueid": line.uniqueid, "Linkedid": line.linkedid, "Channel": line.channel}


class SimulatedPbx:
    """Listens on `port`; `run` returns when the last call is over."""

    def __init__(
        self, clock: Clock, residents: Residents, *, secret: str, agents: Iterable[str], seed: int = 1
    ) -> None:
        """`agents`: who is logged in, with an idle phone PJSIP/<agent>. `seed` makes two runs alike."""
        self._clock = clock
        self._wanted = residents
        self.saw: Counter[str] = Counter()
        self.port = 0
        self._secret = secret
        self._memory = PbxMemory(agents)
        self._chance = Random(seed)  # noqa: S311  # makes residents, keeps no secret
        self._words = Vocabulary()
        self._serial = 0
        self._residents: dict[str, _Resident] = {}
        """By channel name."""
        self._variables: dict[str, str] = {}
        self._globals = {"CALLENGINE_HEARTBEAT": ""}
        self._attempts: set[str] = set()
        self._writer: asyncio.StreamWriter | None = None
        self._over = asyncio.Event()
        self._begun = False

    async def listen(self) -> asyncio.Server:
        """Take one engine after the other."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = int(server.sockets[0].getsockname()[1])
        return server

    async def run(self) -> None:
        """Until all calls were made and ended, and no callback is under way."""
        await self._over.wait()

    # ---- Residents ----

    def _begin(self) -> None:
        if not self._begun:
            self._begun = True
            for _ in range(min(self._wanted.present, self._wanted.calls)):
                self._later(self._chance.uniform(0, 1), self._arrive)

    def _arrive(self) -> None:
        self._serial += 1
        self.saw["calls"] += 1
        now = self._now()
        uniqueid = f"{now.partition('.')[0]}.{self._serial}"
        one = _Resident(Line(f"PJSIP/trunk-{self._serial:08x}", uniqueid, uniqueid))
        self._residents[one.line.channel] = one
        number = f"7916{self._serial % 10**7:07}"
        self._memory.arrived(one.line, now, self._wanted.did, number)
        mine = one.headers
        self._tell(
            "CallengineArrived", **mine, Arrived=now, Did=self._wanted.did, Number=number, CallerIDNum=number
        )
        self._tell("CallengineHolding", **mine, Offer="", DialStatus="")
        if self._chance.random() < self._wanted.gives_up_early:
            self._later(self._chance.uniform(0.01, 0.1), lambda: self._give_up(one))

    def _give_up(self, one: _Resident) -> None:
        if one.gone or one.line.bridge:
            return
        self.saw["gave up"] += 1
        self._end(one, cause="0")

    def _end(self, one: _Resident, cause: str = "16") -> None:
        one.gone = True
        self._free(one)
        self._memory.ended(one.line, self._now())
        self._tell("Hangup", **one.headers, Cause=cause)
        del self._residents[one.line.channel]
        self._variables.pop(one.line.channel, None)
        if self.saw["calls"] < self._wanted.calls:
            self._later(self._chance.uniform(0, 0.05), self._arrive)
        self._look_whether_over()

    def _offer(self, one: _Resident, agent: str) -> None:
        """The Redirect to callengine-connect."""
        self._serial += 1
        one.offer, one.agent = self._variables.get(one.line.channel, ""), agent
        channel = f"PJSIP/{agent}-{self._serial:08x}"
        one.leg = leg = Line(channel, f"leg-{channel}", one.line.uniqueid)
        self._memory.offered(one.line, one.offer, leg)
        self._tell("DialBegin", **self._legs(one, leg))
        self._device(agent, "RINGING")
        self._later(self._chance.uniform(*self._wanted.answered_after), lambda: self._answer(one, leg))

    def _answer(self, one: _Resident, leg: Line) -> None:
        if one.gone or one.leg is not leg:
            return
        if self._chance.random() < self._wanted.declined:
            self.saw["declined"] += 1
            self._tell("DialEnd", **self._legs(one, leg), DialStatus="BUSY")
            self._memory.back_in_hold(one.line)
            self._tell("CallengineHolding", **one.headers, Offer=one.offer, DialStatus="BUSY")
            self._free(one)
            return
        self._device(one.agent, "INUSE")
        self._tell("DialEnd", **self._legs(one, leg), DialStatus="ANSWER")
        self._memory.answered(one.line, leg, self._now())
        self._bridge("BridgeEnter", one.line, leg)
        self.saw["answered"] += 1
        self._later(self._chance.uniform(*self._wanted.talks_for), lambda: self._finish(one, leg))

    def _finish(self, one: _Resident, leg: Line) -> None:
        self._bridge("BridgeLeave", one.line, leg)
        self._end(one)

    def _free(self, one: _Resident) -> None:
        leg, agent = one.leg, one.agent
        if leg is None:
            return
        one.leg, one.agent = None, ""
        del self._memory.lines[leg.uniqueid]
        mine = {"Uniqueid": leg.uniqueid, "Linkedid": leg.linkedid, "Channel": leg.channel}
        self._tell("Hangup", **mine, Cause="16")
        self._device(agent, "NOT_INUSE")

    def _legs(self, one: _Resident, leg: Line) -> dict[str, str]:
        called = {"DestChannel": leg.channel, "DestUniqueid": leg.uniqueid, "DestLinkedid": leg.linkedid}
        return one.headers | called

    def _bridge(self, kind: str, line: Line, leg: Line) -> None:
        for one in (leg, line):
            self._tell(
                kind,
                BridgeUniqueid=f"bridge-{line.uniqueid}",
                **{"Uniqueid": one.uniqueid, "Linkedid": line.uniqueid, "Channel": one.channel},
            )

    # ---- Callbacks ----

    def _call_back(self, attempt: str, endpoint: str) -> None:
        self._serial += 1
        self.saw["callbacks"] += 1
        self._attempts.add(attempt)
        agent = endpoint.partition("/")[2]
        line = Line(f"{endpoint}-{self._serial:08x}", attempt, attempt)
        self._memory.lines[attempt] = line
        mine = {"Uniqueid": attempt, "Linkedid": attempt, "Channel": line.channel}
        told = {**mine, "Attempt": attempt, "Exten": f"callback-{attempt}"}
        bridged = {**mine, "BridgeUniqueid": f"bridge-{attempt}"}
        contacted_at = ""

        def answered() -> None:
            self._device(agent, "INUSE")
            line.context = names.CONTEXT_CALLBACK
            self._memory.note_attempt(attempt, "dialling", self._now())
            self._tell("CallengineCallback", **told, Do="dialling", DialStatus="")
            self._later(self._chance.uniform(0.01, 0.05), reached)

        def reached() -> None:
            nonlocal contacted_at
            contacted_at, line.bridge = self._now(), bridged["BridgeUniqueid"]
            self._memory.note_attempt(attempt, "answered", contacted_at)
            self._tell("CallengineCallback", **told, Do="answered", DialStatus="ANSWER")
            self._tell("BridgeEnter", **bridged)
            self._later(self._chance.uniform(0.02, 0.1), ended)

        def ended() -> None:
            self._tell("BridgeLeave", **bridged)
            self._memory.note_attempt(attempt, "ended", self._now(), "ANSWER", contacted_at, "16")
            self._tell("CallengineCallback", **told, Do="ended", DialStatus="ANSWER")
            del self._memory.lines[attempt]
            self._tell("Hangup", **mine, Cause="16")
            self._device(agent, "NOT_INUSE")
            self._attempts.discard(attempt)
            self._look_whether_over()

        self._device(agent, "RINGING")
        self._later(self._chance.uniform(*self._wanted.answered_after), answered)

    def _look_whether_over(self) -> None:
        if self.saw["calls"] >= self._wanted.calls and not self._residents and not self._attempts:
            self._over.set()

    # ---- Words ----

    def _now(self) -> str:
        return f"{self._clock.epoch():.6f}"

    def _device(self, agent: str, state: str) -> None:
        self._memory.devices[agent] = state
        self._tell("DeviceStateChange", Device=f"PJSIP/{agent}", State=state)

    def _tell(self, kind: str, **values: str) -> None:
        # An engine that has just gone is told nothing more: asyncio would complain of each word.
        if self._writer is not None and not self._writer.is_closing():
            values["Timestamp"] = self._now()
            self._writer.write(self._words.say(kind, values))

    def _later(self, seconds: float, what: Callable[[], None]) -> None:
        asyncio.get_running_loop().call_later(seconds, what)

    # ---- AMI ----

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"Asterisk Call Manager/11.0.0\r\n")
        self._writer = writer
        try:
            while True:
                raw = await reader.readuntil(b"\r\n\r\n")
                pairs = [line.split(": ", 1) for line in raw.decode().strip().split("\r\n")]
                action = {pair[0]: pair[1] if len(pair) > 1 else "" for pair in pairs}
                self._obey(action, writer)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass  # The engine is gone, or we are.
        finally:
            if self._writer is writer:
                self._writer = None
            writer.close()

    def _obey(self, action: dict[str, str], writer: asyncio.StreamWriter) -> None:
        name, action_id = action["Action"], action.get("ActionID", "")
        self.saw[f"action {name}"] += 1
        head = f"Response: Success\r\nActionID: {action_id}\r\n"
        match name:
            case "Challenge":
                writer.write(f"{head}Challenge: {CHALLENGE}\r\n\r\n".encode())
            case "Login":
                expected = hashlib.md5((CHALLENGE + self._secret).encode(), usedforsecurity=False).hexdigest()
                if action.get("Key") != expected:
                    writer.write(f"Response: Error\r\nActionID: {action_id}\r\nMessage: no\r\n\r\n".encode())
                    return
                writer.write(f"{head}Message: Authentication accepted\r\n\r\n".encode())
            case "Ping":
                now = self._clock.epoch()
                writer.write(f"{head}Ping: Pong\r\nTimestamp: {now:.6f}\r\n\r\n".encode())
            case "CoreStatus":
                writer.write(
                    f"{head}CoreStartupDate: 2026-01-01\r\nCoreStartupTime: 00:00:00\r\n\r\n".encode()
                )
            case "Getvar":
                variable = action.get("Variable", "")
                value = self._globals.get(variable, self._memory.value_of(variable))
                writer.write(f"{head}Variable: {action.get('Variable')}\r\nValue: {value}\r\n\r\n".encode())
            case "UserEvent":
                writer.write(f"{head}Message: Event Sent\r\n\r\n".encode())
                said = [
                    f"{key}: {value}" for key, value in action.items() if key not in {"Action", "ActionID"}
                ]
                stamp = f"Timestamp: {self._clock.epoch():.6f}"
                lines = ["Event: UserEvent", "Privilege: user,all", stamp, *said, "", ""]
                writer.write("\r\n".join(lines).encode())
            case "Redirect":
                self._redirect(action, head, writer)
            case "Originate":
                writer.write(f"{head}Message: Originate successfully queued\r\n\r\n".encode())
                self._call_back(action["ChannelId"], action["Channel"])
            case "Setvar":
                self._set(action.get("Variable", ""), action)
                writer.write(f"{head}Message: Variable Set\r\n\r\n".encode())
            case _:
                self._list(name, action, head, writer)

    def _set(self, variable: str, action: dict[str, str]) -> None:
        if variable in self._globals:
            self._globals[variable] = action.get("Value", "")
        if variable == "CALLENGINE_OFFER":
            self._variables[action.get("Channel", "")] = action.get("Value", "")
        self._memory.delete(variable)

    def _redirect(self, action: dict[str, str], head: str, writer: asyncio.StreamWriter) -> None:
        one = self._residents.get(action["Channel"])
        if one is None or one.line.bridge:
            writer.write(head.replace("Success", "Error").encode() + b"Message: No such channel\r\n\r\n")
            return
        writer.write(f"{head}Message: Redirect successful\r\n\r\n".encode())
        if action["Context"] == "callengine-connect":
            self._offer(one, action["Exten"].removeprefix("agent-"))

    def _list(self, name: str, action: dict[str, str], head: str, writer: asyncio.StreamWriter) -> None:
        items = self._memory.items(action)
        if items is None:
            result = head.replace("Success", "Error") if name == "DBGetTree" else head
            writer.write(result.encode() + b"Message: Result is empty\r\n\r\n")
            return
        action_id = f"ActionID: {action.get('ActionID', '')}\r\n"
        writer.write(f"{head}EventList: start\r\nMessage: list\r\n\r\n".encode())
        for item in items:
            writer.write(f"{item}\r\n{action_id}\r\n".encode())
        writer.write(f"Event: {name}Complete\r\n{action_id}EventList: Complete\r\n\r\n".encode())
        if name == "DeviceStateList":
            self._later(1.0, self._begin)
