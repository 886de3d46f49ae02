"""A text that is too long for one message: the app sends it in parts, and the bot reads it as the one that it was."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import NoResultFound

from bot.store.transaction import Transaction
from tests.handlers.conftest import Scene, sentence
from tests.handlers.house import House

LINE = "Wie ziek is blijft thuis, en belt op werkdagen tussen 9:00 en 17:00 naar het buurthuis."
FIRST = "\n".join([LINE] * 30)
REST = "\n".join([LINE.replace("9:00", f"{hour}:00") for hour in range(10, 40)])


def all_there(shown: list[str]) -> bool:
    """Whether everything was sent; what is this long is parts again."""
    return all(line in "\n".join(shown) for line in f"{FIRST}\n{REST}".split("\n"))


async def stored(house: House) -> str:
    notice = await house.notice()

    def unit(tx: Transaction) -> str:
        return tx.texts.get(notice.text).text.plain

    return await house.world.app.unit(unit)


async def test_a_notice_in_two_parts_is_one_notice(house: House) -> None:
    await house.says(f"!notice health {FIRST}")
    await house.says(REST)
    assert await stored(house) == f"{FIRST}\n{REST}"
    assert any(one.startswith(sentence("edited-draft", code="N1")) for one in house.answers())
    await house.says("!publish N1")
    assert all_there(house.rui.reads(house.nl))


async def test_three_parts_are_one_notice(house: House) -> None:
    for part in (f"!notice health {FIRST}", REST, "En blijf gezond"):
        await house.says(part)
    assert await stored(house) == f"{FIRST}\n{REST}\nEn blijf gezond"


@pytest.mark.parametrize(
    ("first", "between"),
    [
        (FIRST, "\n"),  # after the end of a sentence
        (FIRST.rstrip("."), " "),  # in its midst
        ("a" * (4096 - len("!notice health ")), ""),  # in the midst of a word that has no end
    ],
)
async def test_where_it_was_cut_it_is_joined(house: House, first: str, between: str) -> None:
    await house.says(f"!notice health {first}")
    await house.says(REST)
    assert await stored(house) == f"{first}{between}{REST}"


async def test_a_correction_in_two_parts_reaches_the_groups_whole(house: House) -> None:
    await house.says(f"!notice health {LINE}")
    await house.says("!publish N1")
    await house.says(f"!correct N1 {FIRST}")
    await house.says(REST)
    assert all_there(house.rui.reads(house.nl))


async def test_a_translation_in_two_parts_is_one(house: House) -> None:
    await house.says("!languages pt")
    await house.says("!notice health Wie ziek is blijft thuis")
    preview = house.preview("Portugees")
    await house.says(
        "\n".join(["Quem está doente fica em casa e descansa muito, por favor."] * 50), reply_to=preview.id
    )
    await house.says("\n".join(["E quem ainda está bem ajuda os vizinhos com as compras."] * 50))
    await house.says("!publish N1")
    copy = "\n".join(house.rui.reads(house.pt))
    assert copy.count("doente") == copy.count("vizinhos") == 50


async def test_what_is_said_next_is_no_rest(house: House) -> None:
    """By somebody else, in reply to something else, as a command, or later; and both would have fitted in one."""
    bo = house.world.somebody("Bo")
    await house.says(f"!notice health {FIRST}")
    await bo.writes(REST, house.room)
    await house.says(REST)  # somebody has spoken in between
    assert await stored(house) == FIRST
    await house.says(f"!correct N1 {FIRST}!")
    await house.says(f"!notice food {REST}")
    assert await stored(house) == f"{FIRST}!"
    await house.says(f"!correct N1 {FIRST}")
    await house.later(6)
    await house.says(REST)
    assert await stored(house) == FIRST
    await house.says(f"!correct N1 {FIRST}.")
    await house.says("En blijf gezond")
    assert await stored(house) == f"{FIRST}."


async def test_what_waits_for_a_rest_is_soon_forgotten(house: House) -> None:
    def texts(tx: Transaction) -> list[int]:
        return tx.dialogues.texts()

    await house.says(f"!notice health {FIRST}")
    (text,) = await house.world.app.unit(texts)
    await house.later(61)
    assert await house.world.app.unit(texts) == []
    with pytest.raises(NoResultFound):
        await house.world.app.unit(lambda tx: tx.texts.get(text))


async def test_an_answer_in_two_parts_is_offered_whole(scene: Scene) -> None:
    """The member has the first one already: a helper says whether they shall have it all."""
    await scene.asks()
    await scene.in_thread("!claim")
    await scene.in_thread(f"!r {FIRST}")
    await scene.in_thread(REST)
    assert not all_there(scene.member.reads())
    await scene.ann.presses(sentence("button-send-change"), scene.room)
    assert all_there(scene.member.reads())
