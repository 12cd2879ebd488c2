"""What the engine shows on phones' displays comes in parts that can be shortened; machines' numbers are there too."""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_OF_PREMISES = """
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
_BEFORE = f"""
CREATE VIEW house_numbers AS
SELECT p.company AS company, p.phone AS phone, h.id AS house_id, h.label AS house, f.number AS flat
{_OF_PREMISES}
"""
_NUMBERS = f"""
CREATE VIEW house_numbers AS
SELECT p.company AS company, p.phone AS phone, h.id AS house_id, h.label AS house, f.number AS flat,
h.street_kind AS street_kind, h.street AS street, h.house_key AS number, f.kind AS kind
{_OF_PREMISES}
UNION ALL
SELECT d.company, d.phone, h.id, h.label, d.place, h.street_kind, h.street, h.house_key, d.kind
FROM device_numbers d
JOIN houses h ON h.id = d.house_id
WHERE h.left_at IS NULL
"""  # noqa: S608
"""Which house a number is known for, by company and phone: read by the engine (storage/desk/houses.py)."""


def upgrade() -> None:
    """To this revision."""
    op.execute("DROP VIEW house_numbers")
    op.execute(_NUMBERS)


def downgrade() -> None:
    """Back from it."""
    op.execute("DROP VIEW house_numbers")
    op.execute(_BEFORE)
