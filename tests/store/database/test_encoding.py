"""What is stored is called by names that do not change, wherever in the code the values are defined."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.events import Due
from bot.incoming import Edited
from bot.model import Attachment, Chat, ChatKind, Person, Span, SpanKind, Text
from bot.outgoing import Choice, SendFile, SendReaction, SendText, Withdraw
from bot.store.database.encoding import decode, encode

CHAT = Chat("telegram", "-100")
STORED_CHAT = b'{"#":"model.Chat","account":"telegram","id":"-100"}'
KEPT: list[tuple[object, bytes]] = [
    (
        SendText(CHAT, Text("Kom", (Span(0, 3, SpanKind.BOLD),)), "t1", ((Choice("C1", "Ja"),),)),
        b'{"#":"model.SendText","chat":' + STORED_CHAT + b',"text":{"#":"model.Text","plain":"Kom","spans":'
        b'[{"#":"model.Span","start":0,"end":3,"kind":"bold","value":null}]},"transaction":"t1","choices":'
        b'[[{"#":"model.Choice","id":"C1","label":"Ja","url":null}]],"thread":null,"reply_to":null,"again":false,'
        b'"role":""}',
    ),
    (
        SendFile(CHAT, "matrix", Attachment("photo", "k"), 7, Text(""), "t2"),
        b'{"#":"model.SendFile","chat":' + STORED_CHAT + b',"account":"matrix","attachment":{"#":"model.Attachment",'
        b'"kind":"photo","key":"k","name":null,"size":null,"mime":null,"seconds":null,"width":null,"height":null,'
        b'"waveform":[]},"text":7,"caption":{"#":"model.Text","plain":"","spans":[]},"transaction":"t2","choices":[],'
        b'"thread":null,"reply_to":null,"file":null,"again":false,"role":""}',
    ),
    (
        SendReaction(CHAT, "5", "👍", "t3"),
        b'{"#":"model.SendReaction","chat":' + STORED_CHAT + b',"message":"5","key":"\xf0\x9f\x91\x8d",'
        b'"transaction":"t3"}',
    ),
    (
        Withdraw(CHAT, "5", "t4"),
        b'{"#":"model.Withdraw","chat":' + STORED_CHAT + b',"message":"5","transaction":"t4"}',
    ),
    (
        Edited(
            CHAT,
            ChatKind.GROUP,
            Person("telegram", "9", "Ana"),
            "5",
            datetime(2026, 11, 23, 9, 0, tzinfo=UTC),
            Text("Ja"),
        ),
        b'{"#":"model.Edited","chat":' + STORED_CHAT + b',"kind":"group","person":{"#":"model.Person","account":'
        b'"telegram","id":"9","name":"Ana","language":null},"id":"5","at":{"#":"datetime","v":'
        b'"2026-11-23T09:00:00+00:00"},"text":{"#":"model.Text","plain":"Ja","spans":[]},"attachments":[],"forwarded":false}',
    ),
    (Due("sweep"), b'{"#":"events.Due","what":"sweep","subject":"","calendar":false,"at":null}'),
]


@pytest.mark.parametrize(("value", "stored"), KEPT, ids=[type(value).__name__ for value, _ in KEPT])
def test_a_stored_value_keeps_its_name(value: object, stored: bytes) -> None:
    """Else what an older version has stored could not be read any more."""
    assert encode(value) == stored
    assert decode(stored, type(value)) == value


@pytest.mark.parametrize(
    ("kind", "added"), [(Edited, b',"attachments":[],"forwarded":false'), (Due, b',"at":null')], ids=["Edited", "Due"]
)
def test_what_was_stored_before_a_field_was_added_is_read(kind: type, added: bytes) -> None:
    value, stored = next(kept for kept in KEPT if isinstance(kept[0], kind))
    assert decode(stored.replace(added, b""), kind) == value
