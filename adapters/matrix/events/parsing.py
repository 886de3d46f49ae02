"""What a stored Matrix event means; pure, and suspicious of every field in it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from msgspec.structs import replace as changed

from adapters.matrix.connection.homeserver import Json
from adapters.matrix.events import attached, kinds
from adapters.matrix.events.fields import storable, string
from adapters.matrix.events.html import from_html
from adapters.matrix.events.live import SHARED
from adapters.matrix.events.raw import DERIVED
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
from bot.model import Chat, ChatKind, Person, Text

_COMMAND = re.compile(r"\s*[!/][^\W\d_]")
_QUOTATION = re.compile(r"> (\* )?<@[^>\n]*>")  # an app's, which names the writer: specification 1.12, "Rich replies"


def parse(raw: Raw, account: str) -> tuple[Incoming, ...]:
    """The meaning of one event. Raises ValueError for what cannot be understood."""
    try:
        body = json.loads(raw.body)
        event = _Event(account, raw.chat, body["event"], body["room"], body["me"], body["name"])
        if event.fields.get("type") == "m.room.pinned_events":
            return tuple(_pinned(event))
        if event.fields.get("type") == "m.room.member" and event.fields.get("state_key") != event.me["id"]:
            return tuple(_others_membership(event))
        if event.fields.get("type") in kinds.BEACONS and not raw.id.startswith(SHARED):
            return ()  # only what kept one of them unreadable
        meaning = _meaning(event)
    except (KeyError, TypeError, AttributeError, IndexError, ArithmeticError, OSError, RecursionError):
        raise ValueError("not a Matrix event as it should be") from None
    return () if meaning is None else (meaning,)


@dataclass(frozen=True, slots=True)
class _Event:
    """An event with the facts that were stored beside it."""

    account: str
    room_id: str
    fields: Json
    room: Json
    me: Json
    sender_name: str | None

    @property
    def chat(self) -> Chat:
        return Chat(self.account, self.room_id)

    @property
    def kind(self) -> ChatKind:
        return ChatKind.PRIVATE if self.room["direct"] else ChatKind.GROUP

    @property
    def id(self) -> str:
        return string(self.fields["event_id"])

    @property
    def sender(self) -> str:
        return string(self.fields["sender"])

    @property
    def person(self) -> Person:
        return Person(self.account, self.sender, storable(self.sender_name or ""))

    @property
    def at(self) -> datetime:
        return datetime.fromtimestamp(self.fields["origin_server_ts"] / 1000, UTC)

    @property
    def title(self) -> str | None:
        name = self.room["name"]
        return storable(name) if name else None

    @property
    def content(self) -> Json:
        content = self.fields["content"]
        if not isinstance(content, dict):
            raise TypeError
        return content


def _meaning(event: _Event) -> Incoming | None:
    if "transaction" in event.fields:
        transaction = string(event.fields["transaction"])
        return None if DERIVED in transaction else Echo(event.chat, transaction, event.id, event.at)
    kind = string(event.fields["type"])
    if kind == "m.room.member":
        return _membership(event)
    if kind == "m.room.tombstone" and event.fields.get("state_key") == "":  # else anybody may have written it
        return MovedChat(event.chat, Chat(event.account, string(event.content["replacement_room"])), event.at)
    if kind == "m.room.name":
        return _renamed(event)
    if event.sender == event.me["id"] or event.fields.get("redacted"):
        return None
    if "state_key" in event.fields:
        return None
    match kind:
        case "m.room.encrypted":
            return Unreadable(event.chat, event.kind, event.id, event.at)
        case "m.room.redaction" if event.fields.get("sealed"):
            return None  # whether its writer may do that the homeserver could not see
        case "m.room.redaction":
            redacted = event.fields.get("redacts") or event.content.get("redacts")
            return Deleted(event.chat, string(redacted), event.at, event.person)
        case "m.reaction":
            relation = event.content["m.relates_to"]
            target, key = string(relation["event_id"]), string(relation["key"])
            return Reacted(event.chat, event.kind, event.person, target, key, event.at, event.id)
        case "m.room.message":
            return _message(event)
        case "m.sticker":
            return replace(_said(event, Text("")), attachments=attached.sticker(event.content))
        case "m.call.invite":
            return _said(event, Text(""), unsupported="call")
        case _ if kind in kinds.BEACONS:
            return _place(event, live=True)
        case _ if kind in kinds.POLLS:
            return _poll(event, kind)
        case _ if kind in kinds.ENDS:
            return _ended(event)
        case _ if isinstance(event.content.get("body"), str):
            return _said(event, Text(string(event.content["body"])), unsupported="unknown")
        case _:
            return None  # between programs: key verification, call signalling, votes


def _membership(event: _Event) -> Incoming | None:
    """Our own."""
    match event.content.get("membership"):
        case "invite":
            return Added(event.chat, event.kind, event.person, event.at, invited=True, title=event.title)
        case "join":
            inviter = event.fields.get("before_by") or event.sender
            person = Person(event.account, string(inviter))
            return Added(event.chat, event.kind, person, event.at, title=event.title)
        case "leave" | "ban":
            return Removed(event.chat, event.kind, event.at)
        case _:
            return None


def _pinned(event: _Event) -> Iterator[Pinned]:
    """The room has one list of what is pinned: what a person has changed in it."""
    if event.fields.get("state_key") != "" or event.sender == event.me["id"]:
        return
    before, now = _ids(event.fields.get("before")), _ids(event.content.get("pinned"))
    yield from (Pinned(event.chat, id, event.at, False) for id in before if id not in now)
    yield from (Pinned(event.chat, id, event.at) for id in now if id not in before)


def _ids(pinned: object) -> dict[str, None]:
    """Once each, in their order."""
    return dict.fromkeys(storable(id) for id in pinned if isinstance(id, str)) if isinstance(pinned, list) else {}


def _renamed(event: _Event) -> Renamed | None:
    """A room without a name is called by its members: that is no title."""
    name = event.content.get("name")
    if event.fields.get("state_key") != "" or not isinstance(name, str) or not name.strip():
        return None
    return Renamed(event.chat, event.kind, storable(name), event.at)


def _others_membership(event: _Event) -> Iterator[Joined | Left | Removed]:
    """Somebody else has come or gone; a member who changes their name joins again, as it were."""
    who, before = event.fields.get("state_key"), event.fields.get("before")
    if not isinstance(who, str):
        return
    match event.content.get("membership"):
        case "join" if before != "join":
            name = event.content.get("displayname")
            shown = storable(name) if isinstance(name, str) and name else who
            yield Joined(event.chat, event.kind, Person(event.account, storable(who), shown), event.at)
        case "leave" | "ban":
            if before in ("join", None):  # not every homeserver says what they were before
                yield Left(event.chat, Person(event.account, storable(who)), event.at)
            if event.kind is ChatKind.PRIVATE and event.room["members"] == 1:
                # Nothing can be told anybody there any more, as if they had blocked us.
                yield Removed(event.chat, event.kind, event.at)


def _message(event: _Event) -> Incoming | None:
    content = event.content
    relation = content.get("m.relates_to") or {}
    if relation.get("rel_type") == "m.replace":
        new = content["m.new_content"]
        if new.get("msgtype") == "m.notice":
            return None
        original = string(relation["event_id"])
        text = _caption(new) if new.get("msgtype") in attached.MEDIA else _text(new, reply=False)
        return Edited(event.chat, event.kind, event.person, original, event.at, text, attached.files_now(new))
    msgtype = string(content["msgtype"])
    if msgtype == "m.notice" or msgtype.startswith("m.key.verification."):
        return None  # what programs say: answering it could go on for ever
    if msgtype in attached.MEDIA:
        return replace(_said(event, _caption(content)), attachments=attached.files(content))
    if msgtype in attached.GALLERIES:
        files = attached.files(content)
        said = _said(event, _text(content, reply=False), unsupported=None if files else "unknown")
        return replace(said, attachments=files)
    if msgtype in ("m.text", "m.emote"):
        text = _text(content, reply="m.in_reply_to" in relation)
        return _said(event, text, unsupported=None if text else "unknown")
    if msgtype == "m.location":
        return _place(event)
    return _said(event, Text(string(content["body"])), unsupported="unknown")


def _place(event: _Event, live: bool = False) -> Message:
    try:
        return _said(event, _plain(kinds.place(event.content, live)))
    except ValueError:
        return _said(event, Text(""), unsupported="live location" if live else "location")


def _poll(event: _Event, kind: str) -> Incoming:
    relation = event.content.get("m.relates_to") or {}
    is_edit = relation.get("rel_type") == "m.replace"
    content = event.content["m.new_content"] if is_edit else event.content
    try:
        text = _plain(kinds.poll(content, kind))
    except ValueError:
        return _said(event, Text(""), unsupported="poll")
    if is_edit:
        return Edited(event.chat, event.kind, event.person, string(relation["event_id"]), event.at, text)
    return _said(event, text)


def _ended(event: _Event) -> Message:
    """An answer to the poll, as it were."""
    poll = (event.content.get("m.relates_to") or {}).get("event_id")
    said = _said(event, _plain(kinds.ended(event.content)))
    return replace(said, reply_to=None if poll is None else string(poll))


def _plain(text: Text) -> Text:
    return changed(text, plain=storable(text.plain))


def _said(event: _Event, text: Text, unsupported: str | None = None) -> Message:
    relation = event.content.get("m.relates_to") or {}
    thread = string(relation["event_id"]) if relation.get("rel_type") == "m.thread" else None
    replied = (relation.get("m.in_reply_to") or {}).get("event_id")
    if thread is not None and relation.get("is_falling_back", False):
        replied = None  # only there for clients that know no threads
    return Message(
        event.chat,
        event.kind,
        event.person,
        event.id,
        event.at,
        text,
        thread=thread,
        reply_to=None if replied is None else string(replied),
        addressed=_addressed(event, text),
        unsupported=unsupported,
        title=event.title,
    )


def _addressed(event: _Event, text: Text) -> bool:
    """An app that says whom it mentions leaves our name a word like any other, but for who begins with it."""
    mentions = event.content.get("m.mentions")
    if event.me["id"] in ((mentions or {}).get("user_ids") or []) or _COMMAND.match(text.plain):
        return True
    return _names(event.me["id"], text.plain) or _names(event.me["name"], text.plain, first=mentions is not None)


def _names(name: str | None, plain: str, first: bool = False) -> bool:
    if not name:
        return False
    before = r"(?:\A\W*|@)" if first else r"(?<!\w)"
    return re.search(rf"{before}{re.escape(name)}(?!\w)", plain, re.IGNORECASE) is not None


def _text(content: Json, reply: bool) -> Text:
    """The styled text where there is one, without the quotation that older clients put before a reply."""
    plain = string(content["body"])
    html = content.get("formatted_body")
    if content.get("format") == "org.matrix.custom.html" and isinstance(html, str):
        try:
            styled = from_html(storable(html))
        except ValueError:
            styled = Text("")
        if styled:
            return styled
    if reply and _QUOTATION.match(plain):
        lines = plain.split("\n")
        quoted = next((i for i, line in enumerate(lines) if not line.startswith(">")), len(lines))
        plain = "\n".join(lines[quoted:]).lstrip("\n")
    return Text(plain)


def _caption(content: Json) -> Text:
    """The words beside a file: `body` is its name unless `filename` says otherwise."""
    name = content.get("filename")
    return _text(content, reply=False) if name and name != content.get("body") else Text("")
