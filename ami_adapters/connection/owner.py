"""Who is in charge of a PBX, as the heartbeat on the PBX itself names him. Pure.

`CALLENGINE_HEARTBEAT` = `SECONDS.INSTANCE.EPOCH.HOST.PROCESS.MACHINE.BOOT.STARTED.USER`; the dialplan reads the first
field only (`CUT(CALLENGINE_HEARTBEAT,.,1)`). Seconds are 0 when its owner said goodbye, or cannot follow just now.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_NOT_OF_A_NAME: Final = re.compile(r"[^-_0-9A-Za-z]")


@dataclass(frozen=True, slots=True)
class Owner:
    """One engine process, so that others can say where it is, and see for certain that it is gone."""

    instance: str
    """Random, new with every start: this alone tells whether it is oneself."""
    epoch: int
    """Grows with every start that takes charge, whatever ledger it writes: the higher one is right."""
    host: str
    process: int
    machine: str
    """Which process table `process` is of: a digest of the machine's id, its name and the container."""
    boot: int
    """When that machine was started, seconds since the epoch: a process of before is gone."""
    started: int
    """When the process was started, in clock ticks since the boot: process numbers are used again."""
    user: str
    """As whom it is logged in."""

    def __post_init__(self) -> None:
        for name in ("instance", "host", "machine", "user"):
            # A host's dots would end the field, and a value with a line end no action takes.
            object.__setattr__(self, name, _NOT_OF_A_NAME.sub("-", getattr(self, name)) or "-")

    @property
    def rank(self) -> tuple[int, str]:
        """Of two who both believe themselves in charge the higher is right; never equal."""
        return self.epoch, self.instance

    def written(self) -> str:
        """As it stands on the PBX behind the seconds, and in the ledger."""
        numbers = (str(self.process), self.machine, str(self.boot), str(self.started))
        return ".".join((self.instance, str(self.epoch), self.host, *numbers, self.user))

    def told(self) -> str:
        """For people."""
        return f"host {self.host}, process {self.process}"


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """What stands on the PBX: when somebody last beat, and who."""

    seconds: int = 0
    owner: Owner | None = None

    @property
    def is_of_nobody(self) -> bool:
        """Never written, wiped, or set to 0 by hand."""
        return self.owner is None and not self.seconds

    def written(self) -> str:
        """The variable's value."""
        return str(self.seconds) if self.owner is None else f"{self.seconds}.{self.owner.written()}"

    def told(self) -> str:
        """For people: who beats there."""
        return "a callengine of an older version" if self.owner is None else self.owner.told()


def read_owner(text: str) -> Owner | None:
    """The owner again; None for what is none."""
    match text.split("."):
        case [instance, epoch, host, process, machine, boot, started, user] if all(
            one.isascii() and one.isdigit() and len(one) < 16 for one in (epoch, process, boot, started)
        ):
            return Owner(instance, int(epoch), host, int(process), machine, int(boot), int(started), user)
        case _:
            return None


def read_heartbeat(value: str) -> Heartbeat:
    """The variable's value; older versions wrote the seconds alone."""
    first, _, rest = value.partition(".")
    seconds = int(first) if first.isascii() and first.isdigit() and len(first) < 16 else 0
    return Heartbeat(seconds, read_owner(rest))
