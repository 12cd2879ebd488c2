"""Companies' houses, premises, residents and services."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

NUMBERS = """
CREATE VIEW house_numbers AS
SELECT p.company AS company, p.phone AS phone, h.id AS house_id, h.label AS house, f.number AS flat
FROM resident_phones p
JOIN residencies r ON r.resident_id = p.resident_id
JOIN premises f ON f.id = r.premises_id
JOIN houses h ON h.id = f.house_id
WHERE h.left_at IS NULL
AND p.born NOT IN (SELECT load FROM directory_pending)
AND r.born NOT IN (SELECT load FROM directory_pending)
AND f.born NOT IN (SELECT load FROM directory_pending)
AND (p.died IS NULL OR p.died IN (SELECT load FROM directory_pending))
AND (r.died IS NULL OR r.died IN (SELECT load FROM directory_pending))
AND (f.died IS NULL OR f.died IN (SELECT load FROM directory_pending))
"""
"""Which house and flat a number belongs to: what the engine reads for the phone's display, by company and phone."""

TABLES = (
    "houses",
    "premises",
    "residents",
    "residencies",
    "resident_phones",
    "consents",
    "last_contacts",
    "device_numbers",
    "contractors",
    "contractor_phones",
    "contractor_houses",
    "directory_pending",
    "directory_loads",
    "directory_load_faults",
    "directory_mappings",
    "directory_words",
    "directory_versions",
    "directory_counters",
)


def upgrade() -> None:
    """To this revision."""
    op.create_table(
        "houses",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("company", sa.String(60), nullable=False),
        sa.Column("external_id", sa.String(80)),
        sa.Column("locality", sa.String(120), nullable=False, server_default=""),
        sa.Column("street_kind", sa.String(20), nullable=False, server_default=""),
        sa.Column("street", sa.String(120), nullable=False),
        sa.Column("number", sa.String(20), nullable=False),
        sa.Column("letter", sa.String(4), nullable=False, server_default=""),
        sa.Column("korpus", sa.String(10), nullable=False, server_default=""),
        sa.Column("building", sa.String(10), nullable=False, server_default=""),
        sa.Column("street_key", sa.String(120), nullable=False),
        sa.Column("house_key", sa.String(50), nullable=False),
        sa.Column("label", sa.String(260), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False, server_default="flats"),
        sa.Column("entrances", sa.Integer()),
        sa.Column("floors", sa.Integer()),
        sa.Column("lifts", sa.Integer()),
        sa.Column("zone", sa.String(60), nullable=False, server_default=""),
        sa.Column("notes", sa.Text(), nullable=False, server_default=""),
        sa.Column("client_id", sa.String(60)),
        sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("left_at", sa.BigInteger()),
        sa.Column("born", sa.Integer(), nullable=False, server_default="0"),
        sa.UniqueConstraint("client_id", name="uq_houses_client_id"),
    )
    op.create_index("ix_houses_company_external_id", "houses", ["company", "external_id"])
    op.create_index(
        "ix_houses_company_street_key_house_key", "houses", ["company", "street_key", "house_key"]
    )
    op.create_index("ix_houses_street_key_house_key", "houses", ["street_key", "house_key"])
    op.create_table(
        "premises",
        sa.Column("row", KEY, primary_key=True),
        sa.Column("id", KEY, nullable=False),
        sa.Column("company", sa.String(60), nullable=False),
        sa.Column("house_id", KEY, nullable=False),
        sa.Column("number", sa.String(20), nullable=False),
        sa.Column("number_key", sa.String(20), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False, server_default="flat"),
        sa.Column("entrance", sa.String(10), nullable=False, server_default=""),
        sa.Column("floor", sa.String(10), nullable=False, server_default=""),
        sa.Column("account", sa.String(40), nullable=False, server_default=""),
        sa.Column("notes", sa.Text(), nullable=False, server_default=""),
        sa.Column("client_id", sa.String(60)),
        sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("born", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("died", sa.Integer()),
        sa.UniqueConstraint("client_id", name="uq_premises_client_id"),
    )
    has_one = sa.text("account <> ''")
    op.create_index(
        "ix_premises_account", "premises", ["account"], sqlite_where=has_one, postgresql_where=has_one
    )
    op.create_index("ix_premises_house_id_number_key", "premises", ["house_id", "number_key"])
    op.create_index("ix_premises_id", "premises", ["id"])
    op.create_table(
        "residents",
        sa.Column("row", KEY, primary_key=True),
        sa.Column("id", KEY, nullable=False),
        sa.Column("company", sa.String(60), nullable=False),
        sa.Column("external_id", sa.String(80)),
        sa.Column("full_name", sa.String(200), nullable=False),
        sa.Column("surname_key", sa.String(60), nullable=False, server_default=""),
        sa.Column("given_key", sa.String(60), nullable=False, server_default=""),
        sa.Column("patronymic_key", sa.String(60), nullable=False, server_default=""),
        sa.Column("language", sa.String(10), nullable=False, server_default=""),
        sa.Column("note", sa.Text(), nullable=False, server_default=""),
        sa.Column("client_id", sa.String(60)),
        sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("born", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("died", sa.Integer()),
        sa.UniqueConstraint("client_id", name="uq_residents_client_id"),
    )
    op.create_index("ix_residents_company_external_id", "residents", ["company", "external_id"])
    op.create_index("ix_residents_given_key_patronymic_key", "residents", ["given_key", "patronymic_key"])
    op.create_index("ix_residents_id", "residents", ["id"])
    op.create_index("ix_residents_surname_key_given_key", "residents", ["surname_key", "given_key"])
    op.create_table(
        "residencies",
        sa.Column("row", KEY, primary_key=True),
        sa.Column("company", sa.String(60), nullable=False),
        sa.Column("resident_id", KEY, nullable=False),
        sa.Column("premises_id", KEY, nullable=False),
        sa.Column("role", sa.String(20), nullable=False, server_default="owner"),
        sa.Column("born", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("died", sa.Integer()),
    )
    op.create_index("ix_residencies_premises_id", "residencies", ["premises_id"])
    op.create_index("ix_residencies_resident_id", "residencies", ["resident_id"])
    op.create_table(
        "resident_phones",
        sa.Column("row", KEY, primary_key=True),
        sa.Column("company", sa.String(60), nullable=False),
        sa.Column("resident_id", KEY, nullable=False),
        sa.Column("phone", sa.String(20), nullable=False),
        sa.Column("tail", sa.String(20), nullable=False),
        sa.Column("loaded", sa.Boolean(), nullable=False, server_default="0"),
        sa.Column("born", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("died", sa.Integer()),
    )
    op.create_index("ix_resident_phones_phone", "resident_phones", ["phone"])
    op.create_index("ix_resident_phones_resident_id", "resident_phones", ["resident_id"])
    op.create_index("ix_resident_phones_tail", "resident_phones", ["tail"])
    op.create_table(
        "consents",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("company", sa.String(60), nullable=False),
        sa.Column("resident_id", KEY, nullable=False),
        sa.Column("purpose", sa.String(20), nullable=False),
        sa.Column("source", sa.String(200), nullable=False),
        sa.Column("given_on", sa.Date(), nullable=False),
        sa.Column("withdrawn_on", sa.Date()),
        sa.Column("noted_at", sa.BigInteger(), nullable=False),
        sa.Column("client_id", sa.String(60)),
        sa.UniqueConstraint("client_id", name="uq_consents_client_id"),
    )
    op.create_index("ix_consents_resident_id", "consents", ["resident_id"])
    op.create_table(
        "last_contacts",
        sa.Column("company", sa.String(60), primary_key=True),
        sa.Column("phone", sa.String(20), primary_key=True),
        sa.Column("resident_id", KEY, primary_key=True, autoincrement=False),
        sa.Column("premises_id", KEY, primary_key=True, autoincrement=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_last_contacts_resident_id", "last_contacts", ["resident_id"])
    op.create_table(
        "device_numbers",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("company", sa.String(60), nullable=False),
        sa.Column("house_id", KEY, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("place", sa.String(120), nullable=False),
        sa.Column("phone", sa.String(20), nullable=False),
        sa.Column("client_id", sa.String(60)),
        sa.UniqueConstraint("client_id", name="uq_device_numbers_client_id"),
    )
    op.create_index("ix_device_numbers_house_id", "device_numbers", ["house_id"])
    op.create_index("ix_device_numbers_phone", "device_numbers", ["phone"])
    op.create_table(
        "contractors",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("company", sa.String(60)),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("name_key", sa.String(200), nullable=False),
        sa.Column("trade", sa.String(20), nullable=False),
        sa.Column("emergency", sa.Boolean(), nullable=False, server_default="0"),
        sa.Column("notes", sa.Text(), nullable=False, server_default=""),
        sa.Column("client_id", sa.String(60)),
        sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
        sa.UniqueConstraint("client_id", name="uq_contractors_client_id"),
    )
    op.create_index("ix_contractors_company_trade", "contractors", ["company", "trade"])
    op.create_table(
        "contractor_phones",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("contractor_id", KEY, nullable=False),
        sa.Column("phone", sa.String(20), nullable=False),
        sa.Column("note", sa.String(120), nullable=False, server_default=""),
        sa.Column("days", sa.String(7), nullable=False, server_default="1234567"),
        sa.Column("from_minute", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("until_minute", sa.Integer(), nullable=False, server_default="1440"),
    )
    op.create_index("ix_contractor_phones_contractor_id", "contractor_phones", ["contractor_id"])
    op.create_table(
        "contractor_houses",
        sa.Column("contractor_id", KEY, primary_key=True, autoincrement=False),
        sa.Column("house_id", KEY, primary_key=True, autoincrement=False),
    )
    op.create_index("ix_contractor_houses_house_id", "contractor_houses", ["house_id"])
    op.create_table(
        "directory_pending",
        sa.Column("load", sa.Integer(), primary_key=True, autoincrement=False),
    )
    op.create_table(
        "directory_loads",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("company", sa.String(60), nullable=False),
        sa.Column("account_id", sa.Integer()),
        sa.Column("account_name", sa.String(200), nullable=False),
        sa.Column("file_name", sa.String(200), nullable=False),
        sa.Column("file", sa.String(120), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("problem", sa.String(60), nullable=False, server_default=""),
        sa.Column("columns", sa.Text(), nullable=False, server_default=""),
        sa.Column("mapping", sa.Text(), nullable=False, server_default=""),
        sa.Column("rows", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("done_rows", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("counts", sa.Text(), nullable=False, server_default=""),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("client_id", sa.String(60)),
        sa.UniqueConstraint("client_id", name="uq_directory_loads_client_id"),
    )
    op.create_index("ix_directory_loads_company_created_at", "directory_loads", ["company", "created_at"])
    op.create_table(
        "directory_load_faults",
        sa.Column("load", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("row", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("field", sa.String(40), primary_key=True),
        sa.Column("value", sa.String(200), nullable=False),
        sa.Column("fault", sa.String(40), nullable=False),
    )
    op.create_table(
        "directory_mappings",
        sa.Column("company", sa.String(60), primary_key=True),
        sa.Column("head_key", sa.String(120), primary_key=True),
        sa.Column("field", sa.String(40), nullable=False),
    )
    op.create_table(
        "directory_words",
        sa.Column("company", sa.String(60), primary_key=True),
        sa.Column("place", sa.String(10), primary_key=True),
        sa.Column("word", sa.String(60), primary_key=True),
    )
    op.create_table(
        "directory_versions",
        sa.Column("company", sa.String(60), primary_key=True),
        sa.Column("words", sa.Integer(), nullable=False),
    )
    op.create_table(
        "directory_counters",
        sa.Column("name", sa.String(20), primary_key=True),
        sa.Column("next", KEY, nullable=False),
    )
    op.execute(NUMBERS)


def downgrade() -> None:
    """Back from it."""
    op.execute("DROP VIEW house_numbers")
    for table in TABLES:
        op.drop_table(table)
