"""A DID nobody configured: its resident is served, is owed what everybody is owed, and it is said."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, timedelta

import pytest

from queues.messages import events
from queues.messages.journal import CallOffered, HumanTaskOpened, ObligationOpened
from queues.policy import CentrePolicy, Dispatch, WatchPolicy
from queues.state.unlisted import UNKNOWN
from queues.terms.identifiers import CallId, CompanyId, Did, ObligationId
from tests.support.centre import (
    CALLBACK,
    EMERGENCY,
    EMERGENCY_DID,
    GENERAL,
    GENERAL_DID,
    Desk,
    arrived,
    holding,
    moment,
    small_centre,
)
from tests.unit.queues.test_queues_pbx_queue import seen, watching

C1 = CallId("c1")
MENU = Did("s")


def two_companies() -> CentrePolicy:
    policy = small_centre()
    other = replace(policy.lines[EMERGENCY_DID], company=CompanyId("yug"))
    return replace(policy, lines={**policy.lines, EMERGENCY_DID: other})


def calls(policy: CentrePolicy, did: Did) -> Desk:
    """c1 dials it, waits, and gives up after 20 seconds."""
    desk = Desk(policy)
    desk.open()
    desk.tell(arrived(C1, 1, did=did))
    desk.tell(holding(C1, 1))
    desk.tell(events.CallEnded(moment(20), C1, 16))
    return desk


def offered(desk: Desk) -> CallOffered:
    (entry,) = desk.journal(CallOffered)
    assert isinstance(entry, CallOffered)
    return entry


def test_a_number_of_no_line_is_said_and_a_number_of_a_line_is_not() -> None:
    assert offered(calls(small_centre(), MENU)).unlisted == MENU
    assert offered(calls(small_centre(), GENERAL_DID)).unlisted is None


def test_he_is_called_back_although_nobody_knows_whose_resident_he_is() -> None:
    desk = calls(two_companies(), MENU)
    (opened,) = desk.journal(ObligationOpened)
    assert isinstance(opened, ObligationOpened)
    assert (opened.company, opened.did, opened.queue) == (UNKNOWN, MENU, GENERAL)
    assert opened.due_at == moment(1) + timedelta(seconds=600)
    assert not desk.journal(HumanTaskOpened)
    owed = desk.dispatcher.view().obligations
    assert [one.obligation for one in owed] == [ObligationId("ob-c1")]


def test_one_company_is_the_only_one_it_can_be() -> None:
    assert offered(calls(small_centre(), MENU)).company == "sever"
    assert offered(calls(two_companies(), MENU)).company == UNKNOWN


def test_the_line_that_the_settings_name_takes_them_and_it_is_said_all_the_same() -> None:
    policy = replace(two_companies(), unlisted_line=GENERAL_DID)
    entry = offered(calls(policy, MENU))
    assert (entry.company, entry.queue, entry.did, entry.unlisted) == ("sever", GENERAL, MENU, MENU)
    # Read again after a restart, by its DID alone, it is the same line.
    assert Desk(policy).dispatcher.centre.line_of(MENU).did == GENERAL_DID


@pytest.mark.parametrize("engine_queue", [GENERAL, EMERGENCY])
def test_a_queue_that_the_engine_dispatches_takes_them(engine_queue: str) -> None:
    policy = two_companies()
    for name in (GENERAL, EMERGENCY):
        if name != engine_queue:
            watched = replace(policy.queues[name], dispatch=Dispatch.ASTERISK, watch=WatchPolicy(("500",)))
            policy = replace(policy, queues={**policy.queues, name: watched})
    assert offered(calls(policy, MENU)).queue == engine_queue


def test_trunk_and_caller_id_are_lent_by_a_line_of_its_queue_that_can_call_back() -> None:
    policy = two_companies()
    mute = {did: replace(line, callback=None) for did, line in policy.lines.items()}
    only_general = {**mute, GENERAL_DID: replace(mute[GENERAL_DID], callback=CALLBACK)}
    for lines, lent in ((mute, None), (only_general, CALLBACK)):
        line = Desk(replace(policy, lines=lines)).dispatcher.centre.line_of(MENU)
        assert (line.callback, line.company, line.choice) == (lent, UNKNOWN, False)
        assert line.rules_at(moment(0), UTC) is not None


def test_the_agents_phone_says_that_the_number_is_not_configured() -> None:
    policy = replace(two_companies(), unlisted_label="Unlisted number {did}")
    line = Desk(policy).dispatcher.centre.line_of(Did("7495" * 10))
    assert line.label.startswith("Unlisted number 7495")
    assert len(line.label) == 40


def test_a_watched_queue_says_it_only_where_it_had_to_guess() -> None:
    named, unnamed = watching(), watching()
    queue = replace(unnamed.queues[GENERAL], watch=WatchPolicy(("500",)))
    unnamed = replace(unnamed, queues={**unnamed.queues, GENERAL: queue})
    for policy, dialled, said in (
        (unnamed, "74950009999", "74950009999"),
        (unnamed, GENERAL_DID, None),
        (unnamed, "500", None),
        (unnamed, "", None),
        (named, "74950009999", None),
    ):
        desk = Desk(policy)
        desk.open()
        desk.tell(seen(4, did=dialled))
        assert offered(desk).unlisted == said, dialled
        assert offered(desk).did == GENERAL_DID
