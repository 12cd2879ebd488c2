"""The simulated Asterisk in a process of its own.

`python -m tests.soak.simulated_pbx --calls N`: prints its port, lets so many residents call, `--present` at a time,
says "over" when the last of them ended, and ends with its standard input; its last line is what it saw, as JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys

from ami_adapters.simulated.pbx import Residents, SimulatedPbx
from callengine.demo.centre import FIRST_AGENT, GENERAL_DID
from tests.soak.fast_time import FastTime


async def _main(fast: FastTime, residents: Residents, agents: int, secret: str) -> None:
    phones = (str(FIRST_AGENT + number) for number in range(agents))
    pbx = SimulatedPbx(fast, residents, secret=secret, agents=phones)
    server = await pbx.listen()
    print(pbx.port, flush=True)
    await pbx.run()
    print("over", flush=True)
    # Whoever is still owed a call gets it now: the engine's side says when that is done.
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    server.close()
    print(json.dumps(dict(pbx.saw)), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, required=True)
    parser.add_argument("--present", type=int, default=60, help="residents at a time")
    parser.add_argument("--agents", type=int, default=40)
    parser.add_argument("--secret", default="s3cret")
    parser.add_argument("--began", type=float, nargs=2, required=True, help="wall and monotonic seconds")
    wanted = parser.parse_args()
    residents = Residents(wanted.calls, wanted.present, did=GENERAL_DID)
    asyncio.run(_main(FastTime(*wanted.began), residents, wanted.agents, wanted.secret))
