"""Which chat, message and topic a call means, and whether the bot may: the refusals with Telegram's words."""

from __future__ import annotations

from tests.servers.botapi.errors import bad_request, forbidden, upgraded
from tests.servers.botapi.params import Params
from tests.servers.botapi.state import GONE, Bot, Chat, Message, Topic, User, World

Where = tuple[int | None, bool]  # message_thread_id, and whether it is a topic of a forum


def chat_named(world: World, bot: Bot, params: Params) -> Chat:
    """The chat that `chat_id` names, if the bot can reach it. Raises ApiError 400 or 403."""
    if not params.text("chat_id"):
        raise bad_request("chat_id is empty")
    chat_id = params.number("chat_id")
    if chat_id is None:
        raise bad_request("chat not found")
    return _private(world, bot, chat_id) if chat_id > 0 else _group(world, bot, chat_id)


def _private(world: World, bot: Bot, user_id: int) -> Chat:
    user = world.users.get(user_id)
    if user is None:
        raise bad_request("chat not found")
    chat = world.private_chat(bot, user)
    if not chat.begun and not world.share_a_group(bot, user):
        raise bad_request("chat not found")
    if user.deactivated:
        raise forbidden("user is deactivated")
    if user.id in bot.blocked_by:
        raise forbidden("bot was blocked by the user")
    if not chat.begun:
        raise forbidden("bot can't initiate conversation with a user")
    return chat


def _group(world: World, bot: Bot, chat_id: int) -> Chat:
    chat = world.groups.get(chat_id)
    if chat is None or bot.id not in chat.members:
        raise bad_request("chat not found")
    if chat.moved_to is not None:
        raise upgraded(chat.moved_to.id)
    if chat.status(bot.id) == "kicked":
        raise forbidden(f"bot was kicked from the {chat.kind} chat")
    if chat.status(bot.id) in GONE:
        raise forbidden(f"bot is not a member of the {chat.kind} chat")
    return chat


def user_named(world: World, params: Params) -> User:
    user = world.users.get(params.number("user_id") or 0)
    if user is None:
        raise bad_request("invalid user_id specified")
    return user


def message_named(chat: Chat, params: Params, purpose: str, name: str = "message_id") -> Message:
    """Raises ApiError 400 "message to {purpose} not found" for a message that never was or was deleted."""
    message = find(chat, params.number(name))
    if message is None:
        raise bad_request(f"message to {purpose} not found")
    return message


def find(chat: Chat, message_id: int | None) -> Message | None:
    message = chat.messages.get(message_id or 0)
    return None if message is None or message.deleted else message


def topic_named(chat: Chat, params: Params) -> Topic:
    topic = chat.topics.get(params.number("message_thread_id") or 0)
    if topic is None:
        raise bad_request("message thread not found")
    return topic


def require(bot: Bot, chat: Chat, refusal: str) -> None:
    """Private chats allow it; groups only administrators."""
    if chat.kind != "private" and not chat.administers(bot.id):
        raise bad_request(refusal)


def replied(chat: Chat, params: Params) -> Message | None:
    """The message that `reply_parameters` (or the older `reply_to_message_id`) names."""
    given = params.object("reply_parameters")
    lenient = bool(given.get("allow_sending_without_reply")) or params.flag("allow_sending_without_reply")
    wanted = Params(given).number("message_id") or params.number("reply_to_message_id")
    if wanted is None:
        return None
    message = find(chat, wanted)
    if message is None and not lenient:
        raise bad_request("message to be replied not found")
    return message


def thread_of(chat: Chat, wanted: int | None, reply_to: Message | None) -> Where:
    """Where a new message stands.

    In a forum that is a topic. In every other supergroup an answer stands in the thread of the first message of its
    reply chain, and its `message_thread_id` says so, though it is no topic message.
    """
    if wanted is None:
        if reply_to is None or chat.kind != "supergroup":
            return None, False
        return (reply_to.thread, True) if reply_to.in_topic else (reply_to.thread or reply_to.id, False)
    if chat.is_forum and wanted in chat.topics:
        return wanted, True
    if chat.is_forum or chat.kind != "supergroup" or find(chat, wanted) is None:
        raise bad_request("message thread not found")
    return wanted, False


def may_write_in(bot: Bot, chat: Chat, thread: int | None) -> None:
    if chat.kind == "channel" and not chat.may(bot.id, "can_post_messages"):
        raise bad_request("need administrator rights in the channel chat")
    topic = chat.topics.get(thread or 0)
    closed = chat.is_forum and chat.general_closed if topic is None else topic.closed
    if closed and not chat.may(bot.id, "can_manage_topics"):
        raise bad_request("TOPIC_CLOSED")
