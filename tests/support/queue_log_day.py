"""A day of one small centre with everything that queue_log can say of it, from fixed inputs."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from ami_adapters.protocol.ami_message import Message
from ami_adapters.queue_log.line import QueueLogLine
from ami_adapters.queue_log.transfers import transfer_notice
from ami_adapters.queue_log.writer import QueueLog
from callengine.realtime.statistics import RealtimeStatistics
from queues.messages import events
from queues.messages.events import Event
from queues.messages.journal import CallPassedOn
from queues.terms.identifiers import AgentId, CallId, ChannelName, OfferId
from queues.terms.outcomes import Choice, DeviceState, OfferResult
from sla.call_facts import Promise
from tests.support.centre import EMERGENCY, GENERAL, NOON, Desk, arrived, holding, moment, small_centre

A1, A2 = AgentId("1001"), AgentId("1002")
UNEXPLAINED = timedelta(seconds=2)


class LoggedCentre:
    """The core, our figures and the writer side by side; `text` is what Asterisk would have in its file."""

    def __init__(self, seconds: int = 30, agent_form: str = "Agent/{id}") -> None:
        self.desk = Desk(small_centre(2, wrap_up=0, decline_pause=1))
        promise = Promise(target=timedelta(seconds=seconds))
        self.tally = RealtimeStatistics({GENERAL: promise, EMERGENCY: promise}, ZoneInfo("UTC"), NOON)
        self.log = QueueLog(dict(self.desk.policy.agents), agent_form, self._write)
        self.text = ""
        self._now = NOON
        self._passed_on: list[tuple[datetime, CallId]] = []

    def _write(self, line: QueueLogLine) -> None:
        fields = (line.call, line.queue, line.agent, line.event, *line.data)
        self.text += f"{int(self._now.timestamp())}|{'|'.join(fields)}\n"

    def tell(self, *told: Event) -> None:
        """Each at its own moment, which is also when it is heard."""
        for event in told:
            self._passes(event.at)
            for entry in self.desk.tell(event).journal:
                self.tally.observe(entry)
                self.log.observe(entry)
                if isinstance(entry, CallPassedOn):
                    self._passed_on.append((entry.at + UNEXPLAINED, entry.call))
            self.log.settle()

    def _passes(self, at: datetime) -> None:
        """What the feed's timers do."""
        while self._passed_on and self._passed_on[0][0] <= at:
            self._now, call = self._passed_on.pop(0)
            self.log.unexplained(call)
        self._now = at

    def hear(self, at: datetime, name: str, **fields: str) -> None:
        """A message of AMI."""
        self._passes(at)
        headers = {"Event": name, "Timestamp": f"{at.timestamp():.6f}", **fields}
        raw = "".join(f"{key}: {value}\r\n" for key, value in headers.items()).encode()
        notice = transfer_notice(Message(raw), at)
        if notice is not None:
            self.log.transferred(notice)

    def open(self) -> None:
        self.tell(events.PbxSnapshot(moment(0), (), ()))
        for agent in self.desk.policy.agents:
            self.tell(events.AgentDeviceChanged(moment(0), agent, DeviceState.IDLE))
            self.tell(events.AgentLoggedIn(moment(0), agent))

    def comes(self, call: str, at: float, number: str) -> None:
        self.tell(arrived(call, at, number=number), holding(call, at))

    def rings(self, call: str, at: float, agent: AgentId = A1) -> None:
        channel = ChannelName(f"PJSIP/{agent}-{call}")
        self.tell(events.AgentRang(moment(at), CallId(call), agent, channel, f"leg-{call}"))

    def answers(self, call: str, at: float, agent: AgentId = A1) -> None:
        self.tell(events.CallAnswered(moment(at), CallId(call), agent))

    def ends(self, call: str, at: float, *, agent_hung_up: bool | None = None) -> None:
        self.tell(events.CallEnded(moment(at), CallId(call), 16, agent_hung_up=agent_hung_up))


def whole_day(seconds: int = 30) -> LoggedCentre:
    """Ten residents; every event that the engine writes."""
    centre = LoggedCentre(seconds)
    centre.open()
    centre.tell(events.AgentPaused(moment(0.5), A2, "Обед|ужин"))
    centre.comes("c1", 1, "+79160000001")
    centre.comes("c2", 2, "+79160000002")
    centre.rings("c1", 2)
    centre.answers("c1", 4.2)
    centre.comes("c3", 10, "+79160000003")
    centre.ends("c2", 13)
    _passed_on_blindly(centre)
    _declined_then_late(centre)
    _given_up_while_it_rang(centre)
    _passed_on_after_a_question(centre)
    _by_keys_and_turned_away(centre)
    _back_from_the_fallback(centre)
    centre.tell(events.AgentLoggedOut(moment(120), A1), events.AgentUnpaused(moment(121), A2))
    return centre


def _passed_on_blindly(centre: LoggedCentre) -> None:
    """1001 gives c1 to 1002, who is on pause and stays so."""
    to = {"Context": "callengine-transfer", "Extension": "1002", "TransfereeUniqueid": "c1"}
    centre.hear(moment(19), "BlindTransfer", Result="Invalid", **to)
    centre.hear(moment(20.5), "BlindTransfer", Result="Success", **to)
    centre.tell(events.CallTransferred(moment(23), CallId("c1"), A2))
    centre.ends("c1", 90, agent_hung_up=False)


def _declined_then_late(centre: LoggedCentre) -> None:
    """c3 is answered 30.4 s after his arrival: past a target of 30."""
    centre.rings("c3", 23.5)
    centre.tell(events.CallHolding(moment(38), CallId("c3"), OfferId("c3/1.1"), OfferResult.DECLINED))
    centre.tell(events.TimePassed(moment(39.5)))
    centre.rings("c3", 40)
    centre.answers("c3", 40.4)
    centre.ends("c3", 50, agent_hung_up=False)


def _given_up_while_it_rang(centre: LoggedCentre) -> None:
    centre.comes("c4", 52, "+79160000004")
    centre.rings("c4", 52.5)
    centre.ends("c4", 55)


def _passed_on_after_a_question(centre: LoggedCentre) -> None:
    centre.comes("c5", 60, "+79160000005")
    centre.rings("c5", 60.25)
    centre.answers("c5", 62)
    done = {"Result": "Success", "DestType": "Bridge", "DestBridgeUniqueid": "bridge-1"}
    centre.hear(moment(70), "AttendedTransfer", TransfereeUniqueid="c5", **done)
    centre.tell(events.CallTransferred(moment(70.1), CallId("c5"), A2))
    centre.ends("c5", 79, agent_hung_up=True)
    centre.comes("c6", 80, "+79160000006")
    centre.rings("c6", 80.25)
    centre.answers("c6", 81)
    centre.ends("c6", 81.5, agent_hung_up=True)


def _by_keys_and_turned_away(centre: LoggedCentre) -> None:
    centre.tell(events.AgentPaused(moment(81.75), A1, ""))
    centre.comes("c7", 82, "+79160000007")
    centre.comes("c8", 83, "+79160000008")
    centre.tell(events.ChoiceMade(moment(90), CallId("c7"), Choice.CALLBACK))
    centre.ends("c7", 91)
    centre.tell(events.ChoiceMade(moment(92), CallId("c8"), Choice.MESSAGE))
    centre.tell(events.MessageLeft(moment(98), CallId("c8"), "/m/c8.wav"))
    centre.ends("c8", 98.5)
    centre.tell(arrived("c9", 99, number="+79160000009"))
    centre.tell(events.CallRejected(moment(100), CallId("c9"), "full"))


def _back_from_the_fallback(centre: LoggedCentre) -> None:
    """The dialplan lost patience with the engine; app_queue rings 1001 in vain and writes that itself."""
    centre.comes("c10", 102, "+79160000010")
    centre.tell(events.CallFellBack(moment(105), CallId("c10")))
    centre.tell(events.AgentUnpaused(moment(105.25), A1))
    centre.rings("c10", 105.5)
    centre.tell(events.AgentRingEnded(moment(106), CallId("c10"), A1, OfferResult.NO_ANSWER))
    centre.tell(holding("c10", 107))
    centre.rings("c10", 108.5)
    centre.answers("c10", 110)
    centre.ends("c10", 115, agent_hung_up=False)
