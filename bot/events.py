"""What comes back in: everything that happens inside and later than its cause is an event in the inbox, too."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

OPERATOR = "operator"
"""The lane of what the operator is told."""


@dataclass(frozen=True, slots=True)
class Translated:
    """The pipeline has finished with a text: a translation is there, or it failed; `passes`: for a while only."""

    translation: int
    text: int
    language: str
    purpose: str  # notice, conversation, voice
    passes: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """A delivery that asked for a report is delivered (`failure` None) or never will be.

    `findings`: what an Inspect, a LookFor or an OpenPrivate has found.
    """

    chat: int
    subject: str
    name: str | None
    report: str | None
    failure: str | None
    at: datetime
    findings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SentAgain:
    """A delivery that had failed is on its way once more, because the operator wanted it."""

    chat: int
    subject: str
    name: str | None
    report: str | None


@dataclass(frozen=True, slots=True)
class FileLost:
    """What came with a text could not be passed on to a chat; a line stands in its place. `too_large`: that is why."""

    text: int
    chat: int
    too_large: bool


@dataclass(frozen=True, slots=True)
class ChatGone:
    """A chat can no longer be written to: the bot was blocked, kicked, or the chat is no more."""

    chat: int
    reason: str


@dataclass(frozen=True, slots=True)
class TopicGone:
    """A topic that we have opened in a chat is not there any more, with all that stood in it."""

    chat: int
    topic: str


@dataclass(frozen=True, slots=True)
class Due:
    """A timer. `what` names the handler's business, `subject` whose. `calendar`: it is due at a time that stands on the
    wall (midnight, nine o'clock), not after so many minutes. `at`: when it was due, once it is."""

    what: str
    subject: str = ""
    calendar: bool = False
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Quarantined:
    """An event could not be handled, again and again, and was put aside."""

    inbox: int
    account: str


@dataclass(frozen=True, slots=True)
class HandledAgain:
    """An event that was put aside is to be handled once more, because the operator wanted it."""

    account: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something needs the operator's hands. `cause` is its kind and whose it is: "account/telegram"."""

    cause: str


@dataclass(frozen=True, slots=True)
class TroubleOver:
    """It is well again."""

    cause: str


Internal = (
    Translated
    | Outcome
    | SentAgain
    | FileLost
    | ChatGone
    | TopicGone
    | Due
    | Quarantined
    | HandledAgain
    | Trouble
    | TroubleOver
)
