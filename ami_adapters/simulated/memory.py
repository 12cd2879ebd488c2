"""What the simulated Asterisk would answer if it were asked: its channels, its phones' states and its AstDB.

Each as a real one lists them (`ami_adapters.resync.snapshot` names the headers), so that an engine that has lost the
thread finds its residents again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ami_adapters.protocol import dialplan_names as names

_DELETE = re.compile(r"DB_DELETE\((.+)\)")
_COUNT = re.compile(r"DB_KEYCOUNT\((.+)\)")
_EMPTY_LISTS = {"QueueStatus", "PJSIPShowRegistrationsOutbound"}


@dataclass(slots=True)
class Line:
    """One channel."""

    channel: str
    uniqueid: str
    linkedid: str
    bridge: str = ""
    context: str = ""
    variables: dict[str, str] = field(default_factory=dict)


class PbxMemory:
    """Kept by the simulated Asterisk, asked by the engine."""

    def __init__(self, agents: Iterable[str]) -> None:
        self.lines: dict[str, Line] = {}
        """By Uniqueid."""
        self.devices = dict.fromkeys(agents, "NOT_INUSE")
        self.astdb = {f"{names.ASTDB_FAMILY}/agent/{agent}": "in|0" for agent in self.devices}

    def arrived(self, line: Line, arrived: str, did: str, number: str) -> None:
        """A resident's first steps in the dialplan."""
        line.variables = {
            names.ARRIVED_VARIABLE: arrived,
            names.DID_VARIABLE: did,
            names.NUMBER_VARIABLE: number,
            names.STATE_VARIABLE: "holding",
        }
        self.lines[line.uniqueid] = line
        self._write_inbox(line, "arriving", "")

    def offered(self, line: Line, offer: str, leg: Line) -> None:
        """An agent's phone rings for him."""
        line.variables |= {names.STATE_VARIABLE: "offered", names.OFFER_VARIABLE: offer}
        self.lines[leg.uniqueid] = leg

    def answered(self, line: Line, leg: Line, at: str) -> None:
        """They speak."""
        line.bridge = leg.bridge = f"bridge-{line.uniqueid}"
        by = f"answered@{leg.channel}"
        line.variables |= {
            names.STATE_VARIABLE: "talking",
            names.ANSWERED_VARIABLE: at,
            names.ANSWERED_BY_VARIABLE: by,
        }
        self._write_inbox(line, by, "")

    def back_in_hold(self, line: Line) -> None:
        """Nobody took the offer."""
        line.variables |= {names.STATE_VARIABLE: "holding"}

    def ended(self, line: Line, at: str) -> None:
        """He is gone; what became of him stays until the engine has it."""
        self.lines.pop(line.uniqueid, None)
        self._write_inbox(line, line.variables.get(names.ANSWERED_BY_VARIABLE, "ended"), at)

    def note_attempt(self, attempt: str, *state: str) -> None:
        """What AstDB says of a callback: `dialling`, `answered` or `ended`, and when."""
        self.astdb[f"{names.ASTDB_FAMILY}/attempt/{attempt}"] = "|".join(("1", *state))

    def delete(self, variable: str) -> None:
        """Setvar of DB_DELETE(…)."""
        found = _DELETE.fullmatch(variable)
        if found is not None:
            self.astdb.pop(found[1], None)

    def value_of(self, variable: str) -> str:
        """Getvar: how many keys a family has; else the zone."""
        found = _COUNT.fullmatch(variable)
        return "+0000" if found is None else str(len(self._under(found[1], "%")))

    def items(self, action: Mapping[str, str]) -> list[str] | None:
        """The items of a list, each without its ActionID; None where Asterisk makes no list of it."""
        name = action["Action"]
        if name == "DBGetTree":
            found = self._under(action.get("Family", ""), action.get("Key", "%"))
            return [
                f"Event: DBGetTreeResponse\r\nKey: /{key}\r\nVal: {self.astdb[key]}" for key in found
            ] or None
        if name == "DeviceStateList":
            return [
                f"Event: DeviceStateChange\r\nDevice: PJSIP/{agent}\r\nState: {state}"
                for agent, state in self.devices.items()
            ]
        if name == "CoreShowChannels":
            return [
                f"Event: CoreShowChannel\r\nChannel: {line.channel}\r\nUniqueid: {line.uniqueid}"
                for line in self.lines.values()
            ]
        if name == "Status":
            return [_status(line) for line in self.lines.values()]
        return [] if name in _EMPTY_LISTS else None

    def _under(self, family: str, pattern: str) -> list[str]:
        """Keys of a family; the last part may be an SQL LIKE pattern."""
        like = re.compile(re.escape(f"{family}/{pattern}").replace("%", ".*"))
        return [key for key in self.astdb if like.fullmatch(key)]

    def _write_inbox(self, line: Line, state: str, ended: str) -> None:
        said = line.variables
        told = (
            said[names.ARRIVED_VARIABLE],
            said[names.DID_VARIABLE],
            said[names.NUMBER_VARIABLE],
            state,
            said.get(names.ANSWERED_VARIABLE, ""),
            ended,
            *(("", "", "") if ended else ()),
        )
        self.astdb[f"{names.ASTDB_FAMILY}/inbox/{line.uniqueid}"] = "|".join(("1", *told))


def _status(line: Line) -> str:
    told = [
        *("Event: Status", f"Channel: {line.channel}", "CallerIDName: <unknown>"),
        *(f"Context: {line.context}", f"Uniqueid: {line.uniqueid}", f"Linkedid: {line.linkedid}"),
        *([f"BridgeID: {line.bridge}"] if line.bridge else []),
        *(f"Variable: {name}={value}" for name, value in line.variables.items()),
    ]
    return "\r\n".join(told)
