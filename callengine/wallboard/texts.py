"""The board's words, in Russian and English; a language that lacks one does not pass the type check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

from babel.numbers import format_percent

from callengine.platform.language import LOCALES, Language, plural_form

Forms = tuple[str, str, str]
"""For 1, for 2 to 4, for 5 and more, as Russian has them; English has the last two alike."""

_NO_BREAK = "\u00a0"


@dataclass(frozen=True, slots=True)
class Texts:
    """All words of one language. In braces: what is filled in."""

    board: str
    whole_centre: str
    company: str
    queue: str
    level: str
    level_by_queue: str
    """Where queues have different targets."""
    today: str
    last_hour: str
    sure: str
    """The 95 % interval."""
    bounds: str
    """What the figure may be, whatever happened while the link was down."""
    formula: str
    formula_by_queue: str
    from_arrival: str
    from_queue: str
    mixed_clocks: str
    few: str
    waiting: str
    late: str
    """Of those who wait: past the target, so counted against the figure already."""
    longest: str
    agents: str
    lost: str
    short: str
    callbacks: str
    oldest: str
    nobody_owed: str
    tasks: Forms
    callbacks_stopped: str
    strip: str
    strip_told: str
    """For those who cannot see the strip."""
    unseen: str
    """Said beside the bounds."""
    more: str
    no_agents: str
    updated: str
    """How old the data is; `{n}` is filled in by the browser."""
    no_data: str
    pbx: str
    trunk: str
    trunks: str
    works: str
    away: str
    unlisted: str
    stands_by: str
    """Numbers that were dialled and that nobody configured."""
    not_known: str
    alarm: str
    view: str
    companies: str
    queues: str
    sound: str
    language: str
    sign_out: str
    without_script: str
    tones: Mapping[str, str]
    groups: Mapping[str, Forms]
    states: Mapping[str, str]


RU: Final = Texts(
    board="Табло",
    whole_centre="Весь центр",
    company="Компания",
    queue="Очередь",
    level="Отвечено за {t} с, цель {goal}",
    level_by_queue="Отвечено в срок, цель {goal}",
    today="сегодня n = {n}",
    last_hour="за час {value}",
    sure="95 %: {low}–{high}",
    bounds="возможно {low}–{high}",
    formula="≤ {t} с ÷ все звонки, {clock}",
    formula_by_queue="в срок ÷ все звонки, {clock}",
    from_arrival="от поступления",
    from_queue="от очереди",
    mixed_clocks="часы очередей",
    few="мало: n = {n}",
    waiting="Ждут",
    late="не в срок: {n}",
    longest="Дольше всех",
    agents="Диспетчеры",
    lost="Потеряно",
    short="<5 с: {n}",
    callbacks="Перезвонить",
    oldest="старший {age}",
    nobody_owed="никому",
    tasks=("{n} задача людям", "{n} задачи людям", "{n} задач людям"),
    callbacks_stopped="остановлено",
    strip="За сутки: {calls} звонки {level} в срок",
    strip_told="За сутки поступило {n}, больше всего за 15 минут — {most}, в {when}",
    unseen="без связи с АТС {minutes} мин",
    more="ещё {n}",
    no_agents="никто не вошёл",
    updated="обновлено {n} с назад",
    no_data="НЕТ ДАННЫХ",
    pbx="АТС",
    trunk="Транк",
    trunks="Транки {up}/{all}",
    works="работает",
    away="нет связи",
    unlisted="{numbers}: не настроен",
    stands_by="Это запасной движок: живых звонков здесь не видно. Главный: {who}",
    not_known="неизвестно",
    alarm="Внимание: житель ждёт дольше {limit}",
    view="Вид",
    companies="Компании",
    queues="Очереди",
    sound="Звук тревоги",
    language="English",
    sign_out="Выйти",
    without_script="JavaScript выключен: страница обновляется раз в пять секунд.",
    tones={
        "good": "в норме",
        "warn": "внимание",
        "bad": "плохо",
        "alarm": "тревога",
        "grey": "мало данных",
        "calm": "",
    },
    groups={
        "free": ("свободен", "свободны", "свободны"),
        "ringing": ("звонит", "звонят", "звонят"),
        "talking": ("говорит", "говорят", "говорят"),
        "wrap_up": ("оформляет", "оформляют", "оформляют"),
        "paused": ("на паузе", "на паузе", "на паузе"),
        "away": ("офлайн", "офлайн", "офлайн"),
    },
    states={
        "logged_out": "вышел",
        "unavailable": "вне сети",
        "paused": "пауза",
        "free": "свободен",
        "offered": "звонит",
        "talking": "говорит",
        "wrap_up": "оформл.",
        "decline_pause": "отказ",
        "busy_elsewhere": "занят",
    },
)

EN: Final = Texts(
    board="Wallboard",
    whole_centre="Whole centre",
    company="Company",
    queue="Queue",
    level="Answered in {t} s, goal {goal}",
    level_by_queue="Answered in time, goal {goal}",
    today="today n = {n}",
    last_hour="last hour {value}",
    sure="95%: {low}–{high}",
    bounds="possible {low}–{high}",
    formula="≤ {t} s ÷ all calls, {clock}",
    formula_by_queue="in time ÷ all calls, {clock}",
    from_arrival="from arrival",
    from_queue="from queue",
    mixed_clocks="queues' clocks",
    few="few: n = {n}",
    waiting="Waiting",
    late="late: {n}",
    longest="Longest wait",
    agents="Agents",
    lost="Lost",
    short="<5 s: {n}",
    callbacks="Call back",
    oldest="oldest {age}",
    nobody_owed="nobody",
    tasks=("{n} task for people", "{n} tasks for people", "{n} tasks for people"),
    callbacks_stopped="stopped",
    strip="24 h: {calls} calls {level} in time",
    strip_told="{n} calls in 24 hours, the most in 15 minutes: {most}, at {when}",
    unseen="no link to the PBX for {minutes} min",
    more="{n} more",
    no_agents="nobody is logged in",
    updated="updated {n} s ago",
    no_data="NO DATA",
    pbx="PBX",
    trunk="Trunk",
    trunks="Trunks {up}/{all}",
    works="works",
    away="away",
    unlisted="{numbers}: not set up",
    stands_by="This engine stands by and sees no live calls. In charge: {who}",
    not_known="not known",
    alarm="Attention: a resident has waited longer than {limit}",
    view="View",
    companies="Companies",
    queues="Queues",
    sound="Alarm sound",
    language="Русский",
    sign_out="Sign out",
    without_script="JavaScript is off: the page loads itself anew every five seconds.",
    tones={
        "good": "good",
        "warn": "attention",
        "bad": "bad",
        "alarm": "alarm",
        "grey": "too few calls",
        "calm": "",
    },
    groups={
        "free": ("free", "free", "free"),
        "ringing": ("ringing", "ringing", "ringing"),
        "talking": ("talking", "talking", "talking"),
        "wrap_up": ("wrap-up", "wrap-up", "wrap-up"),
        "paused": ("paused", "paused", "paused"),
        "away": ("offline", "offline", "offline"),
    },
    states={
        "logged_out": "logged out",
        "unavailable": "no phone",
        "paused": "paused",
        "free": "free",
        "offered": "ringing",
        "talking": "talking",
        "wrap_up": "wrap-up",
        "decline_pause": "declined",
        "busy_elsewhere": "busy",
    },
)

TEXTS: Final[Mapping[Language, Texts]] = {"ru": RU, "en": EN}


def plural(language: Language, forms: Forms, n: int) -> str:
    """The form for so many, with the number filled in where it has a place."""
    form = forms[("one", "few", "many").index(plural_form(language, n))]
    return form.replace("{n}", str(n))


def calls(language: Language, n: int) -> str:
    """So many calls."""
    forms: Mapping[Language, Forms] = {
        "ru": ("{n} звонок", "{n} звонка", "{n} звонков"),
        "en": ("{n} call", "{n} calls", "{n} calls"),
    }
    return plural(language, forms[language], n)


def percent(language: Language, share: Fraction | float, *, places: int = 0) -> str:
    """Rounded down, so that a goal that is shown as reached is reached."""
    exact = share if isinstance(share, Fraction) else Fraction(share).limit_denominator(10**6)
    down = Decimal(int(exact * 100 * 10**places)).scaleb(-2 - places)
    locale = LOCALES[language]
    pattern = locale.percent_formats[None].pattern
    if places:
        pattern = pattern.replace("#,##0", f"0.{'0' * places}")
    return format_percent(down, pattern, locale=locale)


def short_duration(language: Language, seconds: float) -> str:
    """At most four large characters: `4:07`, from ten minutes on `12 м`, from 100 minutes on `2 ч`."""
    minutes = max(0, int(seconds)) // 60
    if minutes < 10:
        return duration(seconds)
    unit_minutes, unit_hours = ("м", "ч") if language == "ru" else ("m", "h")
    return (
        f"{minutes}{_NO_BREAK}{unit_minutes}" if minutes < 100 else f"{minutes // 60}{_NO_BREAK}{unit_hours}"
    )


def duration(seconds: float) -> str:
    """`4:07`, from an hour on `1:04:07`; never negative."""
    whole = max(0, int(seconds))
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
