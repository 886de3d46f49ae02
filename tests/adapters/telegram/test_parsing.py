"""What Telegram's updates mean."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.telegram.parsing import Ourselves, parse
from bot.incoming import (
    Added,
    Edited,
    Incoming,
    Joined,
    Left,
    Message,
    MovedChat,
    Pinned,
    Pressed,
    Raw,
    Reacted,
    Removed,
    Renamed,
    TopicNamed,
    Unreacted,
)
from bot.model import Attachment, Chat, ChatKind, Person, Span, SpanKind, Text

Json = dict[str, Any]

US = Ourselves("telegram", 42, "Schakel_bot")
AT = 1_763_800_000
TIME = datetime.fromtimestamp(AT, UTC)
ANA = {"id": 7, "is_bot": False, "first_name": "Ana", "last_name": "Silva", "language_code": "pt"}
BOT = {"id": 42, "is_bot": True, "first_name": "Schakel", "username": "Schakel_bot"}
OTHER_BOT = {"id": 43, "is_bot": True, "first_name": "Other"}
PRIVATE = {"id": 7, "type": "private", "first_name": "Ana"}
GROUP = {"id": -100, "type": "supergroup", "title": "Bairro"}
CHANNEL = {"id": -200, "type": "channel", "title": "Nieuws"}
PERSON = Person("telegram", "7", "Ana Silva", "pt")


def read(update: Json | bytes, us: Ourselves = US) -> tuple[Incoming, ...]:
    body = update if isinstance(update, bytes) else json.dumps(update).encode()
    return parse(Raw("1", "", body), us)


def message(chat: Json = PRIVATE, kind: str = "message", **fields: Any) -> Json:
    sender = fields.pop("sender", ANA)
    base = {"message_id": 5, "date": AT, "chat": chat} | ({"from": sender} if sender else {})
    return {"update_id": 1, kind: base | fields}


def said(chat: Json = PRIVATE, **fields: Any) -> Message:
    (event,) = read(message(chat, **fields))
    assert isinstance(event, Message)
    return event


def entity(type: str, offset: int, length: int, **fields: Any) -> Json:
    return {"type": type, "offset": offset, "length": length, **fields}


# --- messages ------------------------------------------------------------------------------------------------------


def test_a_message_says_who_said_what_where_and_when() -> None:
    """With the person's name and the app's language."""
    assert said(text="Olá") == Message(
        chat=Chat("telegram", "7"),
        kind=ChatKind.PRIVATE,
        person=PERSON,
        id="5",
        at=TIME,
        text=Text("Olá"),
    )


def test_a_group_has_its_title() -> None:
    """Supergroups are groups to us."""
    event = said(GROUP, text="Olá")
    assert (event.kind, event.title, event.addressed) == (ChatKind.GROUP, "Bairro", False)


def test_formatting_stays() -> None:
    """The words may be bold or hold a link."""
    event = said(text="👍 vet", entities=[entity("bold", 3, 3)])
    assert event.text == Text("👍 vet", (Span(2, 5, SpanKind.BOLD),))


def test_a_followed_link_is_a_start_with_its_payload() -> None:
    """It has no words of the person's own."""
    event = said(text="/start g_Ab-3")
    assert (event.start, event.text, event.addressed) == ("g_Ab-3", Text(""), True)


def test_a_link_that_added_the_bot_to_a_group_is_a_start_there() -> None:
    """The app writes the payload in the group, with the bot's name."""
    event = said(GROUP, text="/start@schakel_BOT abc", entities=[entity("bot_command", 0, 18)])
    assert (event.start, event.text) == ("abc", Text(""))


@pytest.mark.parametrize("text", ["/start", "/start ik heb hulp nodig", "/start " + "a" * 65, "/starting abc"])
def test_what_no_link_can_carry_is_an_ordinary_message(text: str) -> None:
    """Somebody wrote it."""
    event = said(text=text)
    assert (event.start, event.text.plain) == (None, text)


def test_the_bots_name_behind_a_command_is_taken_away() -> None:
    """What is bold after it stays bold."""
    event = said(GROUP, text="/pair@Schakel_bot 1234", entities=[entity("bot_command", 0, 17), entity("bold", 18, 4)])
    assert event.text == Text("/pair 1234", (Span(6, 10, SpanKind.BOLD),))
    assert event.addressed


def test_a_command_to_another_bot_is_not_our_business() -> None:
    """Two bots in a group must not both answer."""
    assert read(message(GROUP, text="/help@other_bot")) == ()


def test_before_the_bot_knows_its_name_every_command_counts() -> None:
    """It is better to answer once too often."""
    (event,) = read(message(GROUP, text="/help@some_bot"), Ourselves("telegram", 42))
    assert isinstance(event, Message)
    assert event.text == Text("/help")


@pytest.mark.parametrize("text", ["/ or", "/a/b/c", "a /help", "3/4"])
def test_a_slash_is_not_yet_a_command(text: str) -> None:
    """Paths and fractions are words."""
    assert not said(GROUP, text=text).addressed


def test_a_mention_of_the_bot_addresses_it() -> None:
    """By its name, in whatever case, or by a link to its account."""
    assert said(GROUP, text="hé 👍 @schakel_BOT", entities=[entity("mention", 6, 12)]).addressed
    assert said(GROUP, text="Schakel", entities=[entity("text_mention", 0, 7, user=BOT)]).addressed
    assert said(GROUP, caption="@schakel_bot", photo=[PHOTO], caption_entities=[entity("mention", 0, 12)]).addressed
    assert not said(GROUP, text="@other_bot", entities=[entity("mention", 0, 10)]).addressed


def test_an_answer_to_the_bot_addresses_it() -> None:
    """An answer to somebody else does not, and names what it answers all the same."""
    answered = {"message_id": 3, "date": AT, "chat": GROUP}
    ours = said(GROUP, text="ja", reply_to_message=answered | {"from": BOT})
    theirs = said(GROUP, text="ja", reply_to_message=answered | {"from": ANA})
    assert (ours.addressed, ours.reply_to) == (True, "3")
    assert (theirs.addressed, theirs.reply_to) == (False, "3")


def test_a_message_in_a_topic_has_the_topic_as_its_thread() -> None:
    """Formally it answers the message that opened the topic, which is no answer to anybody."""
    opened = {"message_id": 3, "date": AT, "chat": GROUP, "from": BOT, "forum_topic_created": {"name": "K7"}}
    topic = {"message_thread_id": 3, "is_topic_message": True}
    event = said(GROUP, text="ja", reply_to_message=opened, **topic)
    assert (event.thread, event.reply_to, event.addressed) == ("topic:3", None, False)
    answered = {"message_id": 4, "date": AT, "chat": GROUP, "from": BOT}
    event = said(GROUP, text="ja", reply_to_message=answered, **topic)
    assert (event.thread, event.reply_to, event.addressed) == ("topic:3", "4", True)


def test_a_chain_of_replies_is_no_topic() -> None:
    """Outside forums Telegram's thread id is the first message of the chain."""
    answered = {"message_id": 4, "date": AT, "chat": GROUP, "from": ANA}
    event = said(GROUP, text="ja", message_thread_id=3, reply_to_message=answered)
    assert (event.thread, event.reply_to) == (None, "4")


PHOTO = {"file_id": "small", "file_unique_id": "a", "width": 90, "height": 60, "file_size": 1000}


def test_of_a_photo_the_largest_size_is_taken() -> None:
    """Its caption is its text."""
    large = PHOTO | {"file_id": "large", "width": 900, "height": 600, "file_size": 90_000}
    event = said(
        photo=[PHOTO, large, PHOTO | {"width": 300}], caption="a casa", caption_entities=[entity("bold", 2, 4)]
    )
    assert event.attachments == (Attachment("photo", "large", None, 90_000, "image/jpeg", None, 900, 600),)
    assert event.text == Text("a casa", (Span(2, 6, SpanKind.BOLD),))
    assert event.unsupported is None


@pytest.mark.parametrize("kind", ["voice", "audio", "video", "video_note", "animation", "document"])
def test_a_file_is_an_attachment_of_its_kind(kind: str) -> None:
    """With name, size and type where Telegram gives them."""
    file = {"file_id": "f", "file_unique_id": "u", "file_size": 9, "file_name": "a.bin", "mime_type": "x/y"}
    fields = {kind: file} | ({"document": file} if kind == "animation" else {})
    assert said(**fields).attachments == (Attachment(kind, "f", "a.bin", 9, "x/y"),)


def test_pictures_and_films_have_their_measures() -> None:
    """So that a chat does not jump when they appear; a round film says its diameter."""
    film = {"file_id": "f", "file_unique_id": "u", "duration": 3, "width": 640, "height": 360}
    assert said(video=film).attachments == (Attachment("video", "f", seconds=3, width=640, height=360),)
    round_one = {"file_id": "f", "file_unique_id": "u", "duration": 3, "length": 240}
    (file,) = said(video_note=round_one).attachments
    assert (file.width, file.height) == (240, 240)


KINDS = ["sticker", "poll", "venue", "location", "contact", "dice", "game", "checklist", "invoice", "giveaway", "story"]


@pytest.mark.parametrize("kind", [*KINDS, "live_photo", "paid_media", "rich_message"])
def test_what_cannot_be_passed_on_is_named(kind: str) -> None:
    """So that the person can be told; what is not as Telegram documents it, too."""
    place = {"location": {"latitude": 1, "longitude": 2}} if kind == "venue" else {}
    event = said(**{kind: {"anything": 1}}, **place)
    assert (event.unsupported, event.text, event.attachments) == (kind, Text(""), ())


PLACE = {"latitude": 50.8467, "longitude": 4.3525}
THERE = "50.84670, 4.35250"
MAP = "https://www.openstreetmap.org/?mlat=50.84670&mlon=4.35250#map=17/50.84670/4.35250"
POLL = {
    "id": "1",
    "question": "When?",
    "options": [{"text": "Today", "voter_count": 12}, {"text": "Tomorrow", "voter_count": 0}],
    "is_closed": False,
    "total_voter_count": 12,
}
LIST = {"title": "To bring", "tasks": [{"id": 1, "text": "rent"}, {"id": 2, "text": "pass", "completion_date": AT}]}


@pytest.mark.parametrize(
    ("fields", "plain"),
    [
        ({"location": PLACE}, f"📍 {THERE}\n{MAP}"),
        ({"location": PLACE | {"horizontal_accuracy": 35.4}}, f"📍 {THERE} (±35 m)\n{MAP}"),
        ({"location": PLACE | {"live_period": 900}}, f"📍🛰 {THERE}\n{MAP}"),
        (
            {"venue": {"location": PLACE, "title": "Hal", "address": "Markt 1"}, "location": PLACE},
            f"📍 Hal, Markt 1\n{THERE}\n{MAP}",
        ),
        ({"contact": {"phone_number": "0470 12 34 56", "first_name": "Rui"}}, "👤 Rui\n0470 12 34 56"),
        (
            {"contact": {"phone_number": "32470123456", "first_name": "Rui", "last_name": "Sá", "user_id": 8}},
            "👤 Rui Sá\n+32470123456",
        ),
        ({"poll": POLL}, "📊 When?\n1. Today\n2. Tomorrow"),
        ({"poll": POLL | {"is_closed": True}}, "📊 When?\n1. Today — 12\n2. Tomorrow — 0"),
        ({"poll": POLL | {"description": "At the hall"}}, "📊 When?\nAt the hall\n1. Today\n2. Tomorrow"),
        ({"checklist": LIST}, "📋 To bring\n☐ rent\n☑ pass"),
        ({"dice": {"emoji": "🎲", "value": 4}}, "🎲 4"),
        ({"game": {"title": "Chess", "description": "Play!", "photo": []}}, "🎮 Chess\nPlay!"),
        ({"invoice": {"title": "Book", "description": ""}}, "🧾 Book"),
        ({"giveaway": {"prize_description": "a bicycle"}}, "🎁 a bicycle"),
    ],
)
def test_what_is_neither_words_nor_a_file_is_written_out(fields: Json, plain: str) -> None:
    """In signs that need no translation."""
    event = said(**fields)
    assert (event.text.plain, event.unsupported, event.attachments) == (plain, None, ())


def test_a_command_in_a_poll_is_no_command() -> None:
    """Whoever asks others a question asks the bot for nothing."""
    event = said(GROUP, poll=POLL | {"question": "/publish N1"})
    assert event.text.plain.startswith("📊 /publish N1\n")
    assert not event.addressed


def test_whoever_shares_their_own_number_is_not_named() -> None:
    """Coordinators know members by a code; and their app knows them by what friends call them."""
    own = {"phone_number": "32470123456", "first_name": "Ana", "last_name": "Silva", "user_id": 7}
    assert said(contact=own).text.plain == "👤 +32470123456"


def test_a_place_that_moves_is_said_once() -> None:
    """Where it moves comes as edits, of which nothing is kept."""
    assert read(message(kind="edited_message", location=PLACE | {"live_period": 900}, edit_date=AT + 5)) == ()


STICKER = {"file_id": "s", "file_unique_id": "u", "file_size": 9, "width": 512, "height": 512, "emoji": "👍"}
THUMBNAIL = {"file_id": "t", "file_unique_id": "v", "file_size": 3, "width": 128, "height": 128}


def test_a_sticker_is_a_picture() -> None:
    """One that moves is shown by its thumbnail; without one, what it stands for is said."""
    still = STICKER | {"is_animated": False, "is_video": False}
    assert said(sticker=still).attachments == (Attachment("photo", "s", None, 9, "image/webp", None, 512, 512),)
    assert said(sticker=still).text == Text("")
    moving = STICKER | {"is_animated": True, "thumbnail": THUMBNAIL}
    assert said(sticker=moving).attachments == (Attachment("photo", "t", None, 3, "image/webp", None, 128, 128),)
    bare = said(sticker=STICKER | {"is_video": True})
    assert (bare.attachments, bare.text, bare.unsupported) == ((), Text("👍"), None)


def test_a_rich_message_is_a_text() -> None:
    """Headings, lists, tables and styles, as far as a text can show them; of a picture its caption."""
    blocks = [
        {"type": "heading", "text": "Food", "size": 1},
        {"type": "paragraph", "text": ["on ", {"type": "bold", "text": ["Fri", {"type": "italic", "text": "day"}]}]},
        {
            "type": "list",
            "items": [
                {"label": "1.", "blocks": [{"type": "paragraph", "text": "bread"}]},
                {"label": "", "has_checkbox": True, "blocks": [{"type": "paragraph", "text": "milk"}]},
            ],
        },
        {"type": "table", "cells": [[{"text": "day"}, {"text": "hour"}], [{"text": "Fri"}, {"text": "10"}]]},
        {"type": "divider"},
        {
            "type": "photo",
            "photo": [PHOTO],
            "caption": {"text": {"type": "url", "text": "hall", "url": "https://a.be"}},
        },
        {"type": "video", "video": {}},
        {"type": "blockquote", "blocks": [{"type": "paragraph", "text": "come"}]},
    ]
    event = said(rich_message={"blocks": blocks})
    assert event.text.plain == "Food\non Friday\n1. bread\n☐ milk\nday | hour\nFri | 10\n———\n🖼 hall\n🖼\ncome"
    assert set(event.text.spans) == {
        Span(0, 4, SpanKind.BOLD),
        Span(8, 14, SpanKind.BOLD),
        Span(11, 14, SpanKind.ITALIC),
        Span(57, 61, SpanKind.LINK, "https://a.be"),
        Span(64, 68, SpanKind.QUOTE),
    }
    odd = {"blocks": [{"type": []}, {"type": {}, "text": {"type": [], "text": "x"}}, 5, {"type": "list", "items": 3}]}
    assert said(rich_message=odd).text == Text("x")
    shout = said(rich_message={"blocks": [{"type": "paragraph", "text": "/publish N1"}]})
    assert not shout.addressed


def test_a_live_photo_is_a_photo() -> None:
    """Its film goes where there is no photo of it."""
    film = {"file_id": "f", "file_unique_id": "u", "width": 90, "height": 60, "duration": 2}
    assert said(live_photo=film | {"photo": [PHOTO]}).attachments[0].kind == "photo"
    assert said(live_photo=film).attachments == (Attachment("video", "f", seconds=2, width=90, height=60),)


def test_in_private_no_message_is_left_without_an_answer() -> None:
    """A kind of message that is newer than this program is at least noticed; in a group it may be a service message."""
    assert said(hologram={"id": 1}).unsupported == "unknown"
    assert read(message(GROUP, hologram={"id": 1})) == ()


@pytest.mark.parametrize(
    "fields",
    [
        {"new_chat_members": [BOT]},
        {"left_chat_member": BOT},
        {"new_chat_photo": []},
        {"pinned_message": {"message_id": 1, "date": 0, "chat": GROUP}, "sender": BOT},
        {"migrate_from_chat_id": -5},
        {"forum_topic_created": {}},
        {"forum_topic_edited": {"icon_custom_emoji_id": "5"}, "message_thread_id": 3, "is_topic_message": True},
    ],
)
def test_service_messages_mean_nothing(fields: Json) -> None:
    """What matters of them comes as an update of its own."""
    assert read(message(GROUP, **fields)) == ()


def test_a_new_title_is_told() -> None:
    (event,) = read(message({**GROUP, "title": "Straat"}, new_chat_title="Straat"))
    assert event == Renamed(Chat("telegram", "-100"), ChatKind.GROUP, "Straat", TIME)


def test_a_topic_that_somebody_opens_or_calls_otherwise_is_told() -> None:
    """And how it was opened, by what answers nothing in it."""
    here, opened = Chat("telegram", "-100"), {"name": "Eten", "icon_color": 7322096}
    within: Json = {"message_thread_id": 3, "is_topic_message": True}
    (event,) = read(message(GROUP, message_id=3, forum_topic_created=opened, **within))
    assert event == TopicNamed(here, "topic:3", "Eten", TIME)
    (event,) = read(message(GROUP, forum_topic_edited={"name": "Voedsel"}, **within))
    assert event == TopicNamed(here, "topic:3", "Voedsel", TIME)
    root = {"message_id": 3, "date": AT, "chat": GROUP, "forum_topic_created": opened}
    assert said(GROUP, text="ja", reply_to_message=root, **within).topic == "Eten"
    assert said(GROUP, text="ja", reply_to_message=root | {"message_id": 2}, **within).topic is None
    assert said(GROUP, text="ja").topic is None


def test_what_a_person_pins_is_told() -> None:
    """Of an old message Telegram shows nothing but its id."""
    (event,) = read(message(GROUP, pinned_message={"message_id": 3, "date": 0, "chat": GROUP}))
    assert event == Pinned(Chat("telegram", "-100"), "3", TIME)


def test_a_command_in_a_group_keeps_what_it_answers() -> None:
    """Without it nobody could say which message is meant."""
    answered = {"message_id": 3, "date": 0, "chat": GROUP, "from": ANA}
    command = said(GROUP, text="/delete@Schakel_bot", reply_to_message=answered)
    assert (command.text.plain, command.reply_to, command.addressed) == ("/delete", "3", True)


def test_whoever_comes_into_a_group_is_named() -> None:
    """One by one; bots do not hear what people say there."""
    rui = {"id": 8, "is_bot": False, "first_name": "Rui"}
    at = datetime.fromtimestamp(AT, UTC)
    group = Chat("telegram", "-100")
    assert read(message(GROUP, new_chat_members=[ANA, OTHER_BOT, rui])) == (
        Joined(group, ChatKind.GROUP, PERSON, at),
        Joined(group, ChatKind.GROUP, Person("telegram", "8", "Rui"), at),
    )


def test_whoever_leaves_a_group_is_named() -> None:
    """By themselves, or put out by somebody else."""
    assert read(message(GROUP, left_chat_member=ANA)) == (Left(Chat("telegram", "-100"), PERSON, TIME),)
    rui = {"id": 8, "is_bot": False, "first_name": "Rui"}
    (event,) = read(message(GROUP, left_chat_member=rui))
    assert event == Left(Chat("telegram", "-100"), Person("telegram", "8", "Rui"), TIME)


def test_what_bots_say_is_not_heard() -> None:
    """Else two bots could talk for ever."""
    assert read(message(GROUP, sender=OTHER_BOT, text="hello")) == ()


def test_an_anonymous_administrator_is_a_person() -> None:
    """Telegram shows a bot as the sender, and the group as who speaks."""
    anonymous = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
    event = said(GROUP, sender=anonymous, sender_chat=GROUP, text="/pair 1234")
    assert event.person == Person("telegram", "-100", "Bairro")


def test_a_channel_post_is_said_by_the_channel() -> None:
    """No person is named."""
    (event,) = read(message(CHANNEL, "channel_post", sender=None, sender_chat=CHANNEL, text="/pair 1234"))
    assert isinstance(event, Message)
    assert (event.kind, event.person, event.addressed) == (
        ChatKind.CHANNEL,
        Person("telegram", "-200", "Nieuws"),
        True,
    )


def test_a_channel_s_post_repeated_in_its_discussion_group_is_said_by_nobody() -> None:
    """Telegram repeats it there; the channel's own words are read in the channel."""
    telegram = {"id": 777000, "is_bot": False, "first_name": "Telegram"}
    repeated: Json = {"sender": telegram, "sender_chat": CHANNEL, "is_automatic_forward": True, "text": "/pair 1234"}
    assert read(message(GROUP, **repeated)) == ()
    assert read(message(GROUP, "edited_message", **repeated)) == ()
    post = {"message_id": 4, "from": telegram, "sender_chat": CHANNEL, "is_automatic_forward": True}
    comment = said(GROUP, text="Bedankt", reply_to_message=post, message_thread_id=4)
    assert (comment.addressed, comment.thread) == (False, None)


def test_a_group_that_becomes_a_supergroup_moves() -> None:
    """The new group says so as well, which adds nothing."""
    (event,) = read(message({"id": -5, "type": "group", "title": "Bairro"}, migrate_to_chat_id=-100))
    assert event == MovedChat(Chat("telegram", "-5"), Chat("telegram", "-100"), TIME)


def test_an_edit_names_the_message_and_its_new_words() -> None:
    """With the time of the edit."""
    (event,) = read(message(GROUP, "edited_message", text="/help@schakel_bot", edit_date=AT + 60))
    later = datetime.fromtimestamp(AT + 60, UTC)
    assert event == Edited(Chat("telegram", "-100"), ChatKind.GROUP, PERSON, "5", later, Text("/help"))


def test_what_is_forwarded_is_told_from_ones_own_words() -> None:
    """Also when Telegram tells of it again; not from whom it is."""
    fields: Json = {"text": "Morgen gesloten", "forward_origin": {"type": "hidden_user", "sender_user_name": "Eva"}}
    (heard,), (again,) = read(message(GROUP, **fields)), read(message(GROUP, "edited_message", **fields))
    assert isinstance(heard, Message)
    assert isinstance(again, Edited)
    assert (heard.text, heard.forwarded) == (again.text, again.forwarded) == (Text("Morgen gesloten"), True)
    assert not said(GROUP, text="x").forwarded


def test_an_edit_in_a_channel_is_one_like_any_other() -> None:
    """Its writer is the channel, as before."""
    fields: Json = {"sender": None, "sender_chat": CHANNEL, "text": "Om 14:00"}
    (event,) = read(message(CHANNEL, "edited_channel_post", edit_date=AT + 60, **fields))
    assert isinstance(event, Edited)
    assert (event.kind, event.person, event.text) == (
        ChatKind.CHANNEL,
        Person("telegram", "-200", "Nieuws"),
        Text("Om 14:00"),
    )


def test_an_edit_tells_which_file_the_message_has_now() -> None:
    """With its words or without: they may have been taken away."""
    for words in ("a casa", ""):
        (event,) = read(message(kind="edited_message", photo=[PHOTO], caption=words, edit_date=AT + 60))
        assert isinstance(event, Edited)
        assert event.text == Text(words)
        assert event.attachments == said(photo=[PHOTO]).attachments


def test_an_edit_of_what_was_written_in_another_way_is_one_of_words() -> None:
    """A list of tasks, a text with tables: what it says now."""
    for fields in ({"checklist": LIST}, {"rich_message": {"blocks": [{"type": "paragraph", "text": "x"}]}}):
        (event,) = read(message(kind="edited_message", edit_date=AT + 60, **fields))
        assert isinstance(event, Edited)
        assert event.text == said(**fields).text


def test_an_edit_without_words_means_nothing() -> None:
    """A shared location that moves comes as edits."""
    assert read(message(PRIVATE, "edited_message", location={"latitude": 1, "longitude": 2}, edit_date=AT)) == ()


# --- presses, reactions, membership --------------------------------------------------------------------------------


def press(**fields: Any) -> Json:
    query = {"id": "99", "from": ANA, "message": {"message_id": 5, "date": AT, "chat": GROUP}, "data": "c1"} | fields
    return {"update_id": 1, "received_at": AT + 5, "callback_query": query}


def test_a_press_says_which_button_of_which_message() -> None:
    """Telegram does not say when; it counts from its arrival."""
    arrived = datetime.fromtimestamp(AT + 5, UTC)
    pressed = Pressed(Chat("telegram", "-100"), ChatKind.GROUP, PERSON, "5", "c1", "99", arrived)
    assert read(press()) == (pressed,)


def test_a_press_under_a_message_too_old_to_be_shown_counts() -> None:
    """Of such a message only its place is left."""
    (event,) = read(press(message={"message_id": 5, "date": 0, "chat": GROUP}))
    assert isinstance(event, Pressed)
    assert event.message == "5"


@pytest.mark.parametrize("fields", [{"data": None, "game_short_name": "x"}, {"message": None}, {"from": OTHER_BOT}])
def test_other_presses_mean_nothing(fields: Json) -> None:
    """Games, messages sent through the bot, and bots."""
    assert read(press(**fields)) == ()


def reactions(old: list[str], new: list[str], **fields: Any) -> Json:
    def listed(emojis: list[str]) -> list[Json]:
        return [{"type": "emoji", "emoji": emoji} for emoji in emojis]

    body = {"chat": GROUP, "message_id": 5, "date": AT, "user": ANA, "old_reaction": listed(old)}
    return {"update_id": 1, "message_reaction": body | {"new_reaction": listed(new)} | fields}


def test_each_new_reaction_is_an_event_and_each_that_is_taken_back() -> None:
    """Those that were there before are none."""
    seen = read(reactions(["👍", "🔥"], ["👍", "❤", "🎉"]))
    assert [(type(event), getattr(event, "key", "")) for event in seen] == [
        (Unreacted, "🔥"),
        (Reacted, "❤"),
        (Reacted, "🎉"),
    ]
    (event,) = read(reactions(["👍"], []))
    assert event == Unreacted(Chat("telegram", "-100"), ChatKind.GROUP, PERSON, "5", "👍", TIME)


def test_an_emoji_of_somebodys_own_is_no_reaction_to_us() -> None:
    """Custom emoji have no meaning that could be known."""
    assert read(reactions([], [], new_reaction=[{"type": "custom_emoji", "custom_emoji_id": "1"}])) == ()


def test_an_anonymous_reaction_is_the_groups() -> None:
    """Administrators can hide behind their group."""
    (event,) = read(reactions([], ["👍"], user=None, actor_chat=GROUP))
    assert isinstance(event, Reacted)
    assert event.person == Person("telegram", "-100", "Bairro")


def membership(chat: Json, **member: Any) -> Json:
    old = {"user": BOT, "status": "left"}
    body = {"chat": chat, "from": ANA, "date": AT, "old_chat_member": old, "new_chat_member": {"user": BOT, **member}}
    return {"update_id": 1, "my_chat_member": body}


@pytest.mark.parametrize(("status", "administrator"), [("member", False), ("administrator", True), ("creator", True)])
def test_the_bot_was_added(status: str, administrator: bool) -> None:
    """With its rank, which decides what it can hear."""
    (event,) = read(membership(GROUP, status=status))
    assert event == Added(
        Chat("telegram", "-100"), ChatKind.GROUP, PERSON, TIME, title="Bairro", administrator=administrator
    )


@pytest.mark.parametrize(
    ("chat", "member"),
    [
        (GROUP, {"status": "left"}),
        (GROUP, {"status": "kicked", "until_date": 0}),
        (PRIVATE, {"status": "kicked", "until_date": 0}),
        (GROUP, {"status": "restricted", "is_member": False, "can_send_messages": True}),
        (GROUP, {"status": "restricted", "is_member": True, "can_send_messages": False}),
        (CHANNEL, {"status": "administrator", "can_post_messages": False}),
    ],
)
def test_the_bot_was_removed_blocked_or_muted(chat: Json, member: Json) -> None:
    """Whatever the way, it can no longer be heard there."""
    (event,) = read(membership(chat, **member))
    assert isinstance(event, Removed)
    assert event.chat.id == str(chat["id"])


def test_a_bot_that_may_speak_again_is_added() -> None:
    """Unblocked by a person, or no longer muted in a group."""
    assert isinstance(read(membership(PRIVATE, status="member"))[0], Added)
    restricted = membership(GROUP, status="restricted", is_member=True, can_send_messages=True)
    assert isinstance(read(restricted)[0], Added)


@pytest.mark.parametrize(
    ("status", "gone"),
    [
        ({"status": "left"}, True),
        ({"status": "kicked", "until_date": 0}, True),
        ({"status": "restricted", "is_member": False}, True),
        ({"status": "restricted", "is_member": True, "can_send_messages": False}, False),
        ({"status": "member"}, False),
        ({"status": "administrator"}, False),
    ],
)
def test_administrators_are_told_of_others_too(status: Json, gone: bool) -> None:
    """In a large group nothing is said there of who leaves. Whoever may only not write is in it still."""
    change = membership(GROUP, **status)["my_chat_member"]
    change["new_chat_member"]["user"] = ANA
    told = (Left(Chat("telegram", "-100"), PERSON, TIME),) if gone else ()
    assert read({"update_id": 1, "chat_member": change}) == told


def test_other_bots_and_unknown_updates_are_nobodys_business() -> None:
    other = membership(GROUP, status="left")["my_chat_member"]
    assert read({"update_id": 1, "chat_member": other}) == ()
    assert read({"update_id": 1, "hologram": {"chat": GROUP}}) == ()
    assert read({"update_id": 1}) == ()


# --- what is broken ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"message": null}',
        b'{"message": {}}',
        b'{"message": {"message_id": "x", "date": 1, "chat": {"id": 1, "type": "private"}}}',
        b'{"message": {"message_id": 1, "date": -1, "chat": {"id": 1, "type": "private"}, "text": "x"}}',
        b'{"message": {"message_id": 1, "date": 1e30, "chat": {"id": 1, "type": "private"}, "text": "x"}}',
        json.dumps(message({"id": 1, "type": "hologram"}, text="x")).encode(),
        json.dumps(message(text=["x"])).encode(),
        json.dumps(press(message={"message_id": 1})).encode(),
        json.dumps(press() | {"received_at": "now"}).encode(),
    ],
)
def test_what_cannot_be_parsed_is_a_value_error(body: bytes) -> None:
    """The core puts it aside and goes on."""
    with pytest.raises(ValueError, match=r"."):
        read(body)


def test_an_error_says_nothing_of_what_was_written() -> None:
    """It may be shown to the operator."""
    with pytest.raises(ValueError, match=r".") as caught:
        read(message({"id": "geheim", "type": "private"}, text="geheim"))
    assert "geheim" not in str(caught.value)


def test_half_a_character_is_replaced() -> None:
    """Broken apps cut emoji in two; the rest of the message is heard."""
    body = json.dumps(message(text="help \ud83d nu", entities=[entity("bold", 7, 2)])).encode()
    assert b"\\ud83d" in body
    (event,) = read(body)
    assert isinstance(event, Message)
    assert event.text == Text("help \ufffd nu", (Span(7, 9, SpanKind.BOLD),))


def test_broken_utf8_is_replaced() -> None:
    """Should it ever come."""
    body = json.dumps(message(text="Z")).encode().replace(b"Z", b"a\xffb")
    (event,) = read(body)
    assert isinstance(event, Message)
    assert event.text == Text("a\ufffdb")


SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["private", "member", 7])
NAMES = (
    "message callback_query my_chat_member message_reaction edited_message channel_post chat from id type date text "
    "message_id entities offset length photo file_id new_chat_member old_chat_member status data user caption "
    "new_reaction old_reaction received_at reply_to_message sender_chat"
)
KEYS = st.sampled_from(NAMES.split())
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=6), max_leaves=25
)
WELL_FORMED = st.sampled_from(
    [message(text="x"), message(GROUP, caption="/a@b", photo=[PHOTO]), press(), reactions([], ["👍"])]
)


@given(JSON)
def test_nothing_but_a_value_error_comes_of_any_json(update: object) -> None:
    """Anything else would stop the chat."""
    with suppress(ValueError):
        parse(Raw("1", "", json.dumps(update).encode()), US)


@given(WELL_FORMED, st.data())
def test_an_update_with_one_odd_field_is_read_or_refused(update: Json, data: st.DataObject) -> None:
    """What Telegram adds or changes one day does no more harm than that."""
    changed = json.loads(json.dumps(update))
    kind = next(key for key in changed if isinstance(changed[key], dict))
    body = changed[kind]
    for key in data.draw(st.lists(KEYS, max_size=2)):
        body[key] = data.draw(JSON)
    with suppress(ValueError):
        read(changed)
