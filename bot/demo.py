"""`schakel demo`: the real bot on the web network, with rooms, groups and people to try it with, and no account."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from adapters.web.adapter import WebAdapter
from adapters.web.settings import ChatSettings, Settings
from bot.app import App, Parts
from bot.catalogue import available
from bot.configuration.listening import bound, host_and_port, is_loopback
from bot.configuration.sections import in_address
from bot.domain.chats import Pairing, Role
from bot.model import Chat, ChatKind
from bot.store.transaction import Policy, Transaction
from handlers.chats.menus import menus
from handlers.dispatching import handle

ACCOUNT = "web"
FIRST = ("nl", "fr", "en", "pt", "tr", "ar")
LANGUAGES = (*FIRST, *(code for code in available() if code not in FIRST))
ORGANISATION = "De Brug"

_ROOM_TITLES = {"en": "Coordination room", "nl": "Coördinatie", "fr": "Coordination"}
_READERS = {
    "en": "the volunteers of De Brug",
    "nl": "de vrijwilligers van De Brug",
    "fr": "les bénévoles de De Brug",
    "pt": "as pessoas voluntárias de De Brug",
    "tr": "De Brug gönüllüleri",
    "ar": "متطوعو De Brug",
}


def parts(folder: Path, listen: str, language: str) -> Parts:
    """A bot like any other; only its network is a page."""
    chats = tuple(_titled(chat, language) for chat in Settings().chats)
    policy = Policy(
        languages=LANGUAGES,
        working_language=language,
        readers=_READERS,
        hours="Mon-Sun 00:00-24:00",
        networks={ACCOUNT: "Schakel"},
    )
    return Parts(
        url=f"sqlite:///{in_address(folder)}/schakel.db",
        data_dir=folder,
        policy=policy,
        adapters={ACCOUNT: WebAdapter(ACCOUNT, Settings(listen=listen, chats=chats))},
        engines={"notice": (), "conversation": ()},
        handle=handle,
        menus=menus,
    )


def furnish(tx: Transaction, language: str) -> None:
    """Give the chats their roles, as `pair` would."""
    owner = tx.chats.organisation_named(ORGANISATION).id
    tx.chats.set_reads(owner, ("pt", "ar"))
    roles = {
        "coordination": Pairing(Role.COORDINATION, None, language),
        "organisation": Pairing(Role.ORGANISATION, owner, language),
        "group-pt": Pairing(Role.GROUP, owner, "pt"),
        "group-ar": Pairing(Role.GROUP, owner, "ar"),
    }
    for id, pairing in roles.items():
        chat = tx.chats.known(Chat(ACCOUNT, id), ChatKind.GROUP)
        if chat.role == Role.NONE:
            tx.chats.pair(chat.id, pairing)


async def serve(folder: Path, listen: str, language: str, say: Callable[[str], None]) -> None:
    """Serve the demo until it is stopped."""
    async with App(parts(folder, listen, language)) as app:
        app.stop_on_signals()
        await app.unit(lambda tx: furnish(tx, language))

        async def ready() -> None:
            say(f"Open http://{listen}/ in a browser. Stop with Ctrl-C.")

        await app.run(ready)


@contextmanager
def place(keep: Path | None) -> Iterator[Path]:
    """The folder of the demo: a fresh one that is thrown away, or the one to keep."""
    if keep is not None:
        keep.mkdir(mode=0o700, parents=True, exist_ok=True)
        yield keep
        return
    with tempfile.TemporaryDirectory(prefix="schakel-demo-") as folder:
        yield Path(folder)


def is_taken(folder: Path) -> bool:
    """Whether a bot with accounts on real networks keeps its data there: whoever opens the page could speak as anybody
    among real people."""
    accounts = folder / "accounts"
    return accounts.is_dir() and any(one.name != ACCOUNT for one in accounts.iterdir())


def free_address(wanted: str) -> str:
    """The wanted address, or one beside it where something listens there already. Raises ValueError or OSError."""
    host, port = host_and_port(wanted)
    if not is_loopback(host):
        raise ValueError(
            "whoever opens the page can speak as anybody in it, so it is shown on this machine alone; write for "
            "example 127.0.0.1:8080"
        )
    for candidate in (port, 0):
        try:
            with bound(host, candidate) as probe:
                return f"{wanted.rpartition(':')[0]}:{probe.getsockname()[1]}"
        except OSError:
            continue
    raise OSError(f"nothing can listen on {host}")


def _titled(chat: ChatSettings, language: str) -> ChatSettings:
    if chat.id == "coordination":
        return chat.model_copy(update={"title": _ROOM_TITLES.get(language, _ROOM_TITLES["en"])})
    return chat
