"""The log of what bots called, for tests to look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.servers.botapi.faults import Fault

Json = dict[str, Any]


@dataclass(eq=False, slots=True)
class LoggedCall:
    """A call as it came in and what became of it. `status` is None while it is under way or if nothing was answered."""

    at: float
    method: str  # as Telegram writes it lower-case: "sendmessage"
    params: Json
    bot: int
    chat: int | None
    status: int | None = None
    description: str = ""
    fault: Fault | None = None

    def as_json(self) -> Json:
        shown = {name: getattr(self, name) for name in ("at", "method", "params", "bot", "chat", "status")}
        return shown | {"description": self.description, "fault": repr(self.fault) if self.fault else None}
