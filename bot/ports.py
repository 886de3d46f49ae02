"""What the outside implements: networks (Adapter) and translation engines (Engine), with their error trees."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol, runtime_checkable

from pydantic import BaseModel

from bot.incoming import Batch, Incoming, Raw
from bot.model import Attachment, Chat
from bot.outgoing import Outgoing, Receipt

Deliver = Callable[[Batch], Awaitable[None]]
Save = Callable[[bytes], Awaitable[None]]
Share = Callable[[bytes], Awaitable[bytes]]

LARGEST_FILE = 50 * 2**20
"""Bytes of the largest file that is passed on, whatever a network allows: each takes its size on our disk meanwhile."""
LONGEST_PAUSE = timedelta(days=1)
"""However long a network or an engine says that it wants to be left alone: after a day it is asked again."""


# --- networks ------------------------------------------------------------------------------------------------------


class SendError(Exception):
    """What a failed send says about delivery. Never carries a person's words, names or a token.

    SendError
    ├── NotSent     the network did not take it: send again, after `retry_after` where it named a time
    ├── Refused     the network will never take it: say so
    │   └── TooLarge  a file larger than may be fetched or sent
    ├── Closed      nobody like us may write in the chat now (closed for the night): try for a day if it is a group
    ├── Gone        the chat is out of reach (blocked, kicked, deleted): stop writing to it
    ├── Moved       the chat has a new id: send there
    └── Unknown     no telling whether it arrived
    """


def _pause(told: timedelta | None) -> timedelta | None:
    """A pause that can be kept: no time at all is none."""
    return None if told is None or told <= timedelta() else min(told, LONGEST_PAUSE)


class NotSent(SendError):
    """`whole_account`: it is no matter of this chat alone, but of all that the account sends.

    With a `retry_after` that is a limit which it has hit, without one it cannot reach the network or is not let in.
    """

    def __init__(self, reason: str, retry_after: timedelta | None = None, whole_account: bool = False) -> None:
        super().__init__(reason)
        self.retry_after = _pause(retry_after)
        self.whole_account = whole_account


class Refused(SendError):
    pass


class TooLarge(Refused):
    pass


class Closed(SendError):
    pass


class Gone(SendError):
    pass


class Moved(SendError):
    def __init__(self, to: str) -> None:
        super().__init__("the chat has a new id")
        self.to = to


class Unknown(SendError):
    pass


class ReceiveError(Exception):
    """
    ReceiveError
    ├── Down        the network cannot be reached now: try again
    └── Revoked     the account is not accepted (token, password, device): stop it and tell the operator
    """


class Down(ReceiveError):
    """`retry_after`: the network has said when it may be asked again. `anew`: not before the adapter was closed and
    opened again, since what it has in memory is not what it has kept."""

    def __init__(self, reason: str, retry_after: timedelta | None = None, anew: bool = False) -> None:
        super().__init__(reason)
        self.retry_after = _pause(retry_after)
        self.anew = anew


class Revoked(ReceiveError):
    pass


@dataclass(frozen=True, slots=True)
class Limits:
    """What a network allows. The sources of the numbers stand beside each adapter's own value."""

    text: int  # the longest text of one message, in `unit`
    unit: Literal["utf16", "bytes"]
    per_second: float  # messages a second for the whole account, 0 for no known limit
    burst: int  # how many may go at once after a pause
    chat_gap: float  # seconds between two messages to one chat
    group_window: tuple[int, float] | None  # at most N messages in S seconds to one group
    idempotent: bool  # the same transaction id has its effect once
    edits: bool = True
    threads: bool = False  # messages stand in threads; otherwise a thread is a chain of replies
    buttons: bool = False  # choices are buttons; otherwise the adapter writes them out as a numbered list
    reactions: bool = False  # people can answer with a reaction
    withdraw_within: timedelta | None = None  # older messages cannot be taken back; None: always can
    download: int = LARGEST_FILE  # bytes of the largest file that can be fetched
    upload: int = 0  # bytes of the largest file that can be sent; 0: none can
    caption: int = 0  # the longest caption of a file, in `unit`; 0: words stand in a message before their files
    opens_private: bool = False  # it can invite somebody to a private chat, whatever they have written to it before
    knows_members: bool = False  # it can say whether somebody is in a chat
    encrypts: bool = False  # people write for each login that the account has: who stands by needs one before its turn


@dataclass(frozen=True, slots=True)
class Account:
    """What an adapter says of itself once it is connected.

    `private_link` opens a private chat with the bot: "{start}" in it is replaced by a payload of at most 64 of
    A-Za-z0-9_- ; a network whose links carry no payload has none in it. `group_link` likewise adds the bot to a group;
    `channel_link` to a channel, with the rights that it needs there.
    """

    name: str  # "@schakel_bot", "@schakel:example.org"
    private_link: str
    group_link: str | None = None
    channel_link: str | None = None


async def _unshared(value: bytes) -> bytes:
    """For an account that nobody shares."""
    return value


@dataclass(frozen=True, slots=True)
class Home:
    """What the core keeps for an account: a folder of its own (mode 0700) and one opaque value, which belongs to it.

    Where several processes serve an account in turn, each has such a folder. `share` is for what belongs to the account
    itself: what the first of them gives is kept, and every later call, anybody's, returns just that.
    """

    folder: Path
    state: bytes | None = field(repr=False)
    save: Save = field(repr=False)
    share: Share = field(repr=False, default=_unshared)


@dataclass(frozen=True, slots=True)
class Question:
    """What `schakel init` asks for a key of a plugin's settings.

    `explained` is said before it. `suggested` finds an answer to propose, given those before; "" where it finds none.
    """

    key: str
    asked: str
    explained: str = ""
    default: str = ""
    secret: bool = False
    suggested: Callable[[Mapping[str, str]], Coroutine[Any, Any, str]] | None = None


class Adapter(Protocol):
    """One account on one network.

    Life: `open` once, then `receive` (one task, restarted after Down) and `send` (many at a time) side by side,
    `close` at the end; then maybe all of it again. `parse` is a pure function of the raw event and of what `open`
    learnt, and works before `open` as far as the raw event tells.
    """

    Settings: ClassVar[type[BaseModel]]
    questions: ClassVar[Sequence[Question]]  # none: `schakel init` does not offer it
    limits: Limits

    def __init__(self, name: str, settings: BaseModel) -> None: ...

    async def open(self, home: Home) -> Account:
        """Connect and log in. Raises Down or Revoked."""

    async def close(self) -> None: ...

    async def receive(self, cursor: str | None, deliver: Deliver) -> None:
        """Hand over every event after `cursor`, batch by batch, for ever.

        `deliver` returns when the batch and its cursor are durable; only then may the network be told. An event that
        cannot be understood is handed over all the same. NOTHING_NEW is for a network that has answered and has nothing
        more to tell, best as soon as all is handed over that happened before this was called: nothing is stored, but it
        is known to be alive, and that we have caught up. Raises Down or Revoked; what `deliver` raises passes through.
        """

    def parse(self, raw: Raw) -> Sequence[Incoming]:
        """What the event means; empty for what is nobody's business. Raises ValueError for what cannot be parsed."""

    async def send(self, action: Outgoing) -> Receipt:
        """Do it, once. Raises a SendError; anything else is a bug."""

    async def fetch(self, attachment: Attachment, into: Path, most: int) -> None:
        """Write the attachment's bytes, piece by piece and at most so many, to the file.

        Raises a SendError: TooLarge when there are more. What the file holds then is nobody's business any more.
        """

    async def check(self, state: bytes | None = None) -> list[str]:
        """For `schakel check`: try the account without starting, and say what is wrong in plain English with the
        remedy, one sentence each. Empty: all is well. `state` is what was kept for the account; None: nothing."""

    async def inspect(self, chat: Chat, state: bytes | None) -> tuple[str, ...]:
        """For `schakel check`: what InspectChat finds, without starting. `state` is what was kept for the account.

        Raises a SendError; empty as well where it cannot be known without starting.
        """


@runtime_checkable
class OneLogin(Protocol):
    """What an adapter's settings have as well where two accounts cannot share a login: `login_key` is the key that
    tells one login from another."""

    login_key: ClassVar[str]


@runtime_checkable
class Listens(Protocol):
    """What an adapter has as well to which others connect: where it listens ("HOST:PORT"), None where it does not, and
    the key that says so."""

    listens_key: ClassVar[str]

    @property
    def listens(self) -> str | None: ...


@runtime_checkable
class Remarks(Protocol):
    """What an adapter has as well whose account can work, and still be worse off than it need be."""

    async def remarks(self, state: bytes | None) -> list[str]:
        """For `schakel check`, as Adapter.check; but what it says is no fault, and never more than can be found out.

        `state` is what was kept for the account.
        """


@dataclass(frozen=True, slots=True)
class PutBack:
    """What an account goes on with after a restore.

    `told`: what the operator has to know or do, a sentence each. `tells_again`: the network brings what was written
    since the backup once more, though it was handled then.
    """

    state: bytes | None = field(repr=False)
    told: tuple[str, ...] = ()
    tells_again: bool = False


@runtime_checkable
class GoesBack(Protocol):
    """What an adapter has as well for which going back in time is no matter of course."""

    def put_back(self, folder: Path | None, state: bytes | None) -> PutBack:
        """For `schakel restore`: make the account's folder and state, which come out of a backup, fit to go on with.

        The network may have seen more of us since they were copied. Nothing is connected. `folder` is None where the
        account's own has outlived its database, and stays as it is: only the state is older then.
        """


# --- translation engines -------------------------------------------------------------------------------------------


class EngineError(Exception):
    """What a failed translation says about trying again. Never carries the text or a key.

    EngineError
    ├── Unsupported   not this text: ask the next engine
    │   └── NotOffered   not these languages, whatever the text
    ├── Busy          the engine wants a pause of `retry_after`
    ├── Unavailable   cannot be reached, or failed: try again later
    └── Rejected      the key is not accepted, or we are banned: the operator must act
    """


class Unsupported(EngineError):
    pass


class NotOffered(Unsupported):
    pass


NOT_OFFERED = "no engine translates between these languages"
"""Why there is no translation where every engine said so."""


class Busy(EngineError):
    def __init__(self, reason: str, retry_after: timedelta | None = None) -> None:
        super().__init__(reason)
        self.retry_after = _pause(retry_after)


class Unavailable(EngineError):
    pass


class Rejected(EngineError):
    pass


@dataclass(frozen=True, slots=True)
class Keep:
    """A stretch that must come out of the engine as it went in: a link, a phone number, a time, an amount."""

    text: str


Marked = tuple[str | Keep, ...]
"""One paragraph, cut where stretches must be kept."""


class Engine(Protocol):
    """A machine translator. `read_by` names who else reads the texts ("Google"); None: they stay on the operator's
    machines."""

    Settings: ClassVar[type[BaseModel]]
    questions: ClassVar[Sequence[Question]]
    name: str
    read_by: str | None

    def __init__(self, name: str, settings: BaseModel) -> None: ...

    async def open(self) -> None:
        """Make what needs a running event loop. Reaches nothing; never raises for a server that is down."""

    async def close(self) -> None: ...

    async def translate(self, paragraphs: Sequence[Marked], source: str, target: str) -> list[str]:
        """The paragraphs in `target`, in order, one plain string each; languages are ours ("pt", "ar").

        The engine keeps each Keep by whatever means it has; the pipeline checks. Raises an EngineError.
        """

    async def check(self) -> list[str]:
        """For `schakel check`, as Adapter.check. Opens the engine if nobody has."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What somebody says in a recording, as an engine has understood it, and in which language if it can tell."""

    text: str = field(repr=False)
    language: str | None = None


@runtime_checkable
class Transcriber(Protocol):
    """What an engine has as well that can write down what somebody says. One that can do nothing else raises
    Unsupported when it is to translate."""

    async def transcribe(self, recording: Path, mime: str, language: str | None) -> Heard:
        """`recording` is a file of sound or film of that type, which is only read. `language`: the one that whoever
        speaks has chosen; they may speak another all the same. No words: nobody speaks. Raises an EngineError."""
