"""What `callengine check` says of who is in charge of the PBX: an engine that is started now would stand by."""

from __future__ import annotations

from collections.abc import AsyncIterator

from ami_adapters.connection.charge import is_certainly_free, is_stale, look, others_of
from ami_adapters.connection.link import AmiLink
from callengine.check.finding import Finding
from callengine.pbx.onlooker import Onlooker
from callengine.platform.clock import SystemClock
from callengine.platform.identity import is_gone, this_process
from config.settings import Settings


async def who_is_in_charge(link: AmiLink, settings: Settings) -> AsyncIterator[Finding]:
    """Raises AmiError."""
    me = this_process(settings.pbx.username)
    seen = await look(link)
    pbx_now = await Onlooker(SystemClock().now).pbx_now(link)
    others = await others_of(link, seen, me.user)
    is_free = await is_certainly_free(link, seen, user=me.user, is_gone=lambda owner: is_gone(owner, me))
    if seen.is_of_nobody or is_free or is_stale(seen, pbx_now):
        yield Finding("ok", "no engine is in charge of this PBX now")
        return
    age = max(0, round(pbx_now.timestamp() - seen.seconds))
    what = f"{seen.told()} is in charge of this PBX ({age} s ago); an engine that is started now stands by"
    if seen.owner is not None and seen.owner.machine == me.machine:
        yield Finding("ok", what)
    else:
        how = "when that is not what you want, stop that engine, or give this one a PBX of its own"
        yield Finding("warning", what, how)
    if others > 1:
        user = settings.pbx.username
        yield Finding(
            "warning",
            f"{others} are logged in to AMI as {user!r}: another engine stands by, or a program shares the user",
            "give every other program an AMI user of its own: the dialplan takes this one for the engine",
        )
