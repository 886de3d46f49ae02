"""What failed for good and is tried again: whoever was shown that it failed sees how it goes on."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from bot.operation import dead_letters
from bot.ports import Refused, Unknown
from tests.handlers.conftest import Scene, scene_of, sentence
from tests.handlers.house import SOUP, House
from tests.handlers.phrasebook import Phrasebook
from tests.paper.adapter import LIKE_TELEGRAM
from tests.world import World, world


async def failed(w: World) -> list[str]:
    """The ids in the list."""
    found = await w.app.unit(dead_letters.failed)
    return [one["id"] for kind in ("deliveries", "events", "translations") for one in found[kind]]


async def retry(w: World, *ids: str) -> dict[str, object]:
    answer = await w.app.unit(lambda tx: dead_letters.retry(tx, ("paper",), ids))
    await w.settled()
    return answer


async def test_an_answer_that_may_have_arrived_is_sent_again_with_a_mark(tmp_path: Path) -> None:
    """The helpers saw that it failed; when it is tried again they see that it has arrived."""
    async with world(tmp_path, limits=LIKE_TELEGRAM) as w:
        scene: Scene = scene_of(w, await w.paired("room", "coordination"), Phrasebook())
        await scene.asks()
        w.network.broken[scene.member.private.id] = Unknown("no answer")
        await scene.in_thread("!r Kom morgen om 10 uur")
        for _ in range(10):
            await w.advance(timedelta(minutes=6))
        w.network.broken.clear()
        assert "Kom morgen" not in scene.member_reads()
        failure = sentence("echo-failed", reason="no answer from the network")
        assert any(failure in said for said in scene.thread())
        [id] = await failed(w)
        assert await retry(w, id) == {"retried": [id], "refused": []}
        assert scene.member.reads()[-1].startswith("↻ K1\n")
        assert "Kom morgen om 10 uur" in scene.member.reads()[-1]
        assert not any(failure in said for said in scene.thread())
        assert await failed(w) == []


async def test_the_numbers_of_a_notice_follow_a_copy_that_is_tried_again(house: House) -> None:
    """Its organisation sees that the group has it after all."""
    await house.says(f"!notice food lang:nl {SOUP}")
    house.world.network.broken[house.nl.id] = Refused("too odd")
    await house.says("!publish N1")
    await house.later()
    house.world.network.broken.clear()
    before = house.progress()
    [id] = await failed(house.world)
    await retry(house.world, id)
    await house.later()
    assert SOUP in house.an.reads(house.nl)[0]
    assert house.progress() != before
    assert sentence("undelivered-refused") in before
    assert sentence("undelivered-refused") not in house.progress()


async def test_an_answer_that_was_erased_meanwhile_is_gone_from_the_list(scene: Scene) -> None:
    """What a person has taken back is not revived, whoever wants it."""
    await scene.asks()
    scene.world.network.broken[scene.member.private.id] = Refused("too odd")
    await scene.in_thread("!r Kom morgen om 10 uur")
    scene.world.network.broken.clear()
    [id] = await failed(scene.world)
    await scene.member.writes("/erase")
    await scene.member.presses(sentence("button-erase", "pt", code="K1"))
    await scene.world.settled()
    assert await failed(scene.world) == []
    answer = await retry(scene.world, id)
    assert answer["retried"] == []
    assert "Kom morgen" not in scene.member_reads()
