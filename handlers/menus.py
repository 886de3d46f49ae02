"""The command menus that networks show."""

from __future__ import annotations

from collections.abc import Sequence

from bot.catalogue import Catalogue
from bot.model import SetCommands


def menus(catalogue: Catalogue, account: str) -> Sequence[SetCommands]:
    return ()
