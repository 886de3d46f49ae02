"""`schakel check`: everything is tried without starting, and each fault named with its remedy."""

from __future__ import annotations

import asyncio
import os
import stat
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Row, Select, select, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from bot import wiring
from bot.backups.backup import reason
from bot.backups.placing import file_of
from bot.catalogue import available, clockless
from bot.configuration.config import Config
from bot.configuration.listening import bound, host_and_port
from bot.domain.chats import Role
from bot.domain.leaks import warnings
from bot.model import Chat
from bot.operation.control import Lock
from bot.operation.troubles import LOW
from bot.operation.watching import FULL
from bot.ports import Adapter, Engine, Listens, NotSent, Remarks, SendError, Unknown
from bot.store.database.faults import Verdict, named, verdict
from bot.store.database.opening import engine_of, free_bytes, open_engine
from bot.store.database.schema import Unfit, prove_known
from bot.store.tables import EVERYWHERE, chat, home, organisation

_PATIENCE = 30.0  # seconds that one account or engine may take to answer

_A_LITTLE = 2**20  # bytes that are written on a disk to see whether this user may

Free = Callable[[Path], int]
"""The bytes that the disk of a folder has left. Raises OSError."""


async def check_all(config: Config, print_line: Callable[[str], object], free: Free = free_bytes) -> int:
    """Tell what was tried and what is wrong, line by line; the number of faults."""
    faults = _tell(print_line, "database", await asyncio.to_thread(_database, config, free))
    for name, adapter in wiring.adapters(config).items():
        state = await asyncio.to_thread(kept_state, config.database.url, name)
        problems = await tried(adapter, adapter.check(state))
        if isinstance(adapter, Listens) and adapter.listens is not None:
            key = f"adapters.{name}.{adapter.listens_key}"
            problems += _can_listen(adapter.listens, key, wiring.lock_path(config))
        faults += _tell(print_line, name, problems)
    for name, engine in wiring.engines(config).items():
        faults += _tell(print_line, name, await tried(engine, engine.check()))
    if config.operations.listen is not None:
        problems = _can_listen(config.operations.listen, "operations.listen", wiring.lock_path(config))
        faults += _tell(print_line, "operations", problems)
    for name, adapter in wiring.adapters(config).items():
        state = await asyncio.to_thread(kept_state, config.database.url, name)
        rooms = await asyncio.to_thread(paired_rooms, config.database.url, name)
        for line in (*await remarked(adapter, state), *await leaking(adapter, rooms)):
            print_line(f"{name}: {line}")
    for line in almost_full(config, free):
        print_line(line)
    foreign = [code for code in config.bot.languages if code not in available()]
    if foreign:
        print_line(
            f"note: the bot's own sentences are not written in {', '.join(foreign)} yet; people read English there"
        )
    if not config.translation.notices:
        print_line("note: no engine translates notices; people do, or templates")
    return faults


def _tell(print_line: Callable[[str], object], name: str, problems: list[str]) -> int:
    for problem in problems:
        print_line(f"{name}: {problem}")
    if not problems:
        print_line(f"{name}: well")
    return len(problems)


async def tried(plugin: Adapter | Engine, check: Awaitable[list[str]]) -> list[str]:
    """What its check finds wrong with a network or an engine; too long a silence is a fault as well."""
    try:
        async with asyncio.timeout(_PATIENCE):
            return await check
    except TimeoutError:
        return [f"no answer within {_PATIENCE:.0f} seconds; is the address right, and the server up?"]
    finally:
        await plugin.close()


# --- no faults, but worth knowing ------------------------------------------------------------------------------------


async def remarked(plugin: Adapter | Engine, state: bytes | None) -> list[str]:
    """What an account says of itself; nothing where it cannot be known now."""
    if not isinstance(plugin, Remarks):
        return []
    try:
        async with asyncio.timeout(_PATIENCE):
            return await plugin.remarks(state)
    except TimeoutError:
        return []
    finally:
        await plugin.close()


def open_to_others(file: Path, config: Config) -> list[str]:
    """Which of the configuration and the database every user of this machine may read, with the remedy."""
    found = []
    if _may_be_read_by_all(file):
        found.append(
            f"{file}: every user of this machine may read it, and with the tokens and passwords in it anybody can be "
            f"your bot: chmod 600 {file}"
        )
    database = file_of(config.database.url)
    if database is not None and _may_be_read_by_all(database):
        inside = config.bot.data_dir in database.parents
        remedy = f"chmod 700 {config.bot.data_dir}" if inside else f"chmod 600 {database}*"
        found.append(f"database: every user of this machine may read people's words in it: {remedy}")
    return found


def _may_be_read_by_all(file: Path) -> bool:
    try:
        way = file.resolve(strict=True).parents
        return bool(file.stat().st_mode & stat.S_IROTH) and all(one.stat().st_mode & stat.S_IXOTH for one in way)
    except OSError:
        return False


@dataclass(frozen=True, slots=True)
class Room:
    """A room that has its role already. `called`: how it is spoken of; `state`: what is kept for its account."""

    chat: Chat
    called: str
    coordination: bool
    state: bytes | None


async def leaking(adapter: Adapter, rooms: Sequence[Room]) -> list[str]:
    """Who else could read along in these rooms, with the remedy. What a network does not tell is passed over."""
    lines: list[str] = []
    try:
        for room in rooms:
            try:
                async with asyncio.timeout(_PATIENCE):
                    findings = await adapter.inspect(room.chat, room.state)
            except (NotSent, Unknown, TimeoutError):
                break  # what is wrong with the account itself has been told
            except SendError:
                continue
            found = warnings(findings, room.coordination)
            lines += [f"{room.called}: {clockless().render(sentence, 'en').plain}" for sentence in found]
    finally:
        await adapter.close()
    return lines


def paired_rooms(url: str, name: str) -> list[Room]:
    """The rooms of an account whose role the database knows; none where there is no database yet."""
    state = _state_of(name).scalar_subquery().label("state")
    query = (
        select(chat.c.network_id, chat.c.role, organisation.c.name, state)
        .outerjoin(organisation, organisation.c.id == chat.c.organisation_id)
        .where(chat.c.account == name, chat.c.active, chat.c.role.in_((Role.COORDINATION, Role.ORGANISATION)))
        .order_by(chat.c.id)
    )
    rows = _asked(url, query)
    return [
        Room(
            Chat(name, row.network_id),
            "the coordination room" if row.role == Role.COORDINATION else f"the room of {row.name}",
            row.role == Role.COORDINATION,
            row.state,
        )
        for row in rows
    ]


def kept_state(url: str, name: str) -> bytes | None:
    """What is kept for an account; None where there is nothing yet."""
    rows = _asked(url, _state_of(name))
    return rows[0].state if rows else None


def _asked(url: str, query: Select[Any]) -> Sequence[Row[Any]]:
    """What the database knows; nothing where it cannot be asked."""
    try:
        with engine_of(url) as engine, engine.connect() as connection:
            return connection.execute(query).all()
    except (SQLAlchemyError, OSError):
        return []


def _state_of(name: str) -> Select[bytes]:
    """Where several data folders have one, any of them."""
    of_a_folder = (home.c.account == name, home.c.place != EVERYWHERE)
    return select(home.c.state).where(*of_a_folder).order_by(home.c.place).limit(1)


def _can_listen(listen: str, key: str, lock: Path) -> list[str]:
    """Whether the bot can be reached there; while one runs, it is already."""
    held = Lock(lock)
    try:
        if not held.acquire():
            return []
    except OSError:
        return []  # a fault of the data folder, which has been told
    try:
        bound(*host_and_port(listen)).close()
    except OSError as error:
        return [f"{listen} cannot be listened on ({error.strerror}); choose another {key}"]
    finally:
        held.release()
    return []


def _database(config: Config, free: Free) -> list[str]:
    """Whether the bot could read and write there; nothing stays of what is tried."""
    folder = config.bot.data_dir
    try:
        with Lock(wiring.lock_path(config)).taken():
            pass  # whoever cannot have the bot's own files could not start it; one that runs is no fault
        engine = open_engine(config.database.url)
    except OSError as error:
        return [reason(error, folder)]
    try:
        if full := [problem for disk in _folders(config) for problem in _no_room(disk, free)]:
            return full
        with engine.connect() as connection, connection.begin() as tried:
            prove_known(connection)
            connection.execute(text("CREATE TABLE schakel_check (tried INTEGER)"))
            if engine.dialect.name == "postgresql":  # which makes room on its disk for what it is given
                connection.execute(text("INSERT INTO schakel_check SELECT generate_series(1, 10000)"))
            tried.rollback()
    except Unfit as error:
        return [str(error)]
    except DBAPIError as error:
        if verdict(error) is Verdict.RERUN:
            return []  # the running bots are at work on it
        return [named(error) if engine.dialect.name == "sqlite" else reason(error, folder)]
    finally:
        engine.dispose()
    return []


# --- disks -----------------------------------------------------------------------------------------------------------


def almost_full(config: Config, free: Free) -> list[str]:
    """Where room should be made while there is some; a disk that is full is a fault."""
    lines = []
    for folder in _folders(config):
        with suppress(OSError):
            if FULL <= free(folder) < LOW:
                left = f"less than {LOW // 2**20} MB are left on the disk of {folder}"
                lines.append(f"note: {left}; a full one stops the bot from taking in anything")
    return lines


def _folders(config: Config) -> list[Path]:
    """Where the bot writes on this machine."""
    database = file_of(config.database.url)
    return list(dict.fromkeys((config.bot.data_dir, *([] if database is None else [database.parent]))))


def _no_room(folder: Path, free: Free) -> list[str]:
    """Whether its disk is too full to be written; SQLite, asked to take a change back, never comes to the disk."""
    try:
        if free(folder) < FULL:  # nothing is written there for a trial: a bot that runs may need the rest
            return [f"the disk of {folder} is full: less than {FULL // 2**20} MB are left"]
        with tempfile.TemporaryFile(dir=folder) as trial:  # there may be a limit for this user, or for files
            trial.write(os.urandom(_A_LITTLE))
            trial.flush()
            os.fsync(trial.fileno())
    except OSError as error:
        return [reason(error, folder)]
    return []
