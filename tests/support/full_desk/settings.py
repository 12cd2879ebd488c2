"""Three companies, two queues, fourteen agents; some names as long as the settings take them."""

from __future__ import annotations

from typing import Any

from config.settings import Settings
from tests.support.told_calls import NODE

LONG_COMPANY = "УК жилищного хозяйства Северного округа"
LONG_AGENT = "Константинопольская Александра Павловна"
COMPANIES = {"zarya": "УК Заря", "sever": LONG_COMPANY, "yug": "ТСЖ Южный берег"}
AGENTS = (
    "Иванова Анна",
    LONG_AGENT,
    "Петров Сергей",
    "Смирнова Ольга",
    "Ахметов Тимур",
    "Кузнецова Мария",
    "Орлов Пётр",
    "Васильева Елена",
    "Гаврилов Николай",
    "Фёдорова Наталья",
    "Зайцева Светлана",
    "Константинов Михаил",
    "Белова Татьяна",
    "Шевчук Андрей",
)
LINES = tuple(
    (f"7495000{n}{k}01", company, queue)
    for n, company in enumerate(COMPANIES, 1)
    for k, queue in enumerate(("general", "emergency"), 1)
)


def full_settings(folder: str, *, crowd: bool) -> Settings:
    """`crowd`: all fourteen, else one."""
    agents: list[dict[str, Any]] = [
        {"id": str(1001 + n), "name": name, "queues": ["emergency", "general"]}
        for n, name in enumerate(AGENTS if crowd else AGENTS[:1])
    ]
    return Settings.model_validate(
        {
            "pbx": {"name": NODE},
            "companies": [{"id": one, "name": name} for one, name in COMPANIES.items()],
            "queues": [
                {"name": "emergency", "priority": 1},
                {"name": "general"},
            ],
            "lines": [
                {"did": did, "company": company, "queue": queue, "kind": queue}
                for did, company, queue in LINES
            ],
            "agents": agents,
            "desk": {"ledger": f"sqlite:///{folder}/ledger.db", "recordings": f"{folder}/recordings"},
        }
    )
