"""The numbers that a member has given, and which of them is whose."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.phone_lines import PhoneLines
from bot.model import Text

NUMBERS = st.sampled_from(["0470 12 34 56", "0489 65 43 21", "02 123 45 67", "+32 470\n12 34 56"])
WHAT_HAPPENS = st.tuples(st.sampled_from(["added", "changed", "gone"]), st.integers(0, 9), NUMBERS)


@given(among=st.sampled_from(["", "02 999 99 99"]), happens=st.lists(WHAT_HAPPENS, max_size=12))
def test_each_message_has_its_own_line_whatever_becomes_of_the_others(
    among: str, happens: list[tuple[str, int, str]]
) -> None:
    """Also when all is read again from the one text that is kept; numbers from among words stay above them."""
    messages: list[str] = []
    known = PhoneLines(()).below(among)
    for what, place, words in happens:
        after = place % (len(messages) + (what == "added") or 1)
        if what == "added":
            messages.insert(len(messages) - after, words)
            known = known.added(Text(words), after)
        elif messages and what == "changed":
            messages[-1 - after] = words
            known = known.changed(Text(words), after)
        elif messages:
            del messages[-1 - after]
            known = known.without(after)
        if known.lines:
            known = PhoneLines.read(known.text)
        lines = [words.replace("\n", " ") for words in messages]
        assert [line.plain for line in known.lines] == [among] * bool(among) + lines
        assert [line.plain for line in known.of_messages(len(messages)).lines] == lines
