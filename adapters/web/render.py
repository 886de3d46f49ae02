"""The page and its messages as HTML, in the language of who looks; the words come from page/words.toml."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2s
from importlib.resources import files
from typing import Literal
from zlib import crc32

from jinja2 import Environment, FunctionLoader, StrictUndefined

from adapters.web import page
from adapters.web.files import LARGEST
from adapters.web.html import excerpt, safe_address, to_html
from adapters.web.settings import ChatSettings, PersonSettings, Settings
from adapters.web.shown import ChatState, Part, Post, Quote
from bot.catalogue import available, is_rtl
from bot.model import SpanKind
from bot.text.languages import guess, normalise

FALLBACK = "en"
ISOLATES = "\u2066\u2067\u2068"
CODE = re.compile(r"\b[KN]\d{1,6}\b")
HUES = 6
LANGUAGES = tuple(available())
ENOUGH_TO_GUESS = 2000  # characters
ASSETS = {"style.css": "text/css", "page.js": "text/javascript"}

Words = Mapping[str, str]


def _read(name: str) -> str:
    return files(page).joinpath(name).read_text(encoding="utf-8")


WORDS = tomllib.loads(_read("words.toml"))


@dataclass(frozen=True, slots=True)
class Step:
    """Something to try first: `fill` goes into the box of the chat `room`."""

    title: str
    text: str
    room: str
    fill: str


STEPS = (
    Step("step1", "step1_text", "organisation", "!template"),
    Step("step2", "step2_text", "member", "أحتاج إلى طعام لأطفالي الثلاثة"),
    Step("step3", "step3_text", "coordination", "!list"),
)


@dataclass(frozen=True, slots=True)
class Room:
    """A chat as the page shows it. `spoken` is the language of the words in it."""

    id: str
    kind: Literal["private", "group"]
    title: str
    about: str
    language: str | None
    spoken: str
    direction: Literal["ltr", "rtl"]
    tone: int
    threads: bool
    members: tuple[PersonSettings, ...]
    suggestions: tuple[str, ...]
    thread_suggestions: tuple[str, ...]
    posts: tuple[Post, ...]
    earlier: int | None
    pins: tuple[Quote, ...]
    absent: bool


def page_languages() -> list[tuple[str, str]]:
    return [(code, words["name"]) for code, words in WORDS["page"].items()]


@dataclass(frozen=True, slots=True)
class Tongue:
    """What the page speaks to somebody: around the chats, and within a private one, where it knows more languages."""

    page: str
    private: str


def tongue(*wishes: str) -> Tongue:
    """The first wish that the page speaks; a wish may be an Accept-Language header."""
    codes = [part.split(";")[0].strip() for wish in wishes for part in wish.split(",")]
    return Tongue(_first(codes, WORDS["page"]), _first(codes, WORDS["chat"]))


def _first(codes: Sequence[str], known: Mapping[str, object]) -> str:
    return next((code for code in map(normalise, codes) if code in known), FALLBACK)


class Renderer:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.assets = {name: _read(name).encode() for name in ASSETS}
        versions = {name: blake2s(body, digest_size=6).hexdigest() for name, body in self.assets.items()}
        self._environment = Environment(
            loader=FunctionLoader(_read), autoescape=True, undefined=StrictUndefined, trim_blocks=True
        )
        self._environment.globals.update(
            to_html=to_html,
            excerpt=excerpt,
            safe_address=safe_address,
            clock=_clock,
            hue=_hue,
            code=_code,
            written_in=_written_in,
            asset=lambda name: f"/{name}?{versions[name]}",
            chat_words=lambda room: _chat_words(room.spoken),
        )
        self._index = self._environment.get_template("index.html")
        self._message = self._environment.get_template("message.html").module
        self._pins = self._environment.get_template("pins.html").module

    def index(self, speaks: Tongue, since: int, parts: Mapping[str, Part], states: Mapping[str, ChatState]) -> str:
        rooms = [
            self._room(chat, tone, speaks, parts[chat.id], states[chat.id])
            for tone, chat in enumerate(self._settings.chats)
        ]
        by_id = {chat.id: chat for chat in self._settings.chats}
        numbers = sorted({chat.column for chat in self._settings.chats})
        return self._index.render(
            language=speaks.page,
            private=speaks.private,
            languages=page_languages(),
            words=WORDS["page"][speaks.page],
            largest=LARGEST,
            since=since,
            rooms=rooms,
            columns=[[room for room in rooms if by_id[room.id].column == number] for number in numbers],
            steps=[step for step in STEPS if step.room in by_id],
        )

    def message(self, chat: ChatSettings, post: Post, speaks: Tongue) -> str:
        words = _chat_words(_spoken(chat, speaks))
        return str(self._message.message(post, chat, words))  # type: ignore[attr-defined]  # a macro

    def pins(self, chat: ChatSettings, pins: Sequence[Quote], speaks: Tongue) -> str:
        """What stands at the top of a chat."""
        return str(self._pins.pins(pins, _chat_words(_spoken(chat, speaks))))  # type: ignore[attr-defined]  # a macro

    def _room(self, chat: ChatSettings, tone: int, speaks: Tongue, part: Part, state: ChatState) -> Room:
        spoken = _spoken(chat, speaks)
        written = chat.language or (spoken if chat.kind == "private" else "")
        return Room(
            id=chat.id,
            kind=chat.kind,
            title=chat.title,
            about=WORDS["page"][speaks.page]["rooms"].get(chat.id, ""),
            language=chat.language,
            spoken=spoken,
            direction="rtl" if is_rtl(normalise(written)) else "ltr",
            tone=tone % HUES,
            threads=chat.threads,
            members=chat.members,
            suggestions=chat.suggestions,
            thread_suggestions=chat.thread_suggestions,
            posts=part.posts,
            earlier=part.earlier,
            pins=state.pins,
            absent=state.absent,
        )


def _spoken(chat: ChatSettings, speaks: Tongue) -> str:
    """The chat's own language where the page has words in it, else its reader's."""
    own = normalise(chat.language or "")
    if own in WORDS["chat"]:
        return own
    return speaks.private if chat.kind == "private" else speaks.page


def _chat_words(language: str) -> Words:
    words: Words = WORDS["chat"][language]
    return words


def _code(post: Post) -> str:
    """The code by which people call what the bot speaks of (K7), else nothing.

    It begins the text, or stands in the bold line that does; further on it may be an example.
    """
    if not post.by_the_bot:
        return ""
    head = next((span.end for span in post.text.spans if span.start == 0 and span.kind is SpanKind.BOLD), 0)
    found = CODE.search(post.text.plain, 0, head) or CODE.match(post.text.plain.lstrip(ISOLATES))
    return found.group() if found else ""


def _written_in(post: Post) -> str | None:
    """The language of the words, for whoever has them read aloud; None where they are too few to tell."""
    return guess(post.text.plain[:ENOUGH_TO_GUESS], LANGUAGES)


def _clock(at: datetime) -> str:
    """The clock time on the machine that serves the page; the page's script puts it in the reader's zone."""
    return f"{at.astimezone():%H:%M}"


def _hue(person: str) -> int:
    return 1 + crc32(person.encode()) % (HUES - 1) if person else 0  # the first hue is the bot's
