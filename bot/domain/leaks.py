"""What lets others read along in a room, in words: each finding of an adapter with its remedy."""

from __future__ import annotations

from collections.abc import Collection

from bot.content import Sentence, say

_SAID = {
    "public": "leak-public",
    "open": "leak-open",
    "channel": "leak-channel",
    "history": "leak-history",
    "unencrypted": "leak-unencrypted",
    "cloud": "leak-cloud",
}
_OF_REQUESTS = frozenset({"cloud"})
"""What can be mended by nobody, and is worth a word only where members' own words stand."""


def warnings(findings: Collection[str], coordination: bool) -> list[Sentence]:
    """The worst first. An adapter may find what we have no words for; that is left out."""
    return [
        say(key)
        for finding, key in _SAID.items()
        if finding in findings and (coordination or finding not in _OF_REQUESTS)
    ]
