"""Commands: `!name argument` or `/name argument`, the same everywhere, and the codes they speak of. Pure.

Chinese and Japanese keyboards write both signs as wide as their letters."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from bot.text.words import UNSEEN

_COMMAND = re.compile(r"[!/\uff01\uff0f]([A-Za-z]+)(?:@\w+)?(?:\s+|$)")
_APART = re.compile(r"[!/\uff01\uff0f][^\S\n]+([A-Za-z]+)(?:\s+|$)")
_MARKS = re.compile(r"[\u2066\u2069]")
_COPIED = re.compile(r"\s*\u2066[!/]")
_BEFORE = rf"[{UNSEEN}]*#?[{UNSEEN}]*([KkNn\uff2b\uff2e\uff4b\uff4e])"
_CODE = re.compile(rf"{_BEFORE}(\d{{1,9}})(?!\w)")
_CODE_BEHIND = re.compile(rf"{_BEFORE}\s?(\d{{1,9}})(?!\w)")  # a command: elsewhere "n 3" may be somebody's words
_BEHIND_A_CODE = " \t\n:,،\u200b\u200e\u200f\u202c\u2060\u2069\ufeff"  # what opens there belongs to the words


@dataclass(frozen=True, slots=True)
class Command:
    """`name` in lower case; `argument` is the rest, as typed but for white space around it."""

    name: str
    argument: str

    def code(self, letter: str) -> tuple[str | None, str]:
        """A code like N3 at the beginning of the argument ("N3", the rest), or (None, the whole argument)."""
        match = (_CODE_BEHIND if self.name else _CODE).match(_digits(self.argument))
        if match is None or _letter(match) != letter:
            return None, self.argument
        return f"{letter}{int(match[2])}", self.argument[match.end() :].lstrip(_BEHIND_A_CODE).rstrip()


def parse(text: str) -> Command | None:
    """The command a message is, None when it is none ("/ 2", "!?", "!!"). One that was copied from a text from right to
    left brings the marks of its direction along."""
    text = _MARKS.sub("", text).strip() if _COPIED.match(text) else text.strip()
    match = _COMMAND.match(text)
    return None if match is None else Command(match[1].lower(), text[match.end() :].strip())


def name_apart(text: str) -> str | None:
    """The word behind a sign and a blank ("! notice"): maybe a command's name, maybe what somebody says."""
    match = _APART.match(text.strip())
    return None if match is None else match[1].lower()


def code_in(text: str, letter: str) -> str | None:
    """The code a text consists of ("k7", "#K7"), None when it is anything else."""
    match = _CODE.fullmatch(_digits(text.strip().strip(UNSEEN).strip()))
    return None if match is None or _letter(match) != letter else f"{letter}{int(match[2])}"


def number(text: str) -> int | None:
    """The number a text consists of, in whatever digits, with the marks people put around it ("2", "2.", "٢")."""
    digits = _digits(text.strip()).strip(f".)( #،\ufe0f\u20e3{UNSEEN}")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 4 else None


def _letter(code: re.Match[str]) -> str:
    return unicodedata.normalize("NFKC", code[1]).upper()


def _digits(text: str) -> str:
    """Every digit as a Latin one; the length stays."""
    return "".join(str(unicodedata.digit(c)) if c.isdigit() and unicodedata.digit(c, -1) >= 0 else c for c in text)
