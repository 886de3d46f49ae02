"""What goes on while the bot dies: members who ask, helpers who answer, and a network that is good or bad that day."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select

from bot.actions import Action, OnNetwork, React
from bot.events import Due, Internal
from bot.incoming import Incoming, Message
from bot.model import Chat, Person
from bot.ports import Gone, Limits, Moved, NotSent, Refused, Unknown
from bot.store.tables import inbox
from bot.store.transaction import Transaction
from handlers.dispatching import handle
from tests.crashing.lives import Fate, Lives, Rough
from tests.databases import copied
from tests.handlers.conftest import sentence
from tests.handlers.phrasebook import Phrasebook
from tests.paper import Shown
from tests.pictures import jpeg
from tests.world import Clock, Somebody, world

MEMBERS = 3
PLEA = "Preciso de comida para os meus dois filhos"
QUESTION = "Ainda estamos à espera aqui em casa"
ANSWER = "Morgen om 10:00 kunt u een pakket halen"
END = "Tot dan!"
LONG = "Een lange zin over wat u mee moet brengen en waar u moet zijn. " * 30 + END


@dataclass(frozen=True)
class Beginning:
    """A bot with a coordination room and open requests, as it stood when it was last stopped: to be copied."""

    url: str
    network: Rough
    at: datetime
    room: Chat
    people: dict[str, tuple[Person, Chat]]


async def beginning(folder: Path, url: str, limits: Limits) -> Beginning:
    network, clock = Rough(), Clock()
    async with world(folder, url=url, network=network, clock=clock, limits=limits, engines=[Phrasebook()]) as w:
        room = await w.paired("room", "coordination")
        people = {name: w.somebody(name) for name in ("Ann", "Bob")}
        for number in range(1, MEMBERS + 1):
            member = people[f"K{number}"] = w.somebody(f"Member {number}", "pt-BR")
            await member.writes(PLEA)
            await member.presses(sentence("button-send", "pt"))
    known = {name: (somebody.person, somebody.private) for name, somebody in people.items()}
    return Beginning(url, network, clock.now(), room, known)


class Day:
    """The people of a beginning, going on. What they do is there at once: nobody waits for the bot."""

    def __init__(self, begun: Beginning, folder: Path, limits: Limits, fate: Fate) -> None:
        clock = Clock()
        clock.advance(begun.at - clock.now())
        url, network = copied(begun.url, folder), begun.network.copied()
        self.url = url
        self.lives = Lives(folder, url, network, clock, limits, [Phrasebook()], stumbling, fate)
        self.room = begun.room
        self._threads = limits.threads
        self._people = {name: Somebody(self.lives, person, private) for name, (person, private) in begun.people.items()}
        self._jpeg = jpeg()

    @property
    def network(self) -> Rough:
        return self.lives.network

    def chat(self, name: str) -> Chat:
        return self._people[name].private

    async def asks(self, code: str, words: str) -> str:
        return await self._people[code].writes(words)

    async def changes(self, code: str, message: str, words: str) -> None:
        await self._people[code].edits(message, words)

    async def sends_photo(self, code: str, words: str, lost: bool = False) -> None:
        id = await self._people[code].sends("photo", self._jpeg, words, name="photo.jpg", mime="image/jpeg")
        if lost:
            del self.network.files[f"file-{id}"]

    async def answers(self, who: str, code: str, words: str) -> None:
        await self.below(who, code, f"!r {words}")

    async def below(self, who: str, code: str, words: str) -> None:
        """Write below a card: in its thread where the network has threads, else in reply to it."""
        card = self.card(code).id
        thread, reply_to = (card, None) if self._threads else (None, card)
        await self._people[who].writes(words, self.room, thread, reply_to)

    async def presses(self, who: str, button: str, message: Shown) -> None:
        await self._people[who].presses(sentence(button), self.room, message)

    async def reacts(self, who: str, key: str, message: Shown) -> None:
        await self._people[who].reacts(key, message.id, self.room)

    def card(self, code: str) -> Shown:
        return self._in_room(code, "button-claim")

    def echo(self, words: str) -> Shown:
        return self._in_room(words, "button-undo")

    def _in_room(self, words: str, button: str) -> Shown:
        label, shown = sentence(button), self._people["Ann"].sees(self.room)
        return next(m for m in shown if words in m.plain and label in m.labels)


def stumbling(event: Incoming | Internal, tx: Transaction) -> Iterable[Action]:
    """The bot's own handlers, and a few words that make what none of them does."""
    if not isinstance(event, Message) or not event.text.plain.startswith(("!thanks", "!later", "!broken", "!stumble")):
        return handle(event, tx)
    word, _, code = event.text.plain.partition(" ")
    room = tx.chats.known(event.chat, event.kind).id
    match word:
        case "!thanks":
            return (React(room, OnNetwork(event.id), "👍"),)
        case "!later":
            tx.schedule.at(tx.now, Due("card-date", code))
        case "!broken":
            raise ValueError("what nobody can make sense of")
        case "!stumble" if tx.connection.execute(select(func.max(inbox.c.attempts))).scalar_one() < 2:
            raise RuntimeError("as a handler with a bug does")
    return ()


# --- hours -----------------------------------------------------------------------------------------------------------

Burst = Callable[[Day], Awaitable[None]]
"""What people do while nobody waits for anybody."""


async def _both_ways(day: Day) -> None:
    await day.asks("K1", QUESTION)
    await day.answers("Ann", "K2", ANSWER)


def _alone(code: str) -> tuple[Burst, Burst]:
    """One message at a time: each finds a bot that has nothing to do."""

    async def asks(day: Day) -> None:
        await day.asks("K1", f"{QUESTION} ({code})")

    async def answers(day: Day) -> None:
        await day.answers("Ann", code, ANSWER)

    return asks, answers


async def _second_thoughts(day: Day) -> None:
    question = next(m.id for m in day.network.messages(day.chat("K1")) if m.plain == QUESTION)
    await day.changes("K1", question, f"{QUESTION} ainda")
    await day.answers("Bob", "K2", "Of kom om 11 uur, dan zijn wij er ook")
    await day.asks("K1", "Uma segunda pergunta sobre a comida")


def _changing(words: str) -> Burst:
    """The same message again and again: what stands in the room becomes longer and shorter."""

    async def changing(day: Day) -> None:
        question = next(m.id for m in day.network.messages(day.chat("K1")) if m.plain == QUESTION)
        await day.changes("K1", question, words)
        await day.answers("Ann", "K2", ANSWER)

    return changing


async def _at_length(day: Day) -> None:
    await day.asks("K1", QUESTION)
    await day.answers("Bob", "K2", LONG)


async def _again_at_length(day: Day) -> None:
    await day.asks("K1", "Uma segunda pergunta sobre a comida")
    await day.answers("Ann", "K3", LONG)


async def _all_of_it_taken_back(day: Day) -> None:
    await day.presses("Bob", "button-undo", day.echo(END))
    await day.asks("K1", "Uma segunda pergunta sobre a comida")


async def _pictures(day: Day) -> None:
    await day.answers("Ann", "K2", ANSWER)
    for code in ("K1", "K3"):
        await day.sends_photo(code, "A porta")


async def _choices(day: Day) -> None:
    await day.asks("K1", QUESTION)
    await day.presses("Ann", "button-claim", day.card("K2"))
    await day.reacts("Ann", "1\ufe0f\u20e3", day.card("K3"))
    await day.below("Ann", "K2", "!thanks")
    await day.below("Bob", "K3", "!later K3")


async def _thanks(day: Day) -> None:
    await day.presses("Bob", "button-claim", day.card("K2"))
    await day.below("Ann", "K2", "!thanks")
    await day.below("Bob", "K3", "!later K1")


async def _too_fast(day: Day) -> None:
    day.network.once["Te druk"] = [NotSent("flood", timedelta(seconds=0.5)) for _ in range(6)]
    await day.asks("K1", QUESTION)
    await day.answers("Ann", "K2", "Te druk om te antwoorden")
    await day.answers("Ann", "K2", ANSWER)


async def _no_answer(day: Day) -> None:
    day.network.once["Onbeantwoord"] = [Unknown("no answer")]
    await day.asks("K1", QUESTION)
    await day.answers("Ann", "K2", "Onbeantwoord")
    await day.answers("Ann", "K2", ANSWER)


def _told(prepare: Callable[[Day, str], None]) -> tuple[Burst, Burst]:
    """Two members are answered in turn, in whose chats something does not work, and another one asks."""

    def burst(code: str) -> Burst:
        async def told(day: Day) -> None:
            prepare(day, code)
            await day.asks("K1", f"{QUESTION} ({code})")
            await day.answers("Ann", code, ANSWER)

        return told

    return burst("K2"), burst("K3")


def _move(day: Day, code: str) -> None:
    day.network.chat(f"moved-{code}", day.network.kinds[day.chat(code).id], code)
    day.network.broken[day.chat(code).id] = Moved(f"moved-{code}")


def _block(day: Day, code: str) -> None:
    day.network.broken[day.chat(code).id] = Gone("blocked")


def _refuse(day: Day, code: str) -> None:
    day.network.broken[day.chat(code).id] = Refused("not like this")


async def _not_to_be_changed(day: Day) -> None:
    day.network.keeps_words.add(day.room.id)
    await _both_ways(day)


def _lost_picture(code: str) -> Burst:
    async def lost(day: Day) -> None:
        await day.answers("Ann", "K2", ANSWER)
        await day.sends_photo(code, "A porta", lost=True)

    return lost


async def _nonsense(day: Day) -> None:
    await day.asks("K1", QUESTION)
    await day.below("Ann", "K2", "!broken")
    await day.below("Ann", "K2", "!stumble")
    await day.answers("Ann", "K2", ANSWER)


async def _more_nonsense(day: Day) -> None:
    await day.below("Ann", "K2", "!broken")
    await day.asks("K1", "Uma segunda pergunta sobre a comida")


@dataclass(frozen=True)
class Hour:
    """Some of what can happen, and how many messages the network takes at once and in a second (0: any number)."""

    bursts: tuple[Burst, ...]
    burst: int = 1
    per_second: float = 0


MORNING = Hour((_both_ways,))
ALONE = Hour((*_alone("K1"), *_alone("K2"), *_alone("K3")))
ASKING = Hour((_both_ways, _second_thoughts))
AT_LENGTH = Hour((_at_length, _all_of_it_taken_back))
_CHANGES = tuple(_changing(f"{QUESTION}. " * times) for times in (70, 2, 110))
# Twice over: two parts can be noted in one commit, and three deaths need a commit each.
CHANGING = Hour((_both_ways, *_CHANGES, *_CHANGES))
PICTURES = Hour((_pictures,))
CHOICES = Hour((_choices, _thanks))
TOO_FAST = Hour((_too_fast,))
AT_A_PACE = Hour((_at_length, _again_at_length), burst=2, per_second=4)
NO_ANSWER = Hour((_no_answer,))
MOVED = Hour(_told(_move))
GONE = Hour(_told(_block))
REFUSED = Hour(_told(_refuse))
NOT_TO_BE_CHANGED = Hour((_not_to_be_changed,))
LOST_PICTURES = Hour((_lost_picture("K1"), _lost_picture("K3")))
NONSENSE = Hour((_nonsense, _more_nonsense))


A_DAY = Hour((*ASKING.bursts, *_CHANGES, *CHOICES.bursts, *PICTURES.bursts, *AT_LENGTH.bursts))


async def lived(hour: Hour, begun: Beginning, folder: Path, limits: Limits, fate: Fate) -> Day:
    """The whole hour, and all that came of it."""
    day = Day(begun, folder, replace(limits, burst=hour.burst, per_second=hour.per_second), fate)
    try:
        for burst in hour.bursts:
            await burst(day)
            await day.lives.quiet()
    finally:
        await day.lives.stop()
    return day
