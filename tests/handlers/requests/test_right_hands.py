"""Words reach the right people in the right place: an answer is no area, a room with others in it is not private."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.catalogue import own_name
from bot.content import say
from bot.domain.chats import Role
from bot.failing import ANOTHER_ROLE
from bot.incoming import Joined, Left, Removed
from bot.model import Chat, ChatKind
from bot.ports import NotSent
from bot.store.tables import chat, person
from tests.handlers.conftest import Scene, sentence
from tests.handlers.house import SOUP, SOUP_PT, House
from tests.world import Somebody, World


async def _asked_where(scene: Scene) -> None:
    """The member has been asked for their part of town, and has not answered."""
    await scene.asks()
    await scene.member.presses(sentence("need-food", "pt"))
    await scene.member.presses(sentence("for-me", "pt"))
    assert scene.member.reads()[-1] == "K1\n" + sentence("intake-area", "pt")


# --- an open question does not swallow what is said to helpers -------------------------------------------------------


async def test_after_a_helpers_answer_words_answer_the_helper(scene: Scene) -> None:
    """Not the question about the area that was never answered: helpers would wait for a word that has come."""
    await _asked_where(scene)
    await scene.in_thread("!r Kunt u morgen om tien uur komen?")
    await scene.member.writes("Sim, obrigada")
    assert any("Sim, obrigada" in said for said in scene.thread())
    assert sentence("card-unanswered") in scene.card().plain
    assert sentence("card-area", area="Sim, obrigada") not in scene.card().plain


async def test_words_after_closing_open_the_request_whatever_was_asked_before(scene: Scene) -> None:
    """The member was told that writing opens it again."""
    await _asked_where(scene)
    await scene.in_thread("!close helped")
    await scene.member.writes("Ainda temos fome")
    assert scene.member.reads()[-1] == sentence("request-open-again", "pt", code="K1")
    assert scene.card().plain.startswith(sentence("card-open", code="K1"))
    assert any("Ainda temos fome" in said for said in scene.thread())


async def test_a_day_later_nobody_remembers_the_question(scene: Scene) -> None:
    """After so long words are more likely a new plea than the name of a neighbourhood."""
    await _asked_where(scene)
    await scene.world.advance(timedelta(days=2))
    await scene.member.writes("Não temos comida")
    assert scene.member.reads()[-1].startswith(sentence("which-request", "pt", codes="K1"))
    assert sentence("card-area", area="Não temos comida") not in scene.card().plain


# --- a private chat that is private no longer ------------------------------------------------------------------------


async def test_no_answer_goes_into_a_private_chat_that_others_have_joined(scene: Scene) -> None:
    """Whoever was let in later must not read what helpers write, nor that there is a request."""
    await scene.asks()
    scene.world.network.kinds[scene.member.private.id] = ChatKind.GROUP
    await scene.bob.writes("Olá", scene.member.private)
    before = scene.member.reads()
    for words in ("!claim", "!r U kunt om tien uur komen", "!close helped", "!reopen"):
        await scene.in_thread(words)
    assert scene.member.reads() == before
    assert sentence("member-unreachable", network="Paper") in scene.room_reads()


async def test_whoever_joins_without_a_word_reads_no_answer_either(scene: Scene) -> None:
    """Helpers see at once that they cannot answer, before they try."""
    await scene.asks()
    chat, world = scene.member.private, scene.world
    world.network.kinds[chat.id] = ChatKind.GROUP
    world.network.happens(Joined(chat, ChatKind.GROUP, scene.bob.person, world.clock.now()))
    await world.settled()
    unreachable = sentence("member-unreachable", network="Paper")
    assert unreachable in scene.card().plain
    assert unreachable in scene.thread()
    before = scene.member.reads()
    for words in ("!claim", "!r U kunt om tien uur komen", "!ready 1", "!close helped"):
        await scene.in_thread(words)
    assert scene.member.reads() == before


async def test_an_answer_that_is_on_its_way_when_somebody_joins_does_not_arrive(scene: Scene) -> None:
    """Its echo says so, and nothing is for the operator to mend; when the member is alone again it can be said anew."""
    await scene.asks()
    chat, world = scene.member.private, scene.world
    world.network.broken[chat.id] = NotSent("Too Many Requests")
    await scene.in_thread("!r U kunt om tien uur komen")
    before = scene.member.reads()
    world.network.kinds[chat.id] = ChatKind.GROUP
    world.network.happens(Joined(chat, ChatKind.GROUP, scene.bob.person, world.clock.now()))
    await world.settled()
    world.network.broken.clear()
    await world.advance(timedelta(minutes=10))
    assert scene.member.reads() == before
    assert sentence("echo-failed", reason=ANOTHER_ROLE) in scene.room_reads()
    assert sentence("operator-not-delivered", chat=say("a-group")) not in scene.room_reads()
    world.network.kinds[chat.id] = ChatKind.PRIVATE
    await scene.member.writes("Estou só")
    await scene.in_thread("!r U kunt om elf uur komen")
    assert "U kunt om elf uur komen" in scene.member_reads()


async def test_a_member_who_is_alone_again_can_be_answered_again(scene: Scene) -> None:
    """The chat is private again, and so is what is said in it."""
    await scene.asks()
    scene.world.network.kinds[scene.member.private.id] = ChatKind.GROUP
    await scene.bob.writes("Olá", scene.member.private)
    scene.world.network.kinds[scene.member.private.id] = ChatKind.PRIVATE
    await scene.member.writes("Estou só")
    await scene.in_thread("!r U kunt om tien uur komen")
    assert "U kunt om tien uur komen" in scene.member_reads()


@pytest.mark.parametrize("alone", [False, True])
async def test_who_stays_behind_when_the_member_has_left_is_not_the_member(scene: Scene, alone: bool) -> None:
    """They are two again, the bot and somebody else; or somebody comes when the member has gone (`alone`)."""
    await scene.asks()
    chat, world = scene.member.private, scene.world
    if alone:
        world.network.happens(Removed(chat, ChatKind.PRIVATE, world.clock.now()))
    else:
        world.network.happens(Joined(chat, ChatKind.GROUP, scene.bob.person, world.clock.now()))
    await world.settled()
    before = scene.member.reads()
    await scene.bob.writes("!my", chat)
    await scene.in_thread("!r U kunt om tien uur komen")
    assert not any("K1" in said or "tien uur" in said for said in scene.member.reads()[len(before) :])
    await scene.member.writes("Estou só")
    await scene.in_thread("!r U kunt om tien uur komen")
    assert "U kunt om tien uur komen" in scene.member_reads()


@pytest.mark.parametrize("first", ["leaves", "joins"])
async def test_whoever_was_invited_does_not_take_the_member_s_place(scene: Scene, first: str) -> None:
    """On Matrix the invited count as being there: the member leaves, somebody comes, and they are two all along."""
    await scene.asks()
    chat, world = scene.member.private, scene.world
    came = Joined(chat, ChatKind.PRIVATE, scene.bob.person, world.clock.now())
    went = Left(chat, scene.member.person, world.clock.now())
    for event in (went, came) if first == "leaves" else (came, went):
        world.network.happens(event)
        await world.settled()
        assert sentence("member-unreachable", network="Paper") in scene.card().plain
    before = scene.member.reads()
    await scene.in_thread("!r U kunt om tien uur komen")
    for words in ("!my", "!mydata", "Preciso de mais comida"):
        await scene.bob.writes(words, chat)
    await scene.in_thread("!r U kunt om elf uur komen")
    assert not any("K1" in said or "uur" in said for said in scene.member.reads()[len(before) :])
    lines = await world.app.unit(lambda tx: tx.requests.lines(1))
    assert [line.author for line in lines] == ["member"]
    await scene.member.writes("Estou só")
    await scene.in_thread("!r U kunt om twaalf uur komen")
    assert "U kunt om twaalf uur komen" in scene.member_reads()


async def test_buttons_of_a_private_chat_are_for_nobody_in_the_group_that_it_became(house: House) -> None:
    """On Matrix who makes a group is first alone with the bot in it. What they were offered there speaks no more: it
    would turn the language of the notices, send words, or erase a request."""
    world, maker = house.world, house.world.somebody("Maker", "pt")
    await maker.writes("Preciso de comida para os meus dois filhos")
    await maker.presses(sentence("button-send", "pt"))
    await maker.writes("!erase")
    await maker.writes("!ask Preciso de um médico")
    world.network.kinds[maker.private.id] = ChatKind.GROUP
    world.network.happens(Joined(maker.private, ChatKind.GROUP, house.rui.person, world.clock.now()))
    await maker.writes(f"!pair {await world.pairing('group', 'Ons Huis', 'pt')}", maker.private)
    shown = maker.reads()
    erase = sentence("button-erase", "pt", code="K1")
    for label in (own_name("ar"), sentence("need-food", "pt"), sentence("button-send", "pt"), erase):
        await house.rui.presses(label, maker.private)
        assert world.network.toasts[-1][1] == sentence("choice-unknown", "pt")
    screen = next(m for m in maker.sees() if own_name("ar") in m.labels)
    await house.rui.reacts("3️⃣", screen.id, maker.private)
    assert maker.reads() == shown
    assert await world.app.unit(lambda tx: tx.chats.at(maker.private).language) == "pt"  # type: ignore[union-attr]
    request = await world.app.unit(lambda tx: tx.requests.by_code("K1"))
    assert request is not None
    assert request.category is None
    assert await world.app.unit(lambda tx: tx.requests.by_code("K2")) is None


@pytest.mark.parametrize("about", ["something new", "either"])
async def test_whoever_has_joined_does_not_hear_that_words_wait(scene: Scene, about: str) -> None:
    """Not even that something was written; when the member is alone again they are reminded all the same."""
    if about == "either":
        await scene.asks()
        await scene.asks("!ask Preciso de um médico para a minha mãe")
    await scene.member.writes("Obrigada, vou lá amanhã cedo")
    waiting, chat, world = scene.member.reads()[-1], scene.member.private, scene.world
    world.network.kinds[chat.id] = ChatKind.GROUP
    world.network.happens(Joined(chat, ChatKind.GROUP, scene.bob.person, world.clock.now()))
    await world.settled()
    before = scene.member.reads()
    for _ in range(3):
        await world.advance(timedelta(hours=1))
    assert scene.member.reads() == before
    world.network.kinds[chat.id] = ChatKind.PRIVATE
    await scene.member.writes("!help")
    before = scene.member.reads()
    await world.advance(timedelta(hours=1))
    (reminded,) = scene.member.reads()[len(before) :]
    assert reminded.split("\n")[-1] in waiting


async def test_buttons_are_for_nobody_who_has_joined(scene: Scene) -> None:
    """Nobody but the member erases a request, or says what it is about."""
    await scene.asks()
    await scene.member.writes("!erase")
    chat, world = scene.member.private, scene.world
    world.network.kinds[chat.id] = ChatKind.GROUP
    world.network.happens(Joined(chat, ChatKind.GROUP, scene.bob.person, world.clock.now()))
    await world.settled()
    before = scene.member.reads()
    for key in ("need-violence", "button-erase"):
        await scene.bob.presses(sentence(key, "pt", code="K1"), chat)
        assert world.network.toasts[-1][1] == sentence("choice-unknown", "pt")
    question = scene.member.sees()[-1]
    await scene.bob.reacts("1️⃣", question.id, chat)
    await scene.bob.writes("1", chat, reply_to=question.id)
    assert scene.member.reads()[: len(before)] == before
    assert scene.card().plain.startswith(sentence("card-open", code="K1"))


async def test_a_members_name_is_kept_nowhere(scene: Scene) -> None:
    """They were told that helpers see a code; what is not kept cannot be found on a server that is taken away."""
    await scene.asks()
    names = await scene.world.app.unit(lambda tx: list(tx.connection.execute(select(person.c.name)).scalars()))
    titles = await scene.world.app.unit(
        lambda tx: list(tx.connection.execute(select(chat.c.title).where(chat.c.role == Role.PRIVATE)).scalars())
    )
    assert "Maria" not in names
    assert titles == [None]


# --- codes in the wrong hands ----------------------------------------------------------------------------------------


async def test_a_rooms_code_that_a_whole_group_has_read_opens_nothing_any_more(house: House) -> None:
    """Anybody who read it there could otherwise have every request shown to them."""
    w = house.world
    code = await w.pairing("coordination")
    await house.rui.writes(f"!pair {code}", house.pt)
    lair = w.group("lair")
    await house.rui.writes(f"!pair {code}", lair)
    assert await _roles(w, "lair") == [""]
    assert house.rui.reads(lair)[-1] == sentence("pair-wrong", "pt")


async def test_an_organisation_is_told_when_its_group_goes_to_another(house: House) -> None:
    """A code of another organisation, typed by whoever is in the group, takes the group along."""
    code = await house.world.pairing("group", "Casa", "pt")
    await house.rui.writes(f"!pair {code}", house.pt)
    assert house.last() == sentence("group-taken", group="pt", organisation="Casa")


async def _roles(w: World, title: str) -> list[str]:
    return await w.app.unit(
        lambda tx: list(tx.connection.execute(select(chat.c.role).where(chat.c.title == title)).scalars())
    )


# --- notices ---------------------------------------------------------------------------------------------------------


async def test_a_correction_that_shows_the_language_does_not_go_out_as_another(house: House) -> None:
    """A draft whose language nobody knew is French once its words are: the Dutch group must not get it as it is."""
    await house.says("!notice food 12:00 XXYZ")
    french = "Il y a de la soupe chaude pour tout le monde demain à la gare"
    await house.says(f"!correct N1 {french}")
    await house.says("!publish N1")
    assert (await house.notice()).language == "fr"
    assert house.an.reads(house.nl) == []


async def test_an_edited_translation_needs_a_reader_as_a_new_one_does(house: House) -> None:
    """An organisation that no longer reads a language does not change what its groups read."""
    await house.says("!languages pt")
    await house.says(f"!notice health {SOUP}")
    message = await house.says(SOUP_PT, reply_to=house.preview("Portugees").id)
    await house.says("!publish N1")
    await house.says("!languages tr")
    await house.an.edits(message, SOUP_PT.replace("12:00", "11:00"), house.room)
    assert "11:00" not in house.rui.reads(house.pt)[-1]
    assert "!languages tr pt" in house.last()


async def test_a_translation_that_waits_for_a_reader_can_still_be_edited(house: House) -> None:
    """What is taken is what its writer made of it last."""
    await house.says(f"!notice health {SOUP}")
    message = await house.says(SOUP_PT.replace("12:00", "11:00"), reply_to=house.preview("Portugees").id)
    await house.an.edits(message, SOUP_PT, house.room)
    asked = house.an.sees(house.room)[-1]
    await house.an.presses(asked.labels[0], house.room, asked)
    assert SOUP_PT in house.preview("Portugees").plain
    await house.an.edits(message, SOUP_PT.replace("14:00", "15:00"), house.room)
    assert "15:00" in house.preview("Portugees").plain


# --- what helpers change afterwards ----------------------------------------------------------------------------------


async def test_a_helper_who_edits_a_reply_is_told_that_the_person_has_the_old_one(scene: Scene) -> None:
    """Otherwise somebody stands before a closed door at the hour that was first written."""
    await scene.asks()
    message = await scene.in_thread("!r Kom om 10:00")
    await scene.ann.edits(message, "!r Kom om 11:00", scene.room)
    assert scene.ann.reads(scene.room)[-1] == sentence("reply-changed", code="K1")
    assert "11:00" not in scene.member_reads()


# --- a private chat that was left ------------------------------------------------------------------------------------


async def opens_another(scene: Scene, who: Somebody) -> Chat:
    """Somebody opens a new private chat with the bot."""
    chat = scene.world.network.chat(f"another-of-{who.person.id}", ChatKind.PRIVATE, "")
    await scene.world.adds_bot(who, chat, invited=True)
    return chat


async def test_who_has_left_their_private_chat_is_answered_in_the_next_one(scene: Scene) -> None:
    """Nothing of it is shown there before, and nobody has to be asked for their language again."""
    await scene.asks()
    await scene.member.blocks_the_bot()
    assert sentence("member-unreachable", network="Paper") in scene.card().plain
    another = await opens_another(scene, scene.member)
    assert sentence("member-unreachable", network="Paper") not in scene.card().plain
    assert scene.member.reads(another) == []
    await scene.in_thread("!r U kunt om tien uur komen")
    (answer,) = scene.member.reads(another)
    assert "U kunt om tien uur komen" in answer
    await scene.member.writes("Obrigada", another)
    assert "Obrigada" in scene.thread()[-1]
    await scene.member.writes("!my", another)
    assert "K1" in scene.member.reads(another)[-1]


async def test_who_is_not_alone_any_more_is_told_and_goes_on_where_they_are(scene: Scene) -> None:
    """Nobody who has joined reads that there is a request; the way to a private chat is for everybody."""
    await scene.asks()
    chat, world = scene.member.private, scene.world
    world.network.kinds[chat.id] = ChatKind.GROUP
    world.network.happens(Joined(chat, ChatKind.GROUP, scene.bob.person, world.clock.now()))
    await world.settled()
    before = len(scene.member.reads())
    for words in ("Ainda preciso de comida", "Olá?"):
        await scene.member.writes(words)
    (told,) = scene.member.reads()[before:]
    assert told.startswith(sentence("group-pointer", "pt"))
    another = await opens_another(scene, scene.member)
    await scene.in_thread("!r U kunt om tien uur komen")
    assert len(scene.member.reads()) == before + 1
    (answer,) = scene.member.reads(another)
    assert "U kunt om tien uur komen" in answer


async def test_another_private_chat_beside_the_first_is_one_of_its_own(scene: Scene) -> None:
    await scene.asks()
    another = await opens_another(scene, scene.member)
    await scene.in_thread("!r U kunt om tien uur komen")
    assert scene.member.reads(another) == []
    assert "U kunt om tien uur komen" in scene.member_reads()


async def test_a_private_chat_of_somebody_elses_takes_no_ones_place(scene: Scene) -> None:
    """Nor does one that others had asked in as well."""
    await scene.asks()
    await scene.member.blocks_the_bot()
    another = await opens_another(scene, scene.bob)
    await scene.in_thread("!r U kunt om tien uur komen")
    assert scene.bob.reads(another) == []
