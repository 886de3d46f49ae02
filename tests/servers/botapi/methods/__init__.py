"""The Bot API methods, as a table from the lower-case name to a function over the world.

`getUpdates` alone waits, so the server treats it apart. What is left out is refused as Telegram refuses a method it
does not know, and `parse_mode` is refused in every form: texts come with entities.
"""

from __future__ import annotations

from typing import Any

from tests.servers.botapi.errors import ApiError
from tests.servers.botapi.methods import account, chats, files, messages, sending
from tests.servers.botapi.methods.call import Call, Method
from tests.servers.botapi.params import Params
from tests.servers.botapi.state import Bot, World

METHODS: dict[str, Method] = {
    "getme": account.get_me,
    "sendmessage": sending.send_message,
    "editmessagetext": messages.edit_message_text,
    "editmessagereplymarkup": messages.edit_message_reply_markup,
    "deletemessage": messages.delete_message,
    "deletemessages": messages.delete_messages,
    "setmessagereaction": messages.set_message_reaction,
    "pinchatmessage": messages.pin_chat_message,
    "unpinchatmessage": messages.unpin_chat_message,
    "sendchataction": messages.send_chat_action,
    "sendphoto": files.sender("photo"),
    "senddocument": files.sender("document"),
    "sendvoice": files.sender("voice"),
    "sendaudio": files.sender("audio"),
    "sendvideo": files.sender("video"),
    "sendvideonote": files.sender("video_note"),
    "sendanimation": files.sender("animation"),
    "editmessagecaption": files.edit_message_caption,
    "getfile": files.get_file,
    "answercallbackquery": messages.answer_callback_query,
    "getchat": chats.get_chat,
    "getchatmember": chats.get_chat_member,
    "getchatadministrators": chats.get_chat_administrators,
    "getchatmembercount": chats.get_chat_member_count,
    "leavechat": chats.leave_chat,
    "createforumtopic": chats.create_forum_topic,
    "closeforumtopic": chats.close_forum_topic,
    "reopenforumtopic": chats.reopen_forum_topic,
    "setmycommands": account.set_my_commands,
    "getmycommands": account.get_my_commands,
    "deletemycommands": account.delete_my_commands,
    "setchatmenubutton": account.set_chat_menu_button,
    "getchatmenubutton": account.get_chat_menu_button,
    "setmyname": account.profile_setter("name", 64),
    "getmyname": account.profile_getter("name"),
    "setmydescription": account.profile_setter("description", 512),
    "getmydescription": account.profile_getter("description"),
    "setmyshortdescription": account.profile_setter("short_description", 120),
    "getmyshortdescription": account.profile_getter("short_description"),
    "setwebhook": account.set_webhook,
    "deletewebhook": account.delete_webhook,
    "getwebhookinfo": account.get_webhook_info,
}


def perform(world: World, bot: Bot, method: str, params: Params) -> Any:
    """The result of a call. Raises ApiError; 404 for a method that does not exist."""
    if method not in METHODS:
        raise ApiError(404, "Not Found: method not found")
    return METHODS[method](Call(world, bot, params))
