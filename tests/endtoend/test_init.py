"""`schakel init` at a terminal, as a new user goes through it: wrong answers first."""

from __future__ import annotations

import asyncio
import os
import pty
import re
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from adapters.matrix.connection.homeserver import Homeserver, path
from adapters.matrix.encryption.identity import Identity, new_seeds
from bot.configuration.config import load
from tests.endtoend.bot import PROGRAM, ROOT, RunningBot
from tests.endtoend.house import said
from tests.servers.botapi import BotApiServer
from tests.servers.synapse import Synapse

PATIENCE = 60.0
LEFT_OPEN = re.compile(r"[:?] $")  # how every question ends, when the terminal is ready for the answer


class Dialogue:
    """The program at one end of a terminal, a person at the other."""

    def __init__(self, terminal: int, process: asyncio.subprocess.Process) -> None:
        self._terminal = terminal
        self._process = process
        self._new = asyncio.Event()
        self.seen = ""
        asyncio.get_running_loop().add_reader(terminal, self._read)

    def _read(self) -> None:
        try:
            piece = os.read(self._terminal, 65536)
        except OSError:  # the program has ended
            piece = b""
        if not piece:
            asyncio.get_running_loop().remove_reader(self._terminal)
        self.seen += piece.decode(errors="replace").replace("\r\n", "\n")
        self._new.set()

    async def answers(self, question: str, answer: str) -> str:
        """Wait for the question, type the answer; what was said since the question before."""
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while not (LEFT_OPEN.search(self.seen) and question in self.seen.rsplit("\n", 1)[-1]):
            self._new.clear()
            try:
                async with asyncio.timeout_at(deadline):
                    await self._new.wait()
            except TimeoutError:
                raise AssertionError(f"waited in vain for {question!r}; the terminal shows\n{self.seen}") from None
        said, self.seen = self.seen, ""
        os.write(self._terminal, f"{answer}\n".encode())
        return said

    async def ends(self) -> int:
        """The exit code; `seen` is the rest of what was said."""
        async with asyncio.timeout(PATIENCE):
            return await self._process.wait()


@asynccontextmanager
async def init(config: Path, **environment: str) -> AsyncIterator[Dialogue]:
    ours, theirs = pty.openpty()
    command = (*PROGRAM, "init", "--config", str(config))
    plain = {key: value for key, value in os.environ.items() if not key.startswith("SCHAKEL_")}
    process = await asyncio.create_subprocess_exec(
        *command, stdin=theirs, stdout=theirs, stderr=theirs, cwd=ROOT, env=plain | environment
    )
    os.close(theirs)
    try:
        yield Dialogue(ours, process)
    finally:
        asyncio.get_running_loop().remove_reader(ours)
        if process.returncode is None:
            process.kill()
            await process.wait()
        os.close(ours)


@pytest.mark.synapse
@pytest.mark.timeout(300)
async def test_a_first_bot_in_spite_of_wrong_answers(tmp_path: Path, synapse: Synapse) -> None:
    """Each wrong answer is named at once and asked for again; what is written at the end runs, and its code pairs."""
    user, password = synapse.register("newbot")
    config = tmp_path / "config.toml"
    async with BotApiServer() as telegram:
        async with init(config, SCHAKEL_ADAPTERS__TELEGRAM__API_URL=telegram.url) as new:
            await new.answers("Which languages", "nl klingon")
            assert "does not speak klingon" in await new.answers("Which languages", "nl, pt ar")
            await new.answers("do your helpers work", "xx")
            await new.answers("do your helpers work", "")
            await new.answers("Who reads", "")
            assert "needed here" in await new.answers("Who reads", 'the "volunteers" of our house')
            await new.answers("When is somebody there", "always")
            assert "not a time span" in await new.answers("When is somebody there", "Mon-Sun 00:00-24:00")
            await new.answers("clock of which place", "Brussels")
            assert "not a time zone" in await new.answers("clock of which place", "Europe/Brussels")
            await new.answers("How many days", "0")
            assert "from 1 to 3650" in await new.answers("How many days", "40")
            await new.answers("on Matrix", "yes")
            await new.answers("The account", "newbot")
            assert "@schakel:example.org" in await new.answers("The account", user)
            await new.answers("homeserver", synapse.address)
            await new.answers("password", "wrong")
            assert "cannot log in" in await new.answers("Press Enter", "")
            await new.answers("The account", "")
            await new.answers("homeserver", "")
            await new.answers("password", password)
            assert "Matrix: well" in await new.answers("on Telegram", "y")
            await new.answers("The token", "123")
            assert "not complete" in await new.answers("Press Enter", "")
            shown = await new.answers("The token", telegram.token)
            assert telegram.token not in shown
            shown = await new.answers("Which engine", "babelfish")
            assert "Telegram: well" in shown
            assert telegram.token not in shown
            await new.answers("Which engine", "libretranslate")
            await new.answers("LibreTranslate answer", "http://127.0.0.1:9")
            await new.answers("Press Enter", "keep")
            assert await new.ends() == 0
        code = re.search(r"/pair (\w{12})", new.seen)
        assert code is not None
        assert stat.S_IMODE(config.stat().st_mode) == 0o600
        read = load(config, {})
        assert read.bot.languages == ("nl", "pt", "ar")
        assert read.bot.readers == 'the "volunteers" of our house'
        assert read.bot.delete_after_days == 40
        assert read.translation.conversations == ("libretranslate",)
        await _it_runs_and_pairs(_with_address(tmp_path, config.read_text(), telegram), telegram, code[1])


READERS = "les bénévoles\u00a0: داوطلبانی که می\u200cخوانند"


@pytest.mark.parametrize("locale", [{}, {"LC_ALL": "C", "PYTHONUTF8": "0"}])
async def test_what_is_typed_is_written_as_it_was_meant(tmp_path: Path, locale: dict[str, str]) -> None:
    """In any script, on a machine that speaks none of them, too: everybody who asks for help is told it."""
    config = tmp_path / "config.toml"
    async with (
        BotApiServer() as telegram,
        init(config, SCHAKEL_ADAPTERS__TELEGRAM__API_URL=telegram.url, **locale) as new,
    ):
        for question in ("Which languages", "do your helpers work"):
            await new.answers(question, "fr")
        await new.answers("Who reads", READERS)
        for question in ("When is somebody there", "clock of which place", "How many days"):
            await new.answers(question, "")
        await new.answers("on Matrix", "no")
        await new.answers("on Telegram", "yes")
        await new.answers("The token", telegram.token)
        await new.answers("Which engine", "")
        assert await new.ends() == 0
        environment = {"SCHAKEL_ADAPTERS__TELEGRAM__API_URL": telegram.url}
        assert load(config, environment).bot.readers == READERS.replace("\u00a0", " ")


@pytest.mark.synapse
async def test_an_account_that_was_used_in_another_app_is_named(tmp_path: Path, synapse: Synapse) -> None:
    """It works, and what others would see of it is said before anybody sees it. Nothing is changed unasked."""
    user, password = synapse.register("usedbefore")
    await _is_used_in_another_app(synapse, user, password)
    async with init(tmp_path / "config.toml") as new:
        for question in ("Which languages", "do your helpers work"):
            await new.answers(question, "nl")
        await new.answers("Who reads", "us")
        for question in ("When is somebody there", "clock of which place", "How many days"):
            await new.answers(question, "")
        await new.answers("on Matrix", "yes")
        for question, answer in (("account", user), ("homeserver", synapse.address), ("password", password)):
            await new.answers(question, answer)
        told = await new.answers("on Telegram", "no")
        assert "Matrix: well." in told
        assert "But the account's cryptographic identity was made in another app" in told
        assert "reset_identity = true" in told
        await new.answers("Which engine", "none")
        assert await new.ends() == 0
    assert "reset_identity" not in (tmp_path / "config.toml").read_text()


async def _is_used_in_another_app(synapse: Synapse, user: str, password: str) -> None:
    server = Homeserver(synapse.address)
    login = {"type": "m.login.password", "identifier": {"type": "m.id.user", "user": user}, "password": password}
    server.token = (await server.call("POST", path("login"), login))["access_token"]
    identity = Identity(new_seeds()).published(user, "ANAPP", lambda of: "signature")
    await server.call("POST", path("keys", "device_signing", "upload"), identity)
    await server.close()


def _with_address(folder: Path, text: str, telegram: BotApiServer) -> RunningBot:
    """A bot with that configuration, but for where Telegram is."""
    bot = RunningBot(folder, {})
    bot.config.write_text(text.replace("[adapters.telegram]", f'[adapters.telegram]\napi_url = "{telegram.url}"'))
    return bot


async def _it_runs_and_pairs(bot: RunningBot, telegram: BotApiServer, code: str) -> None:
    async with bot:
        helper = telegram.user("Els", "nl")
        room = telegram.group("Helpers", [helper])
        room.adds_bot()
        helper.writes(f"/pair {code}", room)
        await room.sees(said("paired-coordination", "nl"))


async def test_whose_engine_the_environment_names_reads_nothing_unasked(tmp_path: Path) -> None:
    """The environment goes before what is answered, also where it is asked whether others may read along."""
    elsewhere = {"SCHAKEL_TRANSLATION__ENGINES__LIBRETRANSLATE__URL": "http://translate.invalid"}
    async with BotApiServer() as telegram:
        server = {"SCHAKEL_ADAPTERS__TELEGRAM__API_URL": telegram.url}
        async with init(tmp_path / "config.toml", **server, **elsewhere) as new:
            for question in ("Which languages", "do your helpers work"):
                await new.answers(question, "nl")
            await new.answers("Who reads", "us")
            for question in ("When is somebody there", "clock of which place", "How many days"):
                await new.answers(question, "")
            await new.answers("on Matrix", "no")
            await new.answers("on Telegram", "yes")
            await new.answers("The token", telegram.token)
            await new.answers("Which engine", "libretranslate")
            await new.answers("LibreTranslate answer", "http://127.0.0.1:9")
            await new.answers("Press Enter", "keep")
            await new.answers("translate.invalid would read every word", "no")
            assert await new.ends() == 0
    assert load(tmp_path / "config.toml", {}).translation.conversations == ()


async def test_init_leaves_a_configuration_alone(tmp_path: Path) -> None:
    """Whoever has one already is told, and asked nothing."""
    config = tmp_path / "config.toml"
    config.write_text("mine")
    async with init(config) as again:
        assert await again.ends() == 2
    assert "exists already" in again.seen
    assert config.read_text() == "mine"


async def test_a_stop_in_the_middle_writes_nothing(tmp_path: Path) -> None:
    """The end of the input, as when a terminal is closed."""
    config = tmp_path / "config.toml"
    async with init(config) as new:
        await new.answers("Which languages", "\x04")
        assert await new.ends() == 1
    assert not config.exists()
