"""Apertium through its APY server: free software without the internet; what it does not know it leaves as it is."""

from __future__ import annotations

import html
import time
from collections.abc import Sequence
from typing import Annotated, Any, ClassVar

import regex
from pydantic import BaseModel, ConfigDict, Field

from adapters.engines.addresses import Address
from adapters.engines.breaker import Gate
from adapters.engines.fetching import Answer, Server
from bot.configuration.addresses import host_outside
from bot.ports import EngineError, Keep, Marked, NotOffered, Question, Unavailable, Unsupported
from bot.text.languages import engine_code

_PAIRS_LAST = 600.0
"""Seconds after which a server is asked again which pairs it has."""


class ApertiumSettings(BaseModel):
    """`pivots` are the languages that may stand between two that have no pair of their own, best first.

    `unknown_marks` leaves the signs * # @ before words that Apertium does not know. `timeout` is in seconds, for one
    paragraph in one step; `concurrency` is how many texts are translated at once.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: Address = "http://127.0.0.1:2737"
    pivots: tuple[str, ...] = ("es", "en")
    unknown_marks: bool = False
    timeout: Annotated[float, Field(gt=0, le=300)] = 15.0
    concurrency: Annotated[int, Field(ge=1, le=64)] = 4


class Apertium:
    Settings: ClassVar[type[BaseModel]] = ApertiumSettings
    questions: ClassVar[Sequence[Question]] = (
        Question("url", "Where does your Apertium (its APY server) answer?", default="http://127.0.0.1:2737"),
    )

    def __init__(self, name: str, settings: BaseModel) -> None:
        assert isinstance(settings, ApertiumSettings)
        self.name = name
        self.read_by = host_outside(settings.url)
        self._settings = settings
        self._gate = Gate(settings.concurrency)
        self._server = Server(settings.url, settings.timeout, settings.concurrency)
        self._pairs: dict[tuple[str, str], str] = {}
        self._pairs_until = 0.0

    async def open(self) -> None:
        self._server.open()

    async def close(self) -> None:
        await self._server.close()

    async def translate(self, paragraphs: Sequence[Marked], source: str, target: str) -> list[str]:
        async with self._gate(hash(tuple(paragraphs))):
            steps = _steps(await self._direct_pairs(), engine_code(source), engine_code(target), self._settings.pivots)
            if steps is None:
                raise NotOffered(f"{self.name} does not translate {source} to {target}")
            return [await self._through(steps, marked) for marked in paragraphs]

    async def _through(self, steps: Sequence[str], marked: Marked) -> str:
        text = as_html(marked)
        for step, pair in enumerate(steps, start=1):
            text = await self._translated(text, pair)
            if step < len(steps) or not self._settings.unknown_marks:
                text = without_marks(text)  # the next step would take them for a part of the text
        return as_text(text)

    async def _translated(self, text: str, pair: str) -> str:
        # the marks are asked for because the server, taking them off, would take asterisks out of kept stretches too
        answer = await self._server.post("/translate", form={"langpair": pair, "q": text, "markUnknown": "yes"})
        given = _response(answer).get("translatedText")
        if not isinstance(given, str):
            raise Unavailable("the server's answer is no translation")
        if not given.strip():
            raise Unsupported("Apertium gave nothing for this pair of languages")  # some published pairs are broken
        return given

    async def _direct_pairs(self) -> dict[tuple[str, str], str]:
        if time.monotonic() < self._pairs_until:
            return self._pairs
        self._pairs = _listed(await self._server.get("/listPairs"))
        self._pairs_until = time.monotonic() + _PAIRS_LAST
        return self._pairs

    async def check(self) -> list[str]:
        await self.open()
        url = self._settings.url
        try:
            pairs = await self._direct_pairs()
        except EngineError as failure:
            return [f"{url}: {failure}. Start apertium-apy there, or correct translation.engines.{self.name}.url."]
        if not pairs:
            return [f"{url} has no pair of languages: install some (Debian: apt-cache search ^apertium-)."]
        return []


def _steps(
    direct: dict[tuple[str, str], str], source: str, target: str, pivots: Sequence[str]
) -> tuple[str, ...] | None:
    """The pairs to go through, as the server calls them; None where there is no way."""
    if (source, target) in direct:
        return (direct[source, target],)
    for pivot in pivots:
        if (source, pivot) in direct and (pivot, target) in direct:
            return direct[source, pivot], direct[pivot, target]
    return None


def _listed(answer: Answer) -> dict[tuple[str, str], str]:
    pairs: dict[tuple[str, str], str] = {}
    try:
        for pair in _response(answer):
            source, target = pair["sourceLanguage"], pair["targetLanguage"]
            ours = (engine_code(source), engine_code(target))
            if ours not in pairs or "_" not in source + target:  # "por" rather than "por_BR"
                pairs[ours] = f"{source}|{target}"
    except (AttributeError, KeyError, TypeError):
        raise Unavailable("the server's list of pairs cannot be read") from None
    return pairs


def _response(answer: Answer) -> Any:
    if answer.status == 400:
        raise Unsupported("the server does not take this text or these languages")
    if answer.status != 200:
        raise Unavailable(f"that server is no Apertium APY ({answer.status})")
    said = answer.json()
    if not isinstance(said, dict) or "responseData" not in said:
        raise Unavailable("that server is no Apertium APY")
    return said["responseData"]


# --- HTML, which APY reads and writes ------------------------------------------------------------------------------

_KEPT = regex.compile(r"(<apertium-notrans>.*?</apertium-notrans>)", regex.DOTALL)
_SIGN = regex.compile(r"[*#@]")
_LEFT_OVER = regex.compile(r"\\?<[^<>]*>")
"""Grammar that Apertium could not put into a word, as in `#y<prn>`."""


def as_html(marked: Marked) -> str:
    """Stretches to be kept in Apertium's own tag; so are the characters that it uses as marks itself."""
    return "".join(
        _kept(part.text)
        if isinstance(part, Keep)
        else _SIGN.sub(lambda sign: _kept(sign[0]), html.escape(part, quote=False))
        for part in marked
    )


def _kept(text: str) -> str:
    return f"<apertium-notrans>{html.escape(text, quote=False)}</apertium-notrans>"


def without_marks(text: str) -> str:
    """The text without the marks at words that Apertium does not know, kept stretches as they are."""
    parts = _KEPT.split(text)
    return "".join(part if at % 2 else _LEFT_OVER.sub("", _SIGN.sub("", part)) for at, part in enumerate(parts))


def as_text(text: str) -> str:
    return html.unescape(text.replace("<apertium-notrans>", "").replace("</apertium-notrans>", ""))
