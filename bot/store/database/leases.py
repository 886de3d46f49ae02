"""Leases in the database: which process may serve an account, by the database's own clock (PostgreSQL)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, bindparam, select, text
from sqlalchemy.exc import DBAPIError

from bot.store.database.faults import Verdict, verdict
from bot.store.database.schema import Newer, revisions
from bot.store.tables import SERVER_NOW, lease

_RENEW = text(
    f"UPDATE lease SET until = {SERVER_NOW} + :lasts "  # noqa: S608 (a constant)
    "WHERE account = :account AND owner = :owner AND epoch = :epoch"
)
_HELD = text(f"SELECT account FROM lease WHERE until >= {SERVER_NOW}")  # noqa: S608 (a constant)
_TAKE = text(
    "INSERT INTO lease (account, owner, epoch, until) "  # noqa: S608 (a constant)
    f"VALUES (:account, :owner, 1, {SERVER_NOW} + :lasts) "
    "ON CONFLICT (account) DO UPDATE SET owner = :owner, epoch = lease.epoch + 1, until = EXCLUDED.until "
    f"WHERE lease.until < {SERVER_NOW} RETURNING epoch"
)
_GIVE_BACK = text("UPDATE lease SET until = 0 WHERE account = :account AND owner = :owner AND epoch = :epoch")
_SCHEMA = text("SELECT version_num FROM alembic_version")
_EPOCHS = select(lease.c.account, lease.c.epoch).where(lease.c.account.in_(bindparam("accounts", expanding=True)))


class LeaseBook:
    """Each call is one short transaction of its own: a lease is kept whatever the writer is waiting for.

    What a later version has brought further is not for this one to serve: taking and keeping raise Newer.
    """

    def __init__(self, engine: Engine, owner: str, lasts: timedelta) -> None:
        """`owner` names this process and no other. A lease that is not renewed ends after `lasts`."""
        self._engine = engine.execution_options(isolation_level="READ COMMITTED")
        # So that a unit which still goes on has its place before this, or is refused (see `lost`).
        self._taking = engine.execution_options(isolation_level="SERIALIZABLE")
        self._owner = owner
        self._lasts = round(lasts.total_seconds() * 1_000_000)

    def renew(self, held: Mapping[str, int]) -> set[str]:
        """Keep what is held, by account and epoch; those that are still this process's."""
        kept = set()
        with self._engine.begin() as connection:
            _prove_known(connection)
            for account in sorted(held):
                given = {"account": account, "owner": self._owner, "epoch": held[account], "lasts": self._lasts}
                if connection.execute(_RENEW, given).rowcount:
                    kept.add(account)
        return kept

    def take(self, wanted: Collection[str]) -> dict[str, int]:
        """Take what nobody holds; the epochs of what was got."""
        if not wanted:
            return {}
        try:
            with self._taking.begin() as connection:
                _prove_known(connection)
                return self._take(connection, sorted(set(wanted).difference(connection.execute(_HELD).scalars())))
        except DBAPIError as error:
            if verdict(error) is Verdict.RERUN:  # another process was faster
                return {}
            raise

    def _take(self, connection: Connection, free: Sequence[str]) -> dict[str, int]:
        got = {}
        for account in free:
            given = {"account": account, "owner": self._owner, "lasts": self._lasts}
            epoch = connection.execute(_TAKE, given).scalar()
            if epoch is not None:
                got[account] = int(epoch)
        return got

    def ahead(self, now: Callable[[], datetime]) -> timedelta:
        """By how much this machine's clock is ahead of the database's."""
        with self._engine.begin() as connection:
            theirs: datetime = connection.exec_driver_sql("SELECT clock_timestamp()").scalar_one()
            return now() - theirs

    def give_back(self, held: Mapping[str, int]) -> None:
        """Another process may take them at once."""
        with self._engine.begin() as connection:
            for account in sorted(held):
                given = {"account": account, "owner": self._owner, "epoch": held[account]}
                connection.execute(_GIVE_BACK, given)


def _prove_known(connection: Connection) -> None:
    """As when the database is opened, but cheap. Raises Newer."""
    if connection.execute(_SCHEMA).scalar() not in revisions():
        raise Newer


def lost(connection: Connection, accounts: Collection[str], held: Mapping[str, int]) -> frozenset[str]:
    """Those of the accounts whose lease is not the one that is held, as a unit's transaction sees it.

    At PostgreSQL's level SERIALIZABLE a unit that saw its lease is ordered before whoever takes it over.
    """
    epochs = {row.account: row.epoch for row in connection.execute(_EPOCHS, {"accounts": list(accounts)})}
    return frozenset(account for account in accounts if epochs.get(account) != held.get(account, -1))
