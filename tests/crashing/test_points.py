"""The bot dies at every named instant, and the next one goes on: nothing lost, nothing out of order, nothing twice
unless it says so, every event handled once. On each database, on a network like Matrix and on one like Telegram."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path
from zlib import crc32

import pytest

from tests.crashing import conversation
from tests.crashing.conversation import Beginning, Day, Hour, beginning, lived
from tests.crashing.instants import Moment, watched
from tests.crashing.lives import Chance, Fate
from tests.crashing.outcome import Outcome, check_order, check_repetitions, outcome
from tests.handlers.phrasebook import Phrasebook
from tests.paper import PaperAdapter
from tests.paper.adapter import LIKE_MATRIX, LIKE_TELEGRAM

COMMITS = {
    "accept": conversation.ASKING,
    "handle": conversation.ASKING,
    "handle at once": conversation.ALONE,
    "claim at once": conversation.ALONE,
    "not handled": conversation.NONSENSE,
    "put aside": conversation.NONSENSE,
    "timer": conversation.CHOICES,
    "translated": conversation.ASKING,
    "recover": conversation.MORNING,
    "connected": conversation.MORNING,
    "sweep": conversation.MORNING,
    "forget": conversation.MORNING,
    "claim": conversation.ASKING,
    "claim press": conversation.CHOICES,
    "begin": conversation.PICTURES,
    "sent": conversation.ASKING,
    "sent in part": conversation.CHANGING,
    "rest": conversation.AT_A_PACE,
    "again": conversation.TOO_FAST,
    "marked again": conversation.NO_ANSWER,
    "moved": conversation.MOVED,
    "gone": conversation.GONE,
    "refused": conversation.REFUSED,
    "passed over": conversation.NOT_TO_BE_CHANGED,
    "without file": conversation.LOST_PICTURES,
    "lease": conversation.MORNING,
}
CALLS = {
    "open": conversation.MORNING,
    "deliver": conversation.ASKING,
    "translate": conversation.ASKING,
    "fetch": conversation.PICTURES,
    "SendText": conversation.ASKING,
    "EditText": conversation.ASKING,
    "Withdraw": conversation.AT_LENGTH,
    "SendFile": conversation.PICTURES,
    "SendReaction": conversation.CHOICES,
    "AnswerPress": conversation.CHOICES,
}
POINTS = COMMITS | CALLS
NOW_AND_THEN = {"UPDATE delivery SET"}
"""Something became due just when nothing could be claimed: a claim of it follows."""
ONLY = {"lease": "postgresql", "marked again": "like-telegram"}

DATABASES = {"sqlite": (), "postgresql": (pytest.mark.postgres,)}
LIKE = {
    "like-matrix": replace(LIKE_MATRIX, text=1000),
    "like-telegram": replace(LIKE_TELEGRAM, text=1000, caption=200),
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """By turns: each on one of the two databases and one of the two networks; with `--full` all on all four."""
    full = metafunc.config.getoption("--full")
    if "point" in metafunc.fixturenames:
        tried = [
            pytest.param(database, like, point, marks=marks)
            for (database, marks), like, point in product(DATABASES.items(), LIKE, POINTS)
            if ONLY.get(point) in (None, database, like)
            and (full or point in ONLY or _has_its_turn(database, like, point))
        ]
        metafunc.parametrize(("database", "like", "point"), tried)
    if "seed" in metafunc.fixturenames:
        tried = [
            pytest.param(database, like, seed, marks=marks)
            for (database, marks), like, seed in product(DATABASES.items(), LIKE, range(50 if full else 1))
        ]
        metafunc.parametrize(("database", "like", "seed"), tried)


def _has_its_turn(database: str, like: str, point: str) -> bool:
    turn = crc32(point.encode())
    return (database == "sqlite") == bool(turn & 1) and (like == "like-matrix") == bool(turn & 2)


@pytest.fixture(autouse=True)
def _migrated_already(monkeypatch: pytest.MonkeyPatch) -> None:
    """The databases are copies of one that is: to see so takes longer than all else at a start."""
    monkeypatch.setattr("bot.app.migrate", lambda engine: None)


class Beginnings:
    """How each hour begins, and what comes of it when nobody dies, each lived once."""

    def __init__(self, migrated: Callable[[str], str], folders: Callable[[], Path]) -> None:
        self._migrated = migrated
        self._folders = folders
        self._begun: dict[tuple[str, str], Beginning] = {}
        self._unharmed: dict[tuple[Hour, str], Outcome] = {}

    async def begun(self, database: str, like: str) -> Beginning:
        if (database, like) not in self._begun:
            self._begun[database, like] = await beginning(self._folders(), self._migrated(database), LIKE[like])
        return self._begun[database, like]

    async def unharmed(self, hour: Hour, database: str, like: str) -> Outcome:
        if (hour, like) not in self._unharmed:
            begun = await self.begun(database, like)
            _, self._unharmed[hour, like] = await _lived(hour, begun, like, self._folders(), Fate())
        return self._unharmed[hour, like]


@pytest.fixture(scope="session")
def beginnings(migrated: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory) -> Beginnings:
    return Beginnings(migrated, lambda: tmp_path_factory.mktemp("begun"))


async def _lived(hour: Hour, begun: Beginning, like: str, folder: Path, fate: Fate) -> tuple[Day, Outcome]:
    with watched(fate, [PaperAdapter], [Phrasebook]):
        day = await lived(hour, begun, folder, LIKE[like], fate)
    return day, outcome(day.network, day.url)


async def _check(hour: Hour, database: str, like: str, beginnings: Beginnings, folder: Path, fate: Fate) -> None:
    """All as if nobody had died, but for what bears its mark."""
    expected = await beginnings.unharmed(hour, database, like)
    day, found = await _lived(hour, await beginnings.begun(database, like), like, folder, fate)
    assert found == expected
    check_repetitions(day.network, day.lives.unsure | day.network.unanswered, LIKE[like].idempotent)
    check_order(day.network, day.url)
    assert {name for name, _ in fate.passed} <= POINTS.keys() | NOW_AND_THEN, "an instant that nobody dies at"


async def test_nothing_is_lost(point: str, database: str, like: str, beginnings: Beginnings, tmp_path: Path) -> None:
    """It dies before, and the next one after it; on PostgreSQL one more, before it reads that it was committed."""
    unread = [Moment.UNREAD] if database == "postgresql" and point in COMMITS else []
    fate = Fate([(point, moment) for moment in (Moment.BEFORE, *unread, Moment.AFTER)])
    for attempt in range(3):  # whether two things share a commit depends on how busy the machine is
        folder = tmp_path / str(attempt)
        folder.mkdir()
        await _check(POINTS[point], database, like, beginnings, folder, fate)
        if not fate.plan:
            break
    assert fate.plan == [], "the instant never came"


async def test_nothing_is_lost_whenever_it_dies(
    seed: int, database: str, like: str, beginnings: Beginnings, tmp_path: Path
) -> None:
    """At instants that nobody chose, again and again in the course of a day."""
    fate = Chance(seed, most=8)
    await _check(conversation.A_DAY, database, like, beginnings, tmp_path, fate)
    assert fate.deaths > 2
