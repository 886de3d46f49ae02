"""The main job on real networks with a real engine: notices out in every language, requests in, answers back."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from bot.catalogue import Catalogue
from bot.content import Arg, LanguageName, say
from bot.text import languages
from tests.endtoend.bot import RunningBot, settings
from tests.servers.botapi import BotApiServer
from tests.servers.botapi.people import Group, Person
from tests.servers.matrixuser import MatrixUser, Seen
from tests.servers.synapse import Synapse

PROJECT = Path(__file__).parents[2]
TICO = PROJECT.parent / "shared" / "data" / "tico19" / "notices" / "notices.fr.jsonl"
SAMPLE = PROJECT / "tests" / "samples" / "notices.jsonl"
PATIENCE = 90.0

WORDS = Catalogue(["fr"])

pytestmark = [pytest.mark.synapse, pytest.mark.apertium, pytest.mark.timeout(600)]


def words(key: str, reader: str = "fr", **args: Arg) -> str:
    return WORDS.render(say(key, **args), reader).plain


def sources(count: int) -> list[str]:
    """Notices in French, as somebody published them; our own sample, repeated with a number, where they are absent."""
    if TICO.exists():
        texts = [json.loads(line)["text"] for line in TICO.read_text(encoding="utf-8").splitlines()]
        return [text for text in texts if 80 < len(text) < 600 and "\n" not in text][:count]
    sample = [json.loads(line)["fr"] for line in SAMPLE.read_text(encoding="utf-8").splitlines()]
    return [f"{sample[number % len(sample)]} ({number + 1})" for number in range(count)]


@dataclass
class House:
    """An organisation at home on Matrix, with groups on both networks and an encrypted coordination room."""

    bot: RunningBot
    user: str
    telegram: BotApiServer
    synapse: Synapse
    publisher: MatrixUser
    room: str
    french: Group
    spanish: Group
    portuguese: str
    coordinator: MatrixUser
    coordination: str

    def said(self, thread: str | None = None) -> list[str]:
        """What the bot has said in the organisation's room."""
        shown = self.publisher.seen(self.room)
        return [m.body for m in shown if m.sender == self.user and (thread is None or m.thread == thread)]

    async def hears(self, part: str, times: int = 1) -> str:
        """Wait until the bot has said these words that often in the organisation's room; the last event's id."""

        def found() -> str | None:
            said = [m.id for m in self.publisher.seen(self.room) if m.sender == self.user and part in m.body]
            return said[-1] if len(said) >= times else None

        event: str = await self.publisher.wait(found, timeout=PATIENCE)
        return event

    async def in_coordination(self, part: str) -> Seen:
        """Wait until the bot shows these words in the coordination room."""

        def found() -> Seen | None:
            shown = self.coordinator.seen(self.coordination)
            return next((m for m in shown if m.sender == self.user and part in m.body), None)

        message: Seen = await self.coordinator.wait(found, timeout=PATIENCE)
        return message

    def has_portuguese(self, number: int) -> bool:
        return any(has(said, number) for said in self.in_portuguese())

    def in_portuguese(self) -> list[str]:
        return [m.body for m in self.publisher.seen(self.portuguese) if m.sender == self.user]


@pytest.fixture
async def house(tmp_path: Path, synapse: Synapse, apertium_url: str) -> AsyncIterator[House]:
    user, password = synapse.register("house-bot")
    async with AsyncExitStack() as stack:
        telegram = await stack.enter_async_context(BotApiServer())
        publisher = await stack.enter_async_context(MatrixUser(synapse, "publisher"))
        wanted = settings(telegram.url, (synapse.address, user, password), apertium_url, token=telegram.token)
        bot = await stack.enter_async_context(RunningBot(tmp_path, wanted))
        room = await publisher.create_room(user, name="AETCIS", encrypted=True)
        portuguese = await publisher.create_room(user, name="Portugueses")
        for place, role in ((room, {"role": "organisation"}), (portuguese, {"role": "group", "language": "pt"})):
            await publisher.wait(partial(is_in, publisher, user, place), timeout=PATIENCE)
            pairing = await bot.asks("pair", organisation="AETCIS", **role)
            await publisher.say(place, f"!pair {pairing['code']}")
        coordinator = await stack.enter_async_context(MatrixUser(synapse, "coordinator"))
        coordination = await coordinator.create_room(user, name="Coordination", encrypted=True)
        await coordinator.wait(partial(is_in, coordinator, user, coordination), timeout=PATIENCE)
        await coordinator.say(coordination, f"!pair {(await bot.asks('pair', role='coordination'))['code']}")
        french, spanish = (telegram.group(title, supergroup=True) for title in ("Français", "Español"))
        for group, language in ((french, "fr"), (spanish, "es")):
            pairing = await bot.asks("pair", role="group", organisation="AETCIS", language=language)
            group.adds_bot(pairing["code"])  # as the one-tap link does
        yield House(
            bot,
            user,
            telegram,
            synapse,
            publisher,
            room,
            french,
            spanish,
            portuguese,
            coordinator,
            coordination,
        )


def is_in(person: MatrixUser, user: str, place: str) -> bool:
    return user in person.members(place)


async def test_notices_reach_three_groups_each_in_its_language(house: House, full: bool) -> None:
    """Approved, corrected, unreviewed in a harmless category, or held: every copy says which, and comes in order."""
    await house.hears(words("paired-organisation", organisation="AETCIS").partition("AETCIS")[0])
    await house.publisher.say(house.room, "!languages pt es")
    many = 20 if full else 8
    texts = sources(many)
    corrected = [f"Texto corrigido por uma pessoa, aviso número {number}." for number in range(1, many + 1)]
    for number, text in enumerate(texts, start=1):
        way = ("approved", "corrected", "machine", "held")[(number - 1) % 4]
        category = "health" if way == "held" else "general"
        await house.publisher.say(house.room, f"!notice {category} lang:fr {text}")
        previews = {code: await preview(house, number, code) for code in ("pt", "es")}
        if way == "corrected":
            await house.publisher.say(house.room, corrected[number - 1], reply_to=previews["pt"])
            await house.hears(corrected[number - 1])
        if way in ("approved", "corrected"):
            for code in ("es",) if way == "corrected" else ("es", "pt"):
                await house.publisher.say(house.room, f"!ok N{number} {code}")
                if number == 1:  # the first time it counts once they have said that they read it
                    question = await house.hears(words("do-you-read", name="", language=LanguageName(code)))
                    await house.publisher.react(house.room, question, "1\ufe0f\u20e3")
        await house.publisher.say(house.room, f"!publish N{number}{' machine' if way == 'machine' else ''}")
        if way == "machine":
            question = await house.hears(words("machine-sure", languages=both()), times=(number + 1) // 4)
            await house.publisher.react(house.room, question, "1\ufe0f\u20e3")
        await house.french.sees(f"N{number}", timeout=PATIENCE)
        if way != "held":
            await house.spanish.sees(f"N{number}", timeout=PATIENCE)
            await house.publisher.wait(partial(house.has_portuguese, number), timeout=PATIENCE)
    french = copies(house.french.texts())
    spanish = copies(house.spanish.texts())
    portuguese = copies(house.in_portuguese())
    assert list(french) == list(range(1, many + 1))
    assert list(spanish) == list(portuguese) == [number for number in range(1, many + 1) if number % 4 != 0]
    for number, text in enumerate(texts, start=1):
        assert text in french[number]
    for number in portuguese:
        assert "français" not in portuguese[number]
        if number % 4 == 2:
            assert corrected[number - 1] in portuguese[number]
            assert words("label-human", "pt", organisation="AETCIS") in portuguese[number]
        elif number % 4 == 1:
            assert words("label-reviewed", "pt", organisation="AETCIS") in portuguese[number]
        else:
            assert words("label-machine", "pt") in portuguese[number]
        assert languages.guess(body(spanish[number]), ["fr", "es", "pt"]) == "es"
        assert languages.guess(body(portuguese[number]), ["fr", "es", "pt"]) == "pt"
    async with asyncio.timeout(30):  # what people can read already may be noted a moment later
        while any(network["waiting"] for network in (await house.bot.status())["networks"]):
            pass
    assert all(network["failed"] == 0 for network in (await house.bot.status())["networks"])


async def preview(house: House, number: int, language: str) -> str:
    """The preview of a notice in a language, once its translation stands in it; its event."""
    head = words("preview-head", code=f"N{number}", language=LanguageName(language))
    working = words("preview-working")

    def ready() -> str | None:
        shown = house.publisher.seen(house.room)
        found = (m for m in shown if m.body.startswith(head) and working not in m.body)
        return next((m.id for m in found), None)

    event: str = await house.publisher.wait(ready, timeout=PATIENCE)
    return event


def both() -> tuple[LanguageName, ...]:
    return (LanguageName("es"), LanguageName("pt"))


def has(text: str, number: int) -> bool:
    return re.search(rf"\bN{number}\b", text) is not None


def copies(texts: list[str]) -> dict[int, str]:
    """The notices a group has, by number, in the order in which they came."""
    found = [(match, text) for text in texts if (match := re.search(r"\bN(\d+)\b", text))]
    return {int(match[1]): text for match, text in found}


def body(copy: str) -> str:
    """The notice's own words: the longest paragraph."""
    return max(copy.split("\n\n"), key=len)


@dataclass(frozen=True)
class Asking:
    """A member's language, what they ask, and what the coordinator answers in French."""

    language: str
    asks: str
    answer: str


ASKING = (
    Asking("fr", "Bonjour, nous cherchons un abri pour cette nuit, ma mère et moi.", "Venez ce soir à 19:00."),
    Asking("es", "Buenos días, necesitamos comida para mis dos hijos, por favor.", "Venez demain à 10:00."),
    Asking("pt", "Bom dia, preciso de falar com alguém, estou muito sozinha em casa.", "Venez lundi à 11:00."),
    Asking("en", "Good morning, we need warm clothes for our three small children.", "Venez mardi à 12:00."),
    Asking("ar", "صباح الخير، نحتاج إلى دواء لابنتي المريضة من فضلكم.", "Venez mercredi à 13:00."),
)


async def test_five_members_ask_in_five_languages_and_each_gets_their_own_answer(house: House) -> None:
    """Three on Telegram and two in encrypted chats on Matrix; what cannot be translated arrives as it was written."""
    await house.in_coordination(words("paired-coordination")[:20])
    async with AsyncExitStack() as stack:
        members: list[OnTelegram | OnMatrix] = []
        for number, asking in enumerate(ASKING):
            if number < 3:
                members.append(OnTelegram(house.telegram.user(f"Member {number}", asking.language)))
            else:
                matrix = await stack.enter_async_context(MatrixUser(house.synapse, f"member-{number}"))
                members.append(await OnMatrix.met(matrix, house.user))
        for member, asking in zip(members, ASKING, strict=True):
            await member.asks(asking)
        for asking in ASKING:
            card = await house.in_coordination(asking.asks)
            claim = words("button-claim")
            choice = re.search(rf"(\d)\. {re.escape(claim)}", card.body)
            assert choice is not None
            await house.coordinator.react(house.coordination, card.id, f"{choice[1]}\ufe0f\u20e3")
            await house.coordinator.say(house.coordination, f"!r {asking.answer}", thread=card.id)
        for member, asking in zip(members, ASKING, strict=True):
            answer = await member.reads(asking.answer)
            time = re.search(r"\d\d:\d\d", asking.answer)
            assert time is not None
            assert time[0] in answer.replace("\u2068", "")
            others = [one.answer for one in ASKING if one is not asking]
            read = await member.everything()
            assert not any(other in text for other in others for text in read)
        for number in range(1, len(ASKING) + 1):
            await house.coordinator.say(house.coordination, f"!close K{number} {words('outcome-helped')}")
        for number in range(1, len(ASKING) + 1):
            closed = words("request-closed", ASKING[number - 1].language, code=f"K{number}")
            await members[number - 1].reads(closed)
    status = await house.bot.status()
    assert status["requests"] == {"closed": len(ASKING)}
    shown = house.coordinator.seen(house.coordination)
    translated = [message for message in shown if words("label-machine") in message.body and not message.thread]
    assert len(translated) == 3, "Spanish, Portuguese and English are translated for the coordinators"


@dataclass
class OnTelegram:
    person: Person

    async def asks(self, asking: Asking) -> None:
        self.person.writes(asking.asks)
        button = words("button-send", asking.language)
        await self.person.private.waits_for(lambda shown: any(button in m.labels for m in shown), timeout=PATIENCE)
        self.person.presses(button)

    async def reads(self, part: str) -> str:
        return (await self.person.private.sees(part, timeout=PATIENCE)).text

    async def everything(self) -> list[str]:
        return [message.text for message in self.person.private.from_bot()]


@dataclass
class OnMatrix:
    person: MatrixUser
    room: str
    bot: str

    @classmethod
    async def met(cls, person: MatrixUser, bot: str) -> OnMatrix:
        """An encrypted private chat, as Element makes it."""
        room = await person.create_room(bot, encrypted=True, direct=True)
        await person.wait(lambda: bot in person.members(room), timeout=PATIENCE)
        return cls(person, room, bot)

    async def asks(self, asking: Asking) -> None:
        await self.person.say(self.room, asking.asks)
        screen = await self.reads(words("button-send", asking.language))
        choice = re.search(rf"(\d+)\. {re.escape(words('button-send', asking.language))}", screen)
        assert choice is not None
        await self.person.say(self.room, choice[1])

    async def reads(self, part: str) -> str:
        found: str = await self.person.wait(
            lambda: next((text for text in self._said() if part in text), None), timeout=PATIENCE
        )
        return found

    async def everything(self) -> list[str]:
        return self._said()

    def _said(self) -> list[str]:
        return [message.body for message in self.person.seen(self.room) if message.sender == self.bot]
