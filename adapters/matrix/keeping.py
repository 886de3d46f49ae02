"""Small databases in the account's folder, for what is known until it was handled, also after a restart."""

from __future__ import annotations

import sqlite3
from pathlib import Path


def opened(file: Path, *schema: str) -> sqlite3.Connection:
    """What is written there survives a power cut, and what is deleted is overwritten."""
    db = sqlite3.connect(file, isolation_level=None)
    for statement in ("PRAGMA synchronous = FULL", "PRAGMA secure_delete = ON", *schema):
        db.execute(statement)
    return db
