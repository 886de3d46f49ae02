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


@pytest.mark.parametrize("changed", [0, 1, 2])
async def test_a_change_of_any_part_is_one_of_the_whole(house: House, changed: int) -> None:
    parts = [FIRST, REST, "En blijf gezond"]
    sent = [await house.says(f"!notice health {part}" if part == FIRST else part) for part in parts]
    parts[changed] = f"{LINE}\nPas op: {parts[changed]}"
    await house.an.edits(sent[changed], ("" if changed else "!notice health ") + parts[changed], house.room)
    assert await stored(house) == "\n".join(parts)
    await house.an.edits(sent[1], "Kort", house.room)
    assert await stored(house) == "\n".join([parts[0], "Kort", parts[2]])


async def test_a_link_s_picture_that_came_changes_no_part(house: House) -> None:
    """Networks tell of it as of an edit."""
    first, rest = await house.says(f"!notice health {FIRST}"), await house.says(REST)
    before = house.answers()
    await house.an.edits(first, f"!notice health {FIRST}", house.room)
    await house.an.edits(rest, REST, house.room)
    assert house.answers() == before


async def test_a_changed_part_of_what_is_out_is_told_and_changes_nothing(house: House) -> None:
    await house.says(f"!notice health {FIRST}")
    rest = await house.says(REST)
    await house.says("!publish N1")
    await house.an.edits(rest, f"{REST}!", house.room)
    assert house.last() == sentence("edited-published", code="N1", command="!correct N1 …")
    assert await stored(house) == f"{FIRST}\n{REST}"


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


async def test_the_parts_are_forgotten_when_they_can_be_changed_no_more(house: House) -> None:
    await house.says(f"!notice health {FIRST}")
    await house.says(REST)
    await house.later(61)
    assert len(await house.world.app.unit(lambda tx: tx.dialogues.texts())) == 2
    await house.later(24 * 3600)
    assert await house.world.app.unit(lambda tx: tx.dialogues.texts()) == []
    assert await stored(house) == f"{FIRST}\n{REST}"


async def test_an_answer_s_parts_are_erased_with_it(scene: Scene) -> None:
    await scene.asks()
    await scene.in_thread("!claim")
    await scene.in_thread(f"!r {FIRST}")
    await scene.in_thread(REST)
    await scene.member.writes("/erase")
    await scene.member.presses(sentence("button-erase", "pt", code="K1"))
    assert await scene.world.app.unit(lambda tx: tx.dialogues.texts()) == []


async def test_an_answer_in_two_parts_is_offered_whole(scene: Scene) -> None:
    """The member has the first one already: a helper says whether they shall have it all."""
    await scene.asks()
    await scene.in_thread("!claim")
    await scene.in_thread(f"!r {FIRST}")
    rest = await scene.in_thread(REST)
    assert not all_there(scene.member.reads())
    await scene.ann.presses(sentence("button-send-change"), scene.room)
    assert all_there(scene.member.reads())
    await scene.ann.edits(rest, f"{REST}\nTot morgen", scene.room)
    await scene.ann.presses(sentence("button-send-change"), scene.room)
    assert all_there(scene.member.reads())
    assert "Tot morgen" in scene.member_reads()
