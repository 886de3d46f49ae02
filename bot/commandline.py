"""The command line: the one place that reads the configuration and the environment, and wires everything."""

from __future__ import annotations

import asyncio
import codecs
import gc
import io
import json
import logging
import os
import shlex
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, NoReturn, TextIO

import structlog
import typer
from sqlalchemy.exc import DBAPIError

from bot import wiring
from bot.app import App, SystemClock, random_token
from bot.backups import backup as making
from bot.backups import restored, restoring, stage
from bot.backups.backup import is_of_the_disk, reason
from bot.backups.placing import file_of
from bot.configuration.config import Config, ConfigError, load
from bot.operation import control, dead_letters, logs, operating, setting_up
from bot.operation.checking import check_all, open_to_others
from bot.operation.watching import is_disk_full
from bot.store.database.faults import Verdict, is_forbidden, named, verdict
from bot.store.database.opening import engine_of
from bot.store.database.schema import Unfit, migrate
from bot.store.transaction import Transaction

FAILED, WRONG = 1, 2
_RERUNS = 20  # of a command that other processes' work is in the way of
_LONGEST_STOP = 15.0  # seconds; without trouble it takes less than 5

_log = structlog.get_logger()

cli = typer.Typer(
    help="Links organisations and the groups of the people they serve, each in their own language.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
ConfigFile = Annotated[Path, typer.Option("--config", help="The configuration file.")]
DEFAULT = Path("config.toml")


def main() -> None:
    """Do what the arguments ask for, and end the process."""
    _open_streams()
    logs.configure(level=logging.CRITICAL)  # before anything else: what Python prints by itself quotes variables
    os.umask(0o077)  # people's words, keys and tokens are in whatever it writes
    try:
        cli()
    except Exception as error:  # the last resort: its message could hold somebody's words
        if is_disk_full(error):
            _log.critical("stopped because the disk is full: make room, and nothing is lost", error=error)
        else:
            _log.critical("stopped by an error", error=error)
        sys.exit(FAILED)


@cli.command()
def init(config: ConfigFile = DEFAULT) -> None:
    """Ask for all that a bot needs, try each answer, write the configuration, and print the first code."""
    if os.path.lexists(config):  # unlike Path's own question it raises nothing where this user may not look
        _fail(f"{config} exists already. Move it away, or name another file with --config.", WRONG)
    folder = config.absolute().parent
    if not os.path.isdir(folder):
        _fail(f"There is no folder {folder}. Make it, or name another file with --config.", WRONG)
    if not os.access(folder, os.W_OK | os.X_OK):
        _fail(f"This user may not write in {folder}. Do this as the user that it belongs to.")
    typer.echo("Press Enter for what stands in brackets, Ctrl-C to stop; nothing is written before the end.\n")
    answers = setting_up.asked_for(Prompt(), os.environ, folder)
    setting_up.write(config, answers)
    settings = _load(config)
    answer = _ask(settings, {"command": "pair", "role": "coordination"})
    if "error" in answer:
        _fail(answer["error"])
    for line in setting_up.next_steps(config, _program(), _option(config), answer["code"]):
        typer.echo(line)


class Prompt:
    """Questions at the terminal; a secret is not shown while it is typed."""

    def ask(self, question: str, default: str, secret: bool) -> str:
        end = " " if question.endswith("?") and not default else ": "
        return str(
            typer.prompt(question, default=default, hide_input=secret, show_default=bool(default), prompt_suffix=end)
        )

    def tell(self, line: str = "") -> None:
        typer.echo(line)


@cli.command()
def run(config: ConfigFile = DEFAULT) -> None:
    """Connect and serve until Ctrl-C."""
    settings = _load(config)
    logs.configure()
    lock = control.Lock(*wiring.all_locks(settings))
    with _in_words(settings.bot.data_dir), lock.taken(patience=5.0) as taken:
        if not taken:
            _fail("Another Schakel runs on this database already: as a service, or in another window.")
        _finish_restoring(settings)
        asyncio.run(_serve(settings, _option(config)))


@cli.command()
def check(config: ConfigFile = DEFAULT) -> None:
    """Try the configuration, accounts, servers and engines without starting, and say what to do about each fault."""
    settings = _load(config)
    logs.configure(level=logging.CRITICAL)
    problems = asyncio.run(check_all(settings, typer.echo))
    for line in open_to_others(config, settings):
        typer.echo(line)
    raise typer.Exit(FAILED if problems else 0)


@cli.command()
def pair(
    role: Annotated[str, typer.Argument(help="coordination, organisation or group")],
    organisation: Annotated[str | None, typer.Option(help="Whose room or group it is.")] = None,
    language: Annotated[str | None, typer.Option(help="The language that a group reads.")] = None,
    config: ConfigFile = DEFAULT,
) -> None:
    """Print a one-time code. Written in a room as `!pair CODE`, it gives the room its role."""
    asked = {"command": "pair", "role": role, "organisation": organisation, "language": language}
    answer = _ask(_load(config), asked)
    if "error" in answer:
        _fail(answer["error"], WRONG if answer.get("wrong") else FAILED)
    typer.echo(answer["code"])
    if (told := operating.new_organisation(answer)) is not None:
        typer.echo(told, err=True)  # beside the code, which stands alone for programs


@cli.command()
def status(
    failed: Annotated[bool, typer.Option("--failed", help="What failed for good and needs hands.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    config: ConfigFile = DEFAULT,
) -> None:
    """Show networks, rooms, groups, queues and the last error of each network."""
    answer = {"running": True, **_answered(_load(config), {"command": "failed" if failed else "status"})}
    if as_json:
        typer.echo(json.dumps(answer, ensure_ascii=not _writes_all(sys.stdout)))
        return
    lines = dead_letters.lines if failed else operating.lines
    typer.echo("\n".join(lines(answer, _program(), _option(config))))


@cli.command()
def retry(
    ids: Annotated[list[str] | None, typer.Argument(metavar="ID", help="As `status --failed` shows them.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that failed.")] = False,
    config: ConfigFile = DEFAULT,
) -> None:
    """Try again what failed for good, when its cause is gone."""
    wanted = [id.strip(",").lower() for id in ids or ()]
    if bool(wanted) == everything:
        _fail("Say what to try again: the ids that `status --failed` shows, or --all.", WRONG)
    if wrong := [id for id in wanted if not dead_letters.is_id(id)]:
        _fail(f'"{wrong[0]}" is no id; they look like d12, e7 or t3, as `status --failed` shows them.', WRONG)
    settings = _load(config)
    asked: dict[str, Any] = {"command": "retry all"} if everything else {"command": "retry", "ids": wanted}
    answers = [_answered(settings, asked)]
    while answers[-1].get("after"):
        answers.append(_answered(settings, asked | {"after": answers[-1]["after"]}))
    typer.echo("\n".join(dead_letters.retried_lines(answers, everything)))
    if wanted and any(answer["refused"] for answer in answers):
        raise typer.Exit(FAILED)


@cli.command()
def backup(
    file: Annotated[Path, typer.Argument(help="Where to write it; nothing may be there.")], config: ConfigFile = DEFAULT
) -> None:
    """Copy everything that the bot remembers into one file; it may go on running meanwhile."""
    settings = _load(config)
    signal.signal(signal.SIGTERM, _stopped)
    try:
        made = making.make(wiring.source(settings), file.absolute(), SystemClock().now, _give_way)
    except making.NotMade as error:
        _fail(_sentence(f"No backup was made: {error}"))
    typer.echo(f"{file}: {made.size / 2**20:.1f} MB, {made.rows.get('request', 0)} requests. Keep it to yourself.")


@cli.command()
def restore(
    file: Annotated[Path, typer.Argument(help="The backup.")],
    check: Annotated[bool, typer.Option("--check", help="Only look whether it is whole; the bot may run.")] = False,
    move_away: Annotated[bool, typer.Option("--move-away", help="Keep aside what is there already.")] = False,
    config: ConfigFile = DEFAULT,
) -> None:
    """Put a backup in the place of what the bot remembers; it must not run."""
    settings = _load(config)
    signal.signal(signal.SIGTERM, _stopped)
    clock = SystemClock()
    try:
        if check:
            typer.echo(restored.about(*restoring.checked(file, settings.bot.data_dir), clock.now()))
            return
        lock = control.Lock(wiring.lock_path(settings))
        with _in_words(settings.bot.data_dir):
            taken = lock.acquire(patience=2.0)
        if not taken:
            _fail("A bot is running: stop it first. Nothing was changed.")
        try:
            done = restoring.restore(file, wiring.target(settings, clock.now, random_token), move_away)
        finally:
            lock.release()
    except restoring.NotRestored as error:
        _fail(_sentence(str(error)))
    for line in restored.lines(done, _program(), clock.now(), _option(config)):
        typer.echo(line)


@cli.command()
def demo(
    listen: Annotated[str, typer.Option(help="Where the page is served.")] = "127.0.0.1:8080",
    language: Annotated[str, typer.Option(help="The language of the rooms: en, nl, fr, …")] = "en",
    keep: Annotated[Path | None, typer.Option(help="A folder in which everything is kept for the next time.")] = None,
) -> None:
    """Try everything on one page in the browser: no account, no internet."""
    from bot import demo as shown

    if language not in shown.LANGUAGES:
        _fail(f'"{language}" is not one of {", ".join(shown.LANGUAGES)}', WRONG)
    logs.configure(level=logging.WARNING)
    try:
        address = shown.free_address(listen)
    except (ValueError, OSError) as error:
        _fail(f"--listen {listen}: {error}", WRONG)
    with _in_words(keep or Path(tempfile.gettempdir())), shown.place(keep) as folder:
        if shown.is_taken(folder):
            _fail(f"A real bot keeps its data in {folder}: name another folder with --keep.", WRONG)
        with control.Lock(wiring.lock_in(folder)).taken() as taken:
            if not taken:
                _fail(f"Another Schakel runs in {folder} already: stop it first, or name another folder with --keep.")
            asyncio.run(shown.serve(folder, address, language, typer.echo))


async def _serve(settings: Config, option: str) -> None:
    async with App(wiring.parts(settings)) as app:
        accounts = tuple(settings.adapters)

        def stop() -> None:
            if file_of(settings.database.url) is None:
                _end_within(_LONGEST_STOP)
            app.stop()

        async def answer(asked: dict[str, Any]) -> dict[str, Any]:
            if app.writer.trouble is not None:
                return {"error": f"nothing can be read or written now: {named(app.writer.trouble)}"}
            return await app.unit(lambda tx: operating.answer(tx, accounts, asked))

        async def ready() -> None:
            found = await app.unit(lambda tx: operating.status(tx, accounts))
            _say_if_anybody_reads(operating.lines(found, _program(), option), sys.stderr)
            _say_if_anybody_reads(["ready"], sys.stdout)

        app.stop_on_signals(stop)
        async with control.serve(wiring.socket_path(settings), answer), wiring.watched(settings, app):
            await app.run(ready)


def _end_within(seconds: float) -> None:
    """A server that takes connections and says nothing more would be waited for without end, in threads that nothing
    can stop. What was acknowledged is durable, and what was in the air is unsure as after any crash."""

    def end() -> None:
        _log.critical("stopped without the database, which does not answer: nothing that was acknowledged is lost")
        os._exit(FAILED)

    timer = threading.Timer(seconds, end)
    timer.daemon = True  # it holds up no stop that comes to its end
    timer.start()


def _ask(settings: Config, asked: dict[str, Any]) -> dict[str, Any]:
    """Ask the running bot; where none runs, look into the database ourselves."""
    with _in_words(settings.bot.data_dir):
        answer = control.ask(wiring.socket_path(settings), asked)
        if answer is not None:
            return answer
        with control.Lock(wiring.lock_path(settings)).taken(patience=2.0) as taken:
            if not taken:
                return {"error": "Schakel is starting or stopping; try again in a moment."}
            return {**_look(settings, asked), "running": False}


def _answered(settings: Config, asked: dict[str, Any]) -> dict[str, Any]:
    answer = _ask(settings, asked)
    if "error" in answer:
        _fail(answer["error"])
    return answer


def _look(settings: Config, asked: dict[str, Any]) -> dict[str, Any]:
    with engine_of(settings.database.url) as engine:
        migrate(engine)
        for _ in range(_RERUNS):
            try:
                with engine.begin() as connection:
                    tx = Transaction(connection, wiring.policy(settings), SystemClock().now(), random_token)
                    return operating.answer(tx, tuple(settings.adapters), asked)
            except DBAPIError as error:
                if verdict(error) is not Verdict.RERUN:
                    raise
        return {"error": "the running bots are too busy to let this through; try again in a moment"}


def _load(path: Path) -> Config:
    try:
        config = load(path, os.environ)
    except ConfigError as error:
        _fail(str(error), WRONG)
    gc.freeze()  # all that is needed is imported by now, and stays
    gc.enable()
    return config


@contextmanager
def _in_words(folder: Path) -> Iterator[None]:
    """A folder, a disk or a database that cannot be used ends the command with words that can be acted on."""
    try:
        yield
    except (Unfit, control.NoAnswer) as error:
        _fail(f"{error}.")
    except DBAPIError as error:
        if verdict(error) is Verdict.RAISE and not is_forbidden(error):
            raise
        _fail(f"nothing can be read or written now: {named(error)}")
    except OSError as error:
        if not is_of_the_disk(error, folder):
            raise
        _fail(f"nothing can be read or written now: {reason(error, folder)}")


def _finish_restoring(settings: Config) -> None:
    """Where a restore was interrupted, what it has done is completed, or undone."""
    try:
        stage.finish(settings.database.url, settings.bot.data_dir)
    except (DBAPIError, OSError) as error:
        why = reason(error, settings.bot.data_dir)
        _fail(_sentence(f"A restore was interrupted, and cannot be brought to its end: {why}"))


def _open_streams() -> None:
    """What was closed before the start leads nowhere: to print, to log or to ask there is no reason to stop."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 - as long as the program runs
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="surrogateescape" if _writes_all(stream) else "backslashreplace")


def _writes_all(stream: TextIO) -> bool:
    """Whether names in every script can be written there; in an old locale most cannot, and are escaped. What has to be
    said is said all the same."""
    return codecs.lookup(stream.encoding or "ascii").name == "utf-8"


def _say_if_anybody_reads(lines: Sequence[str], stream: TextIO) -> None:
    """The bot goes on where its reader has gone, or the disk behind the stream is full."""
    try:
        typer.echo("\n".join(lines), file=stream)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())  # or Python tries once more at its end, and fails


def _give_way() -> None:
    """Let the bot have the processor first."""
    os.nice(10)


def _stopped(*_: object) -> NoReturn:
    """Whoever is told to stop still tidies up."""
    raise SystemExit(FAILED)


def _program() -> str:
    """How this program was called: what the operator has to type again."""
    return "schakel" if sys.argv[0].endswith(".py") else sys.argv[0]


def _option(config: Path) -> str:
    """What has to be typed after each command, so that it reads the same configuration."""
    return "" if config == DEFAULT else f" --config {shlex.quote(str(config))}"


def _sentence(words: str) -> str:
    return words if words.endswith("?") else f"{words}."


def _fail(message: str, code: int = FAILED) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(code)
