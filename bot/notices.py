"""Notices: public information, its categories, its states and what may be published when. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Category(StrEnum):
    GENERAL = "general"
    FOOD = "food"
    SHELTER = "shelter"
    MEETING = "meeting"
    HEALTH = "health"
    LEGAL = "legal"
    EMERGENCY = "emergency"


NEVER_UNREVIEWED = frozenset({Category.HEALTH, Category.LEGAL})
"""A wrong word here can harm: these wait for a person, whatever anybody confirms."""


class NoticeState(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"
    RECALLED = "recalled"


@dataclass(frozen=True, slots=True)
class Notice:
    """`text` is the source as it stands now, an id in the store; `machine`: published with unreviewed translations."""

    id: int
    number: int
    organisation: int
    chat: int
    person: int | None
    category: Category
    state: NoticeState
    text: int
    language: str
    template: str | None
    machine: bool
    valid_until: date | None
    created_at: datetime
    published_at: datetime | None
    corrected_at: datetime | None

    @property
    def code(self) -> str:
        return f"N{self.number}"


class TranslationState(StrEnum):
    WANTED = "wanted"
    MACHINE = "machine"
    REVIEWED = "reviewed"
    HUMAN = "human"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class StoredFinding:
    """A doubt of the gate about a translation; `detail` is the stretch of text it is about."""

    code: str
    blocking: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Translation:
    """A text in one language. `result` is the translated text's id in the store, None while there is none."""

    id: int
    text: int
    language: str
    state: TranslationState
    result: int | None
    engine: str | None
    findings: tuple[StoredFinding, ...]
    organisation: int | None
    attempts: int

    @property
    def blocked(self) -> bool:
        return any(finding.blocking for finding in self.findings)

    @property
    def needs_a_person(self) -> bool:
        """The gate found it wrong, and nobody has read it since."""
        return self.state is TranslationState.MACHINE and self.blocked


def publishable(translation: Translation | None, category: Category, machine: bool) -> bool:
    """Whether a translation may go to a group: read by a person, or unreviewed where that was asked for and is safe."""
    if translation is None or translation.result is None:
        return False
    match translation.state:
        case TranslationState.REVIEWED | TranslationState.HUMAN:
            return True
        case TranslationState.MACHINE:
            return machine and category not in NEVER_UNREVIEWED and not translation.blocked
        case _:
            return False
