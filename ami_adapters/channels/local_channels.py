"""Local channels: pairs `Local/1001@from-queue-00000004;1` and `;2` that carry one conversation across two bridges.

FreePBX's queue members are such pairs. Asterisk books the whole conversation to the member, also when his phone gave
it to a colleague behind the pair: who is at the far side is found out here.
"""

from __future__ import annotations

from dataclasses import dataclass, field

_PREFIX = "Local/"


def is_local(channel: str) -> bool:
    """Whether this is a half of such a pair, and so no telephone."""
    return channel.startswith(_PREFIX)


@dataclass(slots=True)
class LocalChannels:
    """Those that are in a bridge, by name and by Uniqueid."""

    _uniqueids: dict[str, str] = field(default_factory=dict)
    _names: dict[str, str] = field(default_factory=dict)

    def note(self, uniqueid: str, channel: str) -> None:
        """A channel was seen; any other than a Local one is passed over."""
        if is_local(channel):
            self._uniqueids[channel] = uniqueid
            self._names[uniqueid] = channel

    def other_half(self, uniqueid: str) -> str | None:
        """The Uniqueid of its other half; None when it has none, or none was seen."""
        name = self._names.get(uniqueid)
        if name is None:
            return None
        base, _, half = name.rpartition(";")
        return self._uniqueids.get(f"{base};{'2' if half == '1' else '1'}")

    def forget(self, uniqueid: str) -> None:
        """The channel is gone."""
        name = self._names.pop(uniqueid, None)
        if name is not None:
            self._uniqueids.pop(name, None)

    def clear(self) -> None:
        """A new connection."""
        self._uniqueids.clear()
        self._names.clear()
