"""Everything that a real Asterisk does, seen by an AMI user of the test's own who may read all of it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Self

from callengine.demo.asterisk_process import AsteriskProcess

_USER = (
    "\n[witness]\nsecret = witness\ndeny = 0.0.0.0/0.0.0.0\npermit = 127.0.0.1/255.255.255.255\n"
    "read = all\nwrite = none\nwritetimeout = 20000\n"
)
# The step and what it runs; ExecIf and Gosub of another application are steps, too.
_STEP = re.compile(r"(?m)^\s*(?:exten\s*=>\s*[^,]+,1|same\s*=>\s*n(?:\([\w-]+\))?),(\w+)\(")
_WITHIN = re.compile(r"\?(\w+)\(")
_CONTEXT = re.compile(r"(?m)^\[([\w-]+)\]")
_OURS = {"UserEvent"}
"""What the dialplan says, and the engine goes by."""
_OF_ASTERISK = {"appdial", "appdial2", "appqueue", "(null)", ""}
"""What Asterisk shows on channels that Dial and Queue made."""


class PbxWitness:
    """`arrived` are the calls of residents that the dialplan told of."""

    def __init__(self, dialplan: str) -> None:
        self.arrived: set[str] = set()
        self.applications: set[str] = set()
        """What was run, in small letters."""
        self._applications = {
            name.lower() for name in (*_STEP.findall(dialplan), *_WITHIN.findall(dialplan))
        } | _OF_ASTERISK
        self._contexts = set(_CONTEXT.findall(dialplan)) | {""}
        self._strange: list[str] = []
        self._watching: asyncio.Task[None] | None = None

    @classmethod
    @asynccontextmanager
    async def beside(cls, asterisk: AsteriskProcess) -> AsyncIterator[Self]:
        """Watching until left."""
        with (asterisk.etc / "manager.conf").open("a", encoding="utf-8") as configuration:
            configuration.write(_USER)
        await asyncio.to_thread(asterisk.command_line, "manager reload")
        dialplan = "".join(
            path.read_text(encoding="utf-8") for path in sorted(asterisk.etc.glob("callengine_*.conf"))
        )
        witness = cls(dialplan)
        reader, writer = await asyncio.open_connection("127.0.0.1", asterisk.ami_port, limit=1 << 24)
        writer.write(b"Action: Login\r\nUsername: witness\r\nSecret: witness\r\n\r\n")
        told = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
        assert b"Success" in told, told
        witness._watching = watching = asyncio.create_task(witness._watch(reader))
        try:
            yield witness
        finally:
            watching.cancel()
            writer.close()

    def check(self) -> None:
        """Raises AssertionError for what no dialplan of ours does."""
        assert self._watching is None or not self._watching.done(), "the witness was put out"
        assert not self._strange, self._strange[:5]

    async def _watch(self, reader: asyncio.StreamReader) -> None:
        while True:
            self.see((await reader.readuntil(b"\r\n\r\n")).decode(errors="replace"))

    def see(self, message: str) -> None:
        """One message of Asterisk's."""
        pairs = [line.partition(": ")[::2] for line in message.split("\r\n")]
        said = dict(pairs)
        kind = said.get("Event", "")
        wrong = (
            # Before the dialplan has cleaned his number, Asterisk's own messages about him may be cut in two.
            (kind in _OURS and sum(name == "Event" for name, _ in pairs) != 1)
            or (kind in _OURS and any(name == "Action" for name, _ in pairs))
            or (kind == "VarSet" and "Uniqueid" in said and "INJECTED" in said.get("Variable", ""))
            or (kind == "Newexten" and said.get("Application", "").lower() not in self._applications)
            or (kind == "Newexten" and said.get("Context", "") not in self._contexts)
        )
        if wrong:
            self._strange.append(message[:600])
        if kind == "Newexten":
            self.applications.add(said.get("Application", "").lower())
        if kind == "UserEvent" and said.get("UserEvent") == "CallengineArrived":
            self.arrived.add(said["Uniqueid"])
