"""Differences between two texts, in any script."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import SpanKind, Text
from bot.text.differences import differences

ENDLESS = 10**6
words = st.lists(
    st.sampled_from(["soep", "om", "12:00,", "14:00", "حساء", "ساخن", "汤", "热", "ซุป", "çorba", "ይ", "\n"])
)
texts = st.one_of(words.map(" ".join), words.map("".join), st.text(max_size=80))


def without(text: Text, kind: SpanKind) -> str:
    """What is left when everything in a style is taken out, white space and dots aside."""
    struck = {at for span in text.spans if span.kind is kind for at in range(span.start, span.end)}
    return bare("".join(c for at, c in enumerate(text.plain) if at not in struck))


def bare(text: str) -> str:
    return "".join(c for c in text if not c.isspace())


def shown(before: str, after: str) -> str:
    """As a person might type it: [-taken out-] and [+put in+]."""
    text = differences(before, after)
    marks = {SpanKind.STRIKE: ("[-", "-]"), SpanKind.BOLD: ("[+", "+]")}
    result, at = "", 0
    for span in text.spans:
        opening, closing = marks[span.kind]
        result += text.plain[at : span.start] + opening + text.plain[span.start : span.end] + closing
        at = span.end
    return result + text.plain[at:]


@pytest.mark.parametrize(
    ("before", "after", "seen"),
    [
        ("soep om 12:00 hier", "soep om 13:00 hier", "soep om [-12:00-] [+13:00+] hier"),
        ("a b c d e f 1 g h i j k", "a b c d e f 2 g h i j k", "… d e f [-1-] [+2+] g h i …"),
        ("1 a b c d e f g h 1", "2 a b c d e f g h 2", "[-1-] [+2+] a b c … f g h [-1-] [+2+]"),
        ("brood en soep", "brood, kaas en soep", "[-brood-] [+brood, kaas+] en soep"),
        ("alles", "", "[-alles-]"),
        ("", "alles", "[+alles+]"),
        ("een\n\ntwee", "een\ntwee drie", "een twee [+drie+]"),
        ("明天有四十份热汤", "明天有五十份热汤", "明天有 [-四-] [+五+]十份热 …"),
        ("حساء من 12:00 هنا", "حساء من 13:00 هنا", "حساء من [-12:00-] [+13:00+] هنا"),
    ],
)
def test_what_changed_is_marked_with_a_few_words_around_it(before: str, after: str, seen: str) -> None:
    assert shown(before, after) == seen


@given(texts, texts)
def test_nothing_is_said_of_texts_that_differ_in_white_space_alone(before: str, after: str) -> None:
    seen = differences(before, after)
    if before.split() == after.split():
        assert not seen
    if not seen:
        assert bare(before) == bare(after)


@given(texts, texts)
def test_both_texts_can_be_read_from_their_difference(before: str, after: str) -> None:
    """Without what is bold it is the old one, without what is struck the new one."""
    seen = differences(before, after, around=ENDLESS, longest=ENDLESS)
    if seen:
        assert without(seen, SpanKind.STRIKE) == bare(after)
        assert without(seen, SpanKind.BOLD) == bare(before)


@given(texts, texts, st.integers(0, 4))
def test_what_is_left_out_did_not_change(before: str, after: str, around: int) -> None:
    """Cut or not, the same is struck and the same is bold."""
    cut, whole = differences(before, after, around), differences(before, after, ENDLESS, ENDLESS)
    marked = [[(s.kind, t.plain[s.start : s.end]) for s in t.spans] for t in (cut, whole)]
    assert marked[0] == marked[1]


@given(texts, texts, st.integers(1, 40))
def test_it_is_never_longer_than_allowed(before: str, after: str, longest: int) -> None:
    seen = differences(before, after, longest=longest)
    assert len(seen.plain) <= longest
    assert all(0 <= span.start < span.end <= len(seen.plain) for span in seen.spans)


@pytest.mark.timeout(5, func_only=True)
@pytest.mark.parametrize("piece", ["a b ", "x ", "汤热"])
def test_two_long_texts_are_compared_at_once(piece: str) -> None:
    """Nobody waits while a publisher rewrites all of it, whatever is in it."""
    before, after = "begin " + piece * 3000, piece[::-1] * 3000 + " einde"
    assert differences(before, after)
