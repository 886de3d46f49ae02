"""The page over HTTP: what people do comes in, what changed goes out as server-sent events."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from adapters.web.asked import (
    ToInvite,
    ToPin,
    ToPress,
    ToReact,
    ToReword,
    ToSay,
    ToSend,
    ToStart,
    ToTakeBack,
    begun,
    clean,
    from_our_page,
    number_in,
    read,
)
from adapters.web.files import Filed, TooMuch, kind_of
from adapters.web.history import History
from adapters.web.live import Listener, Live
from adapters.web.records import Missing, NotTheWriter
from adapters.web.render import ASSETS, Renderer, Tongue, tongue
from adapters.web.settings import ChatSettings, PersonSettings, Settings
from adapters.web.shown import ChatState, Part, Post
from bot.files.attached import mime_of, name_of
from bot.model import Attachment

HEARTBEAT = 15.0  # seconds; shorter than the patience of a proxy in between, and of the page (SILENCE in page.js)
SECURITY = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
        "media-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Site:
    """The application's routes over one history."""

    def __init__(self, settings: Settings, live: Live, hosts: list[str]) -> None:
        self._settings = settings
        self._live = live
        self._renderer = Renderer(settings)
        self.app = Starlette(
            routes=[
                Route("/", self.index),
                Route("/events", self.events),
                *(Route(f"/{name}", self.asset, name=name) for name in ASSETS),
                Route("/api/chats/{chat}/messages", self.say, methods=["POST"]),
                Route("/api/chats/{chat}/files", self.send, methods=["POST"]),
                Route("/api/chats/{chat}/files/{key}", self.file),
                Route("/api/chats/{chat}/starts", self.start, methods=["POST"]),
                Route("/api/chats/{chat}/edits", self.reword, methods=["POST"]),
                Route("/api/chats/{chat}/withdrawals", self.take_back, methods=["POST"]),
                Route("/api/chats/{chat}/presses", self.press, methods=["POST"]),
                Route("/api/chats/{chat}/reactions", self.react, methods=["POST"]),
                Route("/api/chats/{chat}/pins", self.pin, methods=["POST"]),
                Route("/api/chats/{chat}/invitations", self.invite, methods=["POST"]),
                Route("/api/chats/{chat}/earlier", self.earlier),
                Route("/api/chats/{chat}/commands", self.commands),
            ],
            # A page of another site may neither reach us under a name of its own nor post here (see `asked.read`).
            middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=hosts, www_redirect=False)],
            exception_handlers={
                HTTPException: _plainly,
                Missing: _missing,
                NotTheWriter: _not_the_writer,
            },
        )

    # --- looking ---------------------------------------------------------------------------------------------------

    async def index(self, request: Request) -> Response:
        chosen = request.query_params.get("language", "")
        speaks = tongue(chosen, request.cookies.get("language", ""), request.headers.get("accept-language", ""))
        chats = [chat.id for chat in self._settings.chats]

        def look(history: History) -> tuple[int, dict[str, Part], dict[str, ChatState]]:
            return history.now(), {chat: history.latest(chat) for chat in chats}, {c: history.state(c) for c in chats}

        since, parts, states = await self._live.read(look)
        html = self._renderer.index(speaks, since, parts, states).encode()
        response = _packed(request, html, "text/html", "no-store")
        if chosen:
            response.set_cookie("language", speaks.page, max_age=31_536_000, samesite="lax", httponly=True)
        return response

    async def earlier(self, request: Request) -> Response:
        """The messages before the one named, as the page shows them."""
        chat, before = self._chat(request), number_in(request.query_params.get("before", ""))
        if before is None:
            raise HTTPException(400, "Say before which message.")
        speaks = _tongue(request)
        part = await self._live.read(History.latest, chat.id, before)
        html = [self._renderer.message(chat, post, speaks) for post in part.posts]
        body = msgspec.json.encode({"html": html, "before": part.earlier})
        return _packed(request, body, "application/json", "no-store")

    async def asset(self, request: Request) -> Response:
        name = request.url.path.lstrip("/")
        forever = "public, max-age=31536000, immutable"  # its address has its digest
        return _packed(request, self._renderer.assets[name], ASSETS[name], forever)

    async def commands(self, request: Request) -> Response:
        """The command menu of the chat, as (name, description)."""
        chat = self._chat(request)
        scope = "private" if chat.kind == "private" else "groups"
        speaks = _tongue(request)
        language = chat.language or (speaks.private if chat.kind == "private" else speaks.page)
        return JSONResponse(await self._live.read(History.commands, chat.id, scope, language), headers=SECURITY)

    async def events(self, request: Request) -> Response:
        """What changes from now on, or since the last event that the page has seen."""
        since = number_in(request.headers.get("last-event-id") or request.query_params.get("since", ""))
        return StreamingResponse(
            self._stream(since, request.query_params.get("page", "")[:80], _tongue(request)),
            media_type="text/event-stream",
            headers={**SECURITY, "Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )

    async def _stream(self, since: int | None, page: str, speaks: Tongue) -> AsyncIterator[str]:
        with self._live.listening(page) as listener:
            yield "retry: 1000\n\n"
            if since is None:
                since = await self._live.read(History.now)
            while not self._live.closing:
                listener.woken.clear()
                while changes := await self._live.read(History.changed_since, since):
                    for change in changes:
                        yield self._change(change, speaks)
                    since = changes[-1].changed
                while listener.toasts:
                    chat, text = listener.toasts.popleft()
                    yield _event("toast", {"chat": chat, "text": text})
                if not await _woken(listener):
                    yield _event("alive", {})

    def _change(self, change: Post | ChatState, speaks: Tongue) -> str:
        chat = self._settings.chat(change.chat)
        if chat is None:  # no longer configured
            return f"id: {change.changed}\n\n"
        if isinstance(change, ChatState):
            pins = self._renderer.pins(chat, change.pins, speaks)
            return _event("chat", {"chat": chat.id, "absent": change.absent, "pins": pins}, change.changed)
        html = self._renderer.message(chat, change, speaks)
        return _event("message", {"chat": chat.id, "id": change.id, "html": html}, change.changed)

    # --- doing -----------------------------------------------------------------------------------------------------

    async def say(self, request: Request) -> Response:
        chat, asked = self._chat(request), await read(request, ToSay)
        person, text = _member(chat, asked.person), clean(asked.text)
        if not text.strip():
            raise HTTPException(400, "Write something first.")
        message = await self._live.write(History.said, chat, person, text, asked.deed, asked.thread, asked.reply_to)
        return _done(message)

    async def send(self, request: Request) -> Response:
        """A file, maybe with words under it."""
        chat = self._chat(request)
        from_our_page(request, "application/octet-stream")
        try:
            asked = msgspec.convert(dict(request.query_params), ToSend, strict=False)
        except msgspec.ValidationError:
            raise HTTPException(400, "This cannot be understood.") from None
        person, mime = _member(chat, asked.person), mime_of(Attachment("", "", asked.name, mime=asked.mime))
        words, file = await begun(request.stream(), asked.words)
        try:
            key, size = await self._live.shelf.take(file)
        except TooMuch:
            raise HTTPException(413, "This file is too large.") from None
        kind = kind_of(mime)
        filed = Filed(key, kind, name_of(Attachment(kind, key, clean(asked.name), size, mime)), mime, size)
        try:
            if size == 0:
                raise HTTPException(400, "The file is empty.")
            message = await self._live.write(
                History.said, chat, person, clean(words), asked.deed, asked.thread, asked.reply_to, None, filed
            )
        except BaseException:
            self._live.shelf.drop(key)
            raise
        return _done(message)

    async def file(self, request: Request) -> Response:
        """A file of the chat, to be shown where it can do no harm, else to be kept."""
        chat = self._chat(request)
        filed = await self._live.read(History.file, chat.id, request.path_params["key"])
        if filed is None:
            raise Missing
        return FileResponse(
            self._live.shelf.path(filed.key),
            media_type=filed.mime if filed.shown_as else "application/octet-stream",
            filename=filed.name,
            content_disposition_type="inline" if filed.shown_as else "attachment",
            headers=SECURITY
            | {"Content-Security-Policy": "default-src 'none'; sandbox", "Cache-Control": "private, no-store"},
        )

    async def start(self, request: Request) -> Response:
        """The link to the private chat was followed."""
        chat, asked = self._chat(request), await read(request, ToStart)
        person = _member(chat, asked.person)
        message = await self._live.write(History.said, chat, person, "/start", asked.deed, start=asked.start)
        return _done(message)

    async def reword(self, request: Request) -> Response:
        chat, asked = self._chat(request), await read(request, ToReword)
        person, text = _member(chat, asked.person), clean(asked.text)
        if not text.strip():
            raise HTTPException(400, "Write something first, or delete the message.")
        await self._live.write(History.reworded, chat, person, asked.message, text)
        return _done(asked.message)

    async def take_back(self, request: Request) -> Response:
        chat, asked = self._chat(request), await read(request, ToTakeBack)
        person = _member(chat, asked.person)
        await self._live.write(History.taken_back, chat, person, asked.message)
        return _done(asked.message)

    async def press(self, request: Request) -> Response:
        chat, asked = self._chat(request), await read(request, ToPress)
        person = _member(chat, asked.person)
        press = await self._live.write(
            History.pressed, chat, person, asked.message, asked.choice, asked.page, asked.deed
        )
        return _done(press)

    async def react(self, request: Request) -> Response:
        chat, asked = self._chat(request), await read(request, ToReact)
        person = _member(chat, asked.person)
        await self._live.write(History.reacted, chat, person, asked.message, clean(asked.emoji), asked.on)
        return _done(asked.message)

    async def pin(self, request: Request) -> Response:
        chat, asked = self._chat(request), await read(request, ToPin)
        person = _member(chat, asked.person)
        if chat.kind == "private":
            raise HTTPException(400, "Only in groups messages are pinned.")
        await self._live.write(History.pinned, chat, person, asked.message, asked.on)
        return _done(asked.message)

    async def invite(self, request: Request) -> Response:
        chat, asked = self._chat(request), await read(request, ToInvite)
        person = _member(chat, asked.person)
        await self._live.write(History.invited, chat, person)
        return _done(0)

    def _chat(self, request: Request) -> ChatSettings:
        chat = self._settings.chat(request.path_params["chat"])
        if chat is None:
            raise HTTPException(404, "There is no such chat.")
        return chat


def _tongue(request: Request) -> Tongue:
    """What the page was written in that asks."""
    asked = request.query_params
    return Tongue(tongue(asked.get("language", "")).page, tongue(asked.get("private", "")).private)


def _member(chat: ChatSettings, person: str) -> PersonSettings:
    member = chat.member(person)
    if member is None:
        raise HTTPException(403, "This person is not in this chat.")
    return member


def _done(result: int) -> Response:
    return JSONResponse({"id": str(result)}, headers=SECURITY)


def _packed(request: Request, body: bytes, media_type: str, cached: str) -> Response:
    """As small as the browser takes it: a phone may be on the slowest of lines."""
    headers = {**SECURITY, "Cache-Control": cached, "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        body = gzip.compress(body, 6)
        headers["Content-Encoding"] = "gzip"
    return Response(body, media_type=media_type, headers=headers)


def _event(name: str, data: dict[str, object], number: int | None = None) -> str:
    head = "" if number is None else f"id: {number}\n"
    return f"{head}event: {name}\ndata: {msgspec.json.encode(data).decode()}\n\n"


async def _woken(listener: Listener) -> bool:
    try:
        async with asyncio.timeout(HEARTBEAT):
            await listener.woken.wait()
    except TimeoutError:
        return False
    return True


async def _plainly(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return PlainTextResponse(error.detail, error.status_code, headers=SECURITY)


async def _missing(request: Request, error: Exception) -> Response:
    return PlainTextResponse("This message is not there any more.", 404, headers=SECURITY)


async def _not_the_writer(request: Request, error: Exception) -> Response:
    return PlainTextResponse("Only its writer can change a message.", 403, headers=SECURITY)
