"""The demo, as a newcomer meets it: one page, no account, and the whole way of a message."""

from __future__ import annotations

import asyncio
import re
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, async_playwright, expect

from tests.adapters.web.test_page import CHROMIUM, FLAGS, PHONE, WIDE
from tests.endtoend.bot import PROGRAM, ROOT, START

PATIENCE = 30_000  # milliseconds, on a busy machine
LINK = re.compile("!link [A-Z0-9]{12}")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is missing, install with: make parts"),
]


@asynccontextmanager
async def demo(folder: Path) -> AsyncIterator[str]:
    """The running demo's address; what happens in it is kept in the folder."""
    process = await asyncio.create_subprocess_exec(
        *PROGRAM, "demo", "--listen", "127.0.0.1:0", "--keep", str(folder), stdout=asyncio.subprocess.PIPE, cwd=ROOT
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(START):
            line = (await process.stdout.readline()).decode()
        yield next(word for word in line.split() if word.startswith("http://"))
    finally:
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(5):
            await process.wait()


@asynccontextmanager
async def browser(address: str, size: dict[str, int]) -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = await chromium.new_page(viewport=size)  # type: ignore[arg-type]
        page.set_default_timeout(PATIENCE)
        await page.goto(address)
        yield page
        await chromium.close()


async def write(page: Page, room: str, text: str) -> None:
    box = page.locator(f"#{room} textarea")
    await box.fill(text)
    await box.press("Enter")


def said(page: Page, room: str, text: str) -> Locator:
    return page.locator(f"#{room} .message", has_text=text).last


async def sees(page: Page, room: str, text: str) -> None:
    await expect(said(page, room, text)).to_be_visible(timeout=PATIENCE)


async def test_a_newcomer_publishes_asks_and_answers_on_one_page(tmp_path: Path) -> None:
    """A filled template in two languages, a plea in Arabic, an answer: through the same inbox and outbox as ever."""
    async with demo(tmp_path) as address:
        async with browser(address, WIDE) as page:
            await write(
                page, "organisation", '!template food-parcels place="Rue Gallait 80" date=2096-12-01 time=14:00'
            )
            await sees(page, "organisation", "N1")
            await write(page, "organisation", "!publish N1")
            await sees(page, "group-pt", "Rue Gallait 80")
            await sees(page, "group-pt", "1 de dezembro de 2096")
            await sees(page, "group-ar", "Rue Gallait 80")
            await write(page, "member", "أحتاج إلى طعام لأطفالي الثلاثة")
            await page.locator("#member").get_by_role("button", name="إرسال").click()
            await sees(page, "member", "K1")
            await sees(page, "coordination", "أحتاج إلى طعام لأطفالي الثلاثة")
            await page.locator("#coordination").get_by_role("button", name="Claim").click()
            await write(page, "coordination", "!r K1 Come tomorrow at 10:00.")
            await sees(page, "member", "Come tomorrow at 10:00.")
        async with browser(address, PHONE) as phone:
            await phone.goto(f"{address}#member")
            await sees(phone, "member", "Come tomorrow at 10:00.")
            width = await phone.evaluate("document.documentElement.scrollWidth")
            assert width <= PHONE["width"]
            assert await phone.locator("#group-ar").get_attribute("dir") == "rtl"


async def test_the_demo_goes_on_where_it_was_stopped(tmp_path: Path) -> None:
    """Nothing is lost by stopping: what was asked before is answered after."""
    async with demo(tmp_path) as address, browser(address, WIDE) as page:
        await write(page, "member", "Preciso de comida para os meus três filhos")
        await page.locator("#member").get_by_role("button", name="Enviar").click()
        await sees(page, "coordination", "Preciso de comida")
    async with demo(tmp_path) as address, browser(address, WIDE) as page:
        await sees(page, "coordination", "Preciso de comida")
        await write(page, "coordination", "!r K1 Come at 11:00.")
        await sees(page, "member", "Come at 11:00.")


async def test_two_groups_of_the_demo_are_linked_and_hear_each_other(tmp_path: Path) -> None:
    """As an organisation does it; what is pinned and how people react goes both ways, a restart in between."""
    async with demo(tmp_path) as address, browser(address, WIDE) as page:
        for room in ("group-pt", "group-ar"):
            await write(page, "organisation", "!link Bairro")
            answers = page.locator("#organisation .bot .text", has_text=LINK)
            await expect(answers).to_have_count(1 if room == "group-pt" else 2, timeout=PATIENCE)
            await write(page, room, LINK.findall(await answers.last.inner_text())[0])
        await sees(page, "group-pt", "العربية في بروكسل")
        await write(page, "group-pt", "Olá vizinhos!")
        await sees(page, "group-ar", "Olá vizinhos!")
    async with demo(tmp_path) as address, browser(address, WIDE) as page:
        copy = said(page, "group-ar", "Olá vizinhos!")
        await copy.hover()
        await copy.get_by_role("button", name="تثبيت في الأعلى").click()
        await expect(page.locator("#group-pt .pins a")).to_contain_text("Olá vizinhos!", timeout=PATIENCE)
        await copy.get_by_role("button", name="تفاعل بعلامة 👍").click()
        written = said(page, "group-pt", "Olá vizinhos!")
        await expect(written.locator(".reaction")).to_have_text("👍 1", timeout=PATIENCE)
        await written.hover()
        await written.get_by_role("button", name="Apagar").click()
        await written.get_by_role("button", name="Apagar").click()  # and it means it
        await expect(page.locator("#group-ar .withdrawn")).to_be_visible(timeout=PATIENCE)
        await expect(page.locator("#group-ar .pins")).to_be_hidden()
