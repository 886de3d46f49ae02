"""The Bot API test server runs alone, and people act in it over HTTP."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.servers.botapi import BotApiServer
from tests.servers.botapi.control import ACTS, FAULTS
from tests.servers.botapi.second_opinion import CheckedClient

Json = dict[str, Any]
KEYBOARD = {"inline_keyboard": [[{"text": "Yes", "callback_data": "y"}]]}


class Remote:
    """The control side as another process sees it."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session, self._url = session, f"{url}/control"

    async def act(self, act: str, **fields: Any) -> Json:
        async with self._session.post(f"{self._url}/{act}", json=fields) as response:
            return {**await response.json(), "status": response.status}

    async def look(self, what: str, **query: str | int) -> Json:
        async with self._session.get(f"{self._url}{what}", params=query) as response:
            return {**await response.json(), "status": response.status}


@pytest.fixture
async def server() -> AsyncIterator[BotApiServer]:
    async with BotApiServer() as server:
        yield server


@pytest.fixture
def remote(server: BotApiServer, session: aiohttp.ClientSession) -> Remote:
    return Remote(session, server.url)


async def test_a_conversation_over_http(remote: Remote, call: CheckedClient) -> None:
    """A person writes, waits for the answer, presses a button, sees what the bot says to it."""
    ana = (await remote.act("user", first_name="Ana", language_code="pt"))["user"]
    await remote.act("writes", user=ana, text="Preciso de ajuda")
    waiting = asyncio.create_task(remote.look("/messages", user=ana, wait="Enviar?", timeout=10))
    (update,) = await call.updates(timeout=10)
    assert update["message"]["text"] == "Preciso de ajuda"
    await call("sendMessage", chat_id=ana, text="Enviar?", reply_markup=KEYBOARD)
    assert [message["text"] for message in (await waiting)["messages"]] == ["Preciso de ajuda", "Enviar?"]
    press = (await remote.act("presses", user=ana, button="Yes"))["press"]
    (update,) = await call.updates(timeout=10)
    answer = asyncio.create_task(remote.look(f"/press/{press}", timeout=10))
    await call("answerCallbackQuery", callback_query_id=update["callback_query"]["id"], text="Enviado")
    assert (await answer)["answer"] == "Enviado"


async def test_every_act_can_be_done_over_http(remote: Remote, server: BotApiServer, call: CheckedClient) -> None:
    """Each act of the list, in one story."""
    done = []

    async def act(act: str, **fields: Any) -> Json:
        result = await remote.act(act, **fields)
        assert result["status"] == 200, result
        done.append(act)
        return result

    ana = (await act("user", first_name="Ana"))["user"]
    rui = (await act("user", first_name="Rui", username="rui_rui"))["user"]
    group = (await act("group", title="Gente", members=[ana]))["group"]
    await act("adds_bot", group=group, start_payload="x", administrator=True, by=ana)
    await act("demotes_bot", group=group)
    await act("promotes_bot", group=group)
    await act("joins", user=rui, group=group)
    message = (await act("writes", user=rui, group=group, text="hello"))["message"]
    await act("edits", user=rui, group=group, message=message, text="hello!")
    await act("reacts", user=ana, group=group, message=message, emoji="👍")
    await act("writes", user=ana, group=group, text="an answer", reply_to=message)
    await act("deletes", user=rui, group=group, message=message)
    await act("leaves", user=rui, group=group)
    group = (await act("upgrades", group=group))["group"]
    await act("removes_bot", group=group)
    forum = (await act("group", title="Room", members=[ana], forum=True))["group"]
    topic = (await act("opens_topic", group=forum, name="Food"))["topic"]
    await act("writes", user=ana, group=forum, text="there", topic=topic)
    await act("starts", user=ana, payload="g-1")
    await act("follows", user=ana, url=f"https://t.me/{server.bot.username}?start=g-2")
    await act("sends", user=ana, kind="photo", caption="see")
    await call("sendMessage", chat_id=ana, text="Sure?", reply_markup=KEYBOARD)
    await act("presses", user=ana, button="Yes")
    await act("blocks_bot", user=ana)
    await act("unblocks_bot", user=ana)
    await act("deletes_account", user=ana)
    assert set(done) == ACTS.keys()
    shown = await remote.look("/messages", group=forum)
    assert [message.get("text", "") for message in shown["messages"]] == ["", "there"]
    world = await remote.look("/world")
    assert [user["first_name"] for user in world["users"]] == ["Ana", "Rui"]
    assert [chat["title"] for chat in world["groups"]] == ["Gente", "Room"]


async def test_faults_and_limits_over_http(remote: Remote, call: CheckedClient) -> None:
    """A fault is injected by its name, limits are switched on, and the log shows what happened."""
    ana = (await remote.act("user"))["user"]
    await remote.act("starts", user=ana)
    assert (await remote.act("fault", kind="TooMany", retry_after=9, method="sendMessage"))["status"] == 200
    assert await call.refused("sendMessage", chat_id=ana, text="x") == "Too Many Requests: retry after 9"
    await remote.act("fault", kind="Error", status=404, description="Not Found", times=None)
    assert (await remote.act("faults/clear"))["status"] == 200
    await remote.act("limits", on=True)
    for _ in range(3):
        await call("sendMessage", chat_id=ana, text="x")
    assert await call.refused("sendMessage", chat_id=ana, text="x") == "Too Many Requests: retry after 1"
    assert (await remote.act("limits", on=False))["refused"] == 1
    await remote.act("revoke", revoked=True)
    assert await call.refused("getMe") == "Unauthorized"
    await remote.act("revoke", revoked=False)
    await remote.act("fault", kind="BadShape", body='{"ok":true}', method="getMe")
    with pytest.raises(KeyError):
        await call("getMe")
    calls = (await remote.look("/calls", method="sendMessage"))["calls"]
    assert [logged["status"] for logged in calls] == [429, 200, 200, 200, 429]
    assert calls[0]["fault"] == "TooMany(retry_after=9)"


async def test_a_mistake_is_explained(remote: Remote) -> None:
    """Unknown acts, missing fields, people who are not there, senseless requests."""
    helped = await remote.look("")
    assert helped["POST /control/ACT"].keys() == ACTS.keys()
    assert helped["POST /control/fault"]["kinds"].keys() == FAULTS.keys()
    assert (await remote.act("dances"))["status"] == 404
    assert (await remote.act("writes", user=1, text="x"))["fields"] == "user text [group reply_to topic]"
    ana = (await remote.act("user"))["user"]
    assert (await remote.act("presses", user=ana, button="None"))["status"] == 400
    assert (await remote.act("fault", kind="Earthquake"))["status"] == 400
    assert (await remote.look("/messages", user=ana, wait="words", timeout=0))["status"] == 408
    assert (await remote.look("/messages"))["status"] == 400
    assert (await remote.look("/press/1"))["status"] == 404


async def test_the_server_runs_alone(session: aiohttp.ClientSession) -> None:
    """It prints its address and how to use it, serves, and stops on a signal."""
    token = "123456789:a-token-of-somebody-who-tries"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.servers.botapi", "--port", "0", "--token", token),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    first = (await process.stdout.readline()).decode()
    url = first.removeprefix("Bot API test server at ").strip()
    async with session.get(f"{url}/bot{token}/getMe") as response:
        assert (await response.json())["result"]["id"] == 123456789
    remote = Remote(session, url)
    ana = (await remote.act("user", first_name="Ana"))["user"]
    await remote.act("writes", user=ana, text="hello")
    assert (await remote.look("/messages", user=ana))["messages"][0]["text"] == "hello"
    process.terminate()
    rest, _ = await asyncio.wait_for(process.communicate(), 10)
    assert process.returncode == 0
    assert f'"user": {ana}' in rest.decode(), "the example that is printed works as it stands"
