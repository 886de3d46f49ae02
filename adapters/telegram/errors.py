"""What python-telegram-bot raises, in the terms of `bot.ports`: the one place that knows both.

Reasons are our own sentences or fixed texts of Telegram's. Telegram's other texts can quote what somebody wrote, so
they are never passed on, and neither is the exception itself: raise what is returned here `from None`.
"""

from __future__ import annotations

import re
from datetime import timedelta

from telegram.error import BadRequest, ChatMigrated, Conflict, Forbidden, InvalidToken, NetworkError, RetryAfter

from adapters.telegram.request import NeverSent, NotReached
from bot.ports import Closed, Down, Gone, Moved, NotSent, ReceiveError, Refused, Revoked, SendError, TooLarge, Unknown

NOT_MODIFIED = "message is not modified"
NOTHING_TO_DELETE = "message to delete not found"
NOTHING_TO_UNPIN = "message to unpin not found"
PINNED_ALREADY = "chat_not_modified"
TOPIC_NOT_MODIFIED = "topic_not_modified"
TOPIC_IS_CLOSED = "topic_closed"
NO_SUCH_TOPIC = ("message thread not found", "topic_deleted", "topic_id_invalid", TOPIC_IS_CLOSED)
"""What Telegram says of a topic in which nothing can be written; the first also where the group has none any more."""

_GONE = (
    "bot was blocked by the user",
    "user is deactivated",
    "bot can't initiate conversation with a user",
    "bot was kicked",
    "bot is not a member",
    "bot can't send messages to bots",
    "the group chat was deleted",
    "group chat was deactivated",
    "chat not found",
    "user not found",
    "peer_id_invalid",
    "chat_id_invalid",
    "channel_private",
    "channel_public_group_na",
    "chat_restricted",
    "user_is_blocked",
    "input_user_deactivated",
    "have no write access",
    "need administrator rights in the channel chat",
)
_CLOSED = re.compile(
    "not enough rights to send (text|messages)|have no rights to send|chat_write_forbidden|chat_send_plain_forbidden"
)
"""Where it is the bot alone that may not write, an update says so, and another that it may again; where no member may,
none says either."""
_NO_FILES = re.compile(r"not enough rights to send (?!text|messages)\w+")  # words can still be sent there
_NOT_NOW = "the file is temporarily unavailable"
"""After "wrong file_id or": of an id that Telegram gave us, whatever keeps it from getting the file now."""
_TOO_LARGE = ("file is too big", "is too big for a")
_WHOLE_TOO_LARGE = ("request entity too large", "content too large")
"""Status 413: by Telegram, and by whatever stands before it, as Python calls it (until 3.12, and since 3.13)."""
_DELETED = "sent message was immediately deleted"
"""By somebody else's program that watches over the group: once more would be deleted as well, and look like spam."""
_UPGRADED = "group chat was upgraded to a supergroup chat"
_REFUSED = (
    NOT_MODIFIED,
    NOTHING_TO_DELETE,
    "message text is empty",
    "message is too long",
    "message to be replied not found",
    "message to edit not found",
    "message to react not found",
    "message to pin not found",
    *NO_SUCH_TOPIC,
    "not enough rights to manage topics",
    "not enough rights to create a topic",
    "the chat is not a forum",
    "message can't be edited",
    "message can't be deleted for everyone",
    "message can't be deleted",
    "not enough rights to manage pinned messages",
    "message_id_invalid",
    "message_too_long",
    "there is no text in the message to edit",
    "query is too old and response timeout expired or query id is invalid",
    "button_data_invalid",
    "button_url_invalid",
    "reply markup is too long",
    "reaction_invalid",
    "reactions_too_many",
    "entities_too_long",
    "bot_command_invalid",
    "bot_command_description_invalid",
    "bot_commands_too_much",
    "chat member status can't be changed in private chats",
    "invalid file_id",
    "photo_invalid_dimensions",
    "image_process_failed",
    "voice_messages_forbidden",
)


def says(error: BaseException, fixed: str) -> bool:
    """Whether Telegram says this. PTB takes prefixes away and changes capitals."""
    return fixed in str(error).lower()


def _first(error: BaseException, texts: tuple[str, ...]) -> str | None:
    return next((text for text in texts if says(error, text)), None)


def send_error(error: Exception) -> SendError:
    """What a failed call says about delivery."""
    match error:
        case RetryAfter():
            # Nearly always one chat's limit; when it is the account's, the other chats are told so one by one.
            return NotSent("Telegram asks for a pause", timedelta(seconds=_seconds(error)))
        case ChatMigrated():
            return Moved(str(error.new_chat_id))
        case Forbidden() | BadRequest() if _CLOSED.search(str(error).lower()):
            return Closed("nobody may write in the chat now")
        case Forbidden():
            return Gone(_first(error, _GONE) or "Telegram forbids writing there")
        case BadRequest():  # first of all NetworkErrors: PTB counts it as one
            return _bad_request(error)
        case InvalidToken():
            return NotSent("Telegram does not accept the bot's token now", whole_account=True)
        case Conflict():
            return NotSent("Telegram is busy with another call of this bot")
        case NotReached():
            return NotSent("Telegram cannot be reached", whole_account=True)
        case NeverSent():
            return NotSent("something before Telegram refuses it")
        case NetworkError() if any(says(error, name) for name in _WHOLE_TOO_LARGE):
            return TooLarge("Telegram finds it too large")
        case NetworkError() if says(error, _DELETED):
            return Refused(_DELETED)
    # No answer in time, a connection that broke, 5xx, or an answer without sense (for PTB often a KeyError or such).
    return Unknown("no clear answer from Telegram")


def _bad_request(error: BadRequest) -> SendError:
    if _NO_FILES.search(str(error).lower()):
        return Refused("the chat takes no files of this kind")
    if any(says(error, text) for text in _TOO_LARGE):
        return TooLarge("Telegram finds it too large")
    if says(error, _UPGRADED):
        return NotSent("the group is becoming a supergroup")  # its new id comes with an update
    if (reason := _first(error, _GONE)) is not None:
        return Gone(reason)
    return Refused(_first(error, _REFUSED) or "Telegram refuses it")


def fetch_error(error: Exception) -> SendError:
    """What a failed download says. Nothing is delivered by it, so no outcome is unknown."""
    if says(error, _NOT_NOW):
        return NotSent(_NOT_NOW)
    failure = send_error(error)
    return NotSent(str(failure)) if isinstance(failure, Unknown) else failure


def receive_error(error: Exception) -> ReceiveError:
    """Why nothing can be received now. A refused token is final only when it is refused again."""
    match error:
        case InvalidToken():
            return Revoked("Telegram does not accept the bot's token: put the one that @BotFather shows into `token`")
        case Conflict() if says(error, "webhook"):
            return Down("a webhook was set for this bot, which takes its messages elsewhere")
        case Conflict():
            return Down("another program receives with this bot's token: stop it, or give it a bot of its own")
        case RetryAfter():
            return Down("Telegram asks for a pause", timedelta(seconds=_seconds(error)))
        case NeverSent():
            return Down("Telegram cannot be reached")
    return Down("Telegram gives no clear answer")


def _seconds(error: RetryAfter) -> float:
    wait = error.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else wait
