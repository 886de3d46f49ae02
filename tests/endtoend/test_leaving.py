"""A helper who leaves the coordination room has no number any more and no claim, on both networks; a member who leaves
their private chat finds the answer in the next one."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.endtoend.bot import RunningBot, settings
from tests.endtoend.house import NUMBER, PATIENCE, OnMatrix, OnTelegram, gives_number, said, sees
from tests.servers.botapi import BotApiServer
from tests.servers.botapi.people import Person
from tests.servers.matrixuser import MatrixUser
from tests.servers.synapse import Synapse

pytestmark = pytest.mark.timeout(600)

LEFT = said("helper-left", name="", codes="K1").partition("K1")[0]
LEFT = LEFT[LEFT.rindex(".") :]
"""What the room is told, from behind the name."""


def reads_number(helper: Person) -> bool:
    return any(NUMBER in text for text in helper.private.texts())


@pytest.mark.parametrize("heard", [True, False], ids=["told", "not told"])
async def test_on_telegram(tmp_path: Path, heard: bool) -> None:
    """Also where Telegram has not told that they left: then it is asked."""
    async with BotApiServer() as telegram:
        lea, sam = telegram.user("Léa", "fr"), telegram.user("Sam", "fr")
        async with RunningBot(tmp_path, settings(telegram.url, token=telegram.token)) as bot:
            room = telegram.group("Coordination", [lea, sam], supergroup=True)
            room.adds_bot(administrator=True)
            lea.writes(f"/pair {await bot.pairs('coordination')}", room)
            await room.sees(said("paired-coordination"), PATIENCE)
            await gives_number(OnTelegram(telegram, "Ana", "pt"))
            lea.writes("/claim K1", room)
            await room.sees("!number K1", PATIENCE)
            lea.starts("c-K1")
            await lea.private.sees(NUMBER, PATIENCE)

            if heard:
                room.loses(lea)
            else:
                room.chat.members[lea.id] = "left"
                lea.writes("/number K1")
                await lea.private.sees(said("call-left", "fr"), PATIENCE)
            await room.sees(LEFT, PATIENCE)
            await lea.private.waits_for(lambda _: not reads_number(lea), PATIENCE)

            sam.writes("/claim K1", room)
            sam.starts("c-K1")
            await sam.private.sees(NUMBER, PATIENCE)
            assert not reads_number(lea)
            assert await bot.stop() == 0


@pytest.mark.synapse
async def test_on_matrix_while_the_bot_is_dead(tmp_path: Path, synapse: Synapse) -> None:
    """The homeserver tells of it when the bot is back."""
    user, password = synapse.register("schakel")
    async with (
        MatrixUser(synapse, "helper") as helper,
        MatrixUser(synapse, "second") as second,
        MatrixUser(synapse, "maria") as maria,
        RunningBot(tmp_path, settings(matrix=(synapse.address, user, password))) as bot,
    ):
        code = (await bot.asks("pair", role="coordination"))["code"]
        room = await helper.create_room(user, second.id, name="Coordination", encrypted=True)
        private = await maria.create_room(user, encrypted=True, direct=True)
        await second.join(room)
        await asyncio.gather(in_room(helper, room, user), in_room(maria, private, user))
        await helper.say(room, f"!pair {code}")
        await sees(helper, room, user, said("paired-coordination"))
        await gives_number(OnMatrix(user, maria, private, "pt"))
        await helper.say(room, "!claim K1")
        [opened] = await helper.wait(helper.invited_to, PATIENCE)
        await helper.join(opened)
        await sees(helper, opened, user, NUMBER)

        await bot.kill()
        await second.say(room, "wordt hij nog wakker?")
        await helper.leave(room)
        await bot.start()
        await sees(second, room, user, LEFT)
        await helper.wait(lambda: all(NUMBER not in seen.body for seen in helper.seen(opened)), PATIENCE)

        await helper.say(opened, "!number K1")
        await sees(helper, opened, user, said("call-not-yours", code="K1"))
        await second.say(room, "!claim K1")
        [other] = await second.wait(second.invited_to, PATIENCE)
        await second.join(other)
        await sees(second, other, user, NUMBER)
        assert await bot.stop() == 0


@pytest.mark.synapse
async def test_a_member_who_comes_back_in_another_private_chat(tmp_path: Path, synapse: Synapse) -> None:
    """In the encrypted one that they have left nobody could answer them."""
    user, password = synapse.register("schakel")
    async with (
        MatrixUser(synapse, "helper") as helper,
        MatrixUser(synapse, "maria") as maria,
        RunningBot(tmp_path, settings(matrix=(synapse.address, user, password))) as bot,
    ):
        code = (await bot.asks("pair", role="coordination"))["code"]
        room = await helper.create_room(user, name="Coordination")
        private = await maria.create_room(user, encrypted=True, direct=True)
        await asyncio.gather(in_room(helper, room, user), in_room(maria, private, user))
        await helper.say(room, f"!pair {code}")
        await sees(helper, room, user, said("paired-coordination"))
        await gives_number(OnMatrix(user, maria, private, "pt"))
        await sees(helper, room, user, "K1")

        await maria.leave(private)
        await sees(helper, room, user, said("member-unreachable", network="Matrix"))
        another = await maria.create_room(user, encrypted=True, direct=True)
        await in_room(maria, another, user)
        await helper.say(room, "!r K1 Kom morgen om 10:00")
        await sees(maria, another, user, "Kom morgen om 10:00")
        await maria.say(another, "Obrigada")
        await sees(helper, room, user, "Obrigada")
        assert await bot.stop() == 0


async def in_room(user: MatrixUser, room: str, bot: str) -> None:
    await user.wait(lambda: bot in user.members(room), PATIENCE)
