"""Tables of the knowledge base."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, Text

from callengine.desk.data.metadata import Instant, metadata

articles = Table(
    "articles",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("client_id", String(64), unique=True, comment="a form sent twice is one article"),
    Column("company", String(60), comment="null: for all companies"),
    Column("topic", String(40), nullable=False),
    Column("state", String(12), nullable=False, comment="draft, published, withdrawn"),
    Column("pinned", Integer, comment="its place among the pinned; null: not pinned"),
    Column("valid_from", Instant),
    Column("valid_until", Instant),
    Column("version", Integer, nullable=False, comment="the newest"),
    Column("published_version", Integer, comment="the one that readers see"),
    Column("published_at", Instant, comment="of that version"),
    Column(
        "title", String(200), nullable=False, comment="of that version; of the draft where none is published"
    ),
    Column("title_key", String(200), nullable=False),
    Column("html", Text, nullable=False),
    Column("plain", Text, nullable=False),
    Column("slug", String(120), unique=True, comment="of articles that came as files"),
    Index(None, "company", "state"),
    Index(None, "state", "company", "valid_from", "valid_until"),
    Index(None, "topic", "state"),
    Index(None, "published_at"),
)

article_houses = Table(
    "article_houses",
    metadata,
    Column("article_id", ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True),
    Column("house_id", Integer, primary_key=True),
    Index(None, "house_id"),
)
"""Of these houses only; none: of all houses of the company."""

article_versions = Table(
    "article_versions",
    metadata,
    Column("article_id", ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("title", String(200), nullable=False),
    Column("body", Text, nullable=False),
    Column("author", String(200), nullable=False),
    Column("at", Instant, nullable=False),
    Column("note", String(300), nullable=False, comment="what was changed, in a word"),
    Column("important", Boolean, nullable=False, comment="who has read an earlier one must read it again"),
)

article_words = Table(
    "article_words",
    metadata,
    Column("word", String(60), primary_key=True),
    Column("article_id", ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True),
    Column("in_title", Boolean, nullable=False),
    Index(None, "article_id"),
    Index(None, "word", "article_id", "in_title"),
)
"""What each published article is found by: the same on every database."""

article_reads = Table(
    "article_reads",
    metadata,
    Column("article_id", ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True),
    Column("account_id", Integer, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("at", Instant, nullable=False),
    Index(None, "account_id"),
)

article_votes = Table(
    "article_votes",
    metadata,
    Column("article_id", ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True),
    Column("account_id", Integer, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("verdict", String(12), nullable=False, comment="helped, outdated"),
    Column("note", String(500), nullable=False),
    Column("at", Instant, nullable=False),
)

article_proposals = Table(
    "article_proposals",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("client_id", String(64), unique=True),
    Column("article_id", ForeignKey("articles.id", ondelete="CASCADE"), comment="null: a new article"),
    Column("of_version", Integer, comment="what was read when it was written"),
    Column("company", String(60), comment="whose account proposed it; null: somebody of the centre"),
    Column("topic", String(40), nullable=False),
    Column("title", String(200), nullable=False),
    Column("body", Text, nullable=False),
    Column("author_id", Integer),
    Column("author", String(200), nullable=False),
    Column("at", Instant, nullable=False),
    Column("state", String(12), nullable=False, comment="open, accepted, declined"),
    Column("answer", String(500), nullable=False),
    Column("decided_by", String(200)),
    Column("decided_at", Instant),
    Index(None, "state", "at"),
)
