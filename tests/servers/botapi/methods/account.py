"""The bot itself: who it is, its command menus and descriptions, how it receives."""

from __future__ import annotations

import re
from typing import Any

from tests.servers.botapi import wire
from tests.servers.botapi.errors import bad_request
from tests.servers.botapi.methods.call import Call, Method

Json = dict[str, Any]


def get_me(call: Call) -> Json:
    return wire.me_json(call.bot)


def _command_key(call: Call) -> tuple[str, str]:
    scope = call.params.object("scope")
    language = call.params.text("language_code")
    if language and not re.fullmatch("[a-z]{2}", language):
        raise bad_request("invalid language code specified")
    place = [str(scope[key]) for key in ("chat_id", "user_id") if key in scope]
    return ":".join([str(scope.get("type", "default")), *place]), language


def set_my_commands(call: Call) -> bool:
    commands = call.params.objects("commands")
    if len(commands) > 100:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    for command in commands:
        if not re.fullmatch("[a-z0-9_]{1,32}", str(command.get("command", "")).removeprefix("/")):
            raise bad_request("BOT_COMMAND_INVALID")
        if not 1 <= len(str(command.get("description", ""))) <= 256:
            raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    call.bot.commands[_command_key(call)] = [
        {"command": command["command"].removeprefix("/"), "description": command["description"]} for command in commands
    ]
    return True


def get_my_commands(call: Call) -> list[Json]:
    return call.bot.commands.get(_command_key(call), [])


def delete_my_commands(call: Call) -> bool:
    call.bot.commands.pop(_command_key(call), None)
    return True


def profile_setter(name: str, longest: int) -> Method:
    def setter(call: Call) -> bool:
        value = call.params.text(name)
        if len(value) > longest:
            raise bad_request(f"bot {name.replace('_', ' ')} is too long")
        call.bot.profile[name, call.params.text("language_code")] = value
        return True

    return setter


def profile_getter(name: str) -> Method:
    def getter(call: Call) -> Json:
        own = call.bot.profile.get((name, call.params.text("language_code")))
        return {name: own if own is not None else call.bot.profile.get((name, ""), "")}

    return getter


def set_webhook(call: Call) -> bool:
    """Only remembered, so that polling is refused as long as it is set; nothing is ever posted to it."""
    call.bot.webhook = call.params.text("url")
    return True


def delete_webhook(call: Call) -> bool:
    call.bot.webhook = ""
    if call.params.flag("drop_pending_updates"):
        call.bot.queue.forget_all()
    return True


def get_webhook_info(call: Call) -> Json:
    waiting = len(call.bot.queue.waiting)
    return {"url": call.bot.webhook, "has_custom_certificate": False, "pending_update_count": waiting}
