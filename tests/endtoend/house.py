"""The real program in the midst of people: its rooms paired on both networks, and members who know it."""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from bot.catalogue import Catalogue
from bot.content import Arg, LanguageName, say
from tests.endtoend.bot import BOT, RunningBot, settings
from tests.servers.botapi import BotApiServer
from tests.servers.botapi.people import Group, Person
from tests.servers.botapi.state import Message
from tests.servers.matrixuser import MatrixUser, Seen
from tests.servers.synapse import Synapse

PATIENCE = 120.0  # seconds, on a machine that does ten other things
WORKING = str(BOT["working_language"])
NEED = {
    "nl": "Wij zoeken een slaapplaats voor vannacht, samen met onze twee kinderen.",
    "fr": "Nous cherchons un endroit pour dormir cette nuit avec nos deux enfants.",
    "en": "We are looking for somewhere to sleep tonight, together with our two children.",
    "pt": "Procuramos um sítio para dormir esta noite com os nossos dois filhos.",
    "es": "Buscamos un sitio donde dormir esta noche con nuestros dos hijos.",
    "ar": "نبحث عن مكان ننام فيه هذه الليلة مع طفلينا الاثنين.",
}
NUMBER = "0470 12 34 56"
CATALOGUE = Catalogue([*NEED])
_MORE = itertools.count(1)


def said(key: str, language: str = WORKING, /, **arguments: Arg) -> str:
    """A sentence of the bot's, as its reader sees it."""
    return CATALOGUE.render(say(key, **arguments), language).plain


class Member(Protocol):
    """Somebody in a private chat with the bot, on whatever network. `code`: their request, once they have sent one."""

    language: str
    code: str

    async def writes(self, words: str) -> str:
        """The message's id."""

    async def chooses(self, label: str) -> None:
        """Press the button with this label, or type its number."""

    def read(self, answering: str | None = None) -> list[str]:
        """What the bot has said, or what of it answers a certain message."""

    async def until(self, true: Callable[[], bool]) -> None:
        """Until it is true of what they see."""

    async def until_read(self, words: str, answering: str | None = None) -> None: ...


class OnTelegram:
    def __init__(self, telegram: BotApiServer, name: str, language: str) -> None:
        self.person = telegram.user(name, language)
        self.language, self.code = language, ""

    async def writes(self, words: str) -> str:
        return str(self.person.writes(words).id)

    async def chooses(self, label: str) -> None:
        self.person.presses(label)

    def messages(self, answering: str | None = None) -> list[Message]:
        shown = self.person.private.from_bot()
        return [m for m in shown if answering is None or (m.reply_to and str(m.reply_to.id) == answering)]

    def read(self, answering: str | None = None) -> list[str]:
        return [message.text for message in self.messages(answering)]

    async def until(self, true: Callable[[], bool]) -> None:
        await self.person.private.waits_for(lambda _: true(), PATIENCE)

    async def until_read(self, words: str, answering: str | None = None) -> None:
        await self.until(lambda: any(words in text for text in self.read(answering)))


class OnMatrix:
    def __init__(self, bot: str, user: MatrixUser, room: str, language: str) -> None:
        self.bot, self.user, self.room = bot, user, room
        self.language, self.code = language, ""

    async def writes(self, words: str) -> str:
        return await self.user.say(self.room, words)

    async def puts(self, kind: str, content: dict[str, object]) -> str:
        """Send any event at all."""
        return await self.user.put(self.room, kind, content)

    async def chooses(self, label: str) -> None:
        offered = re.compile(rf"^(\d+)\. {re.escape(label)}$", re.MULTILINE)
        number = next(found[1] for text in reversed(self.read()) if (found := offered.search(text)))
        await self.writes(number)

    def read(self, answering: str | None = None) -> list[str]:
        shown = [message for message in self.user.seen(self.room) if message.sender == self.bot]
        return [message.body for message in shown if answering is None or message.reply_to == answering]

    async def until(self, true: Callable[[], bool]) -> None:
        await self.user.wait(true, PATIENCE)

    async def until_read(self, words: str, answering: str | None = None) -> None:
        await self.until(lambda: any(words in text for text in self.read(answering)))


@dataclass
class House:
    """`room` is the coordination room, encrypted, with `helper` in it; `office` the organisation's, with `publisher`.

    `group` reads Portuguese, on Telegram, and Rui owns it. `ana`, `maria` and `omar` have asked for help: she on
    Telegram in Portuguese, she on Matrix in Spanish in a plain private chat, he in Arabic in an encrypted one.
    """

    bot: RunningBot
    telegram: BotApiServer
    synapse: Synapse
    id: str  # the bot's own, on Matrix
    helper: MatrixUser
    publisher: MatrixUser
    room: str = ""
    office: str = ""
    group: Group = field(init=False)
    ana: OnTelegram = field(init=False)
    maria: OnMatrix = field(init=False)
    omar: OnMatrix = field(init=False)
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    # --- people ----------------------------------------------------------------------------------------------------

    def stranger(self, language: str, name: str = "Stranger") -> Person:
        """Somebody on Telegram whom the bot has not met."""
        return self.telegram.user(name, language)

    async def on_telegram(self, language: str, name: str) -> OnTelegram:
        """A member with an open request."""
        member = OnTelegram(self.telegram, name, language)
        await self._asks(member)
        return member

    async def on_matrix(self, language: str, name: str, *, encrypted: bool) -> OnMatrix:
        """A member with an open request, in a private chat that is encrypted or not."""
        user = await self._stack.enter_async_context(MatrixUser(self.synapse, name))
        member = OnMatrix(self.id, user, await user.create_room(self.id, encrypted=encrypted, direct=True), language)
        await user.wait(lambda: self.joined(user, member.room), PATIENCE)
        await self._asks(member)
        return member

    async def _asks(self, member: Member) -> None:
        await member.writes(NEED[member.language])
        await member.until_read(said("first-held", member.language))
        await self.sends(member)
        await member.until_read(said("intake-what", member.language))

    async def sends(self, member: Member) -> None:
        """Whoever has written their words presses Send: there is a request, and its card."""
        received = re.escape(said("request-received", member.language, code="CODE")).replace("CODE", r"\W?(K\d+)\W?")

        def codes() -> list[str]:
            return [found[1] for text in member.read() if (found := re.search(received, text))]

        before = len(codes())
        await member.chooses(said("button-send", member.language))
        await member.until(lambda: len(codes()) > before)
        member.code = codes()[-1]
        await self.helper.wait(lambda: self.card(member.code), PATIENCE)

    def joined(self, user: MatrixUser, room: str) -> bool:
        """Whether the bot is in the room, as the user sees it."""
        there = user.client.rooms[room].users.get(self.id)
        return there is not None and not there.invited

    # --- the coordination room -------------------------------------------------------------------------------------

    def card(self, code: str) -> Seen | None:
        """The request's card, as it stands now."""
        head = re.compile(rf"{code}\b")
        shown = self.helper.seen(self.room)
        return next((m for m in shown if m.sender == self.id and not m.thread and head.match(m.body)), None)

    def below(self, code: str) -> list[Seen]:
        """What the bot has said in the request's thread."""
        card = self.card(code)
        return [m for m in self.helper.seen(self.room) if m.sender == self.id and card and m.thread == card.id]

    async def shows(self, code: str, words: str) -> Seen:
        """Wait for these words of a member below the card."""
        found: Seen = await self.helper.wait(
            lambda: next((m for m in self.below(code) if words in m.body), None), PATIENCE
        )
        return found

    async def commands(self, words: str, thread: str | None = None) -> str:
        """What the helper writes in the coordination room, below the card of a request; the event's id."""
        card = self.card(thread) if thread else None
        return await self.helper.say(self.room, words, thread=card.id if card else None)

    async def told(self, words: str, answering: str | None = None) -> Seen:
        """Wait for the bot to say something in the coordination room."""
        return await sees(self.helper, self.room, self.id, words, answering)

    # --- the operator ----------------------------------------------------------------------------------------------

    async def asks(self, command: str, **more: str) -> dict[str, Any]:
        """What the command line asks of the running bot, without starting a process for it."""
        return await self.bot.asks(command, **more)

    # --- as if nothing had happened --------------------------------------------------------------------------------

    async def goes_on(self, *members: Member) -> None:
        """Members (all three unless given) write something ordinary: it stands below the card, and they hear so."""
        await asyncio.gather(*(self._goes_on(member) for member in members or (self.ana, self.maria, self.omar)))

    async def _goes_on(self, member: Member) -> None:
        words = f"{NEED[member.language]} ({next(_MORE)})"
        message = await member.writes(words)
        await self.shows(member.code, words)
        await member.until_read(said("request-continues", member.language, code=member.code), message)


async def sees(user: MatrixUser, room: str, sender: str, words: str, answering: str | None = None) -> Seen:
    """Wait for words in a message of the sender's, which answers a certain one or any."""

    def there() -> Seen | None:
        shown = (m for m in user.seen(room) if m.sender == sender and words in m.body)
        return next((m for m in shown if answering is None or m.reply_to == answering), None)

    found: Seen = await user.wait(there, PATIENCE)
    return found


async def gives_number(member: Member) -> None:
    """Ask for help, and to be called."""
    await member.writes(NEED[member.language])
    await member.until_read(said("first-held", member.language))
    for choice, question in (
        ("button-send", "intake-what"),
        ("button-skip", "intake-who"),
        ("button-skip", "intake-area"),
        ("wont-say", "intake-how"),
        ("answer-call", "intake-phone"),
    ):
        await member.chooses(said(choice, member.language))
        await member.until_read(said(question, member.language))
    await member.writes(NUMBER)
    await member.until_read(said("intake-phone-kept", member.language))


@asynccontextmanager
async def house(folder: Path, synapse: Synapse) -> AsyncIterator[House]:
    """A bot that runs, with its rooms paired and its first three requests."""
    user, password = synapse.register("schakel")
    async with (
        AsyncExitStack() as stack,
        BotApiServer() as telegram,
        MatrixUser(synapse, "helper") as helper,
        MatrixUser(synapse, "publisher") as publisher,
    ):
        wanted = settings(telegram.url, (synapse.address, user, password), token=telegram.token)
        async with RunningBot(folder, wanted) as bot:
            made = House(bot, telegram, synapse, user, helper, publisher, _stack=stack)
            await _paired(made)
            made.ana, made.maria, made.omar = await asyncio.gather(
                made.on_telegram("pt", "Ana"),
                made.on_matrix("es", "maria", encrypted=False),
                made.on_matrix("ar", "omar", encrypted=True),
            )
            yield made


async def _paired(made: House) -> None:
    coordination = await made.asks("pair", role="coordination")
    organisation = await made.asks("pair", role="organisation", organisation="Ons Huis")
    group = await made.asks("pair", role="group", organisation="Ons Huis", language="pt")
    made.room = await made.helper.create_room(made.id, name="Coordination", encrypted=True)
    made.office = await made.publisher.create_room(made.id, name="Ons Huis")
    await made.helper.wait(lambda: made.joined(made.helper, made.room), PATIENCE)
    await made.publisher.wait(lambda: made.joined(made.publisher, made.office), PATIENCE)
    await made.helper.say(made.room, f"!pair {coordination['code']}")
    await made.publisher.say(made.office, f"!pair {organisation['code']}")
    made.group = made.telegram.group("Vizinhos", [made.telegram.user("Rui", "pt")])
    made.group.adds_bot(group["code"])
    await made.told(said("paired-coordination"))
    paired = said("paired-organisation", organisation="Ons Huis")
    await sees(made.publisher, made.office, made.id, paired)
    await made.group.sees(said("paired-group", "pt", organisation="Ons Huis", language=LanguageName("pt")), PATIENCE)
