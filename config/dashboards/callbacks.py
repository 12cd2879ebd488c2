"""Callbacks against the law's deadline."""

from __future__ import annotations

from config.dashboards.answers import RATE, share
from config.dashboards.description import Colour, Kind, Panel, Query, Section, Words
from config.dashboards.wallboard import NONE_IS_GOOD

GREEN, RED = Colour.GREEN, Colour.RED

CALLBACKS = Section(
    Words("Перезвоны и закон", "Callbacks and the law"),
    (
        Panel(
            Kind.AREAS,
            Words("Кому должны перезвонить", "What is owed"),
            Words(
                "По состояниям; with_human и impossible – за человеком.",
                "By state; with_human and impossible are a person's.",
            ),
            (Query("sum by (state) (callengine_obligations_open)", "{{state}}"),),
            width=8,
            height=8,
        ),
        Panel(
            Kind.LINES,
            Words("До ближайшего срока", "Until the nearest deadline"),
            Words("Ниже нуля – срок прошёл.", "Below nought it is past."),
            (Query("min(callengine_callback_slack_seconds)", Words("осталось", "left")),),
            unit="s",
            width=8,
            height=8,
        ),
        Panel(
            Kind.LINES,
            Words("От звонка до контакта", "From the call to the contact"),
            Words("Закон даёт 600 с от поступления звонка.", "The law allows 600 s from the call's arrival."),
            tuple(
                Query(
                    share(quantile, "callengine_callback_delay_seconds_bucket"), f"p{round(quantile * 100)}"
                )
                for quantile in (0.5, 0.95)
            ),
            unit="s",
            width=8,
            height=8,
        ),
        Panel(
            Kind.COLUMNS,
            Words("Попытки дозвониться", "Dials"),
            Words("Каждый набор номера один раз, по результату.", "Each dial once, by its result."),
            (Query(f"sum by (result) (increase(callengine_callback_attempts_total[{RATE}]))", "{{result}}"),),
            width=8,
            height=8,
        ),
        Panel(
            Kind.COLUMNS,
            Words("Чем закрылись", "How they were closed"),
            Words(
                "Контакт, житель дозвонился сам, сообщение, вручную.",
                "Contact, the resident got through himself, message, by hand.",
            ),
            (
                Query(
                    f"sum by (closing) (increase(callengine_obligations_closed_total[{RATE}]))", "{{closing}}"
                ),
            ),
            width=8,
            height=8,
        ),
        Panel(
            Kind.BARS,
            Words("Вердикты по закону за показанное время", "The law's verdicts over the time shown"),
            Words("Каждый звонок один раз, по компаниям.", "Each call once, by company."),
            (
                Query(
                    "sum by (company, verdict) (increase(callengine_calls_judged_total[$__range]))",
                    "{{company}}: {{verdict}}",
                ),
            ),
            decimals=0,
            width=8,
            height=8,
        ),
        Panel(
            Kind.STAT,
            Words("Сейчас", "Now"),
            Words(
                "Срок прошёл; задачи, которых никто не взял; неуслышанные сообщения.",
                "Past the deadline; tasks nobody took; messages nobody heard.",
            ),
            (
                Query("sum(callengine_obligations_overdue_now)", Words("срок прошёл", "past the deadline")),
                Query("sum(callengine_human_tasks_unassigned)", Words("задачи", "tasks")),
                Query("sum(callengine_messages_waiting)", Words("сообщения", "messages")),
            ),
            width=16,
            height=5,
            steps=NONE_IS_GOOD,
        ),
        Panel(
            Kind.STAT,
            Words("Перезвоны", "Callbacks"),
            Words("Остановил ли их супервизор.", "Whether a supervisor stopped them."),
            (Query("max(callengine_callbacks_stopped)"),),
            width=8,
            height=5,
            meanings=((0, Words("идут", "running"), GREEN), (1, Words("ОСТАНОВЛЕНЫ", "STOPPED"), RED)),
        ),
    ),
)
