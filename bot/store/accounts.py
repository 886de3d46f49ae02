"""Accounts: the place in each network's stream, the adapter's own state, the last error."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select, update

from bot.ports import Account
from bot.store.database.prepared import Prepared
from bot.store.database.statements import both
from bot.store.tables import EVERYWHERE, account, home

if TYPE_CHECKING:
    from bot.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class AccountRow:
    name: str
    cursor: str | None
    display: str
    private_link: str
    group_link: str | None
    error: str | None
    error_at: datetime | None
    paused_until: datetime | None
    rate: float | None
    burst: int | None
    channel_link: str | None


_BY_NAME = Prepared(select(account).where(account.c.name == bindparam("the_name")))
_ADVANCE = both(
    lambda into: (row := into(account)).on_conflict_do_update(
        index_elements=["name"], set_={"cursor": row.excluded.cursor}
    )
)
_KEEP_STATE = both(
    lambda into: (row := into(home)).on_conflict_do_update(
        index_elements=["account", "place"], set_={"state": row.excluded.state}
    )
)


class Accounts:
    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def get(self, name: str) -> AccountRow:
        """The account's row, made when it is new."""
        row = _BY_NAME.first(self._tx.connection, {"the_name": name})
        if row is None:
            self._tx.connection.execute(self._tx.insert(account).values(name=name).on_conflict_do_nothing())
            row = _BY_NAME.one(self._tx.connection, {"the_name": name})
        return AccountRow(*row)

    def all(self) -> list[AccountRow]:
        return [AccountRow(*row) for row in self._tx.connection.execute(select(account).order_by(account.c.name))]

    def advance(self, name: str, cursor: str) -> None:
        _ADVANCE.run(self._tx.connection, {"name": name, "cursor": cursor})

    def state(self, name: str, place: str) -> bytes | None:
        """What the account's adapter has kept in the data folder of that name."""
        query = select(home.c.state).where(home.c.account == name, home.c.place == place)
        found: bytes | None = self._tx.connection.execute(query).scalar()
        return found

    def keep_state(self, name: str, place: str, state: bytes) -> None:
        row = {"account": name, "place": place, "state": state}
        _KEEP_STATE.run(self._tx.connection, row)

    def share(self, name: str, value: bytes) -> bytes:
        """What all the data folders of the account have in common: this value, if there is none yet."""
        row = {"account": name, "place": EVERYWHERE, "state": value}
        self._tx.connection.execute(self._tx.insert(home).values(row).on_conflict_do_nothing())
        kept = self.state(name, EVERYWHERE)
        return value if kept is None else kept

    def connected(self, name: str, connected: Account) -> None:
        self._set(
            name,
            display=connected.name,
            private_link=connected.private_link,
            group_link=connected.group_link,
            channel_link=connected.channel_link,
            error=None,
            error_at=None,
        )

    def failed(self, name: str, reason: str) -> None:
        self._set(name, error=reason, error_at=self._tx.now)

    def recovered(self, name: str) -> None:
        self._set(name, error=None, error_at=None)

    def paused(self, name: str, until: datetime) -> None:
        """The network wants nothing from the account before then."""
        self._set(name, paused_until=until)

    def learnt(self, name: str, rate: float | None, burst: int | None) -> None:
        """What the account can send without being refused, None where no limit is known."""
        self._set(name, rate=rate, burst=burst)

    def _set(self, name: str, **values: object) -> None:
        self.get(name)
        self._tx.connection.execute(update(account).where(account.c.name == name).values(**values))
