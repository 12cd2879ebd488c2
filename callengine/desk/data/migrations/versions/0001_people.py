"""Accounts, sessions, rights and the access trail."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _account() -> sa.Column[int]:
    return sa.Column("account_id", _KEY, sa.ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False)


def upgrade() -> None:
    """To this revision."""
    _make_accounts()
    _make_sessions()
    op.create_table(
        "trail",
        sa.Column("id", _KEY, primary_key=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.Integer()),
        sa.Column("account_name", sa.String(200), nullable=False),
        sa.Column("action", sa.String(60), nullable=False),
        sa.Column("subject_kind", sa.String(60), nullable=False),
        sa.Column("subject_id", sa.String(120), nullable=False),
        sa.Column("company", sa.String(60)),
        sa.Column("before", sa.Text()),
        sa.Column("after", sa.Text()),
    )
    op.create_index("ix_trail_at", "trail", ["at"])
    op.create_index("ix_trail_subject_kind_subject_id_at", "trail", ["subject_kind", "subject_id", "at"])
    op.create_index("ix_trail_account_id_at", "trail", ["account_id", "at"])


def _make_accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", _KEY, primary_key=True),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("name_key", sa.String(60), nullable=False),
        sa.Column("full_name", sa.String(200), nullable=False, server_default=""),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("agent", sa.String(60)),
        sa.Column("language", sa.String(2)),
        sa.Column("password_hash", sa.String(200)),
        sa.Column("password_at", sa.BigInteger()),
        sa.Column("totp_secret", sa.String(64)),
        sa.Column("totp_step", sa.BigInteger()),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("disabled_at", sa.BigInteger()),
        sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
        sa.UniqueConstraint("name_key", name="uq_accounts_name_key"),
    )
    op.create_table(
        "account_companies",
        sa.Column("account_id", _KEY, sa.ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("company", sa.String(60), primary_key=True),
    )
    op.create_table(
        "password_links",
        sa.Column("id", _KEY, primary_key=True),
        _account(),
        sa.Column("secret_hash", sa.String(64), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("made_by", sa.String(200), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger()),
        sa.UniqueConstraint("secret_hash", name="uq_password_links_secret_hash"),
    )
    op.create_index("ix_password_links_account_id", "password_links", ["account_id"])
    op.create_table(
        "recovery_codes",
        sa.Column("id", _KEY, primary_key=True),
        _account(),
        sa.Column("secret_hash", sa.String(64), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger()),
    )
    op.create_index("ix_recovery_codes_account_id", "recovery_codes", ["account_id"])


def _make_sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("id", _KEY, primary_key=True),
        _account(),
        sa.Column("secret_hash", sa.String(64), nullable=False),
        sa.Column("stage", sa.String(20), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger()),
        sa.Column("ended_by", sa.String(200)),
        sa.Column("address", sa.String(60), nullable=False),
        sa.Column("browser", sa.String(200), nullable=False, server_default=""),
        sa.Column("totp_secret", sa.String(64)),
        sa.UniqueConstraint("secret_hash", name="uq_sessions_secret_hash"),
    )
    op.create_index("ix_sessions_account_id", "sessions", ["account_id"])
    op.create_index("ix_sessions_seen_at", "sessions", ["seen_at"])
    op.create_table(
        "api_tokens",
        sa.Column("id", _KEY, primary_key=True),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("secret_hash", sa.String(64), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("companies", sa.Text(), nullable=False),
        sa.Column("rights", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("made_by", sa.String(200), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger()),
        sa.Column("revoked_at", sa.BigInteger()),
        sa.UniqueConstraint("secret_hash", name="uq_api_tokens_secret_hash"),
    )


def downgrade() -> None:
    """Back from it."""
    for name in (
        "trail",
        "api_tokens",
        "sessions",
        "recovery_codes",
        "password_links",
        "account_companies",
        "accounts",
    ):
        op.drop_table(name)
