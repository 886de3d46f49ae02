"""What a message says that has neither text nor a file: a place, a contact, a poll, … written out as text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import msgspec

from adapters.telegram import rich
from adapters.telegram.entities import to_text
from adapters.telegram.wire import Entity
from bot.files import kinds
from bot.model import Text

T = TypeVar("T")


class Location(msgspec.Struct):
    """`live_period`: it moves along with whoever sent it."""

    latitude: float
    longitude: float
    horizontal_accuracy: float | None = None
    live_period: int | None = None


class Venue(msgspec.Struct):
    location: Location
    title: str
    address: str = ""


class Contact(msgspec.Struct):
    """`user_id` is there for whoever has an account; then the number is international, often without its plus."""

    phone_number: str = ""
    first_name: str = ""
    last_name: str = ""
    user_id: int | None = None


class Option(msgspec.Struct):
    text: str
    text_entities: list[Entity] = []
    voter_count: int = 0


class Poll(msgspec.Struct):
    question: str
    options: list[Option]
    question_entities: list[Entity] = []
    is_closed: bool = False
    description: str = ""
    description_entities: list[Entity] = []


class Task(msgspec.Struct):
    """`completion_date` is 0, or missing, while it is not done."""

    text: str
    text_entities: list[Entity] = []
    completion_date: int = 0


class Checklist(msgspec.Struct):
    title: str
    tasks: list[Task]
    title_entities: list[Entity] = []


class Dice(msgspec.Struct):
    emoji: str
    value: int


class Sticker(msgspec.Struct):
    emoji: str


class Titled(msgspec.Struct):
    """A game or a bill."""

    title: str
    description: str = ""


class Giveaway(msgspec.Struct):
    prize_description: str


def told(kind: str, fields: Mapping[str, Any], sender: int | None) -> Text:
    """The words of a message of this kind; empty where it has none. `sender`: who shares it.

    Raises ValueError for what is not as documented.
    """
    if kind == "contact":
        return _contact(fields[kind], sender)
    tell = _TELLERS.get(kind)
    return Text("") if tell is None else tell(fields[kind])


def _as(shape: type[T], value: Any) -> T:
    return msgspec.convert(value, shape)


def _place(value: Any) -> Text:
    return kinds.place(_where(_as(Location, value)))


def _venue(value: Any) -> Text:
    venue = _as(Venue, value)
    return kinds.place(_where(venue.location, ", ".join(name for name in (venue.title, venue.address) if name)))


def _where(found: Location, name: str = "") -> kinds.Place:
    live = found.live_period is not None
    return kinds.Place(found.latitude, found.longitude, name, found.horizontal_accuracy, live)


def _contact(value: Any, sender: int | None) -> Text:
    """Whoever shares their own has not said their name: others know them by a code."""
    contact = _as(Contact, value)
    own = contact.user_id is not None and contact.user_id == sender
    number = contact.phone_number
    if contact.user_id is not None and number.isdigit() and not number.startswith("0"):
        number = f"+{number}"
    return kinds.contact("" if own else f"{contact.first_name} {contact.last_name}", number)


def _poll(value: Any) -> Text:
    poll = _as(Poll, value)
    answers = [
        kinds.Answer(to_text(option.text, option.text_entities), option.voter_count if poll.is_closed else None)
        for option in poll.options
    ]
    description = to_text(poll.description, poll.description_entities)
    return kinds.poll(to_text(poll.question, poll.question_entities), answers, description)


def _checklist(value: Any) -> Text:
    checklist = _as(Checklist, value)
    tasks = [(to_text(task.text, task.text_entities), task.completion_date > 0) for task in checklist.tasks]
    return kinds.tasks(to_text(checklist.title, checklist.title_entities), tasks)


def _dice(value: Any) -> Text:
    dice = _as(Dice, value)
    return kinds.said(dice.emoji, Text(str(dice.value)))


def _sticker(value: Any) -> Text:
    """What it stands for; where it can be had as a picture, nobody asks."""
    return Text(_as(Sticker, value).emoji)


def _rich(value: Any) -> Text:
    """One that begins like a command is none: it is no message that people type."""
    said = rich.words(value)
    return kinds.said("¶", said) if said.plain.startswith(("/", "!")) else said


def _titled(sign: str) -> Callable[[Any], Text]:
    def tell(value: Any) -> Text:
        named = _as(Titled, value)
        return kinds.said(sign, Text("\n".join(words for words in (named.title, named.description) if words)))

    return tell


def _giveaway(value: Any) -> Text:
    return kinds.said(kinds.PRIZE, Text(_as(Giveaway, value).prize_description))


_TELLERS: Mapping[str, Callable[[Any], Text]] = {
    "venue": _venue,
    "location": _place,
    "poll": _poll,
    "checklist": _checklist,
    "dice": _dice,
    "sticker": _sticker,
    "game": _titled(kinds.GAME),
    "invoice": _titled(kinds.BILL),
    "giveaway": _giveaway,
    "rich_message": _rich,
}
