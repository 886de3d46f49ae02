"""Long texts that somebody's app cuts and sends as several messages, one after the other: they are read as one, also
when one of them is changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot import commands
from bot.domain.chats import Role
from bot.events import Due
from bot.incoming import Edited, Message
from bot.model import Text
from bot.store.transaction import Transaction
from handlers.chats import linking
from handlers.situation import Actions, Situation

_APP_SENDS = 4096  # units of UTF-16 in one message, on Telegram; on Matrix nobody comes near it twice in a moment
_AT_ONCE = timedelta(seconds=5)  # between two parts: Telegram gives whole seconds, and a phone may wait for its network
_WAITS = timedelta(minutes=1)  # for its rest: it is kept for no longer
_CHANGES = timedelta(days=1)  # within which each part may be changed
WAITING = "cut"
_ENDS = ".!?…:;؟۔።॥।。！？"  # after these the app has probably cut between two lines


def whole(event: Message, where: Situation, tx: Transaction) -> Message | Edited | None:
    """What it is together with what was cut off before it: that message anew, or an edit of it; None where this is no
    such rest. In rooms of helpers only: a member says by themselves when a request is complete."""
    chat = where.chat
    if chat.role not in (Role.ORGANISATION, Role.COORDINATION):
        return None
    before = tx.dialogues.get(chat.id).get("cut")
    if before is None:
        _begins(event, where, tx)
        return None
    first = tx.texts.get(before["text"]).text
    _forget(chat.id, tx)
    if (
        where.command is not None
        or event.attachments
        or event.reply_to not in (None, before["reply_to"])
        or event.thread not in (None, before["thread"])
        or before["person"] != where.person.id
        or event.at - datetime.fromisoformat(before["at"]) > _AT_ONCE
        or _units(first) + _units(event.text) <= _APP_SENDS
    ):
        _begins(event, where, tx)
        return None
    between = _between(first, before["last"])
    text = first + Text(between) + event.text
    _joined(event, before["message"], first, between, where, tx)
    said = replace(event, id=before["message"], text=text, reply_to=before["reply_to"], thread=before["thread"])
    _may_go_on(said, where, _units(event.text), tx)
    command = commands.parse(text.plain)
    if command is not None and command.name == "correct":
        return said  # an edit corrects nothing that is out
    return Edited(said.chat, said.kind, said.person, said.id, said.at, text, forwarded=said.forwarded)


def _begins(event: Message, where: Situation, tx: Transaction) -> None:
    """What is meant for the bot, and so long that it may have been cut, waits for its rest."""
    meant = where.command is not None or event.reply_to is not None or event.thread is not None
    # An app looks for a good place in the second half.
    if meant and not linking.is_said(where) and not event.attachments and _units(event.text) >= _APP_SENDS // 2:
        _may_go_on(event, where, _units(event.text), tx)


def _may_go_on(event: Message, where: Situation, last: int, tx: Transaction) -> None:
    """`last`: how long its last part is."""
    cut = {
        "message": event.id,
        "person": where.person.id,
        "at": event.at.isoformat(),
        "text": tx.texts.add(event.text, None),
        "last": last,
        "reply_to": event.reply_to,
        "thread": event.thread,
    }
    tx.dialogues.put(where.chat.id, cut=cut)
    tx.schedule.at(tx.now + _WAITS, Due(WAITING, str(where.chat.id)), lane=f"chat:{where.chat.id}")


def _joined(event: Message, to: str, first: Text, between: str, where: Situation, tx: Transaction) -> None:
    """Each part is kept by itself for a while, with what stands before it in the whole."""
    joined = tx.dialogues.get(where.chat.id).get("joined", {})
    parts = joined.get(to) or [[to, "", tx.texts.add(first, None)]]
    parts = [*parts, [event.id, between, tx.texts.add(event.text, None)]]
    tx.dialogues.put(where.chat.id, joined={**joined, to: parts})
    tx.schedule.at(tx.now + _CHANGES, Due(WAITING, f"{where.chat.id}/{to}"), lane=f"chat:{where.chat.id}")


def edited(event: Edited, tx: Transaction) -> Edited:
    """An edit of a part is one of the whole."""
    chat = tx.chats.at(event.chat)
    joined = {} if chat is None else tx.dialogues.get(chat.id).get("joined", {})
    for first, parts in joined.items():
        if event.id not in (message for message, _, _ in parts):
            continue
        whole = Text("")
        for message, between, text in parts:
            if message == event.id:
                tx.texts.replace(text, event.text, None)
            whole = whole + Text(between) + tx.texts.get(text).text
        return replace(event, id=first, text=whole)
    return event


def over(event: Due, tx: Transaction) -> Actions:
    """Nothing has followed; or what was joined is not kept in parts any more."""
    chat, _, first = event.subject.partition("/")
    if not first:
        _forget(int(chat), tx)
        return ()
    joined = tx.dialogues.get(int(chat)).get("joined", {})
    parts = joined.pop(first, ())
    tx.dialogues.put(int(chat), joined=joined or None)
    tx.texts.delete([text for _, _, text in parts])
    return ()


def _forget(chat: int, tx: Transaction) -> None:
    waiting = tx.dialogues.get(chat).get("cut")
    if waiting is not None:
        tx.dialogues.put(chat, cut=None)
        tx.texts.delete([waiting["text"]])


def _between(first: Text, last: int) -> str:
    """What the app took away where it cut. It cut in the midst of a word only when a part was full."""
    if last >= _APP_SENDS:
        return ""
    return "\n" if first.plain.rstrip()[-1:] in _ENDS else " "


def _units(text: Text) -> int:
    return len(text.plain.encode("utf-16-le", "surrogatepass")) // 2
