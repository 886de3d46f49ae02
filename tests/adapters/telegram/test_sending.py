"""What arrives on Telegram, and what each failure says about delivery."""

from __future__ import annotations

import traceback
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace as changed
from telegram import Bot

from adapters.telegram.placing import Manner
from adapters.telegram.request import AiohttpRequest
from adapters.telegram.sending import perform
from bot.model import Chat, Span, SpanKind, Text
from bot.outgoing import (
    THERE,
    AnswerPress,
    Choice,
    EditText,
    InspectChat,
    JoinChat,
    LeaveChat,
    LookFor,
    Outgoing,
    PinMessage,
    Receipt,
    SendReaction,
    SendText,
    SetCommands,
    TakeReaction,
    UnpinMessage,
    Withdraw,
)
from bot.ports import Closed, Gone, Moved, NotSent, Refused, SendError, Unknown
from tests.adapters.telegram.conftest import ACCOUNT
from tests.servers.botapi import BotApiServer
from tests.servers.botapi.faults import UNKNOWN_OUTCOME, BadShape, Error, Fault, Hang, Hold, Reset, Status, TooMany
from tests.servers.botapi.limits import FloodLimits
from tests.servers.botapi.people import Person

SECRET = "heel geheim"


@pytest.fixture
async def bot(server: BotApiServer) -> AsyncIterator[Bot]:
    """Impatient, so that tests need not wait as long as Telegram may take."""
    async with AiohttpRequest(read_timeout=0.3) as request:
        address = f"{server.url}/bot"
        yield Bot(server.token, base_url=address, request=request, get_updates_request=request)


@pytest.fixture
def ana(server: BotApiServer) -> Person:
    """Somebody who has written to the bot."""
    ana = server.user("Ana", "pt")
    ana.starts()
    return ana


def chat(id: int) -> Chat:
    return Chat(ACCOUNT, str(id))


def say(to: int, text: Text | str = SECRET, **more: Any) -> SendText:
    return SendText(chat(to), Text(text) if isinstance(text, str) else text, "t1", **more)


# --- saying --------------------------------------------------------------------------------------------------------


async def test_a_message_arrives_with_its_formatting(bot: Bot, ana: Person) -> None:
    """And never with a preview of the page that it links to."""
    spans = (Span(0, 4, SpanKind.BOLD), Span(6, 10, SpanKind.LINK, "https://example.org"))
    receipt = await perform(bot, say(ana.id, Text("Olá! 👍link", spans)))
    shown = ana.private.last
    assert receipt == Receipt(str(shown.id))
    assert shown.text == "Olá! 👍link"
    assert [(e["type"], e["offset"], e["length"]) for e in shown.entities] == [("bold", 0, 4), ("text_link", 7, 4)]
    assert shown.link_preview == {"is_disabled": True}


@pytest.mark.parametrize(
    "text", ["<b>a & b</b>", "*a* _b_ [c](d)", "```", "\\", "a\ud83d b", "\u202eabc", "/help @x #y"]
)
async def test_whatever_a_person_types_can_be_sent(bot: Bot, ana: Person, text: str) -> None:
    """Nothing is markup; half a character is replaced."""
    await perform(bot, say(ana.id, text))
    assert ana.private.last.text == text.replace("\ud83d", "\ufffd").replace("\u202e", "")


async def test_choices_are_buttons(bot: Bot, ana: Person) -> None:
    """Links among them open their address."""
    choices = ((Choice("c1", "Ja"), Choice("c2", "Nee")), (), (Choice("", "Meer", "https://example.org"),))
    await perform(bot, say(ana.id, choices=choices))
    buttons = [[(b.label, b.data, b.url) for b in row] for row in ana.private.last.buttons]
    assert buttons == [[("Ja", "c1", None), ("Nee", "c2", None)], [("Meer", None, "https://example.org")]]


async def test_an_answer_stands_under_what_it_answers(bot: Bot, ana: Person) -> None:
    """If that is gone, it stands alone."""
    asked = ana.writes("Quando?")
    await perform(bot, say(ana.id, "amanhã", reply_to=str(asked.id)))
    assert ana.private.last.reply_to is asked
    ana.deletes(asked)
    await perform(bot, say(ana.id, "amanhã", reply_to=str(asked.id)))
    assert ana.private.last.reply_to is None


async def test_a_thread_is_a_chain_of_replies(bot: Bot, ana: Person) -> None:
    """An answer within it answers that message; what else is in it answers its first."""
    root, later = ana.writes("K7"), ana.writes("nota")
    await perform(bot, say(ana.id, thread=str(root.id)))
    assert ana.private.last.reply_to is root
    await perform(bot, say(ana.id, thread=str(root.id), reply_to=str(later.id)))
    assert ana.private.last.reply_to is later


async def test_a_topic_of_a_forum_is_written_in(server: BotApiServer, bot: Bot) -> None:
    """By the name that parsing gives it."""
    group = server.group("Coördinatie", forum=True)
    group.adds_bot(administrator=True)
    topic = group.opens_topic("Voedsel")
    await perform(bot, say(group.id, "hier", thread=f"topic:{topic}"))
    assert group.texts(topic)[-1] == "hier"


async def test_what_is_protected_cannot_be_forwarded_and_a_notice_always_can(server: BotApiServer, bot: Bot) -> None:
    """Files as well as words; whatever the operator protects, groups are not among it."""
    group = server.group("Gente")
    group.adds_bot()
    manner = Manner(protected=frozenset({"coordination"}))
    for role in ("coordination", "group"):
        await perform(bot, say(group.id, role, role=role), manner)
    assert [message.protected for message in group.from_bot()] == [True, False]


# --- changing ------------------------------------------------------------------------------------------------------


async def test_an_edit_replaces_words_and_buttons(bot: Bot, ana: Person) -> None:
    """Without choices the buttons go; to edit in vain is no failure."""
    receipt = await perform(bot, say(ana.id, "een", choices=((Choice("c1", "Ja"),),)))
    edit = EditText(chat(ana.id), str(receipt.message), Text("twee", (Span(0, 4, SpanKind.BOLD),)), "t2")
    assert await perform(bot, edit) == receipt
    assert (ana.private.last.text, ana.private.last.labels) == ("twee", [])
    assert [e["type"] for e in ana.private.last.entities] == ["bold"]
    assert await perform(bot, edit) == receipt


async def test_what_is_withdrawn_is_gone(bot: Bot, ana: Person) -> None:
    """To withdraw it again is no failure."""
    receipt = await perform(bot, say(ana.id, "weg ermee"))
    withdrawal = Withdraw(chat(ana.id), str(receipt.message), "t2")
    await perform(bot, withdrawal)
    assert "weg ermee" not in ana.private.texts()
    assert await perform(bot, withdrawal) == Receipt()


async def test_what_people_pinned_is_unpinned(server: BotApiServer, bot: Bot, ana: Person) -> None:
    """That message alone, and to do it again is no failure; whoever is no administrator may not."""
    group = server.group("Gente", members=[ana])
    group.adds_bot(by=ana)
    receipt = await perform(bot, say(group.id, "N1"))
    unpinning = UnpinMessage(chat(group.id), str(receipt.message))
    assert isinstance(await failure_of(bot, unpinning), Refused)
    group.promotes_bot()
    other = await perform(bot, say(group.id, "N2"))
    for message in (receipt, other):
        await bot.pin_chat_message(group.id, int(message.message or 0))
    for _ in range(2):
        assert await perform(bot, unpinning) == Receipt()
    assert group.chat.pinned == [int(other.message or 0)]


async def test_a_reaction_is_shown(bot: Bot, ana: Person) -> None:
    """One that Telegram does not have is refused."""
    asked = ana.writes("ok?")
    await perform(bot, SendReaction(chat(ana.id), str(asked.id), "👍", "t"))
    assert list(asked.reactions.values()) == [["👍"]]
    with pytest.raises(Refused, match="reaction_invalid"):
        await perform(bot, SendReaction(chat(ana.id), str(asked.id), "✅", "t"))


@pytest.mark.parametrize(("written", "known"), [("❤\ufe0f", "❤"), ("❤\ufe0f\u200d🔥", "❤\u200d🔥"), ("👍\ufe0f", "👍")])
async def test_a_reaction_from_elsewhere_is_written_as_telegram_knows_it(
    bot: Bot, ana: Person, written: str, known: str
) -> None:
    """It refuses ❤ with the sign that other networks write behind it."""
    asked = ana.writes("ok?")
    await perform(bot, SendReaction(chat(ana.id), str(asked.id), written, "t"))
    assert list(asked.reactions.values()) == [[known]]


async def test_a_reaction_is_taken_back(bot: Bot, ana: Person) -> None:
    """As often as it is asked."""
    asked = ana.writes("Kunt u helpen?")
    await perform(bot, SendReaction(chat(ana.id), str(asked.id), "👍", "t1"))
    for _ in range(2):
        await perform(bot, TakeReaction(chat(ana.id), str(asked.id), "👍", "t2"))
    assert list(asked.reactions.values()) == [[]]


async def test_a_message_is_pinned_without_a_sound(server: BotApiServer, bot: Bot, ana: Person) -> None:
    """Where the bot may not it is refused, and writing goes on."""
    group = server.group("Bairro", [ana], supergroup=True)
    group.adds_bot()
    receipt = await perform(bot, say(group.id))
    pinning = PinMessage(chat(group.id), str(receipt.message))
    with pytest.raises(Refused, match="not enough rights to manage pinned messages"):
        await perform(bot, pinning)
    group.promotes_bot()
    for _ in range(2):
        await perform(bot, pinning)
    assert group.chat.pinned == [int(receipt.message or 0)]
    assert server.calls[-1].params["disable_notification"] in (True, "true")
    with pytest.raises(Refused, match="message to pin not found"):
        await perform(bot, PinMessage(chat(group.id), "999"))


async def test_a_press_is_answered_once(server: BotApiServer, bot: Bot, ana: Person) -> None:
    """With at most as many words as Telegram shows."""
    await perform(bot, say(ana.id, choices=((Choice("c1", "Ja"),),)))
    press = ana.presses("Ja")
    await perform(bot, AnswerPress(chat(ana.id), press.id, "x" * 300))
    assert press.answer == "x" * 199 + "…"
    with pytest.raises(Refused, match="query is too old"):
        await perform(bot, AnswerPress(chat(ana.id), press.id, ""))


async def test_what_lets_others_read_along_in_a_group_is_found(server: BotApiServer, bot: Bot) -> None:
    """Its public name, its channel, and, as far as an administrator is told, what newcomers see."""
    group = server.group("Bairro", supergroup=True)
    group.adds_bot(administrator=True)
    assert await perform(bot, InspectChat(chat(group.id))) == Receipt(findings=("cloud",))
    group.chat.username, group.chat.linked_chat, group.chat.visible_history = "bairro", -100500, True
    found = await perform(bot, InspectChat(chat(group.id)))
    assert found.findings == ("public", "channel", "history", "cloud")


async def test_a_group_that_is_not_there_cannot_be_inspected(bot: Bot) -> None:
    with pytest.raises(Gone):
        await perform(bot, InspectChat(chat(-999)))


async def test_whether_somebody_is_in_a_group_is_found(server: BotApiServer, bot: Bot, ana: Person) -> None:
    """As Telegram has it now: also whoever may only not write is."""
    group = server.group("Bairro", supergroup=True)
    group.adds_bot(administrator=True)
    look = LookFor(chat(group.id), str(ana.id))
    for status, there in (("left", False), ("member", True), ("administrator", True), ("kicked", False)):
        group.chat.members[ana.id] = status
        assert await perform(bot, look) == Receipt(findings=(THERE,) if there else ())


@pytest.mark.parametrize("said", ["PARTICIPANT_ID_INVALID", "USER_NOT_PARTICIPANT", "member not found"])
async def test_who_is_no_member_of_a_group_is_not_in_it(server: BotApiServer, bot: Bot, ana: Person, said: str) -> None:
    group = server.group("Bairro")
    group.adds_bot()
    server.faults.add(Error(400, f"Bad Request: {said}"), "getChatMember")
    assert await perform(bot, LookFor(chat(group.id), str(ana.id))) == Receipt()


async def test_where_telegram_does_not_tell_who_is_in_a_group_it_is_not_known(
    server: BotApiServer, bot: Bot, ana: Person
) -> None:
    """The group is well for all that; that it is out of reach, or has moved, is another matter."""
    group = server.group("Bairro")
    group.adds_bot()
    look = LookFor(chat(group.id), str(ana.id))
    for said in ("CHAT_ADMIN_REQUIRED", "user not found", "invalid user_id specified"):
        server.faults.add(Error(400, f"Bad Request: {said}"), "getChatMember")
        with pytest.raises(Refused):
            await perform(bot, look)
    group.removes_bot()
    with pytest.raises(Gone):
        await perform(bot, look)


async def test_the_bot_leaves_a_group(server: BotApiServer, bot: Bot) -> None:
    """If it is out already, all is well; to join is up to people."""
    group = server.group("Bairro")
    group.adds_bot()
    await perform(bot, LeaveChat(chat(group.id)))
    assert group.chat.status(server.bot.id) == "left"
    assert await perform(bot, LeaveChat(chat(group.id))) == Receipt()
    assert await perform(bot, JoinChat(chat(group.id))) == Receipt()
    assert group.chat.status(server.bot.id) == "left"


async def test_command_menus_are_set_for_each_place_and_language(server: BotApiServer, bot: Bot) -> None:
    """A language that Telegram has no two letters for changes no menu."""
    for scope, language in (("private", None), ("groups", "pt"), ("groups", "kab"), ("private", "zh-hans")):
        await perform(bot, SetCommands(ACCOUNT, scope, language, (("help", "Ajuda"),)))  # type: ignore[arg-type]
    shown = [{"command": "help", "description": "Ajuda"}]
    assert server.bot.commands == {
        ("all_private_chats", ""): shown,
        ("all_group_chats", "pt"): shown,
        ("all_private_chats", "zh"): shown,
    }
    assert server.bot.menu_button == "commands"


async def test_a_room_has_a_command_menu_of_its_own_until_it_is_taken_away(server: BotApiServer, bot: Bot) -> None:
    """Taking away what is not there is well, too."""
    room = server.group("Coördinatie", supergroup=True)
    room.adds_bot(administrator=True)
    menu = SetCommands(ACCOUNT, "room", None, (("claim", "Jij zorgt ervoor"),), chat(room.id))
    await perform(bot, menu)
    shown = [{"command": "claim", "description": "Jij zorgt ervoor"}]
    assert server.bot.commands == {(f"chat:{room.id}", ""): shown}
    for _ in range(2):
        await perform(bot, changed(menu, commands=()))
        assert server.bot.commands == {}
    room.removes_bot()
    with pytest.raises(Gone):
        await perform(bot, menu)


# --- failing -------------------------------------------------------------------------------------------------------


async def failure_of(bot: Bot, action: Outgoing) -> SendError:
    with pytest.raises(SendError) as caught:
        await perform(bot, action)
    shown = "".join(traceback.format_exception(caught.value))
    assert SECRET not in shown.replace("SECRET", "")
    assert bot.token not in shown
    return caught.value


NOT_SENT: list[Fault] = [
    TooMany(7),
    Status(403),
    Status(404),
    Status(429),
    Status(302),
    Error(401, "Unauthorized"),
    Error(404, "Not Found"),
    Error(409, "Conflict: terminated by other getUpdates request"),
    Error(400, "Bad Request: group chat was upgraded to a supergroup chat"),
]


@pytest.mark.parametrize("fault", NOT_SENT, ids=str)
async def test_what_telegram_did_not_take_is_not_sent(
    server: BotApiServer, bot: Bot, ana: Person, fault: Fault
) -> None:
    """It can be sent again, and then arrives once."""
    server.faults.add(fault, "sendMessage")
    failure = await failure_of(bot, say(ana.id))
    assert isinstance(failure, NotSent)
    await perform(bot, say(ana.id))
    assert len(ana.private.from_bot()) == 1


async def test_a_flood_wait_is_this_chats(server: BotApiServer, bot: Bot, ana: Person) -> None:
    """With the time that Telegram names."""
    server.faults.add(TooMany(7), "sendMessage")
    failure = await failure_of(bot, say(ana.id))
    assert isinstance(failure, NotSent)
    assert (failure.retry_after, failure.whole_account) == (timedelta(seconds=7), False)


@pytest.mark.parametrize("wait", [10_000, 10**18])
async def test_a_flood_wait_is_honest_however_long(server: BotApiServer, bot: Bot, ana: Person, wait: int) -> None:
    """After a day Telegram is asked again."""
    server.faults.add(TooMany(wait), "sendMessage")
    failure = await failure_of(bot, say(ana.id))
    assert isinstance(failure, NotSent)
    assert failure.retry_after == min(timedelta(seconds=min(wait, 10**9)), timedelta(days=1))


async def test_an_unreachable_server_has_not_been_sent_to(server: BotApiServer, bot: Bot, ana: Person) -> None:
    """It is down for a moment, and for all chats alike."""
    await server.stop()
    failure = await failure_of(bot, say(ana.id))
    assert isinstance(failure, NotSent)
    assert failure.whole_account


async def test_what_something_in_between_refuses_may_be_that_message_alone(
    server: BotApiServer, bot: Bot, ana: Person
) -> None:
    """A filter that dislikes its words, say: it stops nobody else's."""
    server.faults.add(Status(403), "sendMessage")
    failure = await failure_of(bot, say(ana.id))
    assert isinstance(failure, NotSent)
    assert not failure.whole_account


async def test_a_name_that_cannot_be_found_has_not_been_sent_to(bot: Bot) -> None:
    """DNS is away: nothing arrived, so nothing is marked as repeated."""
    async with AiohttpRequest() as request:
        lost = Bot(bot.token, base_url="http://nowhere.invalid/bot", request=request, get_updates_request=request)
        failure = await failure_of(lost, say(1))
    assert isinstance(failure, NotSent)
    assert failure.whole_account


@pytest.mark.parametrize(
    "fault",
    [
        *UNKNOWN_OUTCOME,
        Reset(applied=False),
        Hang(applied=False),
        Status(500),
        Status(504),
        Error(500, "Internal Server Error: restart"),
        BadShape(b"<html>"),
        BadShape(b"[]"),
        BadShape(b'{"ok":true,"result":{"message_id":"1"}}'),
        BadShape(b'{"ok":true,"result":true}'),
        BadShape(b'{"ok":true,"result":null}'),
        BadShape(b'{"ok":true,"result":[1]}'),
    ],
    ids=str,
)
async def test_without_a_clear_answer_nobody_knows(server: BotApiServer, bot: Bot, ana: Person, fault: Fault) -> None:
    """The message may stand in the chat."""
    server.faults.add(fault, "sendMessage")
    assert isinstance(await failure_of(bot, say(ana.id)), Unknown)


async def test_a_late_answer_is_waited_for(server: BotApiServer, ana: Person) -> None:
    """Telegram holds a call for seconds rather than refuse it; by default we wait a minute."""
    held = server.faults.add(Hold(0.5), "sendMessage")
    async with AiohttpRequest() as request:
        assert request.read_timeout == 60
        patient = Bot(server.token, base_url=f"{server.url}/bot", request=request, get_updates_request=request)
        receipt = await perform(patient, say(ana.id))
    assert (held.hits, receipt.message) == (1, str(ana.private.last.id))


async def test_who_blocked_the_bot_is_gone(server: BotApiServer, bot: Bot, ana: Person) -> None:
    """So is whoever left Telegram, never wrote, or does not exist."""
    stranger, neighbour = server.user("Bo"), server.user("Cem")
    server.group("Bairro", [neighbour]).adds_bot()
    ana.blocks_bot()
    gone = {
        ana.id: "bot was blocked by the user",
        neighbour.id: "bot can't initiate conversation with a user",
        stranger.id: "chat not found",
        12345: "chat not found",
    }
    for to, reason in gone.items():
        failure = await failure_of(bot, say(to))
        assert (type(failure), str(failure)) == (Gone, reason)
    neighbour.starts()
    neighbour.deletes_account()
    assert str(await failure_of(bot, say(neighbour.id))) == "user is deactivated"


@pytest.mark.parametrize(
    ("status", "description"),
    [
        (403, "Forbidden: something new"),
        (400, "Bad Request: have no write access to the chat"),
        (400, "Bad Request: CHAT_RESTRICTED"),
        (400, "Bad Request: need administrator rights in the channel chat"),
        (400, "Bad Request: PEER_ID_INVALID"),
        (400, "Bad Request: CHANNEL_PUBLIC_GROUP_NA"),
    ],
)
async def test_where_the_bot_may_not_speak_the_chat_is_gone(
    server: BotApiServer, bot: Bot, ana: Person, status: int, description: str
) -> None:
    """Until an update says that it may again."""
    server.faults.add(Error(status, description), "sendMessage")
    assert isinstance(await failure_of(bot, say(ana.id)), Gone)


@pytest.mark.parametrize(
    "description",
    [
        "not enough rights to send text messages to the chat",
        "have no rights to send a message",
        "CHAT_WRITE_FORBIDDEN",
        "CHAT_SEND_PLAIN_FORBIDDEN",
    ],
)
async def test_a_group_in_which_nobody_may_write_now_is_closed(
    server: BotApiServer, bot: Bot, ana: Person, description: str
) -> None:
    """For the night, say: no update tells that it is open again."""
    server.faults.add(Error(400, f"Bad Request: {description}"), "sendMessage")
    assert isinstance(await failure_of(bot, say(ana.id)), Closed)


async def test_a_group_that_threw_the_bot_out_is_gone(server: BotApiServer, bot: Bot) -> None:
    """Supergroups and plain groups alike."""
    for supergroup in (True, False):
        group = server.group("Bairro", supergroup=supergroup)
        group.adds_bot()
        group.removes_bot()
        failure = await failure_of(bot, say(group.id))
        assert (type(failure), str(failure)) == (Gone, "bot was kicked")


async def test_a_group_that_became_a_supergroup_has_moved(server: BotApiServer, bot: Bot) -> None:
    """Its new id is named, and there the message arrives."""
    group = server.group("Bairro")
    group.adds_bot()
    old = group.id
    new = group.upgrades()
    failure = await failure_of(bot, say(old))
    assert isinstance(failure, Moved)
    assert failure.to == str(new)
    await perform(bot, say(int(failure.to), "hier"))
    assert group.last.text == "hier"


async def test_words_in_which_telegram_sees_nothing_are_said_as_dots(
    server: BotApiServer, bot: Bot, ana: Person
) -> None:
    """It refuses an empty message, and what stands around them has to arrive."""
    await perform(bot, say(ana.id, " \n\u2800\u202e"))
    assert ana.private.last.text == "…"


async def test_what_telegram_will_never_take_is_refused(server: BotApiServer, bot: Bot, ana: Person) -> None:
    """With Telegram's reason where it is one of its fixed texts."""
    theirs = ana.writes("hallo")
    refused: list[tuple[Outgoing, str]] = [
        (say(ana.id, "x" * 4097), "message is too long"),
        (say(ana.id, "👍" * 2049), "message is too long"),
        (say(ana.id, choices=((Choice("x" * 65, "Ja"),),)), "button_data_invalid"),
        (EditText(chat(ana.id), "9999", Text("x"), "t"), "message to edit not found"),
        (EditText(chat(ana.id), str(theirs.id), Text("x"), "t"), "message can't be edited"),
        (AnswerPress(chat(ana.id), "1", "x"), "query is too old and response timeout expired or query id is invalid"),
        (LeaveChat(chat(ana.id)), "chat member status can't be changed in private chats"),
    ]
    for action, reason in refused:
        failure = await failure_of(bot, action)
        assert (type(failure), str(failure)) == (Refused, reason)


async def test_what_a_program_in_the_group_deletes_at_once_is_not_said_again(
    server: BotApiServer, bot: Bot, ana: Person
) -> None:
    """It was there, and would be deleted again, each time."""
    server.faults.add(Error(500, "Internal Server Error: sent message was immediately deleted"), "sendMessage")
    failure = await failure_of(bot, say(ana.id))
    assert (type(failure), str(failure)) == (Refused, "sent message was immediately deleted")


async def test_what_is_too_old_to_withdraw_is_refused(server: BotApiServer, bot: Bot, ana: Person) -> None:
    """After two days, or when somebody else wrote it."""
    server.faults.add(Error(400, "Bad Request: message can't be deleted for everyone"), "deleteMessage")
    failure = await failure_of(bot, Withdraw(chat(ana.id), "1", "t"))
    assert (type(failure), str(failure)) == (Refused, "message can't be deleted for everyone")


async def test_a_reason_that_quotes_people_is_not_passed_on(server: BotApiServer, bot: Bot, ana: Person) -> None:
    """Telegram repeats in some what was written."""
    server.faults.add(Error(400, f"Bad Request: can't parse entities: '{SECRET}'"), times=2)
    for action in (say(ana.id), EditText(chat(ana.id), "1", Text(SECRET), "t")):
        failure = await failure_of(bot, action)
        assert (type(failure), str(failure)) == (Refused, "Telegram refuses it")


async def test_what_is_too_large_is_refused(server: BotApiServer, bot: Bot, ana: Person) -> None:
    """Also when a web server before Telegram's says it, by the status's older name or its newer one."""
    for fault in (Error(413, "Request Entity Too Large"), Error(413, "Content Too Large"), Status(413)):
        server.faults.add(fault, "sendMessage")
        assert isinstance(await failure_of(bot, say(ana.id)), Refused)


@pytest.mark.parametrize(
    "action",
    [
        SendText(Chat(ACCOUNT, "!room:example.org"), Text("x"), "t"),
        SendText(Chat(ACCOUNT, "7"), Text("x"), "t", thread="topic:x"),
        SendText(Chat(ACCOUNT, "7"), Text("x"), "t", reply_to="$event"),
        EditText(Chat(ACCOUNT, "7"), "", Text("x"), "t"),
        Withdraw(Chat(ACCOUNT, "x"), "1", "t"),
    ],
)
async def test_an_id_that_is_no_number_is_refused(server: BotApiServer, bot: Bot, action: Outgoing) -> None:
    """It cannot be from Telegram; nothing is asked."""
    assert isinstance(await failure_of(bot, action), Refused)
    assert server.calls == []


@settings(max_examples=40)
@given(st.text(max_size=50), st.text(max_size=20))
async def test_no_text_and_no_label_breaks_a_call(plain: str, label: str) -> None:
    """Whatever the characters, Telegram takes it or refuses it by its own rules."""
    async with BotApiServer() as server, AiohttpRequest() as request:
        ana = server.user("Ana")
        ana.starts()
        bot = Bot(server.token, base_url=f"{server.url}/bot", request=request, get_updates_request=request)
        with suppress(Refused):
            await perform(bot, say(ana.id, plain, choices=((Choice("c", label),),)))
        assert len(server.calls) == 1


@pytest.mark.parametrize("paid", [False, True])
async def test_only_whoever_pays_is_faster_than_is_free(server: BotApiServer, bot: Bot, paid: bool) -> None:
    """With allow_paid_broadcast the limit of the whole bot is a thousand a second, without it is thirty."""
    people = [server.user(f"Person {number}", "pt") for number in range(40)]
    for person in people:
        person.starts()
    server.limits = FloodLimits()
    refused = 0
    for person in people:
        try:
            await perform(bot, SendText(Chat(ACCOUNT, str(person.id)), Text("olá"), "t"), Manner(paid=paid))
        except NotSent:
            refused += 1
    assert (refused == 0) is paid
