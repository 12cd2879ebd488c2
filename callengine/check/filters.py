"""Does the AMI user's filter let through all events that this version needs? Seen where manager.conf can be read."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from ami_adapters.connection.link import AmiLink
from ami_adapters.protocol import actions
from callengine.check.finding import Finding
from callengine.http.auth.middleware import is_loopback
from callengine.sample.asterisk_config import EVENTS_READ, WATCH_EVENTS_READ
from config.settings import Settings

_FILE = "callengine_manager.conf"
_LET_IN = re.compile(r"^\s*eventfilter\(action\(include\),name\((\w+)\)", re.MULTILINE)
_READ = re.compile(r"^\s*read\s*=\s*(.*)$", re.MULTILINE)


async def event_filters(link: AmiLink, settings: Settings) -> AsyncIterator[Finding]:
    """AMI does not tell its filters, so the file is read: an older one keeps from us what a newer version needs."""
    if not is_loopback(settings.pbx.host):
        return
    folder = (await link.send(actions.getvar("ASTETCDIR"))).text("Value")
    try:
        text = (Path(folder or "/nowhere") / _FILE).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return
    for what, how in kept_from_us(text, watches=any(queue.watch is not None for queue in settings.queues)):
        yield Finding("error", f"{folder}/{_FILE}: {what}", how)


def kept_from_us(text: str, *, watches: bool) -> Iterator[tuple[str, str]]:
    """What is missing, and how to write it anew."""
    let_in = set(_LET_IN.findall(text))
    if not let_in:
        return  # No filter: everything passes.
    wanted = set(EVENTS_READ)
    if watches:
        wanted |= {one.partition("name(")[2].partition(")")[0] for one in WATCH_EVENTS_READ}
    missing = sorted(wanted - let_in)
    watch = " --watch" if watches else ""
    how = f"callengine sample --force --keep-passwords{watch} --config …, install its {_FILE}, then `manager reload`"
    if missing:
        yield f"the events {', '.join(missing)} are kept from us", how
    read = _READ.search(text)
    if watches and (read is None or "dialplan" not in read[1]):
        yield "`read` lacks dialplan, by which watched queues tell why somebody was sent away", how
