"""Google Translate's public page through deep-translator: no account, no promise, and Google reads every text."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Annotated, Any, ClassVar

import deep_translator.google as deep
import regex
import requests
from deep_translator.constants import GOOGLE_LANGUAGES_TO_CODES
from deep_translator.exceptions import NotValidLength, NotValidPayload, TooManyRequests
from pydantic import BaseModel, ConfigDict, Field

from adapters.engines.addresses import Address
from adapters.engines.breaker import Gate
from adapters.engines.threads import Threads
from bot.ports import Busy, EngineError, Keep, Marked, NotOffered, Question, Unavailable, Unsupported
from bot.text.languages import engine_code

LONGEST = 4_900
"""Characters; deep-translator refuses 5,000."""
LARGEST_ANSWER = 1_000_000
"""Bytes; the page around the longest translation has some 60,000."""

_THEIRS = {"he": "iw", "zh": "zh-CN", "no": "no"}
_SPOKEN = frozenset(GOOGLE_LANGUAGES_TO_CODES.values())


class GoogleSettings(BaseModel):
    """`timeout` is in seconds, for one paragraph; `concurrency` is how many are translated at once."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: Address = "https://translate.google.com/m"
    timeout: Annotated[float, Field(gt=0, le=60)] = 10.0
    concurrency: Annotated[int, Field(ge=1, le=16)] = 2


class Google:
    Settings: ClassVar[type[BaseModel]] = GoogleSettings
    questions: ClassVar[Sequence[Question]] = ()
    read_by: str | None = "Google"

    def __init__(self, name: str, settings: BaseModel) -> None:
        assert isinstance(settings, GoogleSettings)
        self.name = name
        self._settings = settings
        self._gate = Gate(settings.concurrency)
        self._threads: Threads | None = None

    async def open(self) -> None:
        self._threads = Threads(self.name, self._settings.concurrency)

    async def close(self) -> None:
        if self._threads:
            self._threads.close()

    async def translate(self, paragraphs: Sequence[Marked], source: str, target: str) -> list[str]:
        pair = _google_code(source), _google_code(target)
        if not _SPOKEN.issuperset(pair):
            raise NotOffered(f"{self.name} does not translate {source} to {target}")
        return [await self._paragraph(marked, *pair) for marked in paragraphs]

    async def _paragraph(self, marked: Marked, source: str, target: str) -> str:
        text, tokens = with_tokens(marked)
        if len(text) > LONGEST:
            raise Unsupported("a paragraph is too long for Google")
        async with self._gate():
            given = await self._called(text, source, target)
            if not given or not given.strip():
                raise Unavailable("Google's page holds no translation")
            if given.strip() == text.strip() and len(text.split()) > 2:  # a name or two are the same everywhere
                raise Unsupported("Google gave the text back as it was")
        return without_tokens(given, tokens)

    async def _called(self, text: str, source: str, target: str) -> str | None:
        assert self._threads, "open() comes first"
        timeout = self._settings.timeout
        call = partial(_translated, self._settings.url, timeout, text, source, target)
        try:
            async with asyncio.timeout(timeout):
                return await self._threads.call(call)
        except TimeoutError:
            pass
        raise Unavailable("Google did not answer in time")

    async def check(self) -> list[str]:
        if self._threads is None:
            await self.open()
        try:
            await self._paragraph(("good morning",), "en", "nl")
        except EngineError as failure:
            return [
                f"{self._settings.url}: {failure}. Look whether this machine reaches Google and is not blocked there,"
                f" or take {self.name} out of translation.notices and translation.conversations."
            ]
        return []


def _google_code(code: str) -> str:
    ours = engine_code(code)
    return _THEIRS.get(ours, ours)


# --- in a thread ---------------------------------------------------------------------------------------------------


def _translated(url: str, timeout: float, text: str, source: str, target: str) -> str | None:
    """One translation. The library's own exceptions hold the text, so they end here."""
    _call.until = time.monotonic() + timeout
    failure: EngineError
    try:
        translator = deep.GoogleTranslator(source, target)  # a fresh one: it keeps the text it is working on
        translator._base_url = url
        answer: str | None = translator.translate(text)
        return answer
    except TooManyRequests:
        failure = Busy("Google asks for a pause")
    except (NotValidLength, NotValidPayload):
        failure = Unsupported("Google does not take this text")
    except Exception as error:
        failure = Unavailable(f"Google cannot be reached or answers something else ({type(error).__name__})")
    raise failure


_call = threading.local()
"""Until when the call in this thread may take."""


class _Requests:
    """Stands in for the name `requests` in deep-translator, which knows no timeout, cap or redirect limit."""

    exceptions = requests.exceptions

    @staticmethod
    def get(url: str, params: Mapping[str, str], **_: Any) -> requests.Response:
        left = max(_call.until - time.monotonic(), 0.1)
        with requests.Session() as session:
            session.trust_env = False
            response = session.get(url, params=params, timeout=left, stream=True, allow_redirects=False)
            with response:
                body = bytearray()
                for chunk in response.iter_content(8192):
                    body += chunk
                    if len(body) > LARGEST_ANSWER:
                        raise requests.exceptions.ContentDecodingError("the answer is too large")
                    if time.monotonic() > _call.until:
                        raise requests.exceptions.ReadTimeout("the answer took too long")
                response._content = bytes(body)
        return response


deep.requests = _Requests


# --- tokens --------------------------------------------------------------------------------------------------------

_TOKEN = regex.compile(r"\[\s*\[\s*(\d+)\s*\]\s*\]")


def with_tokens(marked: Marked) -> tuple[str, list[str]]:
    """The text with [[1]], [[2]] … for the stretches to be kept; no token is proof against every language."""
    tokens: list[str] = []
    parts = []
    for part in marked:
        if isinstance(part, Keep):
            tokens.append(part.text)
            parts.append(f"[[{len(tokens)}]]")
        else:
            parts.append(_TOKEN.sub(r"[\1]", part))  # nobody else's
    return "".join(parts), tokens


def without_tokens(text: str, tokens: Sequence[str]) -> str:
    """The stretches back in their places; a token that nobody gave stays, for the check to find."""

    def stretch(token: regex.Match[str]) -> str:
        number = int(token[1])
        return tokens[number - 1] if 1 <= number <= len(tokens) else str(token[0])

    return _TOKEN.sub(stretch, text)
