"""What line ends in a caller's number make of Asterisk's messages: nobody else's call is touched by it."""

from __future__ import annotations

from ami_adapters.protocol.actions import Action
from tests.support.ami_rig import event, rig


async def test_in_a_list_only_its_own_messages_count_whatever_a_callers_number_holds() -> None:
    """Asterisk writes a number as it came: an empty line in it makes two messages of an item."""
    first = b"Event: Status\r\nUniqueid: 1.1\r\nActionID: @ID@\r\n\r\n"
    forged = b"CallerIDName: x\r\nUniqueid: 1.2\r\nActionID: @ID@\r\n\r\n"
    cut = b"Event: Status\r\nChannel: PJSIP/t-2\r\nCallerIDNum: 1\r\n\r\n"
    doubled = (
        b"Event: Status\r\nCallerIDNum: 1\r\nUniqueid: 1.1\r\nZ: \r\nUniqueid: 1.2\r\nActionID: @ID@\r\n\r\n"
    )
    last = b"Event: Status\r\nUniqueid: 1.3\r\nVariable: A=1\r\nVariable: B=2\r\nActionID: @ID@\r\n\r\n"
    async with rig() as one:
        await one.connected()
        one.server.replies["Status"] = lambda _: b"".join(
            (
                b"Response: Success\r\nActionID: @ID@\r\nEventList: start\r\n\r\n",
                first,
                *(cut, b"Event: Hangup\r\nUniqueid: 1.1\r\n" + forged),
                *(cut, b"Event: S\r\nEventList: Complete\r\n" + forged),
                *(cut, b"Response: Error\r\n" + forged),
                *(cut, event("Hangup", Uniqueid="1.1"), forged),
                doubled,
                last,
                b"Event: StatusComplete\r\nActionID: @ID@\r\nEventList: Complete\r\nListItems: 7\r\n\r\n",
            )
        )
        answer = await one.link.send(Action("Status"))
        assert answer.is_complete
        assert [item.get("Uniqueid") for item in answer.events if item.name == "Status"] == ["1.1", "1.3"]
        one.server.push(b"Event: Hangup\r\nCallerIDNum: 1\r\nUniqueid: 1.1\r\nZ: \r\nUniqueid: 1.2\r\n\r\n")
        one.server.push(event("Hangup", Uniqueid="1.3"))
        await one.until(lambda: one.listener.messages)
        assert [message.get("Uniqueid") for message in one.listener.messages] == ["1.3"]
        assert [line[1] for line in one.log.lines if line[0] == "warning"] == ["ami_message_distorted"]
        assert one.distorted == 9


async def test_what_asterisk_itself_says_often_is_listened_to() -> None:
    """Variables of a channel that manager.conf's `channelvars` names, in each message about it."""
    async with rig() as one:
        await one.connected()
        one.server.push(
            b"Event: DialBegin\r\nChanVariable: A=1\r\nChanVariable: B=2\r\nUniqueid: 1.1\r\n"
            b"DestChanVariable: A=1\r\nDestChanVariable: B=2\r\nDestUniqueid: 1.2\r\n\r\n"
        )
        await one.until(lambda: one.listener.messages)
        assert one.distorted == 0


async def test_no_stranger_can_name_an_action_of_ours() -> None:
    async with rig() as one, rig() as other:
        await one.connected()
        await other.connected()
        assert {a["ActionID"] for a in one.server.actions}.isdisjoint(
            a["ActionID"] for a in other.server.actions
        )
