"""`kill -9` under load, both ways between Telegram and Matrix: nothing is lost, nothing is doubled unseen.

`make torture` kills ten times during 300 messages each way; `make test` three times during 30.
"""

from __future__ import annotations

import asyncio
import random
import re
from collections import Counter
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from bot.catalogue import Catalogue
from bot.content import say
from tests.endtoend.bot import RunningBot, settings
from tests.servers.botapi import BotApiServer
from tests.servers.botapi.people import Person
from tests.servers.matrixuser import MatrixUser
from tests.servers.synapse import Synapse


@dataclass(frozen=True)
class Load:
    """`members` who ask `each` so many questions and get as many answers, while the bot dies `kills` times."""

    members: int
    each: int
    kills: int


SHORT_PLAIN, SHORT, FULL = Load(3, 4, 2), Load(5, 6, 3), Load(20, 15, 10)
CATALOGUE = Catalogue(["fr"])
SEND = CATALOGUE.render(say("button-send"), "fr").plain
LATE = 400.0  # seconds until something still missing counts as lost

pytestmark = [pytest.mark.synapse, pytest.mark.timeout(900)]


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


@pytest.mark.parametrize("encrypted", [False, True], ids=["plain", "encrypted"])
async def test_nothing_is_lost_to_kill_9(encrypted: bool, full: bool, tmp_path: Path, synapse: Synapse) -> None:
    """Every question from Telegram reaches the room and every answer its member, each once and in order."""
    load = FULL if full else SHORT if encrypted else SHORT_PLAIN
    user, password = synapse.register(f"bot-{'e' if encrypted else 'p'}")
    async with BotApiServer() as telegram, MatrixUser(synapse, "coordinator") as coordinator:
        wanted = settings(telegram.url, (synapse.address, user, password), token=telegram.token)
        async with RunningBot(tmp_path, wanted) as bot:
            room = await coordinator.create_room(user, name="Coordination", encrypted=encrypted)
            await coordinator.wait(lambda: user in coordinator.members(room))
            await coordinator.say(room, f"!pair {(await bot.asks('pair', role='coordination'))['code']}")
            await coordinator.wait(lambda: any(m.sender == user for m in coordinator.seen(room)), timeout=120)
            members = [telegram.user(f"Member {number}", "fr") for number in range(load.members)]
            cards = await everybody_asks(members, coordinator, room)
            asking = asyncio.create_task(questions(members, load.each))
            answering = asyncio.create_task(answers(coordinator, room, cards, load.each))
            await killing(bot, load.kills, asyncio.gather(asking, answering))
            await everything_arrives(members, coordinator, room, load.each)
    shown = coordinator.seen(room)
    questions_seen = [message.body for message in shown if message.sender == user and message.thread]
    counts = Counter(found(questions_seen, r"question (\d\d) de la famille (\d\d)"))
    assert set(counts) == {(m, n) for m in range(load.members) for n in range(load.each)}
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


async def killing(bot: RunningBot, kills: int, load: asyncio.Future[tuple[None, None]]) -> None:
    """Deaths at moments that nobody chose, the last ones maybe after the load has ended."""
    moments = random.Random(7)
    for _ in range(kills):
        await asyncio.sleep(moments.uniform(0.3, 2.5))
        await bot.kill()
        await bot.start()
    await load


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
