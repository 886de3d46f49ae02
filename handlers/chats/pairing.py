"""Pairing: a one-time code gives a group or room its role; until then the bot explains itself once and keeps still."""

from __future__ import annotations

from datetime import timedelta

from bot.actions import Action, Button, Leave, OnNetwork, Recall, Say, in_rows
from bot.catalogue import own_name
from bot.content import Block, Gap, LanguageName, Line, Sentence, say
from bot.domain.chats import KnownChat, Pairing, Role
from bot.domain.notices import NoticeState
from bot.domain.rights import may_become
from bot.events import Due
from bot.incoming import Message
from bot.model import ChatKind
from bot.operation.operating import PAIRING_LIVES
from bot.store.accounts import AccountRow
from bot.store.transaction import Transaction
from handlers.chats import leaks, leaving
from handlers.chats.groups import point, pointer
from handlers.notices import catching_up
from handlers.requests import cards
from handlers.rooms import reply, tell, tell_all
from handlers.situation import Actions, Situation

_PATIENCE = timedelta(days=7)
UNPAIRED = "unpaired"
"""The timer of a chat that has no role yet."""


# --- before ----------------------------------------------------------------------------------------------------------


def explain(chat: KnownChat, language: str, tx: Transaction) -> Actions:
    """Who the bot is and what it waits for, once; it leaves when nobody needs it for a week. In a channel it keeps
    still: hundreds of people would be told what concerns one."""
    if chat.role or chat.explained_at is not None or chat.kind is not ChatKind.GROUP:
        return ()
    tx.chats.explained(chat.id)
    wait(chat, tx)
    code = say("unpaired-code", command=command(chat, tx))
    lines = (Line(say("unpaired-hello")), Line(code), Line(say("unpaired-leaves")))
    return (Say(chat.id, lines, name=f"hello/{tx.token()}", language=language),)


def command(chat: KnownChat, tx: Transaction) -> str:
    """What to write there. Apps of networks that show a bot commands alone know the slash; others keep it to
    themselves."""
    return "/pair …" if _hides_messages(tx.accounts.get(chat.address.account)) else "!pair …"


def wait(chat: KnownChat, tx: Transaction) -> None:
    tx.schedule.at(tx.now + _PATIENCE, Due(UNPAIRED, str(chat.id)))


def started(event: Message, where: Situation, tx: Transaction) -> Actions:
    """A link with a code added the bot to a group, or was followed in one where it already is."""
    if event.start:
        return pair(event, where, tx)
    return pointer(event, where, tx) if where.chat.role == Role.GROUP else anything(event, where, tx)


def anything(event: Message, where: Situation, tx: Transaction) -> Actions:
    """Whatever is said in a chat without a role; the private one of a member whom others have joined has none."""
    if tx.requests.of_chat(where.chat.id):
        return point(where.chat, tx)
    return explain(where.chat, where.language, tx)


def give_up(event: Due, tx: Transaction) -> Actions:
    """A week without a role."""
    chat = tx.chats.find(int(event.subject))
    if chat is None or chat.role or not chat.active:
        return ()
    if tx.now < chat.added_at + _PATIENCE:  # it was added again meanwhile
        tx.schedule.at(chat.added_at + _PATIENCE, event)
        return ()
    tx.chats.set_active(chat.id, False)
    return (Leave(chat.id),)


# --- the code --------------------------------------------------------------------------------------------------------


def pair(event: Message, where: Situation, tx: Transaction) -> Actions:
    """`pair CODE`, or the code in the link with which the bot was added to a group."""
    code = "".join(where.argument.split()[:1]).strip("`'\"<>.,")
    if where.chat.role == Role.PRIVATE:
        return tell(event, where, say("pair-in-private", command=command(where.chat, tx)))
    if not code:
        return tell(event, where, say("pair-how", command=command(where.chat, tx)))
    offered = tx.chats.offered_pairing(code)
    if offered is None:
        return tell(event, where, say("pair-wrong"))
    if offered.link is not None:
        return tell(event, where, say("link-instead", command=f"!link {code}"))
    may = may_become(where.chat.role, where.chat.organisation, offered)
    if offered.role != Role.GROUP and (not may or where.chat.kind is ChatKind.CHANNEL):
        # All who are here have read it, and could use it: a whole group, or the people of one organisation, who would
        # speak for another, or read everybody's requests for help.
        tx.chats.use_pairing(code)
        return tell(event, where, say("pair-shown"))
    if not may:
        return tell(event, where, say("pair-taken", role=say(f"role-{where.chat.role}")))
    tx.chats.use_pairing(code)
    tx.chats.pair(where.chat.id, offered)
    tx.chats.explained(where.chat.id)
    tx.schedule.cancel(UNPAIRED, str(where.chat.id))
    welcome = _welcome(where.chat, offered, tx)
    if offered.role == Role.COORDINATION:
        return (
            *_replaced(where.chat, tx),
            welcome,
            leaks.look(event, where),
            *cards.post_waiting(tx),
            *leaving.look(tx),
        )
    if offered.role == Role.ORGANISATION:
        return (welcome, leaks.look(event, where))
    used = [Recall(where.chat.id, OnNetwork(event.id))] if where.chat.kind is ChatKind.CHANNEL else []
    told = (*_told(where.chat, offered, tx), *_taken(where.chat, offered, tx))
    return (welcome, *used, *told, *catching_up.catch_up(tx.chats.get(where.chat.id), tx))


def _replaced(chat: KnownChat, tx: Transaction) -> list[Action]:
    """There is one coordination room: whoever is in the one before can read and answer requests no longer."""
    before = [room for room in tx.chats.with_role(Role.COORDINATION, active=False) if room.id != chat.id]
    for room in before:
        tx.chats.pair(room.id, Pairing(Role.NONE, None, room.language))
        tx.topics.forget(room.id)
        tx.dialogues.forget_parts(room.id)
        tx.chats.set_active(room.id, room.active)
        tx.chats.explained(room.id)
        wait(room, tx)
    return tell_all((room for room in before if room.active), say("coordination-moved"))


def _welcome(chat: KnownChat, offered: Pairing, tx: Transaction) -> Action:
    """What the chat is now, in its own language, and what is still missing."""
    owner = None if offered.organisation is None else tx.chats.organisation(offered.organisation).name
    match offered.role:
        case Role.GROUP:
            said = [say("paired-group", organisation=owner or "", language=LanguageName(offered.language or ""))]
        case Role.ORGANISATION:
            hints = {"notice": "!notice …", "groups": "!groups", "languages": "!languages"}
            said = [say("paired-organisation", organisation=owner or ""), say("paired-organisation-next", **hints)]
        case _:
            said = [say("paired-coordination")]
    said += missing_rights(tx.chats.get(chat.id), tx)
    return Say(chat.id, tuple(Line(sentence) for sentence in said))


def _told(chat: KnownChat, offered: Pairing, tx: Transaction) -> Actions:
    """An organisation hears of its new group."""
    if offered.role != Role.GROUP or offered.organisation is None:
        return ()
    title, language = chat.title or say("a-group"), LanguageName(offered.language or "")
    said = [say("group-new", group=title, language=language)]
    if any(notice.state is NoticeState.PUBLISHED for notice in tx.notices.latest(offered.organisation)):
        said.append(say("group-new-notices", command="!publish N1"))
    return tell_all(tx.chats.with_role(Role.ORGANISATION, offered.organisation), *said)


def _taken(chat: KnownChat, offered: Pairing, tx: Transaction) -> Actions:
    """An organisation hears that a group of its own belongs to another now; `chat` is as it was before."""
    if chat.role != Role.GROUP or chat.organisation in (None, offered.organisation) or offered.organisation is None:
        return ()
    name = tx.chats.organisation(offered.organisation).name
    taken = say("group-taken", group=chat.title or say("a-group"), organisation=name)
    return tell_all(tx.chats.with_role(Role.ORGANISATION, chat.organisation), taken)


def missing_rights(chat: KnownChat, tx: Transaction) -> list[Sentence]:
    """What the bot must be allowed before it can do its work in a room, or in a linked chat."""
    reads_all = chat.role in (Role.COORDINATION, Role.ORGANISATION) or chat.link is not None
    if reads_all and not chat.administrator and _hides_messages(tx.accounts.get(chat.address.account)):
        return [say("needs-administrator")]
    if chat.role == Role.COORDINATION and chat.forum and not chat.topics:
        return [say("needs-topics")]
    return []


def _hides_messages(account: AccountRow) -> bool:
    """Where a link can add a bot to a group (Telegram), a bot that is no administrator sees commands alone."""
    return account.group_link is not None


# --- new groups, from the organisation's room ------------------------------------------------------------------------


def groups(event: Message, where: Situation, tx: Transaction) -> Actions:
    """`groups`: which there are, and a way to add one in each language. Every link and code works once."""
    assert where.chat.organisation is not None
    organisation = where.chat.organisation
    there = [_counted(tx, organisation, language) for language in tx.chats.languages_of(organisation)]
    actions: list[Action] = []
    actions += tell(event, where, *(there or [say("groups-none")]))
    for account in tx.accounts.all():
        if account.display:
            actions += _ways_in(event, where, account, organisation, tx)
    return actions


def _counted(tx: Transaction, organisation: int, language: str) -> Sentence:
    return say("groups-there", language=LanguageName(language), n=tx.chats.count_groups(organisation, language))


def _ways_in(event: Message, where: Situation, account: AccountRow, organisation: int, tx: Transaction) -> Actions:
    network = tx.policy.network(account.name)
    if account.group_link is None:
        how = say("groups-invite", network=network, name=account.display)
        return (reply(event, where, (Line(how), Gap(), *_typed_codes(organisation, "!pair", tx))),)
    links = [
        Button(own_name(language), url=account.group_link.replace("{start}", code))
        for language, code in _codes(organisation, tx).items()
    ]
    groups = reply(event, where, (Line(say("groups-link", network=network)),), buttons=in_rows(links, 2))
    if account.channel_link is None:
        return (groups,)
    how = say("groups-channel", network=network)
    button = Button(say("button-add-to-channel"), url=account.channel_link)
    channels = (Line(how), Gap(), *_typed_codes(organisation, "/pair", tx))
    return (groups, reply(event, where, channels, buttons=((button,),)))


def _codes(organisation: int, tx: Transaction) -> dict[str, str]:
    return {
        language: tx.chats.new_pairing(Pairing(Role.GROUP, organisation, language), PAIRING_LIVES)
        for language in tx.policy.languages
    }


def _typed_codes(organisation: int, command: str, tx: Transaction) -> list[Block]:
    """A line for each language, to be written in the new group or channel."""
    return [
        Line(say("groups-code", language=LanguageName(language, own=True), command=f"{command} {code}"))
        for language, code in _codes(organisation, tx).items()
    ]
