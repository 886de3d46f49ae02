"""Ready-made notices: `template` lists them; filled, one is a notice in all its languages at once."""

from __future__ import annotations

from bot.content import Block, Content, Gap, Line, Verbatim, say
from bot.domain.notices import TranslationState
from bot.domain.templates import Template, TemplateError, parse_fill, ready_made
from bot.incoming import Message
from bot.store.transaction import Transaction
from handlers.notices import notice_cards
from handlers.rooms import reply, tell
from handlers.situation import Actions, Situation


def template(event: Message, where: Situation, tx: Transaction) -> Actions:
    """`template`, `template NAME`, `template NAME slot=value …`."""
    try:
        name, values = parse_fill(where.argument)
    except TemplateError as error:
        return _faults(event, where, error, where.argument.split(None, 1)[0].lower(), tx)
    if not name:
        return _listed(event, where, tx)
    chosen = ready_made().get(name)
    if chosen is None:
        return tell(event, where, say("template-unknown", name=name, command="!template"))
    if not values and chosen.slots:
        return tell(event, where, say("template-usage", title=_title(chosen, where, tx), example=_usage(chosen, tx)))
    try:
        texts = chosen.fill(values)
    except TemplateError as error:
        return _faults(event, where, error, name, tx)
    if over := chosen.over(values, tx.today):
        return tell(event, where, *(say("until-past", what=day) for day in over))
    return _notice(event, where, chosen, texts, tx)


def _notice(event: Message, where: Situation, chosen: Template, texts: dict[str, str], tx: Transaction) -> Actions:
    """The notice in the room's language, its other languages as translations that are ready to go."""
    assert where.chat.organisation is not None
    room = tx.policy.language_in(where.chat)
    source = next((code for code in (room, "en", *texts) if code in texts), room)
    text = tx.texts.add(texts[source], source)
    organisation, person = where.chat.organisation, where.person.id
    notice = tx.notices.add(organisation, where.chat.id, person, chosen.category, text, source, chosen.name)
    for language, body in texts.items():
        if language != source:
            tx.texts.put(text, language, TranslationState.HUMAN, body, "notice")
    tx.copies.came_in(where.chat.id, event.id, notice.code, text)
    reads: Content = (Line(say("template-text", code=notice.code)), Verbatim(texts[source]))
    if tx.chats.count_groups(organisation):  # the card says so, too, but far above: how it reads elsewhere is between
        reads = (*reads, Gap(), Line(say("card-publish", command=f"!publish {notice.code}")))
    return (*notice_cards.post(tx, notice, where.chat, event), reply(event, where, reads, notice.code))


def _listed(event: Message, where: Situation, tx: Transaction) -> Actions:
    """Every template by title, with what to write; on Telegram a tap copies that."""
    blocks: list[Block] = [Line(say("template-list"))]
    for one in ready_made().values():
        blocks += [Verbatim(_title(one, where, tx), "bold"), Verbatim(_usage(one, tx), "code")]
    return (reply(event, where, tuple(blocks), ""),)


def _faults(event: Message, where: Situation, error: TemplateError, name: str, tx: Transaction) -> Actions:
    """Everything that is wrong at once, and how it is written."""
    chosen = ready_made().get(name)
    if chosen is None:
        return tell(event, where, say("template-unknown", name=name, command="!template"))
    faults = {"missing": error.missing, "invalid": error.invalid, "words": error.unknown}
    told = [say(f"template-{fault}", slots=slots) for fault, slots in faults.items() if slots]
    return tell(event, where, *told, say("template-usage", title=_title(chosen, where, tx), example=_usage(chosen, tx)))


def _usage(chosen: Template, tx: Transaction) -> str:
    return f"!template {chosen.usage(tx.today)}"


def _title(chosen: Template, where: Situation, tx: Transaction) -> str:
    room = tx.policy.language_in(where.chat)
    return chosen.title.get(room) or chosen.title["en"]
