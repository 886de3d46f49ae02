"""Notices: public information, its categories, its states and what may be published when. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from bot.translation.protecting import paragraphs


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


PLANS = ("notice-publish", "notice-publish-machine")
"""The timers of a notice that goes out later: with what was read by then, or with unreviewed translations, too."""
PLAN_HOLDS = timedelta(hours=6)
"""A bot that was down when a notice was to go out sends it until then. Later its "tomorrow" may have become yesterday,
and it is for its publisher to decide."""
PLAN_IN_DOUBT = "notice-plan-in-doubt"
"""The timer of one whose time came after a backup to which the bot was put back."""


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
    category: Category
    state: NoticeState
    text: int
    language: str
    template: str | None
    machine: bool
    valid_until: date | None
    published_at: datetime | None
    corrected_at: datetime | None
    expired_at: datetime | None = None

    @property
    def code(self) -> str:
        return f"N{self.number}"

    @property
    def never_out(self) -> bool:
        """A draft, or one that was withdrawn as such: nobody but who wrote it knows that there is one."""
        return self.state is NoticeState.DRAFT or (self.state is NoticeState.RECALLED and self.published_at is None)


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
    findings: tuple[StoredFinding, ...]
    organisation: int | None

    @property
    def blocked(self) -> bool:
        return any(finding.blocking for finding in self.findings)

    @property
    def needs_a_person(self) -> bool:
        """The gate found it wrong, and nobody has read it since."""
        return self.state is TranslationState.MACHINE and self.blocked


class Standing(StrEnum):
    """How far a notice is in one language; everything but READY is held."""

    READY = "ready"
    WORKING = "working"  # the computer is translating
    UNREAD = "unread"  # a computer made it, no person has read it
    DOUBTFUL = "doubtful"  # the same, and the gate found something wrong
    MISSING = "missing"  # nobody has translated it


def standing(translation: Translation | None, category: Category, machine: bool) -> Standing:
    """Whether a translation may go to a group, and if not, why.

    What a person read or wrote may; what nobody has read only where that was asked for (`machine`), in a category in
    which a wrong word does no harm, and when the gate found nothing that blocks.
    """
    match translation:
        case None:
            return Standing.MISSING
        case Translation(state=TranslationState.WANTED):
            return Standing.WORKING
        case Translation(result=None) | Translation(state=TranslationState.FAILED):
            return Standing.MISSING
        case Translation(state=TranslationState.MACHINE) if translation.blocked:
            return Standing.DOUBTFUL
        case Translation(state=TranslationState.MACHINE) if not machine or category in NEVER_UNREVIEWED:
            return Standing.UNREAD
        case _:
            return Standing.READY


# --- changes ---------------------------------------------------------------------------------------------------------


def published(notice: Notice, machine: bool, at: datetime) -> Notice:
    """It is out. Unreviewed translations, once allowed, stay allowed: also for what is corrected later."""
    first = notice.published_at or at
    return replace(notice, state=NoticeState.PUBLISHED, machine=notice.machine or machine, published_at=first)


def reworded(notice: Notice, text: int, at: datetime) -> Notice:
    """It has a new text. What groups have had already counts as corrected; a draft has simply been written anew."""
    if notice.state is NoticeState.DRAFT:
        return replace(notice, text=text)
    return replace(notice, text=text, corrected_at=at)


def valid_until(notice: Notice, day: date) -> Notice:
    """It has another last day. What was over is valid again."""
    return replace(notice, valid_until=day, expired_at=None)


def is_over(notice: Notice, today: date) -> bool:
    """Whether its last day has passed, marked or not."""
    return notice.valid_until is not None and notice.valid_until < today


def is_told(count: int, threshold: int) -> bool:
    """Whether to tell a publisher that so many readers do not understand: at the threshold, and each time that it has
    doubled since."""
    while threshold < count:
        threshold *= 2
    return count == threshold


def recalled(notice: Notice) -> Notice:
    return replace(notice, state=NoticeState.RECALLED)


def paired_paragraphs(source: str, target: str) -> list[tuple[str, str]]:
    """The paragraphs of a text beside those of its translation; none where they do not match one to one."""
    before, after = ([p.strip() for p in paragraphs(text.strip())[::2]] for text in (source, target))
    if len(before) != len(after):
        return []
    return [(one, other) for one, other in zip(before, after, strict=True) if one and other]


def next_look(waiting_since: datetime | None, now: datetime) -> timedelta:
    """When to count again how far the copies are: soon at first, then ever more rarely, at most every 5 minutes."""
    waited = timedelta(0) if waiting_since is None else (now - waiting_since) / 2
    return min(max(waited, timedelta(seconds=2)), timedelta(minutes=5))
