"""Which device we are: what is kept of it between two runs."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass
from typing import Self

PREFIX = "SCHAKEL"  # how our devices' ids begin


@dataclass(frozen=True, slots=True)
class Before:
    """The device that we were when a backup was made: what reads its keys, and what is still sent to it."""

    id: str
    pickle_key: str
    token: str


@dataclass(frozen=True, slots=True)
class Device:
    """What makes us the same device after a restart. It belongs together with the key store in the folder."""

    user: str
    id: str
    pickle_key: str  # unlocks the key store
    token: str | None = None  # None: not logged in yet
    before: Before | None = None  # whose keys are to be taken over

    @classmethod
    def new(cls, user: str, before: Before | None = None) -> Self:
        return cls(user, f"{PREFIX}{secrets.token_hex(4).upper()}", secrets.token_urlsafe(32), None, before)

    @classmethod
    def of(cls, state: bytes) -> Self:
        values = json.loads(state)
        if values.get("before") is not None:
            values["before"] = Before(**values["before"])
        return cls(**values)

    @property
    def state(self) -> bytes:
        return json.dumps(asdict(self)).encode()
