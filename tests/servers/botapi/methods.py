"""The Bot API methods, as a table from the lower-case name to a function over the world.

`getUpdates` alone waits, so the server treats it apart. What is left out is refused as Telegram refuses a method it
does not know, and `parse_mode` is refused in every form: texts come with entities.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.servers.botapi import access, events, wire
from tests.servers.botapi.errors import ApiError, bad_request
from tests.servers.botapi.formatting import LONGEST_CAPTION, LONGEST_TEXT, formatted, is_empty, utf16_length
from tests.servers.botapi.keyboards import inline_keyboard
from tests.servers.botapi.params import Params
from tests.servers.botapi.state import ANSWER_WITHIN, Bot, Chat, Message, Topic, World

Json = dict[str, Any]
DELETABLE = 48 * 3600  # seconds


@dataclass(frozen=True, slots=True)
class Call:
    world: World
    bot: Bot
    params: Params

    def chat(self) -> Chat:
        return access.chat_named(self.world, self.bot, self.params)


Method = Callable[[Call], Any]

# --- messages -------------------------------------------------------------------------------------------------------


def send_message(call: Call) -> Json:
    return _send(call, lambda: _text(call.params))


def _send(call: Call, content: Callable[[], Json]) -> Json:
    chat, params = call.chat(), call.params
    said = content()
    reply_to = access.replied(chat, params)
    thread, in_topic = access.thread_of(chat, params.number("message_thread_id"), reply_to)
    access.may_write_in(call.bot, chat, thread)
    message = call.world.add_message(
        chat,
        call.bot.user,
        said,
        reply_to=reply_to or (chat.messages.get(thread or 0) if in_topic else None),
        thread=thread,
        in_topic=in_topic,
        keyboard=inline_keyboard(params.parsed("reply_markup")),
        protected=params.flag("protect_content"),
        link_preview=params.parsed("link_preview_options"),
    )
    return wire.message_json(message)


def _text(params: Params) -> Json:
    return _words(params, "text", "entities", LONGEST_TEXT, "message is too long")


def _caption(params: Params) -> Json:
    if not params.text("caption"):
        return {}
    return _words(params, "caption", "caption_entities", LONGEST_CAPTION, "message caption is too long")


def _words(params: Params, name: str, entities_name: str, longest: int, too_long: str) -> Json:
    if params.text("parse_mode"):
        raise bad_request("unsupported parse_mode")
    text, entities = formatted(params.text(name), params.objects(entities_name))
    if is_empty(text):
        raise bad_request("message text is empty")
    if utf16_length(text) > longest:
        raise bad_request(too_long)
    return {name: text} | ({entities_name: entities} if entities else {})


def edit_message_text(call: Call) -> Json:
    message = _editable(call)
    if "text" not in message.content:
        raise bad_request("there is no text in the message to edit")
    return _edit(call, message, _text(call.params))


def edit_message_reply_markup(call: Call) -> Json:
    message = _editable(call)
    return _edit(call, message, message.content)


def _editable(call: Call) -> Message:
    message = access.message_named(call.chat(), call.params, "edit")
    if message.sender is not call.bot.user or message.is_service:
        raise bad_request("message can't be edited")
    return message


def _edit(call: Call, message: Message, content: Json) -> Json:
    keyboard = inline_keyboard(call.params.parsed("reply_markup"))
    if content == message.content and keyboard == message.keyboard:
        raise bad_request(
            "message is not modified: specified new message content and reply markup are exactly the same as a current "
            "content and reply markup of the message"
        )
    message.content, message.keyboard, message.edited_at = content, keyboard, call.world.now()
    preview = call.params.parsed("link_preview_options")
    message.link_preview = preview or message.link_preview
    call.world.touch()
    return wire.message_json(message)


def delete_message(call: Call) -> bool:
    chat = call.chat()
    _delete(call, chat, access.message_named(chat, call.params, "delete"))
    return True


def delete_messages(call: Call) -> bool:
    """Those that cannot be found are skipped, as Telegram does."""
    chat, ids = call.chat(), call.params.objects("message_ids")
    if not 1 <= len(ids) <= 100:
        raise bad_request("message identifiers are not specified" if not ids else "too many messages to delete")
    for message in filter(None, (access.find(chat, int(str(i))) for i in ids)):
        _delete(call, chat, message)
    return True


def _delete(call: Call, chat: Chat, message: Message) -> None:
    own = message.sender is call.bot.user
    if not own and chat.kind != "private" and not chat.administers(call.bot.id):
        raise bad_request("message can't be deleted")
    if call.world.now() - message.at > DELETABLE and not (chat.kind == "supergroup" and chat.administers(call.bot.id)):
        raise bad_request("message can't be deleted for everyone")
    message.deleted = True
    call.world.touch()


def set_message_reaction(call: Call) -> bool:
    message = access.message_named(call.chat(), call.params, "react")
    emojis = [str(reaction.get("emoji", "")) for reaction in call.params.objects("reaction")]
    if len(emojis) > 1 or not events.REACTIONS.issuperset(emojis):
        raise bad_request("REACTION_INVALID" if len(emojis) <= 1 else "REACTIONS_TOO_MANY")
    message.reactions[call.bot.id] = emojis
    call.world.touch()
    return True


def pin_chat_message(call: Call) -> bool:
    chat = call.chat()
    message = access.message_named(chat, call.params, "pin")
    access.require(call.bot, chat, "not enough rights to manage pinned messages in the chat")
    if message.id not in chat.pinned:
        chat.pinned.append(message.id)
        quoted = wire.message_json(message, with_reply=False)
        events.tell_message(call.world, call.world.add_message(chat, call.bot.user, {"pinned_message": quoted}))
    return True


def unpin_chat_message(call: Call) -> bool:
    chat = call.chat()
    access.require(call.bot, chat, "not enough rights to manage pinned messages in the chat")
    wanted = call.params.number("message_id") or (chat.pinned[-1] if chat.pinned else None)
    if wanted not in chat.pinned:
        raise bad_request("message to unpin not found")
    chat.pinned.remove(wanted)
    call.world.touch()
    return True


def send_chat_action(call: Call) -> bool:
    call.chat()
    return True


# --- files ----------------------------------------------------------------------------------------------------------


def _file_content(call: Call, kind: str, describe: Callable[[Json], Any]) -> Json:
    upload = call.params.upload(kind)
    if upload is not None:
        file = call.world.add_file(upload.body, f"{kind}s", upload.name, upload.mime)
    else:
        known = call.world.files.get(call.params.text(kind))
        if known is None:
            empty = not call.params.text(kind)
            raise bad_request(
                f"there is no {kind} in the request" if empty else "wrong file identifier/HTTP URL specified"
            )
        file = known
    shown = wire.file_json(file) | wire.present(file_name=file.name, mime_type=file.mime)
    return {kind: describe(shown)} | _caption(call.params)


def _sizes(shown: Json) -> list[Json]:
    plain = {key: value for key, value in shown.items() if key not in ("file_name", "mime_type")}
    return [plain | {"width": 90, "height": 67}, plain | {"width": 800, "height": 600}]


def _voice(shown: Json) -> Json:
    return {key: value for key, value in shown.items() if key != "file_name"} | {"duration": 1}


def send_photo(call: Call) -> Json:
    return _send(call, lambda: _file_content(call, "photo", _sizes))


def send_document(call: Call) -> Json:
    return _send(call, lambda: _file_content(call, "document", lambda shown: shown))


def send_voice(call: Call) -> Json:
    return _send(call, lambda: _file_content(call, "voice", _voice))


def get_file(call: Call) -> Json:
    file = call.world.files.get(call.params.text("file_id"))
    if file is None:
        raise bad_request("invalid file_id")
    return wire.file_json(file) | {"file_path": file.path}


# --- presses --------------------------------------------------------------------------------------------------------


def answer_callback_query(call: Call) -> bool:
    """A press is answered once, and soon."""
    press = call.world.presses.get(call.params.text("callback_query_id"))
    late = press is None or call.world.clock() - press.at > ANSWER_WITHIN
    if press is None or late or press.answer is not None or press.message.sender is not call.bot.user:
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    text = call.params.text("text")
    if utf16_length(text) > 200:
        raise bad_request("MESSAGE_TOO_LONG")
    press.answer, press.alert = text, call.params.flag("show_alert")
    call.world.touch()
    return True


# --- chats ----------------------------------------------------------------------------------------------------------


def get_chat(call: Call) -> Json:
    return wire.full_chat_json(call.chat())


def get_chat_member(call: Call) -> Json:
    chat, user = call.chat(), access.user_named(call.world, call.params)
    return wire.member_json(user, chat.status(user.id), in_forum=chat.is_forum)


def get_chat_administrators(call: Call) -> list[Json]:
    chat = call.chat()
    if chat.kind == "private":
        raise bad_request("there are no administrators in the private chat")
    users = (call.world.users[user_id] for user_id in chat.members if chat.administers(user_id))
    shown = (wire.member_json(user, chat.status(user.id), in_forum=chat.is_forum) for user in users)
    return [member for member in shown if not member["user"]["is_bot"] or member["user"]["id"] == call.bot.id]


def get_chat_member_count(call: Call) -> int:
    chat = call.chat()
    return (
        2 if chat.kind == "private" else sum(chat.status(user_id) not in ("left", "kicked") for user_id in chat.members)
    )


def leave_chat(call: Call) -> bool:
    chat = call.chat()
    if chat.kind == "private":
        raise bad_request("chat member status can't be changed in private chats")
    call.world.add_message(chat, call.bot.user, {"left_chat_member": wire.user_json(call.bot.user)})
    events.tell_member(call.world, chat, call.bot.user, call.bot.user, "left")
    return True


def create_forum_topic(call: Call) -> Json:
    chat, name = _forum(call), call.params.text("name").strip()
    if not name:
        raise bad_request("topic name must be non-empty")
    if len(name) > 128:
        raise bad_request("TOPIC_TITLE_INVALID")
    colour = call.params.number("icon_color", 7322096) or 7322096
    content = {"forum_topic_created": {"name": name, "icon_color": colour}}
    message = call.world.add_message(chat, call.bot.user, content, in_topic=True)
    message.thread = message.id
    topic = chat.topics[message.id] = Topic(message.id, name, colour)
    events.tell_message(call.world, message)
    return wire.topic_json(topic)


def close_forum_topic(call: Call) -> bool:
    return _open_or_close(call, closed=True)


def reopen_forum_topic(call: Call) -> bool:
    return _open_or_close(call, closed=False)


def _open_or_close(call: Call, *, closed: bool) -> bool:
    chat = _forum(call)
    topic = access.topic_named(chat, call.params)
    if topic.closed is closed:
        raise bad_request("TOPIC_NOT_MODIFIED")
    topic.closed = closed
    content: Json = {"forum_topic_closed" if closed else "forum_topic_reopened": {}}
    message = call.world.add_message(chat, call.bot.user, content, thread=topic.id, in_topic=True)
    events.tell_message(call.world, message)
    return True


def _forum(call: Call) -> Chat:
    chat = call.chat()
    if not chat.is_forum:
        raise bad_request("the chat is not a forum")
    access.require(call.bot, chat, "not enough rights to manage topics")
    return chat


# --- the bot itself -------------------------------------------------------------------------------------------------


def get_me(call: Call) -> Json:
    return wire.me_json(call.bot)


def _command_key(call: Call) -> tuple[str, str]:
    scope = call.params.parsed("scope") or {"type": "default"}
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


def _profile_setter(name: str, longest: int) -> Method:
    def setter(call: Call) -> bool:
        value = call.params.text(name)
        if len(value) > longest:
            raise bad_request(f"bot {name.replace('_', ' ')} is too long")
        call.bot.profile[name, call.params.text("language_code")] = value
        return True

    return setter


def _profile_getter(name: str) -> Method:
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


METHODS: dict[str, Method] = {
    "getme": get_me,
    "sendmessage": send_message,
    "editmessagetext": edit_message_text,
    "editmessagereplymarkup": edit_message_reply_markup,
    "deletemessage": delete_message,
    "deletemessages": delete_messages,
    "setmessagereaction": set_message_reaction,
    "pinchatmessage": pin_chat_message,
    "unpinchatmessage": unpin_chat_message,
    "sendchataction": send_chat_action,
    "sendphoto": send_photo,
    "senddocument": send_document,
    "sendvoice": send_voice,
    "getfile": get_file,
    "answercallbackquery": answer_callback_query,
    "getchat": get_chat,
    "getchatmember": get_chat_member,
    "getchatadministrators": get_chat_administrators,
    "getchatmembercount": get_chat_member_count,
    "leavechat": leave_chat,
    "createforumtopic": create_forum_topic,
    "closeforumtopic": close_forum_topic,
    "reopenforumtopic": reopen_forum_topic,
    "setmycommands": set_my_commands,
    "getmycommands": get_my_commands,
    "deletemycommands": delete_my_commands,
    "setmyname": _profile_setter("name", 64),
    "getmyname": _profile_getter("name"),
    "setmydescription": _profile_setter("description", 512),
    "getmydescription": _profile_getter("description"),
    "setmyshortdescription": _profile_setter("short_description", 120),
    "getmyshortdescription": _profile_getter("short_description"),
    "setwebhook": set_webhook,
    "deletewebhook": delete_webhook,
    "getwebhookinfo": get_webhook_info,
}


def perform(world: World, bot: Bot, method: str, params: Params) -> Any:
    """The result of a call. Raises ApiError; 404 for a method that does not exist."""
    if method not in METHODS:
        raise ApiError(404, "Not Found: method not found")
    return METHODS[method](Call(world, bot, params))
