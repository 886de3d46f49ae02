"""LibreTranslate, on the operator's own server or somebody else's."""

from __future__ import annotations

import html
import time
from collections.abc import Sequence
from typing import Annotated, ClassVar

import regex
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from adapters.engines.addresses import Address
from adapters.engines.breaker import Gate
from adapters.engines.fetching import Answer, Server
from bot.configuration.addresses import host_outside
from bot.ports import EngineError, Keep, Marked, NotOffered, Question, Rejected, Unavailable, Unsupported
from bot.text.languages import engine_code

_LANGUAGES_LAST = 600.0
"""Seconds after which a server is asked again which languages it knows."""


class LibreTranslateSettings(BaseModel):
    """`timeout` is in seconds, for one answer; `concurrency` is how many texts are translated at once."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: Address = "http://127.0.0.1:5000"
    api_key: SecretStr | None = None
    timeout: Annotated[float, Field(gt=0, le=300)] = 30.0
    concurrency: Annotated[int, Field(ge=1, le=64)] = 4


class LibreTranslate:
    Settings: ClassVar[type[BaseModel]] = LibreTranslateSettings
    questions: ClassVar[Sequence[Question]] = (
        Question("url", "Where does your LibreTranslate answer?", default="http://127.0.0.1:5000"),
    )

    def __init__(self, name: str, settings: BaseModel) -> None:
        assert isinstance(settings, LibreTranslateSettings)
        self.name = name
        self.read_by = host_outside(settings.url)
        self._settings = settings
        self._gate = Gate(settings.concurrency)
        self._server = Server(settings.url, settings.timeout, settings.concurrency)
        self._pairs: dict[tuple[str, str], tuple[str, str]] = {}
        self._pairs_until = 0.0

    async def open(self) -> None:
        self._server.open()

    async def close(self) -> None:
        await self._server.close()

    async def translate(self, paragraphs: Sequence[Marked], source: str, target: str) -> list[str]:
        async with self._gate(hash(tuple(paragraphs))):
            theirs = (await self._known_pairs()).get((engine_code(source), engine_code(target)))
            if theirs is None:
                raise NotOffered(f"{self.name} does not translate {source} to {target}")
            given = await self._translated([as_html(marked) for marked in paragraphs], *theirs)
        return [as_text(text, marked) for text, marked in zip(given, paragraphs, strict=True)]

    async def _translated(self, texts: list[str], source: str, target: str) -> list[str]:
        asked: dict[str, object] = {"q": texts, "source": source, "target": target, "format": "html"}
        if self._settings.api_key:
            asked["api_key"] = self._settings.api_key.get_secret_value()
        answer = await self._server.post("/translate", as_json=asked)
        _refused(answer)
        said = answer.json()
        given = said.get("translatedText") if isinstance(said, dict) else None
        if not isinstance(given, list) or len(given) != len(texts) or not all(isinstance(text, str) for text in given):
            raise Unavailable("the server's answer is no translation")
        return given

    async def _known_pairs(self) -> dict[tuple[str, str], tuple[str, str]]:
        """Our codes, and the server's own for them ("zh": "zh-Hans")."""
        if time.monotonic() < self._pairs_until:
            return self._pairs
        answer = await self._server.get("/languages")
        _refused(answer)
        self._pairs = _listed(answer)
        self._pairs_until = time.monotonic() + _LANGUAGES_LAST
        return self._pairs

    async def check(self) -> list[str]:
        await self.open()
        url = self._settings.url
        where = f"translation.engines.{self.name}"
        try:
            pairs = await self._known_pairs()
            if not pairs:
                return [f"{url} knows no pair of languages: load models into LibreTranslate (--load-only nl,fr,en,…)."]
            await self._translated(["1"], *next(iter(pairs.values())))
        except Rejected:
            return [f"{url} does not accept us: correct {where}.api_key, or ask its operator whether we are banned."]
        except EngineError as failure:
            return [f"{url}: {failure}. Start LibreTranslate there, or correct {where}.url."]
        return []


def _listed(answer: Answer) -> dict[tuple[str, str], tuple[str, str]]:
    pairs: dict[tuple[str, str], tuple[str, str]] = {}
    try:
        for language in answer.json():
            code = language["code"]
            for other in language["targets"]:
                pair = (engine_code(code), engine_code(other))
                if pair[0] != pair[1] and ((code, other) == pair or pair not in pairs):
                    pairs[pair] = (code, other)
    except (AttributeError, KeyError, TypeError):
        raise Unavailable("the server's list of languages cannot be read") from None
    return pairs


def _refused(answer: Answer) -> None:
    match answer.status:
        case 200:
            return
        case 400:
            raise Unsupported("the server does not take this text or these languages")
        case 401 | 403:
            raise Rejected("the server does not accept our key, or has banned us")
        case status:
            raise Unavailable(f"that server is no LibreTranslate ({status})")


# --- HTML ----------------------------------------------------------------------------------------------------------

_KEPT = regex.compile(r"<span\b[^<>]*\btranslate\s*=\s*[\"']?no\b[^<>]*>(.*?)</span\s*>", regex.IGNORECASE)
_ENTITY = regex.compile(r"&(?:#\d+|#x[0-9a-fA-F]+|\w+);")


def as_html(marked: Marked) -> str:
    return "".join(
        f'<span translate="no">{html.escape(part.text, quote=False)}</span>'
        if isinstance(part, Keep)
        else html.escape(part, quote=False)
        for part in marked
    )


def as_text(given: str, marked: Marked) -> str:
    """The plain text of an answer. Servers differ in whether they unescape it before they send it."""
    text = _KEPT.sub(r"\1", given)
    literal = any(_ENTITY.search(part.text if isinstance(part, Keep) else part) for part in marked)
    # without the semicolon it is none: "?a=1&section=2" is an address
    return text if literal else _ENTITY.sub(lambda entity: html.unescape(entity[0]), text)
