"""Linked chats, through everything that people send, while the bot is killed again and again."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.content import LanguageName
from tests.endtoend.bridge import HEADS, TAGS, bridge
from tests.endtoend.house import PATIENCE, said
from tests.pictures import PLACE, SCAN, jpeg
from tests.servers.matrixuser import MatrixUser
from tests.servers.synapse import Synapse

pytestmark = [pytest.mark.synapse, pytest.mark.timeout(600)]


async def test_a_conversation_of_everything_that_people_send(tmp_path: Path, synapse: Synapse, full: bool) -> None:
    """Eighty messages; after each, the other chats show exactly what they must, the bot dead in between or not."""
    async with bridge(tmp_path, synapse) as made:
        rui, mia, leo, ines, group = made.rui, made.mia, made.leo, made.ines, made.group
        sealed, plain = made.rooms["sealed"], made.rooms["plain"]

        # --- words ---
        hello = rui.writes("Bonjour à tous", group)
        await made.everywhere("telegram", "Bonjour à tous")
        salut = await mia.say(sealed, "Salut Rui, ça va ?")
        await made.everywhere("sealed", "Salut Rui, ça va ?")
        await leo.say(plain, "Bonsoir les voisins")
        await made.everywhere("plain", "Bonsoir les voisins")
        rui.writes("1 < 2 && *pas gras* _rien_ <b>non</b> [x](y)", group)
        await made.everywhere("telegram", "1 < 2 && *pas gras* _rien_ <b>non</b> [x](y)")
        await leo.say(plain, "Ligne une\nligne deux\n\nligne trois")
        await made.everywhere("plain", "Ligne une / ligne deux /  / ligne trois")
        garden = await ines.say("Bonjour du jardin")
        await made.everywhere("web", "Bonjour du jardin")
        await ines.say("1 < 2 && *pas gras* _rien_ <b>non</b>\nhttps://example.org/a?b=1&c=2")
        await made.everywhere("web", "1 < 2 && *pas gras* _rien_ <b>non</b> / https://example.org/a?b=1&c=2")

        await made.dies(only=full)

        # --- how they look ---
        rui.writes(
            "👩‍👩‍👧 gras et 🇧🇪 italique",
            group,
            entities=[
                {"type": "bold", "offset": 9, "length": 4},
                {"type": "italic", "offset": 17, "length": 13},
            ],
        )
        await made.everywhere("telegram", "👩‍👩‍👧 <b>gras</b> et <i>🇧🇪 italique</i>")
        await mia.say(
            sealed,
            "souligné barré code secret lien",
            html="<u>souligné</u> <del>barré</del> <code>code</code> <span data-mx-spoiler>secret</span> "
            '<a href="https://example.org/x">lien</a>',
        )
        await made.everywhere(
            "sealed",
            "<u>souligné</u> <s>barré</s> <code>code</code> <spoiler>secret</spoiler> "
            '<a href="https://example.org/x">lien</a>',
        )

        for kind, tag in TAGS.items():
            styled = {"type": kind, "offset": 6, "length": 6} | ({"url": "https://example.org/"} if tag == "a" else {})
            rui.writes("avant milieu après", group, entities=[styled])
            opening = '<a href="https://example.org/">' if tag == "a" else f"<{tag}>"
            await made.everywhere("telegram", f"avant {opening}milieu</{tag}> après")

        # --- what answers what ---
        rui.writes("Oui, et toi ?", group, reply_to=made.on_telegram()[0])
        await made.everywhere("telegram", "Oui, et toi ?", " ↩ Salut Rui, ça va ?")
        await leo.say(plain, "Moi aussi", reply_to=made.on_matrix("plain")[0].id)
        await made.everywhere("plain", "Moi aussi", " ↩ Bonjour à tous")
        await mia.say(sealed, "Je me réponds", reply_to=salut)
        await made.everywhere("sealed", "Je me réponds", " ↩ Salut Rui, ça va ?")
        await ines.say("Tout va bien", reply_to=made.on_web()[0].id)
        await made.everywhere("web", "Tout va bien", " ↩ Bonjour à tous")
        copy = next(m for m in made.on_matrix("plain") if "du jardin" in m.body)
        await leo.say(plain, "Que plantez-vous ?", reply_to=copy.id)
        await made.everywhere("plain", "Que plantez-vous ?", " ↩ Bonjour du jardin")

        await made.dies()

        # --- second thoughts ---
        rui.edits(hello, "Bonjour à toutes et à tous")
        made.replaces("telegram", "Bonjour à tous", "Bonjour à toutes et à tous")
        await made.stands()
        await mia.edit(sealed, salut, "Salut Rui !")
        made.replaces("sealed", "Salut Rui, ça va ?", "Salut Rui !")
        await made.stands()
        mistake = await leo.say(plain, "Mauvais groupe, pardon")
        await made.everywhere("plain", "Mauvais groupe, pardon")
        await leo.redact(plain, mistake)
        made.takes_back("plain", "Mauvais groupe, pardon")
        await made.stands()
        mistake_too = rui.writes("Encore une erreur", group)
        await made.everywhere("telegram", "Encore une erreur")
        rui.writes("/delete", group, reply_to=mistake_too)
        made.takes_back("telegram", "Encore une erreur")
        await made.stands()
        await group.sees(said("link-deleted", "fr"), PATIENCE)
        await ines.edit(garden, "Bonsoir du jardin")
        made.replaces("web", "Bonjour du jardin", "Bonsoir du jardin")
        await made.stands()
        mistake = await ines.say("Pas pour vous")
        await made.everywhere("web", "Pas pour vous")
        await ines.take_back(mistake)
        made.takes_back("web", "Pas pour vous")
        await made.stands()

        await made.dies(only=full)

        # --- reactions: the bot's own, where the message was written ---
        rui.reacts(made.on_telegram()[1], "👍")
        await leo.wait(lambda: _reactions(leo, plain, "Bonsoir les voisins") == ["👍"], PATIENCE)
        await mia.wait(lambda: made.on_matrix("sealed")[1].reactions == [(made.id, "👍")], PATIENCE)
        made.told["sealed"][1] += " ['👍']"
        made.told["telegram"][1] += " ['👍']"
        made.told["web"][2] += " ['👍']"
        await mia.react(sealed, made.on_matrix("sealed")[0].id, "🎉")
        await group.waits_for(lambda _: [*hello.reactions.values()] == [["🎉"]], PATIENCE)
        await leo.wait(lambda: made.on_matrix("plain")[0].reactions == [(made.id, "🎉")], PATIENCE)
        made.told["plain"][0] += " ['🎉']"
        made.told["sealed"][0] += " ['🎉']"
        made.told["web"][0] += " ['🎉']"
        await made.stands()
        await ines.react(made.on_web()[1].id, "🔥")
        for place, number in (("telegram", 0), ("plain", 1), ("web", 1)):
            made.told[place][number] += " ['🔥']"
        await made.stands()
        await mia.wait(lambda: _reactions(mia, sealed, "Salut Rui !") == ["🔥"], PATIENCE)
        await ines.react(made.on_web()[1].id, "🔥", on=False)
        for place, number in (("telegram", 0), ("plain", 1), ("web", 1)):
            made.told[place][number] = made.told[place][number].removesuffix(" ['🔥']")
        await made.stands()
        await mia.wait(lambda: _reactions(mia, sealed, "Salut Rui !") == [], PATIENCE)

        await made.dies(only=full)

        rui.reacts(made.on_telegram()[1])
        for place, number in (("sealed", 1), ("telegram", 1), ("web", 2)):
            made.told[place][number] = made.told[place][number].removesuffix(" ['👍']")
        await leo.wait(lambda: _reactions(leo, plain, "Bonsoir les voisins") == [], PATIENCE)
        await made.stands()

        # --- what stands at the top ---
        await leo.makes_moderator(plain, made.id)
        await mia.pin(sealed, made.on_matrix("sealed")[0].id)
        await group.waits_for(lambda _: group.chat.pinned == [hello.id], PATIENCE)
        await ines.wait(lambda: ines.pins == [made.on_web()[0].id], PATIENCE)
        await ines.pin(made.on_web()[1].id)
        await group.waits_for(lambda _: set(group.chat.pinned) == {hello.id, made.on_telegram()[0].id}, PATIENCE)
        await leo.wait(lambda: _pinned(leo, plain) == [m.id for m in made.on_matrix("plain")[:2]], PATIENCE)
        assert ines.pins == [made.on_web()[1].id, made.on_web()[0].id]
        await ines.pin(made.on_web()[0].id, on=False)
        await group.waits_for(lambda _: group.chat.pinned == [made.on_telegram()[0].id], PATIENCE)
        await leo.wait(lambda: _pinned(leo, plain) == [made.on_matrix("plain")[1].id], PATIENCE)

        # --- pictures, voices, files ---
        rui.sends("photo", group, body=jpeg(), caption="La lettre de la commune")
        await made.everywhere("telegram", "La lettre de la commune", file="photo")
        for place in ("sealed", "plain"):
            photo = await made.user(place).fetch(made.on_matrix(place)[-1])
            assert PLACE not in photo
            assert SCAN[:100] in photo
        photo = await ines.fetch(made.on_web()[-1])
        assert PLACE not in photo
        assert SCAN[:100] in photo
        await mia.send_file(sealed, "IMG_0001.jpg", jpeg(), "image/jpeg", "m.image", caption="Et la mienne")
        await made.everywhere("sealed", "Et la mienne", file="photo")
        await leo.send_file(plain, "IMG_0002.jpg", jpeg(), "image/jpeg", "m.image")
        await made.everywhere("plain", "", file="photo")
        await ines.send_file("IMG_0003.jpg", jpeg(), "image/jpeg", "Et la nôtre")
        await made.everywhere("web", "Et la nôtre", file="photo")
        photo = await leo.fetch(made.on_matrix("plain")[-1])
        assert PLACE not in photo
        assert SCAN[:100] in photo
        await made.dies()
        rui.sends("voice", group, body=b"OggS", seconds=12)
        await made.everywhere("telegram", "", file="voice")
        for place in ("sealed", "plain"):
            assert made.on_matrix(place)[-1].content["info"]["duration"] == 12000
        await mia.send_file(sealed, "voice.ogg", b"OggS!", "audio/ogg", "m.audio", voice=7)
        await made.everywhere("sealed", "", file="voice")
        assert made.on_telegram()[-1].content["voice"]["duration"] == 7
        await leo.say(plain, "J'ai bien entendu", reply_to=made.on_matrix("plain")[-1].id)
        for place, voice in (("telegram", "Mia · Rue Haute"), ("sealed", "voice.ogg"), ("web", "Mia · Rue Haute")):
            made.told[place].append(f"<b>Léo · Place</b> / J'ai bien entendu ↩ {voice}")
        await made.stands()
        await ines.send_file("voice.ogg", b"OggS?", "audio/ogg")
        await made.everywhere("web", "", file="voice")
        rui.sends("audio", group, body=b"ID3", seconds=3)
        await made.everywhere("telegram", "", file="audio")
        rui.sends("video", group, body=b"film", caption="La fête")
        await made.everywhere("telegram", "La fête", file="video")
        rui.sends("video_note", group, body=b"round film")
        made.expects("telegram", "", file="video")
        made.told["web"][-1:] = [f"<b>{HEADS['telegram']}</b>", " [video]"]  # a round film has no words
        await made.stands()
        rui.sends("animation", group, body=b"moving")
        await made.everywhere("telegram", "", file="video")
        rui.sends("document", group, body=b"%PDF-1.4", name="../lettre\u202efdp.exe", caption="Le formulaire")
        await made.everywhere("telegram", "Le formulaire", file="document")
        assert made.on_matrix("sealed")[-1].body == "lettre_fdp.exe"
        await leo.send_file(plain, "horaire.txt", b"lundi", "text/plain", "m.file", caption="L'horaire")
        await made.everywhere("plain", "L'horaire", file="document")
        await ines.send_file("plan.pdf", b"%PDF-1.4", "application/pdf", "Le plan")
        await made.everywhere("web", "Le plan", file="document")
        first = rui.sends("photo", group, body=jpeg(), caption="Deux photos", album="a1")
        rui.sends("photo", group, body=jpeg(), album="a1")
        made.expects("telegram", "Deux photos", file="photo")
        await made.everywhere("telegram", "", file="photo")
        rui.edits(first, "Deux belles photos")
        made.replaces("telegram", "Deux photos", "Deux belles photos")
        await made.stands()
        await made.dies(only=full)

        # --- what is neither words nor a file ---
        place = (
            "📍 50.84660, 4.35280 / https://www.openstreetmap.org/?mlat=50.84660&mlon=4.35280#map=17/50.84660/4.35280"
        )
        rui.sends("location", group)
        await made.everywhere("telegram", place)
        await mia.put(
            sealed, "m.room.message", {"msgtype": "m.location", "body": "ici", "geo_uri": "geo:50.8466,4.3528"}
        )
        await made.everywhere("sealed", place.replace("📍 ", "📍 ici / "))
        begun = await mia.client.room_put_state(
            sealed, "org.matrix.msc3672.beacon_info", {"live": True, "timeout": 900_000}, mia.id
        )
        for uri in ("geo:50.8466,4.3528", "geo:50.8466,4.3530"):
            told = {"m.relates_to": {"rel_type": "m.reference", "event_id": begun.event_id}}
            await mia.put(sealed, "org.matrix.msc3672.beacon", told | {"org.matrix.msc3488.location": {"uri": uri}})
            if uri == "geo:50.8466,4.3528":
                await made.everywhere("sealed", place.replace("📍", "📍🛰"))
        await ines.say(place.replace(" / ", "\n"))
        await made.everywhere("web", place)
        rui.sends("venue", group)
        await made.everywhere("telegram", place.replace("📍 ", "📍 Grote Markt, Grote Markt 1 / "))
        rui.sends("contact", group)
        await made.everywhere("telegram", "👤 Somebody / +32470000000")
        rui.sends("poll", group)
        in_english = said("note-untranslated", "fr", language=LanguageName("en"))
        await made.everywhere("telegram", f"📊 When? / 1. Today / 2. Tomorrow / <i>{in_english}</i>")
        answers = [{"id": str(n), "org.matrix.msc1767.text": words} for n, words in enumerate(("Lundi", "Mardi"))]
        poll = {"question": {"org.matrix.msc1767.text": "Quand ?"}, "max_selections": 1, "answers": answers}
        await mia.put(sealed, "org.matrix.msc3381.poll.start", {"org.matrix.msc3381.poll.start": poll})
        await made.everywhere("sealed", "📊 Quand ? / 1. Lundi / 2. Mardi")
        rui.sends("dice", group)
        await made.everywhere("telegram", "🎲 4")
        rui.sends("sticker", group, body=jpeg())
        await made.everywhere("telegram", "", file="photo")
        rui.sends("story", group)
        await made.everywhere("telegram", f"<i>{said('link-unsupported', 'fr')}</i>")
        await made.dies(only=full)

        # --- lists, headings, program text, quotations, other scripts ---
        await mia.say(
            sealed,
            "Programme",
            html="<h2>Programme</h2><ul><li>lundi</li><li>mardi</li></ul>"
            "<blockquote>une citation</blockquote><pre><code>x = 1</code></pre>",
        )
        await made.everywhere(
            "sealed",
            "<b>Programme</b> / • lundi / • mardi / <blockquote>une citation</blockquote> / <pre>x = 1</pre>",
            same={
                "plain": "<b>Programme</b> / • lundi / • mardi<blockquote>une citation</blockquote><pre>x = 1</pre>",
                "web": "<b>Programme</b> / • lundi / • mardi / <blockquote>une citation</blockquote><pre>x = 1</pre>",
            },
        )
        rui.writes("مَرْحَبًا بكم", group, entities=[{"type": "bold", "offset": 0, "length": 10}])
        in_arabic = said("note-untranslated", "fr", language=LanguageName("ar"))
        await made.everywhere("telegram", f"<b>مَرْحَبًا </b>بكم / <i>{in_arabic}</i>")
        rui.writes("👍", group, entities=[{"type": "custom_emoji", "offset": 0, "length": 2, "custom_emoji_id": "5"}])
        await made.everywhere("telegram", "👍")
        await mia.put(sealed, "m.room.message", {"msgtype": "m.emote", "body": "danse"})
        await made.everywhere("sealed", "danse")

        # --- threads, long texts ---
        await mia.say(sealed, "Dans le fil", thread=made.on_matrix("sealed")[0].id)
        made.expects("sealed", "Dans le fil", " ↩ Bonjour à toutes et à tous"[:23])
        for place in ("plain", "web"):
            made.told[place][-1] = f"<b>{HEADS['sealed']}</b> / Dans le fil"  # a thread there, too
        await made.stands()
        assert made.on_matrix("plain")[-1].thread == made.on_matrix("plain")[0].id
        assert made.on_web()[-1].thread == made.on_web()[0].id
        await ines.say("Dans le même", thread=made.on_web()[0].id)
        made.expects("web", "Dans le même", " ↩ Bonjour à toutes et à tous"[:23])
        for place in ("sealed", "plain"):
            made.told[place][-1] = f"<b>{HEADS['web']}</b> / Dans le même"
        await made.stands()
        assert made.on_matrix("sealed")[-1].thread == made.on_matrix("sealed")[0].id
        words = " ".join(f"mot{number:04}" for number in range(1, 1201))
        long = await mia.say(sealed, words)
        assert len(await made.parts("telegram", words)) == 3
        assert len(await made.parts("plain", words)) == 1
        assert len(await made.parts("web", words)) == 1
        await made.dies()
        shorter = " ".join(f"mot{number:04}" for number in range(1, 301))
        await mia.edit(sealed, long, shorter)
        assert len(await made.parts("telegram", shorter)) == 1
        assert len(await made.parts("web", shorter)) == 1
        longer = " ".join(f"mot{number:04}" for number in range(1, 801))
        await mia.edit(sealed, long, longer)
        last = (await made.parts("telegram", longer))[-1]
        await made.parts("plain", longer)
        await made.parts("web", longer)
        assert "mot0800" in last.text
        rui.writes("J'ai tout lu", group, reply_to=last)
        await made.everywhere("telegram", "J'ai tout lu", " ↩ mot0001 mot0002 mot0")
        await made.dies(only=full)

        # --- what is not for the others ---
        rui.writes("/help", group)
        rui.writes(f"@{made.telegram.bot.username} aidez-moi", group)
        await group.sees(said("group-pointer", "fr"), PATIENCE)
        await mia.put(sealed, "m.room.message", {"msgtype": "m.notice", "body": "je suis un robot"})
        await ines.say("!help")
        await leo.say(plain, "fin")
        await made.everywhere("plain", "fin")


def _reactions(user: MatrixUser, room: str, words: str) -> list[str]:
    return [key for message in user.seen(room) if message.body == words for _, key in message.reactions]


def _pinned(user: MatrixUser, room: str) -> list[str]:
    lists = [e["content"]["pinned"] for e in user.events[room] if e["type"] == "m.room.pinned_events"]
    return lists[-1] if lists else []
