"""Who is at the other end of a socket, by the kernel's own word: no name service is asked, nothing is waited for."""

from __future__ import annotations

import os
import socket
import struct
from dataclasses import dataclass

_CREDENTIALS = struct.Struct("3i")
_SO_PEERGROUPS = 59
"""Linux 4.13 and later; not in Python's socket module."""
_MOST_GROUPS = 4096


@dataclass(frozen=True, slots=True)
class Peer:
    """The process that connected, as it was then."""

    pid: int
    uid: int
    groups: frozenset[int]


def peer_of(connection: socket.socket) -> Peer:
    """Raises OSError where the kernel does not tell."""
    told = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    pid, uid, gid = _CREDENTIALS.unpack(told)
    try:
        raw = connection.getsockopt(socket.SOL_SOCKET, _SO_PEERGROUPS, _MOST_GROUPS)
    except OSError:
        raw = b""
    more = struct.unpack(f"{len(raw) // 4}I", raw)
    return Peer(pid, uid, frozenset({gid, *more}))


def may_ask(peer: Peer, group: int | None) -> bool:
    """The engine's own user, root, and whoever is in the desk's group."""
    return peer.uid in {0, os.geteuid()} or (group is not None and group in peer.groups)
