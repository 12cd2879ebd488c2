"""A waiting resident may keep his place and be called back, or leave a message, when the law's time runs."""

from __future__ import annotations

from datetime import datetime

from queues.messages import events
from queues.messages.commands import OfferChoice
from queues.messages.journal import ChoiceOffered, ChoiceTaken, Outcome
from queues.state.call import Call, CallInput, CallState
from queues.state.core_state import Centre
from queues.state.facts import LineEntered
from queues.state.handlers import TimerHandlers
from queues.state.timers import TimerKind
from queues.terms.identifiers import CallId
from queues.terms.outcomes import Choice
from queues.terms.phone_numbers import judge


def line_entered(centre: Centre, fact: LineEntered) -> None:
    """He will be told when it takes too long."""
    call, after = fact.call, centre.policy.choice.after
    if call.line.choice and after is not None and not call.choice_offered:
        centre.timers.arm(TimerKind.CHOICE, call.id, call.arrived_at + after)


def time_came(centre: Centre, call_id: str, now: datetime) -> None:
    """Tell him, unless a human is just being rung for him."""
    call = centre.calls.get(CallId(call_id))
    if call is None or call.choice_offered:
        return
    if call.state is not CallState.WAITING or not centre.synced:
        if call.state is not CallState.TALKING:
            centre.timers.arm(TimerKind.CHOICE, call.id, now + centre.policy.choice.again_after)
        return
    call.choice_offered = True
    policy = centre.policy.callbacks
    may_be_called = judge(call.number, policy.own_numbers, policy.region).refusal is None
    centre.note(ChoiceOffered(now, call.id))
    centre.order(OfferChoice(call.id, call.channel, may_be_called))


def choose(centre: Centre, call: Call, event: events.ChoiceMade) -> None:
    """He pressed a key: his consent. He keeps his arrival, and leaves the line.

    While a phone already rings for him he stays where he is: answered is better than called back.
    """
    call.choice = event.choice
    if call.number.is_withheld:
        call.typed_number = event.number
    centre.note(ChoiceTaken(event.at, call.id, event.choice, call.typed_number))
    if call.state is not CallState.OFFERED:
        centre.take_out_of_line(call)
        centre.timers.disarm(TimerKind.HELD_BACK, call.id)
        call.move(CallInput.CHOSE)


def chosen_meanwhile(centre: Centre, call: Call, choice: events.ChoiceMade | None) -> None:
    """What he chose while we were away: his consent counts all the same."""
    if choice is not None and call.choice is None and call.answered_at is None:
        choose(centre, call, choice)


def found_leaving(centre: Centre, call: Call, choice: events.ChoiceMade | None) -> None:
    """A snapshot finds him on his way out: his consent may be news, that nobody is to be rung for him is certain."""
    if choice is not None and call.choice is not choice.choice:
        choose(centre, call, choice)
    centre.take_out_of_line(call)
    centre.timers.disarm(TimerKind.HELD_BACK, call.id)
    call.move(CallInput.CHOSE)


def outcome_of(call: Call, outcome: Outcome) -> Outcome:
    """A call that no human answered ends as he chose."""
    if outcome not in {Outcome.ABANDONED, Outcome.LOST}:
        return outcome
    if call.message_at is not None:
        return Outcome.MESSAGE_LEFT
    return Outcome.CALLBACK_REQUESTED if call.choice is Choice.CALLBACK else outcome


TIMERS: TimerHandlers = {
    TimerKind.CHOICE: time_came,
}
