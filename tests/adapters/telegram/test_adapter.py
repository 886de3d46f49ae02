"""The account: connecting, files, what `schakel check` finds, and what is kept."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from adapters.telegram import TelegramAdapter
from adapters.telegram.settings import TelegramSettings
from bot.incoming import Added, Message, Raw, Removed
from bot.model import Attachment, Chat, ChatKind, Text
from bot.outgoing import SendText
from bot.pacing import Pacer
from bot.ports import Adapter, Down, NotSent, Refused, Revoked
from tests.adapters.telegram.conftest import ACCOUNT, Inbox, Keeper, adapter_for
from tests.servers.botapi import BotApiServer
from tests.servers.botapi.channels import Channel
from tests.servers.botapi.faults import BadShape, Error, Fault, Hang, Reset, Status
from tests.servers.botapi.limits import FloodLimits

NAME = "schakel_7000000001_bot"


# --- connecting ----------------------------------------------------------------------------------------------------


async def test_the_account_says_its_name_and_its_links(server: BotApiServer, tmp_path: Path) -> None:
    """One opens the private chat, one adds the bot to a group; both carry a payload."""
    adapter: Adapter = adapter_for(server)
    account = await adapter.open(Keeper(tmp_path).home())
    await adapter.close()
    assert account.name == f"@{NAME}"
    ana = server.user("Ana")
    group = server.group("Bairro", [ana])
    ana.follows(account.private_link.replace("{start}", "r_1"))
    assert ana.private.last.text == "/start r_1"
    assert account.group_link is not None
    ana.follows(account.group_link.replace("{start}", "g_1"), group)
    assert group.last.text == f"/start@{NAME} g_1"


async def test_a_link_adds_the_bot_to_a_channel_with_the_rights_it_needs(
    server: BotApiServer, adapter: TelegramAdapter, inbox: Inbox, tmp_path: Path
) -> None:
    """Without the right to post it may as well be gone."""
    other = adapter_for(server)
    account = await other.open(Keeper(tmp_path).home())
    await other.close()
    channel = Channel(server, "Nieuws", server.user("Rui"))
    assert account.channel_link is not None
    channel.adds_bot(account.channel_link)
    channel.allows("can_edit_messages")
    added, removed = await inbox.holds(2)
    assert isinstance(added, Added)
    assert (added.kind, added.title, added.administrator) == (ChatKind.CHANNEL, "Nieuws", True)
    assert isinstance(removed, Removed)
    for right in ("post", "edit", "delete"):
        assert f"{right}_messages" in account.channel_link


async def test_a_webhook_is_removed(server: BotApiServer, tmp_path: Path) -> None:
    """Telegram gives updates to one way only."""
    server.bot.webhook = "https://example.org/hook"
    adapter = adapter_for(server)
    await adapter.open(Keeper(tmp_path).home())
    await adapter.close()
    assert server.bot.webhook == ""


async def test_a_refused_token_is_revoked(server: BotApiServer, tmp_path: Path) -> None:
    """Only when it is refused twice."""
    adapter = adapter_for(server)
    server.faults.add(Error(401, "Unauthorized"), "getMe")
    await adapter.open(Keeper(tmp_path).home())
    await adapter.close()
    server.revoke()
    with pytest.raises(Revoked):
        await adapter.open(Keeper(tmp_path).home())


@pytest.mark.parametrize("fault", [Status(502), Status(403), Reset()], ids=str)
async def test_it_can_be_tried_again_after_a_failure(server: BotApiServer, tmp_path: Path, fault: Fault) -> None:
    """As long as Telegram is down; nothing stays open in between."""
    adapter = adapter_for(server)
    server.faults.add(fault, "getMe")
    with pytest.raises(Down):
        await adapter.open(Keeper(tmp_path).home())
    assert (await adapter.open(Keeper(tmp_path).home())).name == f"@{NAME}"
    await adapter.close()


async def test_connecting_can_be_broken_off(server: BotApiServer, tmp_path: Path) -> None:
    """The program is stopped while Telegram does not answer; nothing stays open."""
    adapter = adapter_for(server)
    hanging = server.faults.add(Hang(), "getMe")
    opening = asyncio.create_task(adapter.open(Keeper(tmp_path).home()))
    await hanging.met()
    opening.cancel()
    await asyncio.wait([opening])
    assert opening.cancelled()
    assert (await adapter.open(Keeper(tmp_path).home())).name == f"@{NAME}"
    await adapter.close()


async def test_before_it_is_open_and_after_nothing_is_sent(server: BotApiServer, tmp_path: Path) -> None:
    """What there is to send can wait."""
    adapter = adapter_for(server)
    action = SendText(Chat(ACCOUNT, "7"), Text("x"), "t")
    with pytest.raises(NotSent):
        await adapter.send(action)
    await adapter.open(Keeper(tmp_path).home())
    await adapter.close()
    await adapter.close()
    with pytest.raises(NotSent):
        await adapter.send(action)
    with pytest.raises(NotSent):
        await adapter.fetch(Attachment("photo", "x"), tmp_path / "x", 2**20)


async def test_the_name_is_remembered_from_the_last_time(server: BotApiServer, tmp_path: Path) -> None:
    """What waits in the inbox is understood while Telegram is down."""
    keeper = Keeper(tmp_path)
    adapter = adapter_for(server)
    await adapter.open(keeper.home())
    await adapter.close()
    await server.stop()
    restarted = adapter_for(server)
    with pytest.raises(Down):
        await restarted.open(keeper.home())
    body = b'{"message":{"message_id":1,"date":1,"chat":{"id":-5,"type":"group"},"from":{"id":7},"text":"/help@%s"}}'
    (event,) = restarted.parse(Raw("1", "-5", body % NAME.encode()))
    assert isinstance(event, Message)
    assert event.text == Text("/help")
    assert restarted.parse(Raw("1", "-5", body % b"another_bot")) == ()


# --- files ---------------------------------------------------------------------------------------------------------


async def test_what_people_send_can_be_fetched(
    server: BotApiServer, adapter: TelegramAdapter, inbox: Inbox, tmp_path: Path
) -> None:
    """Byte for byte."""
    server.user("Ana").sends("voice", body=b"\x00stem\xff")
    (event,) = await inbox.holds(1)
    assert isinstance(event, Message)
    await adapter.fetch(event.attachments[0], tmp_path / "voice", 2**20)
    assert (tmp_path / "voice").read_bytes() == b"\x00stem\xff"


async def test_a_file_that_telegram_does_not_give_is_refused(
    server: BotApiServer, adapter: TelegramAdapter, tmp_path: Path
) -> None:
    """It is unknown, too big, or has no address."""
    with pytest.raises(Refused, match="invalid file_id"):
        await adapter.fetch(Attachment("photo", "?"), tmp_path / "photo", 2**20)
    for fault in (
        Error(400, "Bad Request: file is too big"),
        BadShape(b'{"ok":true,"result":{"file_id":"a","file_unique_id":"b"}}'),
    ):
        server.faults.add(fault, "getFile")
        with pytest.raises(Refused):
            await adapter.fetch(Attachment("photo", "?"), tmp_path / "photo", 2**20)
    assert not (tmp_path / "photo").exists()


async def test_a_download_that_breaks_off_can_be_tried_again(
    server: BotApiServer, adapter: TelegramAdapter, tmp_path: Path
) -> None:
    """Nothing was delivered by it, so nothing is unknown."""
    for fault in (
        Status(502),
        # What it says also while it is limited itself, or its storage is slow: tdlib/telegram-bot-api, issues 32 and 82
        Error(400, "Bad Request: wrong file_id or the file is temporarily unavailable"),
    ):
        server.faults.add(fault, "getFile")
        with pytest.raises(NotSent):
            await adapter.fetch(Attachment("photo", "?"), tmp_path / "photo", 2**20)


# --- checking ------------------------------------------------------------------------------------------------------


async def test_a_bot_that_is_well_has_no_findings(server: BotApiServer) -> None:
    """As @BotFather makes it."""
    assert await adapter_for(server).check() == []


async def test_each_fault_is_named_with_its_remedy(server: BotApiServer) -> None:
    """Nothing is changed by looking."""
    server.bot.webhook = "https://example.org/hook"
    server.bot.privacy = False
    webhook, privacy = await adapter_for(server).check()
    assert "webhook" in webhook
    assert "/setprivacy" in privacy
    assert server.bot.webhook
    server.revoke()
    (token,) = await adapter_for(server).check()
    assert "@BotFather" in token
    await server.stop()
    (unreachable,) = await adapter_for(server).check()
    assert "`api_url`" in unreachable
    assert not any(server.token in said for said in (webhook, privacy, token, unreachable))


async def test_a_group_can_be_inspected_without_connecting(server: BotApiServer) -> None:
    """As `schakel check` does."""
    group = server.group("Bairro")
    group.adds_bot()
    assert await adapter_for(server).inspect(Chat(ACCOUNT, str(group.id)), None) == ("cloud",)


@pytest.mark.parametrize("token", ["geheim", "123456:geheim", "geheim:" + "x" * 35, "123456:" + "é" * 35])
async def test_a_token_that_cannot_be_one_is_named_without_asking_telegram(server: BotApiServer, token: str) -> None:
    """And without repeating it."""
    adapter = TelegramAdapter(ACCOUNT, TelegramSettings(token=SecretStr(token), api_url=server.url))
    (said,) = await adapter.check()
    assert "@BotFather" in said
    assert "geheim" not in said
    assert server.calls == []


def test_settings_have_telegrams_address_and_keep_the_token_to_themselves() -> None:
    """It shows nowhere."""
    settings = TelegramSettings(token=SecretStr(" 1:geheim "), api_url="http://127.0.0.1:8081/")
    assert settings.token.get_secret_value() == "1:geheim"
    assert settings.api_url == "http://127.0.0.1:8081"
    assert TelegramSettings(token=SecretStr("1:geheim")).api_url == "https://api.telegram.org"
    assert "geheim" not in repr(settings)


def test_what_people_write_is_protected_in_the_coordination_room_unless_the_operator_says_otherwise() -> None:
    """Members may forward what they were told, and everybody a notice."""
    assert TelegramSettings(token=SecretStr("1:a")).protected == {"coordination"}
    chosen = TelegramSettings(token=SecretStr("1:a"), protect_content=("organisations", "members"))
    assert chosen.protected == {"organisation", "private"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"token": ""},
        {"token": "1:a", "api_url": "api.telegram.org"},
        {"token": "1:a", "poll_timeout": 0},
        {"token": "1:a", "poll_timeout": 51},
        {"token": "1:a", "tokn": "1:a"},
        {"token": "1:a", "protect_content": ["groups"]},
        {"token": "1:a", "webhook_url": "https://example.org/hook"},
        {"token": "1:a", "webhook_listen": "127.0.0.1:8443"},
        {"token": "1:a", "webhook_url": "http://example.org", "webhook_listen": "127.0.0.1:8443"},
        {"token": "1:a", "webhook_url": "https://example.org:444", "webhook_listen": "127.0.0.1:8443"},
        {"token": "1:a", "webhook_url": "https://example.org:99999", "webhook_listen": "127.0.0.1:8443"},
        {"token": "1:a", "webhook_url": "https://example.org", "webhook_listen": "8443"},
        {"token": "1:a", "webhook_url": "https://example.org", "webhook_listen": "0.0.0.0:8443"},
    ],
)
def test_wrong_settings_are_refused(wrong: dict[str, object]) -> None:
    """Before anything starts."""
    with pytest.raises(ValidationError):
        TelegramSettings.model_validate(wrong)


# --- keeping quiet, keeping pace -----------------------------------------------------------------------------------


async def test_no_words_names_or_tokens_are_logged(
    server: BotApiServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Even when everything else is logged down to the last detail."""
    caplog.set_level(logging.DEBUG)
    ana = server.user("Geheima", username="geheima")
    ana.starts()
    adapter = adapter_for(server)
    await adapter.open(Keeper(tmp_path).home())
    for fault in (None, Reset(), Status(502), Error(400, "Bad Request: geheim")):
        if fault is not None:
            server.faults.add(fault, "sendMessage")
            with pytest.raises(Exception, match=r"."):
                await adapter.send(SendText(Chat(ACCOUNT, str(ana.id)), Text("geheim"), "t"))
        else:
            await adapter.send(SendText(Chat(ACCOUNT, str(ana.id)), Text("geheim"), "t"))
    await adapter.close()
    assert "geheim" not in caplog.text.lower()
    assert server.token.partition(":")[2] not in caplog.text
    assert str(ana.id) not in caplog.text


def test_the_pace_stays_within_what_telegram_allows() -> None:
    """Simulated for a minute and a half: a busy group, a busy private chat, and hundreds of others."""
    limits, pacer, now = FloodLimits(), Pacer(TelegramAdapter.limits), 0.0
    chats = [-1, 1, *range(1000, 1200)]
    sent = 0
    while now < 90:
        busy = set(pacer.busy_chats(now))
        ready = [chat for chat in chats if chat not in busy][: pacer.slots(now)]
        for chat in ready:
            pacer.sent(chat, chat < 0, now)
            assert limits.admit(1, chat, now) is None
            sent += 1
        now += 0.01
    assert sent > 27 * 90
