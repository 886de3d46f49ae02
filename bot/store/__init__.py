"""The durable store: tables, queries, migrations and the one writer, on SQLite or PostgreSQL."""
