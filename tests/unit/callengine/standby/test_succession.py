"""When whoever stands by takes charge, and whether a process is certainly gone."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from ami_adapters.connection.owner import Heartbeat, Owner
from callengine.platform.identity import gone_holder, is_gone, this_process
from callengine.standby.succession import UNCHANGED_SECONDS, Succession

A = Owner("a", 3, "host", 1, "m", 1, 1, "callengine")


def may(watch: Succession, now: float, *, certainly: bool, stale: bool = False) -> bool:
    return watch.may_take(now, is_free=certainly or stale, is_certainly_free=certainly)


def test_at_the_first_look_a_goodbye_or_a_dead_owner_is_not_waited_for() -> None:
    watch = Succession(30)
    watch.see(Heartbeat(0, A), 0.0)
    assert may(watch, 0.0, certainly=True)


def test_a_stale_beat_that_nobody_renews_is_taken_after_some_seconds() -> None:
    watch = Succession(30)
    watch.see(Heartbeat(100, A), 0.0)
    assert not may(watch, 0.0, certainly=False, stale=True)
    assert not may(watch, UNCHANGED_SECONDS - 0.1, certainly=False, stale=True)
    assert may(watch, UNCHANGED_SECONDS, certainly=False, stale=True)


def test_who_beat_while_we_looked_is_waited_for_also_when_he_said_goodbye_or_died() -> None:
    watch = Succession(30)
    watch.see(Heartbeat(100, A), 0.0)
    watch.see(Heartbeat(101, A), 1.0)
    assert not may(watch, 1.0, certainly=False)
    watch.see(Heartbeat(0, A), 2.0)
    assert not may(watch, 31.9, certainly=True)
    assert may(watch, 32.0, certainly=True)
    watch.see(Heartbeat(140, replace(A, instance="b")), 32.5)
    assert not may(watch, 33.0, certainly=True)


def test_what_we_wrote_ourselves_is_nobodys_sign_of_life_and_a_held_ledger_is_waited_for() -> None:
    watch = Succession(30)
    watch.see(Heartbeat(100, A), 0.0)
    watch.expect(Heartbeat(0, A))
    watch.see(Heartbeat(0, A), 1.0)
    assert may(watch, 3.0, certainly=True)
    watch.wait_until(9.0)
    assert not may(watch, 8.9, certainly=True)
    assert may(watch, 9.0, certainly=True)


def test_a_process_is_gone_for_certain_only_on_this_machine_since_its_start() -> None:
    me = this_process("callengine")
    assert not is_gone(replace(me, instance="other"), me)
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        own = replace(me, instance="child", process=child.pid, started=0)
        # The number was used again: another start.
        assert is_gone(own, me)
        stat = Path(f"/proc/{child.pid}/stat")
        started = int(stat.read_text().rpartition(")")[2].split()[19])
        alive = replace(own, started=started)
        assert not is_gone(alive, me)
    finally:
        child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    # Killed, and nobody has asked for its end yet: it does nothing any more.
    assert is_gone(alive, me)
    child.wait()
    assert is_gone(alive, me)
    assert not is_gone(replace(alive, machine="another"), me)
    assert not is_gone(replace(alive, boot=me.boot - 1000), me)
    holds = gone_holder(me, left=replace(alive, machine="another"))
    assert holds(alive.written())
    assert not gone_holder(me)(replace(alive, machine="another").written())
    assert not gone_holder(me)("")
