"""Who may do what with a notice, and which chat may become what."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.chats import Organisation, Pairing
from bot.domain.notices import Notice, NoticeState, Translation, TranslationState
from bot.domain.rights import RULES, Act, may_become, may_translate, refusal
from tests.domain.test_notices import NOW, notices, translations

WRITER, OTHER = 1, 2
acts = st.sampled_from(Act)
roles = st.sampled_from(["", "private", "coordination", "organisation", "group"])


def test_every_act_has_a_rule() -> None:
    assert set(RULES) == set(Act)


@given(notices, acts, st.booleans())
def test_a_draft_is_nobody_elses_business(notice: Notice, act: Act, involved: bool) -> None:
    """Others are told that it does not exist; also when it was withdrawn before it was out."""
    draft = replace(notice, state=NoticeState.DRAFT)
    assert refusal(act, draft, OTHER, involved) == "notice-unknown"
    withdrawn = replace(notice, state=NoticeState.RECALLED, published_at=None)
    assert refusal(act, withdrawn, OTHER, involved) == "notice-unknown"


@given(notices, st.sampled_from([Act.PUBLISH, Act.CHANGE, Act.RECALL]), st.booleans())
def test_only_who_wrote_a_notice_changes_it(notice: Notice, act: Act, involved: bool) -> None:
    assert refusal(act, notice, OTHER, involved) is not None


@given(notices, acts, st.integers(WRITER, OTHER), st.booleans())
def test_what_is_withdrawn_is_only_looked_at(notice: Notice, act: Act, organisation: int, involved: bool) -> None:
    withdrawn = replace(notice, state=NoticeState.RECALLED, published_at=NOW)
    assert (refusal(act, withdrawn, organisation, involved) is None) == (act is Act.SEE)


@given(notices)
def test_passing_on_is_for_others_and_for_what_is_out(notice: Notice) -> None:
    assert refusal(Act.HAND_ON, notice, WRITER, True) is not None
    allowed = refusal(Act.HAND_ON, notice, OTHER, False) is None
    assert allowed == (notice.state is NoticeState.PUBLISHED)


@given(notices, st.lists(st.sampled_from(["pt", "ar"]), unique=True), st.integers(WRITER, OTHER))
def test_nobody_judges_a_language_they_have_not_said_they_read(
    notice: Notice, reads: list[str], organisation: int
) -> None:
    reader = Organisation(organisation, "X", tuple(reads))
    if "pt" not in reads:
        assert may_translate(notice, reader, "pt", None) == "review-not-read"
    else:
        assert may_translate(notice, reader, "pt", None) is None


@given(notices, translations)
def test_what_a_person_read_is_left_to_its_writer(notice: Notice, there: Translation) -> None:
    """Another organisation does not replace it, unless it was theirs."""
    other = Organisation(OTHER, "X", ("pt",))
    read = replace(there, state=TranslationState.REVIEWED, organisation=WRITER)
    assert may_translate(notice, other, "pt", read) == "review-done"
    assert may_translate(notice, other, "pt", replace(read, organisation=OTHER)) is None
    assert may_translate(notice, Organisation(WRITER, "Y", ("pt",)), "pt", read) is None


@given(roles, st.integers(WRITER, OTHER), roles, st.integers(WRITER, OTHER))
def test_no_chat_becomes_another_kind_of_chat(role: str, owner: int, offered: str, by: int) -> None:
    """Only a chat without a role gets any; a group may change hands and language."""
    allowed = may_become(role, owner, Pairing(offered, by, "pt"))
    assert allowed == (role == "" or (role == offered and (role == "group" or owner == by)))
