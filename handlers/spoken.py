"""What people can type for one of a few values: its own name, and what their language calls it."""

from __future__ import annotations

from functools import cache

from bot.catalogue import Catalogue
from bot.content import say


@cache
def spoken(prefix: str, values: tuple[str, ...], language: str) -> dict[str, str]:
    """The value for each word, in lower case: `helped` and, in Dutch, `geholpen` (the sentence outcome-helped)."""
    catalogue = Catalogue(())
    named = {catalogue.render(say(f"{prefix}{value}"), language).plain.lower(): value for value in values}
    return named | {value: value for value in values}
