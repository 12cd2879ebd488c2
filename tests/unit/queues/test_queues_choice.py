"""Waiting residents who choose a callback or leave a message, and the clock of each message."""

from __future__ import annotations

from dataclasses import replace

from queues.messages import events
from queues.messages.commands import OfferCall, OfferChoice, PlayMessage
from queues.messages.events import Choice, DeviceState, Review
from queues.messages.journal import CallFinished, ChoiceTaken, MessagePlayed, MessageRecorded
from queues.policy import CentrePolicy
from queues.terms.identifiers import CallId, ChannelName, CompanyId, MessageId
from queues.terms.outcomes import OfferResult
from queues.terms.phone import Phone
from sla.promises import RU_416, Readings, ReviewMeans
from tests.support.centre import EMERGENCY, GENERAL_DID, arrived, holding, moment, small_centre
from tests.support.shift import A1, OB1, Shift

C1, M1 = CallId("c1"), MessageId("c1")
HIS = ChannelName("PJSIP/1001-7")


def centre(readings: Readings | None = None) -> CentrePolicy:
    policy = small_centre(1)
    rules = (RU_416,) if readings is None else (replace(RU_416, readings=readings),)
    return replace(
        policy, lines={did: replace(line, choice=True, rules=rules) for did, line in policy.lines.items()}
    )


def told(shift: Shift, number: str = "+79161234567") -> list[OfferChoice]:
    """He has waited three minutes in vain."""
    shift.tell(arrived("c1", 0, number=number))
    shift.tell(holding("c1", 0))
    shift.tell(events.TimePassed(moment(180)))
    return [c for decision in shift.decisions for c in decision.commands if isinstance(c, OfferChoice)]


def outcomes(shift: Shift) -> list[str]:
    return [entry.outcome.value for entry in shift.journal(CallFinished) if isinstance(entry, CallFinished)]


def message_left(shift: Shift, at: float = 200) -> None:
    told(shift)
    shift.tell(events.ChoiceMade(moment(185), C1, Choice.MESSAGE))
    shift.tell(events.MessageLeft(moment(at), C1, "/r/m.wav"))
    shift.tell(events.CallEnded(moment(at), C1, 16))


def test_he_is_told_once_when_the_laws_time_runs_and_only_on_lines_where_it_is_offered() -> None:
    shift = Shift(centre())
    assert [(one.call, one.may_be_called) for one in told(shift)] == [("c1", True)]
    shift.tell(events.TimePassed(moment(400)))
    assert len([c for d in shift.decisions for c in d.commands if isinstance(c, OfferChoice)]) == 1
    assert told(Shift(small_centre(1))) == []
    assert [one.may_be_called for one in told(Shift(centre()), number="")] == [False]


def test_while_a_phone_rings_for_him_he_is_not_disturbed() -> None:
    shift = Shift(centre())
    shift.tell(arrived("c1", 0))
    shift.tell(holding("c1", 0))
    shift.devices(179, DeviceState.IDLE)
    assert shift.dispatcher.view().calls[0].state == "offered"
    decision = shift.tell(events.TimePassed(moment(180)))
    assert not [c for c in decision.commands if isinstance(c, OfferChoice)]
    shift.tell(
        events.CallHolding(moment(185), C1, shift.dispatcher.centre.calls[C1].offer, OfferResult.NO_ANSWER)
    )
    decision = shift.tell(events.TimePassed(moment(195)))
    assert [c for c in decision.commands if isinstance(c, OfferChoice)]


def test_a_callback_that_he_asked_for_keeps_his_arrival_and_does_not_wait_for_another_call_of_his() -> None:
    shift = Shift(centre())
    told(shift)
    shift.tell(events.ChoiceMade(moment(185), C1, Choice.CALLBACK))
    shift.devices(186, DeviceState.IDLE)
    assert not [c for c in shift.decisions[-1].commands if isinstance(c, OfferCall)]  # He is leaving.
    shift.tell(events.CallEnded(moment(188), C1, 16))
    assert outcomes(shift) == ["callback_requested"]
    assert shift.wakes == [moment(188)]
    shift.due(188)
    assert [dial.due_at for dial in shift.dials] == [moment(600)]
    assert shift.journal(ChoiceTaken) == [ChoiceTaken(moment(185), C1, Choice.CALLBACK)]


def test_who_chose_and_stays_waits_again_in_his_place() -> None:
    shift = Shift(centre())
    told(shift)
    shift.tell(events.ChoiceMade(moment(185), C1, Choice.MESSAGE))
    shift.tell(holding("c1", 195))  # Nothing was recorded.
    shift.devices(196, DeviceState.IDLE)
    assert [c.call for c in shift.decisions[-1].commands if isinstance(c, OfferCall)] == ["c1"]
    shift.tell(events.CallAnswered(moment(200), C1, A1))
    shift.tell(events.CallEnded(moment(260), C1, 16))
    assert (outcomes(shift), shift.verdicts) == (["answered"], {"c1": "answered_in_time"})


def test_a_number_that_was_typed_is_judged_like_any_other() -> None:
    shift = Shift(centre())
    told(shift, number="")
    shift.tell(events.ChoiceMade(moment(185), C1, Choice.CALLBACK, Phone("9161112233")))
    shift.tell(events.CallEnded(moment(188), C1, 16))
    shift.devices(189, DeviceState.IDLE)
    shift.due(190)
    assert [dial.e164.whole for dial in shift.dials] == ["+79161112233"]
    foreign = Shift(centre())
    told(foreign, number="")
    foreign.tell(events.ChoiceMade(moment(185), C1, Choice.CALLBACK, Phone("88091234567")))
    foreign.tell(events.CallEnded(moment(188), C1, 16))
    assert foreign.tasks == ["number_type"]


def test_a_message_reviewed_in_time_is_the_laws_third_way() -> None:
    shift = Shift(centre())
    message_left(shift)
    assert outcomes(shift) == ["message_left"]
    (recorded,) = shift.journal(MessageRecorded)
    assert isinstance(recorded, MessageRecorded)
    assert recorded.due_at == moment(800)
    decision = shift.tell(events.MessageWanted(moment(300), A1, HIS))
    assert [c for c in decision.commands if isinstance(c, PlayMessage)] == [PlayMessage(M1, HIS, "/r/m.wav")]
    shift.due(650)  # Past the contact's limit, inside the message's own.
    assert shift.verdicts == {}
    shift.tell(events.MessageReviewed(moment(790), M1, Review.DONE, "1001"))
    assert shift.verdicts == {"c1": "message_reviewed_in_time"}
    assert shift.closed == [("message_reviewed", None)]


def test_a_message_that_nobody_reviews_is_answered_by_a_call_before_the_deadline() -> None:
    shift = Shift(centre())
    message_left(shift)
    assert shift.wakes == [moment(420)]
    shift.devices(421, DeviceState.IDLE)
    shift.due(421)
    assert len(shift.dials) == 1


def test_reviewed_too_late_it_discharges_nothing() -> None:
    shift = Shift(centre())
    message_left(shift)
    shift.due(801)
    assert shift.verdicts == {"c1": "broken"}
    shift.tell(events.MessageReviewed(moment(810), M1, Review.DONE, "1001"))
    assert shift.closed == []


def test_whoever_hears_that_he_must_be_called_has_him_called_now() -> None:
    shift = Shift(centre())
    message_left(shift)
    shift.devices(210, DeviceState.IDLE)
    shift.tell(events.MessageReviewed(moment(220), M1, Review.CALL_BACK, "1001"))
    assert len(shift.dials) == 1
    assert shift.dispatcher.centre.messages == {}


def test_by_a_mild_reading_opening_it_is_a_review() -> None:
    shift = Shift(centre(Readings(review=ReviewMeans.OPENED)))
    message_left(shift)
    shift.tell(events.MessageWanted(moment(300), A1, HIS))
    assert shift.verdicts == {"c1": "message_reviewed_in_time"}


def test_the_oldest_unheard_message_comes_first_and_none_is_nobodys() -> None:
    shift = Shift(centre())
    for n, at in enumerate((10, 20), start=1):
        call = CallId(f"c{n}")
        shift.tell(arrived(call, at, number=f"+7916000000{n}"))
        shift.tell(holding(call, at))
        shift.tell(events.MessageLeft(moment(at + 1), call, f"/r/{n}.wav"))
        shift.tell(events.CallEnded(moment(at + 2), call, 16))
    played = [
        c.path
        for at in (30, 40, 50)
        for c in shift.tell(events.MessageWanted(moment(at), A1, HIS)).commands
        if isinstance(c, PlayMessage)
    ]
    assert played == ["/r/1.wav", "/r/2.wav", "/r/1.wav"]


def test_the_second_residents_message_is_not_closed_with_the_first_ones_contact() -> None:
    """Two people behind one number of an office."""
    shift = Shift(centre())
    shift.miss("c0", 1)
    message_left(shift)
    assert len(shift.dispatcher.centre.obligations) == 1
    shift.tell(
        events.ObligationCloseRequested(
            moment(300), next(iter(shift.dispatcher.centre.obligations)), "x", "y"
        )
    )
    assert list(shift.dispatcher.centre.messages) == [M1]


def test_a_restarted_engine_tells_him_once_all_the_same() -> None:
    for offered, expected in ((False, 1), (True, 0)):
        shift = Shift(centre())
        known = events.KnownCall(
            C1,
            moment(-170),
            GENERAL_DID,
            Phone("+79161234567"),
            queued_at=moment(-170),
            choice_offered=offered,
        )
        shift.tell(events.LedgerRestored(moment(0), (known,)))
        live = events.LiveCall(
            C1,
            ChannelName("PJSIP/trunk-1"),
            moment(-170),
            GENERAL_DID,
            known.number,
            events.LiveCallState.HOLDING,
        )
        shift.tell(events.PbxSnapshot(moment(1), (live,), ()))
        shift.tell(events.TimePassed(moment(10)))
        told_now = [
            c for decision in shift.decisions for c in decision.commands if isinstance(c, OfferChoice)
        ]
        assert len(told_now) == expected


def test_a_restarted_engine_knows_messages_and_choices() -> None:
    shift = Shift(centre())
    known = events.KnownMessage(M1, CompanyId("sever"), GENERAL_DID, moment(-50), "/r/m.wav")
    shift.tell(events.LedgerRestored(moment(0), (), messages=(known,)))
    decision = shift.tell(events.MessageWanted(moment(1), A1, HIS))
    assert [c.message for c in decision.commands if isinstance(c, PlayMessage)] == [M1]


def test_who_presses_a_key_while_a_phone_rings_for_him_stays_to_be_answered() -> None:
    """Answered is better than called back; not answered, he is called back at once."""
    shift = Shift(centre())
    shift.devices(0, DeviceState.IDLE)
    shift.tell(arrived("c1", 1))
    shift.tell(holding("c1", 1))
    shift.tell(events.ChoiceMade(moment(3), C1, Choice.CALLBACK))
    assert [call.state.value for call in shift.dispatcher.view().calls] == ["offered"]
    shift.tell(events.CallAnswered(moment(5), C1, A1))
    shift.tell(events.CallEnded(moment(9), C1, 16))
    assert shift.dispatcher.centre.obligations == {}


def test_a_message_that_is_told_twice_or_reviewed_twice_is_one_message() -> None:
    shift = Shift(centre())
    shift.tell(arrived("c1", 1))
    for path in ("/r/a.wav", "/r/b.wav"):
        shift.tell(events.MessageLeft(moment(2), C1, path))
    assert [one.path for one in shift.journal(MessageRecorded)] == ["/r/a.wav"]
    shift.tell(events.CallEnded(moment(3), C1, 16))
    decision = shift.tell(events.MessageReviewed(moment(9), MessageId("c9"), Review.DONE, "7"))
    assert (decision.journal, decision.commands) == ((), ())


def test_somebody_opened_it_on_a_screen_and_the_next_who_asks_hears_another() -> None:
    shift = Shift(centre())
    shift.tell(arrived("c1", 1))
    shift.tell(events.MessageLeft(moment(2), C1, "/r/a.wav"))
    shift.tell(events.CallEnded(moment(3), C1, 16))
    shift.tell(events.MessageReviewed(moment(9), MessageId("c1"), Review.OPENED, "7"))
    assert shift.dispatcher.centre.messages[MessageId("c1")].opened_at == moment(9)
    shift.tell(events.MessageReviewed(moment(19), MessageId("c1"), Review.OPENED, "8"))
    assert [one.by for one in shift.journal(MessagePlayed)] == ["7", "8"]


def test_a_message_whose_resident_got_through_is_closed_by_whoever_hears_it_and_nobody_is_dialled() -> None:
    shift = Shift(centre())
    message_left(shift)
    shift.tell(events.ObligationCloseRequested(moment(210), OB1, "7", "spoke with him"))
    shift.devices(215, DeviceState.IDLE)
    shift.tell(events.MessageReviewed(moment(220), M1, Review.CALL_BACK, "1001"))
    assert (shift.dials, shift.dispatcher.centre.messages) == ([], {})


def test_an_agent_hears_the_messages_of_his_own_queues_only() -> None:
    policy = centre()
    his = replace(policy.agents[A1], queues=frozenset({EMERGENCY}))
    shift = Shift(replace(policy, agents={A1: his}))
    message_left(shift)
    decision = shift.tell(events.MessageWanted(moment(300), A1, HIS))
    assert (decision.commands, decision.journal) == ((), ())
