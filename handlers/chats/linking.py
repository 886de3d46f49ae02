"""Linked chats: an organisation has several hear each other, on any network, each in its own language."""

from __future__ import annotations

from datetime import timedelta

from bot.actions import Button, Edit, Named, OnNetwork, Pin, Priority, React, Recall, Ref, Say, Unpin, Unreact
from bot.content import Block, Content, Line, Sentence, Translated, Verbatim, say
from bot.domain import links
from bot.domain.chats import KnownChat, Pairing, Role, as_typed
from bot.domain.links import KnownLink, LinkedMessage
from bot.files import kinds
from bot.incoming import Deleted, Edited, Message, Pinned, Reacted, Unreacted
from bot.model import Chat, Person, Text
from bot.operation.operating import PAIRING_LIVES
from bot.store.transaction import Transaction
from bot.text.mentions import naming_nobody
from handlers.chats import groups, linked_threads, pairing
from handlers.requests import asking, attached
from handlers.rooms import note, reply, tell, tell_all
from handlers.situation import Actions, Doing, Situation

LINK = "link"
"""What a code is for that gives no role."""

ECHO = "link-echo"
"""The step of nothing: how the word of another bridge is named, once for each conversation."""

_TRANSLATES_WITHIN = timedelta(seconds=10)
_ECHOES_FOR = timedelta(minutes=15)
_LONGEST = 40  # characters of a conversation's name
_AROUND_A_NAME = "`'\"<>"  # as people type what they are shown


# --- which chats -----------------------------------------------------------------------------------------------------


def link(event: Message, where: Situation, tx: Transaction) -> Actions:
    """`link NAME` gives a code for one more chat of a conversation, `link CODE` takes a chat in, `link` lists them."""
    given = as_typed(where.argument.strip(_AROUND_A_NAME))
    offered = tx.chats.offered_pairing(given) if given else None
    if offered is not None:
        return join(given, offered, event, where, tx) if offered.link is not None else _told_to_pair(event, where, tx)
    if where.chat.role != Role.ORGANISATION:
        return tell(event, where, say("pair-wrong") if given else say("link-room"))
    assert where.chat.organisation is not None
    if not given:
        return (_listing(event, where, where.chat.organisation, tx),)
    if len(given) > _LONGEST:
        return tell(event, where, say("link-long", n=_LONGEST))
    of = tx.links.named(where.chat.organisation, given) or tx.links.add(where.chat.organisation, given)
    code = tx.chats.new_pairing(Pairing(LINK, where.chat.organisation, None, of.id), PAIRING_LIVES)
    return tell(event, where, say("link-code", name=of.name, command=f"!link {code}", again=f"!link {of.name}"))


def _told_to_pair(event: Message, where: Situation, tx: Transaction) -> Actions:
    return tell(event, where, say("pair-how", command=pairing.command(where.chat, tx)))


def join(code: str, offered: Pairing, event: Message, where: Situation, tx: Transaction) -> Actions:
    """A code from the organisation's room was typed in one of its chats."""
    assert offered.link is not None
    here = where.chat
    if here.role not in (Role.GROUP, Role.ORGANISATION) or here.organisation != offered.organisation:
        name = "" if offered.organisation is None else tx.chats.organisation(offered.organisation).name
        return tell(event, where, say("link-not-paired", organisation=name))
    tx.chats.use_pairing(code)
    before = here.link
    if before == offered.link:
        return tell(event, where, say("link-here-already"))
    left = () if before is None else _left(here, before, tx)
    tx.chats.set_link(here.id, offered.link)
    here = tx.chats.get(here.id)
    others = [chat for chat in tx.links.chats(offered.link) if chat.id != here.id]
    told = [say(f"link-names-{tx.policy.names}"), *_who_else_reads(tx), *pairing.missing_rights(here, tx)]
    first = say("link-joined", chats=_titles(others, tx)) if others else say("link-first")
    return (*left, *tell(event, where, first, *told), *tell_all(others, say("link-more", chat=_title(here, tx))))


def _who_else_reads(tx: Transaction) -> list[Sentence]:
    """From now on an engine of somebody else's translates what is said here."""
    return [say("first-computer-of", names=tx.policy.read_by)] if tx.policy.read_by else []


def unlink(event: Message, where: Situation, tx: Transaction) -> Actions:
    """`unlink NAME` ends a conversation; without a name, in the organisation's room, that of the room itself."""
    if where.chat.role != Role.ORGANISATION or where.chat.organisation is None:
        return tell(event, where, say("link-room"))
    name = as_typed(where.argument.strip(_AROUND_A_NAME))
    if not name and where.chat.link is not None:
        return (*_left(where.chat, where.chat.link, tx), *tell(event, where, say("link-ended-here")))
    of = tx.links.named(where.chat.organisation, name) if name else None
    if of is None:
        return (_listing(event, where, where.chat.organisation, tx),)
    chats = tx.links.chats(of.id)
    for chat in tx.links.members(of.id):
        tx.chats.set_link(chat, None)
    told = [chat for chat in chats if chat.id != where.chat.id]
    return (*tell_all(told, say("link-ended-here")), *tell(event, where, say("link-ended", name=of.name)))


def take_out(event: Doing, where: Situation, tx: Transaction) -> Actions:
    """A button below the list: one chat no longer belongs to it."""
    assert where.choice is not None
    chat = tx.chats.find(int(where.choice.value))
    if chat is None or chat.link is None or chat.organisation != where.chat.organisation:
        return note(event, where, say("choice-unknown"))
    gone = _left(chat, chat.link, tx)
    return (
        *gone,
        *tell_all([chat], say("link-ended-here")),
        *note(event, where, say("link-less", chat=_title(chat, tx))),
    )


def _left(chat: KnownChat, link: int, tx: Transaction) -> Actions:
    """It is out; the others hear of it."""
    tx.chats.set_link(chat.id, None)
    return tell_all(tx.links.chats(link), say("link-less", chat=_title(chat, tx)))


def _listing(event: Message, where: Situation, organisation: int, tx: Transaction) -> Say:
    """Every conversation with its chats, and a button for each to take it out."""
    content: list[Block] = []
    buttons: list[tuple[Button, ...]] = []
    for of in tx.links.of(organisation):
        chats = tx.links.chats(of.id)
        if not chats:
            continue
        content.append(Line(say("link-listed", name=of.name, chats=_titles(chats, tx))))
        out = [(chat, say("button-unlink", chat=_title(chat, tx))) for chat in chats]
        buttons += [(Button(label, "unlink", str(chat.id), lasting=True),) for chat, label in out]
    content.append(Line(say("link-how", command="!link …", end="!unlink …")))
    return reply(event, where, tuple(content), buttons=tuple(buttons))


def _titles(chats: list[KnownChat], tx: Transaction) -> tuple[str, ...]:
    return tuple(_title(chat, tx) for chat in chats)


def _title(chat: KnownChat, tx: Transaction) -> str:
    """What a chat is called elsewhere: two may have one name on two networks."""
    network = tx.policy.network(chat.address.account)
    return f"{chat.title} ({network})" if chat.title else network


# --- what is said ----------------------------------------------------------------------------------------------------


def is_said(where: Situation) -> bool:
    """Whether somebody speaks to the others here, and not to the bot."""
    return where.chat.link is not None and where.command is None and where.subject[:1] in ("", "L")


def words(event: Message, where: Situation, tx: Transaction) -> Actions:
    """Whatever is said in a linked chat stands in the others, too."""
    here = where.chat
    assert here.link is not None
    of = tx.links.get(here.link)
    if _is_to_us(event, where):
        return groups.pointer(event, where, tx) if here.role == Role.GROUP else ()
    if not (event.text or event.attachments or event.unsupported):
        return ()
    others = [chat for chat in tx.links.chats(of.id) if chat.id != here.id]
    if _is_echo(event, here, of, tx):
        return _warned(of, tx)
    text = _kept(event, here, tx)
    attached.keep(event, text, tx)
    root, answered = linked_threads.around(event, here, of, tx)
    said = tx.links.spoke(of, here.id, event.id, event.person, text, root)
    if said is None:
        return ()
    tx.copies.came_in(here.id, event.id, of.subject, text)
    refused: list[Block] = [Line(one, "italic") for one in attached.too_large(event, tx)]
    if event.unsupported is not None:
        refused.append(Line(say("link-unsupported"), "italic"))
    content = _content(said, event.person, here, len(others) + 1, tx, refused)
    first = linked_threads.stood_in(root, event, here, tx)
    return (*first, *(_passed_on(said, chat, content, root, answered) for chat in others))


def _passed_on(
    said: LinkedMessage, chat: KnownChat, content: Content, root: LinkedMessage | None, answered: LinkedMessage | None
) -> Say:
    return Say(
        chat.id,
        content,
        said.subject,
        said.name,
        thread=None if root is None else _ref(chat, root),
        reply_to=None if answered is None else _ref(chat, answered),
        priority=Priority.COORDINATION,
        deadline=_TRANSLATES_WITHIN,
    )


def _is_to_us(event: Message, where: Situation) -> bool:
    """Whether the bot itself is spoken to. On Matrix an answer to what it said need not name it; what stands below a
    copy is for whoever wrote that."""
    answers_us = where.answered is not None and where.answered.delivery is not None
    return not where.subject and (event.addressed or answers_us)


def _read_as(event: Message | Edited) -> Text:
    """What the others may read of it."""
    words = naming_nobody(event.text)
    return kinds.forwarded(words) if event.forwarded else words


def _kept(event: Message | Edited, here: KnownChat, tx: Transaction) -> int:
    return tx.texts.add(_read_as(event), asking.guess(event.text.plain, tx) or here.language)


def _content(
    said: LinkedMessage, who: Person, here: KnownChat, chats: int, tx: Transaction, below: list[Block]
) -> Content:
    assert said.text is not None
    name = links.shown_name(who.name, tx.policy.names)
    return (
        Verbatim(links.head(name, linked_threads.place(here, tx), chats), "bold"),
        Translated(said.text),
        *below,
        *attached.files(tx, said.text),
    )


def _ref(chat: KnownChat, said: LinkedMessage) -> Ref:
    """A message as a chat has it: where it was written, or as a copy, if it ever came."""
    return OnNetwork(said.network_id) if said.chat == chat.id else Named(said.name)


def _is_echo(event: Message, here: KnownChat, of: KnownLink, tx: Transaction) -> bool:
    """Whether another bridge between two of these chats has brought back what we said ourselves."""
    words = event.text.plain
    if "\n" in words:  # our head stands on a line of its own
        return links.is_echo(event.text, tx.links.said_lately(of, _ECHOES_FOR))
    if not event.attachments or event.album is not None:
        return False  # we send nothing as an album
    if not words:
        return _comes_round(event, here, of, tx)
    said = tx.links.said_lately(of, _ECHOES_FOR)
    if not any(links.is_head(words, head) for head, below in said if not any(below)):
        return False
    sent = tx.links.files_lately(of, _ECHOES_FOR)
    return any(links.are_same(event.attachments, files, True) for one, files in sent if one.chat != here.id)


def _comes_round(event: Message, here: KnownChat, of: KnownLink, tx: Transaction) -> bool:
    """Whether files without words, which can carry no head, go round: they came from here before, from the same one,
    and from elsewhere since. The first time they may be somebody's own; people have the same stickers."""
    came_back = False
    for said, files in tx.links.files_lately(of, _ECHOES_FOR):
        if links.are_same(event.attachments, files, False):
            if came_back and said.chat == here.id and said.writer == links.fingerprint(event.person, said.network_id):
                return True
            came_back = came_back or said.chat != here.id
    return False


def _warned(of: KnownLink, tx: Transaction) -> Actions:
    """The organisation is told once."""
    rooms = tx.chats.with_role(Role.ORGANISATION, of.organisation)
    return [Say(room.id, (Line(say(ECHO, name=of.name)),), name=f"{of.subject}/echo") for room in rooms]


# --- second thoughts -------------------------------------------------------------------------------------------------


def edited(event: Edited, tx: Transaction) -> Actions:
    """The others read what it says now."""
    here, said = _own(event, tx)
    if here is None or said is None or here.link != said.link:
        return ()
    if not event.text and (said.text is None or attached.says_nothing(event, said.text, tx)):
        return ()
    if said.writer not in (links.NOBODY, links.fingerprint(event.person, said.network_id)):
        return ()  # Matrix hands on what anybody says that a message reads now, and shows nobody but its writer's
    replaced = said.text is not None and attached.is_replaced(event, said.text, tx)
    if said.text is not None and tx.texts.get(said.text).text == _read_as(event) and not replaced:
        return ()  # networks tell of an edit when a link's picture has come
    text = _kept(event, here, tx)
    if said.text is not None:
        attached.go_on(event, said.text, text, tx)
    tx.links.reads_now(said, text, event.person)
    tx.copies.reads_now(here.id, event.id, text)
    now = LinkedMessage(said.id, said.link, said.chat, said.network_id, text, said.writer)
    others = _copied(said, tx)
    refused: list[Block] = [Line(one, "italic") for one in attached.too_large(event, tx) if replaced]
    content = _content(now, event.person, here, len(others) + 1, tx, refused)
    if replaced:
        return [action for chat in others for action in _said_anew(said, chat, content, tx)]
    return [Edit(chat.id, Named(said.name), content) for chat in others]


def _said_anew(said: LinkedMessage, chat: KnownChat, content: Content, tx: Transaction) -> Actions:
    """Its file is another one, and no network lets us put that in the place of the first."""
    root = None if said.root is None else tx.links.by_id(said.root)
    before = tx.deliveries.let_go(chat.id, said.name)
    back = () if before is None else (Recall(chat.id, Named(before)),)
    return (*back, _passed_on(said, chat, content, root, None))


def deleted(event: Deleted, tx: Transaction) -> Actions:
    """Taken back where it was written, it is taken back everywhere."""
    here, said = _own(event, tx)
    return () if here is None or said is None else _take_back(said, tx)


def delete(event: Message, where: Situation, tx: Transaction) -> Actions:
    """`delete` in reply to one's own message, where the network tells nobody of what was deleted."""
    said = None if event.reply_to is None else tx.links.meant(where.chat, event.reply_to)
    if said is None and where.chat.link is None:
        return ()
    if said is None or said.is_topic:
        return tell(event, where, say("link-delete-how", command="!delete"))
    own = said.chat == where.chat.id and said.writer == links.fingerprint(event.person, said.network_id)
    if not own and where.chat.role != Role.ORGANISATION:
        return tell(event, where, say("link-delete-own"))
    return (*_take_back(said, tx), *tell(event, where, say("link-deleted")))


def _own(event: Edited | Deleted, tx: Transaction) -> tuple[KnownChat | None, LinkedMessage | None]:
    here = tx.chats.at(event.chat)
    return here, None if here is None else tx.links.written(here.id, event.id)


def _copied(said: LinkedMessage, tx: Transaction) -> list[KnownChat]:
    """The other chats in which it stands, or soon will."""
    chats = [chat for chat in tx.links.chats(said.link) if chat.id != said.chat]
    return [chat for chat in chats if tx.deliveries.named(chat.id, said.name) is not None]


def _take_back(said: LinkedMessage, tx: Transaction) -> Actions:
    """Also where the conversation is not heard any more."""
    chats = tx.links.stands_in(said)
    for chat in chats:
        tx.deliveries.drop_changes(chat, said.name)
    tx.links.forget_words(said)
    return [Recall(chat, Named(said.name)) for chat in chats]


def reacted(event: Reacted, where: Situation, tx: Transaction) -> Actions:
    """A reaction is the bot's own in the other chats, once, however many people give it."""
    said = _spoken_of(event.chat, event.message, tx)
    if said is None or not links.is_sign(event.key):
        return ()
    return [
        React(chat.id, there, event.key, said.subject)
        for chat, there in _places(said, tx)
        if chat.id != where.chat.id and not tx.links.has_reacted(chat.id, there, event.key)
    ]


def unreacted(event: Unreacted, tx: Transaction) -> Actions:
    """When nobody's is left, the bot takes its own back everywhere."""
    said = _spoken_of(event.chat, event.message, tx)
    if said is None or tx.links.reaction_stands(said, event.key):
        return ()
    return [
        Unreact(chat.id, there, event.key, said.subject)
        for chat, there in _places(said, tx)
        if tx.links.has_reacted(chat.id, there, event.key)
    ]


def pinned(event: Pinned, tx: Transaction) -> Actions:
    """What is put at the top of one chat stands at the top of the others, where the bot may do that."""
    said = _spoken_of(event.chat, event.message, tx)
    if said is None:
        return ()
    act = Pin if event.pinned else Unpin
    others = [(chat, there) for chat, there in _places(said, tx) if chat.address != event.chat]
    return [act(chat.id, there, said.subject) for chat, there in others]


def _spoken_of(address: Chat, message: str, tx: Transaction) -> LinkedMessage | None:
    """What somebody has said, of which a message in a linked chat is one copy."""
    here = tx.chats.at(address)
    said = None if here is None or here.link is None else tx.links.meant(here, message)
    if here is None or said is None or said.is_topic or said.link != here.link:
        return None  # the last: of another conversation, of which the chat was one before
    return said


def _places(said: LinkedMessage, tx: Transaction) -> list[tuple[KnownChat, Ref]]:
    """The chats in which it stands, with where."""
    own = [chat for chat in tx.links.chats(said.link) if chat.id == said.chat]
    return [(chat, _ref(chat, said)) for chat in (*own, *_copied(said, tx))]
