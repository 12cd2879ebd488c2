"""The traps of panoramisk 1.4 (docs/decisions/0002-panoramisk.md): one test each, named by its number.

Each shows what a user of the link gets where stock panoramisk breaks, hangs, loses or repeats.
"""

from __future__ import annotations

import asyncio
import inspect
import io
import itertools
import logging
from collections.abc import Callable
from typing import Any

import panoramisk
import pytest

from ami_adapters.connection.link import LinkState, LinkTimes, Unheard
from ami_adapters.protocol import actions
from ami_adapters.protocol.actions import Action
from ami_adapters.protocol.ami_message import Message
from ami_adapters.protocol.errors import (
    ActionTimeout,
    ConnectionLost,
    InvalidAction,
    NotConnected,
    TooManyActions,
)
from ami_adapters.protocol.panoramisk_link import AmiManager
from ami_adapters.protocol.pending_actions import PendingActions
from tests.support.ami_rig import event, rig


async def test_trap_01_a_raising_handler_costs_neither_the_connection_nor_the_other_events() -> None:
    async with rig() as one:
        await one.connected()
        one.listener.raise_on = "Bad"
        one.server.push(event("A") + event("Bad") + event("B") + event("C"))
        await one.until(lambda: len(one.listener.messages) == 3)
        assert [message.name for message in one.listener.messages] == ["A", "B", "C"]
        assert one.unheard == [Unheard.NOT_HANDLED]
        assert one.server.connections == 1


async def test_trap_02_a_reply_that_says_successfully_queued_is_an_ordinary_answer() -> None:
    async with rig() as one:
        await one.connected()
        one.server.replies["PlayDTMF"] = lambda _: (
            b"Response: Success\r\nActionID: @ID@\r\nMessage: DTMF successfully queued\r\n\r\n"
        )
        answer = await one.link.send(Action("PlayDTMF", (("Channel", "x"), ("Digit", "1"))))
        assert answer.success
        assert one.server.connections == 1


async def test_trap_03_nothing_is_ever_sent_again_after_a_reconnect() -> None:
    async with rig(LinkTimes(first_pause=0.05, action_deadline=3)) as one:
        await one.connected()
        one.server.replies["Originate"] = lambda _: None
        future = one.link.send_nowait(Action("Originate", (("Channel", "PJSIP/1001"),)))
        await one.until(lambda: one.server.names() == ["Originate"])
        one.server.drop()
        with pytest.raises(ConnectionLost) as lost:
            await future
        assert not lost.value.outcome_known
        await one.until(lambda: one.link.epoch == 2)
        with pytest.raises(NotConnected):
            await rig_without_connection()
        one.server.push(b"Event: FullyBooted\r\nStatus: Fully Booted\r\n\r\n")
        await one.link.send(actions.ping())
        assert one.server.names() == ["Originate"]


async def rig_without_connection() -> None:
    async with rig(start=False) as one:
        one.link.send_nowait(actions.ping())


async def test_trap_04_the_login_response_is_enough_no_fullybooted_is_waited_for() -> None:
    async with rig() as one:
        await one.connected()
        assert one.listener.messages == []
        assert (await one.link.send(actions.core_status())).success


async def test_trap_05_every_action_has_a_deadline_and_leaves_nothing_behind() -> None:
    pending = PendingActions(deadline_seconds=0.05, max_in_flight=3)
    loop = asyncio.get_running_loop()
    opened = [pending.open(loop) for _ in range(3)]
    with pytest.raises(TooManyActions):
        pending.open(loop)
    for _, future in opened:
        with pytest.raises(ActionTimeout):
            await future
    assert len(pending) == 0
    assert pending.take(Message(f"Response: Success\r\nActionID: {opened[0][0]}".encode()))
    assert len(pending) == 0


async def test_trap_06_a_half_open_link_is_noticed_within_five_seconds() -> None:
    defaults = LinkTimes()
    assert defaults.keepalive + defaults.ping_deadline < 5
    async with rig() as one:
        await one.connected()
        one.server.mute = True
        await one.until(lambda: one.listener.disconnected == 1, seconds=2)
        one.server.mute = False
        await one.until(lambda: one.link.epoch == 2)


async def test_trap_07_a_wrong_password_is_an_alert_and_a_slow_retry() -> None:
    async with rig(secret="mistaken") as one:
        await one.until(lambda: one.link.state is LinkState.AUTH_FAILED)
        alerts = [line for line in one.log.lines if line[0] == "error"]
        assert alerts[0][1] == "ami_login_refused"
        assert "mistaken" not in repr(one.log.lines)
        await asyncio.sleep(0.3)
        assert one.server.logins == 1
        one.server.secret = "mistaken"
        await one.connected()


async def test_trap_07_a_server_that_never_answers_the_login_is_left_and_tried_again() -> None:
    async with rig(start=False) as one:
        one.server.mute = True
        one.link.start()
        await one.until(lambda: one.server.connections >= 2)
        one.server.mute = False
        await one.connected()


async def test_trap_08_pauses_between_attempts_grow_and_jitter_and_any_error_is_survived() -> None:
    async with rig(LinkTimes(first_pause=0.05, longest_pause=5, connect_deadline=0.3)) as one:
        await one.connected()
        await one.server.stop()
        loop = asyncio.get_running_loop()
        moments: list[float] = []
        one.link._on_state = lambda state: (
            moments.append(loop.time()) if state is LinkState.CONNECTING else None
        )
        await one.until(lambda: len(moments) >= 4, seconds=10)
        pauses = [later - earlier for earlier, later in itertools.pairwise(moments)]
        assert pauses[-1] > 1.5 * pauses[0]
        await one.server.start_again()
        await one.connected()


async def test_trap_09_close_ends_it_whatever_was_under_way() -> None:
    async with rig() as one:
        await one.connected()
        await one.server.stop()
        await one.until(lambda: one.link.state is LinkState.DISCONNECTED)
        await one.link.close()
        await one.server.start_again()
        await asyncio.sleep(0.4)
        assert one.server.connections == 1
        assert one.link.state is LinkState.CLOSED
        assert one.listener.disconnected == 1
        assert [task for task in asyncio.all_tasks() if task.get_name() == "ami link"] == []


async def test_trap_10_sending_before_the_first_connection_and_during_an_outage_is_refused() -> None:
    async with rig() as one:
        with pytest.raises(NotConnected):
            one.link.send_nowait(actions.ping())
        await one.connected()
        await one.server.stop()
        await one.until(lambda: one.listener.disconnected == 1)
        with pytest.raises(NotConnected):
            one.link.send_nowait(actions.ping())


async def test_trap_11_text_that_is_not_utf8_or_is_cut_between_reads_arrives_whole() -> None:
    async with rig() as one:
        await one.connected()
        raw = "Event: Иван\r\nName: Müller\r\n".encode() + b"Latin: M\xfcller\r\n\r\n"
        for index in range(len(raw)):
            one.server.push(raw[index : index + 1])
            await asyncio.sleep(0)
        await one.until(lambda: one.listener.messages)
        message = one.listener.messages[0]
        assert (message.name, message.text("Name"), message.text("Latin")) == (
            "Иван",
            "Müller",
            "M\ufffdller",
        )
        echoed = actions.hangup(message.get("Latin")).encode("x")
        assert b"Channel: M\xfcller\r\n" in echoed


async def test_trap_12_an_empty_header_is_there_with_an_empty_value() -> None:
    message = Message(b"Event: VarSet\r\nVariable: X\r\nValue: ")
    assert message.headers[-1] == ("Value", "")
    assert Message(b"Event: VarSet\r\nValue:").headers[-1] == ("Value", "")


async def test_trap_13_a_list_ends_when_asterisk_says_so_whatever_its_last_event_is_called() -> None:
    def listing(*last: bytes) -> Callable[[dict[str, str]], bytes]:
        items = (
            b"Response: Success\r\nActionID: @ID@\r\nEventList: start\r\n\r\n"
            b"Event: Item\r\nActionID: @ID@\r\nResponse: odd\r\n\r\nEvent: Item\r\nActionID: @ID@\r\n\r\n"
        )
        return lambda _: items + b"".join(last)

    async with rig() as one:
        await one.connected()
        one.server.replies["Odd"] = listing(
            b"Event: ThatsAll\r\nActionID: @ID@\r\nEventList: Complete\r\n\r\n"
        )
        one.server.replies["Gone"] = listing(
            b"Event: GoneComplete\r\nActionID: @ID@\r\nEventList: Cancelled\r\n\r\n"
        )
        one.server.replies["QueueAdd"] = lambda _: (
            b"Response: Success\r\nActionID: @ID@\r\nMessage: Added interface to queue\r\n\r\n"
        )
        odd = await one.link.send(Action("Odd"))
        assert (len(odd.events), odd.is_complete) == (2, True)
        assert not (await one.link.send(Action("Gone"))).is_complete
        assert (await one.link.send(Action("QueueAdd"))).success
        assert one.listener.messages == []


async def test_trap_15_line_ends_and_nul_are_refused_in_every_value_and_long_lines_too() -> None:
    for bad in ("a\r\n\r\nAction: Command", "a\nb", "a\rb", "a\0b"):
        with pytest.raises(InvalidAction) as refused:
            actions.setvar("X", bad)
        assert bad not in str(refused.value)
        with pytest.raises(InvalidAction):
            actions.redirect("PJSIP/x", bad, "hold")
        with pytest.raises(InvalidAction):
            Action(bad)
    with pytest.raises(InvalidAction, match="fewer than"):
        actions.setvar("X", "я" * 600)
    with pytest.raises(InvalidAction, match="at most"):
        Action("UserEvent", tuple((f"H{n}", "x") for n in range(130)))
    with pytest.raises(InvalidAction, match="comma"):
        actions.originate(
            channel="c",
            context="x",
            extension="e",
            channel_id="i",
            caller_id="",
            timeout_ms=1,
            variables=[("A", "1,B=2")],
        )


async def test_trap_16_events_come_in_order_without_a_task_for_each() -> None:
    async with rig() as one:
        await one.connected()
        before = len(asyncio.all_tasks())
        one.server.push(b"".join(event("E", N=str(n)) for n in range(5000)))
        most = 0
        while len(one.listener.messages) < 5000:
            await asyncio.sleep(0)
            most = max(most, len(asyncio.all_tasks()))
        assert [message.get("N") for message in one.listener.messages] == [str(n) for n in range(5000)]
        assert most <= before + 1


async def test_trap_17_a_flood_is_read_to_its_end_so_that_asterisk_never_waits_for_us() -> None:
    async with rig() as one:
        await one.connected()
        flood = b"".join(event("Flood", N=str(n), Pad="x" * 400) for n in range(20_000))
        one.server.push(flood)
        await one.until(lambda: len(one.listener.messages) == 20_000, seconds=20)
        assert one.link.state is LinkState.CONNECTED
        assert one.server.connections == 1


async def test_trap_18_a_reconnect_shows_itself_by_its_number_and_by_both_calls() -> None:
    async with rig() as one:
        await one.connected()
        one.server.drop()
        await one.until(lambda: one.link.epoch == 2)
        assert (one.listener.connected, one.listener.disconnected) == (2, 1)
        assert one.states.count(LinkState.CONNECTED) == 2


async def test_trap_20_neither_numbers_nor_the_secret_reach_any_log() -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    root = logging.getLogger()
    root.addHandler(handler)
    previous = root.level
    root.setLevel(logging.DEBUG)
    try:
        async with rig() as one:
            await one.connected()
            await one.link.send(Action("Originate", (("CallerID", "+79161234567"),)))
            one.server.drop()
            await one.until(lambda: one.link.epoch == 2)
            said = stream.getvalue() + repr(one.log.lines) + repr(one.link._login)
    finally:
        root.removeHandler(handler)
        root.setLevel(previous)
    assert "79161234567" not in said
    assert "s3cret" not in said


async def test_it_is_panoramisks_manager_and_its_modules_are_untouched() -> None:
    assert issubclass(AmiManager, panoramisk.Manager)
    stock: Any = panoramisk.Manager
    for name in ("send_action", "connect", "close", "connection_lost", "ping", "dispatch"):
        assert inspect.getmodule(getattr(stock, name)).__name__ == "panoramisk.manager"
