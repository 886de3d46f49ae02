"""Who may do what with a notice. An organisation's rights come from the room in which its people write. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from bot.domain.chats import Organisation, Pairing
from bot.domain.notices import Notice, NoticeState, Translation, TranslationState


class Act(StrEnum):
    PUBLISH = "publish"
    CHANGE = "change"  # correct it, give it a category or a language
    RECALL = "recall"
    HAND_ON = "pass"
    REVIEW = "review"  # approve or write its translations
    SEE = "see"  # status, a copy to forward


Who = Literal["writer", "others", "involved", "all"]


@dataclass(frozen=True, slots=True)
class Rule:
    """`who` may, while the notice is in one of these states; `otherwise` is what anybody else is told."""

    who: Who
    states: frozenset[NoticeState]
    otherwise: str


_DRAFT, _OUT, _BACK = NoticeState.DRAFT, NoticeState.PUBLISHED, NoticeState.RECALLED

RULES: dict[Act, Rule] = {
    Act.PUBLISH: Rule("writer", frozenset({_DRAFT, _OUT}), "publish-not-yours"),
    Act.CHANGE: Rule("writer", frozenset({_DRAFT, _OUT}), "change-not-yours"),
    Act.RECALL: Rule("writer", frozenset({_DRAFT, _OUT}), "change-not-yours"),
    Act.HAND_ON: Rule("others", frozenset({_OUT}), "pass-own"),
    Act.REVIEW: Rule("involved", frozenset({_DRAFT, _OUT}), "publish-not-yours"),
    Act.SEE: Rule("all", frozenset({_DRAFT, _OUT, _BACK}), ""),
}


def refusal(act: Act, notice: Notice, organisation: int, involved: bool) -> str | None:
    """The catalogue key of why the organisation may not, None where it may.

    `involved`: its groups receive the notice. Somebody else's draft is nobody's business, withdrawn or not: it is as if
    it were not.
    """
    rule, own = RULES[act], notice.organisation == organisation
    if notice.never_out and not own:
        return "notice-unknown"
    allowed = {"writer": own, "others": not own, "involved": own or involved, "all": True}[rule.who]
    if not allowed:
        return rule.otherwise
    if notice.state not in rule.states:
        return "notice-recalled" if notice.state is NoticeState.RECALLED else rule.otherwise
    return None


def may_translate(notice: Notice, organisation: Organisation, language: str, there: Translation | None) -> str | None:
    """The catalogue key of why an involved organisation may not approve or write that translation, None where it may.

    Only languages that it has said it reads; and what a person has read already is left to who wrote the notice.
    """
    if language not in organisation.reads:
        return "review-not-read"
    read = there is not None and there.state in (TranslationState.REVIEWED, TranslationState.HUMAN)
    if read and organisation.id not in (notice.organisation, there.organisation if there else None):
        return "review-done"
    return None


def may_become(role: str, organisation: int | None, offered: Pairing) -> bool:
    """Whether a code may give a chat that has this role already another one.

    Only a group that changes its language or its organisation: a room's people and its history stay what they are, so
    that no group ever turns into a room that reads what members write, nor a room into a group.
    """
    return role == "" or (role == offered.role and (role == "group" or organisation == offered.organisation))
