"""What we know of chats, the people in them, and the organisations whose they are."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.model import Chat, ChatKind
from bot.text.words import without_marks

_LONGEST = 128  # characters; no chat on Telegram is called by more
_MOST = 1000  # characters of a name that are looked at: on Matrix it can be as long as one likes

_UNSEEN = frozenset("\u200b\u2060\ufeff\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Empty places, and marks that turn what follows them; not the joiners of Persian letters and of emoji."""
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and a sign that look like nothing: typed by who wants no name, where a network asks for one."""


def on_one_line(name: str, most: int = _LONGEST) -> str:
    """A name that others have given to a chat or themselves, as it can stand within a sentence of ours."""
    words = " ".join(name.split())
    return words if len(words) <= most else f"{words[: most - 1].rstrip()}…"


def as_typed(name: str) -> str:
    """A name that somebody has typed, on one line; "" where nobody can see anything of it."""
    plain = " ".join("".join(character for character in name if character not in _UNSEEN).split())
    seen = (character for character in plain if character not in _BLANK)
    return plain if any(unicodedata.category(character)[0] in "LNPS" for character in seen) else ""


def called(name: str) -> str:
    """What somebody calls themselves, as it can stand within a sentence of ours; "" where nobody can see it."""
    return on_one_line(as_typed(name[:_MOST]))


def is_same_name(one: str, other: str) -> bool:
    """Whether two names read alike: in capitals or not, an accent as a sign of its own or not, and whatever marks that
    nobody sees a keyboard has put between."""
    return _as_read(one) == _as_read(other)


def _as_read(name: str) -> str:
    # Compatible letters are composed before and after: capitals of what is composed may not be.
    small = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    # Turkish: İ and ı are I and i with their dots changed.
    return without_marks(small.replace("i\u0307", "i").replace("ı", "i"))


class Role(StrEnum):
    """What a chat is to us. A private chat needs no pairing."""

    NONE = ""
    PRIVATE = "private"
    COORDINATION = "coordination"
    ORGANISATION = "organisation"
    GROUP = "group"


@dataclass(frozen=True, slots=True)
class KnownChat:
    """A chat as the store knows it. `role` is a Role."""

    id: int
    address: Chat
    kind: ChatKind
    role: str
    organisation: int | None
    language: str | None
    title: str | None = field(repr=False)
    active: bool
    administrator: bool
    added_at: datetime
    explained_at: datetime | None
    person: int | None = None  # a helper's own private chat: whose
    hours: str | None = None  # when somebody is there, where it is not as the operator said for all
    link: int | None = None  # the linked chats that it is one of
    forum: bool = False  # its network keeps its messages apart by topics
    topics: bool = False  # which the bot may open and close

    @property
    def has_topics(self) -> bool:
        """Whether what we say there can be kept apart."""
        return self.forum and self.topics


@dataclass(frozen=True, slots=True)
class KnownPerson:
    id: int
    name: str = field(repr=False)
    app_language: str | None


@dataclass(frozen=True, slots=True)
class Organisation:
    """`reads`: the languages whose translations it may approve."""

    id: int
    name: str
    reads: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pairing:
    """What a one-time code gives: a role, or with `link` a place among these linked chats."""

    role: str
    organisation: int | None
    language: str | None
    link: int | None = None
