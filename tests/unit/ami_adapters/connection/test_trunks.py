"""What is said of a trunk is what Asterisk said last, and nothing when it says nothing."""

from __future__ import annotations

import pytest

from ami_adapters.connection.trunks import TrunkState, TrunkWatch
from ami_adapters.protocol.ami_message import Message

CLIENT, SERVER = "sip:74951234501@provider.example", "sip:provider.example"


def message(**headers: str) -> Message:
    return Message("".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode())


def listed(name: str, status: str) -> Message:
    return message(
        Event="OutboundRegistrationDetail", ObjectName=name, ClientUri=CLIENT, ServerUri=SERVER, Status=status
    )


def registry(status: str, client: str = CLIENT) -> Message:
    return message(Event="Registry", ChannelType="PJSIP", Username=client, Domain=SERVER, Status=status)


def device(state: str, name: str = "PJSIP/trunk") -> Message:
    return message(Event="DeviceStateChange", Device=name, State=state)


@pytest.fixture
def watch() -> TrunkWatch:
    watch = TrunkWatch(["trunk", "spare"])
    for name in watch.names:
        watch.note_qualified(name, qualified=True)
    return watch


def test_nothing_is_known_before_asterisk_has_spoken(watch: TrunkWatch) -> None:
    assert (dict(watch.registered), dict(watch.reachable)) == ({}, {})
    assert watch.states == {"trunk": TrunkState.UNKNOWN, "spare": TrunkState.UNKNOWN}


@pytest.mark.parametrize("status", ["Unregistered", "Rejected", "Failed", "Stopped", ""])
def test_a_registration_is_followed_by_events_under_its_name(watch: TrunkWatch, status: str) -> None:
    watch.read_registrations([listed("trunk", "Registered"), message(Event="Other")])
    assert watch.registered == {"trunk": True}
    assert not watch.hear(registry(status))
    assert watch.registered == {"trunk": False}
    assert watch.states == {"trunk": TrunkState.AWAY, "spare": TrunkState.UNKNOWN}
    assert not watch.hear(registry("Registered"))
    assert watch.states == {"trunk": TrunkState.UP, "spare": TrunkState.UNKNOWN}


def test_what_is_not_understood_is_listed_anew(watch: TrunkWatch) -> None:
    watch.read_registrations([listed("trunk", "Registered")])
    assert watch.hear(registry("Registered", client="sip:other@provider.example"))
    assert watch.hear(message(Event="Reload", Module="res_pjsip_outbound_registration.so"))
    watch.read_registrations([])
    assert watch.registered == {}


@pytest.mark.parametrize(
    ("state", "reachable"),
    [("NOT_INUSE", True), ("INUSE", True), ("BUSY", True), ("UNAVAILABLE", False)],
)
def test_a_trunk_is_reachable_unless_its_device_is_unavailable(
    watch: TrunkWatch, state: str, reachable: bool
) -> None:
    watch.read_devices([device(state), device("NOT_INUSE", "PJSIP/1001"), message(Event="Other")])
    assert watch.reachable == {"trunk": reachable}
    assert watch.states["spare"] is TrunkState.UNKNOWN


@pytest.mark.parametrize("state", ["UNKNOWN", "INVALID"])
def test_a_trunk_that_asterisk_tells_nothing_about_is_unknown(watch: TrunkWatch, state: str) -> None:
    watch.hear(device("NOT_INUSE"))
    watch.hear(device(state))
    assert watch.reachable == {}
    assert watch.states["trunk"] is TrunkState.UNKNOWN


def test_one_bad_sign_is_enough_to_call_a_trunk_away(watch: TrunkWatch) -> None:
    watch.read_registrations([listed("trunk", "Rejected")])
    watch.hear(device("NOT_INUSE"))
    assert watch.states["trunk"] is TrunkState.AWAY


def test_without_a_link_nothing_is_known(watch: TrunkWatch) -> None:
    watch.read_registrations([listed("trunk", "Registered")])
    watch.hear(device("NOT_INUSE"))
    watch.forget()
    assert watch.states == {"trunk": TrunkState.UNKNOWN, "spare": TrunkState.UNKNOWN}


def test_a_trunk_that_the_settings_name_no_more_is_forgotten(watch: TrunkWatch) -> None:
    watch.hear(device("NOT_INUSE"))
    watch.follow(["spare"])
    assert watch.states == {"spare": TrunkState.UNKNOWN}
    watch.hear(device("NOT_INUSE"))
    assert watch.reachable == {}


def test_a_trunk_that_is_never_asked_is_not_taken_for_alive_but_for_away_when_asterisk_says_so() -> None:
    watch = TrunkWatch(["trunk"])
    watch.hear(device("NOT_INUSE"))
    assert (dict(watch.reachable), watch.states) == ({}, {"trunk": TrunkState.UNKNOWN})
    watch.hear(device("UNAVAILABLE"))
    assert watch.states == {"trunk": TrunkState.AWAY}
    watch.hear(device("NOT_INUSE"))
    watch.note_qualified("trunk", qualified=True)
    assert watch.states == {"trunk": TrunkState.UP}
    watch.note_qualified("trunk", qualified=False)
    assert watch.states == {"trunk": TrunkState.UNKNOWN}
