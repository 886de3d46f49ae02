"""What the gate doubts in a translation, for whoever can judge it: each doubt with the stretch that it is about."""

from __future__ import annotations

from collections.abc import Sequence

from bot.content import Block, Content, Line, Verbatim, say
from bot.domain.notices import StoredFinding

_LONGEST = 80  # characters of a stretch


def lines(found: Sequence[StoredFinding]) -> Content:
    """Each finding once."""
    said: list[Block] = []
    for one in dict.fromkeys(found):
        said.append(Line(say(f"finding-{one.code}")))
        if detail := " ".join(one.detail.split())[:_LONGEST]:
            said.append(Verbatim(detail, "quote"))
    return tuple(said)
