"""Linked chats: several that hear each other, each in its own language. What is known of them, and who is shown how.
Pure."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from bot.domain.chats import as_typed, on_one_line
from bot.model import TOPIC, Attachment, Person, SpanKind, Text
from bot.text.graphemes import GRAPHEME

Names = Literal["name", "initials", "none"]
"""How whoever writes in a linked chat is called in the others."""

NOBODY = -1
"""The writer of what was said too long ago."""

_LONGEST_NAME, _INITIALS = 40, 3  # characters, letters
_INITIAL = ("Lu", "Ll", "Lt", "Lm", "Lo", "Nd", "Nl", "No", "So")
_LONGEST_SIGN = 16  # code points; a family of four in their colours takes eleven
_ABOVE = 3  # lines in which another bridge may say who we are
_AFTER_A_NAME = ">:|)]»-–—•·"  # what a bridge puts between its name for us and the rest
_SURE = 20  # characters with which nobody begins by chance as another has
_CUT = 500  # characters that are beyond doubt the beginning of what was too long for one message
_MARKS = re.compile("[\u200e\u200f\u2066-\u2069]")  # of direction


@dataclass(frozen=True, slots=True)
class KnownLink:
    """An organisation's conversation over several chats. `subject` is its lane in each of them."""

    id: int
    organisation: int
    name: str = field(repr=False)

    @property
    def subject(self) -> str:
        return f"L{self.id}"


@dataclass(frozen=True, slots=True)
class LinkedMessage:
    """Something said in a linked chat; `name` is what it is called in the others. `text` is None once time has deleted
    it. `root` is the first message of its thread, if it stands in one.

    A topic of a forum is one, too: its `network_id` is the topic's, its text what the topic is called ("" as long as
    nobody knows), and all that stands in it has it as its root.
    """

    id: int
    link: int
    chat: int
    network_id: str
    text: int | None
    writer: int
    root: int | None = None

    @property
    def is_topic(self) -> bool:
        return self.network_id.startswith(TOPIC)

    @property
    def subject(self) -> str:
        return f"L{self.link}"

    @property
    def name(self) -> str:
        return f"{self.subject}/{self.id}"


def is_of_one(subject: str) -> bool:
    """Whether that is the lane of a conversation over several chats."""
    return subject.startswith("L")


def named(link: int, name: str | None) -> int | None:
    """The id of the message that a delivery of this name passes on."""
    subject, _, id = (name or "").partition("/")
    return int(id) if subject == f"L{link}" and id.isdecimal() else None


def fingerprint(person: Person, message: str) -> int:
    """Tells whether somebody is the writer of a message, in all likelihood. It is another for each message, and names
    nobody; but whoever has a list of a group's members could try them, so it is kept no longer than the words."""
    told = "\0".join((person.account, person.id, message)).encode()
    return int.from_bytes(hashlib.sha256(told).digest()[:2])


def shown_name(name: str, how: Names) -> str:
    """What a writer is called elsewhere; "" where nothing is told or known."""
    words = as_typed(name)
    if how == "none" or not words:
        return ""
    if how == "name":
        return on_one_line(words, _LONGEST_NAME)
    letters = filter(None, map(_initial, words.split(" ")))
    return " ".join(f"{letter}." for letter, _ in zip(letters, range(_INITIALS), strict=False))


def _initial(word: str) -> str:
    """The first letter, number or emoji, and no sign before it; as a capital where that is one letter, too."""
    signs = (found.group() for found in GRAPHEME.finditer(word))
    first = next((sign for sign in signs if unicodedata.category(sign[0]) in _INITIAL), "")
    capital = first.upper()
    return capital if len(capital) == len(first) else first


def head(name: str, place: str, chats: int) -> str:
    """The line above what somebody says elsewhere: between two chats the place goes without saying."""
    if not name:
        return place
    return f"{name} · {place}" if chats > 2 and place else name


def is_sign(key: str) -> bool:
    """Whether a reaction is a single sign. On Matrix it can be any words; passed on they would be the bot's own."""
    return len(key) <= _LONGEST_SIGN and GRAPHEME.fullmatch(key) is not None


def is_echo(text: Text, said: Iterable[tuple[str, Sequence[str]]]) -> bool:
    """Whether a message is our own, carried here by another bridge: a head, maybe behind the name that the bridge has
    for us, and just below it the words. `said`: the heads of what we passed on lately, and the words beneath each, in
    every language.

    Who quotes us, or writes to somebody by name, says something of their own.
    """
    quoted = [span for span in text.spans if span.kind is SpanKind.QUOTE]
    above = [
        (line, below)
        for line, below in _first_lines(text.plain)
        if not any(span.start <= len(text.plain) - len(below) - 1 <= span.end for span in quoted)
    ]
    bare = [(_bare(line), _bare(below)) for line, below in above]
    return any(is_head(line, head) and _is_ours(below, words) for head, words in said for line, below in bare)


def is_head(line: str, head: str) -> bool:
    """Whether a line is one of ours, maybe behind what another bridge puts before it."""
    line, head = _bare(line), _bare(head)
    before = line.removesuffix(head).rstrip(" *_")
    return bool(head) and line.endswith(head) and (not before or (before[-1] in _AFTER_A_NAME and before[0] != ">"))


def are_same(some: Sequence[Attachment], others: Sequence[Attachment], named: bool) -> bool:
    """Whether files are the same in all likelihood, wherever they can be fetched. `named`: our head came with them;
    then they may have been packed anew on the way."""
    return len(some) == len(others) and all(
        _is_same(one, other, named) for one, other in zip(some, others, strict=True)
    )


def _is_same(one: Attachment, other: Attachment, named: bool) -> bool:
    if one.kind != other.kind:
        return False
    if named and (one.width, one.height, one.seconds) == (other.width, other.height, other.seconds):
        return True
    return one.size is not None and one.size == other.size


def _first_lines(plain: str) -> Iterator[tuple[str, str]]:
    """The lines where a head can stand, each with all that is below it."""
    below = plain
    for _ in range(_ABOVE):
        line, found, below = below.partition("\n")
        if not found:
            return
        yield line, below


def _is_ours(below: str, words: Sequence[str]) -> bool:
    """Whether that is what we wrote below a head: the words, and sometimes what we say of them, or the original."""
    for one in filter(None, map(_bare, words)):
        known = len(one) >= _SURE or any(other != one and below.endswith(other) for other in words if other)
        if below == one or (known and below.startswith(f"{one}\n")):
            return True
        if len(below) >= _CUT and one.startswith(below):  # a network took it in several messages
            return True
    return False


def _bare(words: str) -> str:
    """Without what we, or a bridge, put around for the eye."""
    return _MARKS.sub("", words).strip("*_ \n")
