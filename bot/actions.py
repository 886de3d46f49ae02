"""What a handler asks for: values that the outbox makes into deliveries, in the handler's own transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum

from bot.content import Content, Sentence, Verbatim
from bot.incoming import Pressed


class Priority(IntEnum):
    """Which lanes go first; 0 is for button presses, whose answers are worthless after seconds. What comes last goes
    beside all others: a server of somebody else's has a say in it, and may take its time."""

    PRESS = 0
    ANSWER = 1  # to a person
    COORDINATION = 2
    NOTICE = 3
    COMING = 4  # into a chat, or out of it


BESIDE = frozenset({Priority.PRESS, Priority.COMING})
"""What has places of its own, and goes whatever the pace of messages is."""


@dataclass(frozen=True, slots=True)
class Named:
    """A delivery to the same chat, by the name it was given."""

    name: str


@dataclass(frozen=True, slots=True)
class OnNetwork:
    """A message in the same chat, by the network's id: one that came in."""

    id: str


@dataclass(frozen=True, slots=True)
class InTopic:
    """The topic of the chat that the bot has opened under this name."""

    name: str


Ref = Named | OnNetwork


@dataclass(frozen=True, slots=True)
class Button:
    """A choice. Pressed, it comes back as (subject, step, value); with `url` it is a link and never comes back.

    `label` is a sentence in the reader's language, or characters that are the same in every language.
    `lasting`: it may be pressed by several people and again (Claim); otherwise one of its Say's buttons counts, once.
    """

    label: Sentence | str
    step: str = ""
    value: str = ""
    lasting: bool = False
    url: str | None = None


Buttons = tuple[tuple[Button, ...], ...]


def in_rows(buttons: Sequence[Button], most: int) -> Buttons:
    """The buttons in their order, so many beside each other at most."""
    return tuple(tuple(buttons[start : start + most]) for start in range(0, len(buttons), most))


@dataclass(frozen=True, slots=True)
class Say:
    """Say something in a chat (`to`: its id in the store).

    `subject` ("K7", "N3", "") is the lane within the chat: what is said about one subject stays in order. `name` is
    unique in the chat: a second Say of that name is not said again. `thread` and `reply_to` must be of the same lane
    or already sent; what is said below something that stands in a topic stands there, too. `language`: the chat's own
    unless given. `report`: comes back in the Outcome event, when it is delivered or has failed. `deadline`: how long it
    may wait for a translation before the original goes out.
    """

    to: int
    content: Content
    subject: str = ""
    name: str | None = None
    thread: Ref | InTopic | None = None
    reply_to: Ref | None = None
    buttons: Buttons = ()
    language: str | None = None
    priority: Priority = Priority.ANSWER
    report: str | None = None
    deadline: timedelta = timedelta(seconds=20)


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace what a Say said. A pending edit of the same message is replaced by a later one."""

    to: int
    target: Named
    content: Content
    buttons: Buttons = ()
    language: str | None = None
    priority: Priority = Priority.COORDINATION
    report: str | None = None


@dataclass(frozen=True, slots=True)
class Repost:
    """Say in another topic of the chat what a Say said, by the same name; `instead` is what stands in the old place."""

    to: int
    target: Named
    thread: InTopic
    content: Content
    instead: Content
    buttons: Buttons = ()
    priority: Priority = Priority.COORDINATION


@dataclass(frozen=True, slots=True)
class Recall:
    """Take back what a Say said; what has not gone out yet never will. Or somebody's message, where we may."""

    to: int
    target: Ref
    report: str | None = None
    priority: Priority = Priority.ANSWER


@dataclass(frozen=True, slots=True)
class React:
    to: int
    target: Ref
    key: str
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Unreact:
    """Take back what a React of that target and key did; one that has not gone out yet never will."""

    to: int
    target: Ref
    key: str
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Pin:
    """Put a message at the top of its chat. Where the bot may not, nothing happens."""

    to: int
    target: Ref
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Unpin:
    """Take a message from the top of its chat. Where the bot may not, nothing happens."""

    to: int
    target: Ref
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer a button press, so that the button stops turning; the sentence is shown to the presser alone.

    `language` is the chat's own unless given.
    """

    to: int
    press: Pressed
    sentence: Sentence | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Join:
    """`report`: comes back in the Outcome event."""

    to: int
    report: str | None = None


@dataclass(frozen=True, slots=True)
class Leave:
    to: int


@dataclass(frozen=True, slots=True)
class Inspect:
    """Look who else could read along in a chat. What is found comes back in the Outcome of that report."""

    to: int
    report: str


@dataclass(frozen=True, slots=True)
class LookFor:
    """Look whether a person (their id in the store) is in the chat `to`, which is of their network. Only where the
    account can (Policy.knows_members). The Outcome of that report has findings if they are."""

    to: int
    person: int
    report: str


@dataclass(frozen=True, slots=True)
class OpenPrivate:
    """Have a private chat with a person (their id in the store) who is known in the chat `to`: one is opened unless
    there is one. Only where the account can (Policy.opens_private). In the Outcome of that report is where it is, once
    they are in it; until then they are invited."""

    to: int
    person: int
    report: str


@dataclass(frozen=True, slots=True)
class OpenTopic:
    """Open a topic of a name, which the store has been told was asked for; what comes of it is in the Outcome.

    With a `subject` it is done in that lane, and the store needs to be told nothing: the topic is called by its name
    like anything that was said, and what has it as its thread stands in it.
    """

    to: int
    name: str
    title: Content
    report: str
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class CloseTopic:
    """Close the topic of that name, or (`closed` False) have it open again."""

    to: int
    name: str
    closed: bool
    report: str


@dataclass(frozen=True, slots=True)
class Publish:
    """Say the same in every active group of an organisation that reads a language and has not been told it yet.

    One statement, however many groups there are. `subject` ("N3") is the lane; `name` what each delivery is called,
    the subject unless given; with `reply_to`, it goes only to groups that have had the delivery of that name.
    """

    organisation: int
    language: str
    content: Content
    subject: str
    name: str | None = None
    reply_to: str | None = None


@dataclass(frozen=True, slots=True)
class Amend:
    """Replace what a Publish said in a language, in every group of the organisation, gone out yet or not."""

    organisation: int
    language: str
    content: Content
    subject: str


@dataclass(frozen=True, slots=True)
class RecallAll:
    """Take back every copy of what was published under a subject; what has not gone out yet never will."""

    subject: str


@dataclass(frozen=True, slots=True)
class UnpinAll:
    """Take every copy of what was published under a subject from the top of its group, if somebody has put it there."""

    subject: str


Action = (
    Say
    | Edit
    | Repost
    | Recall
    | React
    | Unreact
    | Pin
    | Unpin
    | Answer
    | Join
    | Leave
    | Inspect
    | LookFor
    | OpenPrivate
    | OpenTopic
    | CloseTopic
    | Publish
    | Amend
    | RecallAll
    | UnpinAll
)


@dataclass(frozen=True, slots=True)
class ShownButton:
    """A button as a message keeps it: its opaque id, or the address it leads to."""

    id: str
    label: Sentence | Verbatim
    url: str | None = None


ShownButtons = tuple[tuple[ShownButton, ...], ...]
"""The same rows as the Buttons that they were."""
