"""What an error of the database says about the unit of work that met it. Pure."""

from __future__ import annotations

import sqlite3
from enum import Enum

from sqlalchemy.exc import DBAPIError


class Verdict(Enum):
    """RERUN: two units were in each other's way, and running it again now will do. WAIT: the database cannot be used
    for a while, which is nobody's fault: run it again when it can. RAISE: the unit itself is wrong."""

    RERUN = "rerun"
    WAIT = "wait"
    RAISE = "raise"


_SQLITE_OUTAGES = {
    sqlite3.SQLITE_BUSY,  # somebody else holds the file for longer than busy_timeout
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_NOTADB,
}
_CONFLICTS = {"40001", "40P01"}  # serialization failure, deadlock
_ONLY_READ = ("0A000", "25006")  # a standby server gives us no transaction of our level (SERIALIZABLE); read only
_POSTGRES_OUTAGES = ("08", *_ONLY_READ, "25P03", "25P04", "53", "55P03", "57", "58")
"""SQLSTATEs or their classes: connection lost, only to be read, idle or at work for too long, out of disk or memory, a
lock not to be had, stopped by its operator, files out of reach (postgresql.org/docs/current/errcodes-appendix.html)."""

_FORBIDDEN = {"42501", "3F000"}  # insufficient privilege; no schema that it may use


def verdict(error: BaseException) -> Verdict:
    """What to do with the unit that met the error."""
    if not isinstance(error, DBAPIError):
        return Verdict.RAISE
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is not None:  # the low byte is the kind, what stands above it says more about it
        return Verdict.WAIT if code & 0xFF in _SQLITE_OUTAGES else Verdict.RAISE
    state: str | None = getattr(error.orig, "sqlstate", None)
    if state in _CONFLICTS:
        return Verdict.RERUN
    if state is None:  # PostgreSQL said nothing: the connection broke, or there never was one
        return Verdict.WAIT if error.connection_invalidated or _is_operational(error.orig) else Verdict.RAISE
    return Verdict.WAIT if state.startswith(_POSTGRES_OUTAGES) else Verdict.RAISE


def _is_operational(error: BaseException | None) -> bool:
    """Whether the driver blames the database's operation; each driver has a class of that name (PEP 249)."""
    return any(cls.__name__ == "OperationalError" for cls in type(error).__mro__)


def is_moved(error: BaseException) -> bool:
    """Whether the file is not in its place any more: to wait will not bring it back."""
    code = getattr(getattr(error, "orig", None), "sqlite_errorcode", None)
    return code == sqlite3.SQLITE_READONLY_DBMOVED


def is_too_slow(error: BaseException) -> bool:
    """Whether PostgreSQL has lost its patience in the middle of a unit: the process was asleep, or the unit is slow."""
    return getattr(getattr(error, "orig", None), "sqlstate", None) == "25P03"


def is_forbidden(error: BaseException) -> bool:
    """Whether PostgreSQL does not let this user do what the bot has to."""
    return getattr(getattr(error, "orig", None), "sqlstate", None) in _FORBIDDEN


def named(error: BaseException) -> str:
    """What to call the trouble in a line for the operator: plain words where we know it, else the error's class."""
    code = getattr(getattr(error, "orig", None), "sqlite_errorcode", None)
    state = getattr(getattr(error, "orig", None), "sqlstate", None) or ""
    if (code is not None and code & 0xFF == sqlite3.SQLITE_FULL) or state == "53100":
        return "the disk is full"
    if code is not None and code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return "another program holds the database's file"
    if is_moved(error):
        return "the database's file was moved or deleted"
    if code is not None and code & 0xFF == sqlite3.SQLITE_READONLY:
        return "the database's file may not be written"
    if code is not None and code & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return "the database's file is damaged: restore a backup"
    if code is not None:
        return "the database's file cannot be read or written"
    if is_forbidden(error):
        return "the database's user may not do so: make it the owner of the database"
    if state in _ONLY_READ:
        return "the database can only be read: is it a standby server?"
    return "the database cannot be reached"
