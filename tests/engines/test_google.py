"""Google through deep-translator, against a page shaped like Google's on this machine."""

from __future__ import annotations

import asyncio
import html
import random
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from adapters.engines.google import Google, GoogleSettings, with_tokens, without_tokens
from bot.ports import Busy, Keep, Marked, Unavailable, Unsupported
from bot.translation.protecting import mark
from tests.servers.web import Handler, serving

SECRET = "mijn geheime tekst over thuis"


@asynccontextmanager
async def translator(handler: Handler, timeout: float = 5, concurrency: int = 2) -> AsyncIterator[Google]:
    async with serving(handler) as url:
        engine = Google("google", GoogleSettings(url=f"{url}/m", timeout=timeout, concurrency=concurrency))
        await engine.open()
        try:
            yield engine
        finally:
            await engine.close()


def page(text: str) -> web.Response:
    body = f'<html><div class="header">Google</div><div class="result-container">{html.escape(text)}</div></html>'
    return web.Response(text=body, content_type="text/html")


async def capitals(request: web.Request) -> web.StreamResponse:
    return page(request.query["q"].upper())


async def test_the_paragraphs_come_back_in_order() -> None:
    async with translator(capitals) as engine:
        assert await engine.translate([("een",), ("twee & <b>",), ("drie",)], "nl", "en") == [
            "EEN",
            "TWEE & <B>",
            "DRIE",
        ]


async def test_kept_stretches_travel_as_tokens() -> None:
    seen = []

    async def handler(request: web.Request) -> web.StreamResponse:
        seen.append(request.query["q"])
        return await capitals(request)

    async with translator(handler) as engine:
        given = await engine.translate([mark("bel 02 511 00 11 voor 14u30 via https://a.be/x_y?a=1&b=2")], "nl", "fr")
    assert seen == ["bel [[1]] voor [[2]] via [[3]]"]
    assert given == ["BEL 02 511 00 11 VOOR 14u30 VIA https://a.be/x_y?a=1&b=2"]


def test_tokens_are_found_again_as_languages_rewrite_them() -> None:
    marked: Marked = ("bel ", Keep("112"), " [[7]] ", Keep("14u"))
    text, tokens = with_tokens(marked)
    assert text == "bel [[1]] [7] [[2]]"
    assert without_tokens("[[ 2 ]] اتصل [ [1] ] [[٢]] [[9]]", tokens) == "14u اتصل 112 14u [[9]]"


async def test_sixteen_callers_at_once_never_get_each_other_s_text() -> None:
    """One translator shared by threads mixes a quarter of the answers up."""
    waiting: list[tuple[str, asyncio.Future[str]]] = []
    shuffled = random.Random(5)

    async def handler(request: web.Request) -> web.StreamResponse:
        """Answers only when sixteen are waiting, and then in any order."""
        answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        waiting.append((request.query["q"], answer))
        if len(waiting) == 16:
            shuffled.shuffle(waiting)
            for text, each in waiting:
                each.set_result(text.upper())
            waiting.clear()
        return page(await answer)

    async with translator(handler, concurrency=16, timeout=20) as engine:

        async def caller(number: int) -> list[str]:
            return [
                text
                for turn in range(25)
                for text in await engine.translate([(f"beller {number} beurt {turn}",)], "nl", "en")
            ]

        answers = await asyncio.gather(*(caller(number) for number in range(16)))
    wrong = [
        text
        for number, texts in enumerate(answers)
        for turn, text in enumerate(texts)
        if text != f"BELLER {number} BEURT {turn}"
    ]
    assert (sum(map(len, answers)), wrong) == (400, [])


async def test_too_many_requests_close_the_gate() -> None:
    asked = 0

    async def handler(_: web.Request) -> web.StreamResponse:
        nonlocal asked
        asked += 1
        return web.Response(status=429)

    async with translator(handler) as engine:
        for _ in range(4):
            with pytest.raises(Busy):
                await engine.translate([("een twee drie",)], "nl", "en")
    assert asked == 1


async def elsewhere(_: web.Request) -> web.StreamResponse:
    raise web.HTTPFound("http://127.0.0.1:1/sorry")


async def without_result(_: web.Request) -> web.StreamResponse:
    return web.Response(text="<html>Our systems have detected unusual traffic</html>", content_type="text/html")


async def empty(_: web.Request) -> web.StreamResponse:
    return page("")


async def broken(_: web.Request) -> web.StreamResponse:
    return web.Response(status=502, text="<html>Bad Gateway</html>", content_type="text/html")


async def hanging(_: web.Request) -> web.StreamResponse:
    await asyncio.Event().wait()
    raise AssertionError


async def flooding(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b" " * 65536)


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


@pytest.mark.parametrize("handler", [elsewhere, without_result, empty, broken, hanging, flooding, dripping])
async def test_whatever_is_no_translation_is_a_failure_in_time_and_without_the_text(handler: Handler) -> None:
    loop = asyncio.get_running_loop()
    async with translator(handler, timeout=0.4) as engine:
        begun = loop.time()
        with pytest.raises(Unavailable) as raised:
            await engine.translate([(SECRET,)], "nl", "en")
        assert loop.time() - begun < 3
    assert "geheim" not in str(raised.value)
    chain = raised.value.__cause__, raised.value.__context__
    assert "geheim" not in repr(chain)


async def test_a_text_that_comes_back_as_it_was_is_a_failure_but_a_name_may_be_the_same() -> None:
    async def echo(request: web.Request) -> web.StreamResponse:
        return page(request.query["q"])

    async with translator(echo) as engine:
        with pytest.raises(Unsupported):
            await engine.translate([("kom morgen naar ons",)], "nl", "en")
        assert await engine.translate([("Maria Janssens",)], "nl", "en") == ["Maria Janssens"]


@pytest.mark.parametrize(("source", "target"), [("nl", "xx"), ("fa-AF", "klingon"), ("auto", "nl"), ("dutch", "en")])
async def test_languages_that_google_does_not_have_are_not_asked_for(source: str, target: str) -> None:
    async def handler(_: web.Request) -> web.StreamResponse:
        raise AssertionError

    async with translator(handler) as engine:
        with pytest.raises(Unsupported):
            await engine.translate([("een",)], source, target)


async def test_hebrew_and_portuguese_go_by_google_s_codes() -> None:
    seen = []

    async def handler(request: web.Request) -> web.StreamResponse:
        seen.append((request.query["sl"], request.query["tl"]))
        return await capitals(request)

    async with translator(handler) as engine:
        await engine.translate([("een",)], "nl", "he")
        await engine.translate([("een",)], "pt-BR", "zh")
    assert seen == [("nl", "iw"), ("pt", "zh-CN")]


async def test_a_text_too_long_for_google_is_not_sent() -> None:
    async with translator(capitals) as engine:
        with pytest.raises(Unsupported):
            await engine.translate([("woord " * 1000,)], "nl", "en")


async def test_a_caller_who_leaves_neither_breaks_nor_blocks_the_next() -> None:
    release = asyncio.Event()
    arrived = asyncio.Event()

    async def handler(request: web.Request) -> web.StreamResponse:
        arrived.set()
        await release.wait()
        return await capitals(request)

    async with translator(handler, concurrency=1) as engine:
        first = asyncio.create_task(engine.translate([("een",)], "nl", "en"))
        await arrived.wait()
        first.cancel()
        await asyncio.wait([first])
        release.set()
        assert await engine.translate([("twee",)], "nl", "en") == ["TWEE"]


async def test_a_hanging_call_does_not_keep_the_program_from_ending() -> None:
    arrived = asyncio.Event()

    async def handler(request: web.Request) -> web.StreamResponse:
        arrived.set()
        return await hanging(request)

    async with translator(handler, timeout=30) as engine:
        call = asyncio.create_task(engine.translate([("een",)], "nl", "en"))
        await arrived.wait()
        threads = [thread for thread in threading.enumerate() if thread.name.startswith("google-")]
        assert threads
        assert all(thread.daemon for thread in threads)
        call.cancel()
        await asyncio.wait([call])


async def test_a_page_that_cannot_be_reached_is_named_with_its_remedy() -> None:
    engine = Google("google", GoogleSettings(url="http://127.0.0.1:1/m"))
    await engine.open()
    [problem] = await engine.check()
    await engine.close()
    assert "http://127.0.0.1:1/m" in problem
    assert "translation.notices" in problem
    assert engine.read_by == "Google"


async def test_the_environment_s_proxies_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "")
    async with translator(capitals) as engine:
        assert await engine.translate([("een",)], "nl", "en") == ["EEN"]
