"""Which reply markups Telegram accepts."""

from __future__ import annotations

import re
from typing import Any

from tests.servers.botapi.errors import bad_request

Json = dict[str, Any]

LONGEST_DATA = 64  # bytes
MOST_BUTTONS = 100
_OTHER_MARKUPS = frozenset({"keyboard", "remove_keyboard", "force_reply"})
_OTHER_ACTIONS = frozenset({"web_app", "login_url", "switch_inline_query", "copy_text", "pay", "callback_game"})


def inline_keyboard(markup: Any) -> Json | None:
    """The keyboard as the message will show it; None for none, for an empty one and for the other markups.

    Raises ApiError 400.
    """
    if markup is None:
        return None
    if not isinstance(markup, dict):
        raise bad_request("object expected as reply markup")
    if not _OTHER_MARKUPS.isdisjoint(markup):
        return None
    rows = markup.get("inline_keyboard", [])
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad_request('field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays')
    checked = [[_button(button) for button in row] for row in rows if row]
    if sum(map(len, checked)) > MOST_BUTTONS:
        raise bad_request("reply markup is too long")
    return {"inline_keyboard": checked} if checked else None


def _button(button: Any) -> Json:
    if not isinstance(button, dict):
        raise bad_request("can't parse inline keyboard button: expected an Object")
    if not isinstance(button.get("text"), str) or not button["text"].strip():
        raise bad_request("can't parse inline keyboard button: can't find field \"text\"")
    if button.get("callback_data"):
        if len(button["callback_data"].encode()) > LONGEST_DATA:
            raise bad_request("BUTTON_DATA_INVALID")
    elif "url" in button:
        if not re.match(r"(https?|tg)://[^\s]+$|[\w-]+(\.[\w-]+)+(/\S*)?$", str(button["url"])):
            raise bad_request(f"inline keyboard button URL '{button['url']}' is invalid: Wrong HTTP URL")
    elif _OTHER_ACTIONS.isdisjoint(button):
        raise bad_request("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    return {key: value for key, value in button.items() if value is not None}
