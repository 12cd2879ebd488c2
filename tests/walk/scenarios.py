"""The two calls that are followed: one answered, one missed and called back, each on a real Asterisk."""

from __future__ import annotations

from ami_adapters.connection.pbx_connection import PbxConnection
from callengine.demo.centre import CentrePlan
from callengine.loop.engine_loop import Engine
from storage.rows import row_writer
from tests.support.live_centre import live_centre
from tests.system.test_callbacks import answers, plan, ward
from tests.walk.recorder import Recorder

BEGINS = {
    PbxConnection.on_message.__code__: lambda names: f"AMI {_of_message(names['message'])}",
    Engine._handle.__code__: lambda names: f"EVENT {type(names['event']).__name__}",
    row_writer.write.__code__: lambda _names: "TRANSACTION",
}


def _of_message(message: object) -> str:
    name = message.name
    return str(message.get("UserEvent") if name == "UserEvent" else name)


async def answered() -> Recorder:
    """An agent is free; a resident calls, they talk, he hangs up."""
    recorder = Recorder(BEGINS)
    async with live_centre(CentrePlan(agents=1, record=True)) as centre:
        await centre.phones.add_agents(1)
        await centre.until(lambda: centre.free_agents() == 1)
        resident = centre.phones.resident("79161234567")
        with recorder.recording():
            await resident.call()
            await resident.wait_for(lambda one: one.heard_at is not None)
            await resident.hang_up()
            await centre.until(lambda: not centre.engine.view().calls)
            await centre.rows_when(1, "SELECT call FROM calls WHERE outcome IS NOT NULL")
    return recorder


async def missed() -> Recorder:
    """Nobody answers him; he is called back and reached."""
    recorder = Recorder(BEGINS)
    async with live_centre(plan()) as centre:
        here = await ward(centre, answers)
        with recorder.recording():
            await here.miss()
            await here.called_back()
            await here.until_closed()
    return recorder
