"""What a room is told of who else could read along."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.catalogue import Catalogue
from bot.domain.leaks import warnings

FINDINGS = st.lists(st.sampled_from(["public", "open", "channel", "history", "unencrypted", "cloud", "else"]))
ENGLISH = Catalogue(("en",))


@given(FINDINGS, st.booleans())
def test_each_finding_that_has_words_is_said_once_in_one_order(findings: list[str], coordination: bool) -> None:
    """However often and in whatever order a network tells it; what has no words is left out."""
    said = warnings(findings, coordination)
    assert said == warnings(sorted(set(findings), reverse=True), coordination)
    assert len(said) == len(set(findings) - {"else"} - (set() if coordination else {"cloud"}))
    assert all(ENGLISH.render(sentence, "en").plain for sentence in said)
