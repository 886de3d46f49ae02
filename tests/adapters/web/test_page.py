"""The demo page in a real browser: what people see, click, type and hear of."""

from __future__ import annotations

import asyncio
import os
import re
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, ElementHandle, Locator, Page, Route, async_playwright, expect

from adapters.web.files import LARGEST
from adapters.web.settings import Settings
from bot.files import kinds
from bot.files.kinds import Place
from bot.incoming import Deleted, Edited, Incoming, Message, Pinned, Pressed, Reacted
from bot.model import Attachment, Chat, Span, SpanKind, Text
from bot.outgoing import Choice, PinMessage, SendFile, UnpinMessage
from tests.adapters.web.conftest import Core, Web, web_network
from tests.pictures import png

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is missing, install with: make parts"),
]

WIDE = {"width": 1400, "height": 900}
PHONE = {"width": 390, "height": 844}
TABLET = {"width": 900, "height": 1000}
SMALL = {"width": 360, "height": 640}
ROOMS = ("coordination", "organisation", "group-pt", "group-ar", "member")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        await chromium.close()


@dataclass
class People:
    """Opens pages on the network as different people would, and watches that nothing goes wrong in them."""

    browser: Browser
    web: Web
    stack: AsyncExitStack
    complaints: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    expected: tuple[str, ...] = ()

    def complaints_expected(self, *kinds: str) -> None:
        """Of what the test breaks by itself."""
        self.expected = kinds

    async def open(self, address: str = "", size: dict[str, int] = WIDE, **context: Any) -> Page:
        window = await self.browser.new_context(viewport=size, **context)  # type: ignore[arg-type]
        self.stack.push_async_callback(window.close)
        page = await window.new_page()
        page.set_default_timeout(8000)
        page.on("console", lambda message: self.complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.asked.append(request.url))
        await page.goto(self.web.adapter.address + address)
        return page


@pytest_asyncio.fixture(loop_scope="module")
async def people(browser: Browser, tmp_path: Path) -> AsyncIterator[People]:
    async with web_network(tmp_path) as web, AsyncExitStack() as stack:
        opened = People(browser, web, stack)
        yield opened
        assert [found for found in opened.complaints if not any(kind in found for kind in opened.expected)] == []
        assert {address for address in opened.asked if not address.startswith((web.adapter.address, "data:"))} == set()


def box(page: Page, room: str) -> Locator:
    return page.locator(f"#{room} textarea")


def said(page: Page, room: str, text: str) -> Locator:
    return page.locator(f"#{room} .message", has_text=text)


def last(kind: type[Incoming]) -> Callable[[list[Incoming]], bool]:
    return lambda incoming: bool(incoming) and isinstance(incoming[-1], kind)


async def test_what_somebody_types_stands_on_every_open_page_and_reaches_the_core(people: People) -> None:
    one, other = await people.open(), await people.open(size=PHONE)
    async with Core(people.web.adapter).receiving() as core:
        await box(one, "group-pt").fill("Bom dia!")
        await box(one, "group-pt").press("Enter")
        await expect(said(one, "group-pt", "Bom dia!")).to_be_visible()
        await expect(said(other, "group-pt", "Bom dia!")).to_have_count(1)
        await expect(box(one, "group-pt")).to_have_value("")
        message = (await core.until(last(Message)))[-1]
    assert isinstance(message, Message)
    assert (message.text.plain, message.person.name) == ("Bom dia!", "João")


async def test_what_is_typed_while_a_message_is_on_its_way_is_not_lost(people: People) -> None:
    page = await people.open()
    going, arrives = asyncio.Event(), asyncio.Event()

    async def slowly(route: Route) -> None:
        going.set()
        await arrives.wait()
        await route.continue_()

    await page.route("**/messages", slowly)
    await box(page, "group-pt").fill("Bom dia!")
    await box(page, "group-pt").press("Enter")
    await going.wait()
    await box(page, "group-pt").press_sequentially(" Onde é?")
    arrives.set()
    await expect(said(page, "group-pt", "Bom dia!")).to_be_visible()
    await expect(box(page, "group-pt")).to_have_value("Onde é?")


async def test_what_was_not_sent_goes_by_itself_and_once(people: People) -> None:
    """Also where it was the answer that got lost, and the page was loaded again, as a phone with little memory does."""
    page = await people.open("#coordination", size=PHONE)
    card = await people.web.say("coordination", "K1 · eten")
    await page.locator("#coordination .into").click()
    await page.locator("#coordination select").select_option("wim")
    lost = asyncio.Event()

    async def lose_the_answer(route: Route) -> None:
        await route.fetch()
        await route.abort()
        lost.set()

    await page.route("**/messages", lose_the_answer, times=1)
    people.complaints_expected("ERR_FAILED")
    async with Core(people.web.adapter).receiving() as core:
        await box(page, "coordination").fill("!r Morgen om 10 uur")
        await page.locator("#coordination .send").click()
        await lost.wait()
        await expect(page.locator("#coordination .toast")).to_contain_text("It goes by itself")
        await page.reload()
        await expect(box(page, "coordination")).to_have_value("")
        await people.web.write("coordination", "leila", "klaar")
        incoming = await core.until(lambda seen: isinstance(seen[-1], Message) and seen[-1].text.plain == "klaar")
    written = [event for event in incoming if isinstance(event, Message)]
    assert [(m.text.plain, m.person.id, m.thread) for m in written] == [
        ("!r Morgen om 10 uur", "wim", card),
        ("klaar", "leila", None),
    ]


async def test_what_is_being_written_outlives_the_page_with_its_place(people: People) -> None:
    """A note must not become a message to everybody because a phone loaded the page again; nothing goes by itself."""
    page = await people.open("#coordination", size=PHONE)
    card = await people.web.say("coordination", "K1 · eten")
    await page.locator("#coordination .into").click()
    await page.locator("#coordination select").select_option("wim")
    await box(page, "coordination").fill("Ik bel haar")
    await page.get_by_role("link", name="Nederlands").click()
    await expect(box(page, "coordination")).to_have_value("Ik bel haar")
    await expect(page.locator("#coordination .context")).to_contain_text("In de draad van K1")
    await expect(page.locator("#coordination select")).to_have_value("wim")
    await expect(said(page, "coordination", "Ik bel haar")).to_have_count(0)
    await page.locator("#coordination .send").click()
    await expect(page.locator(f"#m{card} .thread .message")).to_contain_text("Ik bel haar")
    await page.reload()
    await expect(box(page, "coordination")).to_have_value("")


async def test_what_is_half_written_comes_back_when_what_took_its_place_is_sent(people: People) -> None:
    """With the place where it belongs, also when the page was loaded again; a sign goes before what is written."""
    page = await people.open("#coordination", size=PHONE)
    await people.web.say("coordination", "K1 · eten")
    mine = await people.web.write("coordination", "leila", "Morgne")
    await page.locator("#coordination .into.always").click()
    await box(page, "coordination").fill("Ik bel haar")
    await page.locator(f"#m{mine}").get_by_role("button", name="Edit").click()
    await expect(box(page, "coordination")).to_have_value("Morgne")
    await page.reload()
    await box(page, "coordination").fill("Morgen")
    await page.locator("#coordination .send").click()
    await expect(said(page, "coordination", "Morgen")).to_contain_text("edited")
    await expect(box(page, "coordination")).to_have_value("Ik bel haar")
    await expect(page.locator("#coordination .context")).to_contain_text("In the thread of K1")
    await page.get_by_role("button", name="!claim").click()
    await expect(box(page, "coordination")).to_have_value("!claim")
    await page.locator("#coordination .send").click()
    await expect(box(page, "coordination")).to_have_value("Ik bel haar")
    await page.get_by_role("button", name="!r", exact=True).click()
    await expect(box(page, "coordination")).to_have_value("!r Ik bel haar")


async def test_what_comes_back_and_had_arrived_already_is_not_said_twice(people: People) -> None:
    page = await people.open("#group-pt", size=PHONE)

    async def lost(route: Route) -> None:
        await route.fetch()
        await route.abort()

    await page.route("**/messages", lost, times=1)
    people.complaints_expected("ERR_FAILED")
    await box(page, "group-pt").fill("Bom dia!")
    await page.locator("#group-pt .send").click()
    await expect(said(page, "group-pt", "Bom dia!")).to_have_count(1)
    await expect(page.locator("#group-pt .toast")).to_contain_text("Ainda não foi enviada")
    await page.get_by_role("button", name="Onde é?").click()
    await page.locator("#group-pt .send").click()
    await expect(box(page, "group-pt")).to_have_value("Bom dia!")
    await page.locator("#group-pt .send").click()
    await expect(box(page, "group-pt")).to_have_value("")
    await expect(page.locator("#group-pt .text")).to_have_text(["Bom dia!", "Onde é?"])


async def test_a_server_that_never_answers_is_not_waited_for_in_silence(people: People) -> None:
    """It says that it is sending; what never got an answer is tried again, under the same name."""
    page = await people.open("#member", size=PHONE)
    await page.clock.install()
    asked: list[Route] = []
    deeds: list[str] = []

    async def keep_silent(route: Route) -> None:
        asked.append(route)
        deeds.append((route.request.post_data_json or {})["deed"])

    await page.route("**/messages", keep_silent, times=1)
    await box(page, "member").fill("Hulp")
    await page.locator("#member .send").click()
    await page.clock.run_for(2000)
    await expect(page.locator("#member .toast")).to_have_text("Sending…")
    people.complaints_expected("ERR_FAILED", "ERR_ABORTED")
    await page.clock.run_for(30_000)
    await expect(page.locator("#member .toast")).to_contain_text("Not sent yet")
    async with page.expect_request("**/messages") as again:
        await page.clock.run_for(10_000)
    assert [((await again.value).post_data_json or {})["deed"]] == deeds
    await expect(said(page, "member", "Hulp")).to_have_count(1)
    await expect(box(page, "member")).to_have_value("")


async def test_a_connection_that_has_died_in_silence_is_noticed(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when a phone goes from one network to another. One that only has nothing to tell says that it is alive."""
    monkeypatch.setattr("adapters.web.site.HEARTBEAT", 0.05)
    page = await people.open("#member", size=PHONE)
    await page.evaluate("new Promise(heard => source.addEventListener('alive', heard))")

    async def keep_silent(route: Route) -> None:
        """Neither answer nor end."""

    await page.route("**/events?*", keep_silent)
    await page.clock.install()
    await page.reload()
    await expect(page.locator("#offline")).to_be_empty()
    async with page.expect_request("**/events?*"):
        await page.clock.run_for(41_000)
    await expect(page.locator("#offline")).to_contain_text("No connection")
    await people.web.say("member", "intussen")
    await page.unroute("**/events?*")
    await page.clock.run_for(41_000)
    await expect(said(page, "member", "intussen")).to_be_visible()
    await expect(page.locator("#offline")).to_be_empty()


async def test_a_file_that_is_too_large_is_called_that_and_not_sent(people: People, tmp_path: Path) -> None:
    """On a slow line it would take an hour to hear so."""
    page = await people.open("#member", size=PHONE)
    large = tmp_path / "film.mp4"
    with large.open("wb") as film:
        film.truncate(LARGEST + 1)
    await page.locator("#member input[type=file]").set_input_files(large)
    await expect(page.locator("#member .toast")).to_have_text("This file is too large. Send something smaller.")
    assert not any("/files" in address for address in people.asked)


async def test_a_message_higher_than_the_screen_is_read_from_its_beginning(people: People) -> None:
    page = await people.open("#member", size=SMALL, reduced_motion="reduce")
    await people.web.say("member", "Goedendag\n" + "regel\n" * 60, choices=((Choice("c", "Versturen"),),))
    high = said(page, "member", "Goedendag")
    await expect(high).to_have_count(1)
    await expect(high.locator(".who")).to_be_in_viewport()
    await people.web.say("member", "kort")
    await expect(said(page, "member", "kort")).to_be_in_viewport(ratio=1)


async def test_a_press_that_did_not_arrive_does_not_look_as_if_it_had(people: People) -> None:
    page = await people.open("#member", size=PHONE)
    await people.web.say("member", "Klaar?", choices=((Choice("c", "Versturen"),),))
    people.complaints_expected("ERR_FAILED")
    await page.route("**/presses", lambda route: route.abort())
    button = page.get_by_role("button", name="Versturen")
    await button.click()
    await expect(page.locator("#member .toast")).to_have_text("Not sent. Try again.")
    await expect(button).to_have_class("choice")


async def test_a_pressed_button_stays_until_the_core_edits_it_away_and_the_keyboard_keeps_its_place(
    people: People,
) -> None:
    page = await people.open()
    card = await people.web.say(
        "coordination", "K1 · eten", choices=((Choice("c1", "Neem op"), Choice("c2", "Sluit")),)
    )
    async with Core(people.web.adapter).receiving() as core:
        claim = page.get_by_role("button", name="Neem op")
        await claim.focus()
        await page.keyboard.press("Enter")
        pressed = (await core.until(last(Pressed)))[-1]
        await expect(claim).to_have_class("choice pressed")
    assert isinstance(pressed, Pressed)
    assert (pressed.choice, pressed.message, pressed.person.id) == ("c1", card, "leila")
    await people.web.answer("coordination", pressed.press, "Nu is K1 van jou")
    await expect(page.locator("#coordination .toast")).to_have_text("Nu is K1 van jou")
    await people.web.change("coordination", card, "K1 · eten · Leïla", choices=((Choice("c2", "Sluit"),),))
    await expect(claim).to_have_count(0)
    await expect(page.get_by_role("button", name="Sluit")).to_be_visible()
    assert await page.evaluate("document.activeElement.closest('.post').id") == f"m{card}"


async def test_a_coordinator_writes_in_the_thread_of_a_card_and_leaves_it_by_escape(people: People) -> None:
    page = await people.open()
    card = await people.web.say("coordination", "K1 · eten")
    await people.web.say("coordination", "K2 · onderdak")
    async with Core(people.web.adapter).receiving() as core:
        await page.get_by_role("button", name="Write in the thread of K1").last.click()
        await expect(page.locator("#coordination .context")).to_contain_text("In the thread of K1")
        await expect(page.get_by_role("button", name="!claim")).to_be_visible()
        await page.keyboard.type("Ik bel haar")
        await page.keyboard.press("Enter")
        note = page.locator(f"#m{card} .thread .message")
        await expect(note).to_contain_text("Ik bel haar")
        await expect(page.locator("#coordination .context")).to_contain_text("In the thread of K1")
        message = (await core.until(last(Message)))[-1]
    assert isinstance(message, Message)
    assert message.thread == card
    await page.keyboard.press("Escape")
    await expect(page.locator("#coordination .context")).to_be_hidden()
    await expect(page.get_by_role("button", name="!claim")).to_be_hidden()
    await people.web.change("coordination", card, "K1 · eten · Leïla")
    await expect(said(page, "coordination", "K1 · eten · Leïla")).to_be_visible()
    await expect(note).to_contain_text("Ik bel haar")


async def test_a_code_that_is_only_an_example_opens_no_thread(people: People) -> None:
    page = await people.open("#coordination", size=PHONE)
    await people.web.say("coordination", Text("Notice N1 · Food\nTell", (Span(0, 16, SpanKind.BOLD),)))
    await people.web.say("coordination", "Which one? Write its code behind the command, for example K7.")
    await expect(said(page, "coordination", "Which one?")).to_be_visible()
    await expect(page.locator("#coordination .into:visible")).to_have_text(["Write in the thread of N1…"])


async def test_what_was_not_said_today_says_on_which_day(people: People) -> None:
    """A demo that is kept goes on for days."""
    await people.web.say("group-pt", "Bom dia!")
    page = await people.open("#group-pt", size=PHONE, timezone_id="UTC")
    time = said(page, "group-pt", "Bom dia!").locator(".foot time")
    await expect(time).to_have_text(re.compile(r"^\d\d:\d\d$"))
    said_at = datetime.fromisoformat(await time.get_attribute("datetime") or "")
    await page.clock.set_fixed_time(said_at + timedelta(days=3))
    await page.reload()
    await expect(time).to_have_text(re.compile(rf"^{said_at.day} de \w+\.? \d\d:\d\d$"))


async def test_a_reply_names_what_it_answers(people: People) -> None:
    page = await people.open()
    root = await people.web.say("organisation", "N1 · voorstel")
    preview = await people.web.say("organisation", "português: Sexta-feira", thread=root)
    async with Core(people.web.adapter).receiving() as core:
        message = said(page, "organisation", "Sexta-feira")
        await message.hover()
        await message.get_by_role("button", name="Reply").click()
        await page.keyboard.type("Na sexta-feira")
        await page.keyboard.press("Enter")
        await expect(page.locator("#organisation .quoted")).to_contain_text("português: Sexta-feira")
        reply = (await core.until(last(Message)))[-1]
    assert isinstance(reply, Message)
    assert (reply.thread, reply.reply_to) == (root, preview)


async def test_the_tick_approves_and_is_taken_away_again(people: People) -> None:
    page = await people.open()
    await people.web.say("organisation", "português: Sexta-feira")
    async with Core(people.web.adapter).receiving() as core:
        message = said(page, "organisation", "Sexta-feira")
        await message.hover()
        await message.get_by_role("button", name="Approve with ✅").click()
        reaction = message.locator(".reaction")
        await expect(reaction).to_have_attribute("aria-pressed", "true")
        reacted = (await core.until(last(Reacted)))[-1]
        await reaction.click()
        await expect(reaction).to_have_count(0)
    assert isinstance(reacted, Reacted)
    assert reacted.key == "✅"


async def test_people_change_and_delete_only_their_own_messages(people: People) -> None:
    """Nothing is deleted by one press, which may have been meant for the button beside it."""
    page = await people.open()
    async with Core(people.web.adapter).receiving() as core:
        await box(page, "coordination").fill("Morgne")
        await page.get_by_role("button", name="Send").first.click()
        mine = said(page, "coordination", "Morgne")
        await mine.hover()
        await mine.get_by_role("button", name="Edit").click()
        await expect(box(page, "coordination")).to_have_value("Morgne")
        await box(page, "coordination").fill("Morgen")
        await page.keyboard.press("Enter")
        changed = said(page, "coordination", "Morgen")
        await expect(changed).to_contain_text("edited")
        await core.until(last(Edited))
        await page.locator("#coordination select").select_option("wim")
        await changed.hover()
        await expect(changed.get_by_role("button", name="Delete")).to_be_hidden()
        await page.locator("#coordination select").select_option("leila")
        delete = changed.get_by_role("button", name="Delete")
        await delete.click()
        await box(page, "coordination").focus()  # no, not that one
        await expect(delete).not_to_have_attribute("aria-pressed", "true")
        await delete.click()
        await expect(delete).to_have_attribute("aria-pressed", "true")
        await expect(page.locator("#coordination .withdrawn")).to_have_count(0)
        await delete.click()
        await expect(page.locator("#coordination .withdrawn")).to_have_text("This message was taken back.")
        await core.until(last(Deleted))


async def test_the_link_in_a_group_opens_the_private_chat_beside_it_with_its_payload(people: People) -> None:
    page = await people.open()
    link = people.web.account.private_link.format(start="g7_ar")
    await people.web.say("group-ar", "طرود غذائية", choices=((Choice("", "أحتاج إلى مساعدة", url=link),),))
    async with Core(people.web.adapter).receiving() as core:
        await page.get_by_role("link", name="أحتاج إلى مساعدة").click()
        started = (await core.until(last(Message)))[-1]
    assert isinstance(started, Message)
    assert (started.chat.id, started.start) == ("member", "g7_ar")
    await expect(page.locator("#member")).to_contain_text("Amina opened this chat by a link.")
    assert len(page.context.pages) == 1


async def test_the_second_tap_of_two_does_nothing(people: People) -> None:
    """Not even to what has come under the finger meanwhile."""
    page = await people.open("#group-ar", size=PHONE)
    link = people.web.account.private_link.format(start="g7_ar")
    await people.web.say("group-ar", "طرود", choices=((Choice("", "مساعدة", url=link),),))
    await people.web.say("member", "Klaar?", choices=((Choice("c", "Versturen"),),))
    async with Core(people.web.adapter).receiving() as core:
        await page.get_by_role("link", name="مساعدة").dblclick()
        await page.get_by_role("button", name="Versturen").dblclick()
        await page.get_by_role("button", name="Approve with ✅").dblclick()
        await expect(page.locator("#member .reaction")).to_have_attribute("aria-pressed", "true")
        await people.web.write("member", "amina", "klaar")
        incoming = await core.until(lambda seen: isinstance(seen[-1], Message) and seen[-1].text.plain == "klaar")
    kinds_of = [type(event) for event in incoming if event.chat.id == "member"]
    assert kinds_of == [Message, Pressed, Reacted, Message]


async def test_a_followed_link_starts_once_however_often_the_page_is_loaded_again(people: People) -> None:
    page = await people.open("?start=poster1#member", size=PHONE)
    opened = page.get_by_text("Amina opened this chat by a link.")
    await expect(opened).to_be_visible()
    assert page.url == people.web.adapter.address + "#member"
    await page.reload()
    await expect(opened).to_be_visible()
    await expect(opened).to_have_count(1)


async def test_the_first_steps_fill_the_box_and_send_nothing(people: People) -> None:
    page = await people.open()
    await page.get_by_role("link", name="Show me: Publish a notice").click()
    await expect(box(page, "organisation")).to_be_focused()
    assert await box(page, "organisation").input_value()
    await page.locator("#member .tries [data-fill]").first.click()
    assert re.search(r"[\u0600-\u06ff]", await box(page, "member").input_value())
    await expect(page.locator(".post")).to_have_count(0)


async def test_a_command_that_the_bot_shows_is_put_into_the_box(people: People) -> None:
    """With a finger or the keyboard. What people write is only read, and other code as well."""
    page = await people.open("#organisation", size=PHONE, has_touch=True, is_mobile=True)
    shown = Text("Food: !template food place=X\nor x=1", (Span(6, 28, SpanKind.CODE), Span(32, 35, SpanKind.CODE)))
    await people.web.say("organisation", shown)
    command = page.get_by_role("button", name="!template food place=X")
    await command.tap()
    await expect(box(page, "organisation")).to_have_value("!template food place=X")
    await box(page, "organisation").fill("")
    await command.focus()
    await page.keyboard.press("Enter")
    await expect(box(page, "organisation")).to_have_value("!template food place=X")
    await expect(box(page, "organisation")).to_be_focused()
    await page.reload()
    await expect(command).to_have_count(1)
    await expect(page.get_by_role("button", name="x=1")).to_have_count(0)
    await people.web.say("organisation", "To send it: !publish N1\nUse !list or wait.\nAll: !template")
    await page.get_by_role("button", name="!publish N1").tap()
    await expect(box(page, "organisation")).to_have_value("!publish N1")
    await expect(said(page, "organisation", "To send it").locator(".text [role=button]")).to_have_text(
        ["!publish N1", "!template"]
    )


async def test_a_quoted_message_is_one_click_away_and_leads_nowhere_else(people: People) -> None:
    page = await people.open("#member", size=PHONE)
    first = await people.web.say("member", "het begin")
    for number in range(30):
        await people.web.say("member", f"bericht {number}")
    await people.web.write("member", "amina", "dat dus", reply_to=int(first))
    await expect(said(page, "member", "het begin").first).not_to_be_in_viewport()
    await page.locator("#member .quoted").click()
    await expect(page.locator(f"#m{first}")).to_be_in_viewport()
    await expect(page.locator("#member")).to_be_visible()


async def test_every_script_reads_in_its_own_direction(people: People) -> None:
    page = await people.open()
    both = Text("غدًا في الساعة 10\nMorgen om 10 uur", (Span(18, 34, SpanKind.QUOTE),))
    await people.web.say("member", both, choices=((Choice("a", "أولًا"), Choice("b", "ثانيًا")),))
    await people.web.say("group-ar", "Buurthuis De Brug")
    message = said(page, "member", "غدًا")
    await expect(message).to_be_visible()
    direction = "element => getComputedStyle(element).direction"
    assert await message.locator(".text").evaluate(direction) == "rtl"
    assert await message.locator("blockquote").evaluate(direction) == "ltr"
    first, second = [await message.get_by_role("button", name=name).bounding_box() for name in ("أولًا", "ثانيًا")]
    assert first
    assert second
    assert first["x"] > second["x"]
    assert await page.locator("#group-ar").evaluate(direction) == "rtl"
    assert await said(page, "group-ar", "De Brug").locator(".text").evaluate(direction) == "ltr"


STICKING_OUT = """() => [...document.querySelectorAll('button, textarea, select, .message, h2, .title p')]
    .filter(e => e.checkVisibility() && !e.closest('.tries, .tabs'))
    .map(e => [e.className || e.tagName, e.getBoundingClientRect()])
    .filter(([name, r]) => r.left < -1 || r.right > innerWidth + 1).map(([name]) => name)"""


async def test_what_is_pressed_does_not_move_away_from_under_the_finger(people: People) -> None:
    """Not in a small room either, where suggestions stand only while one writes."""
    page = await people.open()
    for number in range(9):
        await people.web.say("group-ar", f"رسالة {number}")
    message = said(page, "group-ar", "رسالة 8")
    await message.hover()
    await message.get_by_role("button", name="تثبيت في الأعلى").click()
    await expect(page.locator("#group-ar .pins a")).to_have_text("رسالة 8")
    await expect(page.locator("#group-ar .tries")).to_be_hidden()
    await box(page, "group-ar").focus()
    await expect(page.locator("#group-ar .tries")).to_be_visible()


async def test_arabic_letters_do_not_slant_beside_latin_ones(people: People) -> None:
    page = await people.open()
    words = Text("J.\nOlá\nغير مترجم", (Span(7, 16, SpanKind.ITALIC),))
    await people.web.say("group-ar", words)
    italic = said(page, "group-ar", "Olá").locator("i")
    assert await italic.evaluate("element => getComputedStyle(element).fontStyle") == "normal"


async def test_nothing_sticks_out_of_the_screen(people: People) -> None:
    """On any screen, in any room; not even an address without a place to break it."""
    await people.web.say("coordination", "K1 https://example.org/" + "x" * 300, choices=((Choice("c", "y" * 80),),))
    for person, room in zip(("leila", "annelies", "joao", "yusuf", "amina"), ROOMS, strict=True):
        await people.web.write(room, person, "w" * 300)
    page = await people.open("?language=fr")
    for size in (SMALL, PHONE, TABLET, WIDE):
        await page.set_viewport_size(size)  # type: ignore[arg-type]
        for room in ROOMS:
            await page.evaluate("room => { location.hash = room }", room)
            await expect(page.locator(f"#{room} .message").first).to_be_visible()
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (size, room)
            assert await page.evaluate(STICKING_OUT) == [], (size, room)
            to_write_in = await box(page, room).bounding_box()
            assert to_write_in
            assert to_write_in["width"] >= 120


async def test_a_command_is_read_to_its_end_and_a_number_stays_whole(people: People) -> None:
    """A command is as long as what is said to it; a number only leaves its line where none is long enough for it."""
    await people.web.write("coordination", "wim", "!note " + "she can come tomorrow " * 9)
    await people.web.write("coordination", "wim", "Bel haar als u kan op het nummer +32 470 12 34 56 a.u.b.")
    page = await people.open("#coordination", size=SMALL)
    cut = "texts => texts.filter(text => text.scrollWidth > text.clientWidth + 1).map(text => text.textContent)"
    assert await page.locator("#coordination .text").evaluate_all(cut) == []
    number = page.locator("#coordination bdi", has_text="470")
    assert await number.evaluate("number => number.getClientRects().length") == 1
    assert await number.evaluate("number => number.clientHeight < 30")
    browser = await page.context.new_cdp_session(page)
    await browser.send("Page.setFontSizes", {"fontSizes": {"standard": 40}})
    assert await page.locator("#coordination .text").evaluate_all(cut) == []


async def test_the_language_is_changed_from_within_a_room_and_the_room_stays(people: People) -> None:
    page = await people.open("#member", size=PHONE, has_touch=True, is_mobile=True)
    await page.get_by_role("link", name="Nederlands").tap()
    await expect(box(page, "member")).to_have_attribute("placeholder", "Schrijf een bericht")
    await expect(page.locator("#member")).to_be_visible()


async def test_on_a_phone_one_chat_shows_and_the_others_count_what_is_new(people: People) -> None:
    page = await people.open("#member", size=PHONE, has_touch=True, is_mobile=True)
    await expect(page.locator("#member")).to_be_visible()
    await expect(page.locator("#coordination")).to_be_hidden()
    here = page.locator('.tabs a[href="#member"]')
    place = await here.bounding_box()
    for number in range(3):
        await people.web.say("coordination", f"K{number}")
    tab = page.locator('.tabs a[href="#coordination"]')
    await expect(tab).to_have_attribute("data-count", "3")
    assert await here.bounding_box() == place  # no tab moves away from under a finger
    await tab.tap()
    await expect(said(page, "coordination", "K2")).to_be_visible()
    await expect(tab).to_have_attribute("data-count", "0")
    await expect(tab).to_have_attribute("aria-current", "true")


async def test_a_chat_with_something_new_is_opened_where_that_begins(people: People) -> None:
    """A notice is higher than a small phone; who has read further up and left stays there, and is told."""
    for number in range(20):
        await people.web.say("group-pt", f"mensagem {number}")
    page = await people.open("#group-pt", size=SMALL, has_touch=True, is_mobile=True)
    await expect(said(page, "group-pt", "mensagem 19")).to_be_in_viewport()
    group, away = page.locator('.tabs a[href="#group-pt"]'), page.locator('.tabs a[href="#group-ar"]')
    await away.tap()
    await people.web.say("group-pt", "Sexta-feira\n" + "linha\n" * 30)
    await people.web.say("group-pt", "Até sexta!")
    await expect(group).to_have_attribute("data-count", "2")
    await group.tap()
    await expect(said(page, "group-pt", "Sexta-feira").locator(".who")).to_be_in_viewport()
    await page.locator("#group-pt .posts").evaluate("posts => posts.scrollBy(0, -300)")
    await expect(said(page, "group-pt", "mensagem 17")).to_be_in_viewport()
    await away.tap()
    await people.web.say("group-pt", "Atenção!")
    await expect(group).to_have_attribute("data-count", "1")
    await group.tap()
    await expect(said(page, "group-pt", "mensagem 17")).to_be_in_viewport()
    await page.get_by_role("button", name="Nova mensagem").tap()
    await expect(said(page, "group-pt", "Atenção!")).to_be_in_viewport()


async def test_who_presses_in_the_latest_message_is_shown_what_follows(people: People) -> None:
    """Send stands in the middle of a screen that is higher than a phone; they may have scrolled up to it."""
    page = await people.open("#member", size=SMALL, reduced_motion="reduce")
    await people.web.say("member", "regel\n" * 40, choices=((Choice("c", "Versturen"),), *((Choice("d", "d"),),) * 30))
    posts, button = page.locator("#member .posts"), page.get_by_role("button", name="Versturen")
    await expect(button).to_have_count(1)
    await posts.evaluate("posts => posts.scrollTo(0, posts.scrollHeight)")
    await expect(page.get_by_role("button", name="d", exact=True).last).to_be_in_viewport()
    await posts.evaluate("posts => posts.scrollBy(0, -900)")
    await button.click()
    await people.web.say("member", "Gelukt")
    await expect(said(page, "member", "Gelukt")).to_be_in_viewport(ratio=1)


async def test_a_newcomer_scrolled_up_is_not_moved_but_told_of_new_messages(people: People) -> None:
    for number in range(40):
        await people.web.say("member", f"bericht {number}")
    page = await people.open()
    posts = page.locator("#member .posts")
    await expect(said(page, "member", "bericht 39")).to_be_in_viewport()
    await posts.hover()
    await page.mouse.wheel(0, -2000)
    await expect(said(page, "member", "bericht 39")).not_to_be_in_viewport()
    await people.web.say("member", "nieuw")
    jump = page.locator("#member").get_by_role("button", name="New message")
    await jump.click()
    await expect(said(page, "member", "nieuw")).to_be_in_viewport()
    await expect(jump).to_be_hidden()


async def test_whoever_looks_at_what_is_quoted_is_not_moved_either(people: People) -> None:
    """Nor whoever goes up by the scroll bar, which no wheel, key or finger tells of."""
    page = await people.open("#member", size=PHONE)
    first = await people.web.say("member", "het begin")
    for number in range(30):
        await people.web.say("member", f"bericht {number}")
    await people.web.write("member", "amina", "dat dus", reply_to=int(first))
    await page.locator("#member .quoted").click()
    await expect(said(page, "member", "het begin").first).to_be_in_viewport()
    await people.web.say("member", "nieuw")
    await expect(page.locator("#member").get_by_role("button", name="New message")).to_be_visible()
    await expect(said(page, "member", "het begin").first).to_be_in_viewport()


async def test_what_is_new_is_found_also_when_it_was_changed_meanwhile(people: People) -> None:
    """As the card of a request is; whoever came there by the keyboard goes on from there."""
    for number in range(40):
        await people.web.say("coordination", f"bericht {number}")
    page = await people.open()
    await page.locator("#coordination .posts").hover()
    await page.mouse.wheel(0, -2000)
    await expect(said(page, "coordination", "bericht 39")).not_to_be_in_viewport()
    card = await people.web.say("coordination", "K1 · eten")
    await people.web.change("coordination", card, "K1 · eten · Leïla")
    await expect(said(page, "coordination", "K1 · eten · Leïla")).to_have_count(1)
    await page.get_by_role("button", name="New message").press("Enter")
    await expect(said(page, "coordination", "K1 · eten · Leïla")).to_be_in_viewport()
    assert await page.evaluate("document.activeElement.closest('.post')?.id") == f"m{card}"


async def test_what_is_quoted_is_found_however_far_back(people: People) -> None:
    """The page begins with the latest messages; those before come when they are wanted."""
    first = await people.web.say("group-pt", "o começo")
    for number in range(150):
        await people.web.say("group-pt", f"mensagem {number}")
    await people.web.write("group-pt", "marta", "isso mesmo", reply_to=int(first))
    page = await people.open("#group-pt", size=PHONE)
    await expect(page.locator(f"#m{first}")).to_have_count(0)
    await page.locator("#group-pt .quoted").click()
    await expect(page.locator(f"#m{first} .text")).to_be_in_viewport()
    assert await page.evaluate("document.activeElement.closest('.post')?.id") == f"m{first}"


async def test_a_picture_that_comes_slowly_is_seen_whole_and_once(people: People, tmp_path: Path) -> None:
    """Its place is as large as itself only when it is there. What changes beside it does not fetch it again."""
    page, path = await people.open("#member", size=SMALL, reduced_motion="reduce"), tmp_path / "file"
    path.write_bytes(png(side=250))
    for number in range(9):
        await people.web.say("member", f"bericht {number}")
    await expect(said(page, "member", "bericht 8")).to_be_in_viewport()
    asked, comes = asyncio.Event(), asyncio.Event()

    async def slowly(route: Route) -> None:
        asked.set()
        await comes.wait()
        await route.continue_()

    await page.route("**/files/*", slowly)
    of = Attachment("photo", "key", None, 1, "image/png")
    sent = await people.web.adapter.send(
        SendFile(Chat("web", "member"), "telegram", of, 1, Text("de brief"), "t", file=path)
    )
    await asked.wait()
    comes.set()
    await expect(said(page, "member", "de brief").locator(".foot")).to_be_in_viewport(ratio=1)
    await page.wait_for_function(
        "image => image.complete && image.naturalWidth > 0", arg=await image(said(page, "member", "de brief"))
    )
    await expect(said(page, "member", "de brief").locator(".foot")).to_be_in_viewport(ratio=1)
    await people.web.change("member", str(sent.message), "de brief van de school")
    await expect(said(page, "member", "de brief van de school")).to_be_visible()
    assert len([address for address in people.asked if "/files/" in address]) == 1


async def test_typing_a_sign_offers_the_commands_of_the_bot(people: People) -> None:
    from bot.outgoing import SetCommands

    await people.web.adapter.send(
        SetCommands("web", "groups", None, (("list", "open requests"), ("lang", "language"), ("find", "search")))
    )
    page = await people.open()
    await box(page, "coordination").fill("!l")
    offered = page.locator("#coordination .tries button")
    await expect(offered).to_have_text(["!list open requests", "!lang language"])
    first, second = [await entry.bounding_box() for entry in await offered.all()]
    assert first
    assert second
    assert first["y"] + first["height"] <= second["y"]  # as a list: there are fifteen of them, to be read
    await offered.first.click()
    await expect(box(page, "coordination")).to_have_value("!list ")


async def test_a_page_survives_a_restart_of_the_network_and_loses_no_word(browser: Browser, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = Settings(listen=f"127.0.0.1:{port}")
    async with AsyncExitStack() as stack:
        async with web_network(tmp_path, settings) as before:
            people = People(browser, before, stack)
            page = await people.open()
            await expect(page.locator("#offline")).to_be_empty()
            await before.say("member", "een")
            await expect(said(page, "member", "een")).to_be_visible()
        await expect(page.locator("#offline")).to_contain_text("No connection")
        await box(page, "member").fill("Hulp")
        await box(page, "member").press("Enter")
        await expect(page.locator("#member .toast")).to_contain_text("Not sent yet")
        await expect(box(page, "member")).to_have_value("Hulp")
        async with web_network(tmp_path, settings) as after:
            await after.say("member", "twee")
            await expect(said(page, "member", "twee")).to_be_visible()
            await expect(page.locator("#offline")).to_be_empty()
            await expect(said(page, "member", "Hulp")).to_have_count(1)
            await expect(box(page, "member")).to_have_value("")
            await expect(page.locator("#member .toast")).to_be_empty()
            await page.context.close()


NAMELESS = """() => [...document.querySelectorAll('button, a, textarea, select')].filter(e =>
    !(e.getAttribute('aria-label') || e.textContent.trim() || e.labels?.length)).map(e => e.outerHTML)"""

# Each visible text's contrast with what is painted behind it (WCAG 2), where it is too low.
FAINT = """() => {
  const rgb = colour => {
    const c = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    c.fillStyle = colour; c.fillRect(0, 0, 1, 1);
    return [...c.getImageData(0, 0, 1, 1).data];
  };
  const light = c => c.slice(0, 3).map(v => v / 255).map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
  const behind = e => {
    for (; e; e = e.parentElement) {
      const c = getComputedStyle(e).backgroundColor;
      if (!/(, 0\\)|\\/ 0\\)|transparent)$/.test(c)) return rgb(c);
    }
    return [255, 255, 255, 255];
  };
  const faint = [];
  for (const e of document.body.querySelectorAll('*')) {
    const own = [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim());
    if (!own || !e.checkVisibility() || e.closest('.acts, svg, option')) continue;
    const [a, b] = [light(rgb(getComputedStyle(e).color)), light(behind(e))].sort((x, y) => y - x);
    const ratio = (a + .05) / (b + .05);
    if (ratio < 4.5) faint.push([e.className || e.tagName, e.textContent.slice(0, 20), ratio.toFixed(2)]);
  }
  return faint;
}"""


DRAWN = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


async def test_everything_has_a_name_and_stands_out_by_day_and_by_night(people: People) -> None:
    card = await people.web.say("coordination", Text("K1 quote", (Span(3, 8, SpanKind.QUOTE),)))
    for person in ("leila", "wim"):
        await people.web.write("coordination", person, "notitie", thread=int(card), reply_to=int(card))
        await people.web.post("coordination", "reactions", person=person, message=int(card), emoji="✅", on=True)
    for room, persons in (("group-pt", ("joao", "marta")), ("group-ar", ("yusuf", "hanan")), ("member", ("amina",))):
        await people.web.say(room, "N1 https://example.org", choices=((Choice("c", "Ja"),),))
        for person in persons:
            spoken = await people.web.write(room, person, "ok")
            if room != "member":
                await people.web.post(room, "pins", person=person, message=int(spoken), on=True)
    page = await people.open()
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme=scheme)
        for size, rooms in ((WIDE, ROOMS[:1]), (PHONE, ("start", *ROOMS))):
            await page.set_viewport_size(size)  # type: ignore[arg-type]
            await page.evaluate(DRAWN)  # a window that gets small shows the chat one is in
            for room in rooms:
                await page.evaluate("room => { location.hash = room }", room)
                await expect(page.locator(f"#{room}")).to_be_visible()
                assert await page.evaluate(NAMELESS) == []
                assert await page.evaluate(FAINT) == [], (scheme, size, room)


# What a finger would miss; links within a line of words need only their line.
SMALL_TARGETS = """() => [...document.querySelectorAll('button, a[href], select, textarea, label.attach')]
  .filter(e => e.checkVisibility() && !e.closest('.text, .message > .quoted, .skip'))
  .map(e => [e, e.getBoundingClientRect()])
  .filter(([, r]) => r.width < 43.9 || r.height < 43.9).map(([e, r]) => [e.outerHTML.slice(0, 60), r.width])"""


async def test_a_finger_meets_everything_on_a_phone(people: People) -> None:
    card = await people.web.say("coordination", "K1 · eten", choices=((Choice("c", "Ja"),),))
    for number, person in enumerate(("leila", "wim")):
        note = await people.web.write("coordination", person, "notitie", thread=int(card), reply_to=int(card))
        await people.web.post("coordination", "reactions", person=person, message=int(card), emoji="✅", on=True)
        await people.web.post("coordination", "pins", person=person, message=int(note if number else card), on=True)
    for number in range(70):
        await people.web.say("member", f"{number}")
    page = await people.open("#coordination", size=SMALL, has_touch=True, is_mobile=True)
    await page.locator("#coordination .into").tap()
    await expect(page.locator("#coordination .context")).to_be_visible()
    for room in ("start", *ROOMS):
        await page.evaluate("room => { location.hash = room }", room)
        await expect(page.locator(f"#{room}")).to_be_visible()
        assert await page.evaluate(SMALL_TARGETS) == [], room


async def test_no_field_makes_a_tablet_or_phone_zoom_in(people: People) -> None:
    """They do so where letters are smaller than 16 pixels, and then the page sticks out."""
    for size in (SMALL, TABLET):
        page = await people.open("#coordination", size=size, has_touch=True, is_mobile=True)
        for place in (box(page, "coordination"), page.locator("#coordination select")):
            assert await place.evaluate("field => parseFloat(getComputedStyle(field).fontSize)") >= 16


async def test_letters_twice_as_large_are_all_there(people: People) -> None:
    """Whoever sees badly sets it once, in the browser; nothing is cut off, and there is room to write."""
    await people.web.say("coordination", "K1 · eten", choices=((Choice("c", "Ja"), Choice("d", "Nee")),))
    page = await people.open("#coordination", size=SMALL)
    usual = await page.evaluate(
        "parseFloat(getComputedStyle(document.querySelector('#coordination textarea')).fontSize)"
    )
    browser = await page.context.new_cdp_session(page)
    await browser.send("Page.setFontSizes", {"fontSizes": {"standard": 32}})
    await page.locator("#coordination .into").click()
    for room in ROOMS:
        await page.evaluate("room => { location.hash = room }", room)
        await expect(page.locator(f"#{room}")).to_be_visible()
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), room
        assert await page.evaluate(STICKING_OUT) == [], room
        field = box(page, room)
        assert await field.evaluate("field => parseFloat(getComputedStyle(field).fontSize)") >= 1.9 * usual
        place = await field.bounding_box()
        assert place
        assert place["width"] >= 120
        await page.locator(f"#{room} .send").scroll_into_view_if_needed()
        await expect(page.locator(f"#{room} .send")).to_be_in_viewport(ratio=1)


async def test_letters_twice_as_large_leave_room_for_messages_on_a_wide_screen_too(people: People) -> None:
    """As with the browser's zoom: one chat at a time, as on a phone."""
    await people.web.say("coordination", "K1 · eten")
    page = await people.open("#coordination", size={"width": 1280, "height": 800})
    browser = await page.context.new_cdp_session(page)
    await browser.send("Page.setFontSizes", {"fontSizes": {"standard": 32}})
    await expect(page.locator("#member")).to_be_hidden()
    await expect(said(page, "coordination", "K1 · eten")).to_be_in_viewport(ratio=1)
    await expect(page.locator("#coordination .send")).to_be_in_viewport(ratio=1)


async def test_on_a_low_screen_the_page_scrolls_and_no_chat_is_squeezed(people: People) -> None:
    page = await people.open(size={"width": 1280, "height": 500})
    for room in ROOMS:
        await box(page, room).scroll_into_view_if_needed()
        await expect(page.locator(f"#{room} .send")).to_be_in_viewport(ratio=1)
        assert await page.locator(f"#{room} .posts").evaluate("posts => posts.clientHeight") >= 60


async def test_who_turns_the_phone_stays_in_the_chat_and_in_the_box(people: People) -> None:
    await people.web.say("group-ar", "مرحبًا")
    page = await people.open(size={"width": 1000, "height": 700})
    await box(page, "group-ar").fill("شكرًا")
    for width, height in ((700, 1000), (844, 390), (390, 844)):
        await page.set_viewport_size({"width": width, "height": height})
        await expect(page.locator("#member")).to_be_hidden()
        await expect(box(page, "group-ar")).to_be_focused()
        await expect(said(page, "group-ar", "مرحبًا").locator(".text")).to_be_in_viewport(ratio=1)
        await expect(page.locator("#group-ar .send")).to_be_in_viewport(ratio=1)


async def test_without_the_script_a_phone_reads_and_is_offered_nothing_that_does_nothing(people: People) -> None:
    """So it is too while the script is on its way."""
    await people.web.say("member", "Goedendag", choices=((Choice("c", "Versturen"),),))
    page = await people.open(size=PHONE, java_script_enabled=False)
    await expect(page.locator("noscript p")).to_be_visible()
    await expect(page.get_by_text("An organisation writes a notice once")).to_be_visible()
    await page.locator('.tabs a[href="#member"]').click()
    await expect(said(page, "member", "Goedendag")).to_be_in_viewport(ratio=1)
    await expect(page.get_by_text("An organisation writes a notice once")).to_be_hidden()
    await expect(page.locator("button:visible, textarea:visible")).to_have_count(0)


async def test_who_chooses_the_colours_sees_where_they_are_and_what_to_press(people: People) -> None:
    """There are no backgrounds then, and what was transparent is drawn."""
    await people.web.say("member", Text("geheim", (Span(0, 6, SpanKind.SPOILER),)))
    page = await people.open("#member", size=PHONE, forced_colors="active")
    line = "element => getComputedStyle(element).borderBottomColor"
    here, elsewhere = (page.locator(f'.tabs a[href="#{room}"]') for room in ("member", "start"))
    canvas = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert await elsewhere.evaluate(line) == canvas
    assert await here.evaluate(line) != canvas
    assert await page.locator("#member .send").evaluate("element => getComputedStyle(element).borderStyle") == "solid"
    covered = "element => [getComputedStyle(element).color, getComputedStyle(element).backgroundColor]"
    words, over = await page.locator("#member .spoiler").evaluate(covered)
    assert words == over


async def test_with_the_keyboard_open_messages_are_seen(people: People) -> None:
    await people.web.say("member", "Waar bent u nu?\nBent u veilig?\nHoeveel kinderen?\nTot straks")
    page = await people.open("#member", size={"width": 320, "height": 300}, has_touch=True, is_mobile=True)
    await box(page, "member").tap()
    await expect(said(page, "member", "Waar bent u nu?").locator(".text")).to_be_in_viewport(ratio=1)


async def test_a_conversation_is_printed_whole(people: People) -> None:
    for number in range(50):
        await people.web.say("coordination", f"K{number} kaart")
    page = await people.open("#coordination", size=PHONE)
    await page.emulate_media(media="print")
    height = await page.locator("#coordination .posts").evaluate("log => log.clientHeight >= log.scrollHeight")
    assert height
    assert await page.evaluate("document.documentElement.scrollHeight") > 50 * 40
    await expect(page.locator("#coordination form")).to_be_hidden()
    await expect(page.locator("#member")).to_be_hidden()


async def test_with_the_keyboard_one_need_not_go_through_all_messages_to_write(people: People) -> None:
    """Each of them has buttons. What leads past them is seen when it has the focus."""
    for number in range(10):
        await people.web.say("coordination", f"K{number}", choices=((Choice("c", "Ja"),),))
    page = await people.open()
    await page.locator("#coordination").focus()
    await page.keyboard.press("Tab")
    skip = page.locator("#coordination").get_by_role("button", name="Write a message", exact=True)
    await expect(skip).to_be_focused()
    assert (shown := await skip.bounding_box())
    assert shown["width"] > 44
    await page.keyboard.press("Enter")
    await expect(box(page, "coordination")).to_be_focused()


async def test_a_screen_reader_hears_the_room_one_is_in_and_no_other(people: People) -> None:
    page = await people.open()
    await box(page, "member").focus()
    assert await page.locator('[role=log][aria-live="polite"]').evaluate_all(
        "logs => logs.map(log => log.closest('.room').id)"
    ) == ["member"]
    await people.web.say("group-ar", "شكرًا")
    log = page.get_by_role("log", name="الرسائل")
    await expect(log.get_by_role("list").first.get_by_role("listitem")).to_have_count(1)


async def test_a_screen_reader_reads_each_message_in_its_own_language(people: People) -> None:
    """Whatever the language of the page, where there are enough words to tell."""
    await people.web.write("member", "amina", "أحتاج إلى طعام لأطفالي الثلاثة")
    await people.web.write("member", "amina", "ok")
    page = await people.open("?language=nl#member")
    await people.web.say("member", "Olá! Escreva ou fale na sua língua. Não precisa de dizer o nome.")
    words = page.locator("#member .text")
    await expect(words).to_have_count(3)
    heard = "words => words.map(text => text.closest('[lang]').lang)"
    assert await words.evaluate_all(heard) == ["ar", "nl", "pt"]


async def test_a_page_of_markup_stays_text(people: People) -> None:
    page = await people.open()
    hostile = "<b id=evil>x</b><script>document.title='evil'</script><img src=x onerror=\"document.title='evil'\">"
    await people.web.write("coordination", "wim", hostile)
    await people.web.say("coordination", hostile, choices=((Choice("c", hostile),),))
    await expect(said(page, "coordination", hostile)).to_have_count(2)
    await page.reload()
    await expect(said(page, "coordination", hostile)).to_have_count(2)
    assert await page.title() == "Schakel"
    await expect(page.locator("#evil")).to_have_count(0)


async def test_earlier_messages_come_when_asked_for_and_move_nothing(people: People) -> None:
    for number in range(100):
        await people.web.say("member", f"bericht {number}.")
    page = await people.open()
    await page.locator("#member .posts").evaluate("log => log.scrollTop = 0")
    oldest = said(page, "member", "bericht 40.")
    place = await oldest.bounding_box()
    button = page.get_by_role("button", name="Earlier messages")
    await button.click()
    await expect(said(page, "member", "bericht 0.")).to_have_count(1)
    await expect(button).to_have_count(0)
    after = await oldest.bounding_box()
    assert place
    assert after
    assert abs(place["y"] - after["y"]) < 60
    texts = await page.locator("#member .text").all_text_contents()
    assert texts == [f"bericht {number}." for number in range(100)]


async def test_what_is_pinned_is_one_line_that_leads_to_it_by_keyboard_too(people: People) -> None:
    """From right to left as well; a second one waits behind a button that says how many there are."""
    page = await people.open("#group-ar", size=PHONE)
    first, second = [await people.web.say("group-ar", text) for text in ("طرود غذائية يوم الجمعة", "درس يوم الأحد")]
    for number in range(30):
        await people.web.say("group-ar", f"رسالة {number}")
    line = page.locator("#group-ar .pins")
    await expect(line).to_be_hidden()
    for message in (first, second):
        await people.web.adapter.send(PinMessage(Chat("web", "group-ar"), message))
    newest, older = page.get_by_role("link", name="درس"), page.get_by_role("link", name="طرود")
    await expect(newest).to_be_visible()
    await expect(older).to_be_hidden()
    await expect(page.get_by_role("navigation", name="مثبَّتة")).to_be_visible()
    assert await line.evaluate("element => getComputedStyle(element).direction") == "rtl"
    unfold = page.get_by_role("button", name="كل الرسائل المثبَّتة: 2")
    await unfold.focus()
    await page.keyboard.press("Enter")
    await expect(unfold).to_have_attribute("aria-expanded", "true")
    await expect(older).to_be_visible()
    await expect(page.locator(f"#m{first}")).not_to_be_in_viewport()
    await older.focus()
    await page.keyboard.press("Enter")
    await expect(page.locator(f"#m{first}")).to_be_in_viewport()
    assert await page.evaluate("document.activeElement.closest('.post').id") == f"m{first}"
    await people.web.adapter.send(UnpinMessage(Chat("web", "group-ar"), second))
    await expect(newest).to_have_count(0)
    await expect(unfold).to_have_count(0)
    await people.web.adapter.send(UnpinMessage(Chat("web", "group-ar"), first))
    await expect(line).to_be_hidden()


async def test_people_pin_in_groups_and_take_it_away_again(people: People) -> None:
    page = await people.open()
    await people.web.say("group-pt", "N1: comida na sexta")
    await people.web.say("member", "K1")
    async with Core(people.web.adapter).receiving() as core:
        message = said(page, "group-pt", "comida").last
        pin = message.get_by_role("button", name="Fixar no topo")
        await message.hover()
        await pin.click()
        await expect(page.locator("#group-pt .pins a")).to_contain_text("comida na sexta")
        await expect(message.get_by_role("img", name="Fixada")).to_be_visible()
        await expect(pin).to_have_attribute("aria-pressed", "true")
        await pin.click()
        await expect(page.locator("#group-pt .pins")).to_be_hidden()
        incoming = await core.until(lambda incoming: sum(isinstance(event, Pinned) for event in incoming) == 2)
    assert [event.pinned for event in incoming if isinstance(event, Pinned)] == [True, False]
    await expect(page.locator("#member [data-act=pin]")).to_have_count(0)


async def test_in_a_group_a_thumb_is_at_hand_for_whatever_anybody_says(people: People) -> None:
    """Where people work it is ✅, which approves."""
    page = await people.open()
    await people.web.write("group-pt", "marta", "Alguém vai?")
    async with Core(people.web.adapter).receiving() as core:
        message = said(page, "group-pt", "Alguém")
        await message.hover()
        await message.get_by_role("button", name="Reagir com 👍").click()
        await expect(message.locator(".reaction")).to_have_text("👍 1")
        reacted = (await core.until(last(Reacted)))[-1]
    assert isinstance(reacted, Reacted)
    assert reacted.key == "👍"
    await expect(page.get_by_role("button", name="Reagir com 👍")).to_have_count(0)


async def test_where_somebody_is_stands_in_the_box_first_and_arrives_as_a_place(people: People) -> None:
    """Written as on every other network; nothing is sent before they press Send."""
    here = {"latitude": 50.84673, "longitude": -0.000001, "accuracy": 12.4}
    page = await people.open(geolocation=here, permissions=["geolocation"])
    async with Core(people.web.adapter).receiving() as core:
        await box(page, "group-pt").fill("Estou aqui:\n")
        await page.locator("#group-pt").get_by_role("button", name="Juntar o lugar onde está").click()
        place = kinds.place(Place(50.84673, -0.000001, accuracy=12.4)).plain
        await expect(box(page, "group-pt")).to_have_value(f"Estou aqui:\n{place}")
        await expect(page.locator("#group-pt .post")).to_have_count(0)
        await box(page, "group-pt").press("Enter")
        message = (await core.until(last(Message)))[-1]
    assert isinstance(message, Message)
    assert kinds.places(message.text.plain) == [(12, 12 + len(place))]
    await expect(page.locator("#group-pt .text a")).to_have_attribute("href", place.splitlines()[1])


async def test_who_does_not_let_the_browser_tell_where_they_are_hears_so(people: People) -> None:
    page = await people.open()
    await page.locator("#member").get_by_role("button", name="Add where you are").click()
    await expect(page.locator("#member .toast")).to_have_text("The browser does not say where you are.")
    await expect(box(page, "member")).to_have_value("")


def chooser(page: Page, room: str) -> Locator:
    return page.locator(f"#{room} .attach input")


@pytest.fixture
def letter(tmp_path: Path) -> Path:
    file = tmp_path / "IMG_1.jpg"
    file.write_bytes(b"\xff\xd8 a letter")
    return file


async def test_a_file_goes_with_all_the_words_in_the_box(people: People, letter: Path) -> None:
    """However many, in whatever script."""
    page, words = await people.open(), "نحتاج إلى طعام للأطفال 🍞 " * 700
    async with Core(people.web.adapter).receiving() as core:
        await box(page, "member").fill(words)
        await chooser(page, "member").set_input_files(letter)
        await expect(box(page, "member")).to_have_value("")
        message = (await core.until(last(Message)))[-1]
    assert isinstance(message, Message)
    assert message.text.plain == words
    assert [(file.name, file.size) for file in message.attachments] == [("photo.jpg", 11)]


async def test_a_file_that_is_chosen_again_is_not_sent_twice(people: People, letter: Path) -> None:
    """The connection was lost just before the page could hear that it had arrived."""
    page = await people.open()

    async def lost(route: Route) -> None:
        await route.fetch()
        await route.abort()

    await page.route("**/files?*", lost, times=1)
    await box(page, "member").fill("a minha carta")
    await chooser(page, "member").set_input_files(letter)
    await expect(page.locator("#member .toast")).to_have_text("Not sent. Try again.")
    await expect(box(page, "member")).to_have_value("a minha carta")
    await chooser(page, "member").set_input_files(letter)
    await expect(box(page, "member")).to_have_value("")
    await expect(said(page, "member", "a minha carta")).to_have_count(1)
    await box(page, "member").fill("a minha carta")
    await chooser(page, "member").set_input_files(letter)
    await expect(said(page, "member", "a minha carta")).to_have_count(2)
    people.complaints.clear()  # the browser names what it could not load


async def test_a_file_does_not_say_a_second_time_what_goes_by_itself(people: People, letter: Path) -> None:
    """The words had arrived, but not the answer; whoever then chooses a file hears that they are on their way."""
    page = await people.open()
    files: list[str] = []
    page.on("request", lambda request: files.append(request.url) if "/files?" in request.url else None)

    async def lost(route: Route) -> None:
        await route.fetch()
        await route.abort()

    await page.route("**/messages", lost, times=1)
    await box(page, "member").fill("a minha carta")
    await page.locator("#member .send").click()
    await expect(page.locator("#member .toast")).to_contain_text("It goes by itself")
    await page.locator("#member .toast").evaluate("toast => { toast.textContent = ''; }")
    await chooser(page, "member").set_input_files(letter)
    await expect(page.locator("#member .toast")).to_contain_text("It goes by itself")
    assert files == []
    await expect(box(page, "member")).to_have_value("a minha carta")
    await page.locator("#member .send").click()
    await expect(box(page, "member")).to_have_value("")
    await expect(said(page, "member", "a minha carta")).to_have_count(1)
    await chooser(page, "member").set_input_files(letter)
    await expect(page.locator("#member .message")).to_have_count(2)
    people.complaints.clear()  # the browser names what it could not load


async def test_whoever_chooses_a_file_that_cannot_go_hears_why(people: People, tmp_path: Path) -> None:
    """What stands in the box stays there."""
    page, file = await people.open(), tmp_path / "film.mp4"
    await box(page, "member").fill("a minha carta")
    for size, why in (
        (LARGEST + 1, "This file is too large. Send something smaller."),
        (0, "This file is empty."),
    ):
        file.write_bytes(b"")
        os.truncate(file, size)
        await chooser(page, "member").set_input_files(file)
        await expect(page.locator("#member .toast")).to_have_text(why)
        await expect(box(page, "member")).to_have_value("a minha carta")
    await expect(page.locator("#member .message")).to_have_count(0)


def passed_on(words: Text) -> Text:
    """As words from a linked chat stand there, below a head."""
    return Text("Rui · Voisins", (Span(0, 13, SpanKind.BOLD),)) + Text("\n") + words


async def test_a_message_of_each_kind_is_seen_in_a_room_from_right_to_left(people: People, tmp_path: Path) -> None:
    """On a phone: pictures and stickers as pictures, places with their numbers in order, polls line by line."""
    group, web = Chat("web", "group-ar"), people.web
    page = await people.open("#group-ar", size=PHONE)

    async def file(kind: str, mime: str, name: str | None = None) -> Locator:
        path = tmp_path / "file"
        path.write_bytes(png())
        of = Attachment(kind, "key", name, 1, mime)
        receipt = await web.adapter.send(SendFile(group, "telegram", of, 1, Text(kind), f"{kind}/{mime}", file=path))
        return page.locator(f"#m{receipt.message} .file")

    for picture in (await file("photo", "image/png"), await file("photo", "image/webp", "sticker.webp")):
        await expect(picture).to_be_visible()
        await page.wait_for_function("image => image.complete && image.naturalWidth > 0", arg=await image(picture))
    await expect(await file("voice", "audio/ogg")).to_be_visible()
    await expect(await file("video", "video/mp4")).to_be_visible()
    await expect(await file("document", "application/pdf", "الاستمارة.pdf")).to_contain_text("الاستمارة.pdf")
    there = kinds.place(Place(50.8467, -4.3525, "المركز", accuracy=20))
    place = page.locator(f"#m{await web.say('group-ar', passed_on(there))}")
    await expect(place.get_by_role("link")).to_have_attribute("href", there.plain.splitlines()[-1])
    numbers = place.locator("bdi", has_text="50.84670, -4.35250 (±20 m)")
    assert await numbers.evaluate("element => getComputedStyle(element).direction") == "ltr"
    answers = [kinds.Answer(Text("الاثنين"), 3), kinds.Answer(Text("الثلاثاء"), 1)]
    poll = page.locator(f"#m{await web.say('group-ar', passed_on(kinds.poll(Text('متى نلتقي؟'), answers)))}")
    await expect(poll.locator(".text")).to_have_text(
        "Rui · Voisins\n📊 متى نلتقي؟\n1. الاثنين — 3\n2. الثلاثاء — 1", use_inner_text=True
    )
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert await page.evaluate(STICKING_OUT) == []


async def image(picture: Locator) -> ElementHandle:
    found = await picture.locator("img").element_handle()
    assert found is not None
    return found
