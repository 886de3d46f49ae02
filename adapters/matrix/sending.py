"""Doing what is asked: our actions as Matrix events, each under its transaction id."""

from __future__ import annotations

import asyncio
import json
import logging

from msgspec.structs import replace as changed
from peewee import PeeweeException  # type: ignore[import-untyped]  # what nio's key store raises

from adapters.matrix import direct, inspecting, media
from adapters.matrix.connection.client import Client
from adapters.matrix.connection.errors import send_error
from adapters.matrix.connection.homeserver import Failure, Homeserver, Json, encoded, path
from adapters.matrix.events.html import body, formatted, mentioned
from adapters.matrix.events.raw import DERIVED
from bot.model import Span, SpanKind, Text, joined
from bot.outgoing import (
    THERE,
    AnswerPress,
    Choice,
    CloseTopic,
    EditText,
    InspectChat,
    JoinChat,
    LeaveChat,
    LookFor,
    OpenPrivate,
    OpenTopic,
    Outgoing,
    PinMessage,
    Receipt,
    Rows,
    SendFile,
    SendReaction,
    SendText,
    SetCommands,
    TakeReaction,
    UnpinMessage,
    Withdraw,
)
from bot.ports import Gone, Moved, NotSent, Refused, SendError

log = logging.getLogger(__name__)

# An event may have 65,536 bytes (client-server API, "size limits"); encryption makes 4 of 3, and the servers add some.
CONTENT_BYTES = 46_000
TEXT_BYTES = 20_000  # what fits as body and as HTML
OWN_REACTIONS = 4  # more choices than these are not offered as reactions
SAID_AS = "schakel.transaction"
"""The key, outside of what is encrypted, by which a message of ours is found again from another device: the server
knows transaction ids of one device only, and for a day."""
PAGES_BACK = 5  # of 100 messages of ours in a room, to look for one that may have been sent
TIGHT = 600.0  # seconds after a refusal in which the homeserver is spared what is only an ease
REMEMBERED = 10_000  # offers; one that is forgotten costs a request that the server refuses as a repetition


class Sender:
    def __init__(self, server: Homeserver, client: Client) -> None:
        self._server = server
        self._client = client
        self._offered: set[tuple[str, int]] = set()  # a card that is edited again and again has its numbers already
        self._tight_until = 0.0

    async def send(self, action: Outgoing) -> Receipt:
        """Do it, or raise a SendError. Not to be cancelled."""
        match action:
            case SendText():
                content = message(action)
                receipt = await self._event(action.chat.id, "m.room.message", content, action.transaction, action.again)
                await self._offer(action, receipt.message)
                return receipt
            case SendFile():
                return await self._file(action)
            case EditText(caption=True):
                raise Refused("a file here has no caption that could be changed")
            case EditText():
                receipt = await self._event(action.chat.id, "m.room.message", edit(action), action.transaction)
                await self._offer(action, action.message)
                return receipt
            case SendReaction():
                content = reaction(action.message, action.key)
                receipt = await self._event(action.chat.id, "m.reaction", content, action.transaction)
                return receipt if receipt.message else Receipt(await self._our_reaction(action))
            case TakeReaction():
                found = action.reaction or await self._our_reaction(action)
                return await self._redact(action.chat.id, found, action.transaction) if found else Receipt()
            case Withdraw():
                return await self._redact(action.chat.id, action.message, action.transaction)
            case PinMessage() | UnpinMessage():
                return await self._pin(action)
            case JoinChat():
                return await self._join(action.chat.id)
            case LeaveChat():
                return await self._leave(action.chat.id)
            case InspectChat(chat):
                return Receipt(findings=await inspecting.inspect(self._server, chat))
            case LookFor(chat, person):
                return Receipt(findings=(THERE,) if await inspecting.is_in(self._server, chat, person) else ())
            case OpenPrivate(person=person):
                room_id, in_it = await direct.open_with(self._server, self._client, person)
                return Receipt(findings=(room_id,) if in_it else ())
            case AnswerPress() | SetCommands():
                return Receipt()  # Matrix has neither buttons nor menus
            case OpenTopic() | CloseTopic():
                raise Refused("rooms on Matrix have threads, but no topics")

    async def _event(self, room_id: str, kind: str, content: Json, transaction: str, again: bool = False) -> Receipt:
        try:
            room = self._client.rooms.get(room_id) or await self._client.learn(room_id)
            if room is None:
                raise Gone("the account is not in this room")
            if again and (there := await self._already(room_id, transaction)) is not None:
                return Receipt(there)
            sealed_kind, sealed = await self._client.sealed(room, kind, dict(content))
            sealed[SAID_AS] = transaction
        except Failure as failure:
            # Whatever became of the preparations: the event itself has not been sent.
            error = send_error(failure)
            prepared = NotSent(f"the message could not be prepared ({failure})")
            raise (error if isinstance(error, NotSent) else prepared) from failure
        except (PeeweeException, OSError) as error:  # the disk is full: no key must be used that is not kept
            raise NotSent(f"the room's keys could not be kept ({type(error).__name__})") from error
        try:
            return await self._put(room_id, path("rooms", room_id, "send", sealed_kind, transaction), sealed)
        except Refused:
            outside = _outside_its_thread(content)
            if outside is None:
                raise
        # A homeserver that has deleted the thread's first message (Synapse's retention) takes no more of the thread.
        receipt = await self._event(room_id, kind, outside, transaction)
        return changed(receipt, elsewhere=True)

    async def _file(self, action: SendFile) -> Receipt:
        try:
            room = self._client.rooms.get(action.chat.id) or await self._client.learn(action.chat.id)
            there = await self._already(action.chat.id, action.transaction) if action.again else None
        except Failure as failure:
            raise NotSent(f"the room cannot be asked about ({failure})") from failure
        if room is None:
            raise Gone("the account is not in this room")
        if there is not None:
            return Receipt(there)
        where = await media.uploaded(self._server, action, room.encrypted)
        content = media.told(action, where) | relation(action.thread, action.reply_to)
        return await self._event(action.chat.id, "m.room.message", content, action.transaction)

    async def _already(self, room_id: str, transaction: str) -> str | None:
        """The event that says it, if one of our devices has said it there lately. Raises Failure."""
        query = {"dir": "b", "limit": "100", "filter": json.dumps({"senders": [self._client.user_id]})}
        for _ in range(PAGES_BACK):
            page = await self._server.call("GET", path("rooms", room_id, "messages"), query=query)
            for event in page.get("chunk", []):
                if event.get("content", {}).get(SAID_AS) == transaction:
                    return str(event["event_id"])
            if not page.get("end"):
                break
            query["from"] = page["end"]
        return None

    async def _put(self, room_id: str, where: str, content: Json) -> Receipt:
        try:
            answer = await self._server.call("PUT", where, content)
        except Failure as failure:
            if failure.errcode == "M_DUPLICATE_ANNOTATION":
                return Receipt()  # the reaction stands there already
            raise await self._error(failure, room_id) from failure
        return Receipt(answer.get("event_id"))

    async def _redact(self, room_id: str, event_id: str, transaction: str) -> Receipt:
        return await self._put(room_id, path("rooms", room_id, "redact", event_id, transaction), {})

    async def _our_reaction(self, to: SendReaction | TakeReaction) -> str | None:
        """The event of ours that reacts like this already; None where the homeserver tells of none."""
        where = path("rooms", to.chat.id, "relations", to.message, "m.annotation", "m.reaction", version="v1")
        try:
            answer = await self._server.call("GET", where, query={"limit": "100"})
        except Failure:
            return None
        for event in answer.get("chunk", []):
            relation = (event.get("content") or {}).get("m.relates_to") or {}
            if event.get("sender") == self._client.user_id and relation.get("key") == to.key:
                return str(event["event_id"])
        return None

    async def _error(self, failure: Failure, room_id: str) -> SendError:
        """403 means "not in the room" as well as "in the room, but silenced": ask which."""
        if failure.status != 403:
            error = send_error(failure, writing=True)
            if isinstance(error, NotSent) and error.retry_after is not None:
                self._tight_until = asyncio.get_running_loop().time() + TIGHT
            return error
        try:
            answer = await self._server.call("GET", path("joined_rooms"))
        except Failure as other:
            return NotSent(f"the homeserver refused it and does not say why ({other})")
        in_room = room_id in answer.get("joined_rooms", [])
        if in_room and (new := await self._replacement(room_id)) is not None:
            return Moved(new)
        return send_error(failure, in_room=in_room)

    async def _replacement(self, room_id: str) -> str | None:
        """The room that has taken this one's place: here nobody but moderators may write any more."""
        try:
            where = path("rooms", room_id, "state", "m.room.tombstone")
            answer = await self._server.call("GET", where, query={"format": "event"})
        except Failure:
            return None
        # Not every homeserver tells who wrote it.
        tombstone = answer if "content" in answer else {"content": answer, "sender": ""}
        return await self._client.follow(room_id, tombstone)

    async def _offer(self, action: SendText | EditText, event_id: str | None) -> None:
        """Put the choices' numbers under the message, to be pressed. They are an ease: without them it stands, and
        where the homeserver counts what we write, each would be a message less for people."""
        if asyncio.get_running_loop().time() < self._tight_until:
            return
        numbers = [number for number, choice in numbered(action.choices) if number is not None]
        if event_id is None or len(numbers) > OWN_REACTIONS:
            return
        for number in numbers:
            if (event_id, number) in self._offered:
                continue
            content = reaction(event_id, f"{number}\ufe0f\u20e3")
            try:
                await self._event(action.chat.id, "m.reaction", content, f"{action.transaction}{DERIVED}{number}")
            except SendError as error:
                log.info("a choice is not offered as a reaction: %s", error)
                return
            if len(self._offered) >= REMEMBERED:
                self._offered.clear()
            self._offered.add((event_id, number))

    async def _pin(self, action: PinMessage | UnpinMessage) -> Receipt:
        """What is pinned is one list for the room: it is written anew where the message must come in, or go."""
        where = path("rooms", action.chat.id, "state", "m.room.pinned_events")
        try:
            pinned = (await self._server.call("GET", where)).get("pinned")
        except Failure as failure:
            if failure.errcode != "M_NOT_FOUND":
                raise await self._error(failure, action.chat.id) from failure
            pinned = []  # nothing ever was
        before = pinned if isinstance(pinned, list) else []
        after = [event_id for event_id in before if event_id != action.message]
        if isinstance(action, PinMessage):
            after.append(action.message)
        if (action.message in before) != (action.message in after):
            await self._put(action.chat.id, where, {"pinned": after})
        return Receipt()

    async def _join(self, room_id: str) -> Receipt:
        if not self._client.next_batch:
            raise NotSent("the way to the room may not be known yet")
        try:
            await self._client.join(room_id)
        except Failure as failure:
            final = failure.errcode in ("M_FORBIDDEN", "M_NOT_FOUND", "M_UNKNOWN", "M_INVALID_PARAM")
            if final and failure.status is not None and failure.status < 500:  # else a server of the room is away
                raise Refused("the room cannot be joined: no invitation, or no such room") from failure
            raise send_error(failure) from failure
        return Receipt()

    async def _leave(self, room_id: str) -> Receipt:
        for step in ("leave", "forget"):
            try:
                await self._server.call("POST", path("rooms", room_id, step), {})
            except Failure as failure:
                if failure.status not in (400, 403, 404):  # we are out already
                    raise send_error(failure) from failure
        self._client.forget(room_id)
        return Receipt()


# --- actions as event contents -------------------------------------------------------------------------------------


def message(action: SendText) -> Json:
    content = _content(with_choices(action.text, action.choices))
    return content | relation(action.thread, action.reply_to)


def relation(thread: str | None, reply_to: str | None) -> Json:
    """What a message is said to: a thread, another message, both or neither."""
    reply = {"m.in_reply_to": {"event_id": reply_to}} if reply_to else {}
    if thread:
        falling_back = {} if reply else {"is_falling_back": True, "m.in_reply_to": {"event_id": thread}}
        return {"m.relates_to": {"rel_type": "m.thread", "event_id": thread} | falling_back | reply}
    return {"m.relates_to": reply} if reply else {}


def _outside_its_thread(content: Json) -> Json | None:
    """The message as it can stand in the room itself, if it was to stand in a thread."""
    relation = content.get("m.relates_to", {})
    if relation.get("rel_type") != "m.thread":
        return None
    answers = {} if relation.get("is_falling_back") else {"m.in_reply_to": relation["m.in_reply_to"]}
    without = {key: value for key, value in content.items() if key != "m.relates_to"}
    return without | {"m.relates_to": answers} if answers else without


def edit(action: EditText) -> Json:
    new = _content(with_choices(action.text, action.choices))
    return {
        "msgtype": "m.notice",
        "body": "* " + new["body"][:250],  # for the few clients that show no edits
        "m.new_content": new,
        "m.mentions": {},
        "m.relates_to": {"rel_type": "m.replace", "event_id": action.message},
    }


def reaction(event_id: str, key: str) -> Json:
    return {"m.relates_to": {"rel_type": "m.annotation", "event_id": event_id, "key": key}}


def _content(text: Text) -> Json:
    named = mentioned(text)
    content: Json = {
        "msgtype": "m.notice",
        "body": body(text),
        "m.mentions": {"user_ids": named} if named else {},
    }
    html = formatted(text)
    if html is not None:
        styled = content | {"format": "org.matrix.custom.html", "formatted_body": html}
        if len(encoded(styled)) <= CONTENT_BYTES:
            return styled
    if len(encoded(content)) > CONTENT_BYTES:
        raise Refused("the text is too long for one message")
    return content


def numbered(choices: Rows) -> list[tuple[int | None, Choice]]:
    """The choices in reading order, with their numbers from 1; a link has none."""
    result: list[tuple[int | None, Choice]] = []
    number = 0
    for choice in (choice for row in choices for choice in row):
        number += choice.url is None
        result.append((number if choice.url is None else None, choice))
    return result


def with_choices(text: Text, choices: Rows) -> Text:
    """The text with its choices written out: "1. label" for each, links as links.

    A label that is its own number stands in the text already.
    """
    lines = [
        Text(f"{number}. {choice.label}")
        if number is not None
        else Text(choice.label, (Span(0, len(choice.label), SpanKind.LINK, choice.url),))
        for number, choice in numbered(choices)
        if choice.label != str(number)
    ]
    return joined([text, joined(lines, "\n")], "\n\n")
