"""The shift: waits, service level, outcomes, agents."""

from __future__ import annotations

from config.dashboards.description import Colour, Kind, Panel, Query, Section, Words
from config.dashboards.wallboard import Q

RATE = "$__rate_interval"
MISSED = "queue:callengine_targets_missed:"
GREY = Colour.GREY


def share(quantile: float, histogram: str, by: str = "") -> str:
    """A quantile of a histogram over the step that is shown."""
    return f"histogram_quantile({quantile}, sum by (le{by}) (rate({histogram}[{RATE}])))"


ANSWERS = Section(
    Words("Смена", "Shift"),
    (
        Panel(
            Kind.HEATMAP,
            Words("Сколько ждали ответа", "How long the answered waited"),
            Words(
                "Каждый столбец – звонки этого шага, по времени от поступления до ответа человека.",
                "Each column: the calls of that step, by the time from arrival to the human.",
            ),
            (
                Query(
                    f"sum by (le) (increase(callengine_answer_wait_seconds_bucket{{{Q}}}[{RATE}]))", "{{le}}"
                ),
            ),
            unit="s",
            width=12,
            height=8,
        ),
        Panel(
            Kind.LINES,
            Words(
                "Ожидание ответа: половина, 9 из 10, 99 из 100",
                "Wait of the answered: half, 9 of 10, 99 of 100",
            ),
            Words(
                "По отрезкам гистограммы; точные доли – рядом.",
                "From the histogram's buckets; exact shares are beside.",
            ),
            tuple(
                Query(
                    share(quantile, f"callengine_answer_wait_seconds_bucket{{{Q}}}"),
                    f"p{round(quantile * 100)}",
                )
                for quantile in (0.5, 0.9, 0.99)
            ),
            unit="s",
            width=12,
            height=8,
        ),
        Panel(
            Kind.BARS,
            Words("Сегодня по разным формулам", "Today by other formulas"),
            Words(
                "offered – наша: все поступившие в знаменателе. Остальные показывают другие системы "
                "под тем же именем; "
                "docs/metrics.md объясняет каждую.",
                "offered is ours: every offered call below the line. The others are what other "
                "systems show under that "
                "name; docs/metrics.md explains each.",
            ),
            (
                Query(
                    f'sum by (queue, formula) (callengine_service_level_ratio{{{Q},window="today"}})',
                    "{{queue}} {{formula}}",
                ),
            ),
            unit="percentunit",
            decimals=1,
            width=8,
            height=8,
            highest=1,
        ),
        Panel(
            Kind.LINES,
            Words("В срок за последний час: не меньше – не больше", "In time, last hour: at least – at most"),
            Words(
                "Границы 95 %-го интервала: при малом числе звонков доля мало что значит. Нижняя и "
                "верхняя оценки "
                "расходятся, если связь с АТС прерывалась.",
                "The ends of its 95 % interval: with few calls a share says little. Lower and upper "
                "bound part when the "
                "link to the PBX was down.",
            ),
            (
                Query(
                    f'max by (queue) (callengine_service_level_ratio{{{Q},formula="offered",window="1h"}})',
                    "{{queue}}",
                ),
                Query(
                    f'max by (queue) (callengine_service_level_interval_low_ratio{{{Q},window="1h"}})',
                    Words("{{queue}}: не меньше", "{{queue}}: at least"),
                    GREY,
                ),
                Query(
                    f'max by (queue) (callengine_service_level_interval_high_ratio{{{Q},window="1h"}})',
                    Words("{{queue}}: не больше", "{{queue}}: at most"),
                    GREY,
                ),
            ),
            unit="percentunit",
            width=8,
            height=8,
            highest=1,
        ),
        Panel(
            Kind.LINES,
            Words("Мимо норматива и сколько допустимо", "Missed targets, and what is allowed"),
            Words(
                "Доля звонков, не уложившихся в норматив очереди, за час и за шесть часов. Выше "
                "линии допустимого цель "
                "не выполняется; втрое выше – тревога.",
                "Share of calls that missed the queue's target, over one and six hours. Above the "
                "allowed share the goal "
                "is not met; three times above there is an alert.",
            ),
            (
                Query(f"{MISSED}ratio_rate1h{{{Q}}}", Words("{{queue}}: час", "{{queue}}: 1 h")),
                Query(f"{MISSED}ratio_rate6h{{{Q}}}", Words("{{queue}}: 6 часов", "{{queue}}: 6 h")),
                Query(
                    f"{MISSED}allowed_ratio{{{Q}}}", Words("{{queue}}: допустимо", "{{queue}}: allowed"), GREY
                ),
            ),
            unit="percentunit",
            width=8,
            height=8,
            highest=1,
        ),
        Panel(
            Kind.COLUMNS,
            Words("Чем кончились звонки", "How calls ended"),
            Words(
                "По исходам; сумма равна поступившим, кроме тех, кто ещё на линии.",
                "By outcome; the sum is the offered but for those still on the line.",
            ),
            (
                Query(
                    f"sum by (outcome) (increase(callengine_calls_finished_total{{{Q}}}[{RATE}]))",
                    "{{outcome}}",
                ),
            ),
            width=8,
            height=8,
        ),
        Panel(
            Kind.TABLE,
            Words("Сегодня по очередям", "Today by queue"),
            Words(
                "Средние за сегодня; AHT – разговор и оформление.", "Means of today; AHT is talk and wrap-up."
            ),
            (
                Query(
                    f'sum by (queue) (callengine_window_calls{{{Q},window="today",kind="offered"}})',
                    Words("поступило", "offered"),
                ),
                Query(
                    f'sum by (queue) (callengine_window_calls{{{Q},window="today",kind="answered"}})',
                    Words("отвечено", "answered"),
                ),
                Query(
                    f'max by (queue) (callengine_speed_of_answer_seconds{{{Q},window="today"}})',
                    "ASA",
                    unit="s",
                ),
                Query(
                    f'max by (queue) (callengine_handle_time_seconds{{{Q},window="today"}})', "AHT", unit="s"
                ),
                Query(
                    f'max by (queue) (callengine_abandonment_ratio{{{Q},window="today"}})',
                    Words("бросили", "abandoned"),
                    unit="percentunit",
                ),
                Query(
                    f'max by (queue) (callengine_time_to_abandon_seconds{{{Q},window="today"}})',
                    Words("бросили через", "after"),
                    unit="s",
                ),
                Query(
                    f'sum by (queue) (callengine_window_calls{{{Q},window="today",kind="repeat"}})',
                    Words("повторные", "repeat"),
                ),
            ),
            width=16,
            height=8,
        ),
        Panel(
            Kind.AREAS,
            Words("Операторы по состояниям", "Agents by state"),
            Words("Все операторы центра.", "All agents of the centre."),
            (Query("sum by (state) (callengine_agents)", "{{state}}"),),
            width=12,
            height=8,
        ),
        Panel(
            Kind.LINES,
            Words(
                "Кто-то ждал, хотя оператор был: причина", "Somebody waited though an agent was there: why"
            ),
            Words(
                "Секунд ожидания в секунду по причинам: звонит телефон, оформление, пауза после "
                "отказа, нет связи. "
                "unexplained должно быть нулём.",
                "Seconds of waiting in each second, by cause: ringing, wrap-up, pause after a "
                "refusal, no link. "
                "unexplained must be nought.",
            ),
            (
                Query(
                    f"sum by (cause) (rate(callengine_waiting_lost_seconds_total{{{Q}}}[{RATE}]))",
                    "{{cause}}",
                ),
            ),
            width=8,
            height=8,
        ),
        Panel(
            Kind.STAT,
            Words("Занятость", "Occupancy"),
            Words(
                "Разговор и оформление ÷ они же и готовность, все операторы, сегодня.",
                "Talk and wrap-up ÷ these and readiness, all agents, today.",
            ),
            (Query("max(callengine_occupancy_ratio)"),),
            unit="percentunit",
            decimals=0,
            width=4,
            height=8,
        ),
    ),
)
