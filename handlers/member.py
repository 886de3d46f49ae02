"""The commands of a private chat: start, ask, my, lang, help, and those about what is kept."""

from __future__ import annotations

from bot import languages
from bot.actions import Say
from bot.content import Content, Gap, LanguageName, Line, Sentence, say
from bot.model import Message
from bot.store.tables import Role
from bot.store.transaction import Transaction
from handlers import asking, continuing
from handlers.asking import language_of, tell
from handlers.situation import Actions, Situation

_LINK_OF_GROUP = "g-"


def start(event: Message, where: Situation, tx: Transaction) -> Actions:
    """A link was followed, or the chat begins."""
    payload = event.start or (where.command.argument if where.command else "")
    return asking.greet(where, tx, _language_of_group(payload, tx))


def _language_of_group(payload: str, tx: Transaction) -> str | None:
    """The link stood below a notice: its group's language is a good first guess, and nothing else is taken from it."""
    id = payload.removeprefix(_LINK_OF_GROUP)
    if id == payload or not (id.isascii() and id.isdigit()):
        return None
    group = next((chat for chat in tx.chats.with_role(Role.GROUP) if chat.id == int(id)), None)
    return group.language if group is not None and group.language in tx.policy.languages else None


def ask(event: Message, where: Situation, tx: Transaction) -> Actions:
    """`ask [WORDS]`: something new, whatever else is open."""
    words = where.command.argument if where.command else ""
    if not any(character.isalnum() for character in words):
        return asking.greet(where, tx, None)
    text = asking.store_words(event.text[len(event.text.plain.rstrip()) - len(words) :], event.id, where.chat, tx, "")
    return asking.hold([text], event, where, tx)


def my(event: Message, where: Situation, tx: Transaction) -> Actions:
    """`my`: codes and states; never what was written, for whoever else looks at this screen."""
    mine = tx.requests.of_chat(where.chat.id)
    if not mine:
        return tell(where, tx, say("my-none"), to=event)
    return tell(where, tx, *(say(f"my-{request.state.value}", code=request.code) for request in mine))


def lang(event: Message, where: Situation, tx: Transaction) -> Actions:
    """`lang [CODE]`: in private for oneself, in a room for the room."""
    code = languages.normalise(where.command.argument) if where.command and where.command.argument else ""
    if where.chat.role == "private" and code in tx.policy.languages:
        return asking.speak(code, where, tx)
    if where.chat.role == "private":
        return tell(where, tx, say("lang-choose"), to=event, buttons=asking.language_buttons(tx))
    if code in tx.policy.languages:
        tx.chats.set_language(where.chat.id, code)
        return (Say(where.chat.id, (Line(say("language-set")),), language=code),)
    names = tuple(LanguageName(code) for code in tx.policy.languages)
    return (Say(where.chat.id, (Line(say("lang-which", codes=tx.policy.languages, languages=names)),)),)


def help(event: Message, where: Situation, tx: Transaction) -> Actions:
    return tell(where, tx, say("help-private"), *_danger(tx), to=event)


def unknown(event: Message, where: Situation, tx: Transaction) -> Actions:
    """A command that nobody knows."""
    return tell(where, tx, say("unknown-command"), say("help-private"), to=event)


def elsewhere(event: Message, where: Situation, tx: Transaction) -> Actions:
    """A command of the coordination room, in another place."""
    return tell(where, tx, say("only-in-coordination"), to=event)


def offer(event: Message, where: Situation, tx: Transaction) -> Actions:
    return tell(where, tx, say("offer-by-words"), to=event)


def stop(event: Message, where: Situation, tx: Transaction) -> Actions:
    """We only ever write about the member's own requests; what is held is thrown away."""
    _throw_away(where, tx)
    open = tx.requests.of_chat(where.chat.id, open_only=True)
    codes = tuple(request.code for request in reversed(open))
    told = say("stop-open", codes=codes) if codes else say("stop-nothing-open")
    return tell(where, tx, told, say("stop-block"), to=event)


def mydata(event: Message, where: Situation, tx: Transaction) -> Actions:
    codes = tuple(request.code for request in reversed(tx.requests.of_chat(where.chat.id)))
    network = tx.policy.network(where.chat.address.account)
    kept = [say("mydata-account", network=network, language=LanguageName(language_of(where, tx)))]
    if codes:
        kept.append(say("mydata-requests", codes=codes))
    return tell(where, tx, *kept, say("mydata-not-yet"), to=event)


def erase(event: Message, where: Situation, tx: Transaction) -> Actions:
    """What nobody has seen goes at once; the rest cannot be deleted here yet, and we say so."""
    gone = _throw_away(where, tx)
    return tell(where, tx, *([say("held-deleted")] if gone else []), say("erase-not-yet"), to=event)


def privacy(event: Message, where: Situation, tx: Transaction) -> Actions:
    """As the operator has configured it, and nothing that is not so."""
    language = language_of(where, tx)
    content: Content = (
        *(Line(sentence) for sentence in asking.who_reads(tx, where.chat, language)),
        Gap(),
        Line(say("privacy-kept")),
        Line(say("privacy-code")),
        Line(say("erase-not-yet")),
    )
    return (Say(where.chat.id, content, language=language),)


def _danger(tx: Transaction) -> tuple[Sentence, ...]:
    return (say("first-danger", number=tx.policy.emergency_number),)


def _throw_away(where: Situation, tx: Transaction) -> bool:
    texts = [*continuing.waiting(tx, where.chat.id)]
    if texts:
        tx.dialogues.save(where.chat.id, {})
        tx.texts.delete(texts)
    return bool(texts)
