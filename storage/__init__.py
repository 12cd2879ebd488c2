"""The ledger: tables, migrations, stores, report queries."""
