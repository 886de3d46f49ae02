"""One-time codes, as people copy and type them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.domain.chats import Pairing, Role
from tests.databases import transaction

AS_ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
WIDE = {ord(sign): ord(sign) + 0xFEE0 for sign in "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"}


@pytest.mark.parametrize("typed", ["{}", "\u2066{}\u2069", "{}\u200f", "`{}`", " {} \ufeff"])
@pytest.mark.parametrize("keyboard", [{}, AS_ARABIC, WIDE, {ord("I"): "i"}, {ord("I"): "İ"}, {ord("I"): "ı"}])
def test_a_code_is_understood_from_any_keyboard(database_url: str, typed: str, keyboard: dict[int, int | str]) -> None:
    offered = Pairing(Role.COORDINATION, None, "nl")
    with transaction(database_url) as tx:
        tx.token = lambda: "I7K0A9BCDEFG"
        code = tx.chats.new_pairing(offered, timedelta(days=1))
        assert tx.chats.offered_pairing(code[:-1]) is None
        assert tx.chats.use_pairing(typed.format(code.translate(keyboard))) == offered
