"""Sockets that are listened on: an address of this machine, or a file that its owner, or a group, may open."""

from __future__ import annotations

import grp
import os
import socket
import stat
from pathlib import Path

from callengine.platform.start_errors import StartError, socket_problem

BACKLOG = 512
"""Who stands in the kernel's own queue while the door is shut for a moment."""
_OWNER_ONLY = 0o177
_OWNER_AND_GROUP = 0o660
_SHARED = stat.S_ISGID | stat.S_IWGRP


def tcp_listeners(host: str, port: int) -> list[socket.socket]:
    """All that a host names; port 0 takes a free one. Raises OSError."""
    found: list[socket.socket] = []
    places = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    for family, kind, protocol, _, address in places:
        listener = socket.socket(family, kind, protocol)
        where = (address[0], port_of(found[0]) if found else address[1], *address[2:])
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            listener.bind(where)
            listener.listen(BACKLOG)
        except OSError:
            listener.close()
            if found:  # localhost, on a machine whose other protocol is off.
                continue
            raise
        found.append(listener)
    return found


def port_of(listener: socket.socket) -> int:
    """Where it listens, also when 0 was asked for."""
    return int(listener.getsockname()[1])


def private_listener(path: Path) -> socket.socket:
    """A socket that is its owner's alone from the first moment; one that a dead engine left is replaced.

    Raises StartError.
    """
    found = socket_problem(path.absolute())
    if found is not None:
        raise StartError(*found)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if path.is_socket():
            _refuse_if_alive(path)
            path.unlink()
        before = os.umask(_OWNER_ONLY)
        try:
            listener.bind(str(path))
            listener.listen(BACKLOG)
        finally:
            os.umask(before)
    except OSError as problem:
        listener.close()
        right = "one engine for one socket; its folder must be there and be written by the engine's user"
        raise StartError(
            f"http.control_socket: the control socket {path} cannot be opened: {problem}", right
        ) from None
    return listener


def is_shared(folder: Path) -> bool:
    """Whether its set-group-id bit says that its group shares what is made in it, as the services' folders do."""
    try:
        return folder.stat().st_mode & _SHARED == _SHARED
    except OSError:
        return False


def shared_listener(path: Path, group: str) -> socket.socket:
    """As `private_listener`, and this group of users may open it too; empty: the folder's, in a folder that is shared.

    Raises StartError, also for no such group.
    """
    listener = private_listener(path)
    try:
        if group:
            os.chown(path, -1, grp.getgrnam(group).gr_gid)
        path.chmod(_OWNER_AND_GROUP)
    except (KeyError, OSError) as problem:
        listener.close()
        path.unlink(missing_ok=True)
        what = f"desk.group: the socket {path} cannot be given to the group {group!r}: {problem}"
        raise StartError(
            what, 'make the group, with the engine\'s user in it, or set desk.group to ""'
        ) from None
    return listener


def _refuse_if_alive(path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as caller:
        try:
            caller.connect(str(path))
        except OSError:
            return
    raise OSError("another engine is running there")
