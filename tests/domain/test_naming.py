"""What is said about a request says which."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.content import Content, Gap, Line, Verbatim, Words, say
from bot.domain.naming import names, naming

CODES = st.sampled_from(["K1", "K7", "K71"])
ARGS = st.recursive(
    CODES | st.integers() | st.text(), lambda inner: st.tuples(inner) | inner.map(lambda a: say("x", a=a))
)
BLOCKS = st.one_of(
    ARGS.map(lambda arg: Line(say("key", arg=arg))),
    CODES.map(Verbatim),
    st.builds(Words, st.integers(1, 9)),
    st.just(Gap()),
)
CONTENTS = st.lists(BLOCKS, max_size=4).map(tuple)


@given(CONTENTS, CODES)
def test_whatever_is_said_names_its_code_and_loses_nothing(content: Content, code: str) -> None:
    """The code stands above it, unless somewhere within."""
    said = naming(content, code)
    assert names(said, code)
    assert said[len(said) - len(content) :] == content
    assert naming(said, code) == said


def test_another_code_is_not_taken_for_it() -> None:
    """K7 is not K71."""
    assert not names((Line(say("request-claimed", code="K71")),), "K7")
    assert names((Line(say("which-request", codes=("K71", "K7"))),), "K7")
