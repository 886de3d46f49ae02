"""Many who ask and get answers, both ways between Telegram and Matrix, each sentence recognisable when it arrives."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from functools import partial

from bot.catalogue import Catalogue
from bot.content import say
from tests.servers.botapi.people import Person
from tests.servers.matrixuser import MatrixUser

CATALOGUE = Catalogue(["fr"])
SEND = CATALOGUE.render(say("button-send"), "fr").plain
LATE = 400.0  # seconds until something still missing counts as lost


def asked(member: int, number: int) -> str:
    return f"Bonjour, question {number:02} de la famille {member:02}."


def answered(member: int, number: int) -> str:
    return f"Bonjour, réponse {number:02} pour la famille {member:02}."


def found(texts: list[str], pattern: str) -> list[tuple[int, int]]:
    """(member, number) of each text that speaks of one, in the order of the texts."""
    hits = [match for text in texts for match in [re.search(pattern, text)] if match]
    return [(int(match[2]), int(match[1])) for match in hits]


def in_order(numbers: list[int]) -> bool:
    """Whether they come in order, leaving out those that come again."""
    first = list(dict.fromkeys(numbers))
    return first == sorted(first)


async def everybody_asks(members: list[Person], coordinator: MatrixUser, room: str) -> list[str]:
    """Each member's first words become a request; the cards' events, by member."""
    cards = []
    for number, member in enumerate(members):
        member.writes(f"Bonjour, nous cherchons un abri. Famille {number:02}.")
        await member.private.waits_for(lambda shown: any(SEND in m.labels for m in shown), timeout=120)
        member.presses(SEND)
    for number in range(len(members)):
        cards.append(await coordinator.wait(partial(card_of, number, coordinator, room), timeout=120))
    return cards


def card_of(number: int, coordinator: MatrixUser, room: str) -> str | None:
    shown = coordinator.seen(room)
    return next((m.id for m in shown if f"Famille {number:02}" in m.body and not m.thread), None)


async def questions(members: list[Person], each: int) -> None:
    for number in range(each):
        for index, member in enumerate(members):
            member.writes(asked(index, number))
            await asyncio.sleep(0.05)  # the load: 20 a second


async def answers(coordinator: MatrixUser, room: str, cards: list[str], each: int) -> None:
    for number in range(each):
        for index, card in enumerate(cards):
            await coordinator.say(room, f"!r {answered(index, number)}", thread=card)


async def everything_arrives(members: list[Person], coordinator: MatrixUser, room: str, each: int) -> None:
    def all_questions() -> bool:
        bodies = [message.body for message in coordinator.seen(room) if message.thread]
        return len(set(found(bodies, r"question (\d\d) de la famille (\d\d)"))) == len(members) * each

    await coordinator.wait(all_questions, timeout=LATE)
    for member in members:
        await member.private.waits_for(
            lambda shown: len(set(found([m.text for m in shown], r"réponse (\d\d) pour la famille (\d\d)"))) == each,
            timeout=LATE,
        )


def check(members: list[Person], coordinator: MatrixUser, user: str, room: str, each: int) -> None:
    """Everything has arrived, once and in order; what Telegram shows twice says that it may be a repetition."""
    shown = coordinator.seen(room)
    questions_seen = [message.body for message in shown if message.sender == user and message.thread]
    counts = Counter(found(questions_seen, r"question (\d\d) de la famille (\d\d)"))
    assert set(counts) == {(m, n) for m in range(len(members)) for n in range(each)}
    assert set(counts.values()) == {1}, "doubled on Matrix"
    for number, person in enumerate(members):
        asked_by = found(questions_seen, r"question (\d\d) de la famille (\d\d)")
        assert in_order([n for m, n in asked_by if m == number])
        texts = [message.text for message in person.private.from_bot()]
        got = found(texts, r"réponse (\d\d) pour la famille (\d\d)")
        assert {m for m, _ in got} == {number}, "somebody else's answer"
        assert in_order([n for _, n in got])
        doubled = [key for key, count in Counter(got).items() if count > 1]
        for _, n in doubled:
            copies = [text for text in texts if answered(number, n) in text]
            assert sum(not text.startswith("↻") for text in copies) == 1, "a repetition that does not say so"
