"""What is logged, and the gate that no word, name or token of a person can slip through by accident.

A log line is a sentence that stands literally in our code, and fields from a list, each of its own form:

    log.warning("sending failed", account=name, attempt=3, seconds=20, error=failure)

Everything else shows as the name of its type: `text=<str>`. An exception shows as its class and the place in our code,
never its message or variables. What libraries log passes the same gate, and there only their warnings; what one of them
says again and again is a line a minute.
"""

from __future__ import annotations

import logging
import re
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from enum import Enum
from pathlib import Path
from types import CodeType, FrameType, TracebackType
from typing import Any, Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

OURS = ("bot", "adapters", "handlers")
LIBRARIES = ("nio", "telegram", "httpx", "httpcore", "aiohttp", "uvicorn", "sqlalchemy", "alembic", "aiosqlite")

WITHHELD = "(words withheld)"
SAYINGS = (
    "Task exception was never retrieved",
    "Future exception was never retrieved",
    "Task was destroyed but it is pending!",
    "Unclosed client session",
    "Unclosed connector",
    "Exception in ASGI application",
    "socket.accept() out of system resource",  # files that one process may open, say
)
"""How messages of libraries begin that say something useful; only this beginning is shown."""

_AGAIN_AFTER = 60.0  # seconds in which a library's line is not shown a second time

# --- fields --------------------------------------------------------------------------------------------------------

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_.\-]{0,39}")
_CODE = re.compile(r"[NKnk][0-9]{1,7}")
_CLASS = re.compile(r"[A-Za-z0-9_.<>]{1,120}")
_PLACE = re.compile(r"[A-Za-z0-9_./\-]{1,120}:[0-9]+")


def _word(value: object) -> str | None:
    """A name that we or the operator made up, or the name of a class; a telephone number or an address is none."""
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, type):
        value = value.__name__
    return value if isinstance(value, str) and _WORD.fullmatch(value) else None


def _words(value: object) -> list[str] | None:
    if not isinstance(value, list | tuple | set | frozenset):
        return None
    words = [word for item in value if (word := _word(item))]
    return words if len(words) == len(value) else None


def _number(value: object) -> float | int | None:
    if isinstance(value, float):
        return round(value, 3)
    return value if isinstance(value, int) else None


def _code(value: object) -> str | None:
    return value if isinstance(value, str) and _CODE.fullmatch(value) else None


def _error(value: object) -> str | None:
    if isinstance(value, BaseException):
        return error_name(value)
    return _class_name(value) if isinstance(value, type) else _word(value)


def _place(value: object) -> str | None:
    return value if isinstance(value, str) and _PLACE.fullmatch(value) else None


_NAMES = """account network kind queue engine language source target state role category command route action migration
signal library"""
_NUMBERS = "count seconds attempt size status process waiting sent failed"

FIELDS: Mapping[str, Callable[[object], object]] = {
    **dict.fromkeys(_NAMES.split(), _word),
    **dict.fromkeys(("accounts", "languages"), _words),
    **dict.fromkeys(_NUMBERS.split(), _number),
    "code": _code,
    "error": _error,
    "because": _error,
    "place": _place,
}
"""The fields that may be logged. Each function returns what is shown, or None for what is not of the field's form."""


def gate(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Let pass what may be logged. Stands after what adds the level and before everything that renders."""
    literals = _literals(_caller("structlog").f_code)
    shown: EventDict = {"level": event.pop("level", "info")}
    said = event.pop("event", "")
    shown["event"] = said if said in literals else f"<{type(said).__name__}>"
    event.pop("stack_info", None)
    error = _exception(event.pop("exc_info", None)) or _exception(event.get("error"))
    for name, value in event.items():
        if value is None and name in FIELDS:
            continue
        accepted = FIELDS[name](value) if name in FIELDS else None
        # A field's name is data too when it comes out of a dictionary: only names that stand in the code are shown.
        key = name if name in FIELDS or (name in literals and name.isidentifier()) else "field"
        shown[key] = f"<{type(value).__name__}>" if accepted is None else accepted
    shown.update(_described(error))
    return shown


def _caller(logging_package: str) -> FrameType:
    """The code that logs: the first frame that is neither this module's nor the package's that carries the line."""
    frame: FrameType = sys._getframe(1)
    while frame.f_back and (frame.f_globals is globals() or _package(frame) == logging_package):
        frame = frame.f_back
    return frame


def _package(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__")).partition(".")[0]


def _literals(code: CodeType) -> set[object]:
    """The texts that stand in the code of a function, the names of keyword arguments included."""
    found: set[object] = set()
    for constant in code.co_consts:
        found.update(constant if isinstance(constant, tuple) else (constant,))
    return {constant for constant in found if isinstance(constant, str)}


# --- exceptions ----------------------------------------------------------------------------------------------------


def error_name(error: BaseException) -> str:
    """The class of an exception; of a group, the classes in it too."""
    if isinstance(error, BaseExceptionGroup):
        return f"{type(error).__name__}({', '.join(sorted({error_name(inner) for inner in error.exceptions}))})"
    return _class_name(type(error))


def error_place(error: BaseException) -> str | None:
    """Where our code was when it was raised ("bot/inbox.py:120"); where none of ours was in it, the place itself."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    frames = list(_frames(error.__traceback__))
    ours = [place for module, place in frames if module.partition(".")[0] in OURS]
    return next(reversed(ours or [place for _, place in frames]), None)


def _frames(traceback: TracebackType | None) -> Iterator[tuple[str, str]]:
    while traceback:
        code, module = traceback.tb_frame.f_code, str(traceback.tb_frame.f_globals.get("__name__", "?"))
        file = Path(code.co_filename)
        depth = module.count(".") + 1 + (file.stem == "__init__")
        yield module, f"{'/'.join(file.parts[-depth:])}:{traceback.tb_lineno}"
        traceback = traceback.tb_next


def _class_name(kind: type[object]) -> str:
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    return name if _CLASS.fullmatch(name) else "<class>"


def _exception(exc_info: object) -> BaseException | None:
    if exc_info is True:
        return sys.exc_info()[1]
    if isinstance(exc_info, tuple):
        exc_info = exc_info[1]
    return exc_info if isinstance(exc_info, BaseException) else None


def _described(error: BaseException | None) -> dict[str, str]:
    if error is None:
        return {}
    first = error
    while cause := first.__cause__ or (None if first.__suppress_context__ else first.__context__):
        first = cause
    fields = {"error": error_name(error), "place": error_place(error)}
    if first is not error:
        fields["because"] = error_name(first)
    return {name: value for name, value in fields.items() if value}


# --- libraries -----------------------------------------------------------------------------------------------------


class LibraryGate(logging.Handler):
    """Shows that a library had something to say, which one and where, and not its words.

    Our own modules may log this way too: their sentence shows, with its %s unfilled, where it stands in their code.
    """

    def __init__(self, write: Callable[[EventDict], None], clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._write = write
        self._clock = clock
        self._shown: dict[tuple[object, ...], float] = {}  # by the line, when
        self._withheld: Counter[tuple[object, ...]] = Counter()  # how often since

    def emit(self, record: logging.LogRecord) -> None:
        said = record.msg if isinstance(record.msg, str) else ""
        known: tuple[str, ...] = SAYINGS
        ours = record.name.partition(".")[0] in OURS
        if ours and said in _literals(_caller("logging").f_code):
            known = (said,)
        line: EventDict = {
            "level": record.levelname.lower(),
            "event": next((saying for saying in known if said.startswith(saying)), WITHHELD),
            "library": _word(record.name) or "?",
            "place": f"{record.module}:{record.lineno}",
            **_described(_exception(record.exc_info)),
        }
        if ours or self._is_due(line):
            self._write(line)

    def _is_due(self, line: EventDict) -> bool:
        """Whether it is shown; `count` tells in it how often it was not since the last time."""
        key, now = tuple(line.values()), self._clock()
        if now - self._shown.get(key, now - _AGAIN_AFTER) < _AGAIN_AFTER:
            self._withheld[key] += 1
            return False
        self._shown[key] = now
        if count := self._withheld.pop(key, 0):
            line["count"] = count
        return True

    def handleError(self, record: logging.LogRecord) -> None:
        """Nothing: the inherited one prints the record's words."""


# --- setting up ----------------------------------------------------------------------------------------------------


def configure(
    stream: TextIO | None = None,
    form: Literal["auto", "text", "json"] = "auto",
    level: int = logging.INFO,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Send every log line of the process through the gate to `stream` (standard error).

    "auto" is text for a person at a terminal, and JSON, a line each, otherwise.
    """
    stream = stream or sys.stderr
    out: Any = _Unbroken(stream)
    text = form == "text" or (form == "auto" and stream.isatty())
    rendering: list[Processor] = [
        structlog.processors.TimeStamper(fmt="%H:%M:%S" if text else "iso", utc=not text),
        structlog.dev.ConsoleRenderer(colors=stream.isatty(), pad_event_to=0, pad_level=False)
        if text
        else structlog.processors.JSONRenderer(),
    ]
    structlog.configure(
        processors=[structlog.processors.add_log_level, gate, *rendering],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(out),
        cache_logger_on_first_use=False,
    )
    writer = structlog.WriteLogger(out)

    def write(event: EventDict) -> None:
        line: Any = event
        for processor in rendering:
            line = processor(writer, "msg", line)
        writer.msg(line)

    _take_over_libraries(LibraryGate(write, clock), level)
    _take_over_crashes(write)


class _Unbroken:
    """A stream whose disk may be full, or whose reader gone: no line of a log is worth stopping for."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        with suppress(OSError, ValueError):
            self._stream.write(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            self._stream.flush()


def _take_over_libraries(handler: LibraryGate, level: int) -> None:
    logging.captureWarnings(True)
    logging.lastResort = handler  # for loggers that do not pass on and have no handler
    logging.raiseExceptions = False  # a logging error would print the record
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for name in {*LIBRARIES, *OURS, *logging.Logger.manager.loggerDict}:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
        logger.setLevel(logging.WARNING if name in LIBRARIES else level if name in OURS else logging.NOTSET)


def _take_over_crashes(write: Callable[[EventDict], None]) -> None:
    """What Python prints itself when nothing catches an exception is its message and lines of code."""

    def crashed(error: BaseException | None, where: str) -> None:
        if not isinstance(error, KeyboardInterrupt):
            write({"level": "critical", "event": where, **_described(error)})

    sys.excepthook = lambda _kind, error, _traceback: crashed(error, "stopped by an error")
    threading.excepthook = lambda args: crashed(args.exc_value, "a thread was stopped by an error")
    sys.unraisablehook = lambda args: crashed(args.exc_value, "an error while cleaning up")
