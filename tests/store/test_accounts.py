"""What is kept for an account: for each of its data folders by itself, and for all of them."""

from __future__ import annotations

from tests.databases import transaction


def test_each_folder_has_a_state_of_its_own_and_all_share_one_value(database_url: str) -> None:
    """Whoever comes first decides what is shared, however many come at once."""
    with transaction(database_url) as tx:
        tx.accounts.keep_state("matrix", "here", b"our device")
        tx.accounts.keep_state("matrix", "there", b"their device")
        assert tx.accounts.share("matrix", b"an identity") == b"an identity"
    with transaction(database_url) as tx:
        assert tx.accounts.share("matrix", b"another") == b"an identity"
        assert tx.accounts.share("second account", b"another") == b"another"
        assert tx.accounts.state("matrix", "here") == b"our device"
        assert tx.accounts.state("matrix", "there") == b"their device"
