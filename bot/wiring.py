"""From the configuration to the parts of a bot."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

import structlog

from bot.app import App, Parts
from bot.backups.backup import Source
from bot.backups.placing import file_of
from bot.backups.restoring import Target
from bot.configuration.config import Config
from bot.configuration.listening import bound, host_and_port
from bot.operation.watching import Watch
from bot.plugins import adapter_class, engine_class
from bot.ports import Adapter, Engine
from bot.store.database.opening import open_reader
from bot.store.transaction import Policy
from handlers.chats.menus import menus
from handlers.dispatching import handle

_log = structlog.get_logger()


def policy(config: Config) -> Policy:
    """What handlers need to know of the configuration."""
    bot = config.bot
    return Policy(
        languages=bot.languages,
        working_language=bot.working_language,
        readers={"": bot.readers} if isinstance(bot.readers, str) else dict(bot.readers),
        hours=bot.hours.text,
        closed=bot.closed,
        categories=config.requests.categories,
        sensitive=config.requests.sensitive,
        outcomes=config.requests.outcomes,
        patience=config.requests.patience,
        digest_at=config.requests.digest_at,
        delete_after_days=bot.delete_after_days,
        not_authorities=bot.not_authorities,
        emergency_number=bot.emergency_number,
        zone=bot.time_zone,
        translates_notices=bool(config.translation.notices),
        translates_conversations=bool(config.translation.conversations),
        transcribes=bool(config.translation.voices),
        read_by=config.translation.read_by,
        questions_threshold=config.notices.questions_threshold,
        names=config.links.names,
        networks={name: one.kind.capitalize() for name, one in config.adapters.items()},
    )


def adapters(config: Config) -> dict[str, Adapter]:
    return {name: adapter_class(one.kind)(name, one.settings) for name, one in config.adapters.items()}


def engines(config: Config) -> dict[str, Engine]:
    return {name: engine_class(one.kind)(name, one.settings) for name, one in config.translation.engines.items()}


def parts(config: Config) -> Parts:
    """Everything a bot is made of; nothing is opened yet."""
    made = engines(config)
    return Parts(
        url=config.database.url,
        data_dir=config.bot.data_dir,
        policy=policy(config),
        adapters=adapters(config),
        engines=_by_purpose(config, made),
        handle=handle,
        menus=menus,
        place=place(config),
    )


def place(config: Config) -> str:
    """What the store calls this data folder. On PostgreSQL several processes have one each, with keys of their own."""
    if not config.database.url.startswith("postgresql"):
        return ""
    file = config.bot.data_dir / "place"
    if not file.exists():
        config.bot.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        # A folder from before there could be others is the nameless one.
        fresh = file.with_name("place.new")  # half of it would be a name as well, and maybe another folder's
        fresh.write_text("" if (config.bot.data_dir / "accounts").exists() else secrets.token_hex(4))
        fresh.replace(file)
    return file.read_text().strip()


@asynccontextmanager
async def watched(config: Config, app: App) -> AsyncIterator[None]:
    """Whoever watches the bot can ask how it is, where that is configured; what cannot be served stops no bot."""
    if config.operations.listen is None:
        yield
        return
    from adapters.operations import Endpoint  # its libraries are needed here alone

    try:
        listener = bound(*host_and_port(config.operations.listen))
    except OSError as error:
        _log.error("operations.listen cannot be listened on", error=error)
        yield
        return
    reader = open_reader(config.database.url)
    try:
        async with Watch(app, reader) as watch, Endpoint(listener, watch.health, watch.connected, watch.numbers):
            yield
    finally:
        await reader.dispose()


def source(config: Config) -> Source:
    """What a backup is made of."""
    return Source(config.database.url, config.bot.data_dir, place(config))


def target(config: Config, now: Callable[[], datetime], token: Callable[[], str]) -> Target:
    """Where a backup is put back."""
    return Target(config.database.url, config.bot.data_dir, place(config), policy(config), adapters(config), now, token)


def lock_path(config: Config) -> Path:
    return lock_in(config.bot.data_dir)


def lock_in(data_dir: Path) -> Path:
    return data_dir / "schakel.lock"


def all_locks(config: Config) -> tuple[Path, ...]:
    """What whoever serves must have to itself: the data folder and, wherever it is, the database's file."""
    file = file_of(config.database.url)
    return (lock_path(config), *([] if file is None else [file.resolve().with_suffix(".lock")]))


def socket_path(config: Config) -> Path:
    return config.bot.data_dir / "control.sock"


def _by_purpose(config: Config, made: Mapping[str, Engine]) -> dict[str, tuple[Engine, ...]]:
    return {
        "notice": tuple(made[name] for name in config.translation.notices),
        "conversation": tuple(made[name] for name in config.translation.conversations),
        "voice": tuple(made[name] for name in config.translation.voices),
    }
