"""After a restore a network may tell again what was handled: what reaches others a second time is marked."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.handlers.conftest import Scene, sentence
from tests.handlers.house import House
from tests.world import World

REPLY = "Morgen om 10:00 kunt u een pakket halen"
SOUP = "Zaterdag om 14:00 is er soep"


def put_back(world: World) -> None:
    """The bot has been put back to a backup; people's messages of the next hour are of before that."""
    until = world.clock.now() + timedelta(hours=1)
    world.app.policy = replace(world.app.policy, again={world.network.account: until})


async def test_an_answer_that_may_have_been_read_is_marked(scene: Scene) -> None:
    """The member sees that it may be the same; whoever wrote it is answered as always."""
    await scene.asks()
    put_back(scene.world)
    await scene.in_thread(f"!r {REPLY}")
    assert scene.member.reads()[-1].startswith("↻ K1\n")
    assert REPLY in scene.member.reads()[-1]
    await scene.member.writes("Obrigada")
    assert scene.member.reads()[-1].split("\n")[0] == sentence("request-continues", "pt", code="K1")


async def test_a_notice_that_may_have_been_read_is_marked(house: House) -> None:
    """In each group, and not in the room in which it was published."""
    await house.says(f"!notice food {SOUP}")
    put_back(house.world)
    await house.says("!publish N1")
    assert house.an.reads(house.nl)[0].startswith("↻ N1\n")
    assert "↻" not in house.progress()


async def test_what_is_written_after_the_restore_is_not_marked(scene: Scene) -> None:
    """It is new to everybody."""
    await scene.asks()
    put_back(scene.world)
    await scene.world.advance(timedelta(hours=2))
    await scene.in_thread(f"!r {REPLY}")
    assert REPLY in scene.member.reads()[-1]
    assert "↻" not in scene.member_reads()
