"""What we want done, as calls of python-telegram-bot. Texts go with entities, never with a parse mode."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TypeVar

from msgspec.structs import replace as changed
from telegram import (
    Bot,
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
    ForumTopic,
    LinkPreviewOptions,
    MenuButtonCommands,
    ReactionTypeEmoji,
)

from adapters.telegram import files, inspecting
from adapters.telegram.entities import to_entities
from adapters.telegram.errors import (
    NO_SUCH_TOPIC,
    NOT_MODIFIED,
    NOTHING_TO_DELETE,
    NOTHING_TO_UNPIN,
    PINNED_ALREADY,
    TOPIC_IS_CLOSED,
    TOPIC_NOT_MODIFIED,
    says,
    send_error,
)
from adapters.telegram.placing import FREELY, Manner, keyboard, number, placed, sayable, writable
from adapters.telegram.request import asked
from adapters.telegram.wire import whole
from bot.model import TOPIC
from bot.outgoing import (
    THERE,
    AnswerPress,
    CloseTopic,
    EditText,
    InspectChat,
    JoinChat,
    LeaveChat,
    LookFor,
    OpenPrivate,
    OpenTopic,
    Outgoing,
    PinMessage,
    Receipt,
    SendFile,
    SendReaction,
    SendText,
    SetCommands,
    TakeReaction,
    UnpinMessage,
    Withdraw,
)
from bot.ports import Gone, Refused, Unknown
from bot.text.graphemes import IN_COLOUR

T = TypeVar("T")

LONGEST_ANSWER = 200  # characters of the note that answers a button press
LONGEST_DESCRIPTION = 256  # of a command
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


async def perform(bot: Bot, action: Outgoing, manner: Manner = FREELY) -> Receipt:
    """Do it, once. Raises a SendError."""
    match action:
        case SendText() | SendFile():
            return await _say(bot, action, manner)
        case EditText():
            return await _edit(bot, action)
        case Withdraw(chat, message):
            deletion = bot.delete_message(number(chat.id), number(message))
            return await _do(deletion, unless=NOTHING_TO_DELETE)
        case PinMessage(chat, message):
            pinning = bot.pin_chat_message(number(chat.id), number(message), disable_notification=True)
            return await _do(pinning, unless=PINNED_ALREADY)
        case UnpinMessage(chat, message):
            return await _do(bot.unpin_chat_message(number(chat.id), number(message)), unless=NOTHING_TO_UNPIN)
        case OpenPrivate():
            raise Refused("on Telegram nobody hears of a bot to whom they have not written first")
        case OpenTopic():
            return await _open_topic(bot, action)
        case CloseTopic(chat, topic, closed):
            change = bot.close_forum_topic if closed else bot.reopen_forum_topic
            where = (number(chat.id), number(topic.removeprefix(TOPIC)))
            return await _do(change(*where), unless=TOPIC_NOT_MODIFIED)
        case SendReaction(chat, message, key):
            emoji = ReactionTypeEmoji(whole(key).replace(IN_COLOUR, ""))  # else it is none that Telegram knows
            return await _do(bot.set_message_reaction(number(chat.id), number(message), [emoji]))
        case TakeReaction(chat, message):
            return await _do(bot.set_message_reaction(number(chat.id), number(message), []))
        case AnswerPress(press=press, text=text):
            return await _do(bot.answer_callback_query(press, _cut(whole(text), LONGEST_ANSWER) or None))
        case JoinChat():
            return Receipt()  # people add bots; no bot can join
        case LeaveChat(chat):
            return await _leave(bot, chat.id)
        case InspectChat(chat):
            return Receipt(findings=await inspecting.inspect(bot, chat))
        case LookFor(chat, person):
            return Receipt(findings=(THERE,) if await inspecting.is_in(bot, chat, person) else ())
        case SetCommands():
            return await _set_commands(bot, action)


async def _say(bot: Bot, action: SendText | SendFile, manner: Manner) -> Receipt:
    """In its topic; where that is deleted or closed, in the group itself: what was to be said is not lost with it."""
    try:
        return await _said(bot, action, manner)
    except Refused as refusal:
        reason = str(refusal)
        if reason not in NO_SUCH_TOPIC or (action.thread is None and action.reply_to is None):
            raise
    # What answers something in a topic would stand there, too.
    receipt = await _said(bot, changed(action, thread=None, reply_to=None), manner)
    in_topic = action.thread is not None and action.thread.startswith(TOPIC)
    return changed(receipt, elsewhere=in_topic and reason != TOPIC_IS_CLOSED)


async def _said(bot: Bot, action: SendText | SendFile, manner: Manner) -> Receipt:
    return await (_send(bot, action, manner) if isinstance(action, SendText) else files.send(bot, action, manner))


async def _open_topic(bot: Bot, action: OpenTopic) -> Receipt:
    topic = await _ask(bot.create_forum_topic(number(action.chat.id), whole(action.title)))
    if not isinstance(topic, ForumTopic):
        raise Unknown("no clear answer from Telegram")
    return Receipt(f"{TOPIC}{topic.message_thread_id}")


async def _send(bot: Bot, action: SendText, manner: Manner) -> Receipt:
    """Not by `Bot.send_message`, which makes a tree of objects of what it has just said: its number is all we need."""
    text = sayable(action.text)
    values = {
        "chat_id": number(action.chat.id),
        "text": text.plain,
        "entities": to_entities(text) or None,
        "reply_markup": keyboard(action.choices),
        "link_preview_options": _NO_PREVIEW,
        **placed(action, manner),
    }
    answer: object = await _ask(bot.request.post(f"{bot.base_url}/sendMessage", asked(values)))
    message = answer.get("message_id") if isinstance(answer, dict) else None
    if not isinstance(message, int):
        raise Unknown("no clear answer from Telegram")
    return Receipt(str(message))


async def _edit(bot: Bot, action: EditText) -> Receipt:
    text, chat, message = sayable(action.text), number(action.chat.id), number(action.message)
    buttons = keyboard(action.choices)
    if action.caption:
        text = writable(action.text)
        call = bot.edit_message_caption(
            chat, message, caption=text.plain, caption_entities=to_entities(text), reply_markup=buttons
        )
    else:
        call = bot.edit_message_text(
            text.plain,
            chat,
            message,
            entities=to_entities(text),
            reply_markup=buttons,
            link_preview_options=_NO_PREVIEW,
        )
    await _do(call, unless=NOT_MODIFIED)
    return Receipt(action.message)


async def _leave(bot: Bot, chat: str) -> Receipt:
    try:
        return await _do(bot.leave_chat(number(chat)))
    except Gone:
        return Receipt()  # we are out already


async def _set_commands(bot: Bot, action: SetCommands) -> Receipt:
    """Beside what people write a button opens the menu, in every private chat."""
    language = (action.language or "").partition("-")[0]
    if action.language and len(language) != 2:
        return Receipt()  # Telegram's apps speak languages with two letters only: nobody could see this menu
    where, scope = language or None, _scope(action)
    if not action.commands:
        return await _do(bot.delete_my_commands(scope, where))
    commands = [BotCommand(name, _cut(whole(said), LONGEST_DESCRIPTION)) for name, said in action.commands]
    await _do(bot.set_my_commands(commands, scope, where))
    if action.scope == "private" and where is None:
        await _do(bot.set_chat_menu_button(menu_button=MenuButtonCommands()))
    return Receipt()


def _scope(action: SetCommands) -> BotCommandScope:
    if action.chat is not None:
        return BotCommandScopeChat(number(action.chat.id))
    return BotCommandScopeAllPrivateChats() if action.scope == "private" else BotCommandScopeAllGroupChats()


async def _do(call: Awaitable[object], unless: str | None = None) -> Receipt:
    """Make the call. `unless`: what Telegram says when everything is already as the call would have it."""
    try:
        await call
    except Exception as error:
        if unless is None or not says(error, unless):
            raise send_error(error) from None
    return Receipt()


async def _ask(call: Awaitable[T]) -> T:
    try:
        return await call
    except Exception as error:
        raise send_error(error) from None


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"
