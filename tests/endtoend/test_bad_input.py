"""Whatever people and networks send: a kind answer or a visible placeholder, and the next message is handled."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from html.parser import HTMLParser
from itertools import cycle
from typing import Any

import pytest
import pytest_asyncio

from bot.content import LanguageName
from bot.domain.drafts import MOST_CHARACTERS
from tests.endtoend.house import NEED, PATIENCE, House, OnMatrix, said, sees
from tests.endtoend.house import house as open_house
from tests.servers.botapi import wire
from tests.servers.botapi.people import Person
from tests.servers.botapi.state import Message, Press
from tests.servers.matrixuser import Seen
from tests.servers.synapse import Synapse

Json = dict[str, Any]

pytestmark = [pytest.mark.synapse, pytest.mark.timeout(600), pytest.mark.asyncio(loop_scope="module")]

MARKUP = (
    '<b>gras</b> <script>alert(1)</script> <a href="javascript:x">clic</a> **gras** _penché_ `code` ~barré~ '
    "[clic](https://example.org/piège) ||caché|| &amp; &lt; \\* {nom} %s </p>"
)
HALVES = "Moitiés \ud83d de \udc4d lettres"
WHOLE = "Moitiés \ufffd de \ufffd lettres"
TURNED = "Tourné \u202eà l'envers\u202c et \u2067isolé\u2069, puis \u202ejamais refermé"
PLAIN = {"strong", "em", "br"}  # what the bot itself puts around words
WORDS = 7500  # of eight characters: 60,000 in all, and a Telegram message ends between two of them


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory, synapse: Synapse) -> AsyncIterator[House]:
    async with open_house(tmp_path_factory.mktemp("house"), synapse) as made:
        yield made


def numbered(count: int) -> str:
    return "".join(f"m{number:05}. " for number in range(count)).rstrip()


def numbers(messages: list[Seen]) -> list[int]:
    return [int(found) for message in messages for found in re.findall(r"m(\d{5})\.", message.body)]


def raw(house: House, person: Person, content: Json) -> Message:
    """A private message as no app would send it."""
    message = house.telegram.world.add_message(person.private.chat, person.user, content)
    house.telegram.receives({"message": wire.message_json(message)})
    return message


async def answered(press: Press, house: House) -> str:
    """What the presser is shown."""
    await house.telegram.waits_for(lambda: press.answer is not None, PATIENCE)
    return press.answer or ""


class Tags(HTMLParser):
    """The tags of a piece of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)


# --- no words --------------------------------------------------------------------------------------------------------


async def test_whoever_begins_without_words_is_asked_for_them_in_their_language(house: House) -> None:
    """Stories and emoji from people whom the bot has never met; their next words are heard."""
    silent = ("story", "🙂🙂", "…!?")
    await asyncio.gather(*(_begins(house, kind, language) for kind, language in zip(silent, cycle(NEED))))


async def _begins(house: House, kind: str, language: str) -> None:
    person = house.stranger(language)
    message = person.sends(kind) if kind.isascii() and kind.isalpha() else person.writes(kind)
    answer = await person.private.sees(said("words-please", language), PATIENCE)
    assert answer.reply_to is message
    person.writes(NEED[language])
    screen = await person.private.sees(said("first-held", language), PATIENCE)
    assert said("first-speak", language) in screen.text


async def test_whoever_begins_with_a_voice_or_a_picture_is_heard(house: House) -> None:
    """That is words enough."""
    people = [house.stranger(language) for language in ("pt", "ar", "fr")]
    for person, kind in zip(people, ("voice", "photo", "document"), strict=True):
        person.sends(kind)
    for person, language in zip(people, ("pt", "ar", "fr"), strict=True):
        screen = await person.private.sees(said("first-held-message", language), PATIENCE)
        assert said("first-speak", language) in screen.text


async def test_whoever_begins_with_a_place_or_a_contact_is_heard(house: House) -> None:
    """That is words enough, too, in whatever language."""
    people = [house.stranger(language) for language in ("pt", "ar")]
    for person, kind in zip(people, ("location", "contact"), strict=True):
        person.sends(kind)
    for person, language in zip(people, ("pt", "ar"), strict=True):
        screen = await person.private.sees(said("first-held", language), PATIENCE)
        assert said("first-speak", language) in screen.text


async def test_a_place_and_a_poll_from_matrix_reach_the_helpers(house: House) -> None:
    """Written out, from plain and encrypted chats."""
    poll = {"question": {"org.matrix.msc1767.text": "¿Cuándo?"}, "answers": [{"org.matrix.msc1767.text": "hoy"}]}
    for member in (house.maria, house.omar):
        await member.puts("m.room.message", {"msgtype": "m.location", "body": "aquí", "geo_uri": "geo:50.8,4.3"})
        await member.puts("org.matrix.msc3381.poll.start", {"org.matrix.msc3381.poll.start": poll})
        for words in ("📍 aquí\n50.80000, 4.30000\nhttps://www.openstreetmap.org/", "📊 ¿Cuándo?\n1. hoy"):
            await house.shows(member.code, words)


async def test_members_on_matrix_are_asked_for_words_in_plain_and_encrypted_chats(house: House) -> None:
    """A call, what cannot be seen, a place that is none, nothing at all: each is answered, and no helper gets it."""
    for member in (house.maria, house.omar):
        before = len(house.below(member.code))
        silent: tuple[tuple[str, Json], ...] = (
            ("m.room.message", {"msgtype": "m.location", "body": "aquí", "geo_uri": "geo:500,4.3"}),
            ("m.call.invite", {"call_id": "1", "version": 0, "lifetime": 1, "offer": {}}),
            ("m.room.message", {"msgtype": "m.text", "body": "\u200b"}),
            ("m.room.message", {"msgtype": "m.text", "body": ""}),
            ("m.room.message", {"msgtype": "m.text", "body": " \n "}),
        )
        for kind, content in silent:
            message = await member.puts(kind, content)
            await member.until_read(said("words-please", member.language), message)
        assert len(house.below(member.code)) == before
    await house.goes_on(house.maria, house.omar)


async def test_an_empty_message_on_telegram_is_asked_for_words(house: House) -> None:
    """No app can send one; whatever did, it is answered."""
    message = raw(house, house.ana.person, {"text": ""})
    await house.ana.until_read(said("words-please", "pt"), str(message.id))
    await house.goes_on(house.ana)


# --- commands and codes ----------------------------------------------------------------------------------------------


async def test_an_unknown_command_is_answered_with_what_there_is(house: House) -> None:
    """In private, in the rooms and in a group, each in its language."""
    for member in (house.ana, house.maria, house.omar):
        message = await member.writes("/abrakadabra simsalabim")
        await member.until_read(said("unknown-command", member.language), message)
    message = await house.commands("!abrakadabra simsalabim")
    await house.told(said("unknown-command"), message)
    message = await house.publisher.say(house.office, "!abrakadabra simsalabim")
    await sees(house.publisher, house.office, house.id, "abrakadabra", message)
    house.group.owner.writes(f"/abrakadabra@{house.telegram.bot.username}", house.group)
    await house.group.sees(said("group-pointer", "pt"), PATIENCE)
    await house.goes_on()


async def test_a_code_that_does_not_work_changes_nothing(house: House) -> None:
    """Unknown, missing, used before, or written in private; then a good one works."""
    rosa, other = house.stranger("es", "Rosa"), house.telegram.group("Otros", [house.stranger("es")])
    group = house.telegram.group("Vecinos", [rosa])
    for place in (group, other):
        place.adds_bot()
    rosa.writes("/pair AAAABBBBCCCC", group)
    await group.sees(said("pair-wrong", "es"), PATIENCE)
    rosa.writes("/pair", group)
    await group.sees(said("pair-how", "es", command="/pair …"), PATIENCE)
    code = (await house.asks("pair", role="group", organisation="Ons Huis", language="es"))["code"]
    message = await house.omar.writes(f"!pair {code}")
    await house.omar.until_read(said("pair-in-private", "ar", command="!pair …"), message)
    rosa.writes(f"/pair {code}", group)
    paired = said("paired-group", "es", organisation="Ons Huis", language=LanguageName("es"))
    await group.sees(paired, PATIENCE)
    other.owner.writes(f"/pair {code}", other)
    await other.sees(said("pair-wrong", "es"), PATIENCE)
    room = await house.publisher.create_room(house.id, name="Encore une")
    await house.publisher.wait(lambda: house.joined(house.publisher, room), PATIENCE)
    message = await house.publisher.say(room, "!pair <CODE>")
    await sees(house.publisher, room, house.id, said("pair-wrong"), message)
    assert (await house.asks("status"))["organisations"][0]["groups"]["es"] == 1


async def test_a_notice_in_the_wrong_room_goes_nowhere(house: House) -> None:
    """Members, helpers and groups are told where notices are written."""
    for member in (house.ana, house.maria, house.omar):
        message = await member.writes("!notice food Sopa quente na praça às 12:00")
        await member.until_read(said("notice-wrong-room", member.language), message)
    message = await house.commands("!notice food Sopa quente na praça às 12:00")
    await house.told(said("notice-wrong-room"), message)
    house.group.owner.writes("/notice food Sopa quente na praça às 12:00", house.group)
    await house.group.sees(said("notice-wrong-room", "pt"), PATIENCE)
    await house.goes_on()
    assert not any("praça" in message.text for message in house.group.from_bot())


# --- length ----------------------------------------------------------------------------------------------------------


async def test_sixty_thousand_characters_arrive_whole_and_in_order(house: House) -> None:
    """Many messages on Telegram, one on Matrix (where encryption leaves room for 40,000)."""
    await asyncio.gather(
        _first_words_are_long(house),
        _continues_long(house, house.maria, WORDS),
        _continues_long(house, house.omar, 5000),
    )


async def _first_words_are_long(house: House) -> None:
    eva = house.stranger("fr", "Eva")
    eva.writes(NEED["fr"])
    await eva.private.sees(said("first-held", "fr"), PATIENCE)
    eva.writes(numbered(WORDS))
    eva.presses(said("button-send", "fr"))
    card: Seen = await house.helper.wait(
        lambda: next((m for m in house.helper.seen(house.room) if said("card-cut") in m.body), None), PATIENCE
    )
    code = re.findall(r"K\d+", card.body)[0]
    await house.helper.wait(lambda: len(numbers(house.below(code))) == WORDS, PATIENCE)
    assert numbers(house.below(code)) == list(range(WORDS))
    eva.writes("Et encore un mot.")
    await house.shows(code, "Et encore un mot.")


async def _continues_long(house: House, member: OnMatrix, count: int) -> None:
    await member.writes(numbered(count))
    await house.helper.wait(lambda: len(numbers(house.below(member.code))) == count, PATIENCE)
    assert numbers(house.below(member.code)) == list(range(count))
    await house.goes_on(member)


async def test_a_long_answer_arrives_whole_and_a_long_notice_is_not_taken(house: House) -> None:
    """What a helper writes becomes several messages on Telegram; what a publisher writes has to be read."""
    await house.commands(f"!r {numbered(1200)}", thread=house.ana.code)
    person = house.ana.person.private
    pattern = r"m(\d{5})\."
    await person.waits_for(lambda _: len(re.findall(pattern, "\n".join(house.ana.read()))) == 1200, PATIENCE)
    assert [int(number) for number in re.findall(pattern, "\n".join(house.ana.read()))] == list(range(1200))
    message = await house.publisher.say(house.office, f"!notice food lang:fr {numbered(5000)}")
    refused = said("notice-too-long", most=MOST_CHARACTERS, length=len(numbered(5000)))
    await sees(house.publisher, house.office, house.id, refused, message)


# --- strange characters ----------------------------------------------------------------------------------------------


async def test_half_characters_show_as_placeholders(house: House) -> None:
    """A lone half of a surrogate pair in words, names and entities, on both networks."""
    house.ana.person.user.last_name = "Du\ud800pont"
    half_entity = {"type": "bold", "offset": 9, "length": 1}
    raw(house, house.ana.person, {"text": HALVES, "entities": [half_entity]})
    await house.shows(house.ana.code, WHOLE)
    await house.omar.puts("m.room.message", {"msgtype": "m.text", "body": HALVES})
    await house.shows(house.omar.code, WHOLE)
    code = (await house.asks("pair", role="group", organisation="Ons Huis", language="en"))["code"]
    house.telegram.group("Neighbours \ud83d", [house.stranger("en")]).adds_bot(code)
    told = said("group-new", group="Neighbours \ufffd", language=LanguageName("en"))
    await sees(house.publisher, house.office, house.id, told)
    raw(house, house.ana.person, {"text": "😀 bom dia", "entities": [{"type": "italic", "offset": 1, "length": 900}]})
    await house.shows(house.ana.code, "😀 bom dia")
    await house.goes_on()


async def test_markup_and_turned_words_arrive_as_they_were_typed(house: House) -> None:
    """What looks like HTML or Markdown is nothing but words, towards the room and towards the members."""
    for member in (house.ana, house.maria, house.omar):
        await member.writes(MARKUP)
        shown = await house.shows(member.code, MARKUP)
        assert Tags(shown.html or "").names <= PLAIN
        await house.commands(f"!r {MARKUP}", thread=member.code)
        await member.until_read(MARKUP)
    (message,) = (m for m in house.ana.messages() if MARKUP in m.text)
    start = message.text.index(MARKUP)
    styled = [e for e in message.entities if e["offset"] + e["length"] > start and e["offset"] < start + len(MARKUP)]
    assert {entity["type"] for entity in styled} <= {"url", "bot_command"}  # which apps find in any text
    for member in (house.maria, house.omar):  # Telegram's apps take these characters out
        await member.writes(TURNED)
        shown = await house.shows(member.code, TURNED)
        assert TURNED in shown.body.split("\n")  # a line of its own: what stands below it is not turned
    name = "<i>Ève</i> \u202e**"
    await house.helper.client.set_displayname(name)
    there = house.helper.client.rooms[house.room].users[house.helper.id]
    await house.helper.wait(lambda: there.display_name == name, PATIENCE)  # the homeserver tells the rooms in its time
    await house.commands("!claim", thread=house.omar.code)
    claimed = await house.told(said("thread-claimed", code=house.omar.code, name=name))
    assert Tags(claimed.html or "").names <= PLAIN
    hostile = '<script>alert(1)</script><img src="x" onerror="alert(1)"><b>hola</b> <a href="javascript:x">aquí</a>'
    await house.maria.user.say(house.maria.room, "hola aquí", html=hostile)
    shown = await house.shows(house.maria.code, "hola aquí")
    assert Tags(shown.html or "").names <= PLAIN
    await house.goes_on()


# --- buttons ---------------------------------------------------------------------------------------------------------


async def test_old_and_invented_buttons_are_answered_and_change_nothing(house: House) -> None:
    """Pressed twice, of a message long replaced, with made-up data, with somebody else's."""
    ana = house.ana.person
    question = await ana.private.sees(said("intake-what", "pt"), PATIENCE)
    food = said("need-food", "pt")
    await answered(ana.presses(food, message=question), house)
    again = ana.presses(said("need-money", "pt"), message=question)
    assert await answered(again, house) == said("choice-made", "pt", choice=food)
    await house.helper.wait(lambda: said("need-food") in house.card(house.ana.code).body, PATIENCE)  # type: ignore[union-attr]
    send = ana.presses(said("button-send", "pt"))
    await answered(send, house)
    await house.ana.until_read(said("nothing-held", "pt"))
    data = question.buttons[0][0].data or ""
    for invented in ("", "x", "K1/close/helped", "9" * 64, "\ud800", "'; drop table choice; --"):
        assert await answered(ana.presses_data(question, invented), house) == said("choice-unknown", "pt")
    stranger = house.stranger("en")
    stranger.writes("hello there")
    screen = await stranger.private.sees(said("first-held", "en"), PATIENCE)
    assert await answered(stranger.presses_data(screen, data), house) == said("choice-unknown", "en")
    sender = wire.user_json(ana.user)
    house.telegram.receives({"callback_query": {"id": "77", "from": sender, "chat_instance": "1", "data": data}})
    question.deleted = True
    assert await answered(ana.presses_data(question, data), house) == said("choice-made", "pt", choice=food)
    first = house.maria.user.seen(house.maria.room)[0].id
    for key in ("9️⃣", "1️⃣", "🦄"):
        await house.maria.user.react(house.maria.room, first, key)
    await house.goes_on()


# --- what nobody can read --------------------------------------------------------------------------------------------


async def test_what_cannot_be_understood_is_put_aside_and_the_chat_goes_on(house: House) -> None:
    """The helpers read that something was, the operator how much; what is merely unknown is no fault."""
    ana, telegram = house.ana.person, house.telegram
    message = wire.message_json(ana.writes("Uma última frase."))
    broken: list[Json] = [
        {"message": "no message"},
        {"message": {"message_id": 1}},
        {"message": message | {"date": -5}},
        {"message": message | {"chat": {"id": ana.id, "type": "hologram"}}},
        {"message": message | {"text": ["a", "list"]}},
        {"edited_message": message | {"from": {"id": "nobody"}}},
        {"callback_query": {"id": 7}},
        {"message_reaction": {}},
        {"my_chat_member": []},
    ]
    for update in broken:
        telegram.receives(update)
    await house.told(said("operator-put-aside", network="Telegram"))
    for member in (house.maria, house.omar):
        await member.puts("m.room.message", {"msgtype": "m.image", "body": "sem endereço"})
    for content in ({}, {"msgtype": 7, "body": ["a", "list"]}):  # in plain rooms the homeserver refuses them
        await house.omar.puts("m.room.message", content)
    await house.goes_on()
    assert (await house.asks("status"))["inbox"]["put_aside"] == len(broken) + 4

    telegram.bot.queue.allow([])  # kinds that nobody asked for can still be on their way
    telegram.receives({"hologram": message})
    hologram = raw(house, ana, {"hologram": {"depth": 3}})
    await house.ana.until_read(said("words-please", "pt"), str(hologram.id))
    for member in (house.maria, house.omar):
        await member.puts("org.example.hologram", {"depth": 3})
        unknown = await member.puts("org.example.hologram", {"body": "Palabras de otro programa"})
        await house.shows(member.code, "Palabras de otro programa")
        await member.until_read(said("words-arrived-only", member.language), unknown)
    await house.goes_on()
    assert (await house.asks("status"))["inbox"]["put_aside"] == len(broken) + 4


# --- closed ----------------------------------------------------------------------------------------------------------


async def test_a_reply_in_a_closed_request_reaches_nobody_until_it_is_open(house: House) -> None:
    """The helper is told; the member's next word opens it again, and then an answer arrives."""
    maria = house.maria
    await house.commands(f"!close {said('outcome-helped')}", thread=maria.code)
    await maria.until_read(said("request-closed", "es", code=maria.code))
    late = await house.commands("!r Nadie debe leer esto", thread=maria.code)
    await house.told(said("reply-is-closed", code=maria.code), late)
    await maria.writes(NEED["es"])
    await maria.until_read(said("request-open-again", "es", code=maria.code))
    await house.commands("!r Esta noche hay sitio", thread=maria.code)
    await maria.until_read("Esta noche hay sitio")
    assert not any("Nadie debe leer" in text for text in maria.read())
    await house.goes_on()


# --- the log ---------------------------------------------------------------------------------------------------------


async def test_the_log_quotes_and_names_nobody(house: House) -> None:
    """After all of the above: no word, name or id of anybody, and no error but for what was put aside."""
    await house.goes_on()
    log = house.bot.log.read_text(encoding="utf-8")
    found = [secret for secret in _secrets(house) if secret.casefold() in log.casefold()]
    assert found == []
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    errors = [line for line in lines if line["level"] in ("error", "critical")]
    put_aside = (await house.asks("status"))["inbox"]["put_aside"]
    assert [line["event"] for line in errors] == ["not handled"] * put_aside
    places = {line["place"].partition("/parsing.py")[0] for line in errors}
    assert places <= {"adapters/telegram", "adapters/matrix/events"}


def _secrets(house: House) -> set[str]:
    """Each longer word that anybody has written, and what people and their chats are called."""
    world = house.telegram.world
    chats = [*world.private_chats.values(), *world.groups.values()]
    texts = [m.text for chat in chats for m in chat.messages.values() if not m.sender.is_bot]
    users = (house.helper, house.publisher, house.maria.user, house.omar.user)
    for user in users:
        texts += [
            m.body for room in user.events for m in user.seen(room) if m.sender != house.id and isinstance(m.body, str)
        ]
    words = {word for text in texts for word in re.findall(r"(?<![@_])\b[^\W\d_]{6,}", text)}
    names = {person.first_name for person in world.users.values() if not person.is_bot}
    titles = {chat.title for chat in world.groups.values()}
    ids = {str(person.id) for person in world.users.values() if not person.is_bot}
    ids |= {user.id.partition(":")[0] for user in users} | {house.telegram.token}
    rooms = {room.partition(":")[0] for user in users for room in user.events}
    return words | names | titles | ids | rooms
