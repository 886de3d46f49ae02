"""The Matrix account as an adapter: the parts joined, and what is under way brought to an end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from pydantic import BaseModel

from adapters.matrix import checking, direct, inspecting, media
from adapters.matrix.connection.client import Client
from adapters.matrix.connection.errors import OldKeys, receive_error
from adapters.matrix.connection.finding import homeserver_of
from adapters.matrix.connection.homeserver import Failure, Homeserver, path
from adapters.matrix.connection.login import kept_login, logged_in
from adapters.matrix.encryption import returning
from adapters.matrix.encryption.signing import Signing
from adapters.matrix.encryption.undecrypted import Undecrypted
from adapters.matrix.events.live import Shares
from adapters.matrix.events.parsing import parse
from adapters.matrix.events.raw import Me
from adapters.matrix.intake.heard import LastHeard
from adapters.matrix.intake.put_off import PutOff
from adapters.matrix.intake.receiving import Receiver
from adapters.matrix.sending import TEXT_BYTES, Sender
from adapters.matrix.settings import MatrixSettings
from bot.incoming import Incoming, Raw
from bot.model import Attachment, Chat
from bot.outgoing import Outgoing, Receipt
from bot.ports import LARGEST_FILE, Account, Deliver, Home, Limits, NotSent, PutBack, Question, Unknown

CLOSING = 1.0  # seconds more that messages under way are given; whoever sent them has waited for them already


class MatrixAdapter:
    """One account on one homeserver."""

    Settings: ClassVar[type[BaseModel]] = MatrixSettings
    questions: ClassVar[Sequence[Question]] = (
        Question(
            "user",
            "The account",
            "Make an ordinary account for the bot, with a password, on any homeserver. You do not use it yourself. "
            "It is written like @schakel:example.org.",
        ),
        Question("homeserver", "The address of its homeserver", suggested=homeserver_of),
        Question("password", "Its password", "It is needed once, for the first login.", secret=True),
    )
    limits = Limits(
        text=TEXT_BYTES,
        unit="bytes",
        per_second=0,  # each homeserver's own affair; it says when to wait
        burst=1,
        chat_gap=0,
        group_window=None,
        idempotent=True,  # by device and transaction id; Synapse remembers them for 24 hours
        threads=True,
        reactions=True,
        opens_private=True,
        knows_members=True,
        encrypts=True,
        upload=LARGEST_FILE,  # until the homeserver has said what it takes
        # No captions: many apps show none, and an edit of one would have to tell everything of the file again.
    )

    def __init__(self, name: str, settings: BaseModel, timeline: int = 100) -> None:
        """`timeline` is how many events of a room the server sends unasked; it allows at most 100."""
        if not isinstance(settings, MatrixSettings):
            raise TypeError("MatrixAdapter needs MatrixSettings")
        self._name = name
        self._settings = settings
        self._timeline = timeline
        self._server = Homeserver(settings.homeserver)
        self._client: Client | None = None
        self._undecrypted: Undecrypted | None = None
        self._put_off: PutOff | None = None
        self._shares: Shares | None = None
        self._receiver: Receiver | None = None
        self._sender: Sender | None = None
        self._under_way: set[asyncio.Task[Receipt]] = set()
        self._was_open = False  # whoever logs it out while it runs may mean it
        self._old_keys = False
        self._renewed = False

    async def open(self, home: Home) -> Account:
        for library in ("nio", "peewee"):  # they log identities, and what they cannot read
            logging.getLogger(library).setLevel(logging.CRITICAL)
        try:
            old_keys, self._old_keys = self._old_keys, False
            client = self._client = await logged_in(self._server, self._settings, home, not self._was_open, old_keys)
            self._renewed = self._renewed or old_keys  # once: a homeserver may have other reasons to refuse keys
            client.goes_on_with_old_keys = self._renewed or self._settings.password is None
            await client.upload_keys()
            listed, name = await asyncio.gather(direct.listed(self._server, self._settings.user), self._display_name())
            client.direct = direct.rooms_of(listed)
            self.limits = replace(self.limits, upload=await media.largest(self._server))
            me = Me(client.user_id, name)
            signing = Signing(self._server, client, self._settings, home.share)
            await signing.tend()
        except Failure as failure:
            await self._release()
            raise receive_error(failure) from failure
        except BaseException as error:  # it may be opened again
            self._old_keys = isinstance(error, OldKeys)
            await self._release()
            raise
        self._undecrypted = Undecrypted(home.folder)
        self._put_off = PutOff(home.folder)
        self._shares = Shares(home.folder)
        self._receiver = Receiver(
            self._server,
            client,
            signing,
            self._undecrypted,
            self._put_off,
            self._shares,
            LastHeard(home.folder),
            me,
            self._timeline,
        )
        self._sender = Sender(self._server, client)
        self._was_open = True
        return Account(client.user_id, f"https://matrix.to/#/{client.user_id}")

    async def close(self) -> None:
        self._sender = None
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=CLOSING)
        for task in self._under_way:
            task.cancel()
        await self._release()

    async def _release(self) -> None:
        for kept in (self._undecrypted, self._put_off, self._shares, self._client):
            if kept is not None:
                kept.close()
        await self._server.close()
        self._undecrypted = self._put_off = self._shares = self._client = None

    async def receive(self, cursor: str | None, deliver: Deliver) -> None:
        if self._receiver is None:
            raise RuntimeError("open comes first")
        try:
            await self._receiver.run(cursor, deliver)
        except OldKeys:
            self._old_keys = True
            raise

    def parse(self, raw: Raw) -> Sequence[Incoming]:
        return parse(raw, self._name)

    async def send(self, action: Outgoing) -> Receipt:
        if self._sender is None:
            raise NotSent("the account is not connected", whole_account=True)
        # A send that is cut off halfway leaves the room's keys in the dark: it goes on when its caller is cancelled.
        task = asyncio.create_task(self._sender.send(action))
        self._under_way.add(task)
        task.add_done_callback(self._ended)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if not task.cancelled():
                raise
        raise Unknown("the account was closed before the homeserver had answered")  # its caller was not cancelled

    def _ended(self, task: asyncio.Task[Receipt]) -> None:
        self._under_way.discard(task)
        if not task.cancelled():
            task.exception()  # looked at, for the case that nobody waits for it any more

    async def fetch(self, attachment: Attachment, into: Path, most: int) -> None:
        await media.fetch(self._server, attachment, into, most)

    async def check(self, state: bytes | None = None) -> list[str]:
        server = Homeserver(self._settings.homeserver)
        try:
            return await checking.check(server, self._settings, kept_login(state, self._settings.user))
        finally:
            await server.close()

    async def remarks(self, state: bytes | None) -> list[str]:
        kept = kept_login(state, self._settings.user)
        server = Homeserver(self._settings.homeserver, kept.token if kept else None)
        try:
            return await checking.remarks(server, self._settings, kept.id if kept else None)
        finally:
            await server.close()

    def put_back(self, folder: Path | None, state: bytes | None) -> PutBack:
        return returning.put_back(folder, state, self._settings.password is not None)

    async def inspect(self, chat: Chat, state: bytes | None) -> tuple[str, ...]:
        kept = kept_login(state, self._settings.user)
        if kept is None:
            return ()  # it has not logged in yet
        server = Homeserver(self._settings.homeserver, kept.token)
        try:
            return await inspecting.inspect(server, chat)
        finally:
            await server.close()

    async def _display_name(self) -> str | None:
        try:
            answer = await self._server.call("GET", path("profile", self._settings.user, "displayname"))
        except Failure as failure:
            if failure.errcode in ("M_NOT_FOUND", "M_FORBIDDEN"):
                return None
            raise
        name = answer.get("displayname")
        return name if isinstance(name, str) else None
