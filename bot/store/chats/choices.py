"""Choices that were offered: the opaque id on a button, and what pressing it means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, func, insert, select, update

from bot.actions import Button, Buttons, ShownButton, ShownButtons
from bot.content import Sentence, Verbatim
from bot.store.database.encoding import decode, encode
from bot.store.database.prepared import Prepared, Row
from bot.store.database.statements import change
from bot.store.tables import choice, copy, delivery

if TYPE_CHECKING:
    from bot.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class OfferedChoice:
    """`used`: one of the choices offered together was already made."""

    id: str
    chat: int
    offer: str
    subject: str
    step: str
    value: str
    label: Sentence | Verbatim
    lasting: bool
    used: bool


_OFFER = Prepared(insert(choice))
_LASTING = Prepared(select(choice.c.id).where(choice.c.chat_id == bindparam("chat"), choice.c.offer == bindparam("of")))
_SUPERSEDE = Prepared(update(choice).where(choice.c.delivery_id == bindparam("of")).values(delivery_id=None))


class Choices:
    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def offer(self, chat: int, delivery: int, subject: str, buttons: Buttons) -> ShownButtons:
        """Remember what is about to be offered below a message: numbers mean these buttons from now on, and the ids of
        earlier ones still what they meant."""
        _SUPERSEDE.run(self._tx.connection, {"of": delivery})
        together = {"chat_id": chat, "delivery_id": delivery, "subject": subject, "offer": self._tx.token()}
        position = 0
        rows = []
        for row in buttons:
            shown = []
            for button in row:
                label = Verbatim(button.label) if isinstance(button.label, str) else button.label
                if button.url is not None:
                    shown.append(ShownButton("", label, button.url))
                    continue
                position += 1
                id = self._remember(button, label, together | {"position": position})
                shown.append(ShownButton(id, label))
            rows.append(tuple(shown))
        return tuple(rows)

    def _remember(self, button: Button, label: Sentence | Verbatim, offered: dict[str, object]) -> str:
        """The id of the button: of a lasting one always the same."""
        id = self._tx.token()
        if button.lasting:
            lasting = f"{offered['chat_id']}.{offered['subject']}.{button.step}.{button.value}"
            known = _LASTING.scalar(self._tx.connection, {"chat": offered["chat_id"], "of": lasting})
            if known is not None:
                newly = {name: offered[name] for name in ("delivery_id", "position")}
                change(self._tx.connection, choice, known, **newly)
                return str(known)
            offered = offered | {"offer": lasting}
        means = {"step": button.step, "value": button.value, "label": encode(label), "lasting": button.lasting}
        _OFFER.run(self._tx.connection, {"id": id, **means, **offered})
        return id

    def get(self, id: str, chat: int) -> OfferedChoice | None:
        """The choice behind a button pressed in that chat; None for one that is not ours or not of that chat."""
        row = self._tx.connection.execute(select(choice).where(choice.c.id == id, choice.c.chat_id == chat)).first()
        return None if row is None else self._value(row)

    def on_message(self, chat: int, network_id: str) -> dict[int, OfferedChoice]:
        """The choices of the message of ours with that network id, by the numbers they have there (from 1)."""
        rows = self._tx.connection.execute(
            select(choice)
            .join(copy, copy.c.delivery_id == choice.c.delivery_id)
            .where(copy.c.chat_id == chat, copy.c.network_id == network_id)
            .order_by(choice.c.position)
        )
        return {row.position: self._value(row) for row in rows}

    def latest(self, chat: int) -> dict[int, OfferedChoice]:
        """The choices that came with the last thing said in a chat, by number; what is typed means one of them.

        None when something was said since: then a number may be the answer to that.
        """
        last = self._tx.connection.execute(
            select(func.max(delivery.c.id)).where(delivery.c.chat_id == chat, delivery.c.kind == "say")
        ).scalar()
        if last is None:
            return {}
        rows = self._tx.connection.execute(
            select(choice).where(choice.c.chat_id == chat, choice.c.delivery_id == last).order_by(choice.c.position)
        )
        return {row.position: self._value(row) for row in rows}

    def last_offered(self, chat: int, step: str) -> int | None:
        """The last delivery in a chat that offered a choice of that step."""
        query = select(func.max(choice.c.delivery_id)).where(choice.c.chat_id == chat, choice.c.step == step)
        found: int | None = self._tx.connection.execute(query).scalar()
        return found

    def made(self, chat: int, offer: str) -> OfferedChoice | None:
        """Which of the choices offered together was made."""
        row = self._tx.connection.execute(
            select(choice).where(choice.c.chat_id == chat, choice.c.offer == offer, choice.c.used_at.is_not(None))
        ).first()
        return None if row is None else self._value(row)

    def was_made(self, chat: int, subject: str, step: str) -> bool:
        """Whether a choice of that step about that subject was ever made in a chat."""
        query = select(choice.c.id).where(
            choice.c.chat_id == chat, choice.c.subject == subject, choice.c.step == step, choice.c.used_at.is_not(None)
        )
        return self._tx.connection.execute(query.limit(1)).first() is not None

    def use(self, chosen: OfferedChoice) -> None:
        change(self._tx.connection, choice, chosen.id, used_at=self._tx.now)

    def _value(self, row: Row) -> OfferedChoice:
        label = decode(row.label, object)
        assert isinstance(label, (Sentence, Verbatim))
        used = not row.lasting and self._used(row.chat_id, row.offer)
        return OfferedChoice(
            row.id,
            row.chat_id,
            row.offer,
            row.subject,
            row.step,
            row.value,
            label,
            row.lasting,
            used,
        )

    def _used(self, chat: int, offer: str) -> bool:
        query = select(choice.c.id).where(
            choice.c.chat_id == chat, choice.c.offer == offer, choice.c.used_at.is_not(None)
        )
        return self._tx.connection.execute(query.limit(1)).first() is not None
