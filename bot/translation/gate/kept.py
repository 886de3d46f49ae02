"""What was given to the engine to be left alone: it stands in the translation to the letter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import regex

from bot.translation.gate.findings import Code, Finding
from bot.translation.gate.sides import ADDRESSES, TAKEN
from bot.translation.protecting import Kind, stretches


def doubts(target: str, fixed: Sequence[str]) -> Iterator[Finding]:
    for text in not_kept(fixed, target):
        yield Finding(_CODE_OF.get(_kind(text), "link-changed"), blocking=True, detail=text)


_CODE_OF: dict[Kind | None, Code] = {
    Kind.PHONE: "phone-changed",
    Kind.TIME: "time-changed",
    Kind.DATE: "number-missing",
    Kind.AMOUNT: "number-missing",
    Kind.ACCOUNT: "number-missing",
    Kind.CODE: "number-missing",
}


def _kind(text: str) -> Kind | None:
    return next((stretch.kind for stretch in stretches(text) if stretch.text == text), None)


def not_kept(fixed: Sequence[str], text: str) -> list[str]:
    """The stretches that do not stand in the text exactly as often as they are listed, as words of their own."""
    wanted = Counter(fixed)
    wrong = []
    for stretch in sorted(wanted, key=len, reverse=True):  # 14:00-16:00 before the 14:00 in it
        start = r"(?<![\p{Latin}\d])(?<!\d[.,])" if stretch[:1].isalnum() else ""  # Arabic writes "and" on to it
        end = rf"{_after(stretch)}(?![.,]\d)" if stretch[-1:].isalnum() else ""
        text, count = regex.subn(start + regex.escape(stretch) + end, TAKEN, text, flags=regex.VERSION1)
        if count != wanted[stretch]:
            wrong.append(stretch)
    return wrong


_WRITTEN_ON = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
"""Scripts that write the next word, or an ending, on to a number: 14:00에, 14:00开门."""


def _after(stretch: str) -> str:
    """What may not follow it: a letter would be a part of an address in any script."""
    number = stretch[-1:].isdecimal() and _kind(stretch) not in ADDRESSES
    return rf"(?![\w--[{_WRITTEN_ON}]]|\d)" if number else r"(?!\w)"
