"""First contact: whoever writes is heard first; the words are held until their writer says Send."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import timedelta

from bot.actions import Action, Button, Buttons, Edit, Named, OnNetwork, Say, in_rows
from bot.catalogue import own_name
from bot.content import Content, Gap, Line, Sentence, Words, say
from bot.domain.chats import KnownChat, Role
from bot.domain.notices import Notice
from bot.domain.requests import Request, RequestState
from bot.events import Due
from bot.incoming import Message
from bot.model import Text
from bot.store.transaction import Transaction
from bot.text import languages
from bot.text.mentions import naming_nobody
from handlers.notices import feedback
from handlers.requests import attached, below, cards, intake, listening, opening
from handlers.situation import Actions, Doing, Situation
from handlers.spoken import reads

UNSENT = "unsent"
"""The timer of words that are held."""
FORGOTTEN_AFTER = timedelta(hours=1)
"""Whoever has not pressed Send by then has overlooked it, and is reminded once: a phone is not always theirs alone."""

_ENOUGH_TO_GUESS = 2000  # characters
_PER_ROW = 3


@dataclass(frozen=True, slots=True)
class Held:
    """Words that nobody has seen yet, as the dialogue keeps them.

    `texts` are ids in the store. `screen` is the name of the first screen and `shown` its language, None before it
    was shown. `hint` is the language of the group whose link was followed; `missing`: the member's own is not here.
    `about`: the number of the notice that they are a question about.
    """

    texts: tuple[int, ...] = ()
    screen: str | None = None
    shown: str | None = None
    hint: str | None = None
    missing: bool = False
    about: int | None = None


def held(tx: Transaction, chat: int) -> Held | None:
    """What is held for a private chat; None while the bot waits for no first words there."""
    state = tx.dialogues.get(chat).get("held")
    return None if state is None else Held(tuple(state.pop("texts")), **state)


def spoken_of(tx: Transaction, chat: int) -> int:
    """The delivery in which the bot spoke last of the words that are held; 0 where none are."""
    now = held(tx, chat)
    if now is None:
        return 0
    screen = None if now.screen is None else tx.deliveries.named(chat, now.screen)
    notice = None if now.about is None else tx.deliveries.last_about(chat, f"N{now.about}")
    told = (0 if screen is None else screen.id, 0 if notice is None else notice[0])
    return max(*told, tx.choices.last_offered(chat, "send") or 0)


def is_last_spoken_of(tx: Transaction, chat: int) -> bool:
    """Whether nothing was said about any request since the bot spoke of the words that are held."""
    about = tx.deliveries.last_about(chat)
    return about is None or about[0] < spoken_of(tx, chat)


def keep(tx: Transaction, chat: int, now: Held) -> None:
    tx.dialogues.put(chat, held=asdict(now))


def language_of(where: Situation, tx: Transaction) -> str:
    """The language to answer in: before one is settled, that of the first screen."""
    now = None if where.chat.language else held(tx, where.chat.id)
    return (now and now.shown) or where.language


def tell(
    where: Situation,
    tx: Transaction,
    *sentences: Sentence,
    to: Message | None = None,
    buttons: Buttons = (),
    name: str | None = None,
) -> Actions:
    """Answer in a private chat, in reply `to` a message if one is given."""
    content = tuple(Line(sentence) for sentence in sentences)
    reply = None if to is None else OnNetwork(to.id)
    return (Say(where.chat.id, content, name=name, reply_to=reply, buttons=buttons, language=language_of(where, tx)),)


# --- words come in ---------------------------------------------------------------------------------------------------


def greet(where: Situation, tx: Transaction, hint: str | None) -> Actions:
    """Nothing is written yet: languages, who reads, and an invitation to write."""
    before = held(tx, where.chat.id) or Held()
    return _show(tx, where, Held(before.texts, hint=hint or before.hint, missing=before.missing))


def invite(sentence: Sentence, event: Message, where: Situation, tx: Transaction) -> Actions:
    """Say what to write; it is held as something new, and who reads it is shown with it."""
    screen = f"first/{tx.token()}"
    told = tell(where, tx, sentence, to=event, name=screen)
    before = held(tx, where.chat.id) or Held()
    keep(tx, where.chat.id, before if before.texts else replace(before, screen=screen, shown=None))
    return told


def hold(texts: Sequence[int], event: Message | None, where: Situation, tx: Transaction) -> Actions:
    """Keep texts until they are sent; `event` is the message just written, if it was."""
    before = held(tx, where.chat.id) or Held()
    now = replace(before, texts=(*before.texts, *texts))
    if not before.texts:
        tx.schedule.at(tx.now + FORGOTTEN_AFTER, Due(UNSENT, str(where.chat.id)))
    if now.shown != _language(tx, where, now):
        return _show(tx, where, now)
    keep(tx, where.chat.id, now)
    told = say("held-too") if before.texts else _first_held(tx, now)
    return tell(where, tx, told, to=event, buttons=(_send_or_delete(),), name=attached.once(event))


def remind(event: Due, tx: Transaction) -> Actions:
    """Say once more that nobody has seen the words."""
    chat = int(event.subject)
    now = held(tx, chat)
    if now is None or not now.texts or not is_alone(event, tx):
        return ()
    return (Say(chat, (Line(_first_held(tx, now)),), buttons=(_send_or_delete(),), language=now.shown),)


def is_alone(event: Due, tx: Transaction) -> bool:
    """Whether the member can be reminded. Where others have joined them nobody hears that they have written: it is
    looked again later, until their words are gone."""
    if tx.chats.get(int(event.subject)).role == Role.PRIVATE:
        return True
    tx.schedule.at(tx.now + FORGOTTEN_AFTER, event)
    return False


def unsent(event: Message, where: Situation, tx: Transaction) -> Actions:
    """That words wait for Send, with what to press; nothing where there are none."""
    now = held(tx, where.chat.id)
    if now is None or not now.texts:
        return ()
    return tell(where, tx, _first_held(tx, now), to=event, buttons=(_send_or_delete(),))


def turn_to(notice: Notice, hint: str | None, where: Situation, tx: Transaction) -> None:
    """What is written next is a question about a notice."""
    before = held(tx, where.chat.id) or Held()
    keep(tx, where.chat.id, replace(before, hint=hint or before.hint, about=notice.number))


def store(event: Message, where: Situation, tx: Transaction, subject: str = "") -> int:
    """Keep somebody's words as a text of its own, with what came with them; its id."""
    text = store_words(event.text, event.id, where.chat, tx, subject)
    attached.keep(event, text, tx)
    return text


def store_words(words: Text, message: str, chat: KnownChat, tx: Transaction, subject: str) -> int:
    words = naming_nobody(words)  # the account may be their own
    text = tx.texts.add(words, guess(words.plain, tx) or (chat.language if subject else None))
    tx.copies.came_in(chat.id, message, subject, text)
    return text


def guess(words: str, tx: Transaction) -> str | None:
    return languages.guess(words[:_ENOUGH_TO_GUESS], tx.policy.languages)


def _language(tx: Transaction, where: Situation, now: Held) -> str:
    """The best guess: what was chosen, else what the words are in, else the group's, else the app's, else ours."""
    if where.chat.language is not None:
        return where.chat.language
    words = "\n".join(tx.texts.get(text).text.plain for text in now.texts)
    return guess(words, tx) or now.hint or where.language


# --- the first screen ------------------------------------------------------------------------------------------------


def _show(tx: Transaction, where: Situation, now: Held) -> Actions:
    language = _language(tx, where, now)
    screen = f"first/{tx.token()}"
    keep(tx, where.chat.id, replace(now, screen=screen, shown=language))
    content, buttons = _screen(tx, where.chat, language, now)
    return (Say(where.chat.id, content, name=screen, buttons=buttons, language=language),)


def _screen(tx: Transaction, chat: KnownChat, language: str, now: Held) -> tuple[Content, Buttons]:
    content: list[Line | Gap] = [Line(say("first-speak"), "bold"), Gap()]
    content += [Line(sentence) for sentence in who_reads(tx, chat, language)]
    content.append(Gap())
    if now.about is not None and (notice := tx.notices.numbered(now.about)) is not None:
        by = tx.chats.organisation(notice.organisation).name
        content.append(Line(say("about-notice", code=notice.code, organisation=by)))
    if now.missing:
        content.append(Line(say("language-missing-noted")))
    content.append(Line(_first_held(tx, now) if now.texts else say("first-write"), "bold"))
    # Send comes first: on a small phone what stands below twenty languages is out of sight. Delete does not come with
    # it: whoever only types how many they are would have pressed it by its number.
    sending, deleting = ([(button,)] if now.texts else [] for button in _send_or_delete())
    return tuple(content), (*sending, *language_buttons(tx), *deleting)


def _first_held(tx: Transaction, now: Held) -> Sentence:
    return say("first-held-message" if attached.came_with(tx, now.texts) else "first-held")


def who_reads(tx: Transaction, chat: KnownChat, language: str) -> list[Sentence]:
    """What somebody should know before they write. It is all true at this moment."""
    policy = tx.policy
    there = tx.chats.coordination_room() is not None
    network = policy.network(chat.address.account)
    lines = [say("first-readers", readers=policy.who_reads(language))] if there else [nobody_reads(tx)]
    if policy.read_by:
        lines.append(say("first-computer-of", names=policy.read_by))
    elif policy.translates_conversations:
        lines.append(say("first-computer"))
    if policy.transcribes:
        lines.append(say("first-computer-listens"))
    lines.append(say("first-network", network=network))
    lines.append(say("first-deleted", n=policy.delete_after_days))
    if policy.not_authorities:
        lines.append(say("not-authorities"))
    if there:
        lines.append(danger(tx))
    return [*lines, *opening.told(tx)] if there else lines


def nobody_reads(tx: Transaction) -> Sentence:
    return say("nobody-reads", number=tx.policy.emergency_number)


def danger(tx: Transaction) -> Sentence:
    return say("first-danger", number=tx.policy.emergency_number)


def language_buttons(tx: Transaction) -> Buttons:
    buttons = [Button(own_name(code), "language", code, lasting=True) for code in tx.policy.languages]
    return (*in_rows(buttons, _PER_ROW), (Button(say("language-missing"), "language-missing", lasting=True),))


def _send_or_delete() -> tuple[Button, Button]:
    return (
        Button(say("button-send"), "send", lasting=True),
        Button(say("button-delete"), "delete", lasting=True),
    )


GLOBE = (Button("🌐", "languages", lasting=True),)
"""Whoever got a wrong language finds this sign in any of them."""


# --- choosing a language ---------------------------------------------------------------------------------------------


def languages_wanted(event: Doing, where: Situation, tx: Transaction) -> Actions:
    """🌐 was tapped, or `lang` typed."""
    to = event if isinstance(event, Message) else None
    return tell(where, tx, say("lang-choose"), to=to, buttons=language_buttons(tx))


def language_chosen(event: Doing, where: Situation, tx: Transaction) -> Actions:
    """A language was tapped: everything is said again in it."""
    assert where.choice is not None
    return speak(where.choice.value, where, tx)


def language_missing(event: Doing, where: Situation, tx: Transaction) -> Actions:
    """Their language is not here: helpers are told, and we go on in ours."""
    return speak(tx.policy.working_language, where, tx, missing=True)


def speak(language: str, where: Situation, tx: Transaction, missing: bool = False) -> Actions:
    """The first screen is said again where it stands; whoever chose elsewhere may be far below, and is told there."""
    tx.chats.set_language(where.chat.id, language)
    now, told = held(tx, where.chat.id), [Line(say("language-missing-noted" if missing else "language-set"))]
    if now is None or now.screen is None:
        return (*_in_requests(tx, where, language, missing), Say(where.chat.id, tuple(told), language=language))
    now = replace(now, shown=language, missing=missing)
    keep(tx, where.chat.id, now)
    content, buttons = _screen(tx, where.chat, language, now)
    screen = Edit(where.chat.id, Named(str(now.screen)), content, buttons, language)
    stands = tx.deliveries.named(where.chat.id, str(now.screen))
    if stands is not None and where.answered is not None and where.answered.delivery == stands.id:
        return (screen,)
    if not now.texts:
        return (screen, Say(where.chat.id, tuple(told), language=language))
    told.append(Line(_first_held(tx, now)))
    return (screen, Say(where.chat.id, tuple(told), buttons=(_send_or_delete(),), language=language))


def _in_requests(tx: Transaction, where: Situation, language: str, missing: bool) -> list[Action]:
    actions: list[Action] = []
    for request in tx.requests.of_chat(where.chat.id):
        changed = request.speaks(language, missing)
        tx.requests.save(changed)
        if request.state is not RequestState.CLOSED:
            actions += cards.refresh(tx, changed)
    return actions


# --- Send and Delete -------------------------------------------------------------------------------------------------


def send(event: Doing, where: Situation, tx: Transaction) -> Actions:
    """The words become a request: from now on helpers can see them."""
    now = held(tx, where.chat.id)
    if now is None or not now.texts:
        return tell(where, tx, say("nothing-held"))
    language = now.shown or where.language
    tx.chats.set_language(where.chat.id, language)
    request = tx.requests.add(where.chat.id, where.person.id, language, now.missing)
    for text in now.texts:
        if now.missing or tx.texts.get(text).language is None:
            tx.texts.set_language([text], None if now.missing else language)
        tx.requests.say(request.id, "member", text)
        listening.listen(text, tx)
    tx.copies.belong(now.texts, request.code)
    tx.dialogues.put(where.chat.id, held=None)
    if now.about is not None and (notice := tx.notices.numbered(now.about)) is not None:
        return _asked_about(tx, replace(request, notice=notice.id), notice)
    return (*cards.post(tx, request), _received(tx, request), *intake.begin(tx, request))


def _asked_about(tx: Transaction, request: Request, notice: Notice) -> Actions:
    """Who reads it sees which notice it is about; nobody has to say what kind of help they need."""
    tx.requests.save(request)
    head, words = Line(say("card-notice", code=notice.code), "bold"), Words(notice.text, "quote", most=cards.SHOWN)
    shown = below.in_thread(tx, request, head, words)
    return (*cards.post(tx, request), *shown, _received(tx, request), *feedback.asked(tx, notice, request.language))


def _received(tx: Transaction, request: Request) -> Say:
    content = (Line(say("request-received", code=request.code), "bold"), *(Line(s) for s in when_read(tx)))
    return Say(request.chat, content, request.code, opening.closed_name(tx, request), buttons=(GLOBE,))


def when_read(tx: Transaction) -> list[Sentence]:
    """When somebody will see it, as far as anybody can promise."""
    room = tx.chats.coordination_room()
    if room is None:
        return [nobody_reads(tx)]
    until = opening.closed_until(tx)
    if until is not None:
        return [opening.nobody_now(tx, until), danger(tx)]
    return [say("helpers-see-it" if opening.stated(tx, room) is None else "helpers-are-there")]


def delete(event: Doing, where: Situation, tx: Transaction) -> Actions:
    """The words are thrown away, and nobody has seen them."""
    now = held(tx, where.chat.id)
    if now is None or not now.texts:
        return tell(where, tx, say("nothing-held"))
    told = tell(where, tx, say("held-deleted"))
    tx.texts.delete(now.texts)
    tx.dialogues.put(where.chat.id, held=None)
    return told


def typed_button(event: Message, where: Situation, tx: Transaction) -> str | None:
    """Send or Delete, typed while words are held, whatever was said since they were offered; None for other words."""
    now = held(tx, where.chat.id)
    if now is None or not now.texts or event.attachments:
        return None
    typed = (key for key in ("button-send", "button-delete") if reads(event.text.plain, say(key), tx.policy.languages))
    return next(typed, None)
