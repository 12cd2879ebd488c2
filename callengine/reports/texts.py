"""The words of reports, in Russian and English. Names of states and verdicts are the ledger's own words, explained."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

EVIDENCE_TEXTS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "title": "Evidence of calls",
        "all_companies": "all companies",
        "made": "Made",
        "figure": "The legal figure",
        "formula": (
            "kept ÷ every offered call on a line with rules whose time is over. Kept: answered by a human within the "
            "answer limit of the arrival, else spoken with by phone within the contact limit of the arrival, else a "
            "message reviewed in time. Limits and readings: the rule version beside each verdict."
        ),
        "offered": "offered",
        "answered_in_time": "answered in time",
        "contacted_in_time": "contacted in time",
        "message_reviewed_in_time": "message reviewed in time",
        "broken": "none of these",
        "not_owed": "nothing owed (early hang-up, by the rules' reading)",
        "pending": "time not over yet",
        "without_rules": "on lines without rules",
        "ratio": "kept",
        "time_to_human": "Time to a human",
        "time_to_human_formula": (
            "from a resident's first call to his first conversation, across all his tries; n residents"
        ),
        "reached": "reached",
        "median": "median",
        "ninth_decile": "nine of ten within",
        "seconds": "s",
        "calls": "Calls",
        "arrived": "Arrived",
        "line": "Line",
        "number": "Number",
        "wait": "Answered after",
        "ended": "Ended",
        "agent": "Agent",
        "contact": "Contact",
        "dials": "Dials",
        "recording": "Recording",
        "verdict": "Verdict",
        "chose": "chose",
        "was_told": "was told of callback and message",
        "message": "message",
        "reviewed": "reviewed",
        "due": "due",
        "no_calls": "No call arrived in this period.",
        "masked": "Numbers are masked; `--full` shows them and is written into the audit.",
    },
    "ru": {
        "title": "Сведения о звонках",
        "all_companies": "все компании",
        "made": "Составлено",
        "figure": "Показатель по закону",
        "formula": (
            "соблюдено ÷ все поступившие звонки на линии с правилами, срок которых истёк. Соблюдено: человек ответил в "
            "пределах срока ответа от поступления звонка, иначе с позвонившим поговорили по телефону в пределах срока "
            "взаимодействия от поступления, иначе сообщение рассмотрено в срок. Сроки и толкования: версия правил "
            "рядом с каждым выводом."
        ),
        "offered": "поступило",
        "answered_in_time": "отвечено в срок",
        "contacted_in_time": "связались в срок",
        "message_reviewed_in_time": "сообщение рассмотрено в срок",
        "broken": "ничего из этого",
        "not_owed": "ничего не причитается (ранний отбой, по толкованию правил)",
        "pending": "срок ещё не истёк",
        "without_rules": "на линиях без правил",
        "ratio": "соблюдено",
        "time_to_human": "Время до человека",
        "time_to_human_formula": "от первого звонка жителя до первого разговора, через все попытки; n жителей",
        "reached": "поговорили",
        "median": "медиана",
        "ninth_decile": "девять из десяти за",
        "seconds": "с",
        "calls": "Звонки",
        "arrived": "Поступил",
        "line": "Линия",
        "number": "Номер",
        "wait": "Ответ через",
        "ended": "Окончен",
        "agent": "Диспетчер",
        "contact": "Связались",
        "dials": "Попытки",
        "recording": "Запись",
        "verdict": "Вывод",
        "chose": "выбрал",
        "was_told": "узнал об обратном звонке и сообщении",
        "message": "сообщение",
        "reviewed": "рассмотрено",
        "due": "срок",
        "no_calls": "За этот период звонков не поступало.",
        "masked": "Номера скрыты; `--full` показывает их и записывается в журнал доступа.",
    },
}
