"""The Bot API test server does what Telegram does, and two client libraries understand all it says."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress

import aiohttp
import pytest
import telegram
from aiogram import Bot as AiogramBot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from tests.servers.botapi import BotApiServer
from tests.servers.botapi.attachments import KINDS
from tests.servers.botapi.channels import Channel
from tests.servers.botapi.clock import Clock
from tests.servers.botapi.errors import ApiError
from tests.servers.botapi.formatting import Json, formatted, utf16_length
from tests.servers.botapi.methods import METHODS, perform
from tests.servers.botapi.params import Params
from tests.servers.botapi.people import People
from tests.servers.botapi.second_opinion import CheckedClient, Refusal
from tests.servers.botapi.state import World

EVERYTHING = ["message", "edited_message", "callback_query", "my_chat_member", "chat_member", "message_reaction"]
KEYBOARD = {"inline_keyboard": [[{"text": "Yes", "callback_data": "y"}, {"text": "More", "url": "https://x.org/"}]]}


# --- receiving ------------------------------------------------------------------------------------------------------


async def test_what_a_person_writes_in_private_reaches_the_bot(server: BotApiServer, call: CheckedClient) -> None:
    """The update carries the sender's language and the entities that Telegram finds."""
    server.user("Ana", "pt").starts("g-12_x")
    (update,) = await call.updates()
    message = update["message"]
    assert message["text"] == "/start g-12_x"
    assert message["from"]["language_code"] == "pt"
    assert message["chat"]["type"] == "private"
    assert message["entities"] == [{"type": "bot_command", "offset": 0, "length": 6}]


async def test_a_person_without_a_language_has_none(server: BotApiServer, call: CheckedClient) -> None:
    """`language_code` may be absent."""
    server.user("Ali").writes("salam")
    (update,) = await call.updates()
    assert "language_code" not in update["message"]["from"]


async def test_an_app_cuts_what_is_too_long_and_sends_nothing_blank(server: BotApiServer, call: CheckedClient) -> None:
    """60,000 characters arrive as fifteen messages."""
    ana = server.user("Ana")
    ana.writes("👋" + "x" * 59_999)
    lengths = [utf16_length(update["message"]["text"]) for update in await call.updates()]
    assert (len(lengths), max(lengths), sum(lengths)) == (15, 4096, 60_001)
    with pytest.raises(ValueError, match="blank"):
        ana.writes(" \n")


async def test_an_offset_confirms_what_is_below_it_and_nothing_else(server: BotApiServer, call: CheckedClient) -> None:
    """Unconfirmed updates come again; a negative offset keeps only the latest."""
    ana = server.user("Ana")
    for text in ("one", "two", "three", "four"):
        ana.writes(text)
    first = await call("getUpdates", limit=2)
    assert [update["message"]["text"] for update in first] == ["one", "two"]
    assert await call("getUpdates", limit=2) == first
    rest = await call("getUpdates", offset=first[-1]["update_id"] + 1)
    assert [update["message"]["text"] for update in rest] == ["three", "four"]
    assert [update["message"]["text"] for update in await call("getUpdates", offset=-1)] == ["four"]
    assert len(await call("getUpdates")) == 1


async def test_a_long_poll_ends_as_soon_as_something_happens(server: BotApiServer, call: CheckedClient) -> None:
    """The waiting call answers with the update that woke it."""
    poll = asyncio.create_task(call.updates(timeout=50))
    await server.waits_for(lambda: server.calls_of("getUpdates"))
    server.user("Ana").writes("hello")
    assert [update["message"]["text"] for update in await poll] == ["hello"]


async def test_of_two_pollers_the_older_is_refused(server: BotApiServer, call: CheckedClient) -> None:
    """The pending poll ends with 409 when another begins."""
    older = asyncio.create_task(call("getUpdates", timeout=50))
    await server.waits_for(lambda: server.calls_of("getUpdates"))
    newer = asyncio.create_task(call("getUpdates", timeout=50))
    with pytest.raises(Refusal) as refusal:
        await older
    assert refusal.value.status == 409
    assert refusal.value.description == (
        "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
    )
    server.user("Ana").writes("hello")
    assert len(await newer) == 1


async def test_polling_is_refused_while_a_webhook_is_set(call: CheckedClient) -> None:
    """deleteWebhook makes it possible again, and can drop what waited."""
    await call("setWebhook", url="https://example.org/hook")
    assert (await call.refused("getUpdates")).startswith("Conflict: can't use getUpdates method while webhook")
    await call("deleteWebhook", drop_pending_updates=True)
    assert await call("getUpdates") == []
    assert (await call("getWebhookInfo"))["url"] == ""


async def test_a_webhook_ends_the_pending_poll_and_must_be_https(server: BotApiServer, call: CheckedClient) -> None:
    """The wrong ones are refused with Telegram's words."""
    assert "HTTPS URL" in await call.refused("setWebhook", url="http://example.org/hook")
    assert "ports 80, 88, 443 or 8443" in await call.refused("setWebhook", url="https://example.org:444/hook")
    assert "secret token" in await call.refused("setWebhook", url="https://example.org/hook", secret_token="ü")
    poll = asyncio.create_task(call("getUpdates", timeout=50))
    await server.waits_for(lambda: server.calls_of("getUpdates"))
    await call("setWebhook", url="https://example.org/hook", secret_token="a-B_9", max_connections=3)
    with pytest.raises(Refusal, match="terminated by setWebhook"):
        await poll
    assert (await call("getWebhookInfo"))["max_connections"] == 3


async def test_updates_are_brought_in_order_until_they_are_taken() -> None:
    """Each again and again, with the secret; one chat that is not taken holds up no other."""
    brought: list[tuple[str, str]] = []
    refused = 3

    async def take(request: web.Request) -> web.Response:
        nonlocal refused
        text = (await request.json())["message"]["text"]
        brought.append((text, request.headers["X-Telegram-Bot-Api-Secret-Token"]))
        if text == "een" and refused:
            refused -= 1
            return web.Response(status=500 + refused)
        return web.Response()

    app = web.Application()
    app.router.add_post("/hook", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    async with BotApiServer(second=0.01) as server, aiohttp.ClientSession() as session:
        call = CheckedClient(session, server)
        ana, ben = server.user("Ana"), server.user("Ben")
        ana.writes("een")
        ana.writes("twee")
        ben.writes("drie")
        assert (await call("getWebhookInfo"))["pending_update_count"] == 3
        await call("setWebhook", url=url, secret_token="s")
        await server.waits_for(lambda: not server.bot.queue.waiting)
        info = await call("getWebhookInfo")
    await runner.cleanup()
    assert sorted(brought) == sorted((text, "s") for text in ("een", "een", "een", "een", "twee", "drie"))
    assert [text for text, _ in brought if text != "drie"] == ["een", "een", "een", "een", "twee"]
    assert (info["pending_update_count"], info["last_error_message"]) == (
        0,
        "Wrong response from the webhook: 500 Internal Server Error",
    )


async def test_updates_are_kept_for_a_day_and_presses_for_150_seconds(
    server: BotApiServer, call: CheckedClient, clock: Clock
) -> None:
    """What nobody fetches in time is lost."""
    ana = server.user("Ana")
    ana.writes("hello")
    await call("sendMessage", chat_id=ana.id, text="Sure?", reply_markup=KEYBOARD)
    ana.presses("Yes")
    clock.time += 151
    assert [list(update)[1] for update in await call("getUpdates")] == ["message"]
    clock.time += 24 * 3600
    assert await call("getUpdates") == []


async def test_some_kinds_of_update_come_only_on_request(server: BotApiServer, call: CheckedClient) -> None:
    """Reactions and other people's memberships need allowed_updates, which a later call without it keeps."""
    ana, rui = server.user("Ana"), server.user("Rui")
    group = server.group("Room", [ana])
    group.adds_bot(administrator=True)
    message = ana.writes("hello", group)
    await call.updates(allowed_updates=[])
    ana.reacts(message, "👍")
    assert await call.updates(allowed_updates=EVERYTHING) == []
    ana.reacts(message, "🙏")
    group.adds(rui)
    assert [list(update)[1] for update in await call.updates()] == ["message_reaction", "chat_member", "message"]


async def test_every_kind_of_update_is_understood_by_both_libraries(server: BotApiServer, call: CheckedClient) -> None:
    """The checked client validates each; here each is made once."""
    await call.updates(allowed_updates=EVERYTHING)
    ana, rui = server.user("Ana", "pt", last_name="Silva", username="ana_silva"), server.user("Rui", "fr")
    ana.starts()
    for kind in KINDS:
        ana.sends(kind, caption="what I see" if kind in ("photo", "voice", "document") else "")
    bold = ana.writes("bold 👋 @someone #tag me@x.org x", entities=[{"type": "bold", "offset": 0, "length": 4}])
    ana.edits(bold, "changed")
    ana.writes("an answer", reply_to=bold)
    group = server.group("Gente", [ana, rui])
    group.adds_bot("pair-1")
    group.promotes_bot()
    await call("sendMessage", chat_id=group.id, text="hi", reply_markup=KEYBOARD)
    rui.presses("Yes", group)
    group.renames("Pessoas")
    rui.reacts(group.from_bot()[-1], "👍")
    group.upgrades()
    group.becomes_forum()
    topic = group.opens_topic("Food")
    rui.writes("in the topic", group, topic=topic)
    group.loses(rui)
    group.demotes_bot()
    group.removes_bot()
    ana.blocks_bot()
    ana.unblocks_bot()
    updates = await call.updates()
    assert {kind for update in updates for kind in update} == {"update_id", *EVERYTHING}
    ids = [update["update_id"] for update in updates]
    assert ids == list(range(ids[0], ids[0] + len(ids)))


async def test_an_update_of_any_shape_can_be_given_to_the_bot(server: BotApiServer, call: CheckedClient) -> None:
    """For what Telegram may invent."""
    await call("getUpdates", allowed_updates=["message", "telepathy"])
    server.receives({"telepathy": {"thought": "?"}})
    async with aiohttp.ClientSession() as session, session.get(f"{server.url}/bot{server.token}/getUpdates") as got:
        (update,) = (await got.json())["result"]
    assert update["telepathy"] == {"thought": "?"}


# --- groups ---------------------------------------------------------------------------------------------------------


async def test_in_privacy_mode_a_bot_sees_what_is_meant_for_it(server: BotApiServer, call: CheckedClient) -> None:
    """Commands for it or for nobody in particular, and replies; no plain text, no mention, no other bot's commands."""
    ana = server.user("Ana")
    group = server.group("Gente", [ana])
    group.adds_bot()
    sent = await call("sendMessage", chat_id=group.id, text="hello")
    await call.updates()
    name = server.bot.username
    ana.writes("plain", group)
    ana.writes(f"@{name} a mention", group)
    ana.writes("/help@some_other_bot", group)
    command = ana.writes(f"/pair@{name} X1", group)
    ana.writes("/help", group)
    ana.writes("an answer", group, reply_to=group.chat.messages[sent["message_id"]])
    ana.writes("an answer to my command", group, reply_to=command)
    texts = [update["message"]["text"] for update in await call.updates()]
    assert texts == [f"/pair@{name} X1", "/help", "an answer", "an answer to my command"]


async def test_unaddressed_commands_go_to_the_bot_that_spoke_last(
    server: BotApiServer, session: aiohttp.ClientSession
) -> None:
    """With two bots in a group, only one of them gets /help."""
    first = server.bot
    second = server.world.add_bot("7000000002:another-token-of-35-characters-long")
    ana = server.user("Ana")
    group = server.group("Gente", [ana])
    for bot in (first, second):
        group.adds_bot(bot=bot)
    await CheckedClient(session, server, second.token)("sendMessage", chat_id=group.id, text="hello")
    ana.writes("/help", group)
    assert "text" not in first.queue.waiting[-1]["message"]
    assert second.queue.waiting[-1]["message"]["text"] == "/help"


@pytest.mark.parametrize("how", ["administrator", "privacy off"])
async def test_an_administrator_or_a_bot_without_privacy_sees_everything(
    server: BotApiServer, call: CheckedClient, how: str
) -> None:
    """Plain text reaches it."""
    ana = server.user("Ana")
    group = server.group("Room", [ana])
    server.bot.privacy = how != "privacy off"
    group.adds_bot(administrator=how == "administrator")
    ana.writes("plain", group)
    assert (await call.updates())[-1]["message"]["text"] == "plain"


async def test_a_startgroup_link_adds_the_bot_and_writes_its_payload(server: BotApiServer, call: CheckedClient) -> None:
    """The membership comes first, then the service message, then the command with the payload."""
    ana = server.user("Ana")
    group = server.group("Gente", [ana])
    ana.follows(f"https://t.me/{server.bot.username}?startgroup=pair-7", group)
    added, service, command = await call.updates()
    assert added["my_chat_member"]["new_chat_member"]["status"] == "member"
    assert service["message"]["new_chat_members"][0]["id"] == server.bot.id
    assert command["message"]["text"] == f"/start@{server.bot.username} pair-7"


async def test_a_channel_s_post_names_no_person(server: BotApiServer, call: CheckedClient) -> None:
    """Nor does the bot's own. Without the right to post it is refused."""
    rui = server.user("Rui")
    channel = Channel(server, "Nieuws", rui)
    channel.adds_bot(f"https://t.me/{server.bot.username}?startchannel&admin=post_messages+delete_messages")
    (added,) = await call.updates()
    now = added["my_chat_member"]["new_chat_member"]
    assert (now["can_post_messages"], now["can_delete_messages"], now["can_edit_messages"]) == (True, True, False)
    with pytest.raises(ValueError, match="administrators"):
        server.user("Ana").writes("hello", channel)
    post = rui.writes("/pair 123", channel)
    (update,) = await call.updates()
    assert update["channel_post"]["sender_chat"] == {"id": channel.id, "type": "channel", "title": "Nieuws"}
    assert "from" not in update["channel_post"]
    own = await call("sendMessage", chat_id=channel.id, text="Olá")
    assert own["sender_chat"]["id"] == channel.id
    assert await call("deleteMessage", chat_id=channel.id, message_id=post.id)
    channel.allows("can_edit_messages")
    refused = await call.refused("sendMessage", chat_id=channel.id, text="Olá")
    assert refused == "Bad Request: need administrator rights in the channel chat"
    for message in (own["message_id"], rui.writes("olá", channel).id):
        refused = await call.refused("deleteMessage", chat_id=channel.id, message_id=message)
        assert refused == "Bad Request: message can't be deleted"
    channel.removes_bot()
    refused = await call.refused("sendMessage", chat_id=channel.id, text="Olá")
    assert refused == "Forbidden: bot was kicked from the channel chat"


async def test_a_channel_s_post_is_repeated_in_its_discussion_group(server: BotApiServer, call: CheckedClient) -> None:
    """By Telegram itself; whoever administers the group sees it there, too."""
    rui = server.user("Rui")
    channel, group = Channel(server, "Nieuws", rui), server.group("Praat", [rui], supergroup=True)
    channel.links(group)
    group.adds_bot(administrator=True)
    await call.updates()
    rui.writes("Olá", channel)
    channel.allows("can_post_messages")
    await call("sendMessage", chat_id=channel.id, text="Sopa")
    posted, _, sent = await call.updates()
    for update, text in ((posted, "Olá"), (sent, "Sopa")):
        repeated = update["message"]
        assert (repeated["text"], repeated["is_automatic_forward"]) == (text, True)
        assert (repeated["from"]["id"], repeated["sender_chat"]["id"]) == (777000, channel.id)


async def test_an_upgraded_group_has_a_new_id_and_refuses_the_old(server: BotApiServer, call: CheckedClient) -> None:
    """Two service messages tell it; a send to the old id names the new one."""
    group = server.group("Gente")
    group.adds_bot()
    old = group.id
    await call.updates()
    new = group.upgrades()
    to, since = await call.updates()
    assert (to["message"]["chat"]["id"], to["message"]["migrate_to_chat_id"]) == (old, new)
    assert (since["message"]["chat"]["id"], since["message"]["migrate_from_chat_id"]) == (new, old)
    with pytest.raises(Refusal) as refusal:
        await call("sendMessage", chat_id=old, text="hello")
    assert refusal.value.description == "Bad Request: group chat was upgraded to a supergroup chat"
    assert refusal.value.parameters == {"migrate_to_chat_id": new}
    await call("sendMessage", chat_id=new, text="hello")
    assert group.texts()[-1] == "hello"


async def test_message_ids_are_unique_within_a_supergroup_only(server: BotApiServer, call: CheckedClient) -> None:
    """Two supergroups count for themselves, so the id alone names nothing."""
    ids = []
    for title in ("One", "Two"):
        group = server.group(title, supergroup=True)
        group.adds_bot()
        ids.append((await call("sendMessage", chat_id=group.id, text="hello"))["message_id"])
    assert ids[0] == ids[1]


async def test_answers_in_a_supergroup_carry_the_thread_of_their_chain(
    server: BotApiServer, call: CheckedClient
) -> None:
    """`message_thread_id` is set without any topic: the id of the chain's first message."""
    ana = server.user("Ana")
    group = server.group("Room", [ana], supergroup=True)
    group.adds_bot(administrator=True)
    first = await call("sendMessage", chat_id=group.id, text="card")
    second = ana.writes("a note", group, reply_to=group.chat.messages[first["message_id"]])
    third = await call(
        "sendMessage", chat_id=group.id, text="echo", reply_parameters={"message_id": second.id, "chat_id": group.id}
    )
    assert third["message_thread_id"] == second.thread == first["message_id"]
    assert "is_topic_message" not in third


async def test_forum_topics(server: BotApiServer, call: CheckedClient) -> None:
    """An administrator opens, writes into and closes topics; a topic that is not there is refused."""
    ana = server.user("Ana")
    forum = server.group("Room", [ana], forum=True)
    forum.adds_bot()
    assert "not enough rights" in await call.refused("createForumTopic", chat_id=forum.id, name="Food")
    forum.promotes_bot()
    topic = (await call("createForumTopic", chat_id=forum.id, name="Food"))["message_thread_id"]
    sent = await call("sendMessage", chat_id=forum.id, text="hi", message_thread_id=topic)
    assert sent["is_topic_message"] is True
    assert sent["reply_to_message"]["forum_topic_created"]["name"] == "Food"
    ana.writes("there", forum, topic=topic)
    assert forum.texts(topic)[1:] == ["hi", "there"]
    refused = await call.refused("sendMessage", chat_id=forum.id, text="hi", message_thread_id=topic + 99)
    assert refused == "Bad Request: message thread not found"
    await call("closeForumTopic", chat_id=forum.id, message_thread_id=topic)
    forum.withholds("can_manage_topics")
    refused = await call.refused("reopenForumTopic", chat_id=forum.id, message_thread_id=topic)
    assert refused == "Bad Request: not enough rights to manage topics"
    (changed,) = [one["my_chat_member"] for one in await call.updates() if "my_chat_member" in one][-1:]
    assert changed["old_chat_member"]["can_manage_topics"] is True
    assert changed["new_chat_member"]["can_manage_topics"] is False
    forum.demotes_bot()
    refused = await call.refused("sendMessage", chat_id=forum.id, text="hi", message_thread_id=topic)
    assert refused == "Bad Request: TOPIC_CLOSED"
    assert "not a forum" in await call.refused("createForumTopic", chat_id=_group(server), name="Food")


def _group(server: BotApiServer) -> int:
    group = server.group("Gente", supergroup=True)
    group.adds_bot(administrator=True)
    return group.id


async def test_what_the_server_tells_of_chats_and_members(server: BotApiServer, call: CheckedClient) -> None:
    """getChat, getChatMember and getChatAdministrators agree with the world."""
    ana, rui = server.user("Ana"), server.user("Rui")
    group = server.group("Gente", [ana, rui])
    group.adds_bot(administrator=True)
    await call("pinChatMessage", chat_id=group.id, message_id=ana.writes("rules", group).id)
    chat = await call("getChat", chat_id=group.id)
    assert (chat["title"], chat["pinned_message"]["text"]) == ("Gente", "rules")
    await call("unpinChatMessage", chat_id=group.id)
    statuses = [(await call("getChatMember", chat_id=group.id, user_id=p.id))["status"] for p in (ana, rui, server.bot)]
    assert statuses == ["creator", "member", "administrator"]
    administrators = await call("getChatAdministrators", chat_id=group.id)
    assert {member["user"]["id"] for member in administrators} == {ana.id, server.bot.id}
    assert await call("getChatMemberCount", chat_id=group.id) == 3
    await call("leaveChat", chat_id=group.id)
    assert await call.refused("getChat", chat_id=group.id) == "Forbidden: bot is not a member of the group chat"
    assert (await call.updates())[-1]["my_chat_member"]["new_chat_member"]["status"] == "left"


# --- sending --------------------------------------------------------------------------------------------------------


async def test_what_the_bot_sends_stands_in_the_chat(server: BotApiServer, call: CheckedClient) -> None:
    """Text, entities, buttons, the message answered, protection: as sent, and as returned."""
    ana = server.user("Ana")
    asked = ana.writes("?")
    returned = await call(
        "sendMessage",
        chat_id=str(ana.id),
        text="olá 👋 gente",
        entities=[{"type": "bold", "offset": 7, "length": 5}],
        reply_parameters={"message_id": asked.id},
        reply_markup=KEYBOARD,
        protect_content=True,
        link_preview_options={"is_disabled": True},
    )
    message = ana.private.last
    assert (message.text, message.reply_to, message.protected) == ("olá 👋 gente", asked, True)
    assert message.entities == returned["entities"] == [{"type": "bold", "offset": 7, "length": 5}]
    assert message.labels == ["Yes", "More"]
    assert returned["reply_to_message"]["message_id"] == asked.id
    assert returned["reply_markup"] == KEYBOARD
    assert returned["has_protected_content"] is True
    assert returned["link_preview_options"] == {"is_disabled": True}


@pytest.mark.parametrize("way", ["query", "form", "multipart", "json with strings"])
async def test_parameters_may_come_in_every_form(
    server: BotApiServer, session: aiohttp.ClientSession, way: str
) -> None:
    """Numbers and nested objects as text; method names in any case."""
    ana = server.user("Ana")
    ana.starts()
    fields = {"chat_id": str(ana.id), "text": "hello", "reply_markup": telegram.ForceReply().to_json()}
    url = f"{server.url}/bot{server.token}/SENDmessage"
    multipart = aiohttp.FormData(fields, default_to_multipart=True)
    verb, sent = {
        "query": ("GET", {"params": fields}),
        "form": ("POST", {"data": fields}),
        "multipart": ("POST", {"data": multipart}),
        "json with strings": ("POST", {"json": fields}),
    }[way]
    async with session.request(verb, url, **sent) as response:  # type: ignore[arg-type]  # one of the three
        assert response.status == 200
    assert ana.private.texts() == ["/start", "hello"]


TOO_LONG = "Bad Request: message is too long"
BAD_SENDS = [
    ({"text": ""}, "Bad Request: message text is empty"),
    ({"text": " \n\u200b "}, "Bad Request: message text is empty"),
    ({"text": "x" * 4097}, TOO_LONG),
    ({"text": "👋" * 2049}, TOO_LONG),
    ({"text": "half \ud83d"}, "Bad Request: strings must be encoded in UTF-8"),
    ({"chat_id": ""}, "Bad Request: chat_id is empty"),
    ({"chat_id": 12345}, "Bad Request: chat not found"),
    ({"chat_id": -100123}, "Bad Request: chat not found"),
    ({"reply_parameters": {"message_id": 999}}, "Bad Request: message to be replied not found"),
    ({"message_thread_id": 999}, "Bad Request: message thread not found"),
    ({"parse_mode": "HTML"}, "Bad Request: unsupported parse_mode"),
    ({"entities": [{"type": "bold", "offset": 0, "length": 1}] * 101}, "Bad Request: ENTITIES_TOO_LONG"),
    (
        {"entities": [{"type": "bold", "offset": 2, "length": 99}]},
        "Bad Request: entity beginning at UTF-16 offset 2 ends after the end of the text at UTF-16 offset 101",
    ),
    (
        {"entities": [{"type": "bold", "offset": 9, "length": 1}]},
        "Bad Request: entity begins after the end of the text at UTF-16 offset 9",
    ),
    (
        {"text": "👋", "entities": [{"type": "bold", "offset": 1, "length": 1}]},
        "Bad Request: entity begins in a middle of a UTF-16 symbol at byte offset 4",
    ),
    (
        {"text": "👋", "entities": [{"type": "bold", "offset": 0, "length": 1}]},
        "Bad Request: entity beginning at UTF-16 offset 0 ends in a middle of a UTF-16 symbol at byte offset 4",
    ),
    (
        {"reply_markup": {"inline_keyboard": [[{"text": "x", "callback_data": "é" * 33}]]}},
        "Bad Request: BUTTON_DATA_INVALID",
    ),
    (
        {"reply_markup": {"inline_keyboard": [[{"text": "x", "callback_data": ""}]]}},
        "Bad Request: can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
    ),
    (
        {"reply_markup": {"inline_keyboard": [[{"text": "x", "url": "nowhere"}]]}},
        "Bad Request: inline keyboard button URL 'nowhere' is invalid: Wrong HTTP URL",
    ),
    (
        {"reply_markup": {"inline_keyboard": [[{"text": "x", "callback_data": "x"}]] * 101}},
        "Bad Request: reply markup is too long",
    ),
]


@pytest.mark.parametrize(("params", "description"), BAD_SENDS)
async def test_a_send_that_telegram_would_not_take_is_refused_in_its_words(
    server: BotApiServer, call: CheckedClient, params: dict[str, object], description: str
) -> None:
    """And nothing appears in the chat."""
    ana = server.user("Ana")
    ana.starts()
    assert await call.refused("sendMessage", **{"chat_id": ana.id, "text": "hello", **params}) == description
    assert ana.private.texts() == ["/start"]


async def test_the_longest_text_and_callback_data_pass(server: BotApiServer, call: CheckedClient) -> None:
    """4096 UTF-16 units and 64 bytes are within the limits."""
    ana = server.user("Ana")
    ana.starts()
    button = {"text": "x", "callback_data": "é" * 32}
    await call("sendMessage", chat_id=ana.id, text="👋" * 2048, reply_markup={"inline_keyboard": [[button]]})
    assert utf16_length(ana.private.last.text) == 4096


async def test_an_answer_to_a_deleted_message_can_be_sent_all_the_same(
    server: BotApiServer, call: CheckedClient
) -> None:
    """allow_sending_without_reply makes it an ordinary message."""
    ana = server.user("Ana")
    message = ana.starts()
    ana.deletes(message)
    reply = {"message_id": message.id, "allow_sending_without_reply": True}
    assert "reply_to_message" not in await call("sendMessage", chat_id=ana.id, text="hello", reply_parameters=reply)


async def test_whom_the_bot_cannot_write_to(server: BotApiServer, call: CheckedClient) -> None:
    """Strangers, people who never opened the chat, who blocked the bot or deleted their account."""
    ana, stranger = server.user("Ana"), server.user("Nobody")
    server.group("Gente", [ana]).adds_bot()
    assert await call.refused("sendMessage", chat_id=stranger.id, text="x") == "Bad Request: chat not found"
    refused = await call.refused("sendMessage", chat_id=ana.id, text="x")
    assert refused == "Forbidden: bot can't initiate conversation with a user"
    ana.starts()
    await call("sendMessage", chat_id=ana.id, text="x")
    ana.blocks_bot()
    assert (await call.updates())[-1]["my_chat_member"]["new_chat_member"]["status"] == "kicked"
    refused = await call.refused("sendMessage", chat_id=ana.id, text="x")
    assert refused == "Forbidden: bot was blocked by the user"
    ana.unblocks_bot()
    await call("sendMessage", chat_id=ana.id, text="x")
    ana.deletes_account()
    assert await call.refused("sendMessage", chat_id=ana.id, text="x") == "Forbidden: user is deactivated"


@pytest.mark.parametrize(("supergroup", "kind"), [(True, "supergroup"), (False, "group")])
async def test_a_removed_bot_cannot_write(
    server: BotApiServer, call: CheckedClient, supergroup: bool, kind: str
) -> None:
    """The refusal names the kind of chat."""
    group = server.group("Gente", supergroup=supergroup)
    group.adds_bot()
    group.removes_bot()
    refused = await call.refused("sendMessage", chat_id=group.id, text="x")
    assert refused == f"Forbidden: bot was kicked from the {kind} chat"


async def test_editing_shows_the_new_text_and_refuses_what_changes_nothing(
    server: BotApiServer, call: CheckedClient
) -> None:
    """Text and buttons are replaced; buttons that are not sent again are gone."""
    ana = server.user("Ana")
    asked = ana.starts()
    sent = await call("sendMessage", chat_id=ana.id, text="one", reply_markup=KEYBOARD)
    where = {"chat_id": ana.id, "message_id": sent["message_id"]}
    assert "edit_date" in await call("editMessageText", **where, text="two", reply_markup=KEYBOARD)
    assert await call.refused("editMessageText", **where, text="two ", reply_markup=KEYBOARD) == (
        "Bad Request: message is not modified: specified new message content and reply markup are exactly the same "
        "as a current content and reply markup of the message"
    )
    await call("editMessageReplyMarkup", **where)
    message = ana.private.last
    assert (message.text, message.labels, message.edited) == ("two", [], True)
    refused = await call.refused("editMessageText", chat_id=ana.id, message_id=999, text="x")
    assert refused == "Bad Request: message to edit not found"
    refused = await call.refused("editMessageText", chat_id=ana.id, message_id=asked.id, text="x")
    assert refused == "Bad Request: message can't be edited"


async def test_deleting(server: BotApiServer, call: CheckedClient, clock: Clock) -> None:
    """One's own for 48 hours, others' in private or as administrator; several at once skip what is not there."""
    ana = server.user("Ana")
    theirs = ana.starts()
    ids = [(await call("sendMessage", chat_id=ana.id, text=text))["message_id"] for text in ("a", "b", "c")]
    await call("deleteMessage", chat_id=ana.id, message_id=ids[0])
    refused = await call.refused("deleteMessage", chat_id=ana.id, message_id=ids[0])
    assert refused == "Bad Request: message to delete not found"
    await call("deleteMessages", chat_id=ana.id, message_ids=[theirs.id, ids[0], ids[1]])
    assert ana.private.texts() == ["c"]
    clock.time += 48 * 3600 + 1
    refused = await call.refused("deleteMessage", chat_id=ana.id, message_id=ids[2])
    assert refused == "Bad Request: message can't be deleted for everyone"
    group = server.group("Gente", [ana])
    group.adds_bot()
    refused = await call.refused("deleteMessage", chat_id=group.id, message_id=ana.writes("x", group).id)
    assert refused == "Bad Request: message can't be deleted"


async def test_a_press_is_answered_once_and_soon(server: BotApiServer, call: CheckedClient, clock: Clock) -> None:
    """The presser sees the answer; a second or a late one is refused."""
    ana = server.user("Ana")
    ana.starts()
    await call("sendMessage", chat_id=ana.id, text="Sure?", reply_markup=KEYBOARD)
    press = ana.presses("Yes")
    query = (await call.updates())[-1]["callback_query"]
    assert (query["data"], query["message"]["text"]) == ("y", "Sure?")
    await call("answerCallbackQuery", callback_query_id=query["id"], text="Noted", show_alert=True)
    assert (press.answer, press.alert) == ("Noted", True)
    too_old = "Bad Request: query is too old and response timeout expired or query ID is invalid"
    assert await call.refused("answerCallbackQuery", callback_query_id=query["id"]) == too_old
    late = ana.presses("Yes")
    clock.time += 16
    assert await call.refused("answerCallbackQuery", callback_query_id=late.id) == too_old


async def test_a_press_on_a_message_deleted_meanwhile_still_arrives(server: BotApiServer, call: CheckedClient) -> None:
    """The message is then an inaccessible one: no text, date 0."""
    ana = server.user("Ana")
    ana.starts()
    await call("sendMessage", chat_id=ana.id, text="Sure?", reply_markup=KEYBOARD)
    message = ana.private.last
    await call("deleteMessage", chat_id=ana.id, message_id=message.id)
    ana.presses("Yes", message=message)
    query = (await call.updates())[-1]["callback_query"]
    assert (query["message"]["date"], query["message"].get("text")) == (0, None)


async def test_reactions_are_those_of_telegram(server: BotApiServer, call: CheckedClient) -> None:
    """✅ is not among them, for bots as for people."""
    ana = server.user("Ana")
    message = ana.starts()
    where = {"chat_id": ana.id, "message_id": message.id}
    await call("setMessageReaction", **where, reaction=[{"type": "emoji", "emoji": "👀"}])
    assert message.reactions[server.bot.id] == ["👀"]
    refused = await call.refused("setMessageReaction", **where, reaction=[{"type": "emoji", "emoji": "✅"}])
    assert refused == "Bad Request: REACTION_INVALID"
    with pytest.raises(ValueError, match="reaction"):
        ana.reacts(message, "✅")


async def test_command_menus_are_kept_per_scope_and_language(server: BotApiServer, call: CheckedClient) -> None:
    """Names are small letters, languages two of them."""
    menu = [{"command": "ajuda", "description": "Pedir ajuda"}]
    where = {"scope": {"type": "all_private_chats"}, "language_code": "pt"}
    await call("setMyCommands", commands=menu, **where)
    assert await call("getMyCommands", **where) == menu
    assert await call("getMyCommands") == []
    assert server.bot.commands == {("all_private_chats", "pt"): menu}
    refused = await call.refused("setMyCommands", commands=[{"command": "Ajuda!", "description": "x"}])
    assert refused == "Bad Request: BOT_COMMAND_INVALID"
    refused = await call.refused("setMyCommands", commands=menu, language_code="pt-BR")
    assert refused == "Bad Request: invalid language code specified"
    await call("deleteMyCommands", **where)
    assert await call("getMyCommands", **where) == []


async def test_the_bot_describes_itself_per_language(call: CheckedClient) -> None:
    """A language without a text of its own shows the general one."""
    await call("setMyDescription", description="Links people")
    await call("setMyDescription", description="Liga pessoas", language_code="pt")
    assert (await call("getMyDescription", language_code="pt"))["description"] == "Liga pessoas"
    assert (await call("getMyDescription", language_code="fr"))["description"] == "Links people"


async def test_methods_and_tokens_that_do_not_exist(server: BotApiServer, session: aiohttp.ClientSession) -> None:
    """404 for an unknown method and a malformed token, 401 for a token that is not or no longer accepted."""
    token, other = server.token, "7000000009:never-given-out-by-anybody-at-all"
    async with BotApiServer(tokens=[token]) as strict:
        for path, status in (
            (f"bot{token}/getMe", 200),
            (f"bot{token}/getCoffee", 404),
            ("botx/getMe", 404),
            (f"bot{other}/getMe", 401),
        ):
            async with session.get(f"{strict.url}/{path}") as response:
                assert (response.status, (await response.json()).get("error_code", 200)) == (status, status)
        strict.revoke()
        assert await CheckedClient(session, strict).refused("getMe") == "Unauthorized"


THINGS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 5),
    st.text(max_size=5),
    st.sampled_from(["1", "[]", "{", "@x", "attach://"]),
)
SHAPES = st.recursive(
    THINGS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["type", "offset", "length", "text", "message_id", "emoji"]), inner, max_size=3
        ),
    ),
    max_leaves=4,
)
NAMES = (
    "chat_id message_id message_ids text entities reply_markup reply_parameters reaction commands scope name url photo"
)


@given(
    st.sampled_from(sorted(METHODS)), st.dictionaries(st.sampled_from(NAMES.split()), SHAPES, max_size=6), st.booleans()
)
def test_no_parameter_upsets_the_server(method: str, values: dict[str, object], known: bool) -> None:
    """Whatever is sent, it is done or refused with a Bot API error."""
    people = People(World(Clock()))
    ana = people.user("Ana")
    ana.starts()
    if known:
        values |= {"chat_id": ana.id, "message_id": 1}
    with suppress(ApiError):
        json.dumps(perform(people.world, people.bot, method, Params(values)))


# --- the text itself ------------------------------------------------------------------------------------------------


def test_a_text_loses_blank_ends_and_characters_that_deceive() -> None:
    """Telegram trims, and drops direction overrides, carriage returns and control characters; entities follow."""
    text, entities = formatted(" \u202ea\r\nb\tc \n", [{"type": "bold", "offset": 5, "length": 1}])
    assert text == "a\nb c"
    assert entities == [{"type": "bold", "offset": 2, "length": 1}]


@given(st.text(), st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=4))
def test_entities_always_fit_the_text_they_belong_to(text: str, places: list[tuple[int, int]]) -> None:
    """Whatever is sent is refused or ends up with entities within the text."""
    said, entities = "", list[Json]()
    with suppress(ApiError):
        said, entities = formatted(text, [{"type": "bold", "offset": o, "length": n} for o, n in places])
    assert all(e["length"] > 0 and 0 <= e["offset"] <= utf16_length(said) - e["length"] for e in entities)


# --- real clients ---------------------------------------------------------------------------------------------------


async def test_python_telegram_bot_works_with_the_server(server: BotApiServer) -> None:
    """A conversation with a file, through its Bot."""
    async with telegram.Bot(server.token, f"{server.url}/bot", f"{server.url}/file/bot") as bot:
        ana = server.user("Ana", "pt")
        ana.sends("voice", body=b"OggS words")
        (update,) = await bot.get_updates(timeout=1)
        assert update.message is not None
        assert update.message.voice is not None
        file = await update.message.voice.get_file()
        assert bytes(await file.download_as_bytearray()) == b"OggS words"
        await bot.send_photo(ana.id, b"\x89PNG", caption="a map", filename="map.png")
        await bot.send_document(ana.id, b"%PDF", filename="paper.pdf", caption="the rules")
        await bot.send_voice(ana.id, b"OggS")
        await bot.send_chat_action(ana.id, "typing")
        with pytest.raises(telegram.error.BadRequest, match="empty"):
            await bot.send_message(ana.id, "\u200b")
    assert [message.text for message in ana.private.from_bot()] == ["a map", "the rules", ""]


async def test_aiogram_works_with_the_server(server: BotApiServer) -> None:
    """The same with the other library."""
    session = AiohttpSession(api=TelegramAPIServer.from_base(server.url))
    async with AiogramBot(server.token, session) as bot:
        ana = server.user("Ana", "pt")
        ana.starts()
        (update,) = await bot.get_updates()
        assert update.message is not None
        await update.message.answer("olá", parse_mode=None)
        assert (await bot.get_me()).username == server.bot.username
    assert ana.private.texts() == ["/start", "olá"]
