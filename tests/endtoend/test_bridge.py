"""Linked chats, through everything that people send, while the bot is killed again and again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.endtoend.bridge import bridge
from tests.endtoend.house import PATIENCE, said
from tests.pictures import PLACE, SCAN, jpeg
from tests.servers.matrixuser import MatrixUser
from tests.servers.synapse import Synapse

pytestmark = [pytest.mark.synapse, pytest.mark.timeout(600)]


async def test_a_conversation_of_everything_that_people_send(tmp_path: Path, synapse: Synapse) -> None:
    """Sixty messages; after each, the two other chats show exactly what they must, the bot dead in between or not."""
    async with bridge(tmp_path, synapse) as made:
        rui, mia, leo, group = made.rui, made.mia, made.leo, made.group
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

        await made.dies()

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

        # --- what answers what ---
        rui.writes("Oui, et toi ?", group, reply_to=made.on_telegram()[0])
        await made.everywhere("telegram", "Oui, et toi ?", " ↩ Salut Rui, ça va ?")
        await leo.say(plain, "Moi aussi", reply_to=made.on_matrix("plain")[0].id)
        await made.everywhere("plain", "Moi aussi", " ↩ Bonjour à tous")
        await mia.say(sealed, "Je me réponds", reply_to=salut)
        await made.everywhere("sealed", "Je me réponds", " ↩ Salut Rui, ça va ?")

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

        await made.dies()

        # --- reactions: the bot's own, where the message was written ---
        rui.reacts(made.on_telegram()[1], "👍")
        await leo.wait(lambda: _reactions(leo, plain, "Bonsoir les voisins") == ["👍"], PATIENCE)
        await mia.wait(lambda: made.on_matrix("sealed")[1].reactions == [(made.id, "👍")], PATIENCE)
        made.told["sealed"][1] += " ['👍']"
        made.told["telegram"][1] += " ['👍']"
        await mia.react(sealed, made.on_matrix("sealed")[0].id, "🎉")
        await group.waits_for(lambda _: [*hello.reactions.values()] == [["🎉"]], PATIENCE)
        await leo.wait(lambda: made.on_matrix("plain")[0].reactions == [(made.id, "🎉")], PATIENCE)
        made.told["plain"][0] += " ['🎉']"
        made.told["sealed"][0] += " ['🎉']"
        await made.stands()

        await made.dies()

        # --- pictures, voices, files ---
        rui.sends("photo", group, body=jpeg(), caption="La lettre de la commune")
        await made.everywhere("telegram", "La lettre de la commune", file="photo")
        for place in ("sealed", "plain"):
            photo = await made.user(place).fetch(made.on_matrix(place)[-1])
            assert PLACE not in photo
            assert SCAN[:100] in photo
        await mia.send_file(sealed, "IMG_0001.jpg", jpeg(), "image/jpeg", "m.image", caption="Et la mienne")
        await made.everywhere("sealed", "Et la mienne", file="photo")
        await leo.send_file(plain, "IMG_0002.jpg", jpeg(), "image/jpeg", "m.image")
        await made.everywhere("plain", "", file="photo")
        await made.dies()
        rui.sends("voice", group, body=b"OggS", seconds=12)
        await made.everywhere("telegram", "", file="voice")
        for place in ("sealed", "plain"):
            assert made.on_matrix(place)[-1].content["info"]["duration"] == 12000
        await mia.send_file(sealed, "voice.ogg", b"OggS!", "audio/ogg", "m.audio", voice=7)
        await made.everywhere("sealed", "", file="voice")
        assert made.on_telegram()[-1].content["voice"]["duration"] == 7
        rui.sends("audio", group, body=b"ID3", seconds=3)
        await made.everywhere("telegram", "", file="audio")
        rui.sends("video", group, body=b"film", caption="La fête")
        await made.everywhere("telegram", "La fête", file="video")
        rui.sends("video_note", group, body=b"round film")
        await made.everywhere("telegram", "", file="video")
        rui.sends("animation", group, body=b"moving")
        await made.everywhere("telegram", "", file="video")
        rui.sends("document", group, body=b"%PDF-1.4", name="../lettre\u202efdp.exe", caption="Le formulaire")
        await made.everywhere("telegram", "Le formulaire", file="document")
        assert made.on_matrix("sealed")[-1].body == "lettre_fdp.exe"
        await leo.send_file(plain, "horaire.txt", b"lundi", "text/plain", "m.file", caption="L'horaire")
        await made.everywhere("plain", "L'horaire", file="document")
        first = rui.sends("photo", group, body=jpeg(), caption="Deux photos", album="a1")
        rui.sends("photo", group, body=jpeg(), album="a1")
        made.expects("telegram", "Deux photos", file="photo")
        await made.everywhere("telegram", "", file="photo")
        rui.edits(first, "Deux belles photos")
        made.replaces("telegram", "Deux photos", "Deux belles photos")
        await made.stands()
        await made.dies()

        # --- what is not for the others ---
        rui.writes("/help", group)
        rui.writes(f"@{made.telegram.bot.username} aidez-moi", group)
        await group.sees(said("group-pointer", "fr"), PATIENCE)
        await mia.put(sealed, "m.room.message", {"msgtype": "m.notice", "body": "je suis un robot"})
        await leo.say(plain, "fin")
        await made.everywhere("plain", "fin")


def _reactions(user: MatrixUser, room: str, words: str) -> list[str]:
    return [key for message in user.seen(room) if message.body == words for _, key in message.reactions]
