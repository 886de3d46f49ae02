"""What an event says that has neither a text nor a file: a place or a poll, written out as text."""

from __future__ import annotations

import re
from typing import Any

from bot.files import kinds
from bot.model import Text

Json = dict[str, Any]

POLLS = {"m.poll.start": "m.poll", "org.matrix.msc3381.poll.start": "org.matrix.msc3381.poll.start"}
"""Event types, each with the field of its content that holds the poll (MSC3381)."""
ENDS = {"m.poll.end", "org.matrix.msc3381.poll.end"}
LIVE = {"m.beacon_info", "org.matrix.msc3672.beacon_info"}
"""State events: somebody begins or stops to show where they are (MSC3489)."""
BEACONS = {"m.beacon", "org.matrix.msc3672.beacon"}
"""Each place from then on, which does not say whether it is the first one."""

_GEO = re.compile(r"geo:(-?\d{1,3}(?:\.\d+)?),(-?\d{1,3}(?:\.\d+)?)(?:,-?[\d.]+)?((?:;[^;]*)*)", re.IGNORECASE)
_ACCURACY = re.compile(r";u=(\d{1,7}(?:\.\d+)?)(?:;|$)", re.IGNORECASE)


def place(content: Json, live: bool = False) -> Text:
    """Of an m.location, with MSC3488's fields where they are, or of an m.beacon (`live`). Raises ValueError for what is
    no place."""
    told = content.get("m.location") or content.get("org.matrix.msc3488.location")
    told = told if isinstance(told, dict) else {}
    uri = told.get("uri") or content.get("geo_uri")
    found = _GEO.fullmatch(uri) if isinstance(uri, str) else None
    if found is None:
        raise ValueError("no place")
    accuracy = _ACCURACY.search(found[3])
    name = told.get("description") or content.get("body")
    # Apps write the place itself where people wrote nothing.
    named = isinstance(name, str) and "geo:" not in name and re.search(r"-?\d+\.\d{3,}", name) is None
    return kinds.place(
        kinds.Place(
            float(found[1]),
            float(found[2]),
            name if named and isinstance(name, str) else "",
            None if accuracy is None else float(accuracy[1]),
            live,
        )
    )


def poll(content: Json, kind: str) -> Text:
    """Raises ValueError for what is no poll."""
    start = content.get(POLLS[kind])
    if not isinstance(start, dict) or not isinstance(start.get("answers"), list):
        raise ValueError("no poll")
    answers = [kinds.Answer(Text(words)) for words in map(_words, start["answers"]) if words]
    return kinds.poll(Text(_words(start.get("question"))), answers)


def ended(content: Json) -> Text:
    """What the app that ended a poll says of it, which is how it ended; only the sign where it says nothing."""
    return kinds.said(kinds.POLL, Text(_words(content)))


def _words(value: object) -> str:
    """Of an extensible event (MSC1767), in any of the ways in which they were written."""
    if not isinstance(value, dict):
        return ""
    texts = value.get("m.text") or value.get("org.matrix.msc1767.message") or []
    plain = [one.get("body") for one in texts if isinstance(one, dict)] if isinstance(texts, list) else [texts]
    candidates = [*plain, value.get("org.matrix.msc1767.text"), value.get("body")]
    return next((words for words in candidates if isinstance(words, str) and words), "")
