"""The commands of a private chat: start, ask, my, lang, help, and those about what is kept."""

from __future__ import annotations

from bot.actions import Say
from bot.content import LanguageName, Line, say
from bot.domain.chats import Role
from bot.incoming import Message
from bot.store.transaction import Transaction
from bot.text import languages
from bot.text.words import has_words
from handlers.chats import groups
from handlers.notices import questions
from handlers.requests import asking, attached, calling, continuing, phone_given
from handlers.requests.asking import tell
from handlers.situation import Actions, Situation

_LINK_OF_GROUP = "g-"


def start(event: Message, where: Situation, tx: Transaction) -> Actions:
    """A link was followed, or the chat begins."""
    payload = event.start or where.argument
    asked = questions.opened(payload, where, tx) or calling.opened(payload, event, where, tx)
    if asked is not None:
        return asked
    if not payload and (gone_on := _where_they_were(event, where, tx)):
        return gone_on
    group = payload.removeprefix(_LINK_OF_GROUP)
    return asking.greet(where, tx, None if group == payload else groups.language_of(group, tx))


def _where_they_were(event: Message, where: Situation, tx: Transaction) -> Actions:
    """Telegram says `start` for whoever lets the bot in again: what they write next is about what is open."""
    open = tx.requests.of_chat(where.chat.id, open_only=True)
    if not open or asking.held(tx, where.chat.id) is not None:
        return ()
    codes = [say(f"my-{request.state.value}", code=request.code) for request in open]
    return tell(where, tx, *codes, say("help-private"), asking.danger(tx), to=event, buttons=(asking.GLOBE,))


def ask(event: Message, where: Situation, tx: Transaction) -> Actions:
    """`ask [WORDS]`: something new, whatever else is open."""
    words = where.argument
    before = continuing.taken_along(tx, where.chat.id)
    if not has_words(words) and not attached.fitting(event, tx):
        return asking.hold(before, None, where, tx) if before else asking.greet(where, tx, None)
    said = phone_given.without_number(event.text[len(event.text.plain.rstrip()) - len(words) :], where.chat.id, tx)
    text = asking.store_words(said, event.id, where.chat, tx, "")
    attached.keep(event, text, tx)
    return asking.hold([*before, text], event, where, tx)


def my(event: Message, where: Situation, tx: Transaction) -> Actions:
    """`my`: codes and states; never what was written, for whoever else looks at this screen."""
    mine = tx.requests.of_chat(where.chat.id)
    waiting = asking.unsent(event, where, tx)
    if not mine:
        return waiting or tell(where, tx, say("my-none"), to=event)
    told = tell(where, tx, *(say(f"my-{request.state.value}", code=request.code) for request in mine))
    return (*told, *waiting)


def lang(event: Message, where: Situation, tx: Transaction) -> Actions:
    """`lang [CODE]`: in private for oneself, in a room for the room."""
    code = languages.normalise(where.argument)
    if where.chat.role == Role.PRIVATE and code in tx.policy.languages:
        return asking.speak(code, where, tx)
    if where.chat.role == Role.PRIVATE:
        return asking.languages_wanted(event, where, tx)
    if code in tx.policy.languages:
        tx.chats.set_language(where.chat.id, code)
        return (Say(where.chat.id, (Line(say("language-set")),), language=code),)
    names = tuple(LanguageName(code) for code in tx.policy.languages)
    return (Say(where.chat.id, (Line(say("lang-which", codes=tx.policy.languages, languages=names)),)),)


def help(event: Message, where: Situation, tx: Transaction) -> Actions:
    return tell(where, tx, say("help-private"), asking.danger(tx), to=event, buttons=(asking.GLOBE,))


def unknown(event: Message, where: Situation, tx: Transaction) -> Actions:
    """A command that nobody knows."""
    return tell(where, tx, say("unknown-command"), say("help-private"), to=event)


def elsewhere(event: Message, where: Situation, tx: Transaction) -> Actions:
    """A command of the coordination room, in another place."""
    private = [say("help-private")] if where.chat.role == Role.PRIVATE else []
    return tell(where, tx, say("only-in-coordination"), *private, to=event)


def offer(event: Message, where: Situation, tx: Transaction) -> Actions:
    """`offer [WORDS]`: what somebody can do is something new, and goes the way of what somebody needs."""
    if has_words(where.argument) or attached.fitting(event, tx):
        return ask(event, where, tx)
    return asking.invite(say("offer-by-words"), event, where, tx)
