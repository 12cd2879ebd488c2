"""Tables of the people at the desk."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table, Text

from callengine.desk.data.metadata import Instant, metadata

_KEY = BigInteger().with_variant(Integer(), "sqlite")
_SECRET = String(64)
"""SHA-256 of something with 128 random bits and more, in hexadecimal: the thing itself is never kept."""

accounts = Table(
    "accounts",
    metadata,
    Column("id", _KEY, primary_key=True),
    Column("name", String(60), nullable=False, comment="what is typed at the door"),
    Column("name_key", String(60), nullable=False, unique=True, comment="as it is compared"),
    Column("full_name", String(200), nullable=False, server_default="", comment="as others see him"),
    Column("role", String(20), nullable=False),
    Column("agent", String(60), comment="the agent of the settings who sits there"),
    Column("language", String(2), comment="null: the centre's"),
    Column("password_hash", String(200), comment="Argon2id; null: none was set yet"),
    Column("password_at", Instant),
    Column("totp_secret", String(64), comment="null: no second factor"),
    Column("totp_step", BigInteger, comment="the last code that was taken: none is taken twice"),
    Column("made_at", Instant, nullable=False),
    Column("disabled_at", Instant),
    Column("version", Integer, nullable=False, server_default="1"),
)
account_companies = Table(
    "account_companies",
    metadata,
    Column("account_id", _KEY, ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
    Column("company", String(60), primary_key=True),
)
"""Of which companies an account sees anything; no row: a company's account sees none, everybody else all."""

password_links = Table(
    "password_links",
    metadata,
    Column("id", _KEY, primary_key=True),
    Column("account_id", _KEY, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("secret_hash", _SECRET, nullable=False, unique=True),
    Column("made_at", Instant, nullable=False),
    Column("made_by", String(200), nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("used_at", Instant, comment="also when a newer link took its place"),
)
recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("id", _KEY, primary_key=True),
    Column("account_id", _KEY, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("secret_hash", _SECRET, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("used_at", Instant),
)
sessions = Table(
    "sessions",
    metadata,
    Column("id", _KEY, primary_key=True),
    Column("account_id", _KEY, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("secret_hash", _SECRET, nullable=False, unique=True),
    Column("stage", String(20), nullable=False, comment="whole, second_factor or enrolment"),
    Column("made_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False, comment="within a minute"),
    Column("ends_at", Instant, nullable=False, comment="whatever is done until then"),
    Column("ended_at", Instant),
    Column("ended_by", String(200)),
    Column("address", String(60), nullable=False),
    Column("browser", String(200), nullable=False, server_default=""),
    Column("totp_secret", String(64), comment="offered to this browser, not confirmed yet"),
    Index(None, "seen_at"),
)
api_tokens = Table(
    "api_tokens",
    metadata,
    Column("id", _KEY, primary_key=True),
    Column("name", String(60), nullable=False),
    Column("secret_hash", _SECRET, nullable=False, unique=True),
    Column("role", String(20), nullable=False),
    Column("companies", Text, nullable=False, comment="JSON; null: all"),
    Column("rights", Text, nullable=False, comment="JSON: what of the role's rights it has"),
    Column("made_at", Instant, nullable=False),
    Column("made_by", String(200), nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("used_at", Instant, comment="within a minute"),
    Column("revoked_at", Instant),
)
trail = Table(
    "trail",
    metadata,
    Column("id", _KEY, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("account_id", Integer, comment="null: the program itself"),
    Column("account_name", String(200), nullable=False, comment="as it was then"),
    Column("action", String(60), nullable=False, comment="looked, changed, exported, heard, …"),
    Column("subject_kind", String(60), nullable=False),
    Column("subject_id", String(120), nullable=False),
    Column("company", String(60)),
    Column("before", Text, comment="JSON of the fields that changed"),
    Column("after", Text, comment="the same"),
    Index(None, "at"),
    Index(None, "subject_kind", "subject_id", "at"),
    Index(None, "account_id", "at"),
)
"""Who looked at whom, and who changed what."""
