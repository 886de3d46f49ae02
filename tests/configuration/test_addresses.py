"""What can be meant as the web address of a server, and what is found wrong before anything is connected to."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from yarl import URL

from adapters.engines.libretranslate import LibreTranslateSettings
from adapters.matrix.settings import MatrixSettings
from adapters.telegram.settings import TelegramSettings
from bot.configuration.addresses import names_a_server

GOOD = [
    "http://localhost",
    "https://matrix.example.org",
    "https://matrix.example.org./_x/y",
    "http://127.0.0.1:5000",
    "http://[::1]:8008/",
    "http://bot_api:8081",
    "https://münchen.example",
    "https://xn--mnchen-3ya.example",
]
BAD = [
    "matrix.example.org",
    "ftp://example.org",
    "https://",
    "https://matrix..example.org",
    "https://example.org:port",
    "https://example.org:99999",
    "https://example.org:0",
    "https://exam ple.org",
    "https://[::1",
    "https://[zz]",
    "https://256.1.1.1",
    f"https://{'a' * 64}.org",
    "https://example.org\\x",
    "https://\\@example.org",
    "https://example.org?x",
]


@pytest.mark.parametrize("address", GOOD)
def test_what_can_be_connected_to_is_taken(address: str) -> None:
    assert names_a_server(address)


@pytest.mark.parametrize("address", BAD)
def test_what_nobody_can_connect_to_is_found_wrong_wherever_it_is_written(address: str) -> None:
    """With an example of a good one, before a library raises what nobody expects."""
    assert not names_a_server(address)
    with pytest.raises(ValidationError, match=r"https://matrix\.example\.org"):
        MatrixSettings(homeserver=address, user="@bot:example.org")
    with pytest.raises(ValidationError, match=r"https://api\.telegram\.org"):
        TelegramSettings.model_validate({"token": "1:x", "api_url": address})
    with pytest.raises(ValidationError, match=r"http://127\.0\.0\.1:5000"):
        LibreTranslateSettings(url=address)


def test_a_homeservers_address_holds_no_password() -> None:
    """It is printed where it does not answer; and the password would stand where the bot's own login has to."""
    with pytest.raises(ValidationError, match="they have keys of their own: user and password"):
        MatrixSettings(homeserver="https://ann:secret@example.org", user="@bot:example.org")


@given(st.text(st.sampled_from("ab0.-_:[]@%\\"), min_size=1, max_size=12))
def test_whatever_is_taken_can_be_read_by_the_libraries_that_connect(host: str) -> None:
    address = f"http://{host}"
    if names_a_server(address):
        read = URL(address, encoded=True)
        assert read.host
        assert read.port
        assert read.host.encode("idna")  # as it is looked up
        assert httpx.URL(address).host
