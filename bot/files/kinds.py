"""What people send besides words and files, written out to be read in any language: a place on the map, a contact, a
poll, a list of tasks. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.model import Text, joined

# --- a place on the map ----------------------------------------------------------------------------------------------

_PIN, _LIVE = "📍", "🛰"
_MAP = "https://www.openstreetmap.org/?mlat={0}&mlon={1}#map=17/{0}/{1}"
_DEGREES = r"-?\d{1,3}\.\d{5}"  # about a metre; what apps show beyond it is no knowledge
WHERE = re.compile(rf"{_DEGREES}, {_DEGREES}(?: \(±\d+ m\))?")
"""The numbers of a place. In every script they are to be read from left to right."""
_PLACE = re.compile(
    rf"{_PIN}{_LIVE}?(?: [^\n]*\n| )\u2066?{WHERE.pattern}\u2069?"
    rf"\nhttps://www\.openstreetmap\.org/\?mlat={_DEGREES}&mlon={_DEGREES}#map=17/{_DEGREES}/{_DEGREES}"
)


@dataclass(frozen=True, slots=True)
class Place:
    """In degrees, with what it is called if it has a name. `accuracy` in metres; `live`: whoever is there moves on."""

    latitude: float
    longitude: float
    name: str = ""
    accuracy: float | None = None
    live: bool = False


def place(of: Place) -> Text:
    """Its name, where it is, and a link to a map. Raises ValueError for what is not on earth."""
    if not (abs(of.latitude) <= 90 and abs(of.longitude) <= 180):  # NaN is not, either
        raise ValueError("no place on earth")
    latitude, longitude = _degrees(of.latitude), _degrees(of.longitude)
    near = of.accuracy is not None and math.isfinite(of.accuracy) and of.accuracy >= 1
    where = f"{latitude}, {longitude}" + (f" (±{of.accuracy:.0f} m)" if near else "")
    sign, name = _PIN + (_LIVE if of.live else ""), one_line(of.name)
    return Text(f"{sign} {name}\n{where}\n" if name else f"{sign} {where}\n") + Text(_MAP.format(latitude, longitude))


def _degrees(value: float) -> str:
    shown = f"{value:.5f}"
    return shown.removeprefix("-") if float(shown) == 0 else shown


def places(words: str) -> list[tuple[int, int]]:
    """Where places as above stand in a text."""
    return [found.span() for found in _PLACE.finditer(words)] if _PIN in words else []


# --- a contact -------------------------------------------------------------------------------------------------------

_PERSON = "👤"
_CONTACT = re.compile(rf"{_PERSON} (?:[^\n]*\n)?\+?[\d•().\s/-]+")


def contact(name: str, number: str) -> Text:
    """Somebody's name and number. Without a name: whoever shares it shares their own, and is to stay unnamed.

    Raises ValueError where there is neither.
    """
    name, number = one_line(name), one_line(number)
    if not name and not number:
        raise ValueError("a contact without name and number")
    return Text(f"{_PERSON} {name}\n{number}" if name and number else f"{_PERSON} {name or number}")


# --- a poll, a list of tasks -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Answer:
    """One of a poll's. `votes` are None while nobody knows how it ends."""

    words: Text
    votes: int | None = None


def poll(question: Text, answers: Sequence[Answer], description: Text | None = None) -> Text:
    """The question, and below it the answers with their numbers. Raises ValueError where nothing is asked."""
    if not question and not answers:
        raise ValueError("a poll about nothing")
    lines = [
        Text(f"{number}. ") + answer.words + Text("" if answer.votes is None else f" — {answer.votes}")
        for number, answer in enumerate(answers, 1)
    ]
    return joined([said(POLL, question), description or Text(""), *lines], "\n")


def tasks(title: Text, items: Sequence[tuple[Text, bool]]) -> Text:
    """Each task with whether it is done. Raises ValueError where there is nothing to do."""
    if not title and not items:
        raise ValueError("a list of nothing")
    return joined([said(TASKS, title), *(Text("☑ " if done else "☐ ") + words for words, done in items)], "\n")


# --- what says in a few words what it is -----------------------------------------------------------------------------

POLL, TASKS, GAME, BILL, PRIZE = "📊", "📋", "🎮", "🧾", "🎁"


def said(sign: str, words: Text) -> Text:
    """Words behind the sign that shows what they are; so they are no command either, whatever they are."""
    return Text(f"{sign} ") + words if words else Text(sign)


def forwarded(words: Text) -> Text:
    """Words of somebody else's. Whose they are is between them and whoever forwards them."""
    return words if wordless(words.plain) else said("↪", words)


# --- what needs no translation ---------------------------------------------------------------------------------------

_ADDRESS = re.compile(r"https?://\S+")


def wordless(words: str) -> bool:
    """Whether a text is the same in every language: numbers, signs, addresses, a place, somebody's name and number."""
    if bears_no_words(words):
        return True
    return not any(character.isalpha() for character in _ADDRESS.sub("", words))


def bears_no_words(words: str) -> bool:
    """Whether it is a place or a contact as above: apps send these alone, without a command before them."""
    return bool(_CONTACT.fullmatch(words) or _PLACE.fullmatch(words))


def one_line(words: str) -> str:
    return " ".join(words.split())
