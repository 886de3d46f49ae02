"""The database itself: opened, migrated, spoken to, written by one writer, shared between processes."""
