"""Fields that anybody may have written, read with suspicion."""

from __future__ import annotations

import re

from adapters.matrix.connection.homeserver import Json

# A lone half of a surrogate pair cannot be stored as UTF-8, nor NUL by PostgreSQL.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def string(value: object) -> str:
    """Raises TypeError where it is none."""
    if not isinstance(value, str):
        raise TypeError
    return storable(value)


def storable(words: str) -> str:
    return _UNSTORABLE.sub("\ufffd", words)


def inner(fields: Json, key: str) -> Json:
    """The object at that key; an empty one where there is none."""
    value = fields.get(key)
    return value if isinstance(value, dict) else {}
