"""One Asterisk, the same calls twice: a real app_queue writes its lines, then the engine writes its own."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import pytest

from callengine.demo.centre import GENERAL_DID, CentrePlan
from callengine.demo.phones.resident import Resident
from callengine.demo.phones.softphone import DECLINE, Softphone
from tests.support.consultation import Consultation
from tests.support.live_centre import LiveCentre, live_centre
from tests.support.plain_ami import PlainAmi
from tests.unit.ami_adapters.queue_log.test_queue_log import GOLDEN

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(240)]

PLAIN_DID, TIMED_DID = "74950000098", "74950000099"
QUEUES = """
[plain]
strategy = ringall
timeout = 15
retry = 1
joinempty = yes
context = plain-keys
"""
DIALPLAN = f"""
[plain-keys]
exten => 1,1,Hangup()
[callengine-in](+)
exten => {PLAIN_DID},1,Answer()
 same => n,Set(__TRANSFER_CONTEXT=callengine-transfer)
 same => n,Queue(plain)
 same => n,Hangup()
exten => {TIMED_DID},1,Answer()
 same => n,Queue(plain,,,,1)
 same => n,Hangup()
"""
TIMES = {
    "CONNECT": (0, 2),
    "COMPLETECALLER": (0, 1),
    "COMPLETEAGENT": (0, 1),
    "BLINDTRANSFER": (2, 3),
    "ATTENDEDTRANSFER": (2, 3),
    "ABANDON": (2,),
    "EXITWITHTIMEOUT": (2,),
    "EXITWITHKEY": (3,),
    "WITHDRAW": (2,),
    "RINGNOANSWER": (0,),
    "RINGCANCELED": (0,),
}
"""Where a line's seconds and milliseconds are; all else must be the same to the letter, but for Asterisk's own ids."""
IDS = re.compile(r"[0-9]+\.[0-9]+|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def forms(text: str, queue: str) -> list[str]:
    """The lines of one queue, and of no queue, without what no two calls have in common."""
    found = []
    for line in text.splitlines():
        stamp, call, where, agent, event, *data = line.split("|")
        assert re.fullmatch(r"[0-9]{10}", stamp)
        if where not in (queue, "NONE") or event == "QUEUESTART":
            continue
        for place in TIMES.get(event, ()):
            assert data[place].isdigit(), line
            data[place] = "time"
        fields = ["queue" if where == queue else where, agent, event, *data]
        found.append("|".join(IDS.sub("id", field) for field in (call, *fields)))
    return found


class Centre:
    """What both halves have in common."""

    def __init__(self, live: LiveCentre, first: Softphone, second: Softphone) -> None:
        self.live, self.first, self.second = live, first, second
        self.file = live.folder / "pbx" / "log" / "queue_log"

    async def written(self, event: str, before: str, seconds: float = 30) -> None:
        """One more line of this event than there was."""
        count = before.count(f"|{event}|")
        await self.live.until(lambda: self.file.read_text().count(f"|{event}|") > count, seconds=seconds)

    async def bridged(self, channels: int) -> None:
        """So many channels speak in pairs, by Asterisk too: a REFER that comes before that is refused."""
        async with asyncio.timeout(30):
            while [bool(one) for one in await self._bridges()] != [True] * channels:
                await asyncio.sleep(0.05)

    async def _bridges(self) -> list[str]:
        lines = await asyncio.to_thread(self.live.asterisk.command_line, "core show channels concise")
        return [line.split("!")[12] for line in lines.splitlines() if line.count("!") == 13]

    async def quiet(self) -> None:
        """Every phone is free again, by Asterisk too."""
        async with asyncio.timeout(30):
            while "0 active channels" not in await self._channels():
                await asyncio.sleep(0.2)
        await asyncio.sleep(0.3)  # The states of the phones follow their channels.

    async def _channels(self) -> str:
        return await asyncio.to_thread(self.live.asterisk.command_line, "core show channels")

    async def speaks(self, did: str, number: int) -> Resident:
        resident = self.live.phones.resident(f"7916000000{number}", did)
        await resident.call()
        await resident.wait_for(lambda one: one.heard_at is not None, seconds=30)
        return resident

    async def after(self, event: str, step: Awaitable[object] | Callable[[], object]) -> None:
        before = self.file.read_text()
        if callable(step):
            step()
        else:
            await step
        await self.written(event, before)


async def every_call(centre: Centre, did: str) -> None:
    """Declined, answered, ended by either side, given up while it rings, and passed on in both ways."""
    answers = iter((DECLINE, 0.0))
    centre.first.answer_after = lambda: next(answers, 0.0)
    resident = await centre.speaks(did, 1)
    await centre.after("COMPLETECALLER", resident.hang_up())
    await centre.speaks(did, 2)
    await centre.after("COMPLETEAGENT", centre.first.hang_up)
    centre.first.answer_after = lambda: None
    ringing = centre.live.phones.resident("79160000003", did)
    rung = len(centre.first.calls)
    await ringing.call()
    await centre.live.until(lambda: len(centre.first.calls) > rung, seconds=30)
    await centre.after("ABANDON", ringing.hang_up())
    centre.first.answer_after = lambda: 0.0
    for number, event in ((4, "BLINDTRANSFER"), (5, "ATTENDEDTRANSFER")):
        await centre.quiet()
        resident = await centre.speaks(did, number)
        await centre.bridged(2)
        if event == "BLINDTRANSFER":
            await centre.after(event, lambda: centre.first.transfer(centre.second.user))
        else:
            asking = await Consultation.begin(centre.first, centre.second.user)
            await centre.bridged(4)
            await centre.after(event, asking.connect)
        await centre.live.until(lambda: centre.second.present_call is not None, seconds=30)
        await resident.hang_up()
        centre.first.hang_up()
        centre.second.hang_up()


async def waits_in_vain(centre: Centre, did: str) -> None:
    """The only agent is on pause."""
    waiting = centre.live.phones.resident("79160000006", did)
    await centre.after("ENTERQUEUE", waiting.call())
    await centre.after("ABANDON", waiting.hang_up())


async def by_app_queue(centre: Centre, ami: PlainAmi) -> None:
    member = {"Interface": "PJSIP/1001"}

    def ask(action: str, **fields: str) -> Callable[[], object]:
        return lambda: ami.ask(action, **fields)

    await centre.after("ADDMEMBER", ask("QueueAdd", Queue="plain", MemberName="Agent/1001", **member))
    # Who is not logged in with the engine may not ask a colleague; while he is paused there he would be here as well.
    await centre.after("ADDMEMBER", centre.first.dial("*41", seconds=0.3))
    await every_call(centre, PLAIN_DID)
    await centre.after("REMOVEMEMBER", centre.first.dial("*42", seconds=0.3))
    await centre.after("PAUSE", ask("QueuePause", Paused="true", Reason="pause", **member))
    await waits_in_vain(centre, PLAIN_DID)
    await centre.after("UNPAUSE", ask("QueuePause", Paused="false", **member))
    await centre.after("REMOVEMEMBER", ask("QueueRemove", Queue="plain", **member))


async def other_exits(centre: Centre, ami: PlainAmi) -> None:
    """By time, by key, and taken out: what the engine writes of these stands in the golden file."""
    timed, pressing, taken = (
        centre.live.phones.resident(f"7916000000{number}", did)
        for number, did in ((7, TIMED_DID), (8, PLAIN_DID), (9, PLAIN_DID))
    )
    await centre.after("EXITWITHTIMEOUT", timed.call())
    await centre.after("ENTERQUEUE", pressing.call())
    assert pressing.stream is not None
    await centre.after("EXITWITHKEY", pressing.stream.press("1"))
    await centre.after("ENTERQUEUE", taken.call())
    (waiting,) = [one for one in ami.ask_list("QueueStatus", Queue="plain") if one["Event"] == "QueueEntry"]
    where = {"Queue": "plain", "Caller": waiting["Channel"], "WithdrawInfo": "callengine-fallback"}
    await centre.after("WITHDRAW", lambda: ami.ask("QueueWithdrawCaller", **where))
    for resident in (timed, pressing, taken):
        with suppress(TimeoutError):
            await resident.wait_for(lambda one: one.ended_at is not None, seconds=5)


async def by_the_engine(centre: Centre) -> None:
    await centre.after("ADDMEMBER", centre.first.dial("*41", seconds=0.3))
    await every_call(centre, GENERAL_DID)
    await centre.after("PAUSE", centre.first.dial("*43", seconds=0.3))
    await waits_in_vain(centre, GENERAL_DID)
    await centre.after("UNPAUSE", centre.first.dial("*44", seconds=0.3))
    await centre.after("REMOVEMEMBER", centre.first.dial("*42", seconds=0.3))


async def test_the_engines_lines_are_app_queues_to_the_letter() -> None:
    async with live_centre(CentrePlan(agents=2, wrap_up=0)) as live:
        etc = live.asterisk.etc
        queues = etc / "queues.conf"
        # As FreePBX has it; otherwise ADDMEMBER alone names the phone.
        queues.write_text(
            queues.read_text().replace("log_membername_as_agent = no", "log_membername_as_agent = yes")
        )
        for name, text in (("queues.conf", QUEUES), ("extensions.conf", DIALPLAN)):
            path: Path = etc / name
            path.write_text(path.read_text() + text)
        for command in ("queue reload all", "dialplan reload"):
            live.asterisk.command_line(command)
        first, second = await live.phones.add_agents(2, log_in=False)
        centre = Centre(live, first, second)
        secret = live.asterisk.ami_secret_file.read_text().strip()
        with PlainAmi(live.asterisk.ami_port, "callengine", secret) as ami:
            await by_app_queue(centre, ami)
            written = centre.file.read_text()
            await other_exits(centre, ami)
        exits = forms(centre.file.read_text()[len(written) :], "plain")
        before = len(centre.file.read_text())
        await by_the_engine(centre)
        engine = forms(centre.file.read_text()[before:], "general")
        app_queue = forms(written, "plain")
        assert len(app_queue) == 24
        assert engine == app_queue
        golden = forms(GOLDEN.read_text(), "general")
        for event in ("EXITWITHTIMEOUT", "EXITWITHKEY", "WITHDRAW"):
            theirs, *_ = [line.split("|", 1)[1] for line in exits if f"|{event}|" in line]
            ours, *_ = [line.split("|", 1)[1] for line in golden if f"|{event}|" in line]
            assert ours == theirs
