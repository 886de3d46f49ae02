"""Words made to be slow: whatever somebody writes, the bot is soon back for all the others."""

from __future__ import annotations

import pytest

from tests.handlers.conftest import Scene

LONGEST = 60_000  # bytes; an event on Matrix has at most 65,536
ENDLESS = ("x", "漢", "é", "🇧", "a\u0301", "a.", "a@", "1/", "1 ", "<a ", "http://", "http://a.b/", "{a", "\u00a0")


@pytest.mark.timeout(8, func_only=True)
@pytest.mark.parametrize("words", ENDLESS, ids=ascii)
async def test_words_without_an_end_hold_up_nobody(translated: Scene, words: str) -> None:
    """What takes a regular expression from each letter to the end takes minutes, in the one thread that writes."""
    await translated.asks("Preciso de comida para os meus filhos " + words * (LONGEST // len(words.encode())))
    assert translated.card("K1")
