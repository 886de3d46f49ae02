"""Linked chats: several groups of an organisation hear each other, each in its own language."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace as changed
from sqlalchemy import func, select

from bot.content import LanguageName
from bot.domain.links import is_echo, shown_name
from bot.incoming import Deleted, Edited, Message, MovedChat, Pinned, Removed, Unreacted
from bot.model import Chat, ChatKind, Span, SpanKind, Text
from bot.ports import Gone, Limits, NotSent, Unknown
from bot.store.tables import linked_message, message, text_table
from bot.store.transaction import Transaction
from bot.text.mentions import naming_nobody
from tests.handlers.conftest import sentence
from tests.handlers.house import SOUP, SOUP_PT, House, house_in
from tests.handlers.phrasebook import Phrasebook
from tests.paper import Shown
from tests.world import POLICY, Somebody, World, world

HELLO = "Waar is de bakker nu, weet iemand dat?"


@dataclass
class Linked:
    """The Dutch and the Portuguese group of Ons Huis hear each other. `an` is in the first, `rui` in the second."""

    house: House
    world: World

    @property
    def nl(self) -> Chat:
        return self.house.nl

    @property
    def pt(self) -> Chat:
        return self.house.pt

    @property
    def an(self) -> Somebody:
        return self.house.an

    @property
    def rui(self) -> Somebody:
        return self.house.rui

    async def code(self, name: str = "Markt") -> str:
        await self.house.says(f"!link {name}")
        found = re.search(r"!link ([A-Z0-9]{12})", self.house.last())
        assert found is not None
        return found[1]

    async def joins(self, chat: Chat, who: Somebody) -> None:
        await who.writes(f"!link {await self.code()}", chat)

    def passed_on(self, chat: Chat) -> list[Shown]:
        """What was said elsewhere, as it stands in a chat: below a head."""
        return [m for m in self.an.sees(chat) if m.plain.startswith(("A.", "R.", "M.")) or m.file is not None]

    async def deletes(self, chat: Chat, id: str) -> None:
        self.world.network.happens(Deleted(chat, id, self.world.clock.now()))
        await self.world.settled()


async def linked_in(w: World, engine: Phrasebook) -> Linked:
    made = Linked(await house_in(w, engine), w)
    await made.joins(made.nl, made.an)
    await made.joins(made.pt, made.rui)
    return made


@pytest.fixture
async def linked(tmp_path: Path, limits: Limits) -> AsyncIterator[Linked]:
    engine = Phrasebook()
    async with world(tmp_path, engines=[engine], limits=limits) as w:
        yield await linked_in(w, engine)


# --- which chats -----------------------------------------------------------------------------------------------------


async def test_a_group_hears_which_others_read_along(linked: Linked) -> None:
    """And how its people are called there; nobody is joined with others unknowingly."""
    first, more = linked.an.reads(linked.nl)[-2:]
    assert first.startswith(sentence("link-first"))
    assert first.endswith(sentence("link-names-initials"))
    assert more == sentence("link-more", chat="pt (Paper)")
    joined = linked.rui.reads(linked.pt)[-1]
    assert joined.startswith(sentence("link-joined", "pt", chats=("nl (Paper)",)))


async def test_a_group_hears_who_translates_if_that_is_somebody_else(tmp_path: Path) -> None:
    async with world(tmp_path, replace(POLICY, read_by=("Google",))) as w:
        linked = await linked_in(w, Phrasebook())
        assert sentence("first-computer-of", "pt", names=("Google",)) in linked.rui.reads(linked.pt)[-1]


async def test_a_code_takes_in_one_chat_of_its_organisation(linked: Linked) -> None:
    """Whoever reads it in a group can do nothing with it in a group of their own."""
    code = await linked.code()
    foreign = await linked.world.paired("elsewhere", "group", "Casa", "fr")
    unpaired = linked.world.group("nobody's")
    await linked.rui.writes(f"!link {code}", foreign)
    assert linked.rui.reads(foreign)[-1] == sentence("link-not-paired", "fr", organisation="Ons Huis")
    await linked.rui.writes(f"!link {code}", unpaired)
    await linked.rui.writes(f"!link {code}", linked.house.ar)
    await linked.rui.writes(f"!link {code}", await linked.world.paired("late", "group", "Ons Huis", "fr"))
    await linked.an.writes(HELLO, linked.nl)
    assert len(linked.passed_on(linked.house.ar)) == 1
    assert not linked.passed_on(unpaired)
    assert not linked.passed_on(foreign)


async def test_only_the_organisation_s_room_gives_codes(linked: Linked) -> None:
    """Nobody in a group can have it joined with others, or end that."""
    for words in ("!link", "!unlink", "!unlink Markt"):
        await linked.rui.writes(words, linked.pt)
        assert linked.rui.reads(linked.pt)[-1] == sentence("link-room", "pt")
    await linked.rui.writes("!link Markt", linked.pt)
    assert linked.rui.reads(linked.pt)[-1] == sentence("pair-wrong", "pt")


async def test_a_code_for_another_purpose_is_told_apart(linked: Linked) -> None:
    code = await linked.code()
    await linked.rui.writes(f"!pair {code}", linked.house.ar)
    assert linked.rui.reads(linked.house.ar)[-1] == sentence("link-instead", "ar", command=f"!link {code}")


async def test_the_room_lists_its_conversations_and_takes_chats_out(linked: Linked) -> None:
    await linked.house.says("!link")
    assert sentence("link-listed", name="Markt", chats=("nl (Paper)", "pt (Paper)")) in linked.house.last()
    await linked.an.presses(sentence("button-unlink", chat="pt (Paper)"), linked.house.room)
    assert linked.an.reads(linked.nl)[-1] == sentence("link-less", chat="pt (Paper)")
    assert linked.rui.reads(linked.pt)[-1] == sentence("link-ended-here", "pt")
    before = linked.rui.reads(linked.pt)
    await linked.an.writes(HELLO, linked.nl)
    assert linked.rui.reads(linked.pt) == before


async def test_unlink_ends_a_conversation_and_everybody_is_told(linked: Linked) -> None:
    await linked.house.says("!unlink markt")
    assert linked.house.last() == sentence("link-ended", name="Markt")
    assert linked.an.reads(linked.nl)[-1] == sentence("link-ended-here")
    assert linked.rui.reads(linked.pt)[-1] == sentence("link-ended-here", "pt")
    before = linked.rui.reads(linked.pt)
    await linked.an.writes(HELLO, linked.nl)
    assert linked.rui.reads(linked.pt) == before


async def test_a_conversation_is_ended_under_the_name_that_made_it(linked: Linked) -> None:
    """With the signs around it, too, that are no part of it."""
    await linked.house.says("!link <Soep>")
    await linked.house.says("!unlink <Soep>")
    assert linked.house.last() == sentence("link-ended", name="Soep")


async def test_a_conversation_has_a_name_that_can_be_read(linked: Linked) -> None:
    """On one line."""
    await linked.house.says("!link Soep\n\u202een brood")
    await linked.house.says("!unlink soep en brood")
    assert linked.house.last() == sentence("link-ended", name="Soep en brood")
    await linked.house.says("!link \u200b")
    assert sentence("link-how", command="!link …", end="!unlink …") in linked.house.last()


async def test_what_waits_for_a_group_that_is_out_never_gets_there(linked: Linked) -> None:
    """A group is taken out for a reason, and the others have been told that it reads nothing more."""
    network = linked.world.network
    network.broken[linked.pt.id] = NotSent("Too Many Requests")
    await linked.an.writes("Het Quincunxfeest is op de Zebrafinkkade", linked.nl)
    await linked.house.says("!unlink markt")
    del network.broken[linked.pt.id]
    await linked.world.advance(timedelta(hours=1))
    assert linked.passed_on(linked.pt) == []
    assert linked.rui.reads(linked.pt)[-1] == sentence("link-ended-here", "pt")


async def test_what_is_taken_back_is_gone_from_a_group_that_is_out_as_well(linked: Linked) -> None:
    """By whoever wrote it, whether their own group is still one of them or not."""
    first = await linked.an.writes(HELLO, linked.nl)
    second = await linked.an.writes(SOUP, linked.nl)
    await linked.house.says("!unlink markt")
    await linked.deletes(linked.nl, first)
    assert [shown.plain.split("\n")[-1] for shown in linked.passed_on(linked.pt)] == [SOUP]
    await linked.an.writes("!delete", linked.nl, reply_to=second)
    assert linked.passed_on(linked.pt) == []
    assert linked.an.reads(linked.nl)[-1] == sentence("link-deleted")


async def test_a_group_that_is_back_has_nothing_left_of_what_was_taken_back(linked: Linked) -> None:
    """Whether it was on its way when the group went, or began after that."""
    network, at = linked.world.network, linked.world.clock.now()
    one, other = await linked.an.writes(HELLO, linked.nl), await linked.an.writes(SOUP, linked.nl)
    network.broken[linked.pt.id] = NotSent("later")
    await linked.deletes(linked.nl, one)
    network.happens(Removed(linked.pt, ChatKind.GROUP, at))
    await linked.world.settled()
    network.broken[linked.pt.id] = Gone("not a member")
    await linked.deletes(linked.nl, other)
    del network.broken[linked.pt.id]
    assert len(linked.passed_on(linked.pt)) == 2
    await linked.world.adds_bot(linked.rui, linked.pt)
    assert linked.passed_on(linked.pt) == []


async def test_a_group_that_is_back_reads_what_was_changed_meanwhile(linked: Linked) -> None:
    """Another file cannot be put in the place of the one before: that one is gone."""
    network, at = linked.world.network, linked.world.clock.now()
    words = await linked.an.writes(HELLO, linked.nl)
    photo = await linked.an.sends("photo", b"somebody's face", caption="Kijk", chat=linked.nl)
    network.happens(Removed(linked.pt, ChatKind.GROUP, at))
    await linked.world.settled()
    await linked.an.edits(words, SOUP, linked.nl)
    await linked.an.edits(photo, "Kijk", linked.nl, ("photo", b"a street"))
    await linked.world.adds_bot(linked.rui, linked.pt)
    (there,) = linked.passed_on(linked.pt)
    assert there.plain == "\n".join(["A.", SOUP_PT, sentence("label-machine", "pt"), SOUP])


async def test_a_reaction_stays_in_the_conversation_of_what_it_is_about(linked: Linked) -> None:
    """The others were told that this group reads them no longer, and they do not read it."""
    written = await linked.an.writes(HELLO, linked.nl)
    await linked.an.writes(f"!link {await linked.code('Plein')}", linked.nl)
    await linked.an.reacts("👍", written, linked.nl)
    assert linked.passed_on(linked.pt)[0].reactions == ()


async def test_the_organisation_s_room_can_be_one_of_them(linked: Linked) -> None:
    """Its commands, and answers to its notices, stay where they are."""
    await linked.house.says(f"!link {await linked.code()}")
    await linked.house.says("Wij zijn er morgen allemaal weer")
    assert linked.passed_on(linked.pt)[-1].plain.startswith("A. · room")
    await linked.rui.writes("Amanhã estamos lá com toda a gente", linked.pt)
    assert "Amanhã estamos lá com toda a gente" in linked.house.last()
    before = len(linked.passed_on(linked.pt))
    await linked.house.says("!groups")
    await linked.house.says(f"!notice food {SOUP}")
    await linked.house.says("Dit is beter gezegd", reply_to=linked.house.preview("Portugees").id)
    assert len(linked.passed_on(linked.pt)) == before


async def test_a_group_that_changes_its_organisation_is_out(linked: Linked) -> None:
    code = await linked.world.pairing("group", "Casa", "pt")
    await linked.rui.writes(f"!pair {code}", linked.pt)
    before = linked.rui.reads(linked.pt)
    await linked.an.writes(HELLO, linked.nl)
    assert linked.rui.reads(linked.pt) == before


# --- what is said ----------------------------------------------------------------------------------------------------


async def test_each_group_reads_it_in_its_own_language_with_the_original(linked: Linked) -> None:
    await linked.an.writes(SOUP, linked.nl)
    (there,) = linked.passed_on(linked.pt)
    assert there.plain == "\n".join(["A.", SOUP_PT, sentence("label-machine", "pt"), SOUP])
    assert linked.passed_on(linked.nl) == []


async def test_a_word_to_the_bot_is_not_passed_on(linked: Linked) -> None:
    """Whoever asks the bot for help in a group asks in no other."""
    await linked.rui.writes("Preciso de ajuda, @bot", linked.pt, addressed=True)
    await linked.rui.writes("!help", linked.pt)
    assert linked.passed_on(linked.nl) == []
    assert linked.rui.reads(linked.pt)[-1].startswith(sentence("group-pointer", "pt"))


async def test_an_answer_to_what_the_bot_itself_says_stays_where_it_is(linked: Linked) -> None:
    """On Matrix it names nobody; whoever asks the bot for help has not asked the other groups."""
    await linked.rui.writes("Olá, @bot", linked.pt, addressed=True)
    pointer = linked.rui.sees(linked.pt)[-1]
    assert pointer.plain.startswith(sentence("group-pointer", "pt"))
    await linked.rui.writes("Preciso de ajuda, não tenho documentos", linked.pt, reply_to=pointer.id)
    assert not linked.passed_on(linked.nl)


async def test_what_is_forwarded_is_no_word_of_whoever_forwards_it(linked: Linked) -> None:
    """A sign says so; a place or a number needs none."""
    network, at = linked.world.network, linked.world.clock.now()
    for id, words in (("m1", HELLO), ("m2", "0470 12 34 56")):
        network.happens(Message(linked.nl, ChatKind.GROUP, linked.an.person, id, at, Text(words), forwarded=True))
        await linked.world.settled()
    one, other = linked.passed_on(linked.pt)
    assert f"\n↪ {HELLO}" in one.plain
    assert "↪" not in other.plain
    network.happens(Edited(linked.nl, ChatKind.GROUP, linked.an.person, "m1", at, Text(HELLO), forwarded=True))
    await linked.world.settled()
    assert linked.passed_on(linked.pt)[0].edits == one.edits


async def test_who_is_mentioned_cannot_be_found_from_other_groups(linked: Linked) -> None:
    """There it is a name among the words; who they are on the network is for their own group."""
    at = linked.world.clock.now()
    words = Text("Vraag het Eva", (Span(10, 13, SpanKind.MENTION, "7100000001"), Span(0, 5, SpanKind.BOLD)))
    linked.world.network.happens(Message(linked.nl, ChatKind.GROUP, linked.an.person, "m1", at, words))
    await linked.world.settled()
    linked.world.network.happens(Edited(linked.nl, ChatKind.GROUP, linked.an.person, "m1", at, words + Text("!")))
    await linked.world.settled()
    (there,) = linked.passed_on(linked.pt)
    assert "Vraag het Eva!" in there.plain
    assert {span.kind for span in there.text.spans} == {SpanKind.BOLD, SpanKind.ITALIC}


def test_where_somebody_without_a_name_is_mentioned_is_not_told() -> None:
    """Apps show their account then, which others could write to."""
    ahmed, eva = "@ahmed:example.org", "@eva:example.org"
    plain = f"Vraag {ahmed} of {eva} maar"
    spans = (
        Span(6, 6 + len(ahmed), SpanKind.MENTION, ahmed),
        Span(0, len(plain), SpanKind.BOLD),
        Span(plain.index(eva), plain.index(eva) + len(eva), SpanKind.MENTION, eva),
    )
    assert naming_nobody(Text(plain, spans)).plain == "Vraag @ahmed of @eva maar"
    assert naming_nobody(Text("12:30", (Span(0, 5, SpanKind.MENTION, ahmed),))) == Text("12:30")


async def test_an_answer_stands_below_what_it_answers_everywhere(linked: Linked) -> None:
    """Days later, too: in reply to the original where that was written, to its copy elsewhere."""
    asked = await linked.an.writes(HELLO, linked.nl)
    (copy,) = linked.passed_on(linked.pt)
    await linked.world.advance(timedelta(days=100))
    # On Telegram an answer to something of the bot's is a word to it, too.
    answered = await linked.rui.writes("Ao lado da escola grande", linked.pt, reply_to=copy.id, addressed=True)
    (answer,) = linked.passed_on(linked.nl)
    assert answer.reply_to == asked
    await linked.rui.writes("Mesmo ao lado da porta", linked.pt, reply_to=answered)
    assert linked.passed_on(linked.nl)[-1].reply_to == answer.id
    await linked.an.writes("Dank je wel allemaal daar", linked.nl, reply_to=answer.id)
    assert linked.passed_on(linked.pt)[-1].reply_to == answered


async def test_a_thread_is_one_where_there_are_any_and_a_chain_of_replies_elsewhere(linked: Linked) -> None:
    asked = await linked.an.writes(HELLO, linked.nl)
    (copy,) = linked.passed_on(linked.pt)
    first = await linked.rui.writes("Ao lado da escola grande", linked.pt, thread=copy.id)
    answer = linked.passed_on(linked.nl)[-1]
    has_threads = linked.world.app.parts.adapters["paper"].limits.threads
    assert (answer.thread, answer.reply_to) == ((asked, None) if has_threads else (None, asked))
    await linked.rui.writes("E fecha às 18:00", linked.pt, thread=copy.id, reply_to=first)
    answers = linked.passed_on(linked.nl)
    assert answers[-1].thread == (asked if has_threads else None)
    assert answers[-1].reply_to == answer.id


async def test_a_change_is_read_everywhere(linked: Linked) -> None:
    written = await linked.an.writes(HELLO, linked.nl)
    await linked.an.edits(written, SOUP, linked.nl)
    (there,) = linked.passed_on(linked.pt)
    assert SOUP_PT in there.plain
    assert HELLO not in there.plain
    edits = there.edits
    await linked.an.edits(written, SOUP, linked.nl)  # a link's picture has come
    assert linked.passed_on(linked.pt)[0].edits == edits


async def test_nobody_changes_what_another_has_written(linked: Linked) -> None:
    """A homeserver takes such an edit from anybody in the room, and leaves it to the apps not to show it."""
    written = await linked.an.writes(HELLO, linked.nl)
    mallory = linked.world.somebody("Mallory")
    await mallory.edits(written, SOUP, linked.nl)
    (there,) = linked.passed_on(linked.pt)
    assert SOUP_PT not in there.plain
    await linked.an.edits(written, SOUP, linked.nl)
    assert SOUP_PT in linked.passed_on(linked.pt)[0].plain


async def test_a_text_that_the_gate_falls_over_is_passed_on_as_it_was(
    linked: Linked, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fall(*_: object) -> None:
        raise ValueError

    monkeypatch.setattr("bot.translation.translating.check", fall)
    await linked.an.writes(SOUP, linked.nl)
    assert SOUP in linked.passed_on(linked.pt)[-1].plain
    assert sentence("note-untranslated", "pt", language=LanguageName("nl")) in linked.passed_on(linked.pt)[-1].plain


async def test_what_is_taken_back_is_gone_everywhere(linked: Linked, tmp_path: Path) -> None:
    written = await linked.an.writes("Het Quincunxfeest is op de Zebrafinkkade", linked.nl)
    assert len(linked.passed_on(linked.pt)) == 1
    await linked.deletes(linked.nl, written)
    assert linked.passed_on(linked.pt) == []
    kept = await linked.world.app.unit(lambda tx: tx.connection.execute(select(text_table.c.body)).scalars().all())
    assert not any(b"Quincunx" in body for body in kept)


async def test_what_is_taken_back_while_it_is_on_its_way_keeps_nobody_from_speaking(linked: Linked) -> None:
    """Whether another bridge has brought something back is found out by what was said lately, as far as it is there."""
    linked.world.network.broken[linked.pt.id] = Unknown("no answer")
    written = await linked.an.writes(SOUP, linked.nl)
    await linked.deletes(linked.nl, written)
    await linked.an.writes(f"Dag Rui,\n{HELLO}", linked.nl)
    del linked.world.network.broken[linked.pt.id]
    await linked.world.advance(timedelta(minutes=6))
    assert [HELLO in shown.plain for shown in linked.passed_on(linked.pt)] == [True]


async def test_what_was_changed_and_then_taken_back_is_gone_as_well(linked: Linked) -> None:
    """What it said at first, too."""
    written = await linked.an.writes("Het Quincunxfeest is op de Zebrafinkkade", linked.nl)
    await linked.an.edits(written, "Het feest gaat niet door", linked.nl)
    await linked.deletes(linked.nl, written)
    kept = await linked.world.app.unit(lambda tx: tx.connection.execute(select(text_table.c.body)).scalars().all())
    assert not any(b"Quincunx" in body for body in kept)


async def test_delete_as_an_answer_takes_back_one_s_own_words_alone(linked: Linked) -> None:
    """Telegram tells nobody of what was deleted."""
    written = await linked.an.writes(HELLO, linked.nl)
    (copy,) = linked.passed_on(linked.pt)
    await linked.rui.writes("!delete", linked.pt, reply_to=copy.id)
    assert linked.rui.reads(linked.pt)[-1] == sentence("link-delete-own", "pt")
    await linked.rui.writes("!delete", linked.nl, reply_to=written)
    assert linked.rui.reads(linked.nl)[-1] == sentence("link-delete-own")
    await linked.an.writes("!delete", linked.nl)
    assert linked.an.reads(linked.nl)[-1] == sentence("link-delete-how", command="!delete")
    assert len(linked.passed_on(linked.pt)) == 1
    await linked.an.writes("!delete", linked.nl, reply_to=written)
    assert linked.passed_on(linked.pt) == []
    assert linked.an.reads(linked.nl)[-1] == sentence("link-deleted")


async def test_a_reaction_stands_there_once(linked: Linked) -> None:
    written = await linked.an.writes(HELLO, linked.nl)
    (copy,) = linked.passed_on(linked.pt)
    await linked.rui.reacts("👍", copy.id, linked.pt)
    await linked.world.somebody("Eva").reacts("👍", copy.id, linked.pt)
    original = next(m for m in linked.world.network.messages(linked.nl) if m.id == written)
    assert original.reactions == ("👍",)
    await linked.an.reacts("❤", written, linked.nl)
    assert linked.passed_on(linked.pt)[0].reactions == ("❤",)


@pytest.mark.parametrize("first", ["👍", "👍\ufe0f"])
@pytest.mark.parametrize("second", ["👍", "👍\ufe0f"])
async def test_a_reaction_is_the_same_however_an_app_writes_it(linked: Linked, first: str, second: str) -> None:
    """Element writes a sign behind the emoji that other apps leave out."""
    network, at = linked.world.network, linked.world.clock.now()
    written = await linked.an.writes(HELLO, linked.nl)
    (copy,) = linked.passed_on(linked.pt)
    eva = linked.world.somebody("Eva")
    await linked.rui.reacts(first, copy.id, linked.pt)
    await eva.reacts(second, copy.id, linked.pt)
    for who, key, left in ((linked.rui, first, (first,)), (eva, second, ())):
        network.happens(Unreacted(linked.pt, ChatKind.GROUP, who.person, copy.id, key, at))
        await linked.world.settled()
        assert next(m for m in network.messages(linked.nl) if m.id == written).reactions == left


SIGNS = ("👍🏽", "❤️\u200d🔥", "2\ufe0f\u20e3", "🇧🇪")
WORDS = ("De Brug: bel 0470 11 22 33", "👍 bel", "mxc://b.be/x", "z" + 30 * "\u0301")


@pytest.mark.parametrize("key", [*SIGNS, *WORDS], ids=ascii)
async def test_nobody_makes_the_bot_say_words_as_a_reaction(linked: Linked, key: str) -> None:
    """On Matrix a reaction can be any words, and ours would stand there as the bot's own."""
    written = await linked.an.writes(HELLO, linked.nl)
    (copy,) = linked.passed_on(linked.pt)
    await linked.rui.reacts(key, copy.id, linked.pt)
    original = next(m for m in linked.world.network.messages(linked.nl) if m.id == written)
    assert original.reactions == ((key,) if key in SIGNS else ())


async def test_a_file_comes_along_with_its_words(linked: Linked) -> None:
    await linked.an.sends("photo", b"a letter", caption=SOUP, chat=linked.nl)
    shown = linked.passed_on(linked.pt)
    (file,) = [m.file for m in shown if m.file is not None]
    assert file.data == b"a letter"
    assert any(SOUP_PT in m.plain and m.plain.startswith("A.") for m in shown)


async def test_words_that_are_taken_from_a_file_are_gone_everywhere(linked: Linked) -> None:
    """The file stays."""
    written = await linked.an.sends("photo", b"a letter", caption=SOUP, chat=linked.nl)
    await linked.an.edits(written, "", linked.nl)
    shown = linked.passed_on(linked.pt)
    assert not any(SOUP_PT in m.plain for m in shown)
    assert [m.file.data for m in shown if m.file is not None] == [b"a letter"]


async def test_a_file_that_is_replaced_is_replaced_everywhere(linked: Linked) -> None:
    """It may have been a picture of somebody who did not want to be seen. What follows is about the new one."""
    written = await linked.an.sends("photo", b"somebody's face", caption=SOUP, chat=linked.nl)
    await linked.an.edits(written, SOUP, linked.nl, ("photo", b"a pan of soup"))
    shown = linked.passed_on(linked.pt)
    assert [m.file.data for m in shown if m.file is not None] == [b"a pan of soup"]
    assert sum(SOUP_PT in m.plain for m in shown) == 1
    await linked.an.edits(written, HELLO, linked.nl, ("photo", b"a pan of soup"))
    shown = linked.passed_on(linked.pt)
    assert [m.file.data for m in shown if m.file is not None] == [b"a pan of soup"]
    assert not any(SOUP_PT in m.plain for m in shown)
    linked.world.network.happens(Deleted(linked.nl, written, linked.world.clock.now()))
    await linked.world.settled()
    assert linked.passed_on(linked.pt) == []


async def test_what_cannot_be_shown_leaves_a_line(linked: Linked) -> None:
    """Nothing is dropped without a sign: of unknown kinds, and of files that are too large."""
    await linked.an.writes("", linked.nl, unsupported="game")
    assert linked.passed_on(linked.pt)[-1].plain == "A.\n" + sentence("link-unsupported", "pt")
    await linked.an.sends("video", size=10**9, chat=linked.nl)
    told = sentence("file-too-large", "pt", what=sentence("attached-video", "pt"))
    assert told in linked.passed_on(linked.pt)[-1].plain


async def test_names_are_as_the_operator_has_chosen(tmp_path: Path) -> None:
    for names, head in (("name", "An"), ("initials", "A."), ("none", "nl")):
        (tmp_path / names).mkdir()
        async with world(tmp_path / names, replace(POLICY, names=names)) as w:  # type: ignore[arg-type]
            linked = await linked_in(w, Phrasebook())
            await linked.an.writes(HELLO, linked.nl)
            assert linked.rui.reads(linked.pt)[-1].splitlines()[0] == head
            assert sentence(f"link-names-{names}", "pt") in "\n".join(linked.rui.reads(linked.pt))


def test_initials_are_the_first_letters_in_any_script() -> None:
    assert shown_name("Ann van Dijk", "initials") == "A. V. D."
    assert shown_name("  فاطمة   الزهراء ", "initials") == "ف. ا."
    assert shown_name("👩‍👩‍👧 Ro", "initials") == "👩‍👩‍👧. R."
    assert shown_name("(İnci) ßöll ǆ", "initials") == "İ. ß. Ǆ."
    assert shown_name("\u202e\u200fمحمد علي", "initials") == "م. ع."
    assert shown_name("<b> @ann 🇧🇪", "initials") == "B. A. 🇧🇪."
    assert shown_name("...", "initials") == ""
    for empty in (" ", "\u200b", "\u200d\u202e", "\u3164", "\u2800\u1160"):
        assert shown_name(empty, "name") == shown_name(empty, "initials") == ""
    assert shown_name("\u202eBob\u2066 می\u200cخواهم", "name") == "Bob می\u200cخواهم"
    assert len(shown_name("x" * 200, "name")) == 40


# --- loops -----------------------------------------------------------------------------------------------------------


async def test_another_bridge_between_the_same_groups_starts_no_loop(linked: Linked) -> None:
    """Its puppets repeat what the bot said: that is left out, and the organisation hears of it once."""
    await linked.an.writes(SOUP, linked.nl)
    (there,) = linked.passed_on(linked.pt)
    puppet = linked.world.somebody("schakel bot (bridged)")
    for _ in range(3):
        await puppet.writes(f"<bot> {there.text.plain}", linked.nl)
    assert len(linked.passed_on(linked.pt)) == 1
    told = sentence("link-echo", name="Markt")
    assert linked.house.answers().count(told) == 1


@pytest.mark.parametrize("caption", ["A.", "<bot> A."])
async def test_a_file_that_another_bridge_brings_back_goes_no_further(linked: Linked, caption: str) -> None:
    """With our line above it, also where it was packed anew on the way."""
    await linked.an.sends("photo", b"a letter", chat=linked.nl)
    puppet = linked.world.somebody("schakel bot (bridged)")
    for _ in range(3):
        await puppet.sends("photo", b"a letter, smaller", caption, linked.pt)
    await linked.rui.sends("photo", b"another one", "de A.", linked.pt)
    shown = [m.file.data for m in linked.passed_on(linked.nl) if m.file is not None]
    assert shown == [b"another one"]
    assert linked.house.answers().count(sentence("link-echo", name="Markt")) == 1


async def test_a_file_that_has_lost_our_line_goes_round_no_more_than_once(linked: Linked) -> None:
    """Another bridge that takes no captions sends it back from both sides, for ever."""
    await linked.an.sends("photo", b"a letter", chat=linked.nl)
    puppets = {chat: linked.world.somebody(f"schakel bot ({chat.id})") for chat in (linked.nl, linked.pt)}
    carried: Counter[Chat] = Counter()

    def copies(chat: Chat) -> int:
        return sum(m.file is not None for m in linked.passed_on(chat))

    for chat in (linked.pt, linked.nl) * 5:
        while carried[chat] < copies(chat):
            carried[chat] += 1
            await puppets[chat].sends("photo", b"a letter", chat=chat)
    assert (copies(linked.pt), copies(linked.nl)) == (2, 1)
    assert linked.house.answers().count(sentence("link-echo", name="Markt")) == 1


async def test_whoever_sends_a_file_that_others_have_sent_is_heard(linked: Linked) -> None:
    """People have the same stickers; and a poster is good for more than one day."""
    for _ in range(2):
        await linked.an.sends("photo", b"a sticker", chat=linked.nl)
        await linked.rui.sends("photo", b"another sticker", chat=linked.pt)
    await linked.rui.sends("photo", b"a sticker", chat=linked.pt)
    await linked.world.advance(timedelta(minutes=16))
    await linked.an.sends("photo", b"a sticker", chat=linked.nl)
    assert sum(m.file is not None for m in linked.passed_on(linked.pt)) == 3
    assert sum(m.file is not None for m in linked.passed_on(linked.nl)) == 3


async def test_a_channel_that_answers_in_a_group_is_heard(linked: Linked) -> None:
    """Its administrators speak in its name there, also where it belongs to the same conversation."""
    network = linked.world.network
    said = Message(
        linked.nl, network.kinds[linked.nl.id], changed(linked.an.person, id=linked.pt.id), "p1",
        linked.world.clock.now(), Text(HELLO),
    )  # fmt: skip
    network.happens(said)
    await linked.world.settled()
    (there,) = linked.passed_on(linked.pt)
    assert HELLO in there.plain


QUESTION, IN_PT = "Waar is de bakker?", "Onde fica a padaria?"
SAID = [
    ("A. B.", [QUESTION, IN_PT]),
    ("Amina", ["ja", "sim"]),
    ("Leïla", ["een lange zin " * 99]),
    ("_ro_", ["hallo"]),
]
"""Lately, in every language."""


def quoted(words: str, *before: str) -> Text:
    """Words that an app marks as a quotation, below others."""
    plain = "\n".join((*before, words))
    return Text(plain, (Span(len(plain) - len(words), len(plain), SpanKind.QUOTE),))


@pytest.mark.parametrize(
    "text",
    [
        Text(f"Bot:\nA. B.\n{IN_PT}\n(traduzido)"),
        Text(f"<bot> A. B.\n{QUESTION}"),
        Text(f"**A. B.**\n{QUESTION}"),
        Text(f"bot – A. B.\n{QUESTION}"),
        Text("Amina\nsim\n(traduzido)\nja"),
        quoted(QUESTION, "A. B.", IN_PT, "(traduzido)"),
        Text("_ro_\nhallo"),
        Text("Leïla\n" + "een lange zin " * 50),
    ],
)
def test_what_another_bridge_brings_back_is_known(text: Text) -> None:
    """With what it puts before it; also where it is the first of several messages that a long one had to become."""
    assert is_echo(text, SAID)


@pytest.mark.parametrize(
    "text",
    [
        Text(f"Iemand vroeg:\n{QUESTION}"),
        Text("A. B. vroeg iets anders\nechte vraag"),
        Text("Dag Amina,\nik ga ja of nee zeggen"),
        Text("Amina\nja ik kom"),
        Text("Amina\nja\nmaar later"),
        Text(f"> A. B.\n> {QUESTION}\n\nIn de Markt"),
        quoted(f"A. B.\n{QUESTION}") + Text("\nIn de Markt"),
        quoted(f"A. B.\n{QUESTION}", "In de Markt"),
        Text(f"In de Markt (re @bot: A. B.\n{QUESTION})"),
    ],
)
def test_who_quotes_somebody_or_writes_to_them_by_name_is_heard(text: Text) -> None:
    assert not is_echo(text, SAID)


# --- what time deletes -----------------------------------------------------------------------------------------------


def _count(tx: Transaction, names: bool) -> int:
    if names:
        kept = tx.connection.execute(select(message.c.content)).scalars()
        return sum(b"A. V. D." in content for content in kept)
    query = select(func.count()).select_from(linked_message).where(linked_message.c.text_id.is_not(None))
    return int(tx.connection.execute(query).scalar_one())


async def test_words_and_names_are_deleted_and_answers_still_find_their_way(linked: Linked) -> None:
    """After as many days as a request is kept; an answer or a change comes months later."""
    ann = linked.world.somebody("Ann van Dijk")
    written = await ann.writes(HELLO, linked.nl)
    (copy,) = linked.passed_on(linked.pt)
    assert await linked.world.app.unit(lambda tx: _count(tx, names=True)) == 1
    await linked.world.advance(timedelta(days=POLICY.delete_after_days + 1))
    await linked.world.advance(timedelta(hours=2))
    assert await linked.world.app.unit(lambda tx: _count(tx, names=False)) == 0
    assert await linked.world.app.unit(lambda tx: _count(tx, names=True)) == 0
    await linked.rui.writes("Ao lado da escola grande", linked.pt, reply_to=copy.id)
    assert linked.passed_on(linked.nl)[-1].reply_to == written
    await ann.edits(written, SOUP, linked.nl)
    assert SOUP_PT in linked.passed_on(linked.pt)[0].plain


# --- chats that move -------------------------------------------------------------------------------------------------


async def test_what_is_said_in_a_chat_that_has_moved_is_passed_on(linked: Linked) -> None:
    """Even where the network gives it the number of something that was said before; and what is changed elsewhere is
    said anew."""
    before = await linked.an.writes(HELLO, linked.nl)
    asked = await linked.rui.writes("Onde está o padeiro?", linked.pt)
    new = linked.world.network.chat("super", ChatKind.GROUP, "nl")
    linked.world.network.happens(MovedChat(linked.nl, new, linked.world.clock.now()))
    await linked.world.settled()
    again = Message(
        new, ChatKind.GROUP, linked.an.person, before, linked.world.clock.now(), Text("Wij zijn nu hier"), title="nl"
    )
    linked.world.network.happens(again)
    await linked.world.settled()
    assert any("Wij zijn nu hier" in shown.plain for shown in linked.passed_on(linked.pt))
    await linked.rui.edits(asked, "Onde está o padeiro hoje?", linked.pt)
    assert [shown.plain for shown in linked.passed_on(new) if "hoje" in shown.plain]


# --- reactions taken back, pins --------------------------------------------------------------------------------------


async def test_the_last_reaction_that_is_taken_back_takes_ours_along(linked: Linked) -> None:
    """As long as anybody's is left, in whatever chat, ours stays."""
    network, at = linked.world.network, linked.world.clock.now()
    eva = linked.world.somebody("Eva")
    written = await linked.an.writes(HELLO, linked.nl)
    (copy,) = linked.passed_on(linked.pt)
    await linked.rui.reacts("👍", copy.id, linked.pt)
    await eva.reacts("👍", copy.id, linked.pt)
    for who, left in ((linked.rui, ("👍",)), (eva, ())):
        network.happens(Unreacted(linked.pt, ChatKind.GROUP, who.person, copy.id, "👍", at))
        await linked.world.settled()
        assert next(m for m in network.messages(linked.nl) if m.id == written).reactions == left
    await linked.rui.reacts("👍", copy.id, linked.pt)
    assert next(m for m in network.messages(linked.nl) if m.id == written).reactions == ("👍",)


async def test_what_is_pinned_in_one_chat_is_pinned_in_the_others(linked: Linked) -> None:
    network, at = linked.world.network, linked.world.clock.now()
    written = await linked.an.writes(HELLO, linked.nl)
    (copy,) = linked.passed_on(linked.pt)
    network.happens(Pinned(linked.pt, copy.id, at))
    await linked.world.settled()
    assert network.pinned == {(linked.nl.id, written)}
    network.happens(Pinned(linked.pt, copy.id, at, pinned=False))
    await linked.world.settled()
    assert network.pinned == set()
