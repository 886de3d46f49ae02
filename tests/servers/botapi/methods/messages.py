"""What happens to messages that stand: editing, deleting, pinning, reactions, answers to presses."""

from __future__ import annotations

from typing import Any

from tests.servers.botapi import access, events, wire
from tests.servers.botapi.errors import bad_request
from tests.servers.botapi.formatting import utf16_length
from tests.servers.botapi.keyboards import inline_keyboard
from tests.servers.botapi.methods.call import Call
from tests.servers.botapi.methods.sending import text_content
from tests.servers.botapi.state import ANSWER_WITHIN, Chat, Message

Json = dict[str, Any]

DELETABLE = 48 * 3600  # seconds


def edit_message_text(call: Call) -> Json:
    message = editable(call)
    if "text" not in message.content:
        raise bad_request("there is no text in the message to edit")
    return edit(call, message, text_content(call.params))


def edit_message_reply_markup(call: Call) -> Json:
    message = editable(call)
    return edit(call, message, message.content)


def editable(call: Call) -> Message:
    message = access.message_named(call.chat(), call.params, "edit")
    if message.sender is not call.bot.user or message.is_service:
        raise bad_request("message can't be edited")
    return message


def edit(call: Call, message: Message, content: Json) -> Json:
    keyboard = inline_keyboard(call.params.parsed("reply_markup"))
    if content == message.content and keyboard == message.keyboard:
        raise bad_request(
            "message is not modified: specified new message content and reply markup are exactly the same as a current "
            "content and reply markup of the message"
        )
    message.content, message.keyboard, message.edited_at = content, keyboard, call.world.now()
    message.link_preview = call.params.object("link_preview_options") or message.link_preview
    call.world.touch()
    return wire.message_json(message)


def delete_message(call: Call) -> bool:
    chat = call.chat()
    _delete(call, chat, access.message_named(chat, call.params, "delete"))
    return True


def delete_messages(call: Call) -> bool:
    """Those that cannot be found are skipped, as Telegram does."""
    chat, ids = call.chat(), call.params.array("message_ids")
    if not 1 <= len(ids) <= 100:
        raise bad_request("message identifiers are not specified" if not ids else "too many messages to delete")
    for message in filter(None, (access.find(chat, i) for i in ids if isinstance(i, int))):
        _delete(call, chat, message)
    return True


def _delete(call: Call, chat: Chat, message: Message) -> None:
    own, may = message.sender is call.bot.user, chat.may(call.bot.id, "can_delete_messages")
    may_own = chat.kind != "channel" or chat.may(call.bot.id, "can_post_messages")
    if chat.kind != "private" and not may and not (own and may_own):
        raise bad_request("message can't be deleted")
    if call.world.now() - message.at > DELETABLE and not (chat.kind in ("supergroup", "channel") and may):
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
