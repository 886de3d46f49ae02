"""What a group reads: the copy of a notice with everything that belongs on it, and the short posts about it."""

from __future__ import annotations

from bot.content import Block, Content, Gap, HelpLink, LanguageName, Line, Sentence, Verbatim, Words, say
from bot.domain.notices import Notice, StoredFinding, Translation, TranslationState
from bot.domain.templates import ready_made
from bot.store.transaction import Transaction
from bot.translation.gate.checks import check


def copy(tx: Transaction, notice: Notice, organisation: int, language: str, link: bool = True) -> Content:
    """A notice as the groups of an organisation read it. `link`: with the way to ask for help in private."""
    translation = None if language == notice.language else tx.texts.translation(notice.text, language)
    text = notice.text if translation is None or translation.result is None else translation.result
    return (
        *over(notice),
        *_head(tx, notice, organisation),
        *([Line(say("label-corrected"), "bold")] if notice.corrected_at else []),
        Gap(),
        Words(text),
        Gap(),
        *([Line(say("valid-until", date=notice.valid_until))] if notice.valid_until and not notice.expired_at else []),
        *([Line(label(tx, notice, translation), "italic")] if translation is not None else []),
        *(_links(notice) if link else ()),
    )


def being_corrected(tx: Transaction, notice: Notice, organisation: int) -> Content:
    """What an old translation is replaced by until the new one may go out: a wrong number in it could harm."""
    return (
        *over(notice),
        *_head(tx, notice, organisation),
        Line(say("copy-being-corrected"), "bold"),
        Gap(),
        Line(say("copy-original", language=LanguageName(notice.language)), "italic"),
        Words(notice.text, "quote"),
        Gap(),
        *_links(notice),
    )


def over(notice: Notice) -> Content:
    """Above everything else, so that a glance is enough: the last day has passed. The text stays as it was: struck
    through it would be hard to read in many scripts, and would look whole again once somebody forwards it."""
    if notice.expired_at is None or notice.valid_until is None:
        return ()
    return (Line(say("copy-expired", date=notice.valid_until), "bold"),)


def _links(notice: Notice) -> Content:
    """Two short ways into the private chat; where a link can say so, the second one tells which notice it is about."""
    return (HelpLink("help-link"), HelpLink("question-link", f"q-{notice.code}-g{{chat}}"))


def _head(tx: Transaction, notice: Notice, organisation: int) -> Content:
    by = tx.chats.organisation(notice.organisation).name
    out = (notice.published_at or tx.now).astimezone(tx.policy.zone).date()
    passed = organisation != notice.organisation and organisation in tx.notices.reached(notice.id)
    via = tx.chats.organisation(organisation).name if passed else None
    who: Block = Verbatim(by, "bold") if via is None else Line(say("notice-via", organisation=by, via=via), "bold")
    about = say("copy-about", category=category_name(notice), date=out, code=notice.code)
    return (who, Line(about))


def state_name(notice: Notice) -> Sentence:
    return say("notice-state-expired" if notice.expired_at else f"notice-state-{notice.state.value}")


def category_name(notice: Notice) -> Sentence:
    return say(f"category-{notice.category.value}")


def label(tx: Transaction, notice: Notice, translation: Translation) -> Sentence:
    """Who answers for a translation."""
    if translation.state is TranslationState.MACHINE:
        return say("label-machine")
    if translation.organisation is None:
        template = ready_made().get(notice.template or "")
        reviewed = template is not None and template.review.get(translation.language) == "reviewed"
        return say("label-template-reviewed") if reviewed else say("label-template")
    name = tx.chats.organisation(translation.organisation).name
    if translation.state is TranslationState.REVIEWED:
        return say("label-reviewed", organisation=name)
    return say("label-human", organisation=name)


# --- what the gate found ---------------------------------------------------------------------------------------------


def doubts(tx: Transaction, notice: Notice, translation: Translation) -> tuple[StoredFinding, ...]:
    """The gate's doubts: those stored with a machine's work; a person's words are looked at now."""
    if translation.state is not TranslationState.HUMAN or translation.result is None:
        return translation.findings
    source, target = (tx.texts.get(id).text.plain for id in (notice.text, translation.result))
    found = check(source, target, notice.language, translation.language)
    return tuple(StoredFinding(one.code, one.blocking, one.detail) for one in found)
