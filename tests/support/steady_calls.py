"""A simulated Asterisk in a process of its own whose residents call until told to stop; it times every hand-over.

`python -m tests.support.steady_calls AGENTS PRESENT` prints its port. For each line on its standard input it prints
what was since the line before, as JSON: `calls`, `ended` and `answered` are of the whole run, `hand_overs` are seconds
from an agent's telephone being free, while somebody waited, until he was given the next one. After "stop" nobody calls
any more, and it ends when the last call is over.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import replace

from ami_adapters.simulated.pbx import Residents, SimulatedPbx, _Resident
from callengine.demo.centre import FIRST_AGENT, GENERAL_DID

SECRET = "s3cret"
_ENDLESS = 10**9


class MachinesClock:
    """Asterisk's clock is the machine's."""

    def epoch(self) -> float:
        """Seconds since 1970."""
        return time.time()  # a test's own clock


class TimedPbx(SimulatedPbx):
    """Notes when an agent is free and when he is given a resident."""

    def __init__(self, agents: int, present: int) -> None:
        residents = Residents(
            _ENDLESS,
            present,
            GENERAL_DID,
            gives_up_early=0.0,
            declined=0.0,
            answered_after=(0.02, 0.06),
            talks_for=(0.2, 0.4),
        )
        phones = (str(FIRST_AGENT + number) for number in range(agents))
        super().__init__(MachinesClock(), residents, secret=SECRET, agents=phones)
        self.hand_overs: list[float] = []
        self.ended = 0
        self._free_since: dict[str, float] = {}

    def stop_calling(self) -> None:
        """Who is there is served, nobody comes."""
        self._wanted = replace(self._wanted, calls=self.saw["calls"])
        self._look_whether_over()

    def _free(self, one: _Resident) -> None:
        agent, waits = one.agent, any(other.leg is None for other in self._residents.values())
        super()._free(one)
        if agent and waits:
            self._free_since[agent] = time.monotonic()  # a test's own clock

    def _end(self, one: _Resident, cause: str = "16") -> None:
        self.ended += 1
        super()._end(one, cause)

    def _offer(self, one: _Resident, agent: str) -> None:
        since = self._free_since.pop(agent, None)
        if since is not None:
            self.hand_overs.append(time.monotonic() - since)  # a test's own clock
        super()._offer(one, agent)

    def told(self) -> str:
        """Since it was told last."""
        since, self.hand_overs = self.hand_overs, []
        of_all = {"calls": self.saw["calls"], "ended": self.ended, "answered": self.saw["answered"]}
        return json.dumps(of_all | {"hand_overs": since})


async def _main(agents: int, present: int) -> None:
    pbx = TimedPbx(agents, present)
    server = await pbx.listen()
    print(pbx.port, flush=True)
    orders = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(orders), sys.stdin
    )
    while (await orders.readline()).strip() not in {b"", b"stop"}:
        print(pbx.told(), flush=True)
    pbx.stop_calling()
    await pbx.run()
    print(pbx.told(), flush=True)
    # The engine ends the connection when it has seen the last of it.
    await orders.read()
    server.close()


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1]), int(sys.argv[2])))
