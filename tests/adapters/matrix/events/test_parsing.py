"""What stored events mean, odd and malformed ones included."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace as changed

from adapters.matrix.events.parsing import parse
from bot.incoming import (
    Added,
    Deleted,
    Echo,
    Edited,
    Incoming,
    Joined,
    Left,
    Message,
    MovedChat,
    Pinned,
    Raw,
    Reacted,
    Removed,
    Renamed,
    Unreadable,
)
from bot.model import Attachment, Chat, ChatKind, Person, Span, SpanKind, Text

ROOM = {"direct": False, "encrypted": False, "members": 5, "name": "Neighbours"}
ME = {"id": "@bot:a.be", "name": "Schakel"}
AT = datetime(2020, 3, 18, 12, tzinfo=UTC)
CHAT = Chat("matrix", "!room")


def raw(event: dict[str, Any], **more: Any) -> Raw:
    whole = {"event_id": "$e", "sender": "@maria:a.be", "origin_server_ts": int(AT.timestamp() * 1000)} | event
    body = {"event": whole, "room": ROOM, "me": ME, "name": "Maria"} | more
    return Raw("$e", "!room", json.dumps(body).encode())


def one(event: dict[str, Any], **more: Any) -> Incoming:
    (meaning,) = parse(raw(event, **more), "matrix")
    return meaning


def message(**content: Any) -> Message:
    meaning = one({"type": "m.room.message", "content": content})
    assert isinstance(meaning, Message)
    return meaning


def nothing(kind: str, content: dict[str, Any], **fields: Any) -> bool:
    return parse(raw({"type": kind, "content": content, **fields}), "matrix") == ()


def test_a_text_message() -> None:
    """Chat, kind, person, time, words and title are all there."""
    heard = message(msgtype="m.text", body="hello")
    assert (heard.chat, heard.kind, heard.id, heard.at, heard.text) == (CHAT, ChatKind.GROUP, "$e", AT, Text("hello"))
    assert (heard.person.id, heard.person.name, heard.title) == ("@maria:a.be", "Maria", "Neighbours")
    assert not heard.addressed


def test_a_direct_chat_is_private() -> None:
    """The room's facts decide."""
    event = {"type": "m.room.message", "content": {"msgtype": "m.text", "body": "x"}}
    meaning = one(event, room=ROOM | {"direct": True})
    assert isinstance(meaning, Message)
    assert meaning.kind is ChatKind.PRIVATE


def test_styled_text_wins_over_plain() -> None:
    """The person saw the styled text; without one that says anything, the plain one counts."""
    html = "org.matrix.custom.html"
    styled = message(msgtype="m.text", body="**x**", format=html, formatted_body="<b>x</b>")
    assert styled.text == Text("x", (Span(0, 1, SpanKind.BOLD),))
    assert message(msgtype="m.text", body="x", format=html, formatted_body="<b></b>").text == Text("x")
    assert message(msgtype="m.text", body="x", format=html, formatted_body="&#" + "9" * 9000 + ";").text == Text("x")
    assert message(msgtype="m.text", body="x", format="other", formatted_body="<b>y</b>").text == Text("x")


def test_an_older_apps_quotation_is_left_out() -> None:
    """A reply begins with its own words; a quotation that is no reply stays."""
    reply = {"m.in_reply_to": {"event_id": "$root"}}
    quoted = "> <@a:b> what?\n> really\n\nyes\n> no"
    assert message(**{"msgtype": "m.text", "body": quoted, "m.relates_to": reply}).text.plain == "yes\n> no"
    assert message(msgtype="m.text", body="> said she").text.plain == "> said she"


def test_what_a_person_quotes_in_a_reply_is_theirs() -> None:
    """Apps have written no quotations by themselves since Matrix 1.13; theirs named who was quoted."""
    reply = {"m.in_reply_to": {"event_id": "$root"}}
    for words in ("> bring a passport\n\nwhich one?", "> bring a passport"):
        heard = message(**{"msgtype": "m.text", "body": words, "m.relates_to": reply})
        assert (heard.text.plain, heard.unsupported) == (words, None)
    waved = message(**{"msgtype": "m.text", "body": "> * <@a:b> waves\n\nhello", "m.relates_to": reply})
    assert waved.text.plain == "hello"


@pytest.mark.parametrize(
    ("content", "addressed"),
    [
        ({"body": "!notice food"}, True),
        ({"body": " /help"}, True),
        ({"body": "!ajuda"}, True),
        ({"body": "! really"}, False),
        ({"body": "/"}, False),
        ({"body": "Schakel: help"}, True),
        ({"body": "thank you, schakel"}, True),
        ({"body": "schakelaar"}, False),
        ({"body": "ask @bot:a.be"}, True),
        ({"body": "x", "m.mentions": {"user_ids": ["@bot:a.be"]}}, True),
        ({"body": "x", "m.mentions": {"user_ids": ["@other:a.be"]}}, False),
        ({"body": "wij zijn een schakel in de keten", "m.mentions": {}}, False),
        ({"body": "Schakel, help", "m.mentions": {}}, True),
        ({"body": "thank you, @schakel", "m.mentions": {}}, True),
        ({"body": "ask @bot:a.be", "m.mentions": {}}, True),
    ],
)
def test_who_is_meant(content: dict[str, Any], addressed: bool) -> None:
    """Commands and mentions are for the bot, talk about other things is not, though its name may be a word for them."""
    assert message(msgtype="m.text", **content).addressed is addressed


def test_programs_are_not_answered() -> None:
    """What bots say, and what only apps say to each other, is nobody's business."""
    notice = {"msgtype": "m.notice", "body": "x"}
    replaced = {"rel_type": "m.replace", "event_id": "$root"}
    assert nothing("m.room.message", notice)
    assert nothing(
        "m.room.message", {"msgtype": "m.text", "body": "x", "m.new_content": notice, "m.relates_to": replaced}
    )
    assert nothing("m.room.message", {"msgtype": "m.key.verification.request", "body": "x"})
    assert nothing("m.call.candidates", {"candidates": []})
    assert nothing("m.poll.response", {})


def test_what_was_already_redacted_is_nothing() -> None:
    """A message that was taken back before it was seen has no content to understand."""
    assert nothing("m.room.message", {}, redacted=True)
    assert nothing("m.room.encrypted", {}, redacted=True)


@pytest.mark.parametrize(
    ("kind", "content", "unsupported"),
    [
        ("m.room.message", {"msgtype": "m.location", "body": "geo", "geo_uri": "geo:100,2"}, "location"),
        ("m.room.message", {"msgtype": "m.location", "body": "geo", "geo_uri": 5}, "location"),
        ("m.poll.start", {"m.poll": {}}, "poll"),
        ("m.poll.start", {"m.poll": {"question": {}, "answers": [{}]}}, "poll"),
        ("org.matrix.msc3381.poll.start", {}, "poll"),
        ("m.call.invite", {"offer": {}}, "call"),
        ("m.room.message", {"msgtype": "be.example.new", "body": "x"}, "unknown"),
        ("be.example.new", {"body": "x"}, "unknown"),
    ],
)
def test_what_we_do_not_know_is_named(kind: str, content: dict[str, Any], unsupported: str) -> None:
    """Calls, places that are none and what is invented tomorrow are messages that say what they are."""
    meaning = one({"type": kind, "content": content})
    assert isinstance(meaning, Message)
    assert meaning.unsupported == unsupported


MAP = "https://www.openstreetmap.org/?mlat=50.84670&mlon=4.35250#map=17/50.84670/4.35250"


@pytest.mark.parametrize(
    ("content", "plain"),
    [
        ({"geo_uri": "geo:50.8467,4.3525", "body": "Location geo:50.8467,4.3525 at noon"}, "📍 50.84670, 4.35250\n"),
        ({"geo_uri": "geo:50.8467,4.3525,12;crs=wgs84;u=35.4", "body": ""}, "📍 50.84670, 4.35250 (±35 m)\n"),
        ({"geo_uri": "geo:50.8467,4.3525;u=35", "body": "Big hall"}, "📍 Big hall\n50.84670, 4.35250 (±35 m)\n"),
        (
            {
                "body": "Location was shared at 50.8467",
                "org.matrix.msc3488.location": {"uri": "geo:50.8467,4.3525", "description": "Hal\nMarkt"},
            },
            "📍 Hal Markt\n50.84670, 4.35250\n",
        ),
    ],
)
def test_a_place_is_written_out(content: dict[str, Any], plain: str) -> None:
    """With what it is called, if somebody has called it anything."""
    heard = message(msgtype="m.location", **content)
    assert (heard.text.plain, heard.unsupported) == (plain + MAP, None)


@pytest.mark.parametrize(
    ("kind", "field"), [("m.beacon", "m.location"), ("org.matrix.msc3672.beacon", "org.matrix.msc3488.location")]
)
def test_a_place_that_moves_is_written_out_with_a_sign(kind: str, field: str) -> None:
    """Of what is no place at least that it was one; and of one that was kept under its own id nothing."""

    def read(uri: str, kept_as: str) -> tuple[Incoming, ...]:
        content = {field: {"uri": uri}, "m.relates_to": {"rel_type": "m.reference", "event_id": "$begin"}}
        return parse(replace(raw({"type": kind, "content": content}), id=kept_as), "matrix")

    [moving] = read("geo:50.8467,4.3525;u=35", "live:!r:@maria:a.be:$begin")
    assert isinstance(moving, Message)
    assert (moving.text.plain, moving.unsupported) == (f"📍🛰 50.84670, 4.35250 (±35 m)\n{MAP}", None)
    [nowhere] = read("geo:", "live:!r:@maria:a.be:$begin")
    assert isinstance(nowhere, Message)
    assert (nowhere.text.plain, nowhere.unsupported) == ("", "live location")
    assert read("geo:50.8467,4.3525", "$e") == ()


@pytest.mark.parametrize("live", [True, False])
def test_that_somebody_begins_or_ends_to_show_where_they_are_says_nothing_yet(live: bool) -> None:
    """Their first place does."""
    begins = {"type": "org.matrix.msc3672.beacon_info", "state_key": "@maria:a.be"}
    assert parse(raw(begins | {"content": {"live": live, "timeout": 900_000}}), "matrix") == ()


POLL = {
    "question": {"org.matrix.msc1767.text": "When?", "body": "When?"},
    "answers": [{"id": "1", "org.matrix.msc1767.text": "Today"}, {"id": "2", "org.matrix.msc1767.text": "Tomorrow"}],
}
STABLE = {
    "question": {"m.text": [{"body": "When?"}]},
    "answers": [{"m.id": "1", "m.text": [{"body": "Today"}]}, {"m.id": "2", "m.text": [{"body": "Tomorrow"}]}],
}
UNSTABLE = "org.matrix.msc3381.poll.start"


@pytest.mark.parametrize(("kind", "content"), [(UNSTABLE, {UNSTABLE: POLL}), ("m.poll.start", {"m.poll": STABLE})])
def test_a_poll_is_written_out(kind: str, content: dict[str, Any]) -> None:
    """And written anew where its writer changes it."""
    text = Text("📊 When?\n1. Today\n2. Tomorrow")
    asked = one({"type": kind, "content": content})
    assert isinstance(asked, Message)
    assert (asked.text, asked.unsupported) == (text, None)
    replaced = {"m.relates_to": {"rel_type": "m.replace", "event_id": "$root"}, "m.new_content": content}
    changed = one({"type": kind, "content": replaced})
    assert isinstance(changed, Edited)
    assert (changed.id, changed.text) == ("$root", text)


def test_how_a_poll_ended_is_an_answer_to_it() -> None:
    """In the words of the app that ended it."""
    said = {"org.matrix.msc1767.text": "The poll has ended. Top answer: Today", "org.matrix.msc3381.poll.end": {}}
    relation = {"m.relates_to": {"rel_type": "m.reference", "event_id": "$poll"}}
    ended = one({"type": "org.matrix.msc3381.poll.end", "content": said | relation})
    assert isinstance(ended, Message)
    assert (ended.text.plain, ended.reply_to) == ("📊 The poll has ended. Top answer: Today", "$poll")


def test_a_sticker_is_a_picture() -> None:
    """Of whatever type its app says."""
    info = {"w": 128, "h": 96, "size": 12}
    meaning = one({"type": "m.sticker", "content": {"body": "cat", "url": "mxc://a/b", "info": info}})
    assert isinstance(meaning, Message)
    assert meaning.attachments == (
        Attachment("photo", '{"url":"mxc://a/b"}', "cat", 12, "image/png", None, width=128, height=96),
    )
    assert (meaning.text, meaning.unsupported) == (Text(""), None)


def test_a_voice_keeps_its_waveform_and_a_picture_its_measures() -> None:
    """What is none is left out, and the rest still arrives."""

    def voice(waveform: object) -> Attachment:
        audio = {"duration": 12_000, "waveform": waveform}
        spoken: dict[str, Any] = {"msgtype": "m.audio", "body": "v.ogg", "url": "mxc://a/b"}
        spoken |= {"org.matrix.msc3245.voice": {}, "org.matrix.msc1767.audio": audio}
        return message(**spoken).attachments[0]

    assert voice([0, 512, 1024, 4000, -3]) == changed(voice([]), waveform=(0, 512, 1024, 1024, 0))
    assert [voice(odd).waveform for odd in (None, 5, ["1"], [True], [0.5], [1] * 5000)] == [()] * 6

    def measures(**info: object) -> tuple[int | None, int | None]:
        (file,) = message(msgtype="m.image", body="x", url="mxc://a/b", info=info).attachments
        return file.width, file.height

    assert measures(w=800, h=600) == (800, 600)
    assert {measures(w=800), measures(w=0, h=5), measures(w="8", h=6), measures(w=10**9, h=6)} == {(None, None)}


def test_several_files_with_one_caption_are_one_message() -> None:
    """The caption is said once."""
    items = [
        {"itemtype": "m.image", "body": "a.jpg", "url": "mxc://a/b"},
        {"itemtype": "m.file", "body": "b.pdf", "url": "mxc://a/c"},
    ]
    heard = message(msgtype="dm.filament.gallery", body="both pages", itemtypes=items)
    assert [(file.kind, file.name) for file in heard.attachments] == [("photo", "a.jpg"), ("document", "b.pdf")]
    assert heard.text == Text("both pages")


def test_more_files_than_anybody_chooses_are_passed_on_to_nobody() -> None:
    """An event has room for a thousand, each a message elsewhere. Its writer hears that only the words arrived."""
    items = [{"itemtype": "m.image", "body": "a.jpg", "url": "mxc://a/b"}] * 1000
    heard = message(msgtype="m.gallery", body="all my photos", itemtypes=items)
    assert (heard.text, heard.attachments, heard.unsupported) == (Text("all my photos"), (), "unknown")
    assert len(message(msgtype="m.gallery", body="x", itemtypes=items[:50]).attachments) == 50


def test_a_picture_that_moves_is_an_animation() -> None:
    """Telegram would show a still one."""
    assert message(msgtype="m.image", body="x", url="mxc://a/b", info={"mimetype": "image/gif"}).attachments[
        0
    ].kind == ("animation")


def test_files_are_attachments() -> None:
    """Kind, name, size and type are told, a caption is text, and the key finds the file again."""
    info = {"size": 12, "mimetype": "image/png"}
    heard = message(msgtype="m.image", body="a cat", filename="cat.png", url="mxc://a/b", info=info)
    (file,) = heard.attachments
    assert (file.kind, file.name, file.size, file.mime) == ("photo", "cat.png", 12, "image/png")
    assert json.loads(file.key) == {"url": "mxc://a/b"}
    assert heard.text == Text("a cat")

    encrypted = {"url": "mxc://a/b", "key": {"k": "x"}, "iv": "y", "hashes": {"sha256": "z"}}
    spoken = message(**{"msgtype": "m.audio", "body": "v.ogg", "file": encrypted, "org.matrix.msc3245.voice": {}})
    assert (spoken.attachments[0].kind, json.loads(spoken.attachments[0].key)) == ("voice", encrypted)
    assert spoken.text == Text("")
    document = message(msgtype="m.file", body="x.pdf", url="mxc://a/b", info={"size": "large", "mimetype": 3})
    assert document.attachments == (Attachment("document", '{"url":"mxc://a/b"}', "x.pdf"),)


def test_relations() -> None:
    """Edits, reactions, redactions, threads and replies name the message they are about."""
    replaced = {"m.relates_to": {"rel_type": "m.replace", "event_id": "$root"}}
    edited = one(
        {
            "type": "m.room.message",
            "content": {"body": "* y", "msgtype": "m.text", "m.new_content": {"body": "y"}} | replaced,
        }
    )
    assert isinstance(edited, Edited)
    assert (edited.id, edited.text) == ("$root", Text("y"))
    annotation = {"m.relates_to": {"rel_type": "m.annotation", "event_id": "$root", "key": "✅"}}
    reacted = one({"type": "m.reaction", "content": annotation})
    assert isinstance(reacted, Reacted)
    assert (reacted.message, reacted.key, reacted.id) == ("$root", "✅", "$e")
    maria = Person("matrix", "@maria:a.be", "Maria")
    assert one({"type": "m.room.redaction", "content": {"redacts": "$root"}}) == Deleted(CHAT, "$root", AT, maria)
    assert one({"type": "m.room.redaction", "redacts": "$root", "content": {}}) == Deleted(CHAT, "$root", AT, maria)


def test_a_caption_that_is_taken_away_is_not_the_files_name() -> None:
    """An edit tells of the file what its message told; what is not there any more are the words."""

    def changed(**new: Any) -> tuple[Text, list[str]]:
        new = {"msgtype": "m.image", "url": "mxc://a/b"} | new
        relation = {"rel_type": "m.replace", "event_id": "$root"}
        content = {"msgtype": "m.image", "body": "* x", "m.new_content": new, "m.relates_to": relation}
        event = one({"type": "m.room.message", "content": content})
        assert isinstance(event, Edited)
        return event.text, [file.key for file in event.attachments]

    cat = ['{"url":"mxc://a/b"}']
    assert changed(body="our cat", filename="IMG_1.jpg") == (Text("our cat"), cat)
    assert changed(body="IMG_1.jpg", filename="IMG_1.jpg") == changed(body="IMG_1.jpg") == (Text(""), cat)
    for broken in (None, 3, "https://a/b"):
        assert changed(body="our cat", filename="IMG_1.jpg", url=broken) == (Text("our cat"), [])


def test_our_own_events_are_receipts() -> None:
    """The echo names the transaction; what accompanies a message is not worth one; our other devices are silent."""
    own = {"sender": "@bot:a.be", "type": "m.room.encrypted"}
    assert one(own | {"transaction": "t1"}) == Echo(CHAT, "t1", "$e", AT)
    assert parse(raw(own | {"transaction": "t1~choice2"}), "matrix") == ()
    assert parse(raw(own | {"content": {}}), "matrix") == ()


def test_our_own_membership() -> None:
    """Invited, joined, put out."""
    own = {"type": "m.room.member", "state_key": "@bot:a.be"}
    invited = one(own | {"content": {"membership": "invite"}})
    assert isinstance(invited, Added)
    assert (invited.invited, invited.person.id, invited.title) == (True, "@maria:a.be", "Neighbours")
    joined = one(own | {"sender": "@bot:a.be", "before_by": "@maria:a.be", "content": {"membership": "join"}})
    assert isinstance(joined, Added)
    assert (joined.invited, joined.person.id) == (False, "@maria:a.be")
    assert one(own | {"content": {"membership": "ban"}}) == Removed(CHAT, ChatKind.GROUP, AT)


def test_somebody_else_comes_into_a_room() -> None:
    """By the name they show, or their address; a member who takes another name has not come."""
    joins = {"type": "m.room.member", "state_key": "@ahmed:a.be", "sender": "@ahmed:a.be"}
    named = one(joins | {"content": {"membership": "join", "displayname": "Ahmed"}, "before": "invite"})
    assert named == Joined(CHAT, ChatKind.GROUP, Person("matrix", "@ahmed:a.be", "Ahmed"), AT)
    unnamed = one(joins | {"content": {"membership": "join"}})
    assert unnamed == Joined(CHAT, ChatKind.GROUP, Person("matrix", "@ahmed:a.be", "@ahmed:a.be"), AT)
    assert parse(raw(joins | {"content": {"membership": "join"}, "before": "join"}), "matrix") == ()
    assert nothing("m.room.member", {"membership": "invite"}, state_key="@ahmed:a.be")
    assert nothing("m.room.member", {"membership": "join"})


def test_somebody_else_leaves_a_room() -> None:
    """Or is put out of it; whoever was only invited has never been there."""
    goes = {"type": "m.room.member", "state_key": "@ahmed:a.be", "sender": "@ahmed:a.be", "before": "join"}
    left = Left(CHAT, Person("matrix", "@ahmed:a.be"), AT)
    assert one(goes | {"content": {"membership": "leave"}}) == left
    assert one(goes | {"sender": "@maria:a.be", "content": {"membership": "ban"}}) == left
    unsaid = {key: value for key, value in goes.items() if key != "before"}
    assert one(unsaid | {"content": {"membership": "leave"}}) == left
    for before in ("invite", "knock", "leave", "ban"):
        assert parse(raw(goes | {"before": before, "content": {"membership": "leave"}}), "matrix") == ()
    assert nothing("m.room.member", {"membership": "leave"})


def test_rooms_move_and_keys_are_missing() -> None:
    """An upgrade names the new room; an encrypted event stays unreadable until its key comes."""
    tombstone = {"type": "m.room.tombstone", "state_key": "", "content": {"replacement_room": "!new"}}
    assert one(tombstone) == MovedChat(CHAT, Chat("matrix", "!new"), AT)
    encrypted = {"type": "m.room.encrypted", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}
    assert one(encrypted) == Unreadable(CHAT, ChatKind.GROUP, "$e", AT)


def test_what_the_homeserver_has_not_allowed_moves_and_deletes_nothing() -> None:
    """What is no state of the room anybody may write, and what is encrypted may claim to be anything."""
    assert nothing("m.room.tombstone", {"replacement_room": "!theirs"})
    assert nothing("m.room.tombstone", {"replacement_room": "!theirs"}, state_key="@maria:a.be")
    assert nothing("m.room.redaction", {"redacts": "$root"}, sealed=True)
    assert nothing("m.room.redaction", {}, redacts="$root", sealed=True)


def test_what_is_pinned_is_the_difference_that_a_person_made() -> None:
    """Odd entries are no messages; the bot's own changes are no news."""
    pinned = {"type": "m.room.pinned_events", "state_key": "", "content": {"pinned": ["$b", "$c", "$c", 5]}}
    assert parse(raw(pinned | {"before": ["$a", "$b", None]}), "matrix") == (
        Pinned(CHAT, "$a", AT, False),
        Pinned(CHAT, "$c", AT),
    )
    assert parse(raw(pinned | {"content": {"pinned": "no"}}), "matrix") == ()
    assert parse(raw(pinned | {"sender": "@bot:a.be"}), "matrix") == ()
    assert nothing("m.room.pinned_events", {"pinned": ["$a"]})


def test_a_new_name_is_a_title_unless_it_is_none() -> None:
    """A room without a name is called by its members."""
    assert one({"type": "m.room.name", "state_key": "", "content": {"name": "Us"}}) == Renamed(
        CHAT, ChatKind.GROUP, "Us", AT
    )
    for content in ({}, {"name": ""}, {"name": 5}):
        assert nothing("m.room.name", content, state_key="")


def test_half_characters_can_be_stored() -> None:
    """A lone surrogate or a NUL in what somebody writes becomes a replacement character."""
    heard = message(msgtype="m.text", body="a\ud83d b\x00 \U0001f600")
    assert heard.text.plain == "a\ufffd b\ufffd 😀"
    heard.text.plain.encode()


@pytest.mark.parametrize(
    "event",
    [
        {"type": "m.room.message", "content": {"msgtype": "m.text"}},
        {"type": "m.room.message", "content": {"msgtype": "m.text", "body": 5}},
        {"type": "m.room.message", "content": "no"},
        {"type": "m.room.message", "content": {"msgtype": "m.image", "body": "x", "url": "https://tracker.example"}},
        {
            "type": "m.room.message",
            "content": {"msgtype": "m.text", "body": "x", "m.relates_to": {"rel_type": "m.thread"}},
        },
        {"type": "m.reaction", "content": {}},
        {"type": None, "content": None},
        {"type": "m.room.message", "content": {"msgtype": "m.text", "body": "x"}, "origin_server_ts": 10**30},
        {"type": "m.room.message", "content": {"msgtype": "m.text", "body": "x"}, "sender": 3},
    ],
)
def test_what_is_malformed_says_so(event: dict[str, Any]) -> None:
    """The core sets such an event aside; nothing of it is in the complaint."""
    with pytest.raises(ValueError, match=r"^(not a Matrix event as it should be|an attachment that is not in .*)$"):
        parse(raw(event), "matrix")


FIELDS = ["body", "msgtype", "m.relates_to", "rel_type", "event_id", "key", "url", "file", "info", "membership"]
FIELDS += ["m.new_content", "m.mentions", "user_ids", "m.in_reply_to", "formatted_body", "format", "redacts"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=5),
    max_leaves=12,
)
KINDS = st.sampled_from(["m.room.message", "m.reaction", "m.room.redaction", "m.room.member", "m.sticker", "x.y"])
MSGTYPES = st.sampled_from(["m.text", "m.image", "m.audio", "m.emote", "m.location"])


@given(KINDS, JSON, MSGTYPES, st.booleans())
def test_anything_is_understood_or_malformed(kind: str, content: Any, msgtype: str, own: bool) -> None:
    """Whatever JSON arrives, parsing gives storable text or a ValueError."""
    if isinstance(content, dict):
        content = {"msgtype": msgtype, "body": "x"} | content
    event = {"type": kind, "content": content} | ({"state_key": "@bot:a.be"} if own else {})
    try:
        meaning = parse(raw(event), "matrix")
    except ValueError:
        return
    for thing in meaning:
        repr(thing).encode()
        if isinstance(thing, Message):
            thing.text.plain.encode()


@given(st.binary())
def test_any_bytes_are_malformed(body: bytes) -> None:
    """Bytes that are no event of ours are a ValueError."""
    with pytest.raises(ValueError):  # noqa: PT011  # json's own, whatever it says
        parse(Raw("$e", "!room", body), "matrix")
