"""One list of topics for cards and articles, with the checklist of a new house in it. None that is in use is lost."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OLD_COLUMNS = ("id", "company", "name_ru", "name_en", "position", "form", "retired_at", "version")
ARTICLES: tuple[tuple[str, str, str, bool, bool], ...] = (
    ("shut_off_water", "Как перекрыть воду", "How to shut off water", True, True),
    ("shut_off_power", "Как отключить электричество", "How to shut off power", True, True),
    ("access", "Доступ: ключи, коды, старшие", "Access: keys, codes, whom to ask", True, True),
    ("lift", "Лифт", "Lift", True, False),
    ("emergency_phones", "Аварийные телефоны", "Emergency phones", True, False),
    ("gas", "Газ", "Gas", True, False),
    ("heating", "Отопление", "Heating", True, False),
    ("tariffs", "Тарифы", "Tariffs", True, False),
    ("planned_works", "Плановые работы, отключения", "Planned works", True, False),
    ("meters", "Показания счётчиков", "Meter readings", False, False),
    ("rubbish", "Мусор", "Rubbish", False, False),
    ("intercom", "Домофон, двери", "Intercom, doors", False, False),
    ("cleaning", "Уборка, вывоз мусора", "Cleaning, rubbish", False, False),
    ("noise", "Шум и соседи", "Noise and neighbours", False, False),
    ("payments", "Начисления и оплата", "Bills and payment", False, False),
    ("documents", "Справки и документы", "Papers and documents", False, False),
    ("other", "Другое", "Something else", False, False),
)
"""What articles could be about so far: key, names, on the checklist, an article of the house itself is wanted.

Where cards have a topic of everybody of the same Russian name, the two become one.
"""


def upgrade() -> None:
    """To this revision."""
    topics = op.create_table(
        "topics",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("key", sa.String(40), nullable=False),
        sa.Column("company", sa.String(60)),
        sa.Column("name_ru", sa.String(120), nullable=False),
        sa.Column("name_en", sa.String(120), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("on_cards", sa.Boolean(), nullable=False, server_default="1"),
        sa.Column("on_articles", sa.Boolean(), nullable=False, server_default="1"),
        sa.Column("each_house", sa.Boolean(), nullable=False, server_default="0"),
        sa.Column("own_article", sa.Boolean(), nullable=False, server_default="0"),
        sa.Column("form", sa.Text(), nullable=False, server_default="[]"),
        sa.Column("retired_at", sa.BigInteger()),
        sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
        sa.UniqueConstraint("key", name="uq_topics_key"),
    )
    op.create_index("ix_topics_company_position", "topics", ["company", "position"])
    connection = op.get_bind()
    old = sa.table("card_topics", *(sa.column(name) for name in OLD_COLUMNS))
    rows = [dict(row) for row in connection.execute(sa.select(old).order_by(old.c.id)).mappings()]
    op.bulk_insert(topics, merged(rows, _in_use(connection)))
    if connection.dialect.name == "postgresql":
        op.execute(
            "SELECT setval(pg_get_serial_sequence('topics', 'id'), (SELECT coalesce(max(id), 1) FROM topics))"
        )
    op.drop_table("card_topics")


def _in_use(connection: sa.Connection) -> list[str]:
    """What articles and proposals are about now."""
    found: set[str] = set()
    for name in ("articles", "article_proposals"):
        table = sa.table(name, sa.column("topic"))
        found |= set(connection.execute(sa.select(table.c.topic).distinct()).scalars())
    return sorted(found)


def merged(old: list[dict[str, Any]], in_use: list[str]) -> list[dict[str, Any]]:
    """Cards' topics with their ids, then those of articles that are none of these, then what only articles name."""
    rows = [
        {
            **row,
            "key": f"card{row['id']}",
            "on_cards": True,
            "on_articles": False,
            "each_house": False,
            "own_article": False,
        }
        for row in old
    ]
    by_name = {row["name_ru"]: row for row in rows if row["company"] is None and row["retired_at"] is None}
    following = max((row["id"] for row in rows), default=0) + 1
    known = [(key, ru, en, each, own) for key, ru, en, each, own in ARTICLES]
    known += [(key, key, key, False, False) for key in in_use if key not in {one[0] for one in ARTICLES}]
    for place, (key, ru, en, each, own) in enumerate(known):
        same = by_name.get(ru)
        if same is None:
            same = {
                "id": following,
                "company": None,
                "name_ru": ru,
                "name_en": en,
                "position": 100 + place,
                "on_cards": False,
                "form": "[]",
                "retired_at": None,
                "version": 1,
            }
            rows.append(same)
            following += 1
        same.update(key=key, on_articles=True, each_house=each, own_article=own)
    return rows


def downgrade() -> None:
    """Back from it: articles keep their keys, cards their topics."""
    old = op.create_table(
        "card_topics",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("company", sa.String(60)),
        sa.Column("name_ru", sa.String(120), nullable=False),
        sa.Column("name_en", sa.String(120), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("form", sa.Text(), nullable=False, server_default="[]"),
        sa.Column("retired_at", sa.BigInteger()),
        sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
    )
    op.create_index("ix_card_topics_company_position", "card_topics", ["company", "position"])
    connection = op.get_bind()
    topics = sa.table(
        "topics", *(sa.column(name) for name in OLD_COLUMNS), sa.column("on_cards", sa.Boolean())
    )
    rows = connection.execute(sa.select(topics).where(topics.c.on_cards)).mappings()
    op.bulk_insert(old, [{name: row[name] for name in OLD_COLUMNS} for row in rows])
    if connection.dialect.name == "postgresql":
        op.execute(
            "SELECT setval(pg_get_serial_sequence('card_topics', 'id'), "
            "(SELECT coalesce(max(id), 1) FROM card_topics))"
        )
    op.drop_table("topics")
