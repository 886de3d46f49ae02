"""The real program with linked chats: a Telegram group, an encrypted room, a plain one and a page hear each other."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from difflib import ndiff
from functools import partial
from html import unescape
from pathlib import Path
from typing import Any

from bot.demo import free_address
from tests.endtoend.bot import RunningBot, settings
from tests.endtoend.house import PATIENCE, said, sees
from tests.servers.botapi import BotApiServer
from tests.servers.botapi.people import Group, Person
from tests.servers.botapi.state import Message
from tests.servers.matrixuser import MatrixUser, Seen
from tests.servers.synapse import Synapse
from tests.servers.webuser import Post, WebUser

NOTHING: Mapping[str, str] = {}
HEADS = {"telegram": "Rui · Voisins", "sealed": "Mia · Rue Haute", "plain": "Léo · Place", "web": "Inès · Jardin"}


@dataclass
class Bridge:
    """Rui writes in the group on Telegram, Mia in the encrypted room, Léo in the plain one, Inès on the page; all read
    French.

    `told` is what the bot must show in each chat by now, a line for each message.
    """

    bot: RunningBot
    id: str
    telegram: BotApiServer
    group: Group
    rui: Person
    mia: MatrixUser
    leo: MatrixUser
    ines: WebUser
    rooms: dict[str, str]
    told: dict[str, list[str]] = field(default_factory=lambda: {place: [] for place in HEADS})

    def user(self, place: str) -> MatrixUser:
        return self.mia if place == "sealed" else self.leo

    # --- what is shown ---------------------------------------------------------------------------------------------

    def on_telegram(self) -> list[Message]:
        """What the bot has passed on there."""
        return [m for m in self.group.from_bot() if _is_passed_on(m.text)]

    def on_matrix(self, place: str) -> list[Seen]:
        """The same; a file stands below its words there."""
        shown = (m for m in self.user(place).seen(self.rooms[place]) if m.sender == self.id and not m.redacted)
        return [m for m in shown if _is_passed_on(m.body) or m.type in MATRIX_FILES]

    def on_web(self) -> list[Post]:
        shown = (m for m in self.ines.seen() if m.by_the_bot and not m.withdrawn)
        return [m for m in shown if _is_passed_on(m.words) or m.file]

    def shows(self, place: str) -> list[str]:
        if place == "telegram":
            return [self._telegram_line(message) for message in self.on_telegram()]
        if place == "web":
            return [self._web_line(post) for post in self.on_web()]
        return [self._matrix_line(place, seen) for seen in self.on_matrix(place)]

    def _telegram_line(self, message: Message) -> str:
        kind = next((kind for kind in FILES if message.file(kind, self.telegram.world)), None)
        answered = None if message.reply_to is None else message.reply_to.text
        reactions = [key for keys in message.reactions.values() for key in keys]
        return _line(_tagged(message.text, message.entities), kind, answered, reactions)

    def _matrix_line(self, place: str, seen: Seen) -> str:
        kind = MATRIX_FILES.get(seen.type)
        kind = "voice" if "org.matrix.msc3245.voice" in seen.content else kind
        answered = next((m.body for m in self.user(place).seen(self.rooms[place]) if m.id == seen.reply_to), None)
        return _line("" if kind else _plainly_tagged(seen), kind, answered, [key for _, key in seen.reactions])

    def _web_line(self, post: Post) -> str:
        answered = self.ines.post(post.reply_to)
        about = None if answered is None else answered.words
        return _line(_as_tagged(post), WEB_FILES.get(post.file), about, post.reactions)

    # --- what happens ----------------------------------------------------------------------------------------------

    async def everywhere(
        self, place: str, words: str, more: str = "", file: str = "", same: Mapping[str, str] = NOTHING
    ) -> None:
        """What somebody has just said in one place stands in the others, and nothing else has changed. `same`: how it
        is written where it is written otherwise and looks the same."""
        self.expects(place, words, more, file, same)
        await self.stands()

    def expects(
        self, place: str, words: str, more: str = "", file: str = "", same: Mapping[str, str] = NOTHING
    ) -> None:
        for other in HEADS.keys() - {place}:
            line = f"<b>{HEADS[place]}</b>{' / ' if words else ''}{same.get(other, words)}{more}"
            if file and other == "web":
                self.told[other].append(f"{line} [{'audio' if file == 'voice' else file}]")  # one player for both
            elif file:
                self.told[other] += [f"{line} [{file}]"] if other == "telegram" else [line, f" [{file}]"]
            else:
                self.told[other].append(line)

    def _is_right(self, place: str) -> bool:
        return self.shows(place) == self.told[place]

    def replaces(self, place: str, before: str, after: str) -> None:
        """Somebody has changed what they said; answers to it show the new words, too."""
        for other in HEADS.keys() - {place}:
            self.told[other] = [_replaced(line, HEADS[place], before, after) for line in self.told[other]]
        self.told[place] = [line.replace(f"↩ {before[:20]}", f"↩ {after[:20]}") for line in self.told[place]]

    def takes_back(self, place: str, words: str) -> None:
        for other in HEADS.keys() - {place}:
            self.told[other] = [line for line in self.told[other] if line != f"<b>{HEADS[place]}</b> / {words}"]

    async def parts(self, place: str, words: str) -> list[Any]:
        """Wait until what Mia has just said or changed stands at the end of a chat, in however many messages."""

        def there() -> list[tuple[Any, str]]:
            shown: list[tuple[Any, str]]
            if place == "telegram":
                shown = [(message, message.text) for message in self.on_telegram()]
            elif place == "web":
                shown = [(post, post.words) for post in self.on_web()]
            else:
                shown = [(seen, seen.body) for seen in self.on_matrix(place)]
            mine = [(message, said) for message, said in shown if "mot" in said]
            read = " ".join(said for _, said in mine).removeprefix(HEADS["sealed"])
            return mine if read.split() == words.split() else []

        found = await self.waits(place, there)
        self.told[place] = self.shows(place)
        return [message for message, _ in found]

    async def dies(self, only: bool = True) -> None:
        """Killed when all that it said is written down: what is in the air may come twice on Telegram, with a mark.
        `only`: whether it is killed at all."""
        if not only:
            return
        while self._unfinished():  # noqa: ASYNC110 (nothing tells of it)
            await asyncio.sleep(0.05)
        await self.bot.kill()
        await self.bot.start()

    def _unfinished(self) -> int:
        with closing(sqlite3.connect(f"file:{self.bot.folder}/data/schakel.db?mode=ro", uri=True)) as store:
            (count,) = store.execute("SELECT count(*) FROM delivery WHERE status NOT IN (2, 6, 7)").fetchone()
        return int(count)

    async def stands(self) -> None:
        """Each chat shows exactly what it must."""
        for place, told in self.told.items():
            try:
                await self.waits(place, partial(self._is_right, place))
            except (TimeoutError, AssertionError):
                differ = [line for line in ndiff(told, self.shows(place)) if not line.startswith("  ")]
                raise AssertionError("\n".join([place, *differ])) from None

    async def waits(self, place: str, wanted: Callable[[], Any]) -> Any:
        """What it is in the end, for whoever looks at a chat until it is true."""
        if place == "telegram":
            return await self.group.waits_for(lambda _: wanted(), PATIENCE)
        return await (self.ines if place == "web" else self.user(place)).wait(wanted, PATIENCE)


def _replaced(line: str, head: str, before: str, after: str) -> str:
    line = line.replace(f"<b>{head}</b> / {before}", f"<b>{head}</b> / {after}")
    return line.replace(f"↩ {before[:20]}", f"↩ {after[:20]}")


def _is_passed_on(words: str) -> bool:
    return any(head in words for head in HEADS.values()) or words.startswith("mot")


# --- as plain lines --------------------------------------------------------------------------------------------------

FILES = ("photo", "voice", "audio", "video", "video_note", "animation", "document", "sticker")
MATRIX_FILES = {"m.image": "photo", "m.audio": "audio", "m.video": "video", "m.file": "document"}
WEB_FILES = {"img": "photo", "audio": "audio", "video": "video", "a": "document"}
TAGS = {
    "bold": "b",
    "italic": "i",
    "underline": "u",
    "strikethrough": "s",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "spoiler": "spoiler",
    "text_link": "a",
}


def _line(words: str, kind: str | None, answered: str | None, reactions: list[str]) -> str:
    shown = " / ".join(words.split("\n"))
    about = "" if answered is None else f" ↩ {answered.splitlines()[-1][:20]}"
    return f"{shown}{f' [{kind}]' if kind else ''}{about}{f' {reactions}' if reactions else ''}"


def _tagged(words: str, entities: list[dict[str, Any]]) -> str:
    """A Telegram message with its entities as tags."""
    units = words.encode("utf-16-le")
    marks: list[tuple[int, int, str]] = []
    for entity in entities:
        if (tag := TAGS.get(entity["type"])) is not None:
            start, end = entity["offset"], entity["offset"] + entity["length"]
            opening = f'<a href="{entity["url"]}">' if tag == "a" else f"<{tag}>"
            marks += [(start, entity["length"], opening), (end, -entity["length"], f"</{tag}>")]
    out, at = "", 0
    for place, _, tag in sorted(marks, key=lambda mark: (mark[0], mark[1] > 0, -mark[1])):
        out += units[2 * at : 2 * place].decode("utf-16-le") + tag
        at = place
    return out + units[2 * at :].decode("utf-16-le")


def _plainly_tagged(seen: Seen) -> str:
    """A Matrix message with the same names for its tags."""
    html = seen.html if seen.html is not None else seen.body.replace("&", "&amp;").replace("<", "&lt;")
    for there, here in (("strong", "b"), ("em", "i"), ("del", "s")):
        html = html.replace(f"<{there}>", f"<{here}>").replace(f"</{there}>", f"</{here}>")
    html = re.sub(r"<span data-mx-spoiler[^>]*>(.*?)</span>", r"<spoiler>\1</spoiler>", html, flags=re.DOTALL)
    html = re.sub(r"<pre><code[^>]*>(.*?)</code></pre>", r"<pre>\1</pre>", html, flags=re.DOTALL)
    return unescape(html.replace("<br>", "\n"))


def _as_tagged(post: Post) -> str:
    """A message of the page with the same names for its tags; an address that became a link by itself is none."""
    html = re.sub(r'<span class="spoiler"[^>]*>(.*?)</span>', r"<spoiler>\1</spoiler>", post.html, flags=re.DOTALL)
    html = re.sub(r"</?bdi[^>]*>", "", html)
    html = re.sub(r'<(\w+) dir="auto">', r"<\1>", html)
    html = re.sub(r'<a href="([^"]*)"[^>]*>\1</a>', r"\1", html)
    return unescape(re.sub(r'(<a href="[^"]*")[^>]*>', r"\1>", html))


@asynccontextmanager
async def bridge(folder: Path, synapse: Synapse, *, forum: bool = False) -> AsyncIterator[Bridge]:
    """A bot whose four groups are linked; with `forum` the one on Telegram has topics."""
    user, password = synapse.register("schakel")
    async with (
        BotApiServer() as telegram,
        MatrixUser(synapse, "office") as office,
        MatrixUser(synapse, "mia") as mia,
        MatrixUser(synapse, "leo") as leo,
    ):
        for somebody, name in ((mia, "Mia"), (leo, "Léo")):
            await somebody.client.set_displayname(name)
        wanted = settings(telegram.url, (synapse.address, user, password), token=telegram.token)
        wanted["links"] = {"names": "name"}
        jardin = {"id": "jardin", "kind": "group", "title": "Jardin", "members": [{"id": "ines", "name": "Inès"}]}
        wanted["adapters"]["web"] = {"listen": free_address("127.0.0.1:0"), "chats": [jardin]}
        page = f"http://{wanted['adapters']['web']['listen']}"
        async with RunningBot(folder, wanted) as bot, WebUser(page, "jardin", "ines") as ines:
            rui = telegram.user("Rui", "fr")
            group = telegram.group("Voisins", [rui], supergroup=True, forum=forum)
            rooms = {
                "sealed": await mia.create_room(user, name="Rue Haute", encrypted=True),
                "plain": await leo.create_room(user, name="Place"),
            }
            made = Bridge(bot, user, telegram, group, rui, mia, leo, ines, rooms)
            await _linked(made, office)
            yield made


def _is_in(who: str, user: MatrixUser, room: str) -> bool:
    return who in user.members(room)


async def _linked(made: Bridge, office: MatrixUser) -> None:
    """As an organisation does it: a code for each of its groups, then one for each that hears the others."""
    room = await office.create_room(made.id, name="Ons Huis")
    for user, where in ((office, room), (made.mia, made.rooms["sealed"]), (made.leo, made.rooms["plain"])):
        await user.wait(partial(_is_in, made.id, user, where), PATIENCE)
    codes = [
        (await made.bot.asks("pair", role=role, organisation="Ons Huis", language="fr"))["code"]
        for role in ("organisation", "group", "group", "group", "group")
    ]
    await office.say(room, f"!pair {codes[0]}")
    await sees(office, room, made.id, said("paired-organisation", organisation="Ons Huis"))
    made.group.adds_bot(codes[1], administrator=True)
    await made.mia.say(made.rooms["sealed"], f"!pair {codes[2]}")
    await made.leo.say(made.rooms["plain"], f"!pair {codes[3]}")
    await made.ines.say(f"!pair {codes[4]}")
    links: list[str] = []
    for _ in range(4):
        asked = await office.say(room, "!link quartier")
        answer = await sees(office, room, made.id, "!link", answering=asked)
        links.append(answer.body.split("!link ")[1].split()[0])
    made.rui.writes(f"/link {links[0]}", made.group)
    await made.group.sees(said("link-first", "fr"), PATIENCE)
    await made.mia.say(made.rooms["sealed"], f"!link {links[1]}")
    await made.group.sees("Rue Haute", PATIENCE)
    await made.leo.say(made.rooms["plain"], f"!link {links[2]}")
    await made.group.sees("Place", PATIENCE)
    await made.ines.say(f"!link {links[3]}")
    await made.group.sees("Jardin", PATIENCE)
