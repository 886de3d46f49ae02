"""Fields that anybody may have written, read as what can be stored."""

from __future__ import annotations

import re

# A lone half of a surrogate pair cannot be stored as UTF-8, nor NUL by PostgreSQL.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def string(value: object) -> str:
    """Raises TypeError where it is none."""
    if not isinstance(value, str):
        raise TypeError
    return storable(value)


def storable(words: str) -> str:
    return _UNSTORABLE.sub("\ufffd", words)
