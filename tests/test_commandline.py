"""The commands of the program, without a running bot and beside one, and what they say when they cannot do it."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, NoReturn

import psycopg
import pytest
from sqlalchemy import make_url
from typer.testing import CliRunner, Result

from bot.actions import Say
from bot.commandline import cli
from bot.content import Verbatim
from bot.incoming import Batch, Raw
from bot.model import Chat, ChatKind
from bot.operation import control, dead_letters
from bot.store.database.opening import open_engine
from bot.store.database.schema import migrate
from bot.store.transaction import Transaction
from tests.databases import transaction

CONFIG = """
[bot]
languages = ["nl"]
working_language = "nl"
readers = "volunteers"
hours = "Mon-Fri 09:00-18:00"
delete_after_days = 3650
[adapters.telegram]
token = "123456:schakel-test-token-0123456789"
"""


class House:
    """A folder with a configuration and a database, as the program finds it."""

    def __init__(self, folder: Path) -> None:
        self.config = folder / "config.toml"
        self.config.write_text(CONFIG)
        self.database = folder / "data" / "schakel.db"
        self.url = f"sqlite:///{self.database}"
        engine = open_engine(self.url)
        migrate(engine)
        engine.dispose()

    def program(self, *arguments: str) -> Result:
        return CliRunner().invoke(cli, [*arguments, "--config", str(self.config)])

    def shows(self, *arguments: str) -> dict[str, Any]:
        result = self.program(*arguments, "--json")
        assert result.exit_code == 0, result.output
        found: dict[str, Any] = json.loads(result.stdout)
        return found

    def fails(self, said: str, chat: str = "42", active: bool = True) -> str:
        """A message that the network refused; its id."""
        with transaction(self.url) as tx:
            known = tx.chats.known(Chat("telegram", chat), ChatKind.PRIVATE).id
            tx.deliveries.add(Say(known, (Verbatim(said),), subject="K7"))
            [row] = tx.heads.ready("telegram", 10, ())
            tx.lanes.fail(row.id, "Telegram refuses it")
            tx.chats.set_active(known, active)
            return f"d{row.id}"

    def look(self, unit: Callable[[Transaction], Any]) -> Any:
        with transaction(self.url) as tx:
            return unit(tx)


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def test_nothing_failed_is_said_in_three_words(house: House) -> None:
    result = house.program("status", "--failed")
    assert (result.exit_code, result.stdout) == (0, "Nothing has failed.\n")
    assert house.program("retry", "--all").stdout == "Nothing has failed.\n"


def test_a_stop_before_it_has_begun_shows_no_place_in_the_program() -> None:
    """Ctrl-C while it is still loading, which takes a slow machine some seconds."""
    begun = """
import sys

class Interrupted:
    def find_spec(self, name, *_):
        if name == "sqlalchemy":
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupted())
from bot.__main__ import main
main()
"""
    result = subprocess.run([sys.executable, "-c", begun], capture_output=True, check=False)
    assert (result.returncode, result.stdout, result.stderr) == (130, b"", b"")


@pytest.mark.parametrize("letters", ["latin-1", "utf-8"])
def test_a_name_that_the_terminal_cannot_show_does_not_keep_it_from_the_rest(house: House, letters: str) -> None:
    """Nor from a program, which gets it whole."""
    names = {"Élan", "بيت 🏠"}
    with transaction(house.url) as tx:
        for name in names:
            tx.chats.organisation_named(name)

    def said(*arguments: str) -> str:
        environment = os.environ | {"PYTHONIOENCODING": letters}
        command = [sys.executable, "-m", "bot", *arguments, "--config", str(house.config)]
        return subprocess.run(command, capture_output=True, check=True, env=environment).stdout.decode(letters)

    assert {one["name"] for one in json.loads(said("status", "--json"))["organisations"]} == names
    assert said("status").count("groups none yet") == 2


def test_what_failed_is_shown_with_why_and_how_to_go_on(house: House) -> None:
    """Ids, the account, the code and the reason; no word of it, no chat. `status` says that there is something."""
    id = house.fails("secret words", "4242424242")
    with transaction(house.url) as tx:
        tx.inbox.accept("telegram", Batch((Raw("1", "4711995577", b"secret"),), "1"))
        [arrived] = tx.inbox.waiting(1, ("telegram",))
        tx.inbox.quarantine(arrived.id, "KeyError")
    result = house.program("status", "--failed")
    assert f"{id} " in result.stdout
    assert "telegram, about K7, a message: Telegram refuses it" in result.stdout
    assert f"e{arrived.id} " in result.stdout
    assert "telegram: KeyError" in result.stdout
    assert "retry --all" in result.stdout
    shown = json.dumps(house.shows("status", "--failed"))
    for leak in ("secret", "4242424242", "4711995577"):
        assert leak not in result.stdout
        assert leak not in shown.replace(id, "")
    assert "Failed for good: 1 delivery, 1 event. More:" in house.program("status").stdout
    assert house.shows("status")["failed"] == {"deliveries": 1, "events": 1, "translations": 0}


def test_that_no_bot_runs_is_said_first(house: House) -> None:
    """What the networks said last would look as if all were well."""
    first = house.program("status").stdout.splitlines()[0]
    assert first.startswith("Schakel does not run here; ")
    assert first.endswith(f" run --config {house.config}")
    assert house.shows("status")["running"] is False


def test_each_command_that_is_named_reads_the_same_configuration(house: House) -> None:
    """Another one would do nothing, or something to another bot."""
    option = f" --config {house.config}"
    assert f"pair coordination{option}\n" in house.program("status").stdout
    house.fails("one")
    assert f"status --failed{option}\n" in house.program("status").stdout
    assert f"retry --all{option}, or " in house.program("status", "--failed").stdout


def test_what_cannot_be_reached_is_counted_apart(house: House) -> None:
    """As more, where there is something else; as what it is, where there is not."""
    house.fails("two", "43", active=False)
    assert house.program("status", "--failed").stdout.startswith("1 on telegram cannot be sent")
    house.fails("one")
    assert "\n1 more on telegram cannot be sent" in house.program("status", "--failed").stdout


def test_one_command_tries_all_kinds_again(house: House) -> None:
    """It names what it does, and what it cannot do with the reason; then it has not succeeded."""
    sendable, unreachable = house.fails("one"), house.fails("two", "43", active=False)
    result = house.program("retry", f"{sendable},", unreachable, "t9")
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        f"Tried again: {sendable}",
        f"{unreachable} is not tried again: the bot was blocked or removed there",
        "t9 is not tried again: there is nothing of that number",
    ]
    assert house.program("retry", sendable).exit_code == 1  # it is on its way by now


def test_all_of_it_can_be_tried_again_at_once(house: House) -> None:
    """More than one unit of work takes; what cannot go is counted by its reason, and nobody's fault."""
    for number in range(dead_letters.AT_ONCE + 3):
        house.fails("one", f"{number}")
    house.fails("two", "9999", active=False)
    result = house.program("retry", "--all")
    assert result.exit_code == 0
    assert result.stdout.count(" d") == dead_letters.AT_ONCE + 3
    assert "Not tried again: 1, because the bot was blocked or removed there" in result.stdout
    assert house.look(lambda tx: tx.dead_letters.counts())["deliveries"] == 0


def test_a_long_list_is_cut_for_people_and_whole_for_programs(house: House) -> None:
    for number in range(30):
        house.fails("one", f"{number}")
    assert "… and 10 more" in house.program("status", "--failed").stdout
    assert len(house.shows("status", "--failed")["deliveries"]) == 30


@pytest.mark.parametrize("arguments", [(), ("d1", "--all"), ("x1",), ("12",), ("d0",)])
def test_retry_without_a_target_or_with_a_wrong_one_is_wrong_usage(house: House, arguments: tuple[str, ...]) -> None:
    """Exit code 2, and how ids look."""
    result = house.program("retry", *arguments)
    assert result.exit_code == 2
    assert "--failed" in result.stderr


async def test_beside_a_running_bot_the_bot_is_asked(house: House) -> None:
    """The database is the bot's alone while it runs."""
    asked: list[dict[str, Any]] = []

    async def answer(request: dict[str, Any]) -> dict[str, Any]:
        asked.append(request)
        return {"retried": ["d1"], "refused": [], "after": None if len(asked) > 1 else {"d": 1, "e": 0, "t": 0}}

    async with control.serve(house.config.parent / "data" / "control.sock", answer):
        result = await asyncio.to_thread(house.program, "retry", "--all")
    assert result.stdout == "Tried again: d1, d1\n"
    assert asked == [{"command": "retry all"}, {"command": "retry all", "after": {"d": 1, "e": 0, "t": 0}}]


def test_a_running_bot_that_does_not_answer_is_said_so(house: House) -> None:
    """With what to do, and not as the name of an exception."""

    def hang_up() -> None:
        for _ in range(2):
            listener.accept()[0].close()

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(house.config.parent / "data" / "control.sock"))
        listener.listen()
        hanging_up = threading.Thread(target=hang_up, daemon=True)
        hanging_up.start()
        for arguments in (("status",), ("pair", "coordination")):
            result = house.program(*arguments)
            assert result.exit_code == 1
            assert "the running bot did not answer" in result.stderr
            assert "start it again" in result.stderr
        hanging_up.join()


@pytest.mark.parametrize("arguments", [("status",), ("run",), ("pair", "coordination"), ("retry", "--all")])
def test_a_database_of_a_later_version_is_named_with_the_remedy(house: House, arguments: tuple[str, ...]) -> None:
    """Somebody has gone back to an older program; nothing is changed in the database."""
    with closing(sqlite3.connect(house.database)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    result = house.program(*arguments)
    assert result.exit_code == 1
    assert "used by a later version of Schakel: update this one" in result.output


@pytest.mark.parametrize("arguments", [("status",), ("run",), ("pair", "coordination"), ("retry", "--all")])
def test_a_damaged_database_is_named_with_the_remedy(house: House, arguments: tuple[str, ...]) -> None:
    """`run` says it like every other command; it is a failure, not wrong usage."""
    os.truncate(house.database, 100_000)
    result = house.program(*arguments)
    assert result.exit_code == 1
    assert "the database's file is damaged: restore a backup" in result.output


def organisations(house: House) -> list[str]:
    return [organisation["name"] for organisation in house.shows("status")["organisations"]]


@pytest.mark.parametrize("command", ["backup", "restore"])
def test_a_postgresql_that_is_not_there_is_asked_about(house: House, command: str) -> None:
    """What the operator can look at is a question, and ends like one."""
    house.config.write_text(CONFIG + '[database]\nurl = "postgresql://nobody@127.0.0.1:9/x"\n')
    result = house.program(command, str(house.config.parent / "house.tar.gz"))
    assert result.exit_code == 1
    assert result.stderr.endswith("is its address right, and does it run?\n")


@pytest.mark.postgres
def test_a_user_who_may_make_no_tables_is_named_with_the_remedy(house: House, postgres_server: str) -> None:
    """On PostgreSQL only the owner may, unless somebody has said otherwise."""
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute("CREATE ROLE guest LOGIN")
        connection.execute("CREATE DATABASE not_the_guests")
    url = make_url(postgres_server).set(username="guest", database="not_the_guests")
    with house.config.open("a", encoding="utf-8") as config:
        config.write(f'[database]\nurl = "{url.render_as_string(hide_password=False)}"\n')
    result = house.program("run")
    assert result.exit_code == 1
    assert "make it the owner of the database" in result.output


@pytest.mark.postgres
@pytest.mark.parametrize("letters", ["LATIN1", "SQL_ASCII"])
def test_a_database_that_cannot_keep_every_language_is_named_with_the_remedy(
    house: House, postgres_server: str, letters: str
) -> None:
    """PostgreSQL makes such ones by itself where the machine has no language set; each message from somebody whose name
    is written in other letters would be put aside."""
    name = f"in_{letters.lower()}"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        made = f"CREATE DATABASE {name} ENCODING '{letters}' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
        connection.execute(made.encode())
    assert house.program("backup", str(house.config.with_name("backup"))).exit_code == 0
    url = make_url(postgres_server).set(database=name)
    with house.config.open("a", encoding="utf-8") as config:
        config.write(f'[database]\nurl = "{url.render_as_string(hide_password=False)}"\n')
    for arguments in (("restore", str(house.config.with_name("backup"))), ("check",), ("run",)):
        result = house.program(*arguments)
        assert result.exit_code == 1
        assert "ENCODING 'UTF8' TEMPLATE template0" in result.output


def test_a_database_is_one_bots_whatever_its_data_folder(house: House) -> None:
    """A copy of the configuration in another folder, say, which names the same file: all would be said twice."""
    linked, elsewhere = house.config.parent / "linked.db", house.config.parent / "elsewhere"
    linked.symlink_to(house.database)
    house.config.write_text(
        CONFIG.replace("[adapters", f'data_dir = "{elsewhere}"\n[database]\nurl = "sqlite:///{linked}"\n[adapters')
    )
    with control.Lock(house.database.with_name("schakel.lock")).taken():
        result = house.program("run")
    assert (result.exit_code, "Another Schakel runs on this database" in result.stderr) == (1, True)


def test_an_organisation_is_the_same_whatever_the_blanks_in_its_name(house: House) -> None:
    """A name with a blank more would be another organisation, which looks like the first one."""
    for name in ("De Brug", " De  Brug ", "de\nbrug"):
        assert house.program("pair", "organisation", "--organisation", name).exit_code == 0
    assert organisations(house) == ["De Brug"]


def test_a_new_organisation_is_named_with_the_one_that_may_have_been_meant(house: House) -> None:
    """A name that was mistyped makes another one, whose groups would hear nothing. The code stands alone as ever."""
    told = []
    for name in ("De Brug", "de brug", "AETCIS", "De Burg"):
        result = house.program("pair", "group", "--organisation", name, "--language", "nl")
        assert (result.exit_code, len(result.stdout.split())) == (0, 1)
        told.append(result.stderr)
    assert told == [
        '"De Brug" is a new organisation.\n',
        "",
        '"AETCIS" is a new organisation.\n',
        '"De Burg" is a new organisation, and not "De Brug". '
        "If you meant that one, leave this code and ask for another with its name.\n",
    ]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("  ", "Add --organisation NAME"),
        ("\u200b\u202e\u200d", "Add --organisation NAME"),
        ("De \x1b[31mBrug", "characters in it that nobody can read"),
        ("De Br\udcfcg", "characters in it that nobody can read"),  # typed at a terminal that writes no UTF-8
        ("x" * 101, "longer than 100 characters"),
    ],
)
def test_a_name_that_nobody_can_read_is_refused(house: House, name: str, said: str) -> None:
    """It would stand above every notice of the organisation, and could not be changed any more."""
    result = house.program("pair", "organisation", "--organisation", name)
    assert (result.exit_code, said in result.stderr) == (2, True)
    assert organisations(house) == []


@pytest.mark.parametrize("arguments", [("status",), ("run",), ("pair", "coordination"), ("restore", "x")])
@pytest.mark.parametrize("below", ["", "/data"])
def test_a_data_folder_that_is_a_file_is_named(tmp_path: Path, arguments: tuple[str, ...], below: str) -> None:
    """It, or what should be the folder around it."""
    house = House(tmp_path)
    (tmp_path / "notes.txt").touch()
    house.config.write_text(CONFIG.replace("[adapters", f'data_dir = "notes.txt{below}"\n[adapters'))
    result = house.program(*arguments)
    assert result.exit_code == 1
    assert f"notes.txt{below} is no folder, and one is needed there" in result.stderr


@pytest.mark.parametrize("arguments", [("status",), ("run",), ("pair", "coordination"), ("restore", "--check", "x")])
def test_a_data_folder_that_cannot_be_made_is_named(house: House, arguments: tuple[str, ...]) -> None:
    house.config.write_text(CONFIG.replace("[adapters", 'data_dir = "/proc/nothing/data"\n[adapters'))
    result = house.program(*arguments)
    assert result.exit_code == 1
    assert "/proc/nothing is no folder, and one is needed there" in result.output


@pytest.mark.parametrize(
    ("listen", "said"),
    [
        ("8080", 'write it as "HOST:PORT"'),
        ("127.0.0.1:99999", 'write it as "HOST:PORT"'),
        ("0.0.0.0:8080", "on this machine alone; write for example 127.0.0.1:8080"),
        ("127.0.0.1.example:8080", "on this machine alone"),
    ],
)
def test_a_demo_that_cannot_be_shown_there_says_why(listen: str, said: str) -> None:
    result = CliRunner().invoke(cli, ["demo", "--listen", listen])
    assert (result.exit_code, said in result.stderr) == (2, True)


def test_a_demo_that_cannot_be_kept_there_says_why(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    result = CliRunner().invoke(cli, ["demo", "--listen", "127.0.0.1:0", "--keep", str(tmp_path / "notes.txt")])
    assert (result.exit_code, "notes.txt is no folder" in result.stderr) == (1, True)


def test_a_demo_leaves_a_real_bots_data_alone(tmp_path: Path) -> None:
    """Whoever opens its page could speak as anybody among real people."""
    (tmp_path / "accounts" / "telegram").mkdir(parents=True)
    result = CliRunner().invoke(cli, ["demo", "--listen", "127.0.0.1:0", "--keep", str(tmp_path)])
    assert result.exit_code == 2
    assert result.stderr == f"A real bot keeps its data in {tmp_path}: name another folder with --keep.\n"
    assert not (tmp_path / "schakel.db").exists()


def test_what_a_demo_keeps_is_left_alone_by_another(tmp_path: Path) -> None:
    """One in another window, or the real bot, whose data folder was named."""
    with control.Lock(tmp_path / "schakel.lock").taken():
        result = CliRunner().invoke(cli, ["demo", "--listen", "127.0.0.1:0", "--keep", str(tmp_path)])
    assert (result.exit_code, "Another Schakel runs in" in result.stderr) == (1, True)
    assert os.listdir(tmp_path) == ["schakel.lock"]


@pytest.mark.parametrize(("folder", "said"), [("nowhere", "There is no folder"), ("locked", "may not write in")])
def test_init_does_not_ask_where_it_cannot_write(
    house: House, monkeypatch: pytest.MonkeyPatch, folder: str, said: str
) -> None:
    """All answers would be lost at the end."""
    (house.config.parent / "locked").mkdir()
    monkeypatch.setattr(os, "access", lambda *_: False)  # whoever runs the tests may be root, who may do everything
    result = CliRunner().invoke(cli, ["init", "--config", str(house.config.parent / folder / "config.toml")])
    assert result.exit_code in (1, 2)
    assert said in result.stderr
    assert result.stdout == ""


def test_init_says_so_where_it_may_not_even_look(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a folder of root's, say: whether there is such a file cannot be seen from outside."""

    def refuse(*_: object, **__: object) -> NoReturn:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(Path, "stat", refuse)
    monkeypatch.setattr(os, "access", lambda *_: False)
    result = CliRunner().invoke(cli, ["init", "--config", str(house.config.with_name("other.toml"))])
    assert (result.exit_code, "may not write in" in result.stderr) == (1, True)


@pytest.mark.parametrize(
    "arguments", [("status",), ("run",), ("pair", "coordination"), ("restore", "x"), ("restore", "--check", "x")]
)
@pytest.mark.parametrize(
    ("code", "said"),
    [(errno.EACCES, "this user may not use"), (errno.ENOSPC, "is full"), (errno.EROFS, "can only be read")],
)
def test_a_data_folder_that_cannot_be_used_is_named(
    house: House, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], code: int, said: str
) -> None:
    """It belongs to another user, its disk is full or can only be read: every command says which."""

    def refuse(*_: object, **__: object) -> NoReturn:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(control.Lock, "acquire", refuse)
    monkeypatch.setattr(tempfile, "mkdtemp", refuse)
    result = house.program(*arguments)
    assert result.exit_code == 1
    assert said in result.output
