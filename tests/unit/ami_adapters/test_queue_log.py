"""Our lines in queue_log: a parser that knows only the file comes to our service level."""

from __future__ import annotations

from datetime import timedelta

from ami_adapters.queue_log import QueueLog, QueueLogLine
from queues import events
from queues.identifiers import AgentId, CallId, ChannelName, OfferId
from queues.journal import CallConnected, CallFinished, LinkLost
from queues.results import OfferResult
from tests.support.centre import Desk, arrived, holding, moment, small_centre

A1 = AgentId("1001")


def day() -> tuple[Desk, list[QueueLogLine]]:
    """One agent; c1 answered after 3.2 s, c2 gives up, c3 is answered 30.4 s after his arrival: past a target of 30."""
    desk = Desk(small_centre(1, wrap_up=0, decline_pause=1))
    lines: list[QueueLogLine] = []
    log = QueueLog(dict(desk.policy.agents), "Agent/{id}", lines.append)
    desk.open()
    desk.tell(arrived("c1", 1))
    desk.tell(holding("c1", 1))
    desk.tell(arrived("c2", 2, number="+79160000002"))
    desk.tell(holding("c2", 2))
    desk.tell(events.AgentRang(moment(2), CallId("c1"), A1, ChannelName("PJSIP/1001-1"), "leg-1"))
    desk.tell(events.CallAnswered(moment(4.2), CallId("c1"), A1))
    desk.tell(arrived("c3", 10, number="+79160000003"))
    desk.tell(holding("c3", 10))
    desk.tell(events.CallEnded(moment(13), CallId("c2"), 16))
    desk.tell(events.CallEnded(moment(20.5), CallId("c1"), 16, agent_hung_up=True))
    desk.tell(events.AgentRang(moment(20.5), CallId("c3"), A1, ChannelName("PJSIP/1001-2"), "leg-2"))
    desk.tell(events.CallHolding(moment(38), CallId("c3"), OfferId("c3/1.1"), OfferResult.DECLINED))
    desk.tell(events.TimePassed(moment(39.5)))
    desk.tell(events.AgentRang(moment(40), CallId("c3"), A1, ChannelName("PJSIP/1001-3"), "leg-3"))
    desk.tell(events.CallAnswered(moment(40.4), CallId("c3"), A1))
    desk.tell(events.CallEnded(moment(50), CallId("c3"), 16, agent_hung_up=False))
    for decision in desk.decisions:
        for entry in decision.journal:
            log.observe(entry)
    return desk, lines


def shown(line: QueueLogLine) -> str:
    return "|".join((line.call, line.queue, line.agent, line.event, *line.data))


def test_the_lines_are_those_app_queue_would_write() -> None:
    _, lines = day()
    assert [shown(line) for line in lines] == [
        "NONE|NONE|NONE|QUEUESTART|",
        "MANAGER|emergency|Agent/1001|ADDMEMBER|",
        "MANAGER|general|Agent/1001|ADDMEMBER|",
        "c1|general|NONE|ENTERQUEUE||+79161234567|1",
        "c2|general|NONE|ENTERQUEUE||+79160000002|2",
        "c1|general|Agent/1001|CONNECT|4|leg-1|2",
        "c3|general|NONE|ENTERQUEUE||+79160000003|2",
        "c2|general|NONE|ABANDON|1|2|11",
        "c1|general|Agent/1001|COMPLETEAGENT|4|16|1",
        "c3|general|Agent/1001|RINGNOANSWER|17500",
        "c3|general|Agent/1001|CONNECT|31|leg-3|0",
        "c3|general|Agent/1001|COMPLETECALLER|31|9|2",
    ]


def test_the_service_level_from_the_file_alone_is_ours() -> None:
    desk, lines = day()
    arrivals = {"c1": moment(1), "c2": moment(2), "c3": moment(10)}
    connected = [entry for entry in desk.journal(CallConnected) if isinstance(entry, CallConnected)]
    for target in (3, 4, 30, 31):
        ours = sum(one.at - arrivals[one.call] <= timedelta(seconds=target) for one in connected)
        file = [line for line in lines if line.event == "CONNECT" and int(line.data[0]) <= target]
        assert len(file) == ours
    assert sum(line.event == "ENTERQUEUE" for line in lines) == len(arrivals)


def test_what_became_fact_in_a_gap_is_never_written() -> None:
    desk, _ = day()
    lines: list[QueueLogLine] = []
    log = QueueLog(dict(desk.policy.agents), "{name}", lines.append)
    for decision in desk.decisions:
        for entry in decision.journal:
            if isinstance(entry, CallFinished) and entry.call == "c2":
                log.observe(LinkLost(entry.at))
            log.observe(entry)
    assert [line.event for line in lines][-1] == "ENTERQUEUE"
