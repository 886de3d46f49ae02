"""LibreTranslate's API, with a server that behaves as the real one was measured to, and others that misbehave."""

from __future__ import annotations

import asyncio
import html
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web
from pydantic import SecretStr, ValidationError

from adapters.engines import fetching
from adapters.engines.libretranslate import LibreTranslate, LibreTranslateSettings, as_html
from bot.ports import Busy, Keep, Marked, Rejected, Unavailable, Unsupported
from bot.translation.protecting import mark
from tests.servers.web import Handler, serving

LANGUAGES = [
    {"code": "nl", "name": "Dutch", "targets": ["en", "nl", "pt", "zh-Hans"]},
    {"code": "en", "name": "English", "targets": ["en", "nl"]},
]


class Server:
    """Answers as LibreTranslate does: HTML in, each word in capitals, unescaped again before it is sent."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.languages_asked = 0
        self.answer: Callable[[dict[str, Any]], web.Response] = self.translated

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        if request.path == "/languages":
            self.languages_asked += 1
            return web.json_response(LANGUAGES)
        body = await request.json()
        self.asked.append(body)
        return self.answer(body)

    def translated(self, body: dict[str, Any]) -> web.Response:
        return web.json_response({"translatedText": [html.unescape(capitals(text)) for text in body["q"]]})


def capitals(text: str) -> str:
    """The words outside tags and `translate="no"` in capitals."""
    parts = text.replace("<", "\0<").replace(">", ">\0").split("\0")
    kept = False
    for at, part in enumerate(parts):
        if part.startswith("<"):
            kept = 'translate="no"' in part
        elif not kept:
            parts[at] = html.escape(html.unescape(part).upper(), quote=False)
    return "".join(parts)


@asynccontextmanager
async def libretranslate(handler: Handler, timeout: float = 5, key: str | None = None) -> AsyncIterator[LibreTranslate]:
    async with serving(handler) as url:
        settings = LibreTranslateSettings(url=url, timeout=timeout, api_key=SecretStr(key) if key else None)
        engine = LibreTranslate("libretranslate", settings)
        await engine.open()
        try:
            yield engine
        finally:
            await engine.close()


async def test_all_paragraphs_go_in_one_request_and_come_back_in_order() -> None:
    server = Server()
    async with libretranslate(server) as engine:
        assert await engine.translate([("een",), ("twee",), ("drie",)], "nl", "en") == ["EEN", "TWEE", "DRIE"]
    [asked] = server.asked
    assert asked == {"q": ["een", "twee", "drie"], "source": "nl", "target": "en", "format": "html"}


async def test_kept_stretches_travel_in_spans_that_are_not_translated() -> None:
    marked: Marked = ("bel ", Keep("+32 2 511 00 11"), " of lees ", Keep("https://a.be/x_y?a=1&b=2"), " & kom")
    async with libretranslate(Server()) as engine:
        assert await engine.translate([marked], "nl", "en") == [
            "BEL +32 2 511 00 11 OF LEES https://a.be/x_y?a=1&b=2 & KOM"
        ]
    assert '<span translate="no">https://a.be/x_y?a=1&amp;b=2</span> &amp; kom' in as_html(marked)


@pytest.mark.parametrize("text", ["a <b>c</b> & d", "1 < 2 > 0", "&amp; &lt;b&gt; &copy;", "</span> <span>", "'\"`"])
async def test_markup_in_a_text_is_text(text: str) -> None:
    async with libretranslate(Server()) as engine:
        assert await engine.translate([(text,)], "nl", "en") == [text.upper()]


async def test_an_address_is_not_read_as_html() -> None:
    """Without a semicolon too, Python takes &section for the sign of a section, and &region for a trade mark's."""
    text = "zie https://a.be/?a=1&section=2&region=be of info"
    async with libretranslate(Server()) as engine:
        assert await engine.translate([mark(text)], "nl", "en") == ["ZIE https://a.be/?a=1&section=2&region=be OF INFO"]


async def test_a_server_that_sends_escaped_text_is_understood_too() -> None:
    server = Server()
    server.answer = lambda body: web.json_response({"translatedText": [capitals(text) for text in body["q"]]})
    async with libretranslate(server) as engine:
        assert await engine.translate([("tom & jerry <3",)], "nl", "en") == ["TOM & JERRY <3"]


async def test_a_pair_that_the_server_does_not_have_is_not_asked_for() -> None:
    server = Server()
    async with libretranslate(server) as engine:
        with pytest.raises(Unsupported):
            await engine.translate([("hello",)], "en", "pt")
        with pytest.raises(Unsupported):
            await engine.translate([("merhaba",)], "tr", "en")
    assert (server.asked, server.languages_asked) == ([], 1)


async def test_the_server_s_own_name_of_a_language_is_used() -> None:
    server = Server()
    async with libretranslate(server) as engine:
        await engine.translate([("een",)], "nl-BE", "zh")
    assert server.asked[0]["target"] == "zh-Hans"


async def test_the_key_goes_in_the_body_alone() -> None:
    server = Server()
    async with libretranslate(server, key="geheim") as engine:
        await engine.translate([("een",)], "nl", "en")
    assert server.asked[0]["api_key"] == "geheim"
    assert "geheim" not in repr(LibreTranslateSettings(api_key=SecretStr("geheim")))


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, Unsupported), (403, Rejected), (401, Rejected), (404, Unavailable), (502, Unavailable), (429, Busy)],
)
async def test_each_refusal_says_what_it_means_for_trying_again(status: int, error: type[Exception]) -> None:
    server = Server()
    server.answer = lambda _: web.json_response({"error": "een geheime tekst"}, status=status)
    async with libretranslate(server) as engine:
        with pytest.raises(error) as raised:
            await engine.translate([("een geheime tekst",)], "nl", "en")
    assert "geheim" not in str(raised.value)


async def test_after_too_many_requests_nobody_asks_again_until_the_pause_is_over() -> None:
    """Who hammers LibreTranslate after a 429 is banned."""
    server = Server()
    server.answer = lambda _: web.json_response({"error": "Slowdown"}, status=429, headers={"Retry-After": "120"})
    async with libretranslate(server) as engine:
        for _ in range(5):
            with pytest.raises(Busy) as raised:
                await engine.translate([("een",)], "nl", "en")
            assert raised.value.retry_after is not None
            assert timedelta(seconds=100) < raised.value.retry_after <= timedelta(seconds=120)
    assert len(server.asked) == 1


async def test_after_a_ban_nobody_asks_again_for_a_while() -> None:
    server = Server()
    server.answer = lambda _: web.json_response({"error": "banned"}, status=403)
    async with libretranslate(server) as engine:
        with pytest.raises(Rejected):
            await engine.translate([("een",)], "nl", "en")
        with pytest.raises(Busy):
            await engine.translate([("een",)], "nl", "en")
    assert len(server.asked) == 1


async def test_a_fault_of_the_server_is_asked_about_once_more_and_three_in_a_row_close_the_gate() -> None:
    server = Server()
    server.answer = lambda _: web.Response(status=503)
    async with libretranslate(server) as engine:
        for _ in range(3):
            with pytest.raises(Unavailable):
                await engine.translate([("een",)], "nl", "en")
        with pytest.raises(Busy):
            await engine.translate([("een",)], "nl", "en")
    assert len(server.asked) == 6


async def test_a_text_over_which_the_server_falls_keeps_nobody_else_waiting() -> None:
    """As LibreTranslate does over some: it answers 500, and the next text goes well."""
    server = Server()

    def falls(body: dict[str, Any]) -> web.Response:
        return web.json_response({"error": "?"}, status=500) if body["q"] == ["stuk"] else server.translated(body)

    server.answer = falls
    async with libretranslate(server) as engine:
        for target in ("en", "pt", "zh", "en", "pt", "zh"):
            with pytest.raises(Unavailable):
                await engine.translate([("stuk",)], "nl", target)
        assert await engine.translate([("een",)], "nl", "en") == ["EEN"]


async def test_a_fault_that_passes_at_once_is_not_noticed() -> None:
    server = Server()

    def once(_: dict[str, Any]) -> web.Response:
        server.answer = server.translated
        return web.Response(status=502, text="<html>Bad Gateway</html>")

    server.answer = once
    async with libretranslate(server) as engine:
        assert await engine.translate([("een",)], "nl", "en") == ["EEN"]


@pytest.mark.parametrize(
    "body",
    [
        "<html>Bad Gateway</html>",
        "[]",
        '{"translatedText": "EEN"}',
        '{"translatedText": ["EEN", "TWEE"]}',
        '{"translatedText": [null]}',
        "\xff",
    ],
)
async def test_an_answer_that_is_no_translation_is_a_failure(body: str) -> None:
    server = Server()
    server.answer = lambda _: web.Response(body=body.encode("latin-1"), content_type="application/json")
    async with libretranslate(server) as engine:
        with pytest.raises(Unavailable):
            await engine.translate([("een",)], "nl", "en")


async def test_a_server_that_sends_us_elsewhere_is_not_followed() -> None:
    reached = asyncio.Event()

    async def elsewhere(_: web.Request) -> web.StreamResponse:
        reached.set()
        return web.json_response(LANGUAGES)

    async with serving(elsewhere) as other:

        async def handler(_: web.Request) -> web.StreamResponse:
            raise web.HTTPTemporaryRedirect(f"{other}/languages")

        async with libretranslate(handler) as engine:
            with pytest.raises(Unavailable):
                await engine.translate([("een",)], "nl", "en")
    assert not reached.is_set()


async def hanging(_: web.Request) -> web.StreamResponse:
    await asyncio.Event().wait()
    raise AssertionError


async def dripping(request: web.Request) -> web.StreamResponse:
    """A byte whenever the last one is on its way, for ever: no single wait is long."""
    response = web.StreamResponse()
    await response.prepare(request)
    loop = asyncio.get_running_loop()
    while True:
        await response.write(b" ")
        tick = asyncio.Event()
        loop.call_later(0.02, tick.set)
        await tick.wait()


async def flooding(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b" " * 65536)


@pytest.mark.parametrize("handler", [hanging, dripping, flooding])
async def test_a_server_without_an_end_is_left_in_time(handler: Handler, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "LARGEST_ANSWER", 1_000_000)
    loop = asyncio.get_running_loop()
    async with libretranslate(handler, timeout=0.3) as engine:
        begun = loop.time()
        with pytest.raises(Unavailable):
            await engine.translate([("een",)], "nl", "en")
        assert loop.time() - begun < 2


async def test_a_server_that_is_down_is_unavailable_and_named_with_its_remedy() -> None:
    engine = LibreTranslate("eigen", LibreTranslateSettings(url="http://127.0.0.1:1"))
    await engine.open()
    with pytest.raises(Unavailable):
        await engine.translate([("een",)], "nl", "en")
    [problem] = await engine.check()
    await engine.close()
    assert "http://127.0.0.1:1" in problem
    assert "translation.engines.eigen.url" in problem


async def test_a_wrong_key_is_named_with_its_remedy() -> None:
    server = Server()
    server.answer = lambda _: web.json_response({"error": "Invalid API key"}, status=403)
    async with libretranslate(server) as engine:
        [problem] = await engine.check()
        server.answer = server.translated
        assert await engine.check() == []
    assert "api_key" in problem


async def test_no_more_texts_are_on_their_way_than_the_settings_allow() -> None:
    server = Server()
    most = now = 0
    release = asyncio.Event()

    async def handler(request: web.Request) -> web.StreamResponse:
        nonlocal most, now
        if request.path == "/languages":
            return web.json_response(LANGUAGES)
        now += 1
        most = max(most, now)
        if now == 4:
            release.set()
        await release.wait()
        now -= 1
        return server.translated(await request.json())

    async with libretranslate(handler) as engine:
        answers = await asyncio.gather(*(engine.translate([(f"tekst {n}",)], "nl", "en") for n in range(20)))
    assert answers == [[f"TEKST {n}"] for n in range(20)]
    assert most == 4


@pytest.mark.parametrize(
    ("url", "reader"),
    [
        ("http://127.0.0.1:5000", None),
        ("http://[::1]:5000", None),
        ("http://localhost:5000", None),
        ("http://192.168.1.20", None),
        ("http://libretranslate:5000", None),
        ("http://translate.local", None),
        ("https://libretranslate.com", "libretranslate.com"),
        ("https://203.0.113.7", None),
        ("https://8.8.8.8", "8.8.8.8"),
    ],
)
def test_an_engine_is_read_by_others_when_texts_leave_the_operator_s_network(url: str, reader: str | None) -> None:
    assert LibreTranslate("x", LibreTranslateSettings(url=url)).read_by == reader


@pytest.mark.parametrize("url", ["127.0.0.1:5000", "ftp://x.be", "http://", "http://me:word@x.be"])
def test_an_address_that_is_none_is_refused_when_it_is_configured(url: str) -> None:
    with pytest.raises(ValidationError):
        LibreTranslateSettings(url=url)


async def test_a_text_beyond_the_basic_plane_and_right_to_left_arrives_whole() -> None:
    text = "مرحبا 👩‍👩‍👧 \u202eabc\u202c ገዛ"
    assert json.dumps(text)
    async with libretranslate(Server()) as engine:
        assert await engine.translate([mark(text)], "nl", "en") == [text.upper()]
