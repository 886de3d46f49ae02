"""The disk dies, and there is one file on a stick: the real program goes on from it, with people on both networks."""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path

import pytest

from tests.endtoend.house import House, said
from tests.endtoend.house import house as open_house
from tests.servers.synapse import Synapse

pytestmark = [pytest.mark.synapse, pytest.mark.timeout(600)]


async def talks(house: House, when: str, count: int) -> None:
    """Every member writes, and the helpers answer in between."""
    for number in range(count):
        for member in (house.ana, house.maria, house.omar):
            await member.writes(f"{when} {number:02}")
        await house.commands(f"!r Réponse {when} {number:02}", thread=house.ana.code)


async def arrives(house: House, when: str, count: int) -> None:
    """All that was said then stands where it belongs."""
    for member in (house.ana, house.maria, house.omar):
        for number in range(count):
            await house.shows(member.code, f"{when} {number:02}")
    await house.ana.until_read(f"Réponse {when} {count - 1:02}")


async def test_a_house_goes_on_from_its_backup(tmp_path: Path, synapse: Synapse) -> None:
    """Made while messages flow, put back on an empty disk: requests, rooms and their threads are there, what was
    written while no bot ran arrives, and nobody who came after the backup is taken for somebody else."""
    stick = tmp_path / "stick"
    stick.mkdir()
    file = stick / "schakel.tar.gz"
    folder = tmp_path / "house"
    folder.mkdir()
    async with open_house(folder, synapse) as house:
        talking = asyncio.create_task(talks(house, "avant", 4))
        await house.shows(house.maria.code, "avant 00")
        code, out, err = await house.bot.command("backup", str(file))
        assert code == 0, err
        await talking
        await arrives(house, "avant", 4)
        late = await house.on_telegram("nl", "Nele")
        assert late.code == "K4"
        await house.bot.kill()
        shutil.rmtree(folder / "data")

        await house.ana.writes("sem resposta")
        await house.omar.writes("بدون جواب")
        code, out, err = await house.bot.command("restore", str(file))
        assert code == 0, err
        assert "new device" in out
        assert "Telegram" in out
        assert os.listdir(stick) == [file.name]
        code, _, err = await house.bot.command("restore", str(file))
        assert code == 1
        assert "--move-away" in err

        await house.bot.start()
        await house.told(said("restored", at="AT").partition("AT")[0])
        await house.shows(house.ana.code, "sem resposta")
        await house.shows(house.omar.code, "بدون جواب")
        await house.goes_on()
        await house.commands("!r Vous êtes toujours là ?", thread=house.ana.code)
        await house.ana.until_read("Vous êtes toujours là ?")
        asked = await house.commands(f"!r {late.code} Où êtes-vous ?")
        await house.told(said("no-such-request", code=late.code), asked)
        assert not any("Où êtes-vous" in text for text in late.read())
        code, out, err = await house.bot.command("restore", "--check", str(file))
        assert code == 0, err
        assert "whole" in out
        log = house.bot.log.read_text(encoding="utf-8")
        assert not any(words in log for words in ("avant", "sem resposta", "Vous êtes"))
