"""Calls that agents make by hand: to whom, when, and what becomes of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from queues.messages import events
from queues.messages.commands import CancelAttempt, DialCallback
from queues.messages.events import ContactResult, DeviceState
from queues.messages.journal import (
    AttemptMade,
    CommandDecided,
    OutgoingDialled,
    OutgoingFinished,
    OutgoingMade,
    OutgoingReached,
)
from queues.messages.snapshot import KnownAttempt, LiveAttempt, LiveAttemptState, PbxSnapshot
from queues.policy import CallbackPolicy, ServiceNumber
from queues.terms.desk_words import CommandKind, CommandRefusal
from queues.terms.identifiers import AgentId, AttemptId, CallId, CompanyId, ObligationId
from queues.terms.outgoing import Outgoing
from queues.terms.phone import Phone
from tests.support.centre import GENERAL_DID, SERVICE, Desk, arrived, holding, moment, small_centre
from tests.support.shift import A1, Shift

A2 = AgentId("1002")
SEVER = CompanyId("sever")
FIRST, SECOND = AttemptId("out-1.1"), AttemptId("out-1.2")
OWN = frozenset({Phone("+74951234501")})


def wish(
    at: float, number: str, *, id_: str = "w1", agent: AgentId = A1, **about: object
) -> events.DeskCommand:
    said = {"company": SEVER, "reason": "обещали перезвонить", **about}
    return events.DeskCommand(
        moment(at), id_, CommandKind.DIAL, "7", "Иванова", agent=agent, number=Phone(number), **said
    )


def ask(desk: Desk, at: float, number: str, **about: object) -> CommandRefusal | None:
    decision = desk.tell(wish(at, number, **about))
    (decided,) = [one for one in decision.journal if isinstance(one, CommandDecided)]
    return decided.refusal


def dials(desk: Desk) -> list[DialCallback]:
    return [one for decision in desk.decisions for one in decision.commands if isinstance(one, DialCallback)]


def state(desk: Desk, agent: AgentId = A1) -> str:
    found = desk.dispatcher.agent(agent)
    assert found is not None
    return found.state.value


def open_desk(agents: int = 2, **callbacks: object) -> Desk:
    policy = small_centre(agents)
    desk = Desk(replace(policy, callbacks=replace(CallbackPolicy(own_numbers=OWN), **callbacks)))
    desk.open()
    return desk


def test_his_phone_rings_then_the_number_is_dialled_and_he_rests_as_after_any_conversation() -> None:
    desk = open_desk()
    assert ask(desk, 1, "8 916 123-45-67".replace(" ", "").replace("-", "")) is None
    (dial,) = dials(desk)
    assert (dial.attempt, dial.endpoint, dial.trunk) == (FIRST, "PJSIP/1001", "trunk")
    assert (dial.number.whole, dial.caller_id.whole) == ("+79161234567", "+74951234501")
    assert (dial.label, dial.notice, dial.record) == ("Outgoing: Север: общая", True, True)
    assert state(desk) == "offered"
    (made,) = desk.journal(OutgoingMade)
    assert isinstance(made, OutgoingMade)
    assert (made.command, made.company, made.did, made.by, made.purpose, made.is_service) == (
        "w1",
        "sever",
        GENERAL_DID,
        "Иванова",
        "обещали перезвонить",
        False,
    )
    desk.tell(events.AttemptAgentReady(moment(3), FIRST))
    assert state(desk) == "talking"
    # A caller comes meanwhile: his colleague gets him.
    desk.tell(arrived("c1", 4))
    desk.tell(holding("c1", 4))
    assert (state(desk), state(desk, A2)) == ("talking", "offered")
    desk.tell(events.AttemptContacted(moment(6), FIRST))
    desk.tell(events.AttemptEnded(moment(20), FIRST, ContactResult.CONTACTED, "ANSWER", 16, 200))
    assert state(desk) == "wrap_up"
    assert [type(one) for one in (*desk.journal(OutgoingDialled), *desk.journal(OutgoingReached))] == [
        OutgoingDialled,
        OutgoingReached,
    ]
    (over,) = desk.journal(OutgoingFinished)
    assert over == OutgoingFinished(moment(20), FIRST, ContactResult.CONTACTED, "ANSWER", 16, 200, rang=True)
    assert desk.dispatcher.centre.numbers_in_flight == {}


@pytest.mark.parametrize(
    ("number", "refusal"),
    [
        ("112", CommandRefusal.NUMBER_NOT_LISTED),
        ("88005553535", CommandRefusal.NUMBER_NOT_LISTED),
        ("89161", CommandRefusal.NUMBER_NOT_LISTED),
        ("+79", CommandRefusal.NUMBER_NOT_LISTED),
        ("+442071838750", CommandRefusal.NUMBER_FOREIGN),
        ("+77011234567", CommandRefusal.NUMBER_FOREIGN),
        ("89161234567890", CommandRefusal.NUMBER_INVALID),
        ("84951234501", CommandRefusal.NUMBER_OURS),
        ("+79161111111", CommandRefusal.DO_NOT_CALL),
        ("", CommandRefusal.INCOMPLETE),
    ],
)
def test_nobody_outside_the_allow_list_is_dialled(number: str, refusal: CommandRefusal) -> None:
    desk = open_desk(do_not_call=frozenset({Phone("+79161111111")}))
    assert ask(desk, 1, number) is refusal
    assert dials(desk) == []
    assert state(desk) == "free"


def test_what_the_wish_lacks_is_refused() -> None:
    desk = open_desk()
    assert ask(desk, 1, "+79161234567", id_="a", company=None) is CommandRefusal.INCOMPLETE
    assert ask(desk, 1, "+79161234567", id_="b", reason="") is CommandRefusal.INCOMPLETE
    assert ask(desk, 1, "+79161234567", id_="c", company="yug") is CommandRefusal.UNKNOWN_COMPANY
    assert ask(desk, 1, "+79161234567", id_="d", agent=AgentId("9")) is CommandRefusal.UNKNOWN_AGENT
    assert ask(desk, 9, "+79161234567", id_="e", expires_at=moment(8)) is CommandRefusal.TOO_LATE
    assert dials(desk) == []


def test_a_company_without_a_trunk_calls_nobody() -> None:
    policy = small_centre(1)
    lines = {did: replace(line, callback=None) for did, line in policy.lines.items()}
    desk = Desk(replace(policy, lines=lines))
    desk.open()
    assert ask(desk, 1, "+79161234567") is CommandRefusal.NO_TRUNK


def test_a_service_number_of_the_settings_is_dialled_by_several_at_once_without_a_notice_or_a_cap() -> None:
    desk = open_desk(max_per_number_and_day=1, max_per_hour=1)
    assert ask(desk, 1, SERVICE.whole, id_="a") is None
    assert ask(desk, 2, SERVICE.whole, id_="b", agent=A2) is None
    assert [(one.number, one.e164, one.notice) for one in dials(desk)] == [(SERVICE, SERVICE, False)] * 2
    for n, attempt in enumerate((FIRST, SECOND)):
        desk.tell(events.AttemptContacted(moment(5 + n), attempt))
        desk.tell(events.AttemptEnded(moment(9 + n), attempt, ContactResult.CONTACTED))
    assert ask(desk, 30, SERVICE.whole, id_="c") is None
    assert [one.is_service for one in desk.journal(OutgoingMade) if isinstance(one, OutgoingMade)] == [
        True
    ] * 3
    # And it uses up nothing of what protects residents.
    assert ask(desk, 31, "+79161234567", id_="d", agent=A2) is None


@pytest.mark.parametrize("typed", ["88005553535", "+78005553535", "8005553535"])
def test_a_service_number_that_others_could_have_too_is_known_however_it_is_written(typed: str) -> None:
    policy = replace(small_centre(1), service_numbers=(ServiceNumber("trunk", Phone("88005553535")),))
    desk = Desk(policy)
    desk.open()
    assert ask(desk, 1, typed) is None
    assert [one.number.whole for one in dials(desk)] == ["88005553535"]


def test_a_service_number_of_a_trunk_is_not_one_of_another() -> None:
    policy = replace(small_centre(1), service_numbers=(ServiceNumber("another", SERVICE),))
    desk = Desk(policy)
    desk.open()
    assert ask(desk, 1, SERVICE.whole) is CommandRefusal.NUMBER_NOT_LISTED


def test_a_caller_id_that_names_a_service_number_is_never_called_back() -> None:
    shift = Shift()
    shift.miss(number=SERVICE.whole)
    assert shift.tasks == ["short_code"]
    shift.devices(5, DeviceState.IDLE)
    shift.due(30)
    assert shift.dials == []


def test_one_dial_of_a_number_at_a_time_and_none_of_who_is_on_the_line() -> None:
    desk = open_desk()
    assert ask(desk, 1, "+79161234567", id_="a") is None
    assert ask(desk, 2, "89161234567", id_="b", agent=A2) is CommandRefusal.IN_FLIGHT
    assert ask(desk, 2, "+79160000000", id_="c") is CommandRefusal.AGENT_BUSY
    desk.tell(arrived("c1", 3, number="+79160000001"))
    assert ask(desk, 4, "+79160000001", id_="d", agent=A2) is CommandRefusal.ON_THE_LINE
    assert len(dials(desk)) == 1


def test_the_caps_and_the_channels_kept_for_arrivals_bound_it() -> None:
    desk = open_desk(max_per_number_and_day=1)
    assert ask(desk, 1, "+79161234567", id_="a") is None
    desk.tell(events.AttemptAgentReady(moment(2), FIRST))
    desk.tell(events.AttemptEnded(moment(9), FIRST, ContactResult.NO_ANSWER, rang=True))
    assert ask(desk, 10, "+79161234567", id_="b") is CommandRefusal.CAP_REACHED
    full = open_desk(trunk_channels=3, keep_for_arrivals=2)
    assert ask(full, 1, "+79161234567", id_="a") is None
    assert ask(full, 2, "+79160000000", id_="b", agent=A2) is CommandRefusal.TRUNKS_BUSY
    assert ask(full, 3, SERVICE.whole, id_="c", agent=A2) is None


def test_stopped_by_a_supervisor_only_service_numbers_are_dialled() -> None:
    desk = open_desk()
    assert ask(desk, 1, "+79161234567", id_="a") is None
    assert ask(desk, 1, SERVICE.whole, id_="b", agent=A2) is None
    stop = desk.tell(events.CallbackSwitchRequested(moment(2), False, "Петрова", "ошибка"))
    assert [one.attempt for one in stop.commands if isinstance(one, CancelAttempt)] == [FIRST]
    desk.tell(events.AttemptEnded(moment(3), FIRST, ContactResult.AGENT_DID_NOT_ANSWER))
    assert ask(desk, 4, "+79160000000", id_="c") is CommandRefusal.DIALLING_STOPPED
    assert ask(desk, 4, SERVICE.whole, id_="d") is None


def test_on_pause_and_in_wrap_up_he_may_and_what_was_left_of_his_rest_is_his_if_he_reached_nobody() -> None:
    desk = open_desk(1)
    desk.tell(arrived("c1", 1))
    desk.tell(holding("c1", 1))
    desk.tell(events.CallAnswered(moment(2), CallId("c1"), A1))
    assert ask(desk, 3, "+79160000000", id_="a") is CommandRefusal.AGENT_BUSY
    desk.tell(events.CallEnded(moment(4), CallId("c1"), 16))
    assert state(desk) == "wrap_up"
    assert ask(desk, 6, "+79160000000", id_="b") is None
    desk.tell(events.AttemptAgentReady(moment(7), FIRST))
    desk.tell(events.AttemptEnded(moment(9), FIRST, ContactResult.BUSY, "BUSY", rang=False))
    assert state(desk) == "wrap_up"
    desk.tell(events.TimePassed(moment(14)))
    assert state(desk) == "free"
    desk.tell(events.AgentPaused(moment(15), A1, "lunch"))
    assert ask(desk, 16, "+79160000000", id_="c") is None
    assert state(desk) == "offered"
    desk.tell(events.AttemptEnded(moment(18), SECOND, ContactResult.AGENT_DID_NOT_ANSWER))
    # His own wish: no call that he missed.
    assert state(desk) == "paused"


def test_who_is_logged_out_or_has_no_phone_dials_nobody() -> None:
    desk = open_desk(2)
    desk.tell(events.AgentDeviceChanged(moment(1), A1, DeviceState.UNAVAILABLE))
    assert ask(desk, 2, "+79161234567", id_="a") is CommandRefusal.AGENT_BUSY
    desk.tell(events.AgentLoggedOut(moment(3), A2))
    assert ask(desk, 4, "+79161234567", id_="b", agent=A2) is CommandRefusal.LOGGED_OUT
    desk.tell(events.PbxLost(moment(5)))
    assert ask(desk, 6, "+79161234567", id_="c") is CommandRefusal.PBX_AWAY


def test_the_same_wish_is_done_once() -> None:
    desk = open_desk()
    assert ask(desk, 1, "+79161234567") is None
    assert desk.tell(wish(2, "+79161234567")).journal == ()
    assert len(dials(desk)) == 1


def test_whom_the_company_owes_a_callback_is_called_back_by_it() -> None:
    shift = Shift()
    shift.miss()
    shift.devices(5, DeviceState.IDLE)
    assert ask(shift, 6, "89161234567") is None
    (dial,) = shift.dials
    assert (dial.attempt, dial.obligation, dial.channel) == (AttemptId("ob-c1.1.1"), "ob-c1", None)
    assert shift.journal(OutgoingMade) == []
    (decided,) = shift.journal(CommandDecided)
    assert isinstance(decided, CommandDecided)
    assert (decided.obligation, decided.reason) == (ObligationId("ob-c1"), "обещали перезвонить")
    shift.reach(9)
    assert len(shift.journal(AttemptMade)) == 1


def test_another_companys_callback_waits_until_his_telephone_is_free() -> None:
    """P6: a call by hand is no row of an episode; the callback that is owed all the same comes after it."""
    policy = small_centre(1)
    (general, emergency) = policy.lines.values()
    other = replace(emergency, company=CompanyId("yug"))
    shift = Shift(replace(policy, lines={general.did: general, other.did: other}))
    shift.miss()
    shift.devices(5, DeviceState.IDLE)
    assert ask(shift, 6, "89161234567", company=CompanyId("yug")) is None
    assert [one.attempt for one in shift.dials] == [FIRST]
    shift.due(18)
    assert [one.attempt for one in shift.dials] == [FIRST]
    shift.tell(events.AttemptContacted(moment(20), FIRST))
    shift.tell(events.AttemptEnded(moment(25), FIRST, ContactResult.CONTACTED))
    shift.tell(events.AgentWrapUpEnded(moment(26), A1))
    assert [one.attempt for one in shift.dials] == [FIRST, AttemptId("ob-c1.1.1")]


def restored(contacted_at: float | None, *live: LiveAttempt) -> Desk:
    """An engine that finds a call by hand in its ledger, and these dials at the PBX."""
    desk = Desk(small_centre(1))
    outgoing = Outgoing("w1", SEVER, GENERAL_DID, "7", "Иванова", "обещали")
    known = KnownAttempt(
        FIRST,
        None,
        GENERAL_DID,
        A1,
        Phone("+79161234567"),
        moment(-5),
        "trunk",
        None if contacted_at is None else moment(contacted_at),
        outgoing,
    )
    desk.tell(events.LedgerRestored(moment(0), (), attempts=(known,)))
    phones = (events.LiveAgent(A1, DeviceState.IDLE, True),)
    desk.tell(PbxSnapshot(moment(1), (), phones, attempts=live))
    return desk


def test_claimed_and_never_sent_it_is_over_and_not_dialled_again() -> None:
    desk = restored(None)
    (over,) = desk.journal(OutgoingFinished)
    assert isinstance(over, OutgoingFinished)
    assert over.result is ContactResult.NOT_DIALLED
    assert dials(desk) == []
    assert desk.dispatcher.view().outgoing == ()


def test_found_talking_he_talks_on_and_rests_after_it() -> None:
    desk = restored(-2, LiveAttempt(FIRST, LiveAttemptState.TALKING, A1))
    (one,) = desk.dispatcher.view().outgoing
    assert (one.state.value, one.purpose, one.label) == ("talking", "обещали", "Север: общая")
    assert state(desk) == "talking"
    desk.tell(events.AttemptEnded(moment(9), FIRST, ContactResult.CONTACTED))
    assert state(desk) == "wrap_up"


def test_while_what_happened_during_a_look_at_the_pbx_is_told_nobody_is_dialled() -> None:
    desk = open_desk()
    idle = events.LiveAgent(A1, DeviceState.IDLE, logged_in=True)
    desk.tell(PbxSnapshot(moment(1), (), (idle,), catching_up=True))
    assert ask(desk, 2, "+79161234567") is CommandRefusal.PBX_AWAY
    desk.tell(events.PbxCaughtUp(moment(3)))
    assert ask(desk, 4, "+79161234567", id_="w2") is None


def test_a_call_by_hand_can_be_looked_at_by_itself_while_it_lasts() -> None:
    desk = open_desk()
    assert ask(desk, 1, "+79161234567") is None
    seen = desk.dispatcher.outgoing(FIRST)
    assert seen is not None
    assert (seen.agent, seen.company, seen.number, seen.state.value) == (
        A1,
        SEVER,
        Phone("+79161234567"),
        "ringing_agent",
    )
    desk.tell(events.AttemptEnded(moment(9), FIRST, ContactResult.AGENT_DID_NOT_ANSWER))
    assert desk.dispatcher.outgoing(FIRST) is None
    shift = Shift()
    shift.miss()
    shift.devices(5, DeviceState.IDLE)
    shift.due(18)
    assert shift.dispatcher.outgoing(shift.dials[0].attempt) is None  # A callback, not a call by hand.
