"""What was given to the engine to be left alone: it stands in the translation to the letter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import regex

from bot.translation.gate.findings import Code, Finding
from bot.translation.gate.sides import ADDRESSES, MOST, TAKEN
from bot.translation.protecting import Kind, stretches


def doubts(target: str, fixed: Sequence[str]) -> Iterator[Finding]:
    for text in not_kept(fixed, target)[:MOST]:  # a text that has lost so much is in doubt without the rest
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
        others, since, at = [], 0, text.find(stretch)
        while at >= 0:
            end = at + len(stretch)
            if _stands_alone(stretch, text, at, end):
                others.append(text[since:at])
                since = end
            at = text.find(stretch, max(since, at + 1))
        text = TAKEN.join((*others, text[since:]))
        if len(others) != wanted[stretch]:
            wrong.append(stretch)
    return wrong


_BEGINS = regex.compile(r"(?<![\p{Latin}\d])(?<!\d[.,])")
"""Arabic writes "and" on to a word: any other letter may stand before it."""
_ENDS = regex.compile(r"(?!\w|[.,]\d)")
_WRITTEN_ON = regex.compile(
    r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}--\d]", regex.VERSION1
)
"""Scripts that write the next word, or an ending, on to a number: 14:00에, 14:00开门. On to an address none does."""
_LIKE_AN_ADDRESS = regex.compile(r"[^\W_]\.[^\W_]|//|[@#]")


def _stands_alone(stretch: str, text: str, start: int, end: int) -> bool:
    if stretch[0].isalnum() and not _BEGINS.match(text, start):
        return False
    if not stretch[-1].isalnum() or _ENDS.match(text, end):
        return True
    number = stretch[-1].isdecimal() and _WRITTEN_ON.match(text, end) is not None
    return number and not (_LIKE_AN_ADDRESS.search(stretch) and _kind(stretch) in ADDRESSES)
