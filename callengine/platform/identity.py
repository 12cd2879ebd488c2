"""Who this process is, and whether another one is certainly gone: /proc tells, where it can."""

from __future__ import annotations

import hashlib
import os
import secrets
import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from ami_adapters.connection.owner import Owner, read_owner
from callengine.platform.clock import booted_at

_BOOT_TOLERANCE_SECONDS = 2
_FIELD_OF_STATE, _FIELD_OF_START = 0, 19
"""Behind the process's name in /proc/PID/stat (proc(5), fields 3 and 22)."""
_NAME_LENGTH = 40


def this_process(user: str) -> Owner:
    """A name that nobody else has; its epoch is not known yet."""
    host = socket.gethostname()[:_NAME_LENGTH]
    digest = hashlib.sha256(f"{_machine_id()} {host} {_process_table()}".encode()).hexdigest()
    return Owner(
        instance=secrets.token_hex(4),
        epoch=0,
        host=host,
        process=os.getpid(),
        machine=digest[:8],
        boot=booted_at(),
        started=_started(os.getpid()) or 0,
        user=user[:_NAME_LENGTH],
    )


def with_epoch(owner: Owner, epoch: int) -> Owner:
    """The same process in charge for the time that this epoch lasts."""
    return replace(owner, epoch=epoch)


def is_gone(owner: Owner, me: Owner) -> bool:
    """Whether that process certainly ended: it ran on this machine since its last start, and is not there any more."""
    if owner.machine != me.machine or abs(owner.boot - me.boot) > _BOOT_TOLERANCE_SECONDS:
        return False
    try:
        os.kill(owner.process, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False  # Somebody else's process has that number now, or it is still his: nobody can say.
    started = _started(owner.process)
    return started is not None and started != owner.started


def gone_holder(me: Owner, left: Owner | None = None) -> Callable[[str], bool]:
    """The same of a holder as the ledger names him; `left` is known to be no longer in charge."""

    def judge(holder: str) -> bool:
        owner = read_owner(holder)
        if owner is None:
            return False
        return is_gone(owner, me) or (left is not None and left.instance == owner.instance)

    return judge


def _started(process: int) -> int | None:
    """In clock ticks since the boot; None when that cannot be read, 0 for one that is only waited for."""
    try:
        fields = (
            Path(f"/proc/{process}/stat")
            .read_text(encoding="utf-8", errors="replace")
            .rpartition(")")[2]
            .split()
        )
        return 0 if fields[_FIELD_OF_STATE] in {"Z", "X"} else int(fields[_FIELD_OF_START])
    except (OSError, ValueError, IndexError):
        return None


def _machine_id() -> str:
    try:
        return Path("/etc/machine-id").read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _process_table() -> str:
    """Which container's process numbers these are."""
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return secrets.token_hex(4)  # Nothing can be said of anybody then.
