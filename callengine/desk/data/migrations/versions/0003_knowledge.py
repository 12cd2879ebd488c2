"""Articles, their versions, who has read them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def _article() -> sa.Column[int]:
    return sa.Column(
        "article_id",
        sa.Integer(),
        sa.ForeignKey("articles.id", ondelete="CASCADE"),
        primary_key=True,
    )


def upgrade() -> None:
    """To this revision."""
    op.create_table(
        "articles",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("client_id", sa.String(64)),
        sa.Column("company", sa.String(60)),
        sa.Column("topic", sa.String(40), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("pinned", sa.Integer()),
        sa.Column("valid_from", sa.BigInteger()),
        sa.Column("valid_until", sa.BigInteger()),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("published_version", sa.Integer()),
        sa.Column("published_at", sa.BigInteger()),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("title_key", sa.String(200), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("plain", sa.Text(), nullable=False),
        sa.Column("slug", sa.String(120)),
        sa.UniqueConstraint("client_id", name="uq_articles_client_id"),
        sa.UniqueConstraint("slug", name="uq_articles_slug"),
    )
    op.create_index("ix_articles_company_state", "articles", ["company", "state"])
    op.create_index("ix_articles_topic_state", "articles", ["topic", "state"])
    op.create_index("ix_articles_published_at", "articles", ["published_at"])
    op.create_table("article_houses", _article(), sa.Column("house_id", sa.Integer(), primary_key=True))
    op.create_index("ix_article_houses_house_id", "article_houses", ["house_id"])
    op.create_table(
        "article_versions",
        _article(),
        sa.Column("version", sa.Integer(), primary_key=True),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("author", sa.String(200), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.String(300), nullable=False),
        sa.Column("important", sa.Boolean(), nullable=False),
    )
    op.create_table(
        "article_words",
        sa.Column("word", sa.String(60), primary_key=True),
        _article(),
        sa.Column("in_title", sa.Boolean(), nullable=False),
    )
    op.create_index("ix_article_words_article_id", "article_words", ["article_id"])
    op.create_table(
        "article_reads",
        _article(),
        sa.Column("account_id", sa.Integer(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_article_reads_account_id", "article_reads", ["account_id"])
    op.create_table(
        "article_votes",
        _article(),
        sa.Column("account_id", sa.Integer(), primary_key=True),
        sa.Column("version", sa.Integer(), primary_key=True),
        sa.Column("verdict", sa.String(12), nullable=False),
        sa.Column("note", sa.String(500), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "article_proposals",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("client_id", sa.String(64)),
        sa.Column("article_id", sa.Integer(), sa.ForeignKey("articles.id", ondelete="CASCADE")),
        sa.Column("of_version", sa.Integer()),
        sa.Column("company", sa.String(60)),
        sa.Column("topic", sa.String(40), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Integer()),
        sa.Column("author", sa.String(200), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("answer", sa.String(500), nullable=False),
        sa.Column("decided_by", sa.String(200)),
        sa.Column("decided_at", sa.BigInteger()),
        sa.UniqueConstraint("client_id", name="uq_article_proposals_client_id"),
    )
    op.create_index("ix_article_proposals_state_at", "article_proposals", ["state", "at"])


def downgrade() -> None:
    """Back from it."""
    for name in (
        "article_proposals",
        "article_votes",
        "article_reads",
        "article_words",
        "article_versions",
        "article_houses",
        "articles",
    ):
        op.drop_table(name)
