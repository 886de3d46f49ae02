"""Conversations as people have them: crashes, closed hours, one phone for two, slips, second thoughts, a last wish."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio

from bot.catalogue import own_name
from bot.content import LanguageName, OpenHours, Weekday, say
from bot.domain.ready import READY
from tests.endtoend.house import NEED, PATIENCE, House, Member, OnTelegram, said, sees
from tests.endtoend.house import house as open_house
from tests.servers.botapi.faults import TooMany
from tests.servers.matrixuser import MatrixUser, Seen
from tests.servers.synapse import Synapse

pytestmark = [pytest.mark.synapse, pytest.mark.timeout(600), pytest.mark.asyncio(loop_scope="module")]

FIRST = "1\ufe0f\u20e3"  # a reaction that chooses the first of what is offered
NOTHING: list[str] = []


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory, synapse: Synapse) -> AsyncIterator[House]:
    async with open_house(tmp_path_factory.mktemp("house"), synapse) as made:
        yield made


# --- who read what ---------------------------------------------------------------------------------------------------


def everywhere(house: House) -> dict[str, list[str]]:
    """All that the bot has said outside the coordination room, as it stands now: by member, else by chat."""
    world = house.telegram.world
    read = {
        str(chat.id): [m.text for m in chat.messages.values() if m.sender.is_bot and not m.deleted]
        for chat in (*world.private_chats.values(), *world.groups.values())
    }
    for user in (house.publisher, house.maria.user, house.omar.user):
        read |= {room: [m.body for m in user.seen(room) if m.sender == house.id] for room in user.events}
    counted = said("progress-head", code="CODE").partition("CODE")[2]  # how far a notice is, from minute to minute
    read[house.office] = [text for text in read[house.office] if counted not in text]
    names = {str(house.ana.person.id): "ana", house.maria.room: "maria", house.omar.room: "omar"}
    return {names.get(chat, chat): texts for chat, texts in read.items()}


async def read_since(house: House, before: dict[str, list[str]]) -> dict[str, list[str]]:
    """What has come since to any chat, or has changed there, but for words that only say that words have arrived."""
    await house.goes_on()
    now = everywhere(house)
    acknowledged = {said("request-continues", m.language, code=m.code) for m in (house.ana, house.maria, house.omar)}
    news = {
        chat: [text for text in texts if text not in before.get(chat, []) and text not in acknowledged]
        for chat, texts in now.items()
    }
    return {chat: texts for chat, texts in news.items() if texts}


def answer(member: Member, words: str, code: str = "") -> str:
    """A helper's words in French as the member reads them, without an engine."""
    untranslated = said("note-untranslated", member.language, language=LanguageName("fr"))
    return f"{head(member, code)}\n{words}\n{untranslated}"


def name(user: MatrixUser) -> str:
    """What their app shows, until they choose something else."""
    return user.id[1:].partition(":")[0]


def head(member: Member, code: str = "") -> str:
    return said("answer-head", member.language, code=code or member.code)


# --- a voice, no engine, a crash -------------------------------------------------------------------------------------


async def test_who_speaks_first_is_understood_without_an_engine_and_across_a_crash(house: House) -> None:
    """A voice message, a language by its own name, Send while the bot is dead; a ready answer in that language."""
    nadia = OnTelegram(house.telegram, "Nadia", "de")  # a language that nobody has taught this bot
    nadia.person.sends("voice", body=b"OggS we have nowhere to sleep", seconds=7)
    await nadia.until_read(said("first-held-message"))
    await nadia.chooses(own_name("ar"))
    nadia.language = "ar"
    await nadia.until_read(said("first-held-message", "ar"))

    await house.bot.kill()
    sending = asyncio.create_task(house.sends(nadia))
    await asyncio.gather(house.bot.start(), sending)
    card = house.card(nadia.code)
    assert card is not None
    assert said("attached-long", what=say("attached-voice"), length="0:07") in card.body
    assert said("card-language", language=LanguageName("ar")) in card.body
    assert await house.helper.fetch(await voice(house, nadia, 1)) == b"OggS we have nowhere to sleep"

    await house.commands("!claim", thread=nadia.code)
    number = next(number for number, one in enumerate(READY, 1) if one.name == "come")
    await house.commands(f"!ready {number} Rue Haute 12 | 14:00", thread=nadia.code)
    come, venez = (said("ready-come", language, place="Rue Haute 12", time="14:00") for language in ("ar", "fr"))
    await nadia.until_read(come)
    echo = await house.shows(nadia.code, venez)
    assert come in echo.body
    assert said("label-machine", "ar") not in "\n".join(nadia.read())

    nadia.person.sends("voice", body=b"OggS we are coming", seconds=2)
    assert await house.helper.fetch(await voice(house, nadia, 2)) == b"OggS we are coming"
    await house.commands(f"!close {said('outcome-helped')}", thread=nadia.code)
    await nadia.until_read(said("request-closed", "ar", code=nadia.code))
    assert nadia.read().count(f"{head(nadia)}\n{come}\n{venez}") == 1


async def voice(house: House, member: Member, number: int) -> Seen:
    """Wait for the member's voice messages in the thread; the one with this number."""

    def there() -> Seen | None:
        voices = [m for m in house.below(member.code) if m.type == "m.audio"]
        return voices[number - 1] if len(voices) >= number else None

    found: Seen = await house.helper.wait(there, PATIENCE)
    return found


# --- nobody home -----------------------------------------------------------------------------------------------------


async def test_when_nobody_is_there_members_hear_when_somebody_is_and_no_promise(house: House) -> None:
    """Before they send, when they have, and once when they go on; then a helper comes, and only then it is said."""
    opens = closing_time()
    asked = await house.commands(f"!hours {hours_from(opens)}")
    await house.told(said("hours-own", hours=OpenHours(hours_from(opens))), asked)

    lena = OnTelegram(house.telegram, "Lena", "nl")
    await lena.writes(NEED["nl"])
    await lena.until_read(said("first-hours", "nl", hours=OpenHours(hours_from(opens))))
    await lena.until_read(nobody_until(opens, "nl"))
    await house.sends(lena)
    (received,) = (text for text in lena.read() if said("request-received", "nl", code=lena.code) in text)
    assert received.split("\n")[1:] == [nobody_until(opens, "nl"), said("first-danger", "nl", number="112")]

    more = [await house.omar.writes(words) for words in (NEED["ar"], NEED["ar"] + "!")]
    for message in more:
        await house.omar.until_read(said("request-continues", "ar", code=house.omar.code), message)
    told = [house.omar.read(message) for message in more]
    assert [nobody_until(opens, "ar") in "\n".join(texts) for texts in told] == [True, False]
    promises = [said(key, "nl") for key in ("helpers-are-there", "helpers-see-it")]
    assert not any(promise in text for promise in promises for text in lena.read())
    for member in (lena, house.omar):
        assert said("request-claimed", member.language, code=member.code) not in "\n".join(member.read())

    always = "Mon-Sun 00:00-24:00"
    asked = await house.commands(f"!hours {always}")
    await house.told(said("hours-own", hours=OpenHours(always)), asked)
    eva = await house.on_telegram("nl", "Eva")
    assert said("helpers-are-there", "nl") in "\n".join(eva.read())
    for member in (lena, house.omar):
        await house.commands("!claim", thread=member.code)
        await member.until_read(said("request-claimed", member.language, code=member.code))
    assert said("request-claimed", "nl", code=eva.code) not in "\n".join(eva.read())


def closing_time() -> datetime:
    """A full hour that comes in less than a day: whoever opens then for half an hour is closed now."""
    now = datetime.now(ZoneInfo("Europe/Brussels"))
    return (now + timedelta(hours=23)).replace(minute=0, second=0, microsecond=0)


def hours_from(opens: datetime) -> str:
    return f"Mon-Sun {opens:%H}:00-{opens:%H}:30"


def nobody_until(opens: datetime, language: str) -> str:
    days = (opens.date() - datetime.now(opens.tzinfo).date()).days
    when = say(("opens-today", "opens-tomorrow")[days], day=Weekday(opens.weekday()), time=opens.time())
    return said("nobody-now", language, when=when)


# --- one phone -------------------------------------------------------------------------------------------------------


async def test_two_people_with_one_phone_are_never_mixed_up(house: House) -> None:
    """One of them is beaten, by whom nobody has to read over a shoulder; and what she erases leaves him as he was."""
    phone = await house.on_telegram("pt", "Carla")
    his = phone.code
    plea = "O meu marido bate-me quase todas as noites e tenho medo por mim e pelos meus filhos."
    await phone.writes(f"/ask {plea}")
    await phone.until(
        lambda: said("first-held", "pt") in phone.read()[-1] or said("held-too", "pt") in phone.read()[-1]
    )
    await house.sends(phone)
    hers = phone.code
    assert hers != his
    await phone.until(lambda: said("intake-what", "pt") in phone.read()[-1])
    await phone.chooses(said("need-violence", "pt"))
    await phone.until_read(said("safe-phone", "pt"))
    await house.shows(hers, plea)
    await house.helper.wait(lambda: said("card-words-below") in getattr(house.card(hers), "body", ""), PATIENCE)
    outside = [m for m in house.helper.seen(house.room) if m.sender == house.id and not m.thread]
    assert not any("marido" in m.body or "marido" in (m.html or "") for m in outside)

    await house.commands("!r Un lit est libre ce soir", thread=his)
    await house.commands("!r Une femme vous parlera demain", thread=hers)
    to_him = await phone.person.private.sees("Un lit est libre", PATIENCE)
    to_her = await phone.person.private.sees("Une femme vous parlera", PATIENCE)
    assert to_him.text == answer(phone, "Un lit est libre ce soir", his)
    assert to_her.text == answer(phone, "Une femme vous parlera demain", hers)
    phone.person.writes("Obrigado, vamos os quatro", reply_to=to_him)
    phone.person.writes("Só posso de manhã", reply_to=to_her)
    await house.shows(his, "vamos os quatro")
    await house.shows(hers, "Só posso de manhã")
    await phone.writes("A que horas?")  # about which?
    await phone.until(lambda: any({his, hers} <= set(m.labels) for m in phone.messages()))
    await phone.chooses(his)
    await house.shows(his, "A que horas?")
    assert not any("A que horas?" in m.body or "os quatro" in m.body for m in house.below(hers))
    assert not any("de manhã" in m.body or "marido" in m.body for m in house.below(his))

    await phone.writes("/my")
    await phone.until_read(said("my-open", "pt", code=his))
    (mine,) = (text for text in phone.read() if said("my-open", "pt", code=his) in text)
    assert set(mine.split("\n")) == {said("my-open", "pt", code=code) for code in (his, hers)}

    await phone.writes(f"/erase {hers}")
    await phone.until_read(said("erase-sure", "pt", codes=(hers,)))
    await phone.chooses(said("button-erase", "pt", code=hers))
    await phone.until_read(said("erased", "pt", codes=(hers,)))
    assert not any("Une femme" in text for text in phone.read())
    await house.helper.wait(lambda: not shown(house, "marido"), PATIENCE)
    assert shown(house, "Une femme") == shown(house, "de manhã") == NOTHING
    card = house.card(his)
    assert card is not None
    assert NEED["pt"] in card.body
    await house.commands("!r À dix-neuf heures", thread=his)
    await phone.until_read("À dix-neuf heures")
    assert any("Un lit est libre" in text for text in phone.read())


def shown(house: House, words: str) -> list[str]:
    """What the bot shows of certain words in the coordination room."""
    return [m.body for m in house.helper.seen(house.room) if m.sender == house.id and words in m.body]


# --- a notice with a fault -------------------------------------------------------------------------------------------


async def test_a_wrong_number_is_found_a_missing_language_is_named_and_groups_read_only_what_is_right(
    house: House,
) -> None:
    """One language is translated with a slip and mended; the other waits for its reader, then follows by itself."""
    office, publisher = house.office, house.publisher
    vecinos = await group_on_matrix(house, "es")
    await publisher.say(office, "!languages pt es")
    await publisher.say(office, "!notice food lang:fr Soupe chaude sur la place à 12:30. Apportez 2 bols.")
    previews = {language: await preview(house, language) for language in ("pt", "es")}

    slip = await publisher.say(office, "Sopa quente na praça às 13:30. Tragam 2 tigelas.", reply_to=previews["pt"])
    question = await sees(publisher, office, house.id, said("translation-kept"), slip)
    assert said("button-i-read") in question.body
    await publisher.react(office, question.id, FIRST)
    found = await sees(publisher, office, house.id, said("translation-doubts"))
    assert said("finding-time-changed") in found.body
    right = await publisher.say(office, "Sopa quente na praça às 12:30. Tragam 2 tigelas.", reply_to=previews["pt"])
    mended = await sees(publisher, office, house.id, said("what-changed"), right)
    assert said("translation-doubts") not in mended.body

    asked = await publisher.say(office, "!publish N1")
    progress = await sees(publisher, office, house.id, said("progress-head", code="N1"), asked)
    assert said("progress-held", language=LanguageName("es"), reason=say("held-missing")) in progress.body
    assert said("progress-held", language=LanguageName("pt"), reason=say("held-missing")) not in progress.body
    copy = await house.group.sees("Sopa quente", PATIENCE)
    assert "12:30" in copy.text
    assert said("label-human", "pt", organisation="Ons Huis") in copy.text

    spanish = await publisher.say(
        office, "Sopa caliente en la plaza a las 12:30. Traigan 2 tazones.", reply_to=previews["es"]
    )
    question = await sees(publisher, office, house.id, said("translation-kept"), spanish)
    assert not copies(house, vecinos)
    await publisher.react(office, question.id, FIRST)
    await sees(publisher, vecinos, house.id, "Sopa caliente en la plaza a las 12:30.")

    await publisher.say(office, "!correct N1 Soupe chaude sur la place à 12:45. Apportez 2 bols.")
    await house.group.sees(said("copy-being-corrected", "pt"), PATIENCE)
    previews = {language: await preview(house, language, 2) for language in ("pt", "es")}
    await publisher.say(office, "Sopa quente na praça às 12:45. Tragam 2 tigelas.", reply_to=previews["pt"])
    await publisher.say(office, "Sopa caliente en la plaza a las 12:45. Traigan 2 tazones.", reply_to=previews["es"])
    await house.group.sees("Sopa quente na praça às 12:45.", PATIENCE)
    await sees(publisher, vecinos, house.id, "Sopa caliente en la plaza a las 12:45.")
    await house.group.sees(said("copy-corrected", "pt", code="N1"), PATIENCE)
    await sees(publisher, vecinos, house.id, said("copy-corrected", "es", code="N1"))
    everything = [*house.group.texts(), *(m.body for m in publisher.seen(vecinos))]
    assert not any("13:30" in text or "12:30" in text for text in everything)
    assert not any("Sopa caliente" in text for text in house.group.texts())
    assert not any("Sopa quente" in text for text in copies(house, vecinos))


async def group_on_matrix(house: House, language: str) -> str:
    """Make a room the group of a language, with the code that `groups` gives."""
    asked = await house.publisher.say(house.office, "!groups")
    codes = await sees(house.publisher, house.office, house.id, own_name(language), asked)
    code = re.search(rf"{own_name(language)}.*!pair (\w+)", codes.body)
    assert code is not None
    room = await house.publisher.create_room(house.id, name="Vecinos")
    await house.publisher.wait(lambda: house.joined(house.publisher, room), PATIENCE)
    await house.publisher.say(room, f"!pair {code[1]}")
    paired = said("paired-group", language, organisation="Ons Huis", language=LanguageName(language))
    await sees(house.publisher, room, house.id, paired)
    return room


async def preview(house: House, language: str, number: int = 1) -> str:
    """The newest of so many previews of N1 in a language."""
    head = said("preview-head", code="N1", language=LanguageName(language))

    def there() -> str | None:
        found = [m.id for m in house.publisher.seen(house.office) if m.sender == house.id and m.body.startswith(head)]
        return found[number - 1] if len(found) >= number else None

    event: str = await house.publisher.wait(there, PATIENCE)
    return event


def copies(house: House, room: str) -> list[str]:
    return [m.body for m in house.publisher.seen(room) if m.sender == house.id and "N1" in m.body]


# --- every way an answer could reach the wrong person ----------------------------------------------------------------


async def test_what_names_nobody_or_two_people_reaches_nobody(house: House) -> None:
    """Outside a thread, with another's code below a card, in a closed request, without /r."""
    ana, maria, omar = house.ana, house.maria, house.omar
    await house.commands(f"!close {said('outcome-helped')}", thread=omar.code)
    await omar.until_read(said("request-closed", "ar", code=omar.code))
    before = everywhere(house)
    for words, thread, why in (
        ("!r Venez à dix heures", None, said("reply-needs-request")),
        (f"!r {maria.code} Venez à dix heures", ana.code, said("reply-two-requests", code=maria.code, thread=ana.code)),
        (f"!ready {maria.code} 1", ana.code, said("reply-two-requests", code=maria.code, thread=ana.code)),
        ("!r Venez à dix heures", omar.code, said("reply-is-closed", code=omar.code)),
        ("!ready 1", omar.code, said("reply-is-closed", code=omar.code)),
        ("!r K999 Venez à dix heures", None, said("no-such-request", code="K999")),
    ):
        await house.told(why, await house.commands(words, thread=thread))
    await house.commands("Elle viendra à dix heures", thread=ana.code)
    await house.commands("Il viendra à dix heures")
    await house.commands("!reopen", thread=omar.code)
    open_again = said("request-open-again", "ar", code=omar.code)
    await omar.until_read(open_again)
    assert await read_since(house, before) == {"omar": [open_again]}


async def test_a_note_that_two_helpers_send_arrives_once(house: House) -> None:
    """The second of them hears that it has been sent."""
    async with MatrixUser(house.synapse, "colleague") as colleague:
        await house.helper.invite(house.room, colleague.id)
        await colleague.wait(lambda: house.room in colleague.invited_to(), PATIENCE)
        await colleague.join(house.room)
        await house.told(said("newcomer", name=name(colleague)))
        await house.commands("!claim", thread=house.ana.code)
        await house.ana.until_read(said("request-claimed", "pt", code=house.ana.code))
        await house.goes_on(house.ana)
        before = everywhere(house)
        note = await house.commands("Pouvez-vous venir à onze heures ?", thread=house.ana.code)
        only = await house.told(said("note-only", code=house.ana.code), note)
        await house.helper.react(house.room, only.id, FIRST)
        await colleague.react(house.room, only.id, FIRST)
        await house.told(said("choice-made", choice=say("button-send-note")))
        words = answer(house.ana, "Pouvez-vous venir à onze heures ?")
        assert await read_since(house, before) == {"ana": [words]}
        assert house.ana.read().count(words) == 1
        await colleague.leave(house.room)


async def test_an_answer_that_is_changed_or_taken_back_stays_with_its_reader(house: House) -> None:
    """An edit is offered first and goes where the old words went; what is undone in time never arrives."""
    ana, maria, omar = house.ana, house.maria, house.omar
    before = everywhere(house)
    sent = await house.commands("!r Le magasin ferme à midi", thread=omar.code)
    await omar.until_read("ferme à midi")
    await house.helper.edit(house.room, sent, f"!r {maria.code} Le magasin ferme à treize heures")
    await house.told(said("reply-two-requests", code=maria.code, thread=omar.code), sent)
    await house.helper.edit(house.room, sent, "!r Le magasin ferme à quatorze heures")
    offer = await house.told(said("reply-changed", code=omar.code), sent)
    assert (await read_since(house, before)) == {"omar": [answer(omar, "Le magasin ferme à midi")]}
    await house.helper.react(house.room, offer.id, FIRST)
    await omar.until_read("ferme à quatorze heures")
    await omar.until(lambda: not any("ferme à midi" in text for text in omar.read()))
    taken_back = f"{head(omar)}\n{said('answer-taken-back', 'ar')}"
    after = [taken_back, answer(omar, "Le magasin ferme à quatorze heures")]
    assert await read_since(house, before) == {"omar": after}

    await house.commands("!undo", thread=omar.code)  # it has been read
    told = said("answer-taken-back-told", "ar", code=omar.code)
    await omar.until_read(told)
    assert await read_since(house, before) == {"omar": [taken_back, taken_back, told]}

    late = house.telegram.faults.add(TooMany(2), "sendMessage", ana.person.id, times=None)
    await house.commands("!r Le bus part à minuit", thread=ana.code)  # it cannot be read yet
    await late.met(PATIENCE)
    await house.commands("!undo", thread=ana.code)
    taken = said("echo-taken-back", at="TIME").partition("TIME")[0]
    await house.helper.wait(
        lambda: any("Le bus part" in m.body and taken in m.body for m in house.below(ana.code)), PATIENCE
    )
    house.telegram.faults.clear()
    assert await read_since(house, before) == {"omar": [taken_back, taken_back, told]}


async def test_whoever_is_let_into_a_private_chat_reads_no_answer(house: House) -> None:
    """The helpers see that they cannot answer there; when the member is alone again, they can."""
    sofia = await house.on_matrix("es", "sofia", encrypted=False)
    unreachable = said("member-unreachable", network="Matrix")
    async with MatrixUser(house.synapse, "neighbour") as neighbour:
        await sofia.user.invite(sofia.room, neighbour.id)
        await neighbour.wait(lambda: sofia.room in neighbour.invited_to(), PATIENCE)
        await neighbour.join(sofia.room)
        await house.shows(sofia.code, unreachable)
        for words in ("!r Un lit est libre rue Neuve", "!ready 1"):
            await house.told(unreachable, await house.commands(words, thread=sofia.code))
        await house.commands("!claim", thread=sofia.code)
        await house.shows(sofia.code, said("thread-claimed", code=sofia.code, name=name(house.helper)))
        await neighbour.leave(sofia.room)
        await sofia.user.wait(lambda: neighbour.id not in sofia.user.members(sofia.room), PATIENCE)
        await house.goes_on(sofia)
        await house.commands("!r Un lit est libre rue Haute", thread=sofia.code)
        await sofia.until_read("Un lit est libre rue Haute")
        for user in (sofia.user, neighbour):
            read = "\n".join(m.body for m in user.seen(sofia.room) if m.sender == house.id)
            assert "rue Neuve" not in read
            assert said("ready-read", "es") not in read
            assert said("request-claimed", "es", code=sofia.code) not in read
        assert not any("rue Haute" in m.body for m in neighbour.seen(sofia.room))


# --- erased ----------------------------------------------------------------------------------------------------------


async def test_what_is_erased_stands_in_no_byte_of_any_file_while_others_words_do(house: House) -> None:
    """The database, its write-ahead log, the program's log, all of its folder, while it runs and others write on."""
    leila = await house.on_matrix("ar", "leila", encrypted=True)
    bruno = await house.on_telegram("pt", "Bruno")
    hers = ["Zebrafinco", "Kwartelstraat", "Merelhof"]
    his = ["Papafigo", "Lijsterweg"]
    await leila.writes("أنا من Zebrafinco مع أطفالي")
    await bruno.writes("Vivemos na rua Papafigo com os filhos.")
    await house.shows(leila.code, "Zebrafinco")
    await house.shows(bruno.code, "Papafigo")
    await house.commands("!r Venez Kwartelstraat", thread=leila.code)
    await house.commands("Elle connaît Merelhof", thread=leila.code)
    await house.commands("!r Venez Lijsterweg", thread=bruno.code)
    await leila.until_read("Kwartelstraat")
    await bruno.until_read("Lijsterweg")
    await house.goes_on(leila, bruno)
    assert in_the_files(house, *hers, *his) == [*hers, *his]

    await leila.writes("!erase")
    await leila.until_read(said("erase-sure", "ar", codes=(leila.code,)))
    await leila.chooses(said("button-erase", "ar", code=leila.code))
    await leila.until_read(said("erased-all", "ar"))
    async with asyncio.timeout(PATIENCE):
        while in_the_files(house, *hers):
            await house.goes_on(bruno)  # life goes on, and the traces are wiped within a minute or so
    assert in_the_files(house, *his) == his
    assert not any("Kwartelstraat" in text for text in leila.read())
    assert not any(shown(house, words) for words in hers)
    assert shown(house, "Papafigo")
    log = house.bot.log.read_text(encoding="utf-8")
    assert not any(words in log for words in (*hers, *his))


def in_the_files(house: House, *words: str) -> list[str]:
    """Those that stand somewhere in a file of the program's, as text or as text escaped."""
    files = [path.read_bytes() for path in (house.bot.folder / "data").rglob("*") if path.is_file()]
    return [word for word in words if any(word.encode() in file for file in (*files, house.bot.log.read_bytes()))]
