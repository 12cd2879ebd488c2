"""Hostile calls to a whole centre, by a seed: what is said, pressed, cancelled, hung up, and what must hold after.

`python -m tests.fuzz.calls` is the long run. A batch that breaks something is written to failing_calls.txt; the tests
run each of them for ever after.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import re
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

from callengine.demo.centre import EMERGENCY_DID, GENERAL_DID, CentrePlan
from callengine.demo.phones.resident import ResidentExchange
from tests.fuzz.hostile_phone import SDP, HostilePhone, Words
from tests.fuzz.mutations import mutated
from tests.fuzz.pbx_witness import PbxWitness
from tests.support.live_centre import LiveCentre, live_centre
from tests.support.progress import INTERRUPTED, Progress, sigterm_is_ctrl_c

FAILING = Path(__file__).parent / "failing_calls.txt"
CALLS = 12
"""At once, in one batch."""
SETTLED_SECONDS = 60.0
PLAN = CentrePlan(
    agents=3,
    wrap_up=0,
    ring=3,
    record=True,
    rules='[choice]\nafter_seconds = 1\ncallback_before_due_seconds = 1\n[[rules]]\nname = "fuzz"\nsince = 2020-01-01\n'
    "answer_limit_seconds = 30\ncontact_limit_seconds = 60\nmessage_limit_seconds = 60\n",
    callbacks="disposition_seconds = 0\nsettle_seconds = 1\nresident_ring_seconds = 2\nmax_per_hour = 10000\n",
)
_INJECTED = (
    b"${SHELL(touch MARK)}",
    b"${EVAL(${SYSTEM(touch MARK)})}",
    b"${SET(INJECTED=1)}",
    b"${GLOBAL(INJECTED)}",
    b"${DB(callengine/injected)}",
    b"$[${SHELL(touch MARK)} + 1]",
    b")&System(touch MARK",
    b",1)\nexten => INJECTED,1,System(touch MARK",
    b"|answered|1|INJECTED",
    b"%0d%0aAction: Setvar%0d%0aVariable: INJECTED%0d%0aValue: 1%0d%0a",
    b"\r\nAction: Setvar\r\nVariable: INJECTED\r\nValue: 1\r\n\r\n",
    b"%00",
    b"'; DROP TABLE calls; --",
    "Пожар \U0001f525".encode(),
    b"\xff\xfe\xc3\x28",
    b"A" * 900,
    b"7" * 200,
)
_CALLERS = (
    b'"Ivanova" <sip:79160000%03d@127.0.0.1>',
    b"<sip:+79160000%03d@127.0.0.1;user=phone>",
    b"sip:89160000%03d@127.0.0.1",
    b"<tel:+79160000%03d>",
    b'"Anonymous" <sip:anonymous@anonymous.invalid>',
)
_HEADERS = (
    b'P-Asserted-Identity: "x" <sip:79169990000@127.0.0.1>',
    b"Remote-Party-ID: <sip:79169990000@127.0.0.1>;party=calling;privacy=full",
    b"Privacy: id",
    b"Diversion: <sip:74950000002@127.0.0.1>;reason=unconditional",
    b"Referred-By: <sip:1001@127.0.0.1>",
    b"Replaces: a;to-tag=b;from-tag=c",
    b"Subject: INJECTED",
    b"Alert-Info: <http://127.0.0.1/>",
    b"X-CALLENGINE_DIAL: PJSIP/89031234567@trunk",
    b"Require: 100rel",
    b"Session-Expires: 90;refresher=uac",
)
_DESCRIPTIONS = (
    SDP,
    SDP.replace(b"sendrecv", b"inactive"),
    SDP.replace(b"127.0.0.1\r\nt=", b"0.0.0.0\r\nt="),
    SDP.replace(b"8 101", b"0 8 9 18 96 101"),
    SDP + b"m=video 9 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n",
    SDP.replace(b"RTP/AVP", b"RTP/SAVPF"),
    SDP.replace(b"%d", b"99999"),
    b"",
    b"v=0\r\n",
)
_ACTS = (
    "nothing",
    "keys",
    "keys",
    "flood",
    "cancel",
    "bye",
    "re-invite",
    "hold",
    "info",
    "refer",
    "update",
    "garbage",
)


@dataclass(frozen=True, slots=True)
class HostileCall:
    """One caller: his words, and what he does so many seconds after he began."""

    words: Words
    acts: tuple[tuple[float, str], ...]
    ends_after: float


def planned(chance: Random, *, patient: bool) -> HostileCall:
    """One by chance; who is patient stays long enough to come to a menu."""
    number = chance.randrange(1000)
    caller = chance.choice(_CALLERS)
    caller = caller % number if b"%03d" in caller else caller
    elsewhere = chance.choice(("s", "h", "i", "hold", "1001", "89031234567"))
    uri_user = chance.choice((GENERAL_DID, GENERAL_DID, EMERGENCY_DID, elsewhere)).encode()
    called = b"<sip:" + uri_user + b"@127.0.0.1>"
    headers = tuple(chance.sample(_HEADERS, chance.choice((0, 0, 1, 2))))
    description = chance.choice((SDP, SDP, *_DESCRIPTIONS))
    match chance.randrange(8):
        case 0:
            caller = caller.replace(b"Ivanova", chance.choice(_INJECTED))
        case 1:
            caller = b'"x" <sip:' + _quoted(chance.choice(_INJECTED)) + b"@127.0.0.1>"
        case 2:
            caller = mutated(caller, chance, _CALLERS)
        case 3:
            uri_user = _quoted(chance.choice(_INJECTED))
        case 4:
            called = mutated(called, chance, _CALLERS)
        case 5:
            headers = (mutated(chance.choice(_HEADERS), chance, _HEADERS),)
        case 6:
            description = mutated(SDP.replace(b"%d", b"40000"), chance, _DESCRIPTIONS)
        case _:
            headers = (b"X-Long: " + chance.choice(_INJECTED).replace(b"\r\n", b" "),)
    acts = sorted(
        (chance.uniform(0, 7 if patient else 4), chance.choice(_ACTS))
        for _ in range(chance.choice((0, 1, 2, 4)))
    )
    return HostileCall(
        Words(caller, called, uri_user, headers, description),
        tuple(acts),
        chance.choice((0.1, 4, 6, 8) if patient else (0.0, 0.1, 1, 3, 5)),
    )


_PLAYS_WITH_THE_MENU = HostileCall(
    Words(b"<sip:79160001000@127.0.0.1>", b"<sip:x@127.0.0.1>", GENERAL_DID.encode()),
    ((2.5, "keys"), (3.5, "keys"), (4.5, "flood"), (5.0, "keys")),
    8,
)


def _quoted(text: bytes) -> bytes:
    """As a URI's user part must be written."""
    return b"".join(b"%c" % byte if chr(byte).isalnum() and byte < 128 else b"%%%02x" % byte for byte in text)


@dataclass(slots=True)
class BesiegedCentre:
    """What a batch strikes, and who watches."""

    centre: LiveCentre
    exchange: ResidentExchange
    witness: PbxWitness
    mark: Path
    residents: int = 0


@asynccontextmanager
async def besieged_centre() -> AsyncIterator[BesiegedCentre]:
    """A centre with agents who answer, an engine, and a witness of everything Asterisk does."""
    agents = Random(0)  # how agents behave keeps no secret
    async with live_centre(PLAN) as centre:
        await centre.phones.add_agents(
            PLAN.agents,
            answer_after=lambda: agents.uniform(0, 0.3),
            talk_for=lambda: agents.uniform(0.2, 0.5),
        )
        exchange = await centre.phones.open_exchange(lambda number: 0.1, talk_seconds=0.3)
        await centre.until(lambda: centre.free_agents() == PLAN.agents, seconds=30)
        async with PbxWitness.beside(centre.asterisk) as witness:
            yield BesiegedCentre(centre, exchange, witness, centre.folder / "mark")


async def strike(here: BesiegedCentre, name: str) -> None:
    """The batch of that name. Raises AssertionError or TimeoutError when something did not hold."""
    chance = Random(name)
    phones = here.centre.phones
    # Every other batch finds nobody at work, so that its callers come to the menus.
    nobody = int(name.rpartition("/")[2]) % 2 == 1
    if nobody:
        await asyncio.gather(*(phone.dial("*43", seconds=0.3) for phone in phones.agents))
    calls = [planned(chance, patient=nobody) for _ in range(CALLS)]
    if nobody:
        calls[0] = _PLAYS_WITH_THE_MENU
    await asyncio.gather(*(_one(here, call, Random(f"{name}/{n}"), n, name) for n, call in enumerate(calls)))
    if nobody:
        await asyncio.gather(*(phone.dial("*44", seconds=0.3) for phone in phones.agents))
    await _holds(here)


async def _one(here: BesiegedCentre, call: HostileCall, chance: Random, n: int, batch: str) -> None:
    phone = HostilePhone(here.centre.phones.pbx, re.sub(r"\W", "", f"{batch}x{n}"), here.centre.phones.ticker)
    mark = bytes(here.mark)
    words = Words(
        *(
            part.replace(b"MARK", mark)
            for part in (call.words.caller, call.words.called, call.words.uri_user)
        ),
        headers=[header.replace(b"MARK", mark) for header in call.words.headers],
        description=call.words.description,
    )
    began = asyncio.get_running_loop().time()
    try:
        await phone.invite(words)
        for after, act in call.acts:
            await asyncio.sleep(max(0.0, began + after - asyncio.get_running_loop().time()))
            await _act(phone, act, chance)
        await asyncio.sleep(max(0.0, began + call.ends_after - asyncio.get_running_loop().time()))
    finally:
        await phone.hang_up()


async def _act(phone: HostilePhone, act: str, chance: Random) -> None:
    match act:
        case "keys" if phone.sound is not None:
            for key in chance.choices("12120123456789*#", k=chance.choice((1, 1, 3, 12))):
                await phone.sound.press(key)
        case "flood":
            phone.flood(
                [
                    b"\x80" + chance.choice((b"\x65", b"\x08", b"\xff")) + chance.randbytes(14)
                    for _ in range(300)
                ]
            )
        case "cancel":
            phone.send(b"CANCEL", sequence=1)
        case "bye":
            phone.request(b"BYE")
        case "re-invite":
            phone.request(b"INVITE", (), mutated(SDP.replace(b"%d", b"40000"), chance, _DESCRIPTIONS))
        case "hold":
            phone.request(b"INVITE", (), SDP.replace(b"%d", b"40000").replace(b"sendrecv", b"sendonly"))
        case "info":
            body = mutated(b"Signal=1\r\nDuration=160\r\n", chance, _INJECTED)
            phone.request(b"INFO", (b"Content-Type: application/dtmf-relay",), body)
        case "refer":
            phone.request(
                b"REFER", (b"Refer-To: <sip:89031234567@127.0.0.1>", b"Referred-By: <sip:1001@127.0.0.1>")
            )
        case "update":
            phone.request(b"UPDATE", (), mutated(SDP.replace(b"%d", b"40000"), chance, _DESCRIPTIONS))
        case "garbage":
            phone.raw(mutated(SDP, chance, _HEADERS))


async def _holds(here: BesiegedCentre) -> None:
    """What is promised after every batch."""
    centre = here.centre
    here.residents += 1
    ordinary = centre.phones.resident(f"7917{here.residents:07}")
    await ordinary.call()
    await ordinary.wait_for(lambda one: one.heard_at is not None, seconds=SETTLED_SECONDS)
    await ordinary.hang_up()
    centre.phones.residents.remove(ordinary)
    await centre.until(lambda: not centre.engine.view().calls, seconds=SETTLED_SECONDS)
    assert centre.asterisk.is_running, "Asterisk died"
    assert not here.mark.exists(), "a caller's words were run as a command"
    await _ledger_balances(here)
    here.witness.check()
    left = centre.asterisk.command_line("database show callengine")
    strange = [
        line
        for line in left.splitlines()
        if line.startswith("/") and not re.match(r"/callengine/(inbox|agent|attempt)/", line)
    ]
    assert not strange, f"AstDB: {strange}"
    assert "INJECTED" not in centre.asterisk.command_line("dialplan show globals")


async def _ledger_balances(here: BesiegedCentre) -> None:
    """Every arrival that Asterisk told of is one row with one outcome; who was not answered is owed one contact."""
    centre = here.centre
    async with asyncio.timeout(SETTLED_SECONDS):
        while "/callengine/inbox/" in centre.asterisk.command_line("database show callengine/inbox"):
            await asyncio.sleep(0.2)
    rows = await centre.rows(
        "SELECT c.call, c.number, c.outcome, (SELECT count(*) FROM obligation_calls o"
        " WHERE o.node = c.node AND o.call = c.call) AS owed FROM calls c"
    )
    assert {row.call for row in rows} == here.witness.arrived, "the ledger's calls are not those that arrived"
    assert len(rows) == len(here.witness.arrived)
    assert not [row for row in rows if row.outcome is None], "a call without an outcome"
    assert not [row for row in rows if not set(row.number) <= set("0123456789+*#")], "a number that is none"
    unpaid = [tuple(row) for row in rows if row.outcome not in ("answered", "message_left") and row.owed != 1]
    assert not unpaid, f"not owed exactly one contact: {unpaid}"
    owed = {row.number for row in await centre.rows("SELECT number FROM obligations")}
    dialled = {re.sub(r"\D", "", number)[-10:] for number in here.exchange.rung}
    assert dialled <= {re.sub(r"\D", "", number)[-10:] for number in owed}, "dialled, and owed nothing"


def kept() -> Sequence[str]:
    """The batches that broke something once."""
    if not FAILING.exists():
        return ()
    return [line for line in FAILING.read_text(encoding="utf-8").splitlines() if line and line[0] != "#"]


@dataclass(slots=True)
class Siege:
    """How far it is: batches that were struck, and those that broke something."""

    done: int = 0
    broken: int = 0


async def run(seed: str, batches: int, siege: Siege, progress: Progress) -> None:
    """Strike so many batches; after one that broke something comes a centre that none broke before."""
    while siege.done < batches:
        async with besieged_centre() as here:
            while siege.done < batches:
                broke = not await _holds_out(here, f"{seed}/{siege.done}")
                siege.done += 1
                siege.broken += broke
                progress.at(siege.done * CALLS, f"hostile calls; {siege.broken} batches broke")
                if broke:
                    break
            if siege.done == batches:
                print(
                    f"run on the PBX: {sorted(here.witness.applications)}; {len(here.witness.arrived)} arrived"
                )


async def _holds_out(here: BesiegedCentre, name: str) -> bool:
    """One batch; what it broke is told and kept."""
    try:
        await strike(here, name)
    except (AssertionError, TimeoutError) as problem:
        print(f"{name}: {problem!r}", flush=True)
        with FAILING.open("a", encoding="utf-8") as file:
            file.write(f"{name}\n")
        return False
    return True


def main() -> int:
    """0 when nothing broke."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.calls", description=__doc__)
    parser.add_argument("--calls", type=int, default=1_200)
    parser.add_argument("--seed", default="callengine", help="the same seed gives the same calls")
    wanted = parser.parse_args()
    batches = max(1, wanted.calls // CALLS)
    sigterm_is_ctrl_c()
    began, siege = time.monotonic(), Siege()
    with Progress("fuzz calls", batches * CALLS) as progress, contextlib.suppress(KeyboardInterrupt):
        asyncio.run(run(wanted.seed, batches, siege, progress))
    seconds = time.monotonic() - began
    print(f"calls: {siege.done * CALLS:,} hostile calls in {seconds:.0f} s, {siege.broken} batches broke")
    if siege.broken:
        return 1
    if siege.done < batches:
        print(f"interrupted: {batches * CALLS:,} were wanted")
        return INTERRUPTED
    return 0


if __name__ == "__main__":
    sys.exit(main())
