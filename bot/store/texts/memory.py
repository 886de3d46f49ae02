"""Memory: paragraphs that were approved once, each with its translation, for when exactly the same words come again."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlalchemy import select

from bot.store.tables import memory

if TYPE_CHECKING:
    from bot.store.transaction import Transaction


class Memory:
    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def remember(self, source: str, source_language: str, target: str, target_language: str, organisation: int) -> None:
        """An approved paragraph, to be used again for exactly the same words."""
        values = {"target": target, "organisation_id": organisation, "created_at": self._tx.now}
        row = self._tx.insert(memory).values(
            source_language=source_language, target_language=target_language, source_hash=_hash(source), **values
        )
        self._tx.connection.execute(
            row.on_conflict_do_update(index_elements=["source_language", "target_language", "source_hash"], set_=values)
        )

    def remembered(self, source: Sequence[str], source_language: str, target_language: str) -> dict[str, str]:
        """The approved translations of those paragraphs that have one."""
        hashes = {_hash(paragraph): paragraph for paragraph in source}
        rows = self._tx.connection.execute(
            select(memory.c.source_hash, memory.c.target).where(
                memory.c.source_language == source_language,
                memory.c.target_language == target_language,
                memory.c.source_hash.in_(list(hashes)),
            )
        )
        return {hashes[bytes(source_hash)]: target for source_hash, target in rows}


def _hash(paragraph: str) -> bytes:
    """Alike for paragraphs that differ only in white space: then a translation may be used unasked."""
    return hashlib.sha256(" ".join(paragraph.split()).encode()).digest()
