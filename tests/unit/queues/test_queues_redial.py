"""Who may be dialled by hand, and that it takes the same claim as the engine's own callback."""

from __future__ import annotations

from datetime import timedelta

import pytest

from queues.messages import events
from queues.messages.commands import CancelAttempt, TellAgent
from queues.messages.events import ContactResult, DeviceState
from queues.terms.identifiers import AttemptId, ChannelName
from queues.terms.outcomes import Disposition, Told
from queues.terms.phone import Phone
from sla.obligation import ObligationState
from tests.support.centre import arrived, moment
from tests.support.shift import A1, OB1, Shift, dialled

HIS = ChannelName("PJSIP/1001-9")
FIRST = AttemptId("ob-c1.1.1")


def redial(shift: Shift, at: float, number: str = "89161234567") -> list[Told]:
    decision = shift.tell(events.RedialWanted(moment(at), A1, HIS, "170.9", Phone(number)))
    return [command.what for command in decision.commands if isinstance(command, TellAgent)]


def test_the_agents_own_channel_is_sent_to_the_claimed_dial() -> None:
    shift = Shift()
    shift.miss()
    assert redial(shift, 10) == []
    (dial,) = shift.dials
    assert (dial.attempt, dial.channel, dial.channel_id, dial.e164.whole) == (
        FIRST,
        HIS,
        "170.9",
        "+79161234567",
    )
    assert shift.state() is ObligationState.CLAIMED
    shift.reach(20)
    shift.tell(events.AgentDisposed(moment(40), A1, Disposition.REACHED))
    assert shift.closed == [("contacted", moment(20))]


@pytest.mark.parametrize(
    ("number", "told"),
    [("89169999999", Told.NOT_OWED), ("112", Told.NOT_OWED), ("+442071234567", Told.NOT_OWED)],
)
def test_whoever_is_not_owed_a_contact_is_not_dialled(number: str, told: Told) -> None:
    shift = Shift()
    shift.miss()
    assert redial(shift, 10, number) == [told]
    assert shift.dials == []


def test_one_claim_for_all_whoever_dials() -> None:
    shift = Shift()
    shift.miss()
    redial(shift, 10)
    assert redial(shift, 11) == []  # He is dialling him already: nothing more happens.
    shift.devices(12, DeviceState.IDLE)
    shift.due(18)
    assert len(shift.dials) == 1


def test_while_he_is_calling_us_himself_he_is_not_dialled_by_hand() -> None:
    shift = Shift()
    shift.miss()
    shift.tell(arrived("c2", 10))
    assert redial(shift, 11) == [Told.IN_FLIGHT]


def test_a_humans_task_may_be_dialled_by_hand_and_not_reached_it_is_one_again() -> None:
    shift = dialled(max_attempts=1, late_attempts=0, disposition_time=timedelta(0))
    shift.fail(40, ContactResult.NO_ANSWER)
    assert shift.state() is ObligationState.WITH_HUMAN
    assert redial(shift, 60) == []
    shift.fail(90, ContactResult.NO_ANSWER, 2)
    assert (shift.state(), shift.tasks) == (ObligationState.WITH_HUMAN, ["not_reached", "not_reached"])
    assert redial(shift, 100) == []
    shift.tell(events.AttemptContacted(moment(110), AttemptId("ob-c1.1.3")))
    shift.tell(events.AttemptVoice(moment(119), AttemptId("ob-c1.1.3"), heard=True))
    shift.tell(events.AttemptEnded(moment(120), AttemptId("ob-c1.1.3"), ContactResult.CONTACTED))
    assert shift.closed == [("contacted", moment(110))]


def test_where_the_engine_does_not_dial_by_itself_people_may() -> None:
    shift = Shift(enabled=False)
    shift.miss()
    assert (shift.state(), shift.tasks) == (ObligationState.WITH_HUMAN, ["switched_off"])
    assert redial(shift, 10) == []
    assert len(shift.dials) == 1


def test_stopped_callbacks_are_stopped_by_hand_too_and_he_calls_himself_cancels_it() -> None:
    shift = Shift()
    shift.miss()
    shift.tell(events.CallbackSwitchRequested(moment(5), enabled=False, by="chief", why="storm"))
    assert redial(shift, 10) == [Told.NOT_ALLOWED]
    shift.tell(events.CallbackSwitchRequested(moment(11), enabled=True, by="chief", why="over"))
    assert redial(shift, 12) == []
    decision = shift.tell(arrived("c2", 14))
    assert CancelAttempt(FIRST) in decision.commands
    assert OB1 in shift.dispatcher.centre.obligations
