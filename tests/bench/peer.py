"""The peer: app_queue at its best, on the same Asterisk and the same phones."""

from __future__ import annotations

from callengine.demo.asterisk_process import AsteriskProcess
from callengine.demo.centre import FIRST_AGENT

QUEUE_DID = "74950000009"
"""Calls to this number go straight to app_queue; the engine never hears of them."""

DIALPLAN = f"""
[callengine-in]
exten => {QUEUE_DID},1,Answer(,i)
 same => n,Queue(bench,c)
 same => n,Hangup(16)
"""
"""An exact extension wins over callengine-in's pattern. No inbox, no events: the peer carries no load of ours."""

_SETTINGS = """
[bench]
strategy = leastrecent
autofill = yes
ringinuse = no
timeout = 15
retry = 1
wrapuptime = 0
musicclass = callengine-music
"""


def add_queue(asterisk: AsteriskProcess, agents: int) -> None:
    """Give the running Asterisk the queue with the agents' phones as its members.

    shared_lastcall=yes is in the sample's queues.conf. Raises RuntimeError when Asterisk did not take it.
    """
    members = "".join(f"member => PJSIP/{FIRST_AGENT + number}\n" for number in range(agents))
    with (asterisk.etc / "callengine_queues.conf").open("a", encoding="utf-8") as file:
        file.write(_SETTINGS + members)
    asterisk.command_line("queue reload all")
    shown = asterisk.command_line("queue show bench")
    if f"PJSIP/{FIRST_AGENT + agents - 1}" not in shown:
        raise RuntimeError(f"app_queue did not take its queue:\n{shown}")
