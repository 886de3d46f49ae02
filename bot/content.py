"""What is to be said, before it is known in which language: blocks of catalogue sentences and people's words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Literal


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of the catalogue, in whatever language the reader has. `args` fill its {names}.

    The argument `n`, where there is one, is the count that chooses the plural.
    """

    key: str
    args: dict[str, Arg]

    def __hash__(self) -> int:
        return hash(self.key)


@dataclass(frozen=True, slots=True)
class LanguageName:
    """A language, called by its name in the reader's language ("Portugees"), or with `own` in its own ("português")."""

    code: str
    own: bool = False


@dataclass(frozen=True, slots=True)
class Weekday:
    """A day of the week, by its name in the reader's language; Monday is 0."""

    day: int


@dataclass(frozen=True, slots=True)
class OpenHours:
    """When somebody is there, as it was written ("Mon-Fri 09:00-18:00"), in the reader's language."""

    text: str


@dataclass(frozen=True, slots=True)
class Said:
    """Somebody's stored text within a sentence, on one line and cut short: an area, a place. `text` is its id."""

    text: int


Arg = str | int | datetime | date | time | Sentence | LanguageName | Weekday | OpenHours | Said | tuple["Arg", ...]
"""What a sentence can be filled with; a tuple becomes a list in the reader's language ("a, b en c")."""


def say(key: str, /, **args: Arg) -> Sentence:
    return Sentence(key, args)


Style = Literal["plain", "bold", "italic", "quote", "code"]


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence on a line of its own."""

    sentence: Sentence
    style: Style = "plain"


@dataclass(frozen=True, slots=True)
class Words:
    """Somebody's stored text, as it was written; `text` is its id in the store.

    `start` and `most` cut a stretch out of it: at most so many characters from there on.
    """

    text: int
    style: Style = "plain"
    start: int = 0
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Translated:
    """Somebody's stored text in the reader's language, with `original` under it when it was translated.

    Where there is no translation when the deadline passes, the original goes out with a note that it is one.
    `most` cuts what is longer than so many characters short. `into`: exactly what a reader of that language is shown,
    whatever the reader's own.
    """

    text: int
    original: bool = True
    style: Style = "plain"
    most: int | None = None
    into: str | None = None


@dataclass(frozen=True, slots=True)
class Attached:
    """The files that came with somebody's stored text, below everything else that is said; `text` is its id.

    An edit that has them too leaves them as they are; one without takes them away.
    """

    text: int


@dataclass(frozen=True, slots=True)
class Verbatim:
    """Characters that are the same in every language: a code, an address, a filled template."""

    plain: str
    style: Style = "plain"


@dataclass(frozen=True, slots=True)
class HelpLink:
    """The link to the private chat with the bot, with the chat it stands in as a suggestion."""

    key: str  # the sentence that is the link's words
    start: str = ""  # the payload, with {chat} for the group's id; "" for the group's own


@dataclass(frozen=True, slots=True)
class Gap:
    """An empty line."""


Block = Line | Words | Translated | Attached | Verbatim | HelpLink | Gap
Content = tuple[Block, ...]
"""Each block begins on a new line."""
