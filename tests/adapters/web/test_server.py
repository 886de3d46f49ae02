"""The page's side of the web network: what it is given, what it may ask, and what it is refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from adapters.web.render import WORDS, tongue
from adapters.web.settings import ChatSettings, PersonSettings, Settings, demo_chats
from bot.catalogue import available
from bot.incoming import Message
from bot.model import Chat, Span, SpanKind, Text
from bot.outgoing import Choice, PinMessage, SendReaction, SendText, TakeReaction, UnpinMessage, Withdraw
from tests.adapters.web.conftest import Core, Web, web_network


async def test_an_open_page_gets_what_is_new_changed_and_withdrawn(web: Web) -> None:
    async with web.events() as stream:
        message = await web.say("member", "eerst", choices=((Choice("c", "Ja"),),))
        name, said, _ = await stream.next()
        assert (name, said["chat"], str(said["id"])) == ("message", "member", message)
        assert 'data-choice="c"' in said["html"]
        await web.change("member", message, "daarna")
        _, changed, _ = await stream.next()
        assert "daarna" in changed["html"]
        assert "data-choice" not in changed["html"]
        assert 'class="edited"' in changed["html"]
        await web.adapter.send(Withdraw(Chat("web", "member"), message, "w"))
        _, gone, _ = await stream.next()
        assert "daarna" not in gone["html"]
        assert 'class="withdrawn"' in gone["html"]


async def test_an_open_page_does_not_go_on_quoting_what_was_changed(web: Web) -> None:
    first = await web.write("coordination", "wim", "Amina, Rue X 12")
    answer = await web.write("coordination", "leila", "ok", reply_to=int(first))
    async with web.events() as stream:
        await web.post("coordination", "edits", person="wim", message=int(first), text="zij")
        changes = {str(data["id"]): data["html"] for _, data, _ in [await stream.next(), await stream.next()]}
    assert "Amina" not in changes[first] + changes[answer]


async def test_a_page_that_comes_back_gets_what_it_missed_as_it_is_now(web: Web) -> None:
    async with web.events() as stream:
        first = await web.say("member", "een")
        *_, seen = await stream.next()
    second = await web.say("member", "twee")
    await web.change("member", first, "een!")
    await web.change("member", second, "twee!")
    async with web.events(last=seen) as stream:
        missed = [await stream.next() for _ in range(2)]
    assert [(str(data["id"]), "!" in data["html"]) for _, data, _ in missed] == [(first, True), (second, True)]


async def test_a_page_knows_from_where_to_listen_so_that_nothing_falls_between(web: Web) -> None:
    await web.say("member", "oud")
    since = re.search(r'data-since="(\d+)"', (await web.http.get("/")).text)
    assert since
    message = await web.say("member", "tussendoor")
    async with web.events(since=since[1]) as stream:
        _, data, _ = await stream.next()
    assert str(data["id"]) == message


async def test_two_pages_see_the_same(web: Web) -> None:
    async with web.events() as one, web.events() as other:
        await web.write("group-ar", "yusuf", "مرحبا")
        assert await one.next() == await other.next()


async def test_a_long_absence_is_caught_up_in_pieces_without_loss(web: Web) -> None:
    async with web.events() as stream:
        await web.say("member", "start")
        *_, seen = await stream.next()
    expected = [await web.write("group-pt", "joao", f"{number}") for number in range(250)]
    async with web.events(last=seen) as stream:
        got = [str((await stream.next())[1]["id"]) for _ in expected]
    assert got == expected


async def test_only_the_page_that_pressed_sees_the_answer_to_its_press(web: Web) -> None:
    message = await web.say("coordination", "K1", choices=((Choice("c", "Neem op"),),))
    async with web.events("mine") as mine, web.events("yours") as yours:
        press = await web.press("coordination", "wim", message, "c", "mine")
        await web.answer("coordination", press, "Leïla was eerst")
        await web.say("coordination", "daarna")
        assert (await mine.next())[:2] == ("toast", {"chat": "coordination", "text": "Leïla was eerst"})
        assert (await yours.next())[0] == "message"


async def test_a_press_is_answered_though_its_page_is_closed_and_may_be_answered_with_nothing(web: Web) -> None:
    message = await web.say("coordination", "K1", choices=((Choice("c", "Neem op"),),))
    press = await web.press("coordination", "wim", message, "c", "closed by now")
    await web.answer("coordination", press, "te laat")
    await web.answer("coordination", press, "")


async def test_a_button_that_was_edited_away_meanwhile_can_still_be_pressed(web: Web) -> None:
    """The core says what became of it; the page need not know."""
    message = await web.say("coordination", "K1", choices=((Choice("c", "Neem op"),),))
    await web.change("coordination", message, "K1 · Leïla")
    assert await web.press("coordination", "wim", message, "c", "p")


async def test_reactions_count_people_once_and_can_be_taken_away(web: Web, core: Core) -> None:
    message = await web.say("organisation", "voorstel")
    for on in (True, True, False):
        await web.post("organisation", "reactions", person="annelies", message=int(message), emoji="✅", on=on)
    await web.adapter.send(SendReaction(Chat("web", "organisation"), message, "👀", "r"))
    page = (await web.http.get("/")).text
    assert 'data-react="👀"' in page
    assert 'data-people=" annelies "' not in page
    await web.adapter.send(TakeReaction(Chat("web", "organisation"), message, "👀", "s"))
    assert 'data-react="👀"' not in (await web.http.get("/")).text


async def test_an_open_page_gets_what_comes_to_the_top_and_goes_from_there(web: Web) -> None:
    """The line at the top, and the sign at the message."""
    message = await web.say("group-pt", "N1: comida")
    async with web.events() as stream:
        for action, stands in ((PinMessage, True), (UnpinMessage, False)):
            await web.adapter.send(action(Chat("web", "group-pt"), message))
            changes = dict([(await stream.next())[:2] for _ in range(2)])
            assert ("comida" in changes["chat"]["pins"]) == stands
            assert ('class="is-pinned"' in changes["message"]["html"]) == stands


async def test_what_is_pinned_is_on_the_page_however_old(web: Web) -> None:
    """Its line leads to it."""
    messages = [await web.say("group-pt", f"N{number}") for number in range(100)]
    await web.adapter.send(PinMessage(Chat("web", "group-pt"), messages[2]))
    page = (await web.http.get("/")).text
    assert re.findall(r'id="m(\d+)"', page) == [messages[2], *messages[40:]]
    assert f'href="#m{messages[2]}"' in page


async def test_a_long_chat_is_shown_in_parts_and_an_old_card_that_is_spoken_of_at_once(web: Web) -> None:
    cards = [await web.say("coordination", f"K{number}") for number in range(150)]
    note = await web.write("coordination", "wim", "notitie", thread=int(cards[3]))

    def shown(html: str) -> list[str]:
        return re.findall(r'id="m(\d+)"', html)

    page = (await web.http.get("/")).text
    assert shown(page) == [cards[3], note, *cards[90:]]
    before = re.search(r'data-before="(\d+)"', page)
    assert before
    parts = []
    earlier: str | None = before[1]
    while earlier:
        answer = (await web.http.get("/api/chats/coordination/earlier", params={"before": earlier})).json()
        parts.append(shown("".join(answer["html"])))
        earlier = answer["before"]
    assert parts == [cards[30:90], [*cards[:4], note, *cards[4:30]]]
    assert (await web.http.get("/api/chats/coordination/earlier")).status_code == 400


HOSTILE = "<img src=x onerror=alert(1)> \"'><script>1</script>\u202e{{7*7}}"


async def test_nothing_that_people_type_becomes_markup(web: Web) -> None:
    message = await web.write("coordination", "wim", HOSTILE)
    await web.write("coordination", "leila", HOSTILE, thread=int(message), reply_to=int(message))
    choices = ((Choice('"><script>', HOSTILE), Choice("", HOSTILE, url="javascript:alert(1)")),)
    await web.say("coordination", Text(HOSTILE, (Span(0, 9, SpanKind.LINK, "javascript:x"),)), choices=choices)
    page = (await web.http.get("/")).text
    assert "<img" not in page
    assert page.count("<script") == 1
    assert "javascript:" not in page
    assert "{{7*7}}" in page


async def test_half_a_surrogate_pair_and_nul_become_the_replacement_sign(web: Web) -> None:
    answer = await web.http.post(
        "/api/chats/member/messages",
        content=b'{"person":"amina","deed":"d","text":"a\\ud83d b\\u0000c"}',
        headers={"content-type": "application/json"},
    )
    assert answer.status_code == 200
    assert "a\ufffd b\ufffdc" in (await web.http.get("/")).text


@pytest.mark.parametrize(
    ("chat", "what", "body", "status"),
    [
        ("nowhere", "messages", {"person": "wim", "text": "x", "deed": "d"}, 404),
        ("coordination", "messages", {"person": "amina", "text": "x", "deed": "d"}, 403),
        ("coordination", "messages", {"person": "wim", "text": " \n\t", "deed": "d"}, 400),
        ("coordination", "messages", {"person": "wim", "text": "x"}, 400),
        ("coordination", "messages", {"person": "wim", "text": "x", "deed": "d", "more": 1}, 400),
        ("coordination", "messages", {"person": "wim", "text": "x" * 100_001, "deed": "d"}, 400),
        ("coordination", "messages", {"person": "wim", "text": "x" * 1_000_001, "deed": "d"}, 413),
        ("coordination", "messages", {"person": "wim", "text": "x", "deed": "d", "thread": 12}, 404),
        ("coordination", "messages", {"person": "wim", "text": "x", "deed": "d", "reply_to": 12}, 404),
        ("coordination", "messages", {"person": "wim", "text": "x", "deed": "d", "thread": 2**70}, 400),
        ("coordination", "edits", {"person": "wim", "text": "x", "message": 12}, 404),
        ("coordination", "presses", {"person": "wim", "message": 12, "choice": "c", "page": "p", "deed": "d"}, 404),
        ("coordination", "reactions", {"person": "wim", "message": 12, "emoji": "✅", "on": True}, 404),
        ("member", "starts", {"person": "amina", "start": "no/t", "deed": "d"}, 400),
    ],
)
async def test_a_request_that_makes_no_sense_is_refused_in_a_plain_sentence(
    web: Web, chat: str, what: str, body: dict[str, object], status: int
) -> None:
    answer = await web.http.post(f"/api/chats/{chat}/{what}", json=body)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.text.endswith(".")


async def test_a_sixty_thousand_character_message_is_taken(web: Web, core: Core) -> None:
    await web.write("member", "amina", "ش" * 60_000)


async def test_somebody_elses_message_cannot_be_changed(web: Web) -> None:
    message = await web.write("coordination", "wim", "van Wim")
    for what, more in (("edits", {"text": "x"}), ("withdrawals", {})):
        answer = await web.post("coordination", what, person="leila", message=int(message), **more)
        assert answer.status_code == 403


async def test_another_sites_page_can_neither_post_here_nor_reach_us_under_its_own_name(web: Web) -> None:
    said = '{"person":"amina","text":"x","deed":"d"}'
    plain = await web.http.post("/api/chats/member/messages", content=said, headers={"content-type": "text/plain"})
    assert plain.status_code == 415
    renamed = await web.http.get("/", headers={"host": "evil.example:8080"})
    assert renamed.status_code == 400


async def test_the_page_may_load_only_its_own_script_and_style_and_is_small(web: Web) -> None:
    answer = await web.http.get("/")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    addresses = re.findall(r'<(?:script|link)[^>]+(?:src|href)="([^"]+)"', answer.text)
    local = [address for address in addresses if not address.startswith("data:image/svg+xml,")]
    assert len(local) == 2
    sent = [answer, *[await web.http.get(address) for address in local]]
    assert all(address.startswith("/") for address in local)
    assert sum(answer.num_bytes_downloaded for answer in sent) < 20_000


async def test_messages_are_packed_for_a_slow_line_and_read_by_what_cannot_unpack(web: Web) -> None:
    for number in range(60):
        await web.say("member", f"bericht {number}")
    packed = await web.http.get("/")
    plain = await web.http.get("/", headers={"Accept-Encoding": "identity"})
    assert packed.text == plain.text
    assert packed.num_bytes_downloaded * 5 < plain.num_bytes_downloaded
    assert packed.headers["vary"] == "Accept-Encoding"


async def test_what_was_taken_back_may_still_be_answered(web: Web, core: Core) -> None:
    """Whoever answers has read it, and does not see that it is gone by now."""
    gone = await web.write("coordination", "leila", "Wie belt?")
    await web.post("coordination", "withdrawals", person="leila", message=int(gone))
    async with core.receiving():
        answer = await web.write("coordination", "wim", "Ik", reply_to=int(gone))
        incoming = await core.until(lambda seen: any(isinstance(e, Message) and e.text.plain == "Ik" for e in seen))
    assert [e.reply_to for e in incoming if isinstance(e, Message) and e.id == answer] == [gone]


@pytest.mark.parametrize(
    ("header", "query", "language"),
    [("nl-BE,nl;q=0.9", "", "nl"), ("ar", "", "en"), ("nl", "?language=fr", "fr"), ("", "?language=xx", "en")],
)
async def test_the_page_speaks_the_browsers_language_unless_another_was_chosen(
    web: Web, header: str, query: str, language: str
) -> None:
    answer = await web.http.get(f"/{query}", headers={"accept-language": header})
    assert f'<html lang="{language}">' in answer.text


async def test_the_chosen_language_stays(web: Web) -> None:
    await web.http.get("/?language=nl")
    assert '<html lang="nl">' in (await web.http.get("/", headers={"accept-language": "fr"})).text
    assert tongue().page == "en"


@pytest.mark.parametrize(
    ("header", "language", "direction", "word"),
    [
        ("uk-UA,uk;q=0.9,en;q=0.8", "uk", "ltr", "Надіслати"),
        ("fa-AF,fa;q=0.9", "prs", "rtl", "فرستادن"),
        ("ar,fr;q=0.5", "ar", "rtl", "إرسال"),
        ("my,en;q=0.5", "en", "ltr", "Send"),
    ],
)
async def test_a_private_chat_speaks_the_phones_language(
    web: Web, header: str, language: str, direction: str, word: str
) -> None:
    """Also where the page around it does not; what comes later as well."""
    page = (await web.http.get("/", headers={"accept-language": header})).text
    assert f'lang="{language}" dir="{direction}"' in page[page.index('id="member"') :][:200]
    assert f'class="send" title="{word}"' in page[page.index('id="member"') :]
    assert f'data-private="{language}"' in page
    async with web.events(language="en", private=language) as stream:
        await web.say("member", "Hulp")
        _, data, _ = await stream.next()
    assert f'data-act="reply" title="{WORDS["chat"][language]["reply"]}"' in data["html"]


async def test_a_chat_speaks_its_own_language_and_direction_whatever_the_pages(web: Web) -> None:
    page = (await web.http.get("/?language=nl")).text
    arabic = page[page.index('id="group-ar"') :]
    assert 'lang="ar" dir="rtl"' in arabic[:200]
    assert "اكتبوا رسالة" in arabic


@pytest.mark.parametrize("language", ["prs", "fa-AF", "ur", "iw"])
async def test_a_group_is_read_from_the_right_however_its_language_is_called(tmp_path: Path, language: str) -> None:
    chat = ChatSettings(
        id="group", kind="group", title="x", language=language, members=(PersonSettings(id="a", name="a"),)
    )
    async with web_network(tmp_path, Settings(listen="127.0.0.1:0", chats=(chat,))) as web:
        # The page has no words in Hebrew.
        spoken = {"prs": "prs", "fa-AF": "prs", "ur": "ur", "iw": "en"}[language]
        assert f'lang="{spoken}" dir="rtl"' in (await web.http.get("/")).text


def test_every_word_of_the_page_is_there_in_every_language() -> None:
    for part in ("page", "chat"):
        english = WORDS[part]["en"]
        for language, words in WORDS[part].items():
            assert set(words) == set(english), language
            for key, text in english.items():
                if isinstance(text, str):
                    fields = re.findall(r"\{\w+\}", text)
                    assert sorted(re.findall(r"\{\w+\}", words[key])) == sorted(fields), (language, key)
    assert set(WORDS["chat"]) == set(available())
    assert set(WORDS["page"]["en"]["rooms"]) == {chat.id for chat in demo_chats()}
    assert all(set(words["rooms"]) == set(WORDS["page"]["en"]["rooms"]) for words in WORDS["page"].values())


async def test_what_an_old_browser_does_not_know_costs_no_other_rule(web: Web) -> None:
    """It drops the whole rule in which it stands; the phones of the people we mean are old."""
    css = re.sub(r"/\*.*?\*/", "", (await web.http.get("/style.css")).text, flags=re.DOTALL)
    recent = re.findall(r"([^{}]*:has\([^{}]*)\{", css)
    assert recent
    assert [selector for selector in recent if "," in selector] == []


async def test_a_thread_stands_under_its_first_message(web: Web) -> None:
    card = await web.say("coordination", "K1")
    other = await web.say("coordination", "K2")
    note = await web.write("coordination", "wim", "notitie", thread=int(card))
    page = (await web.http.get("/")).text
    places = [page.index(f'id="m{message}"') for message in (card, note, other)]
    assert places == sorted(places)


async def test_chats_that_are_no_longer_configured_are_not_shown(tmp_path: Path) -> None:
    async with web_network(tmp_path) as web:
        await web.adapter.send(SendText(Chat("web", "group-pt"), Text("olá"), "t"))
    fewer = Settings(listen="127.0.0.1:0", chats=tuple(chat for chat in demo_chats() if chat.id != "group-pt"))
    async with web_network(tmp_path, fewer) as web:
        assert "olá" not in (await web.http.get("/")).text
        async with web.events(since="0") as stream:
            message = await web.say("member", "hallo")
            while True:
                _, data, _ = await stream.next()
                assert data["chat"] != "group-pt"
                if str(data.get("id")) == message:
                    break
