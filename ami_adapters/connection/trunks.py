"""What Asterisk says about its trunks, for figures and alarms: no decision of the engine hangs on it.

Two sources, both within the engine's rights: the outbound registrations (listed by PJSIPShowRegistrationsOutbound,
each change told by `Registry`), and the device state of the trunks that callbacks are dialled through. Asterisk
calls a trunk's device unavailable when its qualify finds no contact alive; without `qualify_frequency` it always
takes it for alive, which tells nothing: of such a trunk nothing is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

from ami_adapters.protocol.ami_message import Message

_DEVICE_PREFIX = "PJSIP/"
_NOT_TELLING = frozenset({"UNKNOWN", "INVALID"})
"""Device states of a trunk Asterisk does not know, or has not asked yet."""


class TrunkState(StrEnum):
    """A trunk in one word."""

    UP = "up"
    AWAY = "away"
    """Not registered, or its contact does not answer."""
    UNKNOWN = "unknown"


TRUNK_EVENTS = frozenset({"DeviceStateChange", "Registry", "Reload"})
"""What `TrunkWatch.hear` wants to hear."""


class TrunkWatch:
    """`trunks`: those of the settings, by the name of their PJSIP endpoint. A registration is named as its object."""

    def __init__(self, trunks: Iterable[str]) -> None:
        self._trunks: tuple[str, ...] = ()
        self._registered: dict[str, bool] = {}
        self._names: dict[tuple[str, str], str] = {}
        self._reachable: dict[str, bool] = {}
        self._qualified: set[str] = set()
        self.follow(trunks)

    @property
    def registered(self) -> Mapping[str, bool]:
        """Each outbound registration that Asterisk has, and whether it stands."""
        return self._registered

    @property
    def reachable(self) -> Mapping[str, bool]:
        """The settings' trunks as far as Asterisk knows: whether a contact is alive. Who is never asked is not here."""
        return {
            name: alive for name, alive in self._reachable.items() if not alive or name in self._qualified
        }

    @property
    def names(self) -> tuple[str, ...]:
        """The settings' trunks."""
        return self._trunks

    def note_qualified(self, name: str, *, qualified: bool) -> None:
        """Asterisk asks this trunk whether it is alive, or never does."""
        if qualified:
            self._qualified.add(name)
        else:
            self._qualified.discard(name)

    @property
    def states(self) -> Mapping[str, TrunkState]:
        """The settings' trunks and all registrations: away by either sign, up by either, else unknown."""
        return {name: self._state_of(name) for name in dict.fromkeys((*self._trunks, *self._registered))}

    def follow(self, trunks: Iterable[str]) -> None:
        """The settings name these trunks now; a new one's device is told by its next change or snapshot."""
        self._trunks = tuple(dict.fromkeys(trunks))
        for name in self._reachable.keys() - set(self._trunks):
            del self._reachable[name]

    def forget(self) -> None:
        """The link is down: nothing is known."""
        self._registered.clear()
        self._names.clear()
        self._reachable.clear()
        self._qualified.clear()

    def read_devices(self, answers: Iterable[Message]) -> None:
        """The device states of a snapshot."""
        self._reachable.clear()
        for message in answers:
            self.hear(message)

    def read_registrations(self, answers: Iterable[Message]) -> None:
        """All outbound registrations as they are; those that were known and are not listed exist no more."""
        self._registered.clear()
        self._names.clear()
        for message in answers:
            if message.name == "OutboundRegistrationDetail":
                name = message.text("ObjectName")
                self._names[message.text("ClientUri"), message.text("ServerUri")] = name
                self._registered[name] = message.text("Status") == "Registered"

    def hear(self, message: Message) -> bool:
        """One event. True when the registrations must be listed anew to understand it."""
        match message.name:
            case "DeviceStateChange":
                self._hear_device(message.text("Device").removeprefix(_DEVICE_PREFIX), message.text("State"))
            case "Registry":
                name = self._names.get((message.text("Username"), message.text("Domain")))
                if name is None:
                    return True
                self._registered[name] = message.text("Status") == "Registered"
            case "Reload":
                return True
            case _:
                pass
        return False

    def _hear_device(self, name: str, state: str) -> None:
        if name not in self._trunks:
            return
        if state in _NOT_TELLING:
            self._reachable.pop(name, None)
        else:
            self._reachable[name] = state != "UNAVAILABLE"

    def _state_of(self, name: str) -> TrunkState:
        signs = {self._registered.get(name), self.reachable.get(name)}
        if False in signs:
            return TrunkState.AWAY
        return TrunkState.UP if True in signs else TrunkState.UNKNOWN
