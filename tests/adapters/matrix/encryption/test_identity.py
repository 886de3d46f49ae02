"""The account's keys, their signatures, and what the homeserver's answer says of them."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.matrix.encryption.identity import (
    Identity,
    Key,
    Standing,
    is_signed,
    login_keys,
    new_seeds,
    standing,
    with_signature,
)

US = "@schakel:localhost"
PREFIXED, OTHER = "SCHAKEL0000001", "ELEMENT"

seeds = st.binary(min_size=32, max_size=32)
json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def made(byte: int) -> Identity:
    return Identity(new_seeds(lambda size: bytes([byte]) * size))


def answer(identity: Identity | None, *signed: str, published_by: str = PREFIXED, device: str = PREFIXED) -> Any:
    """What /keys/query says of us: the logins that the identity has signed, and `device`."""
    login = {"user_id": US, "keys": {f"ed25519:{device}": "k"}}
    logins = {device: login | {"device_id": device}}
    told = {}
    if identity is not None:
        logins |= {name: identity.self_signing.signed(login | {"device_id": name}) for name in signed}
        keys = identity.published(US, published_by, lambda _: "signature")
        told = {f"{name}s": {US: key} for name, key in keys.items()}
    return told | {"device_keys": {US: logins}}


def test_a_key_is_the_one_that_its_seed_makes_anywhere() -> None:
    """RFC 8032, 7.1, the first test."""
    key = Key(bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"))
    public = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    assert base64.b64decode(key.public + "=") == public


@given(seeds, st.dictionaries(st.text(), json), st.text(), json)
def test_a_signature_holds_for_what_was_signed(seed: bytes, content: dict[str, Any], name: str, value: Any) -> None:
    """And for nothing else, by nobody else; signatures that are there stay, and what is unsigned does not matter."""
    key, content = Key(seed), content | {"user_id": US}
    signed = key.signed(with_signature(content, OTHER, "theirs"))
    assert is_signed(signed, key.public)
    assert is_signed(signed | {"unsigned": {"name": value}}, key.public)
    assert signed["signatures"][US][f"ed25519:{OTHER}"] == "theirs"
    assert not is_signed(signed, Key(bytes(b ^ 1 for b in seed)).public)
    assert not is_signed(signed, None)
    changed = signed | {name: [value, "changed"]}
    if name not in ("signatures", "unsigned"):
        assert not is_signed(changed, key.public)


def test_an_identity_comes_back_from_its_seeds() -> None:
    """Three keys of their own; new ones each time."""
    kept = new_seeds()
    assert Identity(kept).public == Identity(kept).public
    assert len(set(Identity(kept).public.values())) == 3
    assert Identity(kept).public != Identity(new_seeds()).public


OURS, THEIRS = made(1), made(2)


@pytest.mark.parametrize(
    ("told", "device", "expected"),
    [
        (answer(None), PREFIXED, Standing.NONE),
        (answer(OURS), PREFIXED, Standing.OURS),
        (answer(OURS, PREFIXED), PREFIXED, Standing.SIGNED),
        (answer(OURS, PREFIXED), None, Standing.SIGNED),
        (answer(OURS, PREFIXED), "SCHAKEL0000002", Standing.OURS),
        (answer(THEIRS, published_by=PREFIXED), PREFIXED, Standing.LOST),
        (answer(THEIRS, published_by=OTHER), PREFIXED, Standing.FOREIGN),
        (answer(THEIRS, PREFIXED, published_by=PREFIXED), PREFIXED, Standing.SIGNED),
        (answer(THEIRS, PREFIXED, published_by=OTHER), PREFIXED, Standing.LENT),
        (answer(THEIRS, OTHER, published_by=OTHER), None, Standing.FOREIGN),
        (answer(THEIRS) | {"device_keys": answer(OURS, PREFIXED)["device_keys"]}, PREFIXED, Standing.LOST),
    ],
)
def test_what_the_homeserver_says_of_us(told: Any, device: str | None, expected: Standing) -> None:
    """Whether a login is signed, and whose identity that is, or stands in the way."""
    assert standing(told, US, device, OURS.public) is expected


def test_who_does_not_know_our_identity_sees_whether_a_login_is_signed() -> None:
    """Which is what `schakel check` looks for."""
    assert standing(answer(THEIRS, PREFIXED, published_by=OTHER), US, PREFIXED) is Standing.SIGNED
    assert standing(answer(OURS), US, PREFIXED) is Standing.LOST


@given(st.dictionaries(st.sampled_from(["master_keys", "self_signing_keys", "device_keys"]), json))
def test_an_answer_of_any_kind_is_understood(told: dict[str, Any]) -> None:
    """At worst as one that knows nothing of us."""
    assert standing(told, US, PREFIXED) is Standing.NONE
    assert standing({kind: {US: value} for kind, value in told.items()}, US) is not Standing.SIGNED
    assert login_keys(told, US, PREFIXED) == {}
