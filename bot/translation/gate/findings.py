"""What the gate found: the name of the doubt, whether it blocks, and what it is about."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Code = Literal[
    "number-missing",
    "number-added",
    "number-moved",
    "link-changed",
    "phone-changed",
    "time-changed",
    "day-changed",
    "unit-changed",
    "wrong-language",
    "empty",
    "unchanged",
    "length",
    "repeated",
    "negation",
    "opposite",
    "only-missing",
]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a reviewer should look at; a blocking one keeps the translation from going out unseen.

    `detail` is the stretch in question, for the preview: a person's words, so never for a log.
    """

    code: Code
    blocking: bool
    detail: str = field(default="", repr=False)
