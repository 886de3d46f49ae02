"""The web network keeps the adapter's contract."""

from __future__ import annotations

import asyncio
import re
import socket
import sqlite3
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from msgspec.structs import replace as changed
from pydantic import ValidationError

from adapters.web import WebAdapter
from adapters.web.history import History
from adapters.web.settings import ChatSettings, PersonSettings, Settings, demo_chats
from bot.configuration.listening import bound
from bot.incoming import Added, Batch, Deleted, Edited, Message, Pinned, Pressed, Raw, Reacted, Unreacted
from bot.model import Chat, ChatKind, Text
from bot.outgoing import (
    AnswerPress,
    Choice,
    EditText,
    JoinChat,
    LeaveChat,
    Outgoing,
    PinMessage,
    Receipt,
    SendReaction,
    SendText,
    SetCommands,
    UnpinMessage,
    Withdraw,
)
from bot.ports import Down, Gone, Home, NotSent, Refused
from tests.adapters.web.conftest import Core, Web, save, web_network

ROOM = Chat("web", "coordination")


async def test_what_people_write_reaches_the_core_once_and_in_order(web: Web, core: Core) -> None:
    async with core.receiving():
        for number in range(30):
            await web.write("group-pt", "joao", f"mensagem {number}")
        events = await core.until(lambda incoming: sum(isinstance(event, Message) for event in incoming) == 30)
    messages = [event for event in events if isinstance(event, Message)]
    assert [message.text.plain for message in messages] == [f"mensagem {number}" for number in range(30)]
    first = messages[0]
    assert first.chat == Chat("web", "group-pt")
    assert first.kind is ChatKind.GROUP
    assert (first.person.id, first.person.name, first.person.language) == ("joao", "João", "pt")
    assert first.at.tzinfo is not None
    assert not first.addressed


async def test_a_new_network_says_that_the_bot_is_in_its_groups(web: Web, core: Core) -> None:
    async with core.receiving():
        events = await core.until(bool)
    added = [event for event in events if isinstance(event, Added)]
    assert [event.chat.id for event in added] == ["coordination", "organisation", "group-pt", "group-ar"]
    assert {event.invited for event in added} == {False}
    assert added[1].title == "Buurthuis De Brug"


async def test_what_the_core_did_not_keep_comes_again(web: Web, core: Core) -> None:
    """The core fails while it takes a batch: nothing after the last cursor counts as received."""

    async def failing(batch: Batch) -> None:
        raise OSError("disk full")

    await web.write("member", "amina", "eerste")
    with pytest.raises(OSError, match="disk full"):
        await web.adapter.receive(None, failing)
    async with core.receiving():
        events = await core.until(lambda incoming: any(isinstance(event, Message) for event in incoming))
    assert [event.text.plain for event in events if isinstance(event, Message)] == ["eerste"]


async def test_what_was_written_while_the_core_was_away_arrives_after_a_restart(tmp_path: Path) -> None:
    async with web_network(tmp_path) as before:
        first = Core(before.adapter)
        async with first.receiving():
            await before.write("member", "amina", "een")
            await first.until(lambda incoming: any(isinstance(event, Message) for event in incoming))
        await before.write("member", "amina", "twee")
    async with web_network(tmp_path) as after:
        second = Core(after.adapter, cursor=first.cursor)
        async with second.receiving():
            events = await second.until(bool)
    assert [event.text.plain for event in events if isinstance(event, Message)] == ["twee"]
    assert not any(isinstance(event, Added) for event in events)


async def test_a_history_begun_anew_never_repeats_a_number_that_the_core_has_seen(tmp_path: Path) -> None:
    """Its folder was lost, the core's database was not: what is written now is still new to the core."""
    then = datetime(2026, 11, 22, tzinfo=UTC)

    def first_events(file: str, now: datetime) -> list[int]:
        history = History(tmp_path / file, lambda: now)
        history.begin(demo_chats())
        numbers = [int(event.id) for event in history.events_after(0, 100)]
        history.close()
        return numbers

    assert max(first_events("lost.db", then)) < min(first_events("new.db", then + timedelta(days=1)))


async def test_events_that_the_core_has_are_forgotten_after_a_day(tmp_path: Path) -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    history = History(tmp_path / "history.db", lambda: now)
    history.begin(demo_chats())
    first, second, *_ = history.events_after(0, 100)
    now += timedelta(hours=23)
    history.forget_events(int(first.id))
    assert history.events_after(0, 1) == (first,)
    now += timedelta(hours=2)
    history.forget_events(int(first.id))
    assert history.events_after(0, 1) == (second,)
    history.close()


async def test_they_are_forgotten_also_while_it_runs_for_months(tmp_path: Path) -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC)

    def words() -> str:
        with closing(sqlite3.connect(tmp_path / "history.db")) as db:
            return " ".join(str(body) for (body,) in db.execute("SELECT body FROM event"))

    async with web_network(tmp_path, clock=lambda: now) as web:
        core = Core(web.adapter)
        async with core.receiving():
            await web.write("member", "amina", "geheim")
            await core.until(lambda incoming: any(isinstance(event, Message) for event in incoming))
            assert "geheim" in words()
            now += timedelta(hours=25)
            await web.write("member", "amina", "later")
            await core.until(lambda incoming: sum(isinstance(event, Message) for event in incoming) == 2)
            assert "geheim" not in words()
            assert "later" in words()


async def test_a_message_in_a_thread_that_answers_another_says_so(web: Web, core: Core) -> None:
    card = await web.say("coordination", "K1 · eten")
    note = await web.write("coordination", "wim", "Ik bel", thread=int(card))
    async with core.receiving():
        await web.write("coordination", "leila", "!r Dank u", thread=int(note), reply_to=int(note))
        events = await core.until(lambda incoming: sum(isinstance(event, Message) for event in incoming) == 2)
    message = events[-1]
    assert isinstance(message, Message)
    assert (message.thread, message.reply_to) == (card, note)


async def test_the_private_link_starts_the_members_chat_with_its_payload(web: Web, core: Core) -> None:
    link = web.account.private_link.format(start="g-12_pt")
    assert link == f"{web.adapter.address}?start=g-12_pt#member"
    async with core.receiving():
        answer = await web.post("member", "starts", person="amina", start="g-12_pt", deed="d")
        assert answer.status_code == 200
        events = await core.until(lambda incoming: any(isinstance(event, Message) for event in incoming))
    message = events[-1]
    assert isinstance(message, Message)
    assert (message.start, message.kind, message.person.id) == ("g-12_pt", ChatKind.PRIVATE, "amina")


async def test_edits_deletions_reactions_and_presses_reach_the_core(web: Web, core: Core) -> None:
    asked = await web.say("coordination", "K1?", choices=((Choice("c1", "Neem op"),),))
    mine = await web.write("coordination", "wim", "ik")
    async with core.receiving():
        await web.post("coordination", "edits", person="wim", message=int(mine), text="wij")
        await web.post("coordination", "reactions", person="leila", message=int(asked), emoji="✅", on=True)
        await web.post("coordination", "reactions", person="leila", message=int(asked), emoji="✅", on=False)
        press = await web.press("coordination", "leila", asked, "c1", "a page")
        await web.post("coordination", "withdrawals", person="wim", message=int(mine))
        events = await core.until(lambda incoming: any(isinstance(event, Deleted) for event in incoming))
    edited, reacted, unreacted, pressed, deleted = events[-5:]
    assert isinstance(edited, Edited)
    assert (edited.id, edited.text.plain) == (mine, "wij")
    assert isinstance(reacted, Reacted)
    assert (reacted.message, reacted.key, reacted.person.id) == (asked, "✅", "leila")
    assert isinstance(unreacted, Unreacted)
    assert (unreacted.message, unreacted.key, unreacted.person) == (asked, "✅", reacted.person)
    assert isinstance(pressed, Pressed)
    assert (pressed.message, pressed.choice, pressed.press) == (asked, "c1", press)
    assert isinstance(deleted, Deleted)
    assert deleted.id == mine


async def test_a_repeated_request_of_a_page_says_nothing_twice(web: Web, core: Core) -> None:
    async with core.receiving():
        for _ in range(3):
            answer = await web.post("member", "messages", person="amina", text="hulp", deed="the same")
            assert answer.status_code == 200
        await web.write("member", "amina", "einde")
        events = await core.until(lambda incoming: sum(isinstance(event, Message) for event in incoming) >= 2)
    assert [event.text.plain for event in events if isinstance(event, Message)] == ["hulp", "einde"]


async def test_the_same_transaction_has_its_effect_once_even_after_a_restart(tmp_path: Path) -> None:
    said = SendText(ROOM, Text("K1"), "t1")
    async with web_network(tmp_path) as before:
        receipt = await before.adapter.send(said)
        assert receipt.message is not None
        first = EditText(ROOM, receipt.message, Text("K1 · open"), "t2")
        await before.adapter.send(first)
        await before.adapter.send(EditText(ROOM, receipt.message, Text("K1 · closed"), "t3"))
    async with web_network(tmp_path) as after:
        assert await after.adapter.send(said) == receipt
        await after.adapter.send(first)
        page = (await after.http.get("/")).text
    assert page.count("K1 · ") == 1
    assert "K1 · closed" in page


async def test_what_was_withdrawn_is_gone_from_the_page_and_from_the_file(tmp_path: Path) -> None:
    async with web_network(tmp_path) as web:
        message = await web.say("group-pt", "N1: uma-palavra-secreta")
        answer = await web.write("group-pt", "marta", "Onde?", reply_to=int(message))
        for _ in range(2):
            await web.adapter.send(Withdraw(Chat("web", "group-pt"), message, "w"))
        page = (await web.http.get("/")).text
        assert "uma-palavra-secreta" not in page
        assert page.count("Esta mensagem foi retirada.") == 2  # in its place, and where it was answered
        assert f'id="m{answer}"' in page
    assert b"uma-palavra-secreta" not in (tmp_path / "history.db").read_bytes()


def top(page: str, room: str) -> list[str]:
    """What stands at the top of a room, as the words of its lines."""
    [pins] = re.findall(rf'id="{room}".*?<nav class="pins"(.*?)</nav>', page, re.DOTALL)
    return re.findall(r'<span dir="auto">(.*?)</span>', pins)


async def test_what_is_pinned_stands_at_the_top_the_newest_first(web: Web) -> None:
    """Under the words that it has now; whoever pins or unpins twice has done it once."""
    group = Chat("web", "group-pt")
    notice, other = await web.say("group-pt", "N1"), await web.write("group-pt", "joao", "Olá")
    for message in (notice, other, notice):
        assert await web.adapter.send(PinMessage(group, message)) == Receipt()
    assert top((await web.http.get("/")).text, "group-pt") == ["Olá", "N1"]
    await web.change("group-pt", notice, "N1: amanhã")
    assert top((await web.http.get("/")).text, "group-pt") == ["Olá", "N1: amanhã"]
    for _ in range(2):
        assert await web.adapter.send(UnpinMessage(group, other)) == Receipt()
    assert top((await web.http.get("/")).text, "group-pt") == ["N1: amanhã"]
    await web.adapter.send(Withdraw(group, notice, "w"))
    assert await web.adapter.send(UnpinMessage(group, notice)) == Receipt()
    assert top((await web.http.get("/")).text, "group-pt") == []


async def test_what_people_pin_and_unpin_reaches_the_core_once(web: Web, core: Core) -> None:
    message = await web.say("group-ar", "N1")
    async with core.receiving():
        for on in (True, True, False, False):
            answer = await web.post("group-ar", "pins", person="yusuf", message=int(message), on=on)
            assert answer.status_code == 200
        await web.write("group-ar", "hanan", "شكرًا")
        events = await core.until(lambda incoming: any(isinstance(event, Message) for event in incoming))
    pinned = [event for event in events if isinstance(event, Pinned)]
    assert [(event.chat.id, event.message, event.pinned) for event in pinned] == [
        ("group-ar", message, True),
        ("group-ar", message, False),
    ]


async def test_nobody_pins_in_private_or_what_is_not_there(web: Web) -> None:
    message = await web.say("member", "K1")
    assert (await web.post("member", "pins", person="amina", message=int(message), on=True)).status_code == 400
    assert (await web.post("group-pt", "pins", person="joao", message=int(message), on=True)).status_code == 404
    assert (await web.post("group-pt", "pins", person="yusuf", message=int(message), on=True)).status_code == 403


async def test_a_pin_outlives_a_restart(tmp_path: Path) -> None:
    async with web_network(tmp_path) as before:
        await before.adapter.send(PinMessage(Chat("web", "group-pt"), await before.say("group-pt", "N1")))
    async with web_network(tmp_path) as after:
        assert top((await after.http.get("/")).text, "group-pt") == ["N1"]


@pytest.mark.parametrize("version", [1, 2])
async def test_the_memory_of_an_older_version_is_read(tmp_path: Path, version: int) -> None:
    """What was said stands there; files and pins are possible from now on."""
    async with web_network(tmp_path) as before:
        message = await before.say("group-pt", "de antes")
    with closing(sqlite3.connect(tmp_path / "history.db")) as db:
        db.execute("DROP INDEX message_by_pin")
        db.execute("ALTER TABLE message DROP COLUMN pinned")
        if version == 1:
            db.execute("ALTER TABLE message DROP COLUMN file")
        db.execute(f"PRAGMA user_version = {version}")
    async with web_network(tmp_path) as after:
        await after.adapter.send(PinMessage(Chat("web", "group-pt"), message))
        assert top((await after.http.get("/")).text, "group-pt") == ["de antes"]


@pytest.mark.parametrize(
    ("action", "error"),
    [
        (SendText(Chat("web", "nowhere"), Text("x"), "t"), Gone),
        (SendText(ROOM, Text(" \n"), "t"), Refused),
        (SendText(ROOM, Text("🙂" * 10_001), "t"), Refused),
        (SendText(ROOM, Text("x"), "t", thread="12"), Refused),
        (SendText(ROOM, Text("x"), "t", thread="not-a-number"), Refused),
        (EditText(ROOM, "12", Text("x"), "t"), Refused),
        (Withdraw(ROOM, "12", "t"), Refused),
        (SendReaction(ROOM, "12", "✅", "t"), Refused),
        (PinMessage(ROOM, "12"), Refused),
        (UnpinMessage(ROOM, "not-a-number"), Refused),
        (AnswerPress(ROOM, "12", "x"), Refused),
        (AnswerPress(ROOM, "²", "x"), Refused),
    ],
)
async def test_what_cannot_be_done_is_refused_with_its_kind(web: Web, action: Outgoing, error: type[Exception]) -> None:
    with pytest.raises(error):
        await web.adapter.send(action)


async def test_the_longest_text_arrives_whole(web: Web) -> None:
    text = "🙂" * (WebAdapter.limits.text // 2)
    await web.say("member", text)
    assert text in (await web.http.get("/")).text


async def test_only_what_is_ours_is_edited_or_withdrawn(web: Web) -> None:
    theirs = await web.write("coordination", "wim", "van mij")
    for action in (EditText(ROOM, theirs, Text("x"), "t1"), Withdraw(ROOM, theirs, "t2")):
        with pytest.raises(Refused):
            await web.adapter.send(action)


async def test_an_answer_to_what_is_gone_is_still_said(web: Web) -> None:
    receipt = await web.adapter.send(SendText(ROOM, Text("antwoord"), "t", reply_to="12"))
    assert receipt.message is not None


async def test_a_chat_that_the_bot_left_is_out_of_reach_until_it_is_invited_and_joins(web: Web, core: Core) -> None:
    await web.adapter.send(LeaveChat(ROOM))
    with pytest.raises(Gone):
        await web.say("coordination", "hallo?")
    await web.write("coordination", "wim", "onder ons")
    async with core.receiving():
        await web.post("coordination", "invitations", person="wim")
        events = await core.until(
            lambda incoming: any(isinstance(event, Added) and event.invited for event in incoming)
        )
    assert not any(isinstance(event, Message) for event in events)
    await web.adapter.send(JoinChat(ROOM))
    await web.say("coordination", "hallo!")


async def test_the_command_menu_is_in_the_chats_language_else_the_general_one(web: Web) -> None:
    for language, text in ((None, "general"), ("pt", "em português")):
        await web.adapter.send(SetCommands("web", "groups", language, (("lang", text),)))
    assert (await web.http.get("/api/chats/group-pt/commands")).json() == [["lang", "em português"]]
    assert (await web.http.get("/api/chats/group-ar/commands")).json() == [["lang", "general"]]
    assert (await web.http.get("/api/chats/member/commands")).json() == []


async def test_a_room_shows_its_own_command_menu_until_it_is_taken_away(web: Web) -> None:
    general = SetCommands("web", "groups", None, (("lang", "general"),))
    own = SetCommands("web", "room", None, (("claim", "de kamer"),), ROOM)
    for menu in (general, own):
        await web.adapter.send(menu)
    assert (await web.http.get("/api/chats/coordination/commands")).json() == [["claim", "de kamer"]]
    await web.adapter.send(changed(own, commands=()))
    assert (await web.http.get("/api/chats/coordination/commands")).json() == [["lang", "general"]]


async def test_a_raw_event_that_is_none_of_ours_cannot_be_parsed(web: Web) -> None:
    for body in (b"", b"{}", b'{"what":"said"}', b"\xff", b"[1]"):
        with pytest.raises(ValueError, match="not an event"):
            web.adapter.parse(Raw("1", "member", body))


async def test_a_mention_addresses_the_bot(web: Web, core: Core) -> None:
    async with core.receiving():
        await web.write("group-pt", "joao", "@Schakel, que horas?")
        events = await core.until(lambda incoming: any(isinstance(event, Message) for event in incoming))
    assert isinstance(events[-1], Message)
    assert events[-1].addressed


async def test_an_address_that_is_taken_is_down(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        adapter = WebAdapter("web", Settings(listen=f"127.0.0.1:{taken.getsockname()[1]}"))
        with pytest.raises(Down):
            await adapter.open(Home(tmp_path, None, save))


async def test_closing_ends_the_pages_that_listen_and_receiving(tmp_path: Path) -> None:
    """Stopping takes no longer than the slowest page, and leaves the address free."""
    async with web_network(tmp_path) as web, web.events() as stream:
        receiving = asyncio.create_task(web.adapter.receive(None, Core(web.adapter).deliver))
        port = httpx.URL(web.adapter.address).port
        assert port is not None
        async with asyncio.timeout(5):
            await web.adapter.close()
            with pytest.raises(Down):
                await receiving
            with suppress(httpx.RemoteProtocolError):
                assert [line async for line in stream.lines if line] == []
        bound("127.0.0.1", port).close()
        with pytest.raises(NotSent):
            await web.say("member", "te laat")


@pytest.mark.parametrize("listen", ["8080", "127.0.0.1", "127.0.0.1:99999", "127.0.0.1:x", "0.0.0.0:8080", "[::]:80"])
def test_an_address_that_is_none_or_that_others_could_reach_is_refused(listen: str) -> None:
    with pytest.raises(ValidationError):
        Settings(listen=listen)


def test_listening_for_others_takes_a_second_word() -> None:
    assert Settings(listen="0.0.0.0:8080", open_to_network=True).host == "0.0.0.0"
    assert Settings(listen="[::1]:8080").host == "::1"


def test_chats_have_ids_of_their_own_and_a_private_chat_one_member() -> None:
    two = tuple(PersonSettings(id=name, name=name) for name in ("a", "b"))
    with pytest.raises(ValidationError):
        ChatSettings(id="m", kind="private", title="M", members=two)
    chat = ChatSettings(id="m", kind="group", title="M", members=two)
    with pytest.raises(ValidationError):
        Settings(chats=(chat, chat))
