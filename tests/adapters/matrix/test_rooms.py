"""Messages both ways in real rooms, plain and encrypted."""

from __future__ import annotations

import asyncio
from urllib.parse import quote

import pytest
from msgspec.structs import replace as changed
from nio import RoomGetStateEventResponse

from adapters.matrix import MatrixAdapter
from bot.incoming import Added, Deleted, Echo, Edited, Joined, Left, MovedChat, Pinned, Reacted, Removed, Renamed
from bot.model import ChatKind, Span, SpanKind, Text
from bot.outgoing import (
    THERE,
    Choice,
    EditText,
    InspectChat,
    JoinChat,
    LeaveChat,
    LookFor,
    PinMessage,
    Receipt,
    SendReaction,
    SendText,
    TakeReaction,
    UnpinMessage,
    Withdraw,
)
from bot.ports import Gone, Moved, Refused
from tests.adapters.matrix.conftest import ACCOUNT, Core
from tests.servers.matrixuser import MatrixUser
from tests.servers.synapse import Synapse

pytestmark = pytest.mark.synapse


async def room_with(core: Core, person: MatrixUser, encrypted: bool, name: str | None = "Neighbours") -> str:
    room = await person.create_room(core.user, name=name, encrypted=encrypted)
    await core.joins(room)
    await person.wait(lambda: core.user in person.members(room))
    return room


async def test_messages_go_both_ways(core: Core, maria: MatrixUser, encrypted: bool) -> None:
    """What a person writes arrives with its writer and its room; what the bot says is readable in the app."""
    room = await room_with(core, maria, encrypted)
    written = await maria.say(room, "Olá 👋 ajuda?")
    heard = await core.hears(room, "Olá 👋 ajuda?")
    assert (heard.id, heard.person.id, heard.kind, heard.title) == (written, maria.id, ChatKind.GROUP, "Neighbours")

    said = await core.says(room, "Bom dia", "t1")
    seen = await maria.sees(room, "Bom dia")
    assert (seen.id, seen.sender, seen.type) == (said, core.user, "m.notice")
    echo = await core.gets(Echo, room)
    assert (echo.transaction, echo.message) == ("t1", said)
    assert maria.undecrypted == set()


async def test_a_bare_room_with_one_person_is_private(core: Core, maria: MatrixUser, encrypted: bool) -> None:
    """A direct chat is private; what was written in it before the bot had joined is not lost."""
    room = await maria.create_room(core.user, direct=True, encrypted=encrypted)
    await maria.say(room, "Preciso de ajuda")
    invited = await core.gets(Added, room)
    assert (invited.invited, invited.kind, invited.person.id) == (True, ChatKind.PRIVATE, maria.id)
    await core.joins(room)
    heard = await core.hears(room, "Preciso de ajuda")
    assert heard.kind is ChatKind.PRIVATE
    joined = await core.gets(Added, room, lambda added: not added.invited)
    assert joined.person.id == maria.id


async def test_a_third_person_ends_privacy(core: Core, maria: MatrixUser, ahmed: MatrixUser) -> None:
    """A direct chat to which somebody else is invited is a group from then on, whatever it is called."""
    room = await maria.create_room(core.user, direct=True)
    await core.joins(room)
    await maria.invite(room, ahmed.id)
    await maria.say(room, "Look, Ahmed")
    assert (await core.hears(room, "Look, Ahmed")).kind is ChatKind.GROUP


async def test_history_from_before_the_bot_came_is_not_heard(core: Core, maria: MatrixUser, encrypted: bool) -> None:
    """In a group only what is said after the bot has joined is its business."""
    room = await maria.create_room(core.user, name="Neighbours", encrypted=encrypted)
    await maria.say(room, "before")
    await core.joins(room)
    await maria.say(room, "after")
    await core.hears(room, "after")
    assert core.said(room) == ["after"]


async def test_edits_reactions_threads_and_redactions_arrive(core: Core, maria: MatrixUser, encrypted: bool) -> None:
    """Whatever a person does to a message is told with the message's id."""
    room = await room_with(core, maria, encrypted)
    root = await maria.say(room, "root")
    threaded = await maria.say(room, "in the thread", thread=root)
    replied = await maria.say(room, "a reply in the thread", thread=root, reply_to=threaded)
    plainly = await maria.say(room, "a plain reply", reply_to=root)
    await maria.edit(room, root, "root, corrected")
    await maria.react(room, root, "✅")
    await maria.redact(room, threaded)

    edited = await core.gets(Edited, room)
    assert (edited.id, edited.text.plain, edited.person.id) == (root, "root, corrected", maria.id)
    reacted = await core.gets(Reacted, room)
    assert (reacted.message, reacted.key, reacted.person.id) == (root, "✅", maria.id)
    assert (await core.gets(Deleted, room)).id == threaded
    where = {m.id: (m.thread, m.reply_to) for m in core.messages(room)}
    assert where == {
        root: (None, None),
        threaded: (root, None),
        replied: (root, threaded),
        plainly: (None, root),
    }


async def test_the_bot_edits_reacts_threads_and_withdraws(core: Core, maria: MatrixUser, encrypted: bool) -> None:
    """People's apps show what the bot does to its messages."""
    room = await room_with(core, maria, encrypted)
    chat = core.chat(room)
    root = await maria.say(room, "root")
    await core.hears(room, "root")
    card = await core.says(room, "card", "t1")
    in_thread = await core.says(room, "in the thread", "t2", thread=root)
    reply = await core.says(room, "a reply", "t3", reply_to=root)
    gone = await core.says(room, "a mistake", "t4")
    await core.adapter.send(EditText(chat, card, Text("card, claimed", (Span(0, 4, SpanKind.BOLD),)), "t5"))
    await core.adapter.send(SendReaction(chat, root, "👀", "t6"))
    await core.adapter.send(Withdraw(chat, gone, "t7"))

    await maria.wait(lambda: any(m.redacted for m in maria.seen(room)))
    seen = {m.id: m for m in maria.seen(room)}
    assert (seen[card].body, seen[card].html) == ("card, claimed", "<strong>card</strong>, claimed")
    assert (seen[in_thread].thread, seen[in_thread].reply_to) == (root, None)
    assert (seen[reply].thread, seen[reply].reply_to) == (None, root)
    assert (seen[gone].body, seen[gone].redacted) == ("", True)
    assert seen[root].reactions == [(core.user, "👀")]
    assert maria.undecrypted == set()


async def test_what_belongs_into_a_thread_that_is_deleted_stands_in_the_room(
    synapse: Synapse, core: Core, maria: MatrixUser, encrypted: bool
) -> None:
    """A homeserver that keeps nothing for long takes no more of a thread whose first message is gone: what somebody
    needs to read must be there all the same, in reply to what it answers."""
    room = await room_with(core, maria, encrypted)
    card = await core.says(room, "card", "t1")
    last = [await maria.say(room, f"message {number}") for number in range(12)][-1]
    await core.hears(room, "message 11")
    await asyncio.to_thread(synapse.purge, room, last)
    words = SendText(core.chat(room), Text("more words"), "t2", thread=card)
    receipts = [await core.adapter.send(action) for action in (words, changed(words, transaction="t3", reply_to=last))]
    assert all(receipt.message and receipt.elsewhere for receipt in receipts)
    await maria.wait(lambda: maria.seen(room)[-1].reply_to == last)
    assert [(m.body, m.thread, m.reply_to) for m in maria.seen(room)[-2:]] == [
        ("more words", None, None),
        ("more words", None, last),
    ]
    assert (await core.adapter.send(words)).message == receipts[0].message  # and it does so once


async def test_what_people_pinned_is_unpinned(core: Core, maria: MatrixUser) -> None:
    """That message alone, as often as it is asked; where it may not, the bot says so and everything stays."""
    room = await room_with(core, maria, False)
    chat, notice = core.chat(room), await core.says(room, "notice", "t1")
    await core.adapter.send(UnpinMessage(chat, notice))  # nothing ever was pinned
    other = await maria.say(room, "rules")
    await maria.pin(room, other, notice)
    with pytest.raises(Refused):
        await core.adapter.send(UnpinMessage(chat, notice))
    assert await maria.pinned(room) == [other, notice]
    await maria.makes_moderator(room, core.user)
    for _ in range(2):
        await core.adapter.send(UnpinMessage(chat, notice))
    assert await maria.pinned(room) == [other]


async def test_the_bot_pins_what_it_may(core: Core, maria: MatrixUser) -> None:
    """Beside what people have pinned; where it may not, it is refused and all stays."""
    room = await room_with(core, maria, False)
    rules, pinning = await maria.say(room, "rules"), PinMessage(core.chat(room), await core.says(room, "news", "t1"))
    await maria.pin(room, rules)
    with pytest.raises(Refused):
        await core.adapter.send(pinning)
    await maria.makes_moderator(room, core.user)
    for _ in range(2):
        await core.adapter.send(pinning)
    assert await maria.pinned(room) == [rules, pinning.message]


async def test_what_a_person_pins_and_unpins_is_told(core: Core, maria: MatrixUser, encrypted: bool) -> None:
    """One by one, though the room has one list; what the bot itself does there is no news."""
    room = await room_with(core, maria, encrypted)
    rules, news = await maria.say(room, "rules"), await maria.say(room, "news")
    await maria.pin(room, rules)
    await core.gets(Pinned, room, lambda pinned: pinned.message == rules)
    await maria.makes_moderator(room, core.user)
    await core.adapter.send(PinMessage(core.chat(room), await core.says(room, "our own", "t1")))
    await maria.pin(room, news)
    await core.gets(Pinned, room, lambda pinned: pinned.message == news)
    told = [(e.message, e.pinned) for e in core.events if isinstance(e, Pinned)]
    ours = next(message for message, _ in told if message not in (rules, news))
    assert told == [(rules, True), (rules, False), (ours, False), (news, True)]


async def test_a_reaction_sent_twice_succeeds_twice(core: Core, maria: MatrixUser) -> None:
    """The homeserver refuses the second one under another transaction id: it stands there, which is what was wanted."""
    room = await room_with(core, maria, encrypted=False)
    root = await maria.say(room, "root")
    first = await core.adapter.send(SendReaction(core.chat(room), root, "👀", "t1"))
    assert await core.adapter.send(SendReaction(core.chat(room), root, "👀", "t2")) == first
    await maria.wait(lambda: maria.seen(room)[-1].reactions)
    assert maria.seen(room)[-1].reactions == [(core.user, "👀")]


@pytest.mark.parametrize("known", [True, False], ids=["by its id", "by what it is"])
async def test_the_bot_takes_its_reaction_back(core: Core, maria: MatrixUser, encrypted: bool, known: bool) -> None:
    """That one, and nobody else's; as often as it is asked."""
    room = await room_with(core, maria, encrypted)
    root = await maria.say(room, "root")
    await maria.react(room, root, "👀")
    await core.adapter.send(SendReaction(core.chat(room), root, "❤", "t1"))
    receipt = await core.adapter.send(SendReaction(core.chat(room), root, "👀", "t2"))
    for transaction in ("t3", "t4"):
        taking = TakeReaction(core.chat(room), root, "👀", transaction, receipt.message if known else None)
        await core.adapter.send(taking)
    await maria.wait(lambda: any(e["type"] == "m.room.redaction" for e in maria.events[room]))
    gone = [e.get("redacts") or e["content"]["redacts"] for e in maria.events[room] if e["type"] == "m.room.redaction"]
    assert set(gone) == {receipt.message}


async def test_a_reaction_that_is_taken_back_names_itself(core: Core, maria: MatrixUser, encrypted: bool) -> None:
    """Which message it was to only the core can know: the homeserver does not say any more."""
    room = await room_with(core, maria, encrypted)
    reaction = await maria.react(room, await maria.say(room, "root"), "👍")
    assert (await core.gets(Reacted, room)).id == reaction
    await maria.redact(room, reaction)
    deleted = await core.gets(Deleted, room)
    assert (deleted.id, deleted.person and deleted.person.id) == (reaction, maria.id)


async def test_a_new_name_of_the_room_is_told(core: Core, maria: MatrixUser, encrypted: bool) -> None:
    room = await room_with(core, maria, encrypted)
    await maria.client.room_put_state(room, "m.room.name", {"name": "Neighbours & friends"})
    renamed = await core.gets(Renamed, room)
    assert (renamed.title, renamed.kind) == ("Neighbours & friends", ChatKind.GROUP)


async def test_a_command_in_a_room_keeps_what_it_answers(core: Core, maria: MatrixUser, encrypted: bool) -> None:
    """In a thread as well: without it nobody could say which message is meant."""
    room = await room_with(core, maria, encrypted)
    root = await maria.say(room, "root")
    below = await maria.say(room, "below", thread=root)
    await maria.say(room, "!delete", reply_to=root)
    await maria.say(room, "!delete this", thread=root, reply_to=below)
    plainly, threaded = [await core.hears(room, words) for words in ("!delete", "!delete this")]
    assert (plainly.thread, plainly.reply_to, plainly.addressed) == (None, root, True)
    assert (threaded.thread, threaded.reply_to, threaded.addressed) == (root, below, True)


async def test_choices_are_a_numbered_list_with_reactions(core: Core, maria: MatrixUser, encrypted: bool) -> None:
    """Choices can be typed or pressed; links are links; what the bot presses itself is no event for the core."""
    room = await room_with(core, maria, encrypted)
    rows = ((Choice("a", "Food"), Choice("b", "Shelter")), (Choice("", "Help", "https://example.org/help"),))
    question = await core.adapter.send(SendText(core.chat(room), Text("What is it?"), "t1", rows))
    seen = await maria.wait(lambda: next((m for m in maria.seen(room) if len(m.reactions) == 2), None))
    assert seen.id == question.message
    assert seen.body == "What is it?\n\n1. Food\n2. Shelter\nHelp (https://example.org/help)"
    assert seen.html == 'What is it?<br><br>1. Food<br>2. Shelter<br><a href="https://example.org/help">Help</a>'
    assert seen.reactions == [(core.user, "1️⃣"), (core.user, "2️⃣")]

    await maria.react(room, seen.id, "2️⃣")
    reacted = await core.gets(Reacted, room)
    assert (reacted.message, reacted.key) == (question.message, "2️⃣")
    assert [e.transaction for e in core.events if isinstance(e, Echo)] == ["t1"]


async def test_being_put_out_of_a_room_is_told(core: Core, maria: MatrixUser, encrypted: bool) -> None:
    """A kick ends the chat: the core is told, and writing there says that it is gone."""
    room = await room_with(core, maria, encrypted)
    await maria.say(room, "last words")
    await maria.kick(room, core.user)
    await core.gets(Removed, room)
    assert core.said(room) == ["last words"]
    with pytest.raises(Gone):
        await core.says(room, "hello?", "t1")


async def test_a_room_that_is_deleted_is_gone(synapse: Synapse, core: Core, maria: MatrixUser) -> None:
    """Whoever runs the homeserver can do that."""
    room = await room_with(core, maria, encrypted=False)
    await asyncio.to_thread(synapse.administer, "DELETE", f"/v2/rooms/{quote(room)}", {"block": True, "purge": False})
    await core.gets(Removed, room)
    with pytest.raises(Gone):
        await core.says(room, "hello?", "t1")


async def test_an_invitation_can_be_taken_back_and_given_again(core: Core, maria: MatrixUser) -> None:
    """Each invitation is an event of its own; one that was withdrawn is a removal."""
    room = await maria.create_room(core.user, name="Neighbours")
    await core.gets(Added, room)
    await maria.kick(room, core.user)
    await core.gets(Removed, room)
    await maria.invite(room, core.user)
    await core.wait(lambda: [type(e) for e in core.events if e.chat.id == room] == [Added, Removed, Added])


async def test_leaving_a_room_is_final(core: Core, maria: MatrixUser) -> None:
    """Leaving works twice; writing afterwards says that the chat is gone."""
    room = await room_with(core, maria, encrypted=False)
    await core.adapter.send(LeaveChat(core.chat(room)))
    await core.adapter.send(LeaveChat(core.chat(room)))
    await maria.wait(lambda: core.user not in maria.members(room))
    with pytest.raises(Gone):
        await core.says(room, "hello?", "t1")


async def test_a_room_without_invitation_refuses(core: Core, maria: MatrixUser) -> None:
    """Joining where one is not invited, or where there is no room, is refused."""
    room = await maria.create_room()
    for nowhere in (room, "!nowhere:localhost", "#nowhere:localhost", "nonsense"):
        with pytest.raises(Refused):
            await core.adapter.send(JoinChat(core.chat(nowhere)))


async def test_a_silenced_bot_is_refused_but_not_gone(core: Core, maria: MatrixUser) -> None:
    """Who may not write is still in the room, and is told what it needs."""
    room = await room_with(core, maria, encrypted=False)
    levels = {"events_default": 50}
    await maria.client.room_put_state(room, "m.room.power_levels", levels)
    with pytest.raises(Refused, match="power"):
        await core.says(room, "hello?", "t1")


async def test_an_upgraded_room_moves(core: Core, maria: MatrixUser) -> None:
    """The new room's id is told; an invitation brings the bot there."""
    room = await room_with(core, maria, encrypted=False)
    new = await maria.upgrade(room)
    assert (await core.gets(MovedChat, room)).to == core.chat(new)
    with pytest.raises(Refused):
        await core.adapter.send(JoinChat(core.chat(new)))
    await maria.invite(new, core.user)
    await core.joins(new)
    await core.says(new, "here we are", "t1")
    await maria.sees(new, "here we are")


async def test_the_bot_is_in_a_room_that_lets_it_in_before_anybody_hears_of_it(core: Core, maria: MatrixUser) -> None:
    """What is said there goes out at once; and what was said into the old room meanwhile is to go there."""
    room = await room_with(core, maria, encrypted=False)
    await maria.client.room_put_state(room, "m.room.join_rules", {"join_rule": "public"})
    new = await maria.upgrade(room)
    with pytest.raises(Moved) as moved:
        await core.says(room, "on its way", "t1")
    assert moved.value.to == new
    await core.says(new, "on its way", "t1")
    await core.gets(MovedChat, room)
    await maria.sees(new, "on its way")


async def test_a_ban_ends_the_chat(core: Core, maria: MatrixUser, encrypted: bool) -> None:
    room = await room_with(core, maria, encrypted)
    await maria.client.room_ban(room, core.user)
    await core.gets(Removed, room)
    for action in (SendText(core.chat(room), Text("hello?"), "t1"), SendReaction(core.chat(room), "$e", "👍", "t2")):
        with pytest.raises(Gone):
            await core.adapter.send(action)
    with pytest.raises(Refused):
        await core.adapter.send(JoinChat(core.chat(room)))


async def test_a_new_member_can_read_at_once(core: Core, maria: MatrixUser, ahmed: MatrixUser) -> None:
    """Who joins an encrypted room gets the key for the very next message."""
    room = await room_with(core, maria, encrypted=True)
    await core.says(room, "among two", "t1")
    await maria.invite(room, ahmed.id)
    await ahmed.wait(lambda: room in ahmed.invited_to())
    await ahmed.join(room)
    await ahmed.say(room, "I am here")
    await core.hears(room, "I am here")
    await core.says(room, "welcome", "t2")
    await ahmed.sees(room, "welcome")


async def test_many_messages_at_once_are_all_readable(core: Core, maria: MatrixUser) -> None:
    """Sends side by side in one room, from the first on, share a key that everybody gets; after 100 it is another."""
    room = await room_with(core, maria, encrypted=True)
    words = [f"message {n}" for n in range(105)]
    async with asyncio.TaskGroup() as group:
        for number, text in enumerate(words):
            group.create_task(core.says(room, text, f"t{number}"))
    await maria.wait(lambda: len(maria.seen(room)) == len(words))
    assert sorted(maria.bodies(room)) == sorted(words)
    assert maria.undecrypted == set()


async def test_a_cancelled_send_goes_on(core: Core, maria: MatrixUser, encrypted: bool) -> None:
    """Whoever gives up waiting for a send neither stops it nor blocks the room."""
    room = await room_with(core, maria, encrypted)
    sending = asyncio.create_task(core.says(room, "in spite of all", "t1"))
    while not core.adapter._under_way:
        await asyncio.wait({sending}, timeout=0)
    sending.cancel()
    await maria.sees(room, "in spite of all")
    await core.says(room, "and on", "t2")
    await maria.sees(room, "and on")


# --- who else could read along ---------------------------------------------------------------------------------------


async def test_what_lets_others_read_along_in_a_room_is_found(core: Core, maria: MatrixUser) -> None:
    """Apps make rooms whose newcomers see everything; each thing that is mended is found no more."""
    room = await room_with(core, maria, encrypted=False)

    async def found() -> tuple[str, ...]:
        receipt = await core.adapter.send(InspectChat(core.chat(room)))
        assert await core.adapter.inspect(core.chat(room), core.state) == receipt.findings
        return receipt.findings

    assert await found() == ("history", "unencrypted")
    await maria.client.room_put_state(room, "m.room.join_rules", {"join_rule": "public"})
    await maria.client.room_put_state(room, "m.room.history_visibility", {"history_visibility": "world_readable"})
    assert await found() == ("public", "open", "unencrypted")
    await maria.client.room_put_state(room, "m.room.join_rules", {"join_rule": "knock"})
    await maria.client.room_put_state(room, "m.room.history_visibility", {"history_visibility": "invited"})
    await maria.client.room_put_state(room, "m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"})
    assert await found() == ()


async def test_a_room_is_not_inspected_before_the_account_has_logged_in(core: Core) -> None:
    assert await MatrixAdapter(ACCOUNT, core.settings).inspect(core.chat("!room:localhost"), None) == ()


async def test_a_room_that_we_are_not_in_cannot_be_inspected(core: Core, maria: MatrixUser) -> None:
    room = await maria.create_room()
    with pytest.raises(Refused):
        await core.adapter.send(InspectChat(core.chat(room)))


async def comes(room: str, host: MatrixUser, guest: MatrixUser) -> None:
    await host.invite(room, guest.id)
    await guest.wait(lambda: room in guest.invited_to())
    await guest.join(room)


async def test_a_newcomer_is_told_and_a_new_name_is_not(core: Core, maria: MatrixUser, ahmed: MatrixUser) -> None:
    """Neither is it as if they had left."""
    room = await room_with(core, maria, encrypted=False)
    await comes(room, maria, ahmed)
    joined = await core.gets(Joined, room)
    assert joined.person.id == ahmed.id
    await ahmed.client.set_displayname("Ahmed the second")
    await ahmed.say(room, "I am here")
    await core.hears(room, "I am here")
    assert [e for e in core.events if isinstance(e, Joined | Left)] == [joined]


async def called(who: MatrixUser, room: str) -> str:
    answer = await who.client.room_get_state_event(room, "m.room.member", who.id)
    assert isinstance(answer, RoomGetStateEventResponse)
    return str(answer.content.get("displayname") or "")


async def test_who_goes_by_no_name_any_more_is_called_by_none(core: Core, maria: MatrixUser) -> None:
    """They may have their reasons: what they write is shown elsewhere, below what they are called."""
    room = await room_with(core, maria, encrypted=False)
    for name in ("Maria", "", "M."):
        await maria.client.set_displayname(name)
        while await called(maria, room) != name:  # noqa: ASYNC110 (the homeserver tells the rooms in its time)
            await asyncio.sleep(0.05)
        await maria.say(room, f"I am {name}.")
        assert (await core.hears(room, f"I am {name}.")).person.name == name


@pytest.mark.parametrize("how", ["leaves", "is kicked", "is banned", "has no account any more"])
async def test_whoever_is_out_of_a_room_is_told_and_not_found(
    synapse: Synapse, core: Core, maria: MatrixUser, ahmed: MatrixUser, how: str
) -> None:
    """Whatever put them out; before, they are found."""
    room = await room_with(core, maria, encrypted=False)
    look = LookFor(core.chat(room), ahmed.id)
    assert await core.adapter.send(look) == Receipt()
    await maria.invite(room, ahmed.id)
    assert await core.adapter.send(look) == Receipt()
    await ahmed.wait(lambda: room in ahmed.invited_to())
    await ahmed.join(room)
    await core.gets(Joined, room)
    assert await core.adapter.send(look) == Receipt(findings=(THERE,))
    match how:
        case "leaves":
            await ahmed.leave(room)
        case "is kicked":
            await maria.kick(room, ahmed.id)
        case "is banned":
            await maria.client.room_ban(room, ahmed.id)
        case _:
            await asyncio.to_thread(synapse.administer, "POST", f"/v1/deactivate/{quote(ahmed.id)}", {"erase": False})
    assert (await core.gets(Left, room)).person.id == ahmed.id
    assert await core.adapter.send(look) == Receipt()


async def test_who_does_not_accept_an_invitation_has_not_left(core: Core, maria: MatrixUser, ahmed: MatrixUser) -> None:
    room = await room_with(core, maria, encrypted=False)
    await maria.invite(room, ahmed.id)
    await ahmed.wait(lambda: room in ahmed.invited_to())
    await ahmed.leave(room)
    await maria.say(room, "he does not want to")
    await core.hears(room, "he does not want to")
    assert not any(isinstance(event, Left) for event in core.events)


async def test_in_a_room_that_we_are_not_in_nobody_is_looked_for(core: Core, maria: MatrixUser) -> None:
    room = await maria.create_room()
    with pytest.raises(Refused):
        await core.adapter.send(LookFor(core.chat(room), maria.id))
