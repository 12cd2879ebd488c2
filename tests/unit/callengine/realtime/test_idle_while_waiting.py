"""Law 8's figure: how long residents waited although an agent was there, by what kept him."""

from __future__ import annotations

from collections import Counter

from callengine.realtime.idle_while_waiting import LossCause, LostSeconds
from queues.messages import journal as facts
from queues.messages.journal import AgentState, Outcome, ServedBy
from queues.terms.identifiers import AgentId, CallId, CompanyId, QueueName
from queues.terms.phone import WITHHELD
from tests.support.centre import EMERGENCY, GENERAL, GENERAL_DID, moment

A1, A2 = AgentId("1001"), AgentId("1002")


class Watched:
    """Two agents of the general queue, the second of the emergency queue too."""

    def __init__(self) -> None:
        self.lost: Counter[tuple[str, str]] = Counter()
        self.seconds = LostSeconds({A1: [GENERAL], A2: [GENERAL, EMERGENCY]}, self._count)
        self.watch(facts.LinkRestored(moment(0)), does(0, A1), does(0, A2))

    def _count(self, queue: QueueName, cause: LossCause, seconds: float) -> None:
        self.lost[queue, cause] += round(seconds)

    def watch(self, *entries: facts.JournalEntry) -> None:
        for entry in entries:
            self.seconds.observe(entry)

    def waits(self, call: str, at: float, *, watched: bool = False) -> None:
        moment_ = moment(at)
        self.watch(
            facts.CallOffered(
                moment_,
                CallId(call),
                moment_,
                GENERAL_DID,
                CompanyId("s"),
                "",
                GENERAL,
                WITHHELD,
                "",
                watched,
            ),
            facts.CallQueued(moment_, CallId(call)),
        )


def does(at: float, agent: AgentId, state: AgentState = AgentState.TALKING) -> facts.AgentStateChanged:
    return facts.AgentStateChanged(moment(at), agent, state)


def test_who_waits_because_everybody_talks_is_not_lost() -> None:
    watched = Watched()
    watched.waits("a", 0)
    watched.seconds.settle(moment(100))
    assert not watched.lost


def test_each_cause_is_counted_apart_and_no_more_residents_than_agents() -> None:
    watched = Watched()
    watched.waits("a", 0)
    watched.waits("b", 0)
    watched.watch(does(10, A1, AgentState.WRAP_UP), does(20, A1, AgentState.OFFERED))
    watched.watch(does(23, A2, AgentState.WRAP_UP))
    watched.watch(facts.CallConnected(moment(25), CallId("a"), A1, None, ServedBy.ENGINE), does(25, A1))
    watched.watch(facts.CallFinished(moment(30), CallId("b"), Outcome.ABANDONED, ServedBy.ENGINE))
    watched.seconds.settle(moment(99))
    # 10 s of the first one's rest and 7 s of the second one's; 5 s of ringing, one of the two rang for nobody else.
    assert watched.lost == {(GENERAL, LossCause.WRAP_UP): 10 + 7, (GENERAL, LossCause.RING): 5}


def test_an_agent_who_is_free_is_unexplained_unless_the_link_is_down() -> None:
    watched = Watched()
    watched.watch(does(5, A1, AgentState.FREE))
    watched.waits("a", 10)
    watched.watch(facts.LinkLost(moment(12)), facts.LinkRestored(moment(19)))
    watched.seconds.settle(moment(20))
    assert watched.lost == {(GENERAL, LossCause.UNEXPLAINED): 2 + 1, (GENERAL, LossCause.LINK_DOWN): 7}


def test_a_call_that_asterisk_dispatches_is_not_ours_to_lose() -> None:
    watched = Watched()
    watched.watch(does(5, A1, AgentState.FREE))
    watched.waits("a", 10, watched=True)
    watched.seconds.settle(moment(20))
    assert not watched.lost


def test_an_agent_who_serves_another_queue_from_now_on_is_lost_to_nobody_before() -> None:
    watched = Watched()
    watched.waits("a", 0)
    watched.watch(does(0, A2, AgentState.WRAP_UP))
    watched.seconds.follow({A1: [GENERAL], A2: [EMERGENCY]}, moment(4))
    watched.seconds.settle(moment(50))
    assert watched.lost == {(GENERAL, LossCause.WRAP_UP): 4}
