"""Small print that nobody would miss until the day it is wrong."""

from __future__ import annotations

from queues.messages import events
from queues.messages.commands import CancelAttempt
from queues.messages.events import ContactResult, DeskCommand, DeviceState
from queues.messages.journal import CommandDecided
from queues.terms.desk_words import CommandKind
from queues.terms.identifiers import AttemptId, CallId
from tests.support.centre import Desk, arrived, holding, moment, small_centre
from tests.support.shift import A1, OB1, Shift, dialled

FIRST = AttemptId("ob-c1.1.1")


def test_why_it_is_a_humans_task_stands_on_it() -> None:
    shift = Shift()
    shift.miss(number="")
    (owed,) = shift.dispatcher.view().obligations
    assert (owed.task, owed.why) == ("withheld", "abandoned")


def test_a_task_is_looked_at_when_its_time_is_over_though_nobody_dials() -> None:
    shift = Shift()
    shift.miss(number="")
    assert shift.wakes == [moment(601)]


def test_who_gets_through_while_the_agents_phone_rings_for_him_has_that_dial_given_up() -> None:
    shift = dialled()
    shift.tell(events.AttemptAgentReady(moment(19), FIRST))
    shift.tell(arrived("c2", 20))
    answered = shift.tell(events.CallAnswered(moment(21), CallId("c2"), A1))
    assert CancelAttempt(FIRST) in answered.commands
    assert shift.closed == [("got_through", moment(21))]


def test_who_logs_in_again_or_out_is_on_no_pause() -> None:
    desk = Desk(small_centre(1))
    desk.open()
    for leave in (True, False):
        desk.tell(events.AgentPaused(moment(1), A1, "lunch"))
        assert desk.dispatcher.view().agents[0].pause_reason == "lunch"
        if leave:
            desk.tell(events.AgentLoggedOut(moment(2), A1))
            assert desk.dispatcher.view().agents[0].pause_reason == ""
            desk.tell(events.AgentLoggedIn(moment(3), A1))
    assert desk.dispatcher.view().agents[0].pause_reason == "lunch"


def test_a_command_is_in_time_at_the_very_moment_it_expires() -> None:
    desk = Desk(small_centre(1))
    desk.open()
    kind = CommandKind.AGENT_PAUSE
    told = desk.tell(DeskCommand(moment(9), "a", kind, "7", "I", expires_at=moment(9), agent=A1))
    (decided,) = [one for one in told.journal if isinstance(one, CommandDecided)]
    assert decided.refusal is None


def test_who_comes_back_himself_has_no_phone_that_is_tried() -> None:
    desk = Desk(small_centre(1))
    refused = events.LiveAgent(A1, DeviceState.IDLE, logged_in=True, paused="do not disturb")
    desk.tell(events.PbxSnapshot(moment(0), (), (refused,)))
    assert desk.dispatcher.next_wakeup() is not None
    desk.tell(events.AgentUnpaused(moment(1), A1))
    assert desk.dispatcher.next_wakeup() is None


def test_a_task_of_who_calls_again_is_dialled_as_often_as_a_new_one() -> None:
    shift = dialled(max_attempts=1)
    shift.fail(30, ContactResult.NO_ANSWER)
    assert shift.tasks == ["not_reached"]
    shift.tell(events.TimePassed(moment(40)))
    shift.devices(41, DeviceState.BUSY)
    shift.miss("c2", 50)
    assert shift.dispatcher.centre.obligations[OB1].dials == 0


def test_who_has_talked_and_needs_no_wrap_up_is_the_last_of_the_idle() -> None:
    desk = Desk(small_centre(2, wrap_up=0))
    desk.open()
    desk.tell(arrived("c1", 1))
    desk.tell(holding("c1", 1))
    desk.tell(events.CallAnswered(moment(2), CallId("c1"), A1))
    desk.tell(events.CallEnded(moment(9), CallId("c1"), 16))
    assert desk.dispatcher.centre.agents[A1].idle_since == moment(9)
