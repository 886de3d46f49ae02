"""How the world's objects look in the Bot API's JSON."""

from __future__ import annotations

from typing import Any

from tests.servers.botapi.state import Bot, Chat, Message, Press, StoredFile, Topic, User

Json = dict[str, Any]


def present(**fields: Any) -> Json:
    """The fields that have a value: the Bot API leaves out what is absent, and flags that are false."""
    return {name: value for name, value in fields.items() if value is not None and value is not False}


def user_json(user: User) -> Json:
    shown: Json = {"id": user.id, "is_bot": user.is_bot, "first_name": user.first_name}
    return shown | present(last_name=user.last_name, username=user.username, language_code=user.language_code)


def me_json(bot: Bot) -> Json:
    return user_json(bot.user) | {
        "can_join_groups": True,
        "can_read_all_group_messages": not bot.privacy,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
        "has_topics_enabled": False,
        "allows_users_to_create_topics": False,
        "can_manage_bots": False,
    }


def chat_json(chat: Chat) -> Json:
    if chat.user is not None:
        names = present(first_name=chat.user.first_name, last_name=chat.user.last_name, username=chat.user.username)
        return {"id": chat.id, **names, "type": "private"}
    shown = {"id": chat.id, "title": chat.title, "type": chat.kind}
    shown |= present(is_forum=chat.is_forum, username=chat.username)
    return shown | ({"all_members_are_administrators": False} if chat.kind == "group" else {})


GIFTS = {
    "unlimited_gifts": False,
    "limited_gifts": False,
    "unique_gifts": False,
    "premium_subscription": False,
    "gifts_from_channels": False,
}
PERMISSIONS = dict.fromkeys(
    (
        "can_send_messages",
        "can_send_audios",
        "can_send_documents",
        "can_send_photos",
        "can_send_videos",
        "can_send_video_notes",
        "can_send_voice_notes",
        "can_send_polls",
        "can_send_other_messages",
        "can_add_web_page_previews",
        "can_change_info",
        "can_invite_users",
        "can_pin_messages",
        "can_edit_tag",
        "can_react_to_messages",
    ),
    True,
)


def full_chat_json(chat: Chat, to_administrator: bool = False) -> Json:
    shown = chat_json(chat) | {"accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": GIFTS}
    if chat.kind not in ("private", "channel"):
        shown["permissions"] = PERMISSIONS | ({"can_manage_topics": False} if chat.is_forum else {})
    pinned = next((chat.messages[i] for i in reversed(chat.pinned) if not chat.messages[i].deleted), None)
    shown |= present(linked_chat_id=chat.linked_chat, active_usernames=chat.username and [chat.username])
    shown |= present(has_visible_history=to_administrator and chat.visible_history)
    return shown | present(pinned_message=pinned and message_json(pinned, with_reply=False))


RIGHTS = (
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_change_info",
    "can_invite_users",
    "can_pin_messages",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
    "can_send_welcome_messages",
)


IN_CHANNELS = ("can_post_messages", "can_edit_messages", "can_manage_direct_messages")


def member_json(chat: Chat, user: User, status: str) -> Json:
    """A ChatMember."""
    shown: Json = {"user": user_json(user), "status": status}
    match status:
        case "creator":
            shown |= {"is_anonymous": False}
        case "administrator":
            lacks = chat.withheld.get(user.id, frozenset())
            own = {"channel": IN_CHANNELS, "supergroup": ("can_manage_topics",)}.get(chat.kind, ())
            shown |= {"can_be_edited": False, "is_anonymous": False, "can_promote_members": False}
            shown |= {right: right not in lacks for right in (*RIGHTS, *own)}
        case "kicked":
            shown |= {"until_date": 0}
    return shown


def member_update_json(chat: Chat, actor: User, user: User, old: Json, at: int) -> Json:
    """`old`: what the member was before."""
    now = member_json(chat, user, chat.status(user.id))
    return {
        "chat": chat_json(chat),
        "from": user_json(actor),
        "date": at,
        "old_chat_member": old,
        "new_chat_member": now,
    }


def message_json(message: Message, *, with_reply: bool = True) -> Json:
    """The message as it stands now. A quoted message (reply, pinned) does not quote in its turn."""
    shown: Json = {"message_id": message.id, "chat": chat_json(message.chat), "date": message.at}
    if message.chat.kind != "channel":  # there nobody is told who wrote it
        shown["from"] = user_json(message.sender)
    if message.signed is not None:
        shown["sender_chat"] = chat_json(message.signed)
    if message.thread is not None:
        shown["message_thread_id"] = message.thread
    if message.in_topic:
        shown["is_topic_message"] = True
    if message.edited_at is not None:
        shown["edit_date"] = message.edited_at
    if message.protected:
        shown["has_protected_content"] = True
    if with_reply and message.reply_to is not None and not message.reply_to.deleted:
        shown["reply_to_message"] = message_json(message.reply_to, with_reply=False)
    shown |= message.content
    if message.link_preview is not None:
        shown["link_preview_options"] = message.link_preview
    if message.keyboard is not None:
        shown["reply_markup"] = message.keyboard
    return shown


def press_json(press: Press) -> Json:
    message = press.message
    if message.deleted:
        shown: Json = {"chat": chat_json(message.chat), "message_id": message.id, "date": 0}
    else:
        shown = message_json(message)
    return {
        "id": press.id,
        "from": user_json(press.user),
        "message": shown,
        "chat_instance": str(message.chat.id * 31),
        "data": press.data,
    }


def reaction_json(message: Message, user: User, old: list[str], new: list[str], at: int) -> Json:
    return {
        "chat": chat_json(message.chat),
        "message_id": message.id,
        "user": user_json(user),
        "date": at,
        "old_reaction": [{"type": "emoji", "emoji": emoji} for emoji in old],
        "new_reaction": [{"type": "emoji", "emoji": emoji} for emoji in new],
    }


def topic_json(topic: Topic) -> Json:
    return {"message_thread_id": topic.id, "name": topic.name, "icon_color": topic.icon_color}


def file_json(file: StoredFile) -> Json:
    return {"file_id": file.id, "file_unique_id": file.unique_id, "file_size": len(file.body)}
