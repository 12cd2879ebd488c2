"""Who listens to which fact, in this order: the one place to look, and the one to add to.

What the orders are for: whoever enters the line is told of the menu before an agent who dials him takes his call;
what he is owed is judged before a channel that his call set free is given to the next callback.
"""

from __future__ import annotations

from queues.app_queue import fallback_return, watched_calls
from queues.callbacks import capacity, obligations, outage
from queues.calls import inbound_during_dial, traces, wait_menu
from queues.state.facts import (
    AppQueueLeft,
    AttemptOver,
    CallOver,
    HoldEntered,
    LineEntered,
    ResidentAnswered,
    ResidentArrived,
)
from queues.state.handlers import Subscriptions

SUBSCRIPTIONS: Subscriptions = {
    ResidentArrived: (obligations.resident_arrived,),
    AppQueueLeft: (watched_calls.caller_left, fallback_return.caller_left),
    LineEntered: (wait_menu.line_entered,),
    HoldEntered: (inbound_during_dial.take,),
    ResidentAnswered: (obligations.resident_got_through,),
    CallOver: (obligations.call_over, capacity.call_over, traces.call_over),
    AttemptOver: (capacity.attempt_over, outage.attempt_over),
}
