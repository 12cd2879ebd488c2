"""What `callengine sample` is told on its command line, checked before a file is written."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from typing import Final

import click

_HOST: Final = re.compile(r"[0-9A-Za-z]([0-9A-Za-z.-]{0,251}[0-9A-Za-z])?")
_SIP: Final = re.compile(r"sips?:(?:[^\s;,\"<>@\[\]]+@)?(?:\[[0-9A-Fa-f:]+\]|[0-9A-Za-z.-]+)(?::\d{1,5})?")


class Checked(click.ParamType[str]):
    """A text that `problem` finds nothing wrong with (it gives a sentence otherwise)."""

    def __init__(self, name: str, problem: Callable[[str], str | None]) -> None:
        self.name = name
        self._problem = problem

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text itself. Ends the command with exit code 2 and the sentence."""
        found = self._problem(value)
        if found is not None:
            self.fail(f"{value!r} {found}", param, ctx)
        return value


def _address(text: str) -> str | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return "is no IP address of this machine, such as 192.168.0.10"
    if address.is_unspecified:
        return "is no address that a phone could send to: it is written into each call's SDP; name it"
    return None if address.version == 4 else "is IPv6, which these templates do not write"


def _listening(text: str) -> str | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return "is no IP address to listen on, such as 127.0.0.1"
    return None if address.version == 4 else "is IPv6, which these templates do not write"


def _network(text: str) -> str | None:
    try:
        return (
            None if ipaddress.ip_network(text).version == 4 else "is IPv6, which these templates do not write"
        )
    except ValueError:
        return "is no network, such as 10.0.0.0/24, or address"


def _matched(text: str) -> str | None:
    for one in text.split(","):
        if _network(one) is not None and (not _HOST.fullmatch(one) or re.fullmatch(r"[\d.]+", one)):
            return "is no address, network or name (several: with commas, without spaces)"
    return None


def _contact(text: str) -> str | None:
    if _SIP.fullmatch(text) is None:
        return "is no SIP address, such as sip:203.0.113.7:5060"
    port = text.rpartition(":")[2]
    return "has a port above 65535" if port.isdigit() and not 0 < int(port) < 65536 else None


def _web(text: str) -> str | None:
    known = re.fullmatch(r"https?://[^\s<>'\"]+|[\w./-]+", text)
    return None if known else "is no address of a page: https://…, or a file beside the rules"


ADDRESS: Final = Checked("address", _address)
LISTENING: Final = Checked("address", _listening)
NETWORK: Final = Checked("network", _network)
MATCHED: Final = Checked("address", _matched)
CONTACT: Final = Checked("sip uri", _contact)
WEB: Final = Checked("url", _web)
PORT: Final = click.IntRange(1, 65535)
PHONES: Final = click.IntRange(1, 8999)
"""1001 to 9999."""
