"""Cards of calls, their drafts and topics, marks of callers, notes to the next shift."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.BigInteger

_READING: dict[str, object] = {"kind": "reading", "most": 200}
_METERS: list[dict[str, object]] = [
    {"name": "cold", "label": {"ru": "Холодная вода, м³", "en": "Cold water, m³"}, **_READING},
    {"name": "hot", "label": {"ru": "Горячая вода, м³", "en": "Hot water, m³"}, **_READING},
    {
        "name": "power",
        "kind": "reading",
        "most": 5000,
        "label": {"ru": "Электричество, кВт·ч", "en": "Electricity, kWh"},
    },
]
_PASS: list[dict[str, object]] = [
    {"name": "whom", "kind": "text", "required": True, "label": {"ru": "Кому", "en": "For whom"}},
    {"name": "car", "kind": "text", "label": {"ru": "Номер машины", "en": "Car's plate"}},
    {
        "name": "day",
        "kind": "date",
        "required": True,
        "label": {"ru": "На какой день", "en": "For which day"},
    },
]
TOPICS: tuple[tuple[str, str, list[dict[str, object]]], ...] = (
    ("Водоснабжение", "Water supply", []),
    ("Отопление", "Heating", []),
    ("Канализация, засор", "Sewage, blockage", []),
    ("Электричество", "Electricity", []),
    ("Лифт", "Lift", []),
    ("Протечка, затопление", "Leak, flood", []),
    ("Домофон, двери", "Intercom, doors", []),
    ("Уборка, вывоз мусора", "Cleaning, rubbish", []),
    ("Начисления и оплата", "Bills and payment", []),
    ("Показания счётчиков", "Meter readings", _METERS),
    ("Пропуск", "Pass", _PASS),
    ("Плановые работы, отключения", "Planned works", []),
    ("Жалоба", "Complaint", []),
    ("Звонок не по адресу", "Wrong number", []),
    ("Другое", "Something else", []),
)
"""With what a centre begins; it changes them as it likes."""


def upgrade() -> None:
    """To this revision."""
    topics = op.create_table(
        "card_topics",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("company", sa.String(60)),
        sa.Column("name_ru", sa.String(120), nullable=False),
        sa.Column("name_en", sa.String(120), nullable=False),
        sa.Column("position", sa.Integer, nullable=False, server_default="0"),
        sa.Column("form", sa.Text, nullable=False, server_default="[]"),
        sa.Column("retired_at", INSTANT),
        sa.Column("version", sa.Integer, nullable=False, server_default="1"),
    )
    op.create_index("ix_card_topics_company_position", "card_topics", ["company", "position"])
    op.bulk_insert(
        topics,
        [
            {"name_ru": ru, "name_en": en, "position": place, "form": json.dumps(form, ensure_ascii=False)}
            for place, (ru, en, form) in enumerate(TOPICS)
        ],
    )
    _cards()
    op.create_table(
        "nuisance_marks",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("client_id", sa.String(60)),
        sa.Column("company", sa.String(60), nullable=False),
        sa.Column("number", sa.String(20), nullable=False),
        sa.Column("reason", sa.String(300), nullable=False),
        sa.Column("set_at", INSTANT, nullable=False),
        sa.Column("set_by", sa.String(200), nullable=False),
        sa.Column("until", INSTANT, nullable=False),
        sa.Column("lifted_at", INSTANT),
        sa.UniqueConstraint("client_id", name="uq_nuisance_marks_client_id"),
    )
    op.create_index("ix_nuisance_marks_company_number", "nuisance_marks", ["company", "number"])
    op.create_table(
        "shift_notes",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("client_id", sa.String(60)),
        sa.Column("company", sa.String(60)),
        sa.Column("written_at", INSTANT, nullable=False),
        sa.Column("written_by", sa.String(200), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.UniqueConstraint("client_id", name="uq_shift_notes_client_id"),
    )
    op.create_index("ix_shift_notes_written_at", "shift_notes", ["written_at"])
    op.create_table(
        "taken_over",
        sa.Column("thing", sa.String(160), primary_key=True),
        sa.Column("taken_at", INSTANT, nullable=False),
        sa.Column("taken_by", sa.String(200), nullable=False),
        sa.Column("account_id", sa.Integer),
    )


def _cards() -> None:
    op.create_table(
        "cards",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("company", sa.String(60), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("call", sa.String(120), nullable=False),
        sa.Column("agent", sa.String(60), nullable=False),
        sa.Column("number", sa.String(20), nullable=False, server_default=""),
        sa.Column("line", sa.String(200), nullable=False, server_default=""),
        sa.Column("purpose", sa.String(300), nullable=False, server_default=""),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("answered_at", INSTANT),
        sa.Column("ended_at", INSTANT),
        sa.Column("house_id", KEY),
        sa.Column("premises_id", KEY),
        sa.Column("resident_id", KEY),
        sa.Column("place", sa.String(300), nullable=False, server_default=""),
        sa.Column("checked_at", INSTANT),
        sa.Column("topic_id", KEY),
        sa.Column("answers", sa.Text, nullable=False, server_default="{}"),
        sa.Column("note", sa.Text, nullable=False, server_default=""),
        sa.Column("settled", sa.Boolean, nullable=False, server_default="0"),
        sa.Column("version", sa.Integer, nullable=False, server_default="1"),
        sa.Column("written", sa.Text, nullable=False, server_default="{}"),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.Column("closed_at", INSTANT),
        sa.Column("closed_by", sa.String(200)),
        sa.UniqueConstraint("call", "agent", name="uq_cards_call_agent"),
    )
    op.create_index("ix_cards_agent_opened_at", "cards", ["agent", "opened_at"])
    op.create_index("ix_cards_closed_at_agent", "cards", ["closed_at", "agent"])
    op.create_index("ix_cards_company_opened_at", "cards", ["company", "opened_at"])
    op.create_index("ix_cards_company_number_opened_at", "cards", ["company", "number", "opened_at"])
    op.create_index("ix_cards_premises_id_opened_at", "cards", ["premises_id", "opened_at"])


def downgrade() -> None:
    """Back from it."""
    for table in ("taken_over", "shift_notes", "nuisance_marks", "cards", "card_topics"):
        op.drop_table(table)
