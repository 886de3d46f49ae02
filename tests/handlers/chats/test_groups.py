"""Community groups: help is a link to a private chat, and a plea outs nobody."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from sqlalchemy import Select, func, select

from bot.model import Chat
from bot.store.tables import person, text_table
from bot.store.transaction import Transaction
from tests.handlers.conftest import Scene, sentence

PLEA = "Preciso de ajuda, o meu marido bate-me"


async def group(scene: Scene) -> Chat:
    return await scene.world.paired("famílias", "group", "AETCIS", "pt")


async def test_who_speaks_to_the_bot_in_a_group_gets_a_link(scene: Scene) -> None:
    """Neutral: nobody is named, quoted, answered or marked."""
    chat = await group(scene)
    await scene.member.writes(PLEA, chat, addressed=True)
    (pointer,) = scene.member.sees(chat)
    assert pointer.plain == sentence("group-pointer", "pt") + "\n" + sentence("help-link", "pt")
    assert pointer.reply_to is None
    assert pointer.reactions == ()
    (link,) = pointer.text.spans
    id = await scene.world.app.unit(lambda tx: tx.chats.at(chat).id)  # type: ignore[union-attr]
    assert link.value == f"https://paper.example/?start=g-{id}"


def _count(tx: Transaction, query: Select[int]) -> int:
    return tx.connection.execute(query).scalar_one()


async def test_of_a_plea_in_a_group_nothing_is_kept(scene: Scene) -> None:
    """No words, no name, no request; the helpers see nothing."""
    chat = await group(scene)
    await scene.member.writes(PLEA, chat, addressed=True)
    await scene.member.writes("!ask ajuda", chat)
    await scene.member.reacts("👍", scene.member.sees(chat)[0].id, chat)

    for table in (text_table, person):
        query = select(func.count()).select_from(table)
        assert await scene.world.app.unit(partial(_count, query=query)) == 0
    assert scene.ann.reads(scene.room) == []


async def test_people_talk_in_their_group_without_the_bot(scene: Scene) -> None:
    """Not addressed: silence."""
    chat = await group(scene)
    await scene.member.writes("Bom dia a todos, alguém precisa de boleia?", chat)
    await scene.member.writes("", chat, unsupported="sticker")
    assert scene.member.sees(chat) == []


async def test_an_answer_to_something_of_ours_is_a_word_to_us(scene: Scene) -> None:
    """A reply to the pointer or a notice."""
    chat = await group(scene)
    await scene.member.writes("olá", chat, addressed=True)
    (pointer,) = scene.member.sees(chat)
    await scene.world.advance(timedelta(minutes=6))
    await scene.member.writes("como?", chat, reply_to=pointer.id)
    assert len(scene.member.sees(chat)) == 2


async def test_many_words_at_once_get_one_pointer(scene: Scene) -> None:
    """It stands there for everybody."""
    chat = await group(scene)
    for number in range(5):
        await scene.member.writes(f"olá {number}", chat, addressed=True)
    assert len(scene.member.sees(chat)) == 1


async def test_the_helpers_commands_do_nothing_in_a_group(scene: Scene) -> None:
    """The pointer is all there is."""
    await scene.asks()
    chat = await group(scene)
    before = scene.room_reads()
    await scene.bob.writes("!claim K1", chat)
    await scene.bob.writes("!find comida", chat)
    assert scene.card().plain.startswith(sentence("card-open", code="K1"))
    assert scene.room_reads() == before
    assert "comida" not in "\n".join(scene.bob.reads(chat))


async def test_words_in_a_group_without_a_role_are_answered_once(scene: Scene) -> None:
    """Also where the network never told that the bot was added."""
    group = scene.world.group("Vizinhos")
    await scene.member.writes("Olá", group)
    await scene.member.writes("Olá outra vez", group)
    (hello,) = scene.member.reads(group)
    assert hello.startswith(sentence("unpaired-hello", "pt"))
