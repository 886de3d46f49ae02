"""What Telegram does to a text before it is a message: cleaning, trimming, checking and finding entities."""

from __future__ import annotations

import re
from typing import Any

from tests.servers.botapi.errors import bad_request

Json = dict[str, Any]

LONGEST_TEXT = 4096  # UTF-16 code units
LONGEST_CAPTION = 1024
MOST_ENTITIES = 100

# TDLib's clean_input_string: control characters become spaces, these vanish (line and paragraph separators,
# direction embeddings and overrides, three combining marks that disfigure neighbouring lines).
_VANISH = frozenset("\r\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u0333\u033f\u030a")
_BLANK = frozenset(" \n\u00a0\u1680\u180e\u202f\u205f\u2800\u3000\ufffc\ufeff") | {
    chr(c) for c in range(0x2000, 0x2010)
}

_FOUND = (
    ("url", re.compile(r"(?:https?://|www\.|t\.me/)[^\s<>\"]*[^\s<>\".,;:!?)\]'»”]")),
    ("email", re.compile(r"\b[\w.+-]+@[\w-]+\.[\w.-]*\w\b")),
    ("mention", re.compile(r"(?<![\w@])@[A-Za-z]\w{3,31}\b")),
    ("hashtag", re.compile(r"(?<!\w)#\w*[^\W\d_]\w*")),
    ("bot_command", re.compile(r"(?<![\w/])/[A-Za-z0-9_]{1,64}(?:@\w{3,32})?(?![\w/])")),
)
_OPAQUE = frozenset(
    {"code", "pre", "text_link", "text_mention", "url", "email", "mention", "hashtag", "bot_command"}
)  # nothing is found within these
_KINDS = _OPAQUE | {
    "cashtag",
    "phone_number",
    "bold",
    "italic",
    "underline",
    "strikethrough",
    "spoiler",
    "blockquote",
    "expandable_blockquote",
    "custom_emoji",
    "date_time",
}


def utf16_length(text: str) -> int:
    return len(text) + sum(1 for char in text if char > "\uffff")


def is_empty(text: str) -> bool:
    return all(char in _BLANK for char in text)


def cut_to(text: str, longest: int) -> list[str]:
    """The text in parts of at most `longest` UTF-16 units, as apps cut what is too long; they do not care where."""
    parts, units = [""], 0
    for char in text:
        units += 2 if char > "\uffff" else 1
        if units > longest:
            parts, units = [*parts, ""], 2 if char > "\uffff" else 1
        parts[-1] += char
    return parts


def formatted(text: str, entities: list[Json]) -> tuple[str, list[Json]]:
    """The text and its entities as the message will hold them, those that Telegram finds itself included.

    Raises ApiError 400 for entities that are malformed or do not fit the text.
    """
    plain = not entities and text.isascii() and text.isprintable()
    if plain and text.strip() == text:  # by far the most common case: nothing to clean, nothing to move
        return text, _found(text, [])
    if len(entities) > MOST_ENTITIES:
        raise bad_request("ENTITIES_TOO_LONG")
    cleaned, moved = _cleaned(text, [_checked(entity) for entity in entities])
    trimmed, kept = _trimmed(cleaned, [entity for entity in moved if entity["length"]])
    return trimmed, _found(trimmed, kept)


def _checked(entity: Json) -> Json:
    if not isinstance(entity, dict):
        raise bad_request("can't parse MessageEntity: expected an Object")
    kind, offset, length = entity.get("type"), entity.get("offset"), entity.get("length")
    if kind not in _KINDS:
        raise bad_request("can't parse MessageEntity: unsupported type specified")
    if not isinstance(offset, int) or not isinstance(length, int):
        raise bad_request("can't parse MessageEntity: can't find field \"offset\"")
    if not 0 <= offset <= 1_000_000:
        raise bad_request(f"receive an entity with incorrect offset {offset}")
    if not 0 <= length <= 1_000_000:
        raise bad_request(f"receive an entity with incorrect length {length}")
    if kind == "text_link" and not _is_url(str(entity.get("url", ""))):
        raise bad_request(f"entity URL '{entity.get('url', '')}' is invalid: Wrong HTTP URL")
    return dict(entity)


def _is_url(url: str) -> bool:
    """TDLib's LinkManager::check_link_impl and parse_url, but for IPv6 and for ton."""
    scheme, there, rest = url.partition("://")
    if there and scheme.lower() not in ("http", "https", "tg"):
        return False
    authority = re.split("[/?#]", rest if there else url, maxsplit=1)[0]
    if scheme.lower() == "tg" and there:
        return re.fullmatch("[A-Za-z0-9_-]+", authority) is not None
    before, at, after = authority.rpartition("@")
    host, colon, port = after.partition(":")
    if colon and not (port.isascii() and port.isdecimal() and 0 < int(port) < 65536):
        return False
    part = r"(?:[A-Za-z0-9.\-_!$,~*'();&+=]|%[0-9A-Fa-f]{2}|[^\x00-\x7f])"
    named = re.fullmatch(f"{part}+", host) is not None and "." in host and host != "."
    return named and (not at or re.fullmatch(f"(?:{part}|:)*", before) is not None)


def _cleaned(text: str, entities: list[Json]) -> tuple[str, list[Json]]:
    places: dict[int, int] = {}  # UTF-16 offset in the text as sent → in the cleaned text
    kept: list[str] = []
    before = after = 0
    for char in text:
        places[before] = after
        units = 2 if char > "\uffff" else 1
        before += units
        if char not in _VANISH:
            kept.append(" " if char < " " and char != "\n" else char)
            after += units
    places[before] = after
    return "".join(kept), [_moved(entity, places, before, text) for entity in entities]


def _moved(entity: Json, places: dict[int, int], end_of_text: int, text: str) -> Json:
    start, end = entity["offset"], entity["offset"] + entity["length"]
    if start > end_of_text:
        raise bad_request(f"entity begins after the end of the text at UTF-16 offset {start}")
    if start not in places:
        raise bad_request(f"entity begins in a middle of a UTF-16 symbol at byte offset {_byte_offset(text, start)}")
    if end > end_of_text:
        raise bad_request(
            f"entity beginning at UTF-16 offset {start} ends after the end of the text at UTF-16 offset {end}"
        )
    if end not in places:
        where = _byte_offset(text, end)
        raise bad_request(
            f"entity beginning at UTF-16 offset {start} ends in a middle of a UTF-16 symbol at byte offset {where}"
        )
    return entity | {"offset": places[start], "length": places[end] - places[start]}


def _byte_offset(text: str, utf16_offset: int) -> int:
    return len(text.encode("utf-16-le")[: 2 * (utf16_offset + 1)].decode("utf-16-le").encode())


def _trimmed(text: str, entities: list[Json]) -> tuple[str, list[Json]]:
    """Without blank ends; in front only as far as the first entity, as TDLib does it."""
    text = text.rstrip(" \n")
    end_of_text = utf16_length(text)
    first = min((entity["offset"] for entity in entities), default=end_of_text)
    blank = min(len(text) - len(text.lstrip(" \n")), first)
    kept = []
    for entity in entities:
        end = min(entity["offset"] + entity["length"], end_of_text)
        if end > entity["offset"]:
            kept.append(entity | {"offset": entity["offset"] - blank, "length": end - entity["offset"]})
    return text[blank:], kept


def _found(text: str, given: list[Json]) -> list[Json]:
    """The given entities and the links, mentions, hashtags and commands that every client shows as such."""
    taken = [(e["offset"], e["offset"] + e["length"]) for e in given if e["type"] in _OPAQUE]
    found = list(given)
    if any(sign in text for sign in "/@#."):
        for kind, pattern in _FOUND:
            for match in pattern.finditer(text):
                start = utf16_length(text[: match.start()])
                end = start + utf16_length(match.group())
                if not any(a < end and start < b for a, b in taken):
                    taken.append((start, end))
                    found.append({"offset": start, "length": end - start, "type": kind})
    return sorted(found, key=lambda e: (e["offset"], -e["length"]))
