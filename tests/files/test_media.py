"""Files on their way through the bot: what one of them meets says nothing about the others."""

from __future__ import annotations

import asyncio
import errno
import shutil
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from bot.files.media import Media
from bot.model import Attachment
from bot.ports import LARGEST_FILE, NotSent, Refused
from tests.paper import Paper, PaperAdapter

BIG = LARGEST_FILE


@dataclass
class Passing:
    """A network that has files, and the place through which they go; `time` is the steady clock's."""

    network: Paper
    folder: Path
    time: float = 1000.0
    media: Media = field(init=False)

    def __post_init__(self) -> None:
        adapter = PaperAdapter("paper", PaperAdapter.Settings(), self.network)
        self.media = Media(self.folder, {"paper": adapter}, lambda: self.time)
        self.media.begin()

    async def fetches(self, key: str, to: str = "other", size: int = 5) -> bytes:
        """The file's bytes; its sender's app says that it has `size`."""
        self.network.files.setdefault(key, b"bytes")
        attachment = Attachment("document", key, key, size, "application/x")
        async with self.media.fetched("paper", attachment, LARGEST_FILE, to) as file:
            return file.read_bytes()

    def begins(self, stack: AsyncExitStack, key: str, **more: object) -> asyncio.Task[bytes]:
        """Fetch one that the network does not give out yet."""
        self.network.sticks(key)
        task = asyncio.create_task(self.fetches(key, **more))  # type: ignore[arg-type]
        stack.callback(task.cancel)
        return task


@pytest.fixture
def passing(tmp_path: Path) -> Passing:
    return Passing(Paper(), tmp_path / "media")


async def test_the_folder_may_lead_to_another_disk(tmp_path: Path) -> None:
    """So that large files take no room from the database's. What the last run has left in it is thrown away."""
    disk = tmp_path / "disk"
    (disk / "lost+found").mkdir(parents=True)
    (disk / "letter").write_bytes(b"somebody's")
    (tmp_path / "media").symlink_to(disk)
    passing = Passing(Paper(), tmp_path / "media")
    assert [left.name for left in disk.iterdir()] == ["lost+found"]
    assert await passing.fetches("file") == b"bytes"


async def test_large_files_that_hang_leave_room_for_small_ones(passing: Passing) -> None:
    """A photo of a letter need not wait for somebody's video."""
    async with AsyncExitStack() as stack, asyncio.timeout(10):
        videos = [passing.begins(stack, f"video {number}", size=BIG) for number in range(5)]
        await asyncio.sleep(0)
        assert await passing.fetches("letter", size=2_000_000) == b"bytes"
        assert not any(video.done() for video in videos)


async def test_files_to_a_network_that_is_slow_leave_room_for_those_to_another(passing: Passing) -> None:
    async with AsyncExitStack() as stack, asyncio.timeout(10):
        for number in range(50):
            passing.begins(stack, f"video {number}", size=BIG)
        await asyncio.sleep(0)
        assert await passing.fetches("film", to="third", size=BIG) == b"bytes"


async def test_a_file_that_cannot_be_kept_is_fetched_again_later(passing: Passing) -> None:
    """The disk is full, say, when it is made harmless: that ends no delivery."""

    class Emptied(PaperAdapter):
        async def fetch(self, attachment: Attachment, into: Path, most: int) -> None:
            await super().fetch(attachment, into, most)
            await asyncio.to_thread(shutil.rmtree, into.parent)

    passing.media = Media(passing.folder, {"paper": Emptied("paper", PaperAdapter.Settings(), passing.network)})
    with pytest.raises(NotSent):
        await passing.fetches("letter")


async def test_a_file_that_trips_whoever_cleans_it_is_broken(passing: Passing) -> None:
    """Whatever is in it."""
    passing.network.files["odd"] = b"\xff\xd8\xff\xe1"
    with pytest.raises(Refused):
        await passing.fetches("odd")
    assert list(passing.folder.iterdir()) == []


async def test_a_file_that_cannot_be_thrown_away_is_only_not_there_now(
    passing: Passing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that can only be read refuses that, too, even of what was never there."""

    async def fetch(self: PaperAdapter, attachment: Attachment, into: Path, most: int) -> None:
        into.mkdir()  # noqa: ASYNC240 - so that it cannot be unlinked
        raise OSError(errno.EROFS, "only to be read")

    monkeypatch.setattr(PaperAdapter, "fetch", fetch)
    with pytest.raises(NotSent):
        await passing.fetches("letter")


async def test_a_network_that_names_a_pause_is_asked_for_no_file_before(passing: Passing) -> None:
    """Neither for this one nor for the next."""
    passing.network.fetch_faults = [NotSent("flood", timedelta(seconds=10_000)), NotSent("asked too early")]
    for wait in (0.0, 9_000.0):
        passing.time += wait
        with pytest.raises(NotSent) as caught:
            await passing.fetches("letter")
        assert caught.value.retry_after == timedelta(seconds=10_000 - wait)
    passing.network.fetch_faults = []
    passing.time += 1_000
    assert await passing.fetches("letter") == b"bytes"
