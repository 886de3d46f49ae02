"""No word, name or token of a person reaches a log line, whatever a careless line of code hands over."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import io
import json
import logging
import re
import subprocess
import sys
import warnings
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
import structlog

from bot.operation import logs

WORDS = "Ik heet Fatima, bel 0470 12 34 56"
NAME = "Fatima El Amrani"
PHONE = "+32470123456"
TOKEN = "123456789:AAaaBBbbCCccDDddEEeeFFffGGggHHhhIIi"
USER = "@fatima:example.org"
LEAKS = ("Fatima", "0470", "32470", "AAaa", "example.org")


class Output(io.StringIO):
    """What a person or a machine reads of the log."""

    @property
    def text(self) -> str:
        return self.getvalue()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.getvalue().splitlines()]

    @property
    def line(self) -> dict[str, Any]:
        (line,) = self.lines
        del line["timestamp"]
        return line

    def leaks_nothing(self) -> bool:
        """But for the clock, whose digits may be those of a telephone number."""
        said = re.sub(r'"timestamp": "[^"]*"', "", self.text)
        return said != "" and not any(leak in said for leak in LEAKS)


class Terminal(Output):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def output() -> Output:
    """The log as a machine gets it."""
    return configured(Output())


@pytest.fixture
def terminal() -> Output:
    """The log as a person at a terminal gets it."""
    return configured(Terminal())


def configured(stream: Output) -> Output:
    logs.configure(stream)
    return stream


def test_a_line_is_a_sentence_of_ours_and_fields_of_known_forms(output: Output) -> None:
    """What may be logged arrives whole."""

    class State(StrEnum):
        OPEN = "open"

    log = structlog.get_logger().bind(account="telegram_help")
    log.info("messages delivered", count=3, seconds=0.12345, kind=Output, state=State.OPEN, code="K7", queue=None)
    assert output.line == {
        "level": "info",
        "event": "messages delivered",
        "account": "telegram_help",
        "count": 3,
        "seconds": 0.123,
        "kind": "Output",
        "state": "open",
        "code": "K7",
    }


def test_fields_that_are_not_on_the_list_show_their_type_only(output: Output) -> None:
    """The name stands in our code; the value may be anybody's."""
    structlog.get_logger().info("handled", text=WORDS, person=object(), raw=WORDS.encode(), count=1)
    assert output.line == {
        "level": "info",
        "event": "handled",
        "text": "<str>",
        "person": "<object>",
        "raw": "<bytes>",
        "count": 1,
    }


@pytest.mark.parametrize("value", [WORDS, NAME, PHONE, TOKEN, USER, WORDS.encode(), [NAME], {"name": NAME}, object()])
@pytest.mark.parametrize("field", sorted(logs.FIELDS))
def test_a_known_field_lets_no_words_through(output: Output, field: str, value: object) -> None:
    """`kind=message.text` is a mistake that shows as `kind=<str>`."""
    structlog.get_logger().info("handled", **{field: value})
    assert output.line[field] == f"<{type(value).__name__}>"
    assert output.leaks_nothing()


@pytest.mark.parametrize(
    "careless",
    [
        lambda log, words: log.info(f"handled {words}"),
        lambda log, words: log.info(words),
        lambda log, words: log.info("handled %s", words),
        lambda log, words: log.warning("handled", **{words: 1}),
        lambda log, words: log.error("handled", event_dict={words: words}),
        lambda log, words: log.bind(**{words: words, "text": words}).info("handled"),
        lambda log, words: log.info("handled", stack_info=True),
        lambda log, words: log.info("handled", exc_info=ValueError(words)),
        lambda log, words: log.info("handled", error=ValueError(words)),
        lambda log, words: log.info("handled", error=type(words, (Exception,), {})),
        lambda log, words: log.info("handled", exc_info=words),
        lambda log, words: log.info("handled", level=words, timestamp=words, logger=words),
    ],
)
def test_careless_lines_leak_nothing(
    output: Output, careless: Callable[[structlog.typing.FilteringBoundLogger, str], None]
) -> None:
    """Sentences that are put together at run time, field names out of a dictionary, messages of exceptions."""
    careless(structlog.get_logger(), WORDS)
    assert output.leaks_nothing()


def test_an_exception_is_its_class_and_the_place_in_our_code(output: Output) -> None:
    """Neither its message nor variables; the class at the root of it is named too."""
    try:
        try:
            logs.configure(form=WORDS, level=[WORDS])  # type: ignore[arg-type]
        except TypeError as error:
            raise LookupError(WORDS) from error
    except LookupError:
        structlog.get_logger().exception("handling failed", account="matrix")
    assert output.leaks_nothing()
    line = output.line
    assert (line["error"], line["because"]) == ("LookupError", "TypeError")
    assert line["place"].startswith("tests/operation/test_logs.py:")


def test_the_place_is_in_our_code_even_when_a_library_raised(output: Output) -> None:
    """The line that a developer can do something about."""
    try:
        logs.configure(form="json", level=object())  # type: ignore[arg-type]
    except Exception as error:
        structlog.get_logger().error("setting up failed", error=error)
    assert output.line["place"].startswith("bot/operation/logs.py:")


def test_a_group_of_exceptions_names_the_classes_in_it(output: Output) -> None:
    """A task group may fail in several ways at once."""
    group = ExceptionGroup(WORDS, [ValueError(WORDS), ExceptionGroup(WORDS, [KeyError(WORDS)])])
    structlog.get_logger().error("stopped", exc_info=group)
    assert output.line["error"] == "ExceptionGroup(ExceptionGroup(KeyError), ValueError)"
    assert output.leaks_nothing()


@pytest.mark.parametrize("name", [*logs.LIBRARIES, "nio.client.async_client", "uvicorn.access", "asyncio", "x.y"])
def test_libraries_are_heard_when_they_warn_and_not_quoted(output: Output, name: str) -> None:
    """Their sentences are full of addresses, tokens and texts."""
    library = logging.getLogger(name)
    library.info("GET https://api.telegram.org/bot%s/getMe", TOKEN)
    assert output.text == ""
    library.warning("GET https://api.telegram.org/bot%s/getMe", TOKEN, extra={"user": USER})
    line = output.line
    assert line.pop("place").startswith("test_logs:")
    assert line == {"level": "warning", "event": "(words withheld)", "library": name}
    assert output.leaks_nothing()


def test_what_a_library_says_again_and_again_is_a_line_a_minute(output: Output) -> None:
    """asyncio says a hundred times a second that no more files can be opened. What is something else shows at once."""
    now = [1000.0]
    logs.configure(output, clock=lambda: now[0])

    def says(name: str, times: int) -> None:
        for _ in range(times):
            logging.getLogger(name).error("socket.accept() out of system resource\nsocket: %s", WORDS)

    says("asyncio", 100)
    says("x.y", 1)
    now[0] += 61
    says("asyncio", 2)
    found = [(line["event"], line["library"], line.get("count")) for line in output.lines]
    out_of_files = "socket.accept() out of system resource"
    assert found == [(out_of_files, "asyncio", None), (out_of_files, "x.y", None), (out_of_files, "asyncio", 99)]


def test_our_own_modules_may_log_the_standard_way(output: Output) -> None:
    """The sentence in the code shows, what would fill it does not."""
    ours = logging.getLogger("adapters.matrix.intake.receiving")
    ours.debug("a detail")
    ours.info("the room %s is not reachable", WORDS)
    ours.info(f"the room {WORDS} is not reachable")
    assert [line["event"] for line in output.lines] == ["the room %s is not reachable", "(words withheld)"]
    assert output.leaks_nothing()


def test_a_librarys_exception_shows_its_class(output: Output) -> None:
    """And a message that cannot be formatted prints nothing by itself."""
    try:
        raise ConnectionError(WORDS)
    except ConnectionError:
        logging.getLogger("httpx").exception("%d %s", WORDS)
    assert output.line["error"] == "ConnectionError"
    assert output.leaks_nothing()


def test_a_library_that_had_set_up_its_own_output_is_taken_over(output: Output) -> None:
    """uvicorn and others bring handlers of their own."""
    stream = io.StringIO()
    library = logging.getLogger("uvicorn.error")
    library.addHandler(logging.StreamHandler(stream))
    library.propagate = False
    logs.configure(output)
    library.warning(WORDS)
    assert stream.getvalue() == ""
    assert output.line["library"] == "uvicorn.error"


def test_a_forgotten_task_says_what_happened_and_not_what_it_held(output: Output) -> None:
    """asyncio reports it through its logger, with the exception's message in the text."""

    async def fails() -> None:
        raise ValueError(WORDS)

    async def main() -> None:
        task = asyncio.create_task(fails())
        await asyncio.wait([task])
        del task
        gc.collect()

    gc.collect()  # what other tests have forgotten
    output.truncate(0)
    output.seek(0)
    asyncio.run(main())
    line = output.line
    assert (line["event"], line["error"]) == ("Task exception was never retrieved", "ValueError")
    assert output.leaks_nothing()


def test_a_warning_says_only_that_there_was_one(output: Output) -> None:
    """Its text may quote what was given to it."""
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(False)
        logs.configure(output)
        warnings.warn(WORDS, stacklevel=1)
    assert output.line["library"] == "py.warnings"
    assert output.leaks_nothing()


def test_a_person_at_a_terminal_gets_one_readable_line(terminal: Output) -> None:
    """The time on the clock, the sentence, the fields."""
    structlog.get_logger().warning("sending failed", account="telegram", seconds=20, text=WORDS)
    (line,) = terminal.text.splitlines()
    assert "sending failed" in line
    assert "<str>" in line
    assert "{" not in line
    assert terminal.leaks_nothing()


def test_the_form_can_be_chosen(terminal: Output) -> None:
    """A terminal can have JSON."""
    logs.configure(terminal, form="json")
    structlog.get_logger().info("started")
    assert terminal.line["event"] == "started"


def test_details_are_off_unless_asked_for(output: Output) -> None:
    """The level is chosen when logging is set up."""
    structlog.get_logger().debug("a detail")
    assert output.text == ""
    logs.configure(output, level=logging.DEBUG)
    structlog.get_logger().debug("a detail")
    assert output.line["event"] == "a detail"


def test_a_name_out_of_a_dictionary_is_no_field_name(output: Output) -> None:
    """Keys of what a network sent are data as well."""
    structlog.get_logger().info("handled", **{NAME.partition(" ")[0].lower(): 1})
    assert output.line == {"level": "info", "event": "handled", "field": "<int>"}


def test_nothing_in_the_code_goes_round_the_gate() -> None:
    """Nobody sets up logging of their own, and uvicorn is told not to."""
    root = Path(logs.__file__).parents[2]
    for file in (file for package in logs.OURS for file in (root / package).rglob("*.py")):
        code = file.read_text(encoding="utf-8")
        assert not re.search(r"basicConfig|dictConfig|fileConfig|addHandler|traceback\.(print|format)", code), file
        assert len(re.findall(r"uvicorn\.Config\(", code)) == len(re.findall(r"log_config=None", code)), file


CRASH = f"""
import threading
from bot.operation import logs
logs.configure()
def fail(): raise ValueError({WORDS!r})
class Broken:
    def __del__(self): fail()
thread = threading.Thread(target=fail); thread.start(); thread.join()
Broken()
raise RuntimeError({WORDS!r})
"""


def test_a_crash_before_anything_is_set_up_prints_no_words(tmp_path: Path) -> None:
    """The program's entry is the last resort, on a terminal too."""
    script = tmp_path / "main.py"
    script.write_text(
        "import sys\nfrom bot import commandline\n"
        f"def cli():\n    words = {WORDS!r}\n    raise ValueError(words)\n"
        "sys.stderr.isatty = lambda: True\ncommandline.cli = cli\ncommandline.main()\n"
    )
    crashed = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
    assert crashed.returncode == 1
    assert "stopped by an error" in crashed.stderr
    assert Output(crashed.stderr).leaks_nothing()


def test_a_crash_prints_no_words(tmp_path: Path) -> None:
    """Python would print the exception's message on standard error, from every thread."""
    script = tmp_path / "crash.py"
    script.write_text(CRASH)
    crashed = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
    lines = [json.loads(line) for line in crashed.stderr.splitlines()]
    assert crashed.returncode == 1
    assert crashed.stdout == ""
    assert [(line["event"], line["error"]) for line in lines] == [
        ("a thread was stopped by an error", "ValueError"),
        ("an error while cleaning up", "ValueError"),
        ("stopped by an error", "RuntimeError"),
    ]
    assert Output(crashed.stderr).leaks_nothing()


def test_a_log_that_cannot_be_written_stops_nobody() -> None:
    """It goes to a file, say, on the disk that is full."""
    with open("/dev/full", "w", encoding="utf-8") as full:
        logs.configure(full, "json")
        structlog.get_logger().warning("not sent", account="telegram")
        logging.getLogger("telegram").error("something went wrong")
        with contextlib.suppress(OSError):
            full.close()
