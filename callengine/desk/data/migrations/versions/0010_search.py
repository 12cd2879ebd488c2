"""Searches of the knowledge base read indexes alone."""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_VISIBLE = "ix_articles_state_company_valid_from_valid_until"
_WORDS = "ix_article_words_word_article_id_in_title"


def upgrade() -> None:
    """To this revision."""
    op.create_index(_VISIBLE, "articles", ["state", "company", "valid_from", "valid_until"])
    op.create_index(_WORDS, "article_words", ["word", "article_id", "in_title"])


def downgrade() -> None:
    """Back from it."""
    op.drop_index(_WORDS, "article_words")
    op.drop_index(_VISIBLE, "articles")
