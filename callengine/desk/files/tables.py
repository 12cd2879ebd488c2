"""The table of stored files."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, String, Table

from callengine.desk.data.metadata import Instant, metadata

stored_files = Table(
    "stored_files",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("client_id", String(64), unique=True, comment="an upload sent twice is one file"),
    Column("company", String(60), comment="whose; null: of all companies"),
    Column("owner_kind", String(20), nullable=False, comment="what it belongs to: article, resident"),
    Column("owner_id", Integer, comment="which of them; null: of a form that is not saved yet"),
    Column("form", String(64), comment="the form's own id"),
    Column("name", String(140), nullable=False, comment="its ending says what it is"),
    Column("kind", String(10), nullable=False, comment="png, jpeg, webp, pdf, text, docx, xlsx: by content"),
    Column("size", Integer, nullable=False, comment="bytes that are kept"),
    Column("sha256", String(64), nullable=False, comment="of the bytes that are kept"),
    Column("stored", String(64), nullable=False, unique=True, comment="its name in the folder"),
    Column("uploaded_by", Integer, comment="an account"),
    Column("uploader", String(200), nullable=False, comment="that account's name then"),
    Column("uploaded_at", Instant, nullable=False),
    Index(None, "owner_kind", "owner_id"),
    Index(None, "form"),
    Index(None, "company"),
)
