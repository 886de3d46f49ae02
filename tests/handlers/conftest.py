"""Scenes: a coordination room with two helpers, a member in private, on networks like Telegram and like Matrix."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import pytest

from bot.catalogue import Catalogue
from bot.content import Arg, say
from bot.model import Chat
from bot.ports import Limits
from tests.handlers.house import House, house_in
from tests.handlers.phrasebook import Phrasebook
from tests.paper import Shown
from tests.paper.adapter import LIKE_MATRIX, LIKE_TELEGRAM
from tests.world import POLICY, Somebody, World, world

CATALOGUE = Catalogue(POLICY.languages, zone=POLICY.zone)


def sentence(key: str, language: str = "nl", /, **args: Arg) -> str:
    """What the bot says, without the invisible marks around names."""
    return CATALOGUE.render(say(key, **args), language).plain.replace("\u2068", "").replace("\u2069", "")


@dataclass
class Scene:
    """`room` is spoken to in Dutch; `member` has an app in Portuguese."""

    world: World
    room: Chat
    ann: Somebody
    bob: Somebody
    member: Somebody
    engine: Phrasebook

    async def asks(
        self, words: str = "Preciso de comida para os meus dois filhos", who: Somebody | None = None
    ) -> None:
        """A member writes and presses Send."""
        member = who or self.member
        await member.writes(words)
        await member.presses(sentence("button-send", "pt"))

    def card(self, code: str = "K1") -> Shown:
        return next(m for m in self.ann.sees(self.room) if m.plain.startswith(code) and m.buttons)

    async def in_thread(self, words: str, who: Somebody | None = None, code: str = "K1") -> str:
        """A helper writes below a card: in its thread where the network has threads, else in reply to it."""
        card = self.card(code)
        threads = self.world.app.parts.adapters["paper"].limits.threads
        thread, reply_to = (card.id, None) if threads else (None, card.id)
        return await (who or self.ann).writes(words, self.room, thread, reply_to)

    def thread(self, code: str = "K1") -> list[str]:
        """What the bot says below a card."""
        card = self.card(code)
        return [m.plain for m in self.ann.sees(self.room) if card.id in (m.thread, m.reply_to)]

    def room_reads(self) -> str:
        return "\n".join(self.ann.reads(self.room))

    def member_reads(self) -> str:
        return "\n".join(self.member.reads())


def scene_of(w: World, room: Chat, engine: Phrasebook) -> Scene:
    return Scene(w, room, w.somebody("Ann"), w.somebody("Bob"), w.somebody("Maria", language="pt-BR"), engine)


KINDS = {"like-telegram": LIKE_TELEGRAM, "like-matrix": LIKE_MATRIX}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Each conversation is tried on one kind of network, by turns; with `--full` on both."""
    if config.getoption("--full"):
        return
    left = [item for item in items if (kind := _kind(item)) is not None and kind != _whose_turn(item, kind)]
    config.hook.pytest_deselected(items=left)
    items[:] = [item for item in items if item not in set(left)]


def _kind(item: pytest.Item) -> str | None:
    """The kind of network of a test that exists for each."""
    if not isinstance(item, pytest.Function) or not hasattr(item, "callspec"):
        return None
    return next((kind for kind, found in KINDS.items() if item.callspec.params.get("limits") == found), None)


def _whose_turn(item: pytest.Item, kind: str) -> str:
    """The same for both kinds of one test, and on every run."""
    return list(KINDS)[crc32(item.nodeid.replace(kind, "").encode()) % len(KINDS)]


@pytest.fixture(params=list(KINDS.values()), ids=list(KINDS))
def limits(request: pytest.FixtureRequest) -> Limits:
    found: Limits = request.param
    return found


@pytest.fixture
async def scene(tmp_path: Path, limits: Limits) -> AsyncIterator[Scene]:
    """Without a translation engine."""
    async with world(tmp_path, limits=limits) as w:
        yield scene_of(w, await w.paired("room", "coordination"), Phrasebook())


@pytest.fixture
async def translated(tmp_path: Path, limits: Limits) -> AsyncIterator[Scene]:
    """With an engine that knows a few sentences."""
    engine = Phrasebook()
    async with world(tmp_path, engines=[engine], limits=limits) as w:
        yield scene_of(w, await w.paired("room", "coordination"), engine)


@pytest.fixture
async def nobody(tmp_path: Path) -> AsyncIterator[Scene]:
    """No coordination room is paired yet; `room` is a group that the bot knows nothing of."""
    async with world(tmp_path) as w:
        yield scene_of(w, w.group("room"), Phrasebook())


@pytest.fixture
async def house(tmp_path: Path, limits: Limits) -> AsyncIterator[House]:
    """An organisation with groups in three languages; nobody but people translates."""
    async with world(tmp_path, limits=limits) as w:
        yield await house_in(w, Phrasebook())


@pytest.fixture
async def helped(tmp_path: Path, limits: Limits) -> AsyncIterator[House]:
    """The same with an engine that knows a few sentences."""
    engine = Phrasebook()
    async with world(tmp_path, engines=[engine], limits=limits) as w:
        yield await house_in(w, engine)
