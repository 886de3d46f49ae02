"""The bot is away, the homeserver is away, Telegram is in trouble: whatever was written meanwhile arrives, in order."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio

from tests.endtoend.house import NEED, PATIENCE, House, Member, said, sees
from tests.endtoend.house import house as open_house
from tests.servers.botapi.faults import BadShape, Fault, Hang, Reset, Status, TooMany
from tests.servers.botapi.people import Person
from tests.servers.matrixuser import MatrixUser
from tests.servers.synapse import Synapse

pytestmark = [pytest.mark.synapse, pytest.mark.timeout(600), pytest.mark.asyncio(loop_scope="module")]

QUESTIONS, ANSWERS = 5, 3  # of each member
RECOVERY = 90.0  # seconds; a network counts as well again when it has held for a while


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory, synapse: Synapse) -> AsyncIterator[House]:
    async with open_house(tmp_path_factory.mktemp("house"), synapse) as made:
        yield made


# --- what is written, and how it is found again ----------------------------------------------------------------------


async def asks(member: Member, when: str, count: int) -> None:
    for number in range(count):
        await member.writes(f"Pergunta {when} {number:02}")


async def answers(house: House, member: Member, when: str, count: int) -> None:
    for number in range(count):
        await house.commands(f"!r Réponse {when} {number:02}", thread=member.code)


def numbers(texts: list[str], pattern: str) -> list[int]:
    return [int(found) for text in texts for found in re.findall(pattern + r" (\d\d)\b", text)]


def asked(house: House, member: Member, when: str) -> list[int]:
    """The numbers of the member's questions, as they stand below the card."""
    return numbers([message.body for message in house.below(member.code)], f"Pergunta {when}")


async def all_asked(house: House, member: Member, when: str, count: int) -> None:
    """Each question stands below the card, once and in order."""
    await house.helper.wait(lambda: len(set(asked(house, member, when))) == count, PATIENCE)
    assert asked(house, member, when) == list(range(count))


async def all_answered(member: Member, when: str, count: int) -> None:
    """Each answer has been read, in order, and once but for repetitions on Telegram, which say that they are."""
    words = f"Réponse {when}"
    await member.until_read(f"{words} {count - 1:02}")
    texts = [text for text in member.read() if words in text]
    assert list(dict.fromkeys(numbers(texts, words))) == list(range(count))
    unmarked = numbers([text for text in texts if not text.startswith("↻")], words)
    assert len(unmarked) == len(set(unmarked))


async def errors(house: House) -> dict[str, str | None]:
    """What `status` says of each network."""
    return {network["account"]: network["error"] for network in (await house.asks("status"))["networks"]}


async def until_status(house: House, wanted: Callable[[dict[str, str | None]], bool], within: float) -> None:
    async with asyncio.timeout(within):
        while not wanted(await errors(house)):  # noqa: ASYNC110 (only asking tells)
            await asyncio.sleep(0.1)


async def sends(person: Person, language: str) -> str:
    """A newcomer's words become a request; its code."""
    await person.private.sees(said("first-held", language), PATIENCE)
    person.presses(said("button-send", language))
    received = await person.private.sees(said("request-received", language, code="K").partition("K")[0], PATIENCE)
    found = re.search(r"K\d+", received.text)
    assert found is not None
    return found[0]


# --- the bot is away -------------------------------------------------------------------------------------------------


async def test_what_is_written_while_the_bot_is_stopped_arrives_in_order(house: House) -> None:
    """From members and helpers, in plain and encrypted chats, and from people who had never written before."""
    members = (house.ana, house.maria, house.omar)
    assert await house.bot.stop() == 0
    await asyncio.gather(*(asks(member, "fechado", QUESTIONS) for member in members))
    for member in members:
        await answers(house, member, "fermé", ANSWERS)
    newcomer = house.stranger("nl")
    newcomer.writes(NEED["nl"])
    group = house.telegram.group("Vecinos", [house.stranger("es")])
    group.adds_bot()
    async with MatrixUser(house.synapse, "nadia") as nadia:
        chat = await nadia.create_room(house.id, encrypted=True, direct=True)
        await nadia.say(chat, NEED["fr"])  # the bot has not even joined
        await house.bot.start()
        await asyncio.gather(
            *(all_asked(house, member, "fechado", QUESTIONS) for member in members),
            *(all_answered(member, "fermé", ANSWERS) for member in members),
            sends(newcomer, "nl"),
            group.sees(said("unpaired-hello", "es"), PATIENCE),
            sees(nadia, chat, house.id, said("first-held", "fr")),
        )
    await house.goes_on()


async def test_a_stop_while_both_networks_hang_takes_seconds_and_loses_nothing(house: House) -> None:
    """Questions and answers are on their way, and nobody answers any more: the next start goes on where it was."""
    members = (house.ana, house.maria, house.omar)
    writing = asyncio.gather(
        *(asks(member, "parando", QUESTIONS) for member in members),
        *(answers(house, member, "arrêt", ANSWERS) for member in members),
    )
    await house.helper.wait(lambda: asked(house, house.maria, "parando"), PATIENCE)
    house.telegram.faults.add(Hang(), "sendMessage", times=None)
    house.synapse.pause()
    try:
        assert await house.bot.stop() == 0
    finally:
        house.synapse.resume()
        house.telegram.faults.clear()
    await house.bot.start()
    await writing
    await asyncio.gather(
        *(all_asked(house, member, "parando", QUESTIONS) for member in members),
        *(all_answered(member, "arrêt", ANSWERS) for member in members),
    )


# --- the homeserver is away ------------------------------------------------------------------------------------------


async def test_telegram_goes_on_while_the_homeserver_is_away(house: House) -> None:
    """Members are answered, the status names the network, and the room gets everything when it is back."""
    await asyncio.to_thread(house.synapse.stop)
    try:
        await until_status(house, lambda found: found["matrix"] is not None, PATIENCE)
        await asks(house.ana, "sozinha", QUESTIONS)
        await house.ana.until_read(said("request-continues", "pt", code=house.ana.code))
        newcomer = house.stranger("en")
        newcomer.writes(NEED["en"])
        code = await sends(newcomer, "en")
        status = {network["account"]: network for network in (await house.bot.status())["networks"]}
        assert "homeserver" in status["matrix"]["error"]
        assert status["matrix"]["waiting"] > 0
        assert status["telegram"]["error"] is None
    finally:
        await asyncio.to_thread(house.synapse.start)
    await all_asked(house, house.ana, "sozinha", QUESTIONS)
    await house.helper.wait(lambda: house.card(code), PATIENCE)
    await house.goes_on()


# --- Telegram is in trouble ------------------------------------------------------------------------------------------

RECEIVING: tuple[Fault, ...] = (Status(502), TooMany(1), Reset())
SENDING: tuple[Fault, ...] = (TooMany(1), Status(502), Status(502, applied=True), Reset(), BadShape())


async def test_telegrams_troubles_lose_nothing_and_every_repetition_says_so(house: House) -> None:
    """Pages of HTML, waits, connections that break before and after the act; Matrix goes on meanwhile."""
    faults = [house.telegram.faults.add(fault, "getUpdates") for fault in RECEIVING]
    # Each meets another message: what follows a failure is its repetition.
    faults += [house.telegram.faults.add(fault, "sendMessage", nth=nth) for nth, fault in enumerate(SENDING, start=1)]
    await asks(house.ana, "difícil", 2)
    await asyncio.gather(
        until_status(house, lambda found: found["telegram"] is not None, PATIENCE),
        answers(house, house.ana, "difficile", QUESTIONS),
        house.goes_on(house.maria, house.omar),
    )
    await asks(house.ana, "depois", 2)
    await all_asked(house, house.ana, "difícil", 2)
    await all_asked(house, house.ana, "depois", 2)
    await all_answered(house.ana, "difficile", QUESTIONS)
    assert any(text.startswith("↻") for text in house.ana.read())
    await house.telegram.waits_for(lambda: all(fault.hits for fault in faults), PATIENCE)


# --- well again ------------------------------------------------------------------------------------------------------


async def test_the_status_is_well_again_after_all_that(house: House) -> None:
    """Nothing waits, nothing has failed, nothing was put aside, and no network has an error."""
    await house.goes_on()
    await until_status(house, lambda found: not any(found.values()), RECOVERY)

    async def idle() -> dict[str, Any]:
        while True:
            found = await house.asks("status")
            if not any(network["waiting"] for network in found["networks"]) and not found["inbox"]["waiting"]:
                return found
            await asyncio.sleep(0.1)

    found = await asyncio.wait_for(idle(), PATIENCE)
    assert [network["failed"] for network in found["networks"]] == [0, 0]
    assert found["inbox"]["put_aside"] == 0
    assert "Pergunta" not in house.bot.log.read_text(encoding="utf-8")
