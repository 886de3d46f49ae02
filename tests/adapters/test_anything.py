"""Whatever people can send, and whatever a network may make of it, arrives as something, and can be said elsewhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.matrix import media, sending
from adapters.matrix.events import parsing as matrix
from adapters.telegram import parsing as telegram
from adapters.telegram.entities import to_entities
from adapters.telegram.placing import sayable
from adapters.web.html import excerpt, to_html
from bot.domain.phones import masked
from bot.files.attached import called, clock_of, name_of
from bot.files.kinds import wordless
from bot.incoming import Edited, Incoming, Message, Raw
from bot.model import Chat, Text
from bot.outgoing import EditText, SendFile, SendText
from bot.store.database.encoding import decode, encode
from bot.text.splitting import split
from tests.servers.botapi.formatting import formatted, is_empty

Json = dict[str, Any]
Strategy = st.SearchStrategy[Any]


def tried(examples: Strategy, check: Callable[[Any], None], full: bool) -> None:
    """10,000 times at full length, some hundreds otherwise."""

    @settings(
        max_examples=10_000 if full else 100,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(examples)
    def run(example: Any) -> None:
        check(example)

    run()


# --- anything at all -------------------------------------------------------------------------------------------------

WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30) | st.sampled_from(
    [
        "👨‍👩‍👧‍👦 مُحَمَّد",
        "!r no",
        "/publish N1",
        "0470 12 34 56",
        "> quoted",
        "https://example.org/?a=b",
        "<b>&amp;",
        "geo:1,2",
    ]
)
SAID = WORDS.filter(bool)
COUNT = st.integers(0, 2**40)
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just("\ud800\x00"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def some(**fields: Strategy) -> Strategy:
    """An object in which each of the fields may be missing."""
    return st.fixed_dictionaries({}, optional=fields)


def with_some(needed: dict[str, Strategy], **optional: Strategy) -> Strategy:
    return st.fixed_dictionaries(needed, optional=optional)


@st.composite
def spoilt(draw: st.DrawFn, whole: Strategy) -> Json:
    """The same with something else at one or two places, however deep."""
    value = deepcopy(draw(whole))
    for _ in range(draw(st.integers(1, 2))):
        holder: Any = value
        while True:
            places = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
            if not places:
                break
            place = draw(st.sampled_from(places))
            if isinstance(holder[place], (dict, list)) and holder[place] and draw(st.integers(0, 3)):
                holder = holder[place]
                continue
            holder[place] = draw(JUNK)
            break
    return dict(value)


def passes_on(events: tuple[Incoming, ...]) -> None:
    """Every network can say what it was."""
    for event in events:
        decode(encode(event), type(event))
        if not isinstance(event, (Message, Edited)):
            continue
        wordless(event.text.plain)
        masked(event.text, "0470123456")
        for piece in split(event.text, 4000, "utf16"):
            _said_everywhere(piece)
        _said_everywhere(event.text[:500])
        for attachment in event.attachments if isinstance(event, Message) else ():
            name_of(attachment).encode()
            called(attachment)
            clock_of(attachment.seconds or 0)
            told = media.told(
                SendFile(Chat("matrix", "!a"), "other", attachment, 1, event.text, "t1"),
                {"url": "mxc://a/b", "size": 1},
            )
            json.dumps(told, allow_nan=False).encode()


def _said_everywhere(text: Text) -> None:
    for content in (
        sending.message(SendText(Chat("matrix", "!a"), text, "t1")),
        sending.edit(EditText(Chat("matrix", "!a"), "$e", text, "t1")),
    ):
        json.dumps(content, allow_nan=False, ensure_ascii=False).encode()
    shown = sayable(text)
    said, _ = formatted(shown.plain, [entity.to_dict() for entity in to_entities(shown)])
    assert not is_empty(said)
    to_html(text).encode()
    excerpt(text)


def is_something(event: Incoming) -> bool:
    """Words, a file, a name for what it is, or the link that was followed."""
    if isinstance(event, Edited):
        return bool(event.text)
    assert isinstance(event, Message)
    return bool(event.text or event.attachments or event.unsupported or event.start)


# --- Telegram --------------------------------------------------------------------------------------------------------

US = telegram.Ourselves("telegram", 42)
ANA = {"id": 7, "is_bot": False, "first_name": "Ana"}
CHATS = st.sampled_from(
    [{"id": 7, "type": "private"}, {"id": -1, "type": "group", "title": "B"}, {"id": -100, "type": "supergroup"}]
)
ENTITIES = st.lists(
    with_some(
        {
            "type": st.sampled_from(["bold", "pre", "custom_emoji", "text_link", "blockquote", "text_mention", "new"]),
            "offset": st.integers(-2, 40),
            "length": st.integers(-2, 40),
        },
        url=WORDS,
        user=st.just(ANA),
        language=WORDS,
    ),
    max_size=4,
)
FILE = {
    "file_id": SAID,
    "file_unique_id": SAID,
    "width": st.integers(0, 5000),
    "height": st.integers(0, 5000),
}
MORE_OF_A_FILE = {"file_size": COUNT, "file_name": WORDS, "mime_type": WORDS, "duration": COUNT, "thumbnail": some()}
SIZES = st.lists(with_some(FILE, file_size=COUNT), min_size=1, max_size=4)
PLACE = with_some(
    {"latitude": st.floats(-90, 90), "longitude": st.floats(-180, 180)},
    horizontal_accuracy=st.floats(0, 1500),
    live_period=COUNT,
    heading=COUNT,
)
OPTION = with_some({"text": SAID, "voter_count": COUNT}, text_entities=ENTITIES)
TASK = with_some({"id": COUNT, "text": SAID}, text_entities=ENTITIES, completion_date=COUNT)
STICKER = with_some(
    FILE | {"type": SAID, "is_animated": st.booleans(), "is_video": st.booleans()},
    emoji=SAID,
    thumbnail=with_some(FILE, file_size=COUNT),
    file_size=COUNT,
)
RICH = st.recursive(
    SAID,
    lambda inner: (
        st.lists(inner, max_size=3)
        | with_some(
            {"type": st.sampled_from(["bold", "url", "code", "custom_emoji", "text_mention", "new"]), "text": inner},
            url=WORDS,
            user=st.just(ANA),
            alternative_text=SAID,
        )
    ),
    max_leaves=5,
)
BLOCKS = st.recursive(
    with_some(
        {"type": st.sampled_from(["paragraph", "heading", "pre", "photo", "divider", "new"])},
        text=RICH,
        photo=SIZES,
        caption=st.fixed_dictionaries({"text": RICH}),
    ),
    lambda inner: with_some(
        {"type": st.sampled_from(["blockquote", "list", "table", "details"])},
        blocks=st.lists(inner, max_size=2),
        items=st.lists(some(label=WORDS, blocks=st.lists(inner, max_size=2)), max_size=2),
        cells=st.lists(st.lists(some(text=RICH), max_size=3), max_size=2),
        summary=RICH,
    ),
    max_leaves=4,
)
CONTENTS: dict[str, Strategy] = {
    **dict.fromkeys(("voice", "audio", "video", "animation", "document"), with_some(FILE, **MORE_OF_A_FILE)),
    "video_note": with_some(FILE | {"length": st.integers(1, 640), "duration": COUNT}),
    "photo": SIZES,
    "sticker": STICKER,
    "live_photo": with_some(FILE | {"duration": COUNT}, photo=SIZES),
    "location": PLACE,
    "venue": with_some({"location": PLACE, "title": SAID, "address": WORDS}),
    "contact": with_some({"phone_number": SAID, "first_name": SAID}, last_name=WORDS, user_id=COUNT, vcard=WORDS),
    "poll": with_some(
        {"id": SAID, "question": SAID, "options": st.lists(OPTION, min_size=1, max_size=4), "is_closed": st.booleans()},
        question_entities=ENTITIES,
        description=WORDS,
        description_entities=ENTITIES,
    ),
    "checklist": with_some({"title": SAID, "tasks": st.lists(TASK, min_size=1, max_size=4)}, title_entities=ENTITIES),
    "dice": with_some({"emoji": SAID, "value": COUNT}),
    "game": with_some({"title": SAID, "description": WORDS, "photo": SIZES}),
    "invoice": with_some({"title": SAID, "description": WORDS, "currency": SAID, "total_amount": COUNT}),
    "giveaway": some(prize_description=SAID, winner_count=COUNT),
    "story": some(id=COUNT),
    "paid_media": some(star_count=COUNT),
    "rich_message": some(blocks=st.lists(BLOCKS, max_size=4)),
}


@st.composite
def telegram_messages(draw: st.DrawFn) -> Json:
    """Of a person, of every kind that there is; words beside what can have some."""
    kind = draw(st.sampled_from(["text", *CONTENTS]))
    message: Json = {"message_id": draw(COUNT), "date": 1_763_800_000, "chat": draw(CHATS), "from": ANA}
    if kind == "text":
        return message | {"text": draw(SAID), "entities": draw(ENTITIES)}
    message[kind] = draw(CONTENTS[kind])
    if kind == "venue":
        message["location"] = message["venue"]["location"]
    if draw(st.booleans()):
        message |= {"caption": draw(WORDS), "caption_entities": draw(ENTITIES)}
    return message


def _read(update: Json) -> tuple[Incoming, ...]:
    return telegram.parse(Raw("1", "", json.dumps(update).encode()), US)


def test_every_telegram_message_of_a_person_arrives_as_something(full: bool) -> None:
    """Words, a file, or at least the name of what it is; and Matrix and the page can show it."""

    def check(message: Json) -> None:
        events = _read({"update_id": 1, "message": message})
        assert len(events) == 1
        assert is_something(events[0])
        passes_on(events)

    tried(telegram_messages(), check, full)


def test_no_telegram_update_breaks_more_than_itself(full: bool) -> None:
    """What is not as documented is understood as far as it goes, or set aside; an edit, too."""

    def check(example: tuple[str, Json]) -> None:
        kind, message = example
        try:
            events = _read({"update_id": 1, kind: message})
        except ValueError:
            return
        passes_on(events)

    kinds = st.sampled_from(["message", "edited_message", "channel_post"])
    tried(st.tuples(kinds, spoilt(telegram_messages())), check, full)


# --- Matrix ----------------------------------------------------------------------------------------------------------

INFO = some(
    size=COUNT,
    mimetype=WORDS | st.sampled_from(["image/gif", "image/webp"]),
    duration=COUNT,
    w=st.integers(0, 5000),
    h=st.integers(0, 5000),
)
AUDIO = some(duration=COUNT, waveform=st.lists(st.integers(-5, 2000), max_size=130))
RELATION = st.sampled_from(
    [
        {"m.in_reply_to": {"event_id": "$a"}},
        {"rel_type": "m.thread", "event_id": "$a", "is_falling_back": True, "m.in_reply_to": {"event_id": "$b"}},
    ]
)
_TAGS = ["b", "ul", "li", "pre", "blockquote", "table", "tr", "td", "th", "hr", "br", "h1", "mx-reply", "p", "details"]
HTML = st.lists(
    st.sampled_from(_TAGS).map("<{}>".format)
    | st.sampled_from(_TAGS).map("</{}>".format)
    | st.sampled_from(["<ol start='2'>", "<code class='language-py'>", "<span data-mx-spoiler='why'>", "<img alt='x'>"])
    | st.sampled_from(["<a href='https://a.b'>", "</a>", "&nbsp;", "&amp;", "&#", "word", " ", "\n"]),
    min_size=6,
    max_size=20,
).map("".join)
EXTENSIBLE = st.sampled_from(["org.matrix.msc1767.text", "body"]).flatmap(
    lambda key: st.fixed_dictionaries({key: SAID})
)
QUESTION = st.fixed_dictionaries({"question": EXTENSIBLE, "answers": st.lists(EXTENSIBLE, min_size=1, max_size=4)})
UNSTABLE_POLL = "org.matrix.msc3381.poll.start"


def _message(msgtype: str, **needed: Strategy) -> Strategy:
    fields: dict[str, Strategy] = {"msgtype": st.just(msgtype), "body": WORDS} | needed
    optional: dict[str, Strategy] = {
        "m.relates_to": RELATION,
        "m.mentions": some(user_ids=st.just(["@bot:a.be"])),
        "format": st.just("org.matrix.custom.html"),
        "formatted_body": HTML | WORDS,
        "filename": WORDS,
        "info": INFO,
        "org.matrix.msc3245.voice": st.just({}),
        "org.matrix.msc1767.audio": AUDIO,
        "org.matrix.msc3488.location": st.fixed_dictionaries({"uri": st.just("geo:50.8,4.35;u=20")}),
    }
    content = st.fixed_dictionaries(fields, optional={k: v for k, v in optional.items() if k not in fields})
    return content.map(lambda c: ("m.room.message", c))


_URL = {"url": st.just("mxc://a.be/b")}
_SEALED = {"file": st.fixed_dictionaries({"url": st.just("mxc://a.be/b"), "key": some(k=SAID), "iv": SAID})}
_STYLED = _message("m.text", format=st.just("org.matrix.custom.html"), formatted_body=HTML)
_OF_EVERY_KIND = st.one_of(
    *(_message(msgtype) for msgtype in ("m.text", "m.emote", "be.example.new")),
    *(
        _message(msgtype, **where)
        for msgtype in ("m.image", "m.audio", "m.video", "m.file")
        for where in (_URL, _SEALED)
    ),
    _message(
        "dm.filament.gallery",
        itemtypes=st.lists(
            st.fixed_dictionaries({"itemtype": st.just("m.image"), "body": WORDS} | _URL), min_size=1, max_size=3
        ),
    ),
    _message("m.location", geo_uri=st.sampled_from(["geo:50.8,4.35", "geo:-50.8,4.35,3;u=12.5", "geo:999,1", "x"])),
    st.fixed_dictionaries({"body": WORDS, "info": INFO} | _URL).map(lambda c: ("m.sticker", c)),
    QUESTION.map(lambda poll: (UNSTABLE_POLL, {UNSTABLE_POLL: poll})),
    QUESTION.map(lambda poll: ("m.poll.start", {"m.poll": poll})),
    EXTENSIBLE.map(lambda said: ("org.matrix.msc3381.poll.end", said | {"m.relates_to": {"event_id": "$a"}})),
    some(offer=some(), version=COUNT).map(lambda c: ("m.call.invite", c)),
    st.fixed_dictionaries({"body": SAID}).map(lambda c: ("be.example.new", c)),
)
MATRIX_MESSAGES = st.integers(0, 2).flatmap(lambda kind: _OF_EVERY_KIND if kind else _STYLED)


def _heard(example: tuple[str, Any]) -> tuple[Incoming, ...]:
    kind, content = example
    event = {"event_id": "$e", "sender": "@maria:a.be", "origin_server_ts": 1_763_800_000_000, "type": kind}
    room = {"direct": True, "encrypted": False, "members": 2, "name": None}
    body = {"event": event | {"content": content}, "room": room, "me": {"id": "@bot:a.be", "name": "x"}, "name": "M"}
    return matrix.parse(Raw("$e", "!room", json.dumps(body).encode()), "matrix")


def test_every_matrix_message_of_a_person_arrives_as_something(full: bool) -> None:
    """And Telegram and the page can show it."""

    def check(example: tuple[str, Any]) -> None:
        events = _heard(example)
        assert len(events) == 1
        assert is_something(events[0])
        passes_on(events)

    tried(MATRIX_MESSAGES, check, full)


def test_no_matrix_event_breaks_more_than_itself(full: bool) -> None:
    """Edits and what has lost its shape included."""

    def check(example: tuple[str, Any]) -> None:
        try:
            events = _heard(example)
        except ValueError:
            return
        passes_on(events)

    edits = MATRIX_MESSAGES.map(
        lambda e: (e[0], {"m.new_content": e[1], "m.relates_to": {"rel_type": "m.replace", "event_id": "$a"}} | e[1])
    )
    whole = (MATRIX_MESSAGES | edits).map(lambda e: {"type": e[0], "content": e[1]})
    tried(spoilt(whole).map(lambda e: (e.get("type"), e.get("content"))), check, full)
