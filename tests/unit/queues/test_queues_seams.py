"""What a further kind of work, and a further strategy, take: one line each, from the outside."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from queues.invariants import violations
from queues.messages import events
from queues.policy import QueuePolicy
from queues.routing.work import WORK
from queues.state.agent import Agent
from queues.state.call import Place
from queues.state.core_state import Centre
from queues.terms.identifiers import AgentId, CallId, QueueName
from tests.support.centre import Desk, arrived, holding, moment, small_centre


@dataclass(frozen=True, slots=True)
class Exam:
    """A toy: an agent who has nothing to do answers questions. Residents come first."""

    id: str
    queue: QueuePolicy
    due_at: datetime

    @property
    def place(self) -> Place:
        return (self.queue.priority + 1, self.due_at, self.id)


def sit(centre: Centre, exam: Exam, agent: Agent, _at: datetime, _now: datetime) -> None:
    centre.take_out_of_line(exam)
    agent.give_task(exam.id)
    centre.touch(agent)


def test_a_toy_kind_of_work_waits_beside_residents_and_is_given_in_its_turn() -> None:
    desk = Desk(small_centre(1), work={**WORK, Exam: sit})
    desk.open()
    centre = desk.dispatcher.centre
    desk.tell(arrived("c1", 1))
    desk.tell(holding("c1", 1))
    exam = Exam("exam-1", next(iter(centre.policy.queues.values())), moment(0))
    centre.put_in_line(exam)
    desk.tell(events.TimePassed(moment(2)))
    (agent,) = centre.agents.values()
    assert (agent.task, agent.call) == (None, "c1"), "the resident has the agent"
    desk.tell(events.CallEnded(moment(3), CallId("c1"), 16))
    desk.tell(events.TimePassed(moment(4)))
    assert (agent.task, centre.waiters) == ("exam-1", {})
    desk.tell(arrived("c2", 5))
    desk.tell(holding("c2", 5))
    assert agent.call is None, "he is not rung in his exam (law 3)"
    assert violations(centre) == []


def test_another_strategy_is_another_order() -> None:
    def last_name_first(agent: Agent, _queue: QueueName) -> tuple[int, AgentId]:
        return (-int(agent.id), agent.id)

    usual = Desk(small_centre(2))
    other = Desk(small_centre(2), rank=last_name_first)
    chosen = []
    for desk in (usual, other):
        desk.open()
        desk.tell(arrived("c1", 1))
        desk.tell(holding("c1", 1))
        chosen += [agent.id for agent in desk.dispatcher.centre.agents.values() if agent.call == "c1"]
    assert chosen == ["1001", "1002"]
