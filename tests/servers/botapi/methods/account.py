"""The bot itself: who it is, its command menus and descriptions, how it receives."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from tests.servers.botapi import access, wire
from tests.servers.botapi.errors import bad_request, terminated_by_webhook
from tests.servers.botapi.methods.call import Call, Method
from tests.servers.botapi.params import Params

Json = dict[str, Any]


def get_me(call: Call) -> Json:
    return wire.me_json(call.bot)


def _command_key(call: Call) -> tuple[str, str]:
    scope = call.params.object("scope")
    if "chat_id" in scope:
        access.chat_named(call.world, call.bot, Params(scope))
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


def set_chat_menu_button(call: Call) -> bool:
    """The button beside what people write, in every private chat; here it cannot be another in one of them."""
    kind = str(call.params.object("menu_button").get("type", "default"))
    if kind not in ("commands", "web_app", "default"):
        raise bad_request('can\'t parse menu button: unallowed value of the field "type"')
    call.bot.menu_button = kind
    return True


def get_chat_menu_button(call: Call) -> Json:
    return {"type": call.bot.menu_button}


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
    """The server's courier brings what waits. Unlike Telegram it also goes to http:// on this machine."""
    bot, params = call.bot, call.params
    if not params.text("url"):
        return delete_webhook(call)
    _check_address(params.text("url"))
    if not re.fullmatch("[A-Za-z0-9_-]{0,256}", params.text("secret_token")):
        raise bad_request("secret token contains unallowed characters")
    if "allowed_updates" in params.values:
        bot.queue.allow([str(kind) for kind in params.array("allowed_updates")])
    wanted = (params.text("url"), params.text("secret_token"), params.number("max_connections", 40) or 40)
    if wanted != (bot.webhook, bot.webhook_secret, bot.webhook_connections):
        bot.webhook, bot.webhook_secret, bot.webhook_connections = wanted
        bot.webhook_error = None
    bot.queue.refuse_poll(terminated_by_webhook())
    return _dropped(call)


def _check_address(address: str) -> None:
    url = urlsplit(address)
    if url.scheme == "http" and url.hostname in ("127.0.0.1", "localhost"):
        return
    if url.scheme != "https":
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    if (url.port or 443) not in (80, 88, 443, 8443):
        raise bad_request("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")


def delete_webhook(call: Call) -> bool:
    call.bot.webhook, call.bot.webhook_secret, call.bot.webhook_error = "", "", None
    return _dropped(call)


def _dropped(call: Call) -> bool:
    if call.params.flag("drop_pending_updates"):
        call.bot.queue.forget_all()
    return True


def get_webhook_info(call: Call) -> Json:
    bot = call.bot
    date, words = bot.webhook_error or (None, None)
    info = {"url": bot.webhook, "has_custom_certificate": False, "pending_update_count": len(bot.queue.waiting)}
    connections = bot.webhook_connections if bot.webhook else None
    return info | wire.present(max_connections=connections, last_error_date=date, last_error_message=words)
