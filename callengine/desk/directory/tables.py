"""Tables of the directory.

A load of many rows is written in small transactions, and none of it is seen before all of it is there: each row says
which load it came with (`born`, 0: by hand) and with which it ends (`died`). While a load is being written it stands
in `directory_pending`; what was born with such a load is not there yet, what dies with it is still there. Taking its
one row away is the moment at which everything changes at once. See `visible`.

So a resident or premises may have two rows with one `id` for that time; what refers to them refers to `id`.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Date, Index, Integer, String, Table, Text, text

from callengine.desk.data.metadata import Instant, metadata

_KEY = BigInteger().with_variant(Integer(), "sqlite")
_HAS_ACCOUNT = text("account <> ''")
"""Where most have none, an index of all is not used."""
COMPANY, PHONE = String(60), String(20)


def _load() -> tuple[Column[int], Column[int | None]]:
    return (
        Column(
            "born", Integer, nullable=False, server_default="0", comment="the load it came with; 0: by hand"
        ),
        Column("died", Integer, comment="the load with which it ends"),
    )


houses = Table(
    "houses",
    metadata,
    Column("id", _KEY, primary_key=True),
    Column("company", COMPANY, nullable=False),
    Column("external_id", String(80), comment="what the company's own program calls it"),
    Column("locality", String(120), nullable=False, server_default=""),
    Column("street_kind", String(20), nullable=False, server_default=""),
    Column("street", String(120), nullable=False),
    Column("number", String(20), nullable=False),
    Column("letter", String(4), nullable=False, server_default=""),
    Column("korpus", String(10), nullable=False, server_default=""),
    Column("building", String(10), nullable=False, server_default=""),
    Column("street_key", String(120), nullable=False, comment="as it is compared"),
    Column("house_key", String(50), nullable=False, comment="the same: 5а, 5к2"),
    Column("label", String(260), nullable=False, comment="as people read it"),
    Column("kind", String(20), nullable=False, server_default="flats"),
    Column("entrances", Integer),
    Column("floors", Integer),
    Column("lifts", Integer),
    Column("zone", String(60), nullable=False, server_default="", comment="time zone; empty: the centre's"),
    Column("notes", Text, nullable=False, server_default=""),
    Column("client_id", String(60), unique=True),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("left_at", Instant, comment="no longer served since"),
    Column("born", Integer, nullable=False, server_default="0"),
    Index(None, "street_key", "house_key"),
    Index(None, "company", "street_key", "house_key"),
    Index(None, "company", "external_id"),
)

premises = Table(
    "premises",
    metadata,
    Column("row", _KEY, primary_key=True),
    Column("id", _KEY, nullable=False),
    Column("company", COMPANY, nullable=False),
    Column("house_id", _KEY, nullable=False),
    Column("number", String(20), nullable=False, comment="as written; empty: the whole house"),
    Column("number_key", String(20), nullable=False),
    Column("kind", String(20), nullable=False, server_default="flat"),
    Column("entrance", String(10), nullable=False, server_default=""),
    Column("floor", String(10), nullable=False, server_default=""),
    Column(
        "account", String(40), nullable=False, server_default="", comment="the account that bills are sent by"
    ),
    Column("notes", Text, nullable=False, server_default=""),
    Column("client_id", String(60), unique=True),
    Column("version", Integer, nullable=False, server_default="1"),
    *_load(),
    Index(None, "id"),
    Index(None, "house_id", "number_key"),
    Index(None, "account", sqlite_where=_HAS_ACCOUNT, postgresql_where=_HAS_ACCOUNT),
)

residents = Table(
    "residents",
    metadata,
    Column("row", _KEY, primary_key=True),
    Column("id", _KEY, nullable=False),
    Column("company", COMPANY, nullable=False),
    Column("external_id", String(80)),
    Column("full_name", String(200), nullable=False),
    Column("surname_key", String(60), nullable=False, server_default=""),
    Column("given_key", String(60), nullable=False, server_default=""),
    Column("patronymic_key", String(60), nullable=False, server_default=""),
    Column("language", String(10), nullable=False, server_default=""),
    Column("note", Text, nullable=False, server_default="", comment="for agents"),
    Column("client_id", String(60), unique=True),
    Column("version", Integer, nullable=False, server_default="1"),
    *_load(),
    Index(None, "id"),
    Index(None, "company", "external_id"),
    Index(None, "surname_key", "given_key"),
    Index(None, "given_key", "patronymic_key"),
)

residencies = Table(
    "residencies",
    metadata,
    Column("row", _KEY, primary_key=True),
    Column("company", COMPANY, nullable=False),
    Column("resident_id", _KEY, nullable=False),
    Column("premises_id", _KEY, nullable=False),
    Column("role", String(20), nullable=False, server_default="owner"),
    *_load(),
    Index(None, "resident_id"),
    Index(None, "premises_id"),
)
"""Who belongs to which premises, as what."""

resident_phones = Table(
    "resident_phones",
    metadata,
    Column("row", _KEY, primary_key=True),
    Column("company", COMPANY, nullable=False),
    Column("resident_id", _KEY, nullable=False),
    Column("phone", PHONE, nullable=False, comment="E.164"),
    Column("tail", PHONE, nullable=False, comment="its digits, last one first"),
    Column("loaded", Boolean, nullable=False, server_default="0", comment="came from a file, not by hand"),
    *_load(),
    Index(None, "phone"),
    Index(None, "tail"),
    Index(None, "resident_id"),
)

consents = Table(
    "consents",
    metadata,
    Column("id", _KEY, primary_key=True),
    Column("company", COMPANY, nullable=False),
    Column("resident_id", _KEY, nullable=False),
    Column("purpose", String(20), nullable=False),
    Column("source", String(200), nullable=False, comment="where he said so"),
    Column("given_on", Date, nullable=False),
    Column("withdrawn_on", Date),
    Column("noted_at", Instant, nullable=False),
    Column("client_id", String(60), unique=True),
    Index(None, "resident_id"),
)

last_contacts = Table(
    "last_contacts",
    metadata,
    Column("company", COMPANY, primary_key=True),
    Column("phone", PHONE, primary_key=True),
    Column("resident_id", _KEY, primary_key=True, autoincrement=False),
    Column("premises_id", _KEY, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Index(None, "resident_id"),
)
"""When somebody last was who called with this number, about these premises: the order in which the pop shows them."""

device_numbers = Table(
    "device_numbers",
    metadata,
    Column("id", _KEY, primary_key=True),
    Column("company", COMPANY, nullable=False),
    Column("house_id", _KEY, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("place", String(120), nullable=False),
    Column("phone", PHONE, nullable=False),
    Column("client_id", String(60), unique=True),
    Index(None, "phone"),
    Index(None, "house_id"),
)
"""Machines that call: lift cabins, intercoms, alarms."""

contractors = Table(
    "contractors",
    metadata,
    Column("id", _KEY, primary_key=True),
    Column("company", COMPANY, comment="null: for all companies"),
    Column("name", String(200), nullable=False),
    Column("name_key", String(200), nullable=False),
    Column("trade", String(20), nullable=False),
    Column("emergency", Boolean, nullable=False, server_default="0"),
    Column("notes", Text, nullable=False, server_default=""),
    Column("client_id", String(60), unique=True),
    Column("version", Integer, nullable=False, server_default="1"),
    Index(None, "company", "trade"),
)

contractor_phones = Table(
    "contractor_phones",
    metadata,
    Column("id", _KEY, primary_key=True),
    Column("contractor_id", _KEY, nullable=False),
    Column("phone", PHONE, nullable=False, comment="E.164, or a service's short number"),
    Column("note", String(120), nullable=False, server_default=""),
    Column("days", String(7), nullable=False, server_default="1234567", comment="Monday is 1"),
    Column("from_minute", Integer, nullable=False, server_default="0"),
    Column("until_minute", Integer, nullable=False, server_default="1440"),
    Index(None, "contractor_id"),
)

contractor_houses = Table(
    "contractor_houses",
    metadata,
    Column("contractor_id", _KEY, primary_key=True, autoincrement=False),
    Column("house_id", _KEY, primary_key=True, autoincrement=False),
    Index(None, "house_id"),
)
"""Of which houses; one that has no row here is of all houses of its company."""

directory_pending = Table(
    "directory_pending",
    metadata,
    Column("load", Integer, primary_key=True, autoincrement=False),
)
"""Loads that are being written: nothing of them is seen."""

directory_loads = Table(
    "directory_loads",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("company", COMPANY, nullable=False),
    Column("account_id", Integer),
    Column("account_name", String(200), nullable=False),
    Column("file_name", String(200), nullable=False),
    Column("file", String(120), nullable=False, comment="in the desk's folder of uploads"),
    Column("state", String(20), nullable=False),
    Column("problem", String(60), nullable=False, server_default="", comment="why it was refused or failed"),
    Column(
        "columns", Text, nullable=False, server_default="", comment="JSON: the file's heads and first rows"
    ),
    Column("mapping", Text, nullable=False, server_default="", comment="JSON: field -> column"),
    Column("rows", Integer, nullable=False, server_default="0"),
    Column("done_rows", Integer, nullable=False, server_default="0", comment="of this step"),
    Column("counts", Text, nullable=False, server_default="", comment="JSON: new, changed, same, bad, …"),
    Column("created_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("client_id", String(60), unique=True),
    Index(None, "company", "created_at"),
)

directory_load_faults = Table(
    "directory_load_faults",
    metadata,
    Column("load", Integer, primary_key=True, autoincrement=False),
    Column("row", Integer, primary_key=True, autoincrement=False, comment="of the file, the heads are row 1"),
    Column("field", String(40), primary_key=True),
    Column("value", String(200), nullable=False),
    Column("fault", String(40), nullable=False),
)

directory_mappings = Table(
    "directory_mappings",
    metadata,
    Column("company", COMPANY, primary_key=True),
    Column("head_key", String(120), primary_key=True, comment="a column's head, as it is compared"),
    Column("field", String(40), nullable=False),
)
"""Which column a company's files have for what."""

directory_words = Table(
    "directory_words",
    metadata,
    Column("company", COMPANY, primary_key=True),
    Column("place", String(10), primary_key=True, comment="surname, given or patronymic"),
    Column("word", String(60), primary_key=True),
)
"""Every word of a name that a company's residents have: near spellings are found among them."""

directory_versions = Table(
    "directory_versions",
    metadata,
    Column("company", COMPANY, primary_key=True),
    Column("words", Integer, nullable=False, comment="grows when a name or a street is new"),
)

directory_counters = Table(
    "directory_counters",
    metadata,
    Column("name", String(20), primary_key=True),
    Column("next", _KEY, nullable=False),
)
"""Where ids of premises and residents come from."""
