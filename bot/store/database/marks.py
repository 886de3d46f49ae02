"""Whether a commit took place whose answer was lost (PostgreSQL).

A transaction's number does not tell by itself: a server that has crashed knows nothing of one that its disk does not
speak of, and gives the number again. So each writer has a row, which every commit of its own changes.
"""

from __future__ import annotations

import itertools
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Engine, delete
from sqlalchemy.exc import DBAPIError

from bot.store.database.prepared import execute
from bot.store.tables import SERVER_NOW, commit_mark
from bot.store.transaction import Transaction

CHANNEL = "schakel"
"""Where processes on one PostgreSQL tell each other what their units stirred."""

_LEAVE = (
    f"WITH mark AS (INSERT INTO commit_mark (writer, token, at) SELECT %(writer)s, %(token)s, {SERVER_NOW} "
    "WHERE pg_current_xact_id_if_assigned() IS NOT NULL "  # only where something was written
    "ON CONFLICT (writer) DO UPDATE SET token = EXCLUDED.token, at = EXCLUDED.at) "
    "SELECT CAST(pg_current_xact_id_if_assigned() AS text)"
)
_LEAVE_AND_TELL = f"{_LEAVE}, pg_notify('{CHANNEL}', %(told)s)"
# A standby server may not have heard of all that was committed, and may be the one that goes on.
_STATUS = (
    "SELECT CASE WHEN pg_is_in_recovery() THEN 'in progress' ELSE pg_xact_status(CAST(%(transaction)s AS xid8)) END"
)
_LAST = "SELECT token FROM commit_mark WHERE writer = %(writer)s"
_NEVER_GIVEN = "22023"  # invalid_parameter_value: "transaction ID … is in the future"
_FORGET_AFTER = timedelta(days=30)  # a writer that has ended leaves its row


@dataclass(frozen=True, slots=True)
class Mark:
    """What a unit of work has left behind, to be found if it was committed."""

    transaction: str
    token: str


class Marks:
    def __init__(self) -> None:
        self._writer = uuid.uuid4().hex
        self._numbers = itertools.count(1)

    def leave(self, connection: Connection, told: str) -> Mark | None:
        """Do so, as the last thing before the commit, and have other processes `told`; None: nothing was written."""
        token = str(next(self._numbers))
        given: dict[str, Any] = {"writer": self._writer, "token": token}
        sql, given = (_LEAVE_AND_TELL, given | {"told": told}) if told else (_LEAVE, given)
        transaction: str | None = execute(connection, sql, given).fetchone()[0]
        return None if transaction is None else Mark(transaction, token)

    def was_committed(self, engine: Engine, mark: Mark) -> bool | None:
        """None: the server has not finished with it, or does not know. Raises DBAPIError where there is none to ask."""
        # Each look shows what is there by then.
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            if _status(connection, mark) == "in progress":
                return None
            last = execute(connection, _LAST, {"writer": self._writer}).fetchone()
            return last is not None and last[0] == mark.token


def _status(connection: Connection, mark: Mark) -> str | None:
    try:
        status: str | None = execute(connection, _STATUS, {"transaction": mark.transaction}).fetchone()[0]
        return status
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) == _NEVER_GIVEN:
            return None
        raise


def forget(tx: Transaction) -> None:
    """Drop the rows of writers that are no more."""
    tx.connection.execute(delete(commit_mark).where(commit_mark.c.at < tx.now - _FORGET_AFTER))
