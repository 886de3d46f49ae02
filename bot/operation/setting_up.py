"""`schakel init`: questions whose answers make a configuration; each answer is tried before the next is asked for."""

from __future__ import annotations

import asyncio
import json
import os
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel

from bot.catalogue import available, own_name
from bot.configuration.problems import Findings, Key
from bot.configuration.sections import CONSENT, Bot
from bot.configuration.sources import given
from bot.operation.checking import remarked, tried
from bot.plugins import adapter_class, engine_class, installed
from bot.ports import Adapter, Engine, Question

Plugin = TypeVar("Plugin", bound=Adapter | Engine)

_KEEP = "keep"
_JOINERS = "\u200c\u200d"
_YES = ("y", "yes", "j", "ja", "o", "oui")
_NO = ("n", "no", "nee", "non")


class Terminal(Protocol):
    """Where the questions are asked."""

    def ask(self, question: str, default: str, secret: bool) -> str: ...

    def tell(self, line: str = "") -> None: ...


@dataclass(frozen=True, slots=True)
class Answers:
    """Sections of the configuration by their key, in the order in which they are written."""

    sections: dict[Key, dict[str, Any]]

    def toml(self) -> str:
        lines = ["# Every key, and those that are not here, is explained in config.example.toml.", ""]
        for key, values in self.sections.items():
            lines += [f"[{'.'.join(key)}]", *(f"{name} = {_toml(value)}" for name, value in values.items()), ""]
        return "\n".join(lines)


# --- the bot itself --------------------------------------------------------------------------------------------------


def _bot_questions() -> tuple[Question, ...]:
    known = ", ".join(f"{code} ({own_name(code)})" for code in available())
    return (
        Question(
            "languages",
            "Which languages do people in your groups read? Codes, with spaces between",
            f"The bot speaks {known}.",
            default="nl fr en",
        ),
        Question("working_language", "In which of them do your helpers work?"),
        Question(
            "readers",
            "Who reads what people write?",
            "Everybody who asks for help is told this first, so it must be true. For example: the volunteers of our "
            "centre and two street nurses.",
        ),
        Question(
            "hours",
            "When is somebody there to answer?",
            "For example: Mon-Fri 09:00-18:00, Sat 10:00-12:30. At other times the bot says when somebody reads.",
            default="Mon-Fri 09:00-18:00",
        ),
        Question("time_zone", "By the clock of which place?", default=_clock_here()),
        Question(
            "delete_after_days", "How many days after a request is closed is what was written deleted?", default="30"
        ),
    )


def _clock_here() -> str:
    """The machine's own time zone, unless it only counts world time, as servers do."""
    try:
        name = os.readlink("/etc/localtime").partition("zoneinfo/")[2]
    except OSError:
        name = ""
    return name if "/" in name and not name.startswith("Etc/") else "Europe/Brussels"


def _about_the_bot(terminal: Terminal, folder: Path) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for question in _bot_questions():
        default = values["languages"][0] if question.key == "working_language" else question.default

        def wrong(answer: str, key: str = question.key, before: Mapping[str, Any] = values) -> str | None:
            now = {**before, key: _meant(key, answer)}
            strange = [code for code in now["languages"] if code not in available()]
            if strange:
                return f"The bot does not speak {', '.join(strange)} yet."
            return _wrong(Bot, now, ("bot",), key, folder)

        values = values | {question.key: _meant(question.key, _asked(terminal, question, default, wrong))}
    return values


def _meant(key: str, answer: str) -> object:
    """The answer as the configuration has it."""
    if key == "languages":
        return answer.replace(",", " ").split()
    return int(answer) if key == "delete_after_days" and answer.isascii() and answer.isdigit() else answer


def _wrong(model: type[BaseModel], values: Mapping[str, Any], at: Key, key: str, folder: Path) -> str | None:
    """What is wrong with the value of `key`, as far as it can be told without trying it."""
    if values[key] == "":
        return "An answer is needed here."
    findings = Findings("", "", {}, {})
    findings.validated(model, dict(values), at, context=folder)
    wanted = ".".join((*at, key))
    message = next((problem.message for problem in findings.problems if problem.key == wanted), None)
    if message is None:
        return None
    return (
        f"That {message}."
        if message.split()[0] in ("is", "has", "must", "should")
        else f"{message[:1].upper()}{message[1:]}."
    )


# --- networks --------------------------------------------------------------------------------------------------------


def _networks(terminal: Terminal, environ: Mapping[str, str], folder: Path) -> Iterator[tuple[Key, dict[str, Any]]]:
    kinds = [kind for kind, adapter in installed(adapter_class) if adapter.questions]
    chosen = False
    while not chosen:
        for kind in kinds:
            if _yes(terminal, f"Shall the bot be on {kind.capitalize()}?", default=True):
                chosen = True
                yield ("adapters", kind), _tried(terminal, adapter_class(kind), ("adapters", kind), environ, folder)
        if not chosen:
            terminal.tell("  It must be on one network at least.")


def _tried(
    terminal: Terminal, plugin: type[Adapter] | type[Engine], at: Key, environ: Mapping[str, str], folder: Path
) -> dict[str, Any]:
    """Answers to the plugin's questions with which it works; or which the person keeps though it does not."""
    values: dict[str, Any] = {}
    while True:
        values = _answers(terminal, plugin, at, folder, values)
        elsewhere = given(environ, at)
        made = _made(plugin, at[-1], values, elsewhere)
        problems = asyncio.run(tried(made, made.check()))
        if not problems:
            terminal.tell(f"  {at[-1].capitalize()}: well.")
            for remark in asyncio.run(remarked(_made(plugin, at[-1], values, elsewhere), None)):
                terminal.tell(f"  But {remark}")
            return values
        for problem in problems:
            terminal.tell(f"  {problem}")
        if terminal.ask(f'Press Enter to answer again, or write "{_KEEP}" to go on with this', "", False) == _KEEP:
            return values


def _answers(
    terminal: Terminal, plugin: type[Adapter] | type[Engine], at: Key, folder: Path, before: Mapping[str, Any]
) -> dict[str, Any]:
    """An answer to each question; those given `before`, but for secrets, need not be typed again."""
    values: dict[str, Any] = {}
    for question in plugin.questions:
        suggested = "" if question.secret else before.get(question.key, "")
        if not suggested and question.suggested:
            suggested = asyncio.run(question.suggested(values))

        def wrong(answer: str, key: str = question.key) -> str | None:
            return _wrong(plugin.Settings, values | {key: answer}, at, key, folder)

        values[question.key] = _asked(terminal, question, suggested or question.default, wrong)
    return values


def _made(plugin: type[Plugin], name: str, values: Mapping[str, Any], elsewhere: Mapping[str, Any]) -> Plugin:
    """As it would be with these answers; `elsewhere` are keys that the environment gives."""
    return plugin(name, plugin.Settings.model_validate({**values, **elsewhere}))


# --- translation -----------------------------------------------------------------------------------------------------


def _engine(terminal: Terminal, environ: Mapping[str, str], folder: Path) -> Iterator[tuple[Key, dict[str, Any]]]:
    kinds = [kind for kind, _ in installed(engine_class)]
    terminal.tell(
        "A translation engine is optional. Without one the bot speaks its own languages, ready answers come in all of "
        "them and ready-made notices in some, and people translate the rest."
    )
    while True:
        kind = terminal.ask(f"Which engine? none, {', '.join(kinds)}", "none", False).strip().lower()
        if kind in (*kinds, "none"):
            break
        terminal.tell(f"  Write none, or one of {', '.join(kinds)}.")
    if kind == "none":
        yield ("translation",), {"notices": [], "conversations": []}
        return
    at = ("translation", "engines", kind)
    values = _tried(terminal, engine_class(kind), at, environ, folder)
    read_by = _made(engine_class(kind), kind, values, given(environ, at)).read_by
    talks = read_by is None or _yes(
        terminal,
        f"{read_by} would read every word of people in need. Translate conversations with it all the same? They are "
        "told so first",
        default=False,
    )
    lists: dict[str, Any] = {"notices": [kind], "conversations": [kind] if talks else []}
    yield ("translation",), lists | ({"consent": CONSENT} if talks and read_by else {})
    yield at, values


# --- asking and writing ----------------------------------------------------------------------------------------------


def asked_for(terminal: Terminal, environ: Mapping[str, str], folder: Path) -> Answers:
    """Ask for everything; `folder` is where the configuration will stand."""
    sections: dict[Key, dict[str, Any]] = {("bot",): _about_the_bot(terminal, folder)}
    terminal.tell()
    sections.update(_networks(terminal, environ, folder))
    terminal.tell()
    sections.update(_engine(terminal, environ, folder))
    return Answers(sections)


def write(path: Path, answers: Answers) -> None:
    """Make the file, readable by its owner alone. Raises FileExistsError."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(answers.toml())


def next_steps(path: Path, program: str, option: str, code: str) -> list[str]:
    """What to do with the configuration and the first code; `program` and `option` are how each command is given."""
    return [
        "",
        f"{path} is written. Keep it to yourself: with the tokens and passwords in it, anybody can be your bot.",
        "",
        f"1. Start the bot, and leave it running:   {program} run{option}",
        "2. Make the room in which helpers see requests: a group on Telegram with the bot in it as an administrator,",
        "   or a room on Matrix to which you invite the bot.",
        f"3. Write in that room:   /pair {code}   (on Matrix: !pair {code})",
        f"   The code works once, and for one day. Another one:   {program} pair coordination{option}",
        f"4. A room for an organisation:   {program} pair organisation{option} --organisation NAME",
    ]


def _asked(terminal: Terminal, question: Question, default: str, wrong: Callable[[str], str | None]) -> str:
    """An answer in which nothing is `wrong`."""
    if question.explained:
        terminal.tell(question.explained)
    while True:
        given = terminal.ask(question.asked, default, question.secret)
        answer = _legible(given)
        fault = wrong(answer)
        if fault is None:
            return answer
        terminal.tell(f"  {fault}")


def _legible(given: str) -> str:
    """What was typed, without what a terminal sends for its keys. Blanks of other widths are blanks, and what joins
    letters in Persian, or parts them, stays; so do letters that the locale does not know."""
    known = given.encode(errors="surrogateescape").decode(errors="replace")
    plain = (" " if unicodedata.category(character) == "Zs" else character for character in known)
    return "".join(character for character in plain if character.isprintable() or character in _JOINERS).strip()


def _yes(terminal: Terminal, question: str, default: bool) -> bool:
    while True:
        answer = terminal.ask(f"{question} (yes or no)", "yes" if default else "no", False).strip().lower()
        if answer in (*_YES, *_NO):
            return answer in _YES
        terminal.tell("  Write yes or no.")


def _toml(value: str | int | Sequence[str]) -> str:
    """JSON writes texts, numbers and lists of texts the way TOML does."""
    return json.dumps(value, ensure_ascii=False)
