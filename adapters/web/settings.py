"""What can be configured of the web network: where it listens, and its chats with the people in them."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from bot.configuration.listening import host_and_port, is_loopback
from bot.model import ChatKind

BOT = "schakel"

Identifier = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")


class PersonSettings(BaseModel):
    """Somebody who speaks in a chat. `language` is what a phone would tell of its owner."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Identifier
    name: str = Field(min_length=1, max_length=60)
    language: str | None = None


class ChatSettings(BaseModel):
    """One chat. `language` decides the script's direction and the words on its buttons, nothing more.

    `columns` groups chats on a wide screen: chats with the same column number stand under each other. `threads`: people
    work here; a box to write in its thread stands under every message of the bot that has a code, and ✅ is at hand
    where others have 👍. `suggestions` are offered above the box in which one writes, `thread_suggestions` there while
    it writes in a thread.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Identifier
    kind: Literal["private", "group"]
    title: str = Field(min_length=1, max_length=80)
    language: str | None = None
    column: int = 0
    threads: bool = False
    members: tuple[PersonSettings, ...] = Field(min_length=1)
    suggestions: tuple[str, ...] = ()
    thread_suggestions: tuple[str, ...] = ()

    @property
    def chat_kind(self) -> ChatKind:
        return ChatKind(self.kind)

    def member(self, person: str) -> PersonSettings | None:
        return next((member for member in self.members if member.id == person), None)

    @model_validator(mode="after")
    def one_person_in_private(self) -> Self:
        if self.kind == "private" and len(self.members) != 1:
            raise ValueError("a private chat has exactly one member")
        return self


def demo_chats() -> tuple[ChatSettings, ...]:
    """The chats of the demo: two rooms where people work, two community groups, one member."""
    return (
        ChatSettings(
            id="coordination",
            kind="group",
            title="Coördinatie",
            column=1,
            threads=True,
            members=(PersonSettings(id="leila", name="Leïla"), PersonSettings(id="wim", name="Wim")),
            suggestions=("!list", "!help"),
            thread_suggestions=("!claim", "!r ", "!close"),
        ),
        ChatSettings(
            id="organisation",
            kind="group",
            title="Buurthuis De Brug",
            column=2,
            threads=True,
            members=(PersonSettings(id="annelies", name="Annelies"),),
            suggestions=("!template", "!notices", "!groups"),
        ),
        ChatSettings(
            id="group-pt",
            kind="group",
            title="Portugueses em Bruxelas",
            language="pt",
            column=3,
            members=(
                PersonSettings(id="joao", name="João", language="pt"),
                PersonSettings(id="marta", name="Marta", language="pt"),
            ),
            suggestions=("Obrigado!", "Onde é?"),
        ),
        ChatSettings(
            id="group-ar",
            kind="group",
            title="العربية في بروكسل",
            language="ar",
            column=3,
            members=(
                PersonSettings(id="yusuf", name="يوسف", language="ar"),
                PersonSettings(id="hanan", name="حنان", language="ar"),
            ),
            suggestions=("شكرًا!", "أين المكان؟"),
        ),
        ChatSettings(
            id="member",
            kind="private",
            title="Amina",
            column=4,
            members=(PersonSettings(id="amina", name="Amina"),),
            suggestions=(
                "أحتاج إلى طعام لأطفالي الثلاثة",
                "Preciso de comida para os meus três filhos",
                "J’ai besoin de nourriture pour mes trois enfants",
            ),
        ),
    )


class Settings(BaseModel):
    """Whoever opens the page can speak as anybody in it: so it listens on this machine alone, unless told otherwise."""

    model_config = ConfigDict(extra="forbid")

    listen: str = "127.0.0.1:8080"
    open_to_network: bool = False
    chats: tuple[ChatSettings, ...] = Field(default_factory=demo_chats, min_length=1)

    @property
    def host(self) -> str:
        return host_and_port(self.listen)[0]

    @property
    def port(self) -> int:
        return host_and_port(self.listen)[1]

    def chat(self, chat: str) -> ChatSettings | None:
        return next((known for known in self.chats if known.id == chat), None)

    @field_validator("listen")
    @classmethod
    def is_an_address(cls, listen: str) -> str:
        host_and_port(listen)
        return listen

    @model_validator(mode="after")
    def consistent(self) -> Self:
        if len({chat.id for chat in self.chats}) < len(self.chats):
            raise ValueError("two chats have the same id")
        if not self.open_to_network and not is_loopback(self.host):
            raise ValueError(
                "whoever reaches this address can speak as anyone in its chats: listen on 127.0.0.1, or set "
                "open_to_network = true if everybody on that network may"
            )
        return self
