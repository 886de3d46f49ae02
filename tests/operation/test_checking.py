"""`schakel check` names what lets others read along in the rooms that have their role already."""

from __future__ import annotations

import errno
import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, nullcontext
from pathlib import Path

import pytest

from bot import wiring
from bot.configuration.config import load
from bot.configuration.listening import bound
from bot.model import Chat
from bot.operation.checking import check_all, kept_state, leaking, open_to_others, paired_rooms, remarked
from bot.operation.control import Lock
from bot.ports import NotSent, Refused
from bot.store.database import opening
from bot.store.database.schema import migrate
from tests.paper import Paper, PaperAdapter
from tests.world import World, world


def adapter(network: Paper) -> PaperAdapter:
    return PaperAdapter(network.account, PaperAdapter.Settings(), network)


async def rooms(w: World) -> tuple[Chat, Chat]:
    """The coordination room and an organisation's, beside a group."""
    room = await w.paired("room", "coordination")
    house = await w.paired("house", "organisation", "Ons Huis")
    await w.paired("square", "group", "Ons Huis", "nl")
    return room, house


async def test_rooms_with_a_role_are_named_with_what_leaks_and_its_remedy(tmp_path: Path) -> None:
    """In English; groups, which everybody may read, are left alone."""
    async with world(tmp_path) as w:
        room, house = await rooms(w)
        w.network.leaks = {room.id: ("cloud",), house.id: ("cloud", "public")}
        found = paired_rooms(f"sqlite:///{tmp_path / 'schakel.db'}", w.network.account)
        assert [(one.chat, one.called) for one in found] == [
            (room, "the coordination room"),
            (house, "the room of Ons Huis"),
        ]
        cloud, public = await leaking(adapter(w.network), found)
    assert cloud.startswith("the coordination room: Telegram keeps what is written here")
    assert public.startswith("the room of Ons Huis: Whoever knows the link can join")


async def test_what_a_network_does_not_tell_is_passed_over(tmp_path: Path) -> None:
    """A room that refuses does not hide the next one; a network that does not answer is not asked again."""
    async with world(tmp_path) as w:
        room, house = await rooms(w)
        w.network.leaks = {room.id: ("public",), house.id: ("public",)}
        found = paired_rooms(f"sqlite:///{tmp_path / 'schakel.db'}", w.network.account)
        w.network.inspection_faults = [Refused("not to you")]
        (line,) = await leaking(adapter(w.network), found)
        assert line.startswith("the room of Ons Huis")
        w.network.inspection_faults = [NotSent("no answer"), NotSent("asked again")]
        assert await leaking(adapter(w.network), found) == []
        assert len(w.network.inspection_faults) == 1


def test_without_a_database_nothing_is_known(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'none.db'}"
    assert paired_rooms(url, "paper") == []
    assert kept_state(url, "paper") is None


CONFIG = """
[bot]
languages = ["nl"]
working_language = "nl"
readers = "volunteers"
hours = "Mon-Fri 09:00-18:00"
delete_after_days = 30
[adapters.telegram]
token = "123456:not-complete"
"""


async def test_a_database_in_which_nothing_can_be_written_is_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It belongs to another user, say: to read it is not enough. Nothing stays of what was tried."""
    (tmp_path / "config.toml").write_text(CONFIG)
    config = load(tmp_path / "config.toml", {})
    lines: list[str] = []
    await check_all(config, lines.append)
    assert lines[0] == "database: well"
    with closing(sqlite3.connect(tmp_path / "data" / "schakel.db")) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == []
    monkeypatch.setattr(opening, "_PRAGMAS", (*opening._PRAGMAS, "query_only=ON"))
    lines.clear()
    await check_all(config, lines.append)
    assert lines[0] == "database: the database's file may not be written"


@pytest.mark.parametrize(
    ("left", "first", "faults"),
    [
        (3 * 2**20, "database: the disk of {data} is full: less than 16 MB are left", 1),
        (100 * 2**20, "database: well", 0),
        (2**30, "database: well", 0),
    ],
)
async def test_a_disk_that_is_too_full_is_a_fault(tmp_path: Path, left: int, first: str, faults: int) -> None:
    """What is taken back again would fit on it. One that soon will be is worth a line, as while the bot runs."""
    (tmp_path / "config.toml").write_text(CONFIG)
    data, lines = tmp_path / "data", list[str]()
    before = await check_all(load(tmp_path / "config.toml", {}), lines.append)
    lines.clear()
    assert await check_all(load(tmp_path / "config.toml", {}), lines.append, lambda folder: left) == before + faults
    assert lines[0] == first.format(data=data)
    note = f"note: less than 256 MB are left on the disk of {data}; a full one stops the bot from taking in anything"
    assert (note in lines) == (left == 100 * 2**20)
    assert not [file for file in data.iterdir() if not file.name.startswith("schakel.")]


async def test_a_disk_on_which_this_user_has_no_room_left_is_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others may have some, and the database is on another one than the rest."""
    config_file, other = tmp_path / "config.toml", tmp_path / "other"
    config_file.write_text(f'{CONFIG}[database]\nurl = "sqlite:///{other}/schakel.db"\n')

    def refused(file: int) -> None:
        if os.readlink(f"/proc/self/fd/{file}").startswith(str(other)):
            raise OSError(errno.EDQUOT, "Disk quota exceeded")

    monkeypatch.setattr(os, "fsync", refused)
    lines: list[str] = []
    await check_all(load(config_file, {}), lines.append)
    assert lines[0] == f"database: the disk of {other} is full"


async def test_a_data_folder_that_cannot_be_made_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(CONFIG.replace("[adapters", 'data_dir = "/proc/nothing/data"\n[adapters'))
    lines: list[str] = []
    await check_all(load(tmp_path / "config.toml", {}), lines.append)
    assert lines[0] == "database: /proc/nothing is no folder, and one is needed there"


@pytest.mark.parametrize(
    ("name", "key", "settings"),
    [
        ("telegram", "webhook_listen", 'webhook_url = "https://bot.example.org/"\nwebhook_listen = "{listen}"\n'),
        ("web", "listen", '[adapters.web]\nlisten = "{listen}"\n'),
    ],
)
async def test_an_address_that_is_taken_is_a_fault(tmp_path: Path, name: str, key: str, settings: str) -> None:
    """By another program: one that the bot itself has is none."""
    with closing(bound("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        (tmp_path / "config.toml").write_text(CONFIG + settings.format(listen=listen))
        config = load(tmp_path / "config.toml", {})
        told = f"{name}: {listen} cannot be listened on (Address already in use); choose another adapters.{name}.{key}"
        for runs in (False, True):
            lines: list[str] = []
            with Lock(wiring.lock_path(config)).taken() if runs else nullcontext():
                await check_all(config, lines.append)
            assert (told in lines) is not runs


async def test_a_language_in_which_the_bot_has_no_words_is_told(tmp_path: Path) -> None:
    """It may be meant so, for notices that people translate; or it is a slip."""
    (tmp_path / "config.toml").write_text(CONFIG.replace('["nl"]', '["nl", "de", "it"]'))
    lines: list[str] = []
    await check_all(load(tmp_path / "config.toml", {}), lines.append)
    assert "note: the bot's own sentences are not written in de, it yet; people read English there" in lines


@pytest.fixture
def shared_folder() -> Iterator[Path]:
    """One that every user of the machine may open; those of pytest are closed to them."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def test_what_every_user_of_the_machine_may_read_is_told_with_the_remedy(shared_folder: Path) -> None:
    """A copy of the example, say, and a folder that was there before the bot; not what lies in a folder that is closed,
    nor what a group may read."""
    file, data = shared_folder / "config.toml", shared_folder / "data"
    file.write_text(CONFIG)
    data.mkdir()
    (data / "schakel.db").touch()
    for path, mode in ((file, 0o644), (data, 0o755), (data / "schakel.db", 0o644)):
        path.chmod(mode)
    config = load(file, {})
    secrets, words = open_to_others(file, config)
    assert secrets.endswith(f"chmod 600 {file}")
    assert words.endswith(f"chmod 700 {data}")
    file.chmod(0o640)
    assert open_to_others(file, config) == [words]
    data.chmod(0o700)
    assert open_to_others(file, config) == []


def test_a_database_elsewhere_is_closed_by_itself(shared_folder: Path) -> None:
    """Its folder is not the bot's."""
    file, database = shared_folder / "config.toml", shared_folder / "words.db"
    file.write_text(f'{CONFIG}[database]\nurl = "sqlite:///{database}"\n')
    file.chmod(0o600)
    database.touch()
    database.chmod(0o644)
    [words] = open_to_others(file, load(file, {}))
    assert words.endswith(f"chmod 600 {database}*")


async def test_a_damaged_database_and_one_of_a_later_version_are_faults(tmp_path: Path) -> None:
    """With what to do about it."""
    (tmp_path / "config.toml").write_text(CONFIG)
    config = load(tmp_path / "config.toml", {})
    engine = opening.open_engine(config.database.url)
    migrate(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    engine.dispose()
    lines: list[str] = []
    await check_all(config, lines.append)
    assert lines[0] == "database: the database was used by a later version of Schakel: update this one"
    os.truncate(tmp_path / "data" / "schakel.db", 100_000)
    lines.clear()
    await check_all(config, lines.append)
    assert lines[0] == "database: the database's file is damaged: restore a backup"


class Remarking(PaperAdapter):
    async def remarks(self, state: bytes | None) -> list[str]:
        return ["nothing is kept"] if state is None else [f"{state.decode()} is kept"]


async def test_what_an_account_says_of_itself_is_told(tmp_path: Path) -> None:
    """By what is kept of it, not by what all its folders share; most accounts have nothing to say."""
    url = f"sqlite:///{tmp_path / 'schakel.db'}"
    async with world(tmp_path) as w:
        account = w.network.account
        remarking = Remarking(account, PaperAdapter.Settings(), w.network)
        await w.app.writer.run(lambda tx: tx.accounts.share(account, b"ink"))
        assert await remarked(remarking, kept_state(url, account)) == ["nothing is kept"]
        await w.app.writer.run(lambda tx: tx.accounts.keep_state(account, "", b"pen"))
        assert await remarked(remarking, kept_state(url, account)) == ["pen is kept"]
        assert await remarked(adapter(w.network), kept_state(url, account)) == []
