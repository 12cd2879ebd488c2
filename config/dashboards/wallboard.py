"""The wallboard: what the supervisor must see without a click, each number with what to do about it beside it."""

from __future__ import annotations

from dataclasses import replace

from config.dashboards.description import Board, Colour, Kind, Panel, Query, Section, Steps, Words

Q = 'queue=~"$queue"'
GREEN, AMBER, RED, GREY, BLUE, NEUTRAL = (
    Colour.GREEN,
    Colour.AMBER,
    Colour.RED,
    Colour.GREY,
    Colour.BLUE,
    Colour.NEUTRAL,
)
GOAL = 0.88
"""The usual one; a centre with another makes its own copy: `with_goal`."""
_AMBER_BELOW_GOAL = 0.08


def level_steps(goal: float) -> Steps:
    """A service level's colours: green from the goal on, amber a little below it."""
    return ((None, RED), (round(goal - _AMBER_BELOW_GOAL, 4), AMBER), (goal, GREEN))


LEVEL_STEPS = level_steps(GOAL)
WAIT_STEPS = ((None, NEUTRAL), (30, AMBER), (120, RED))
NONE_IS_GOOD = ((None, NEUTRAL), (1, AMBER))
NONE_IS_A_MUST = ((None, GREEN), (1, RED))
FEW = 10
"""Below so many calls a percentage says little, and is grey."""
YES_NO = ((0, Words("НЕТ", "NO"), RED), (1, Words("да", "yes"), GREEN))

_LEVEL = (
    f'sum(callengine_window_calls{{{Q},window="%s",kind="answered_within"}})'
    f' / (sum(callengine_service_level_calls{{{Q},window="%s"}}) > 0)'
)


def service_level(window: str) -> str:
    """Answered within each queue's own target ÷ offered, of the queues that are looked at."""
    return _LEVEL % (window, window)


def calls(window: str) -> str:
    """That ratio's denominator."""
    return f'sum(callengine_service_level_calls{{{Q},window="{window}"}})'


def _level(window: str, title: Words, about: Words, *, width: int, height: int) -> Panel:
    return Panel(
        Kind.STAT,
        title,
        about,
        (
            Query(f"{service_level(window)} and {calls(window)} >= {FEW}"),
            Query(f"{service_level(window)} and {calls(window)} < {FEW}", colour=GREY),
        ),
        unit="percentunit",
        decimals=1,
        width=width,
        height=height,
        steps=LEVEL_STEPS,
        empty=Words("звонков нет", "no calls"),
    )


NOW = Section(
    Words("Сейчас", "Now"),
    (
        _level(
            "today",
            Words("Отвечено в срок, сегодня", "Answered in time, today"),
            Words(
                "Ответил человек не позже норматива очереди ÷ все поступившие. Кто ждёт дольше "
                "норматива, уже в знаменателе. "
                "Серое число – звонков меньше десяти.",
                "Answered by a human within the queue's target ÷ all offered. Who waits past the "
                "target counts already. "
                "Grey: fewer than ten calls.",
            ),
            width=8,
            height=9,
        ),
        Panel(
            Kind.STAT,
            Words("Ждут сейчас", "Waiting now"),
            Words("Жители, которым ещё никто не ответил.", "Residents whom no human has answered yet."),
            (Query(f"sum(callengine_calls_waiting{{{Q}}})"),),
            width=5,
            height=9,
            steps=((None, NEUTRAL), (1, AMBER), (3, RED)),
        ),
        Panel(
            Kind.STAT,
            Words("Дольше всех ждёт", "Longest wait"),
            Words(
                "От поступления звонка. 120 с – красное; закон даёт на ответ 300 с.",
                "From the call's arrival. Red from 120 s; the law allows 300 s.",
            ),
            (Query(f"max(callengine_longest_wait_seconds{{{Q}}})"),),
            unit="s",
            decimals=0,
            width=5,
            height=9,
            steps=WAIT_STEPS,
        ),
        Panel(
            Kind.BARS,
            Words("Операторы", "Agents"),
            Words(
                "Все операторы по состояниям: кто может взять следующий звонок и почему не может.",
                "All agents by state: who can take the next call, and why not.",
            ),
            (
                Query('sum(callengine_agents{state="free"})', Words("свободны", "free"), GREEN),
                Query('sum(callengine_agents{state=~"offered|talking"})', Words("говорят", "talking"), BLUE),
                Query('sum(callengine_agents{state="wrap_up"})', Words("оформляют", "wrap-up"), AMBER),
                Query(
                    'sum(callengine_agents{state=~"paused|decline_pause"})', Words("пауза", "paused"), AMBER
                ),
                Query(
                    'sum(callengine_agents{state=~"unavailable|busy_elsewhere"})',
                    Words("телефон недоступен", "phone away"),
                    RED,
                ),
                Query('sum(callengine_agents{state="logged_out"})', Words("не вошли", "logged out"), GREY),
            ),
            width=6,
            height=9,
        ),
    ),
)

TODAY = Section(
    Words("Сегодня", "Today"),
    (
        _level(
            "1h",
            Words("В срок, последний час", "In time, last hour"),
            Words("То же за последний час.", "The same for the last hour."),
            width=4,
            height=5,
        ),
        Panel(
            Kind.STAT,
            Words("Звонков сегодня", "Calls today"),
            Words(
                "Поступило с полуночи (часовой пояс центра).",
                "Offered since midnight (the centre's time zone).",
            ),
            (Query(f'sum(callengine_window_calls{{{Q},window="today",kind="offered"}})'),),
            width=4,
            height=5,
        ),
        Panel(
            Kind.STAT,
            Words("Без ответа сегодня", "Unanswered today"),
            Words(
                "Закончились без человека; из них повесили трубку раньше 5 с.",
                "Ended without a human; of these, hung up before 5 s.",
            ),
            (
                Query(
                    f'sum(callengine_window_calls{{{Q},window="today",kind="unanswered"}})',
                    Words("всего", "all"),
                ),
                Query(
                    f'sum(callengine_window_calls{{{Q},window="today",kind="abandoned_short"}})',
                    Words("до 5 с", "before 5 s"),
                    GREY,
                ),
            ),
            width=4,
            height=5,
            steps=NONE_IS_GOOD,
        ),
        Panel(
            Kind.STAT,
            Words("Должны перезвонить", "Callbacks owed"),
            Words(
                "Жители, с которыми по закону надо поговорить; из них срок прошёл.",
                "Residents who are owed a contact by law; of these, past the deadline.",
            ),
            (
                Query("sum(callengine_obligations_open)", Words("всего", "owed")),
                Query("sum(callengine_obligations_overdue_now)", Words("срок прошёл", "past it"), RED),
            ),
            width=4,
            height=5,
            steps=NONE_IS_GOOD,
        ),
        Panel(
            Kind.STAT,
            Words("До ближайшего срока", "Nearest deadline in"),
            Words(
                "Сколько осталось до ближайшего срока перезвона; минус – срок прошёл.",
                "Time left until the nearest callback deadline; negative: past it.",
            ),
            (Query("min(callengine_callback_slack_seconds)"),),
            unit="s",
            decimals=0,
            width=4,
            height=5,
            steps=((None, RED), (0, AMBER), (120, GREEN)),
            empty=Words("никому не должны", "nothing owed"),
        ),
        Panel(
            Kind.STAT,
            Words("Задачи для человека", "Tasks for a human"),
            Words(
                "Никто не взял; и голосовые сообщения, которых никто не слышал.",
                "That nobody has taken; and voice messages that nobody has heard.",
            ),
            (
                Query("sum(callengine_human_tasks_unassigned)", Words("задачи", "tasks")),
                Query("sum(callengine_messages_waiting)", Words("сообщения", "messages")),
            ),
            width=4,
            height=5,
            steps=NONE_IS_GOOD,
        ),
        Panel(
            Kind.LINES,
            Words("Сутки по четвертям часа", "The day by quarter hours"),
            Words(
                "Столбцы – поступившие звонки за 15 минут, линия – доля отвеченных в срок за те же "
                "15 минут, серая линия – цель.",
                "Columns: calls offered in 15 minutes; line: the share of these answered in time; "
                "the grey line is the goal.",
            ),
            (
                Query(
                    f"sum(increase(callengine_calls_offered_total{{{Q}}}[15m]))",
                    Words("поступило", "offered"),
                    BLUE,
                    as_columns=True,
                ),
                Query(
                    f'sum(increase(callengine_answer_targets_total{{{Q},result="kept"}}[15m]))'
                    f" / (sum(increase(callengine_answer_targets_total{{{Q}}}[15m])) > 0)",
                    Words("в срок", "in time"),
                    GREEN,
                ),
                Query(f"min(callengine_queue_goal_ratio{{{Q}}})", Words("цель", "goal"), GREY),
            ),
            unit="percentunit",
            width=24,
            height=8,
            highest=1,
            interval="15m",
        ),
        Panel(
            Kind.TABLE,
            Words("По очередям", "By queue"),
            Words("Каждая очередь по её собственному нормативу.", "Each queue by its own target."),
            (
                Query(f"sum by (queue) (callengine_calls_waiting{{{Q}}})", Words("ждут", "waiting")),
                Query(
                    f"max by (queue) (callengine_longest_wait_seconds{{{Q}}})",
                    Words("дольше всех", "longest"),
                    unit="s",
                ),
                Query(
                    f"max by (queue) "
                    f'(callengine_service_level_ratio{{{Q},formula="offered",window="today"}})',
                    Words("в срок сегодня", "in time today"),
                    unit="percentunit",
                ),
                Query(
                    f'sum by (queue) (callengine_window_calls{{{Q},window="today",kind="offered"}})',
                    Words("звонков", "calls"),
                ),
                Query(
                    f'sum by (queue) (callengine_window_calls{{{Q},window="today",kind="unanswered"}})',
                    Words("без ответа", "unanswered"),
                ),
                Query(
                    f'sum by (queue) (callengine_queue_agents{{{Q},state="free"}})',
                    Words("свободны", "free agents"),
                ),
            ),
            width=16,
            height=7,
        ),
        Panel(
            Kind.STAT,
            Words("Связь", "Links"),
            Words(
                "Движок отвечает, AMI подключён, состояние АТС известно, регистрации у операторов "
                "связи действуют. "
                "Если движок не отвечает, все числа на экране устарели.",
                "The engine answers, AMI is up, the PBX's state is known, registrations stand. When "
                "the engine does not "
                "answer, every number on this screen is old.",
            ),
            (
                Query('min(up{job="callengine"}) or vector(0)', Words("движок", "engine")),
                Query("min(callengine_ami_connected)", "AMI"),
                Query("min(callengine_pbx_state_known)", Words("АТС", "PBX")),
                Query("min(callengine_trunk_registered)", Words("регистрации", "registrations")),
            ),
            width=8,
            height=7,
            meanings=YES_NO,
        ),
    ),
)

WALLBOARD = Board(
    "wallboard",
    Words("callengine: табло", "callengine: wallboard"),
    Words("Что супервизор должен видеть сразу.", "What a supervisor must see at once."),
    (NOW, TODAY),
    refresh="5s",
    since="now-24h",
)


def with_goal(board: Board, goal: float) -> Board:
    """The same board for a centre with another goal. Raises ValueError unless it is a share that has an amber below."""
    if not _AMBER_BELOW_GOAL < goal <= 1:
        raise ValueError(f"a goal is a share above {_AMBER_BELOW_GOAL} up to 1, such as 0.9, and not {goal}")

    def coloured(panel: Panel) -> Panel:
        return replace(panel, steps=level_steps(goal)) if panel.steps == LEVEL_STEPS else panel

    sections = (replace(section, panels=tuple(map(coloured, section.panels))) for section in board.sections)
    return replace(board, sections=tuple(sections))
