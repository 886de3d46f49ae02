"""Codes and numbers in commands, as people copy and type them."""

from __future__ import annotations

import pytest

from bot.commands import code_in, number, parse


@pytest.mark.parametrize("code", ["K12", "k12", "#K12", "K١٢", "k ۱۲", "Ｋ１２", "\u2066K12\u2069", "\u200f#k12\u200f"])
def test_a_code_is_one_in_any_digits_and_with_the_marks_that_come_along(code: str) -> None:
    command = parse(f"!r {code}، hallo")
    assert command is not None
    assert command.code("K") == ("K12", "hallo")
    assert command.code("N")[0] is None
    assert code_in(f" {code} ", "K") == (None if " " in code else "K12")


def test_what_begins_the_words_behind_a_code_stays() -> None:
    command = parse("!r K1 \u2068Ann\u2069 komt")
    assert command is not None
    assert command.code("K") == ("K1", "\u2068Ann\u2069 komt")


@pytest.mark.parametrize("typed", ["2", "٢", "۲.", "２", "2️⃣", "\u2067٢\u2069", "2\u200f", "٢،", "(2)"])
def test_so_is_a_number(typed: str) -> None:
    assert number(typed) == 2
