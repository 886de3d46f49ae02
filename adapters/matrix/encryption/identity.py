"""The account's cryptographic identity (Matrix's cross-signing): its keys, what they sign, what others see of it."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Callable
from enum import Enum, auto
from typing import Any

import vodozemac
from Crypto.PublicKey import ECC  # what nio needs anyway; vodozemac signs with the key of a login, and no other
from Crypto.Signature import eddsa

from adapters.matrix.connection.homeserver import Json
from adapters.matrix.encryption.device import PREFIX

USES = ("master", "self_signing", "user_signing")


class Standing(Enum):
    """What the homeserver tells of the account's identity and of a login of ours."""

    SIGNED = auto()  # all is well
    LENT = auto()  # signed, but with an identity that was made in another app
    NONE = auto()  # the account has no identity yet
    OURS = auto()
    LOST = auto()  # made by us, and the secret halves are gone
    FOREIGN = auto()  # made in another app


class Key:
    """One of the account's keys, made of its seed."""

    def __init__(self, seed: bytes) -> None:
        key = ECC.construct(curve="Ed25519", seed=seed)
        self.public = _base64(key.public_key().export_key(format="raw"))
        self._signer = eddsa.new(key, "rfc8032")

    def signed(self, of: Json) -> Json:
        """The object with our signature beside those that it has."""
        return with_signature(of, self.public, _base64(self._signer.sign(_canonical(of))))


class Identity:
    """The account's three keys: the first vouches for the other two, the second for the account's logins."""

    def __init__(self, seeds: bytes) -> None:
        of = json.loads(seeds)
        self.master, self.self_signing, self.user_signing = (Key(base64.b64decode(of[use])) for use in USES)

    @property
    def public(self) -> dict[str, str]:
        return dict(zip(USES, (self.master.public, self.self_signing.public, self.user_signing.public), strict=True))

    def published(self, user: str, device: str, sign_as_device: Callable[[Json], str]) -> Json:
        """What the homeserver is told. That a login of ours has signed it tells later who has made it."""
        told: dict[str, Json] = {
            use: {"user_id": user, "usage": [use], "keys": {f"ed25519:{key}": key}} for use, key in self.public.items()
        }
        return {
            "master_key": with_signature(told["master"], device, sign_as_device(told["master"])),
            "self_signing_key": self.master.signed(told["self_signing"]),
            "user_signing_key": self.master.signed(told["user_signing"]),
        }


def new_seeds(random: Callable[[int], bytes] = secrets.token_bytes) -> bytes:
    """What an Identity is made of, to be kept."""
    return json.dumps({use: base64.b64encode(random(32)).decode() for use in USES}).encode()


def standing(answer: Json, user: str, device: str | None = None, ours: dict[str, str] | None = None) -> Standing:
    """What an answer to /keys/query says. `device` None: of any login of ours; `ours`: the identity that we keep, None
    where that is not known."""
    public = {use: _public(_at(answer, f"{use}_keys", user)) for use in USES}
    logins = _at(answer, "device_keys", user)
    meant = [name for name in logins if name == device or (device is None and name.startswith(PREFIX))]
    signed = any(is_signed(_at(logins, name), public["self_signing"]) for name in meant)
    signers = _at(answer, "master_keys", user, "signatures", user)
    made_by_us = public == ours or any(name.startswith(f"ed25519:{PREFIX}") for name in signers)
    if public["master"] is None:
        return Standing.NONE
    if signed:
        return Standing.SIGNED if made_by_us or ours is None else Standing.LENT
    if public == ours:
        return Standing.OURS
    return Standing.LOST if made_by_us else Standing.FOREIGN


def login_keys(answer: Json, user: str, device: str) -> Json:
    """What an answer to /keys/query tells of a login; {} where it does not know it."""
    return _at(answer, "device_keys", user, device)


# --- signatures ------------------------------------------------------------------------------------------------------


def with_signature(of: Json, key: str, signature: str) -> Json:
    """The object of a user, signed by another key of theirs as well."""
    user = of["user_id"]
    others = of.get("signatures", {})
    return of | {"signatures": others | {user: others.get(user, {}) | {f"ed25519:{key}": signature}}}


def is_signed(of: Json, by: str | None) -> bool:
    if by is None:
        return False
    signature: Any = _at(of, "signatures", str(of.get("user_id"))).get(f"ed25519:{by}")
    try:
        given = vodozemac.Ed25519Signature.from_base64(signature)
        vodozemac.Ed25519PublicKey.from_base64(by).verify_signature(_canonical(of), given)
    except (TypeError, ValueError):  # vodozemac's own are ValueErrors
        return False
    return True


def _canonical(of: Json) -> bytes:
    """What is signed (specification, "Signing JSON")."""
    bare = {key: value for key, value in of.items() if key not in ("signatures", "unsigned")}
    return json.dumps(bare, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def _public(key: Json) -> str | None:
    return next((value for value in _at(key, "keys").values() if isinstance(value, str)), None)


def _at(answer: Json, *where: str) -> Json:
    """The object that stands there, whatever the answer is like."""
    for key in where:
        found = answer.get(key)
        answer = found if isinstance(found, dict) else {}
    return answer


def _base64(of: bytes) -> str:
    return base64.b64encode(of).decode().rstrip("=")
