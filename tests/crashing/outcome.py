"""What must be so after the bot has died and lived again: all as if it had never died, but for what bears its mark."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, create_engine, select

from bot.model import Text
from bot.store.database.encoding import decode
from bot.store.tables import InboxStatus, Status, chat, delivery, event, inbox, line, request, text_table
from tests.crashing.lives import Rough
from tests.paper import Shown

_MARK = re.compile(r"↻ ?(?:[KN]\d+\n)?")
_CLOCK = re.compile(r"\b\d\d:\d\d\b")
_TRANSACTION = re.compile(r"schakel-(\d+)-(\d+)-")


@dataclass(frozen=True)
class Outcome:
    """`shown`: what stands in each chat. `kept`: what the bot knows. `toasts`: what pressers were told."""

    shown: dict[str, Counter[object]]
    kept: dict[str, Counter[object]]
    toasts: set[tuple[str, str]]


def outcome(network: Rough, url: str) -> Outcome:
    latest = {arrival.transaction: arrival.id for arrival in network.arrived}
    repeated = {arrival.id for arrival in network.arrived} - set(latest.values())
    everything = {shown.id: shown for messages in network.shown.values() for shown in messages}
    seen = {
        chat: Counter(_seen(shown, everything) for shown in messages if shown.id not in repeated)
        for chat, messages in network.shown.items()
    }
    engine = _engine(url)
    with engine.begin() as connection:
        kept = _kept(connection)
    engine.dispose()
    return Outcome(seen, kept, set(network.toasts))


def _seen(shown: Shown, everything: dict[str, Shown]) -> object:
    """A message as people see it, whatever number the network gave it and whatever the clock showed."""
    about = [None if id is None else _words(everything[id]) for id in (shown.thread, shown.reply_to)]
    return (shown.by, _words(shown), *about, *shown.labels, frozenset(shown.reactions), shown.file)


def _words(shown: Shown) -> str:
    return _CLOCK.sub("hh:mm", _MARK.sub("", shown.plain, count=1))


def _kept(connection: Connection) -> dict[str, Counter[object]]:
    def rows(query: Any) -> Counter[object]:
        return Counter(tuple(row) for row in connection.execute(query))

    lines = select(line.c.request_id, line.c.author, text_table.c.body, line.c.withdrawn_at).join(
        text_table, text_table.c.id == line.c.text_id
    )
    said = Counter(
        (of, author, decode(body, Text).plain, withdrawn is None)
        for of, author, body, withdrawn in connection.execute(lines)
    )
    failed = select(chat.c.title, delivery.c.kind, delivery.c.subject, delivery.c.failure).join(
        chat, chat.c.id == delivery.c.chat_id
    )
    return {
        "lines": Counter(said),
        "requests": rows(select(request.c.number, request.c.state, request.c.unanswered, request.c.language)),
        "events": rows(select(event.c.subject, event.c.what)),
        "failed": rows(failed.where(delivery.c.status == Status.FAILED)),
        "chats": rows(select(chat.c.network_id, chat.c.active, chat.c.role)),
        "put aside": rows(select(inbox.c.account, inbox.c.error).where(inbox.c.status == InboxStatus.QUARANTINED)),
    }


def check_repetitions(network: Rough, unsure: set[str], idempotent: bool) -> None:
    """A message comes twice only where nobody could know whether it had arrived, and says so."""
    seen: set[str] = set()
    for arrival in network.arrived:
        assert arrival.marked or arrival.transaction not in seen, "a repetition that does not say so"
        assert not (arrival.marked and idempotent), "a mark where the network sees to it"
        assert not arrival.marked or arrival.transaction in unsure, "a mark on what had surely not arrived"
        seen.add(arrival.transaction)


def check_order(network: Rough, url: str) -> None:
    """Within a lane, messages appear in the order in which they were asked for."""
    engine = _engine(url)
    with engine.begin() as connection:
        lanes = {
            row.id: (row.chat_id, row.subject)
            for row in connection.execute(select(delivery.c.id, delivery.c.chat_id, delivery.c.subject))
        }
    engine.dispose()
    last: dict[tuple[int, str], tuple[int, int]] = {}
    for transaction in dict.fromkeys(arrival.transaction for arrival in network.arrived):
        found = _TRANSACTION.match(transaction)
        assert found is not None
        place = (int(found[1]), int(found[2]))
        lane = lanes[place[0]]
        assert last.get(lane, (0, 0)) <= place, "out of order within its lane"
        last[lane] = place


def _engine(url: str) -> Any:
    return create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
