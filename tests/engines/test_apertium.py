"""Apertium: a real APY server, and servers that answer as none should."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from adapters.engines.apertium import Apertium, ApertiumSettings, as_html, as_text, without_marks
from bot.ports import Keep, Marked, Unavailable, Unsupported
from bot.translation.protecting import mark
from bot.translation.translating import translate
from tests.servers.web import serving


@pytest.fixture
async def apertium(apertium_url: str) -> AsyncIterator[Apertium]:
    engine = Apertium("apertium", ApertiumSettings(url=apertium_url))
    await engine.open()
    yield engine
    await engine.close()


def nothing(_: str) -> None:
    return None


@pytest.mark.apertium
async def test_french_comes_out_in_spanish(apertium: Apertium) -> None:
    [text] = await apertium.translate([mark("La salle communale est ouverte.")], "fr", "es")
    assert "abierta" in text


@pytest.mark.apertium
async def test_languages_without_a_pair_of_their_own_go_through_a_third(apertium: Apertium) -> None:
    """There is no French to Portuguese; there is Spanish between them."""
    [text] = await apertium.translate([mark("La maison est ouverte.")], "fr", "pt")
    assert re.search(r"\bcasa\b.*\baberta\b", text)


@pytest.mark.apertium
async def test_kept_stretches_pass_through_two_steps_unchanged(apertium: Apertium) -> None:
    paragraph = "Appelez le +32 2 511 00 11 ou le 112 avant 14h30: https://aetcis.org/a_b?x=1&y=2 (K7, #repas, @jean)."
    [text] = await apertium.translate([mark(paragraph)], "fr", "pt")
    for kept in ("+32 2 511 00 11", "112", "14h30", "https://aetcis.org/a_b?x=1&y=2", "K7", "#repas", "@jean"):
        assert text.count(kept) == 1


@pytest.mark.apertium
async def test_signs_of_unknown_words_are_taken_away_and_people_s_own_stay(apertium: Apertium) -> None:
    [text] = await apertium.translate([mark("Le grobidule * est ici, 3 # 4.")], "fr", "es")
    assert "grobidule" in text
    assert (text.count("*"), text.count("#")) == (1, 1)


@pytest.mark.apertium
async def test_signs_of_unknown_words_can_be_left(apertium_url: str) -> None:
    engine = Apertium("apertium", ApertiumSettings(url=apertium_url, unknown_marks=True))
    await engine.open()
    [text] = await engine.translate([("Le grobidule est ici.",)], "fr", "es")
    await engine.close()
    assert "*grobidule" in text


@pytest.mark.apertium
async def test_markup_in_a_text_is_text(apertium: Apertium) -> None:
    [text] = await apertium.translate([mark("Bonjour <b>Tom & Jerry</b> &amp; la maison [1] ^x$ {y} \\")], "fr", "es")
    for piece in ("<b>", "Tom & Jerry", "</b>", "&amp;", "[1]", "^", "$", "{y}", "\\"):
        assert piece in text


@pytest.mark.apertium
async def test_several_callers_get_their_own_answers(apertium: Apertium) -> None:
    texts = [f"La maison {number} est ouverte." for number in range(40)]
    answers = await asyncio.gather(*(apertium.translate([(text,)], "fr", "es") for text in texts))
    assert [[re.findall(r"\d+", text) for text in answer] for answer in answers] == [[[str(n)]] for n in range(40)]


@pytest.mark.apertium
async def test_an_unknown_pair_is_unsupported(apertium: Apertium) -> None:
    with pytest.raises(Unsupported):
        await apertium.translate([("Goedemorgen",)], "nl", "tr")


@pytest.mark.apertium
async def test_the_server_is_well(apertium: Apertium) -> None:
    assert await apertium.check() == []
    assert apertium.read_by is None


@pytest.mark.apertium
async def test_a_notice_keeps_its_lines_links_and_numbers(apertium: Apertium) -> None:
    """The whole pipeline over a real engine: nothing that blocks but what Apertium's own words cause."""
    notice = (
        "Colis alimentaires\n\n"
        "  Les colis alimentaires sont distribués mardi 3 mars de 14h30 à 17h dans la salle communale.  \n"
        "Appelez le 02 511 00 11 ou lisez https://aetcis.org/repas?x=1.\n"
        "Il faut 2 sacs."
    )
    result = await translate(notice, "fr", "pt", [apertium], nothing)
    assert result.engine == "apertium"
    assert result.text is not None
    assert [line == "" for line in result.text.split("\n")] == [False, True, False, False, False]
    for kept in ("14h30", "17h", "02 511 00 11", "https://aetcis.org/repas?x=1", " 3 ", " 2 "):
        assert kept in result.text
    assert [finding.code for finding in result.findings if finding.blocking] == []


# --- without a server ----------------------------------------------------------------------------------------------


def test_what_is_kept_and_what_is_apertium_s_own_sign_stand_in_its_tag() -> None:
    marked: Marked = ("a < b * ", Keep("x&y"), " c")
    text = as_html(marked)
    assert text == ("a &lt; b <apertium-notrans>*</apertium-notrans> <apertium-notrans>x&amp;y</apertium-notrans> c")
    assert as_text(without_marks(text)) == "a < b * x&y c"


def test_grammar_that_became_no_word_is_taken_away() -> None:
    assert without_marks("Llamad *bloublou ##\\<prn\\> hoy @casa<n>") == "Llamad bloublou  hoy casa"


@pytest.mark.parametrize(
    "answer",
    [
        web.Response(status=502, text="<html>Bad Gateway</html>", content_type="text/html"),
        web.Response(status=200, text="<html>hello</html>", content_type="text/html"),
        web.Response(status=302, headers={"location": "http://127.0.0.1:1/"}),
        web.json_response({"responseData": [{"sourceLanguage": None}]}),
        web.json_response([]),
    ],
    ids=["502", "html", "redirect", "half", "list"],
)
async def test_a_server_that_is_none_is_unavailable_and_named_with_its_remedy(answer: web.Response) -> None:
    async def handler(_: web.Request) -> web.StreamResponse:
        return web.Response(
            status=answer.status, headers=answer.headers, body=answer.body, content_type=answer.content_type
        )

    async with serving(handler) as url:
        engine = Apertium("apertium", ApertiumSettings(url=url, timeout=5))
        await engine.open()
        with pytest.raises(Unavailable):
            await engine.translate([("Bonjour",)], "fr", "es")
        [problem] = await engine.check()
        await engine.close()
    assert url in problem
    assert "translation.engines.apertium.url" in problem
