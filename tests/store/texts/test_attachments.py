"""What is known of a file is known when it is passed on."""

from __future__ import annotations

from bot.model import Attachment
from bot.store.texts.attachments import Kept
from tests.databases import transaction


def test_a_file_is_told_of_as_it_came(database_url: str) -> None:
    """Its measures and the shape of a voice, too; what nobody knows stays unknown."""
    came = [
        Attachment("voice", "key", None, 9, "audio/ogg", 12, None, None, (0, 512, 1024)),
        Attachment("photo", "key", "a.jpg", None, None, None, 800, 600),
    ]
    with transaction(database_url) as tx:
        text = tx.texts.add("words", "nl")
        tx.attachments.keep(text, "telegram", came)
        assert tx.attachments.of(text) == [Kept("telegram", one) for one in came]
