"""Who is in a group, and who else could read along: what Telegram says of its name, its history and its channel."""

from __future__ import annotations

from telegram import Bot, ChatMember, ChatMemberRestricted
from telegram.error import BadRequest

from adapters.telegram.errors import says, send_error
from adapters.telegram.placing import number
from bot.model import Chat
from bot.ports import Refused

_NOT_IN_IT = ("user_not_participant", "participant_id_invalid", "member not found")
_UNKNOWN = ("user not found", "invalid user_id")
_IN_IT = (ChatMember.OWNER, ChatMember.ADMINISTRATOR, ChatMember.MEMBER)


async def inspect(bot: Bot, chat: Chat) -> tuple[str, ...]:
    """Raises a SendError. Groups are never encrypted end to end: what is written there lies in Telegram's cloud."""
    address = number(chat.id)
    try:
        group = await bot.get_chat(address)
        found = []
        if group.username or group.active_usernames:
            found.append("public")
        if group.linked_chat_id is not None:
            found.append("channel")
        if group.has_visible_history:  # told to administrators alone
            found.append("history")
    except Exception as error:
        raise send_error(error) from None
    return (*found, "cloud")


async def is_in(bot: Bot, chat: Chat, person: str) -> bool:
    """Raises a SendError; also where Telegram does not tell, which it promises to do to administrators alone."""
    try:
        member = await bot.get_chat_member(number(chat.id), number(person))
    except Exception as error:
        if isinstance(error, BadRequest) and any(says(error, text) for text in _NOT_IN_IT):
            return False
        if isinstance(error, BadRequest) and any(says(error, text) for text in _UNKNOWN):
            raise Refused("Telegram does not know the person") from None  # the group is well
        raise send_error(error) from None
    return member.status in _IN_IT or (isinstance(member, ChatMemberRestricted) and member.is_member)
