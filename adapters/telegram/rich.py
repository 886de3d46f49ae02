"""Rich messages (Bot API 10.2): blocks of styled text, lists and tables, as one text.

Nothing here raises: what is not as documented has no words. Pictures in it are shown as a sign, with their captions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from bot.model import SpanKind, Text, joined

_DEPTH = 40  # blocks and styles within each other
_STYLES = {
    "bold": SpanKind.BOLD,
    "italic": SpanKind.ITALIC,
    "underline": SpanKind.UNDERLINE,
    "strikethrough": SpanKind.STRIKE,
    "spoiler": SpanKind.SPOILER,
    "code": SpanKind.CODE,
}
_BLOCKS = {"heading": SpanKind.BOLD, "pre": SpanKind.PRE, "pullquote": SpanKind.QUOTE}
_QUOTES = {"blockquote", "expandable_blockquote"}
_RULE = "———"
_PICTURE = "🖼"


def words(message: object) -> Text:
    """Of the field `rich_message`."""
    return _blocks(message.get("blocks"), 0) if isinstance(message, dict) else Text("")


def _blocks(blocks: object, depth: int) -> Text:
    if not isinstance(blocks, list) or depth > _DEPTH:
        return Text("")
    return joined([_block(block, depth + 1) for block in blocks if isinstance(block, dict)], "\n")


def _block(block: dict[str, Any], depth: int) -> Text:
    kind = _kind(block)
    if kind == "divider":
        return Text(_RULE)
    if kind == "list":
        return joined([_item(item, depth) for item in _dicts(block.get("items"))], "\n")
    if kind == "table":
        return joined([_said(block.get("caption"), depth), *_rows(block.get("cells"), depth)], "\n")
    said = joined(list(_parts(block, depth)), "\n")
    if kind in _QUOTES:
        return said.styled(SpanKind.QUOTE)
    if not said and kind in block:  # a photo is in the field "photo", a film in "video"
        return Text(_PICTURE)
    style = _BLOCKS.get(kind)
    language = block.get("language")
    value = language if style is SpanKind.PRE and isinstance(language, str) and language else None
    return said if style is None else said.styled(style, value)


def _parts(block: dict[str, Any], depth: int) -> Iterator[Text]:
    """What a block says, in whatever fields it says it."""
    yield _said(block.get("summary"), depth)
    yield _said(block.get("text"), depth)
    yield _said(block.get("expression"), depth)
    yield _blocks(block.get("blocks"), depth)
    caption = block.get("caption")
    shown = _said(caption.get("text"), depth) if isinstance(caption, dict) else Text("")
    yield Text(f"{_PICTURE} ") + shown if shown else shown
    yield _said(block.get("credit"), depth)


def _item(item: dict[str, Any], depth: int) -> Text:
    label = item.get("label")
    sign = ("☑" if item.get("is_checked") else "☐") if item.get("has_checkbox") else label
    body = _blocks(item.get("blocks"), depth)
    return Text(f"{sign if isinstance(sign, str) and sign else '•'} ") + body if body else body


def _rows(cells: object, depth: int) -> list[Text]:
    rows = [row for row in cells if isinstance(row, list)] if isinstance(cells, list) else []
    return [joined([_said(cell.get("text"), depth) for cell in _dicts(row)], " | ") for row in rows]


def _kind(of: dict[str, Any]) -> str:
    kind = of.get("type")
    return kind if isinstance(kind, str) else ""


def _dicts(value: object) -> Sequence[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _said(value: object, depth: int) -> Text:
    """Styled text: a string, a list of such, or an object that says what is within it."""
    if isinstance(value, str):
        return Text(value)
    if depth > _DEPTH:
        return Text("")
    if isinstance(value, list):
        return sum((_said(one, depth + 1) for one in value), Text(""))
    if not isinstance(value, dict):
        return Text("")
    within = _said(value.get("text"), depth + 1)
    kind = _kind(value)
    if kind == "url" and isinstance(value.get("url"), str):
        return within.styled(SpanKind.LINK, value["url"])
    if kind == "text_mention" and isinstance(user := value.get("user"), dict) and isinstance(user.get("id"), int):
        return within.styled(SpanKind.MENTION, str(user["id"]))
    if kind in _STYLES:
        return within.styled(_STYLES[kind])
    plain = next((value[key] for key in ("alternative_text", "expression") if isinstance(value.get(key), str)), "")
    return within or Text(plain)
