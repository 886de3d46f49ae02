"""Ready answers: what helpers say every day, written once in every language, with gaps for places and times. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot import commands
from bot.text.words import has_words

MOST_CHARACTERS = 200
"""The longest that fits a gap: more is an answer of its own."""


@dataclass(frozen=True, slots=True)
class ReadyAnswer:
    """A sentence of the catalogue, `ready-` and its name; `gaps` are its placeholders in the order they are typed."""

    name: str
    gaps: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return f"ready-{self.name}"


READY = (
    ReadyAnswer("read"),
    ReadyAnswer("call-today"),
    ReadyAnswer("not-reached"),
    ReadyAnswer("where"),
    ReadyAnswer("urgent"),
    ReadyAnswer("danger"),
    ReadyAnswer("how-many"),
    ReadyAnswer("letter"),
    ReadyAnswer("interpreter"),
    ReadyAnswer("free"),
    ReadyAnswer("full"),
    ReadyAnswer("wait"),
    ReadyAnswer("still-need"),
    ReadyAnswer("welcome"),
    ReadyAnswer("come", ("place", "time")),
    ReadyAnswer("bed", ("place", "time")),
    ReadyAnswer("appointment", ("service", "place", "time")),
    ReadyAnswer("bring", ("what",)),
    ReadyAnswer("call-service", ("service", "phone")),
    ReadyAnswer("not-us", ("service",)),
    ReadyAnswer("pass-on", ("service",)),
)
"""What can be sent as it is comes first: those numbers are also the numbers of the buttons below the list."""

NOT_REACHED = "not-reached"

EXAMPLES = {
    "place": "Stationsstraat 5",
    "time": "14:00",
    "service": "CAW Brussel",
    "phone": "02 123 45 67",
    "what": "ID",
}


@dataclass(frozen=True, slots=True)
class Typed:
    """A number from 1, and what is to stand in the gaps."""

    number: int
    values: tuple[str, ...]

    @property
    def answer(self) -> ReadyAnswer | None:
        return READY[self.number - 1] if 1 <= self.number <= len(READY) else None


_TYPED = re.compile(r"(?P<number>\S+)(?:\s+(?P<rest>.*))?", re.DOTALL)
_BETWEEN = re.compile(r"[|\n\uff5c\u00a6]")


def parse(words: str) -> Typed | None:
    """`3 Rue X 5 | 14:00`; None where it does not begin with a number."""
    match = _TYPED.fullmatch(words.strip())
    number = None if match is None else commands.number(match["number"])
    if match is None or number is None:
        return None
    rest = (match["rest"] or "").strip().strip("|")
    values = [" ".join(value.split()) for value in _BETWEEN.split(rest)] if rest.strip() else []
    return Typed(number, tuple(values))


def fill(answer: ReadyAnswer, values: Sequence[str]) -> dict[str, str] | None:
    """What stands in each gap; None where there are too few or too many, or one is empty or too long."""
    fits = len(values) == len(answer.gaps) and all(
        has_words(value) and len(value) <= MOST_CHARACTERS for value in values
    )
    return dict(zip(answer.gaps, values, strict=True)) if fits else None


def usage(answer: ReadyAnswer) -> str:
    """What to type behind the command, filled with examples."""
    number = READY.index(answer) + 1
    return " ".join([str(number), " | ".join(EXAMPLES[gap] for gap in answer.gaps)]).strip()
