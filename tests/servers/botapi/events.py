"""Telling bots what happened: which bot sees which event, and as which update."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.servers.botapi import wire
from tests.servers.botapi.state import GONE, Bot, Chat, Message, Press, User, World

# Telegram's emoji reactions (ReactionTypeEmoji); ✅ is not among them.
_EMOJI = """
❤ 👍 👎 🔥 🥰 👏 😁 🤔 🤯 😱 🤬 😢 🎉 🤩 🤮 💩 🙏 👌 🕊 🤡 🥱 🥴 😍 🐳 ❤‍🔥 🌚 🌭 💯 🤣 ⚡ 🍌 🏆 💔 🤨 😐 🍓 🍾
💋 🖕 😈 😴 😭 🤓 👻 👨‍💻 👀 🎃 🙈 😇 😨 🤝 ✍ 🤗 🫡 🎅 🎄 ☃ 💅 🤪 🗿 🆒 💘 🙉 🦄 😘 💊 🙊 😎 👾 🤷‍♂ 🤷 🤷‍♀ 😡
"""
# Clients write the three joined ones with a variation selector or without it.
REACTIONS = frozenset(_EMOJI.split()) | {"❤️‍🔥", "🤷‍♂️", "🤷‍♀️"}


def bots_in(world: World, chat: Chat) -> Iterator[Bot]:
    if chat.bot is not None:
        if chat.user is not None and chat.user.id not in chat.bot.blocked_by:
            yield chat.bot
        return
    yield from (bot for bot in world.bots.values() if chat.status(bot.id) not in GONE)


def sees(bot: Bot, message: Message) -> bool:
    """Whether a message of somebody else reaches the bot.

    After core.telegram.org/bots/features#privacy-mode: a bot in privacy mode that is no administrator gets service
    messages, commands addressed to it, commands addressed to nobody if it was the last bot to speak in the group (here
    also if no bot has spoken yet), and replies to what it said or saw. A mere mention does not reach it. What bots
    write reaches no bot.
    """
    chat = message.chat
    if message.is_service:
        return True
    if message.sender.is_bot:
        return False
    if chat.kind == "private" or not bot.privacy or chat.administers(bot.id):
        return True
    if message.reply_to is not None and not message.reply_to.is_service:
        replied = message.reply_to
        if replied.sender is bot.user or bot.id in replied.meant_for:
            return True
    return _commands(bot, message)


def _commands(bot: Bot, message: Message) -> bool:
    match = re.match(r"/\w+(?:@(\w+))?", message.text)
    if match is None:
        return False
    if match[1] is not None:
        return match[1].lower() == bot.username.lower()
    return message.chat.last_bot in (None, bot.id)


def tell_message(world: World, message: Message, kind: str = "message") -> None:
    if message.chat.kind == "channel":
        kind = {"message": "channel_post", "edited_message": "edited_channel_post"}[kind]
    for bot in bots_in(world, message.chat):
        if sees(bot, message):
            message.meant_for.add(bot.id)
            bot.queue.put(kind, wire.message_json(message))


def tell_member(
    world: World, chat: Chat, actor: User, user: User, new: str, withheld: frozenset[str] = frozenset()
) -> None:
    """Change a membership, or the rights that an administrator lacks, and tell the bot it concerns (my_chat_member) and
    the administrators (chat_member)."""
    old = wire.member_json(chat, user, chat.status(user.id))
    chat.members[user.id], chat.withheld[user.id] = new, withheld
    body = wire.member_update_json(chat, actor, user, old, world.now())
    for bot in world.bots.values():
        if bot.user is user:
            bot.queue.put("my_chat_member", body)
        elif chat.administers(bot.id):
            bot.queue.put("chat_member", body)
    world.touch()


def tell_blocked(world: World, chat: Chat, *, blocked: bool) -> None:
    """The person of a private chat has blocked or unblocked its bot."""
    assert chat.bot is not None
    assert chat.user is not None
    user = chat.bot.user
    was, is_now = ("member", "kicked") if blocked else ("kicked", "member")
    changed = {
        "old_chat_member": wire.member_json(chat, user, was),
        "new_chat_member": wire.member_json(chat, user, is_now),
    }
    about = {"chat": wire.chat_json(chat), "from": wire.user_json(chat.user), "date": world.now()}
    chat.bot.queue.put("my_chat_member", about | changed)
    world.touch()


def repeat_in_discussion(world: World, post: Message) -> None:
    """Telegram itself repeats what is posted in a channel in the group that is linked to it."""
    group = world.groups.get(post.chat.linked_chat or 0)
    if post.chat.kind != "channel" or group is None:
        return
    origin = {"type": "channel", "chat": wire.chat_json(post.chat), "message_id": post.id, "date": post.at}
    content = post.content | {"is_automatic_forward": True, "forward_origin": origin}
    tell_message(world, world.add_message(group, world.telegram, content, signed=post.chat))


def tell_press(world: World, press: Press) -> None:
    """A press goes to the bot whose message carries the button."""
    bot = world.bot_of(press.message.sender.id)
    assert bot is not None
    bot.queue.put("callback_query", wire.press_json(press))


def tell_reaction(world: World, message: Message, user: User, old: list[str], new: list[str]) -> None:
    for bot in bots_in(world, message.chat):
        if message.chat.kind == "private" or message.chat.administers(bot.id):
            bot.queue.put("message_reaction", wire.reaction_json(message, user, old, new, world.now()))
    world.touch()
