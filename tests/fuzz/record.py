"""Record what the fuzzer damages besides the stories: `python -m tests.fuzz.record`, when the dialplan changed.

A callback with its disposition, a message left and heard, a conversation given to a colleague, an engine that stops.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.support.live_centre import live_centre
from tests.system.test_callbacks import answers, plan, ward
from tests.system.test_choice_and_messages import CHOICE, press, waiting

RECORDED = Path(__file__).parent / "recorded"


async def main() -> None:
    async with live_centre(plan(agents=2, rules=CHOICE, record=True)) as centre:
        here = await ward(centre, answers, talk_seconds=1.0)
        await here.miss()
        await here.called_back()
        await here.until_closed()
        await here.agent.dial("*461", seconds=1)
        await here.agent.dial("*43", seconds=0.5)
        resident = await waiting(centre)
        await press(resident, "2")
        await asyncio.sleep(6)
        await resident.hang_up()
        await centre.until(lambda: centre.engine.view().messages_waiting == 1)
        await here.agent.dial("*47", seconds=12, keys=((8, "1"),))
        (colleague,) = await centre.phones.add_agents(1)
        here.agent.answer_after = lambda: 0.0
        await here.agent.dial("*44", seconds=0.5)
        await colleague.dial("*43", seconds=0.5)
        talker = centre.phones.resident("79160000002")
        await talker.call()
        await centre.until(
            lambda: here.agent.present_call is not None and here.agent.present_call.answered_at
        )
        await asyncio.sleep(0.5)
        here.agent.transfer(colleague.user)
        await centre.until(lambda: colleague.present_call is not None and colleague.present_call.answered_at)
        last = centre.phones.resident("79160000003")
        await last.call()
        await centre.until(lambda: centre.engine.view().waiting or here.agent.present_call)
        await talker.hang_up()
        await last.hang_up()
        await centre.until(lambda: not centre.engine.view().calls)
        await asyncio.sleep(0.3)
        tape = b"".join(centre.tape)
    RECORDED.mkdir(exist_ok=True)
    (RECORDED / "a-busy-hour.ami").write_bytes(tape)
    print(len(tape), "bytes")


if __name__ == "__main__":
    asyncio.run(main())
