"""Chats, persons, organisations and the one-time codes that pair them."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, bindparam, delete, func, or_, select, union, update

from bot.domain.chats import KnownChat, KnownPerson, Organisation, Pairing, Role, called, is_same_name
from bot.model import Chat, ChatKind, Person
from bot.store.chats.menus import ROOMS
from bot.store.database.prepared import Prepared, Row
from bot.store.database.statements import change
from bot.store.tables import chat, organisation, pairing, person, referring, request

if TYPE_CHECKING:
    from bot.store.transaction import Transaction

TAKEN = "the chat has moved to where another one is"
"""Why a chat that cannot move is out of reach."""

# Statements that every message runs are made once: building one costs SQLAlchemy as much as running it.
_BY_ID = Prepared(select(chat).where(chat.c.id == bindparam("id")))
_AT = Prepared(select(chat).where(chat.c.account == bindparam("account"), chat.c.network_id == bindparam("network_id")))
_ACTIVE_WITH_ROLE = Prepared(
    select(chat).where(chat.c.role == bindparam("the_role"), chat.c.active).order_by(chat.c.id)
)
_OFFERED = (pairing.c.role, pairing.c.organisation_id, pairing.c.language, pairing.c.link_id)
_PERSON = Prepared(
    select(person).where(person.c.account == bindparam("account"), person.c.network_id == bindparam("network_id"))
)


class Chats:
    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._read: dict[int, KnownChat] = {}  # what this unit has read already and not changed

    # --- chats ---------------------------------------------------------------------------------------------------

    def known(self, address: Chat, kind: ChatKind, title: str | None = None) -> KnownChat:
        """The chat with that address, made when it is new."""
        found = self.at(address)
        if found is not None and title == found.title:
            return found  # before anything is made of it: this is asked for every message
        title = title and called(title)
        if found is not None:
            if title and title != found.title:
                self._set(found.id, title=title)
            return found
        self._tx.connection.execute(
            self._tx.insert(chat).values(
                account=address.account,
                network_id=address.id,
                kind=kind.value,
                role=Role.PRIVATE.value if kind is ChatKind.PRIVATE else Role.NONE.value,
                title=title or None,
                added_at=self._tx.now,
            )
        )
        made = self.at(address)
        assert made is not None
        return made

    def at(self, address: Chat) -> KnownChat | None:
        row = _AT.first(self._tx.connection, {"account": address.account, "network_id": address.id})
        return None if row is None else self._keep(_chat(row))

    def get(self, id: int) -> KnownChat:
        if id in self._read:
            return self._read[id]
        return self._keep(_chat(_BY_ID.one(self._tx.connection, {"id": id})))

    def find(self, id: int) -> KnownChat | None:
        """None: of a private one in which nothing is left, nothing is kept."""
        if id in self._read:
            return self._read[id]
        row = _BY_ID.first(self._tx.connection, {"id": id})
        return None if row is None else self._keep(_chat(row))

    def _keep(self, found: KnownChat) -> KnownChat:
        self._read[found.id] = found
        return found

    def with_role(self, role: str, organisation: int | None = None, active: bool = True) -> list[KnownChat]:
        if organisation is None and active:
            return [_chat(row) for row in _ACTIVE_WITH_ROLE.all(self._tx.connection, {"the_role": role})]
        query = select(chat).where(chat.c.role == role)
        if organisation is not None:
            query = query.where(chat.c.organisation_id == organisation)
        if active:
            query = query.where(chat.c.active)
        return [_chat(row) for row in self._tx.connection.execute(query.order_by(chat.c.id))]

    def coordination_room(self) -> KnownChat | None:
        """The room where requests are triaged; None while none is paired and reachable."""
        rooms = self.with_role(Role.COORDINATION)
        return rooms[0] if rooms else None

    def is_coordination_room(self, id: int) -> bool:
        """Whether it is that room still."""
        room = self.coordination_room()
        return room is not None and room.id == id

    def set_language(self, id: int, language: str) -> None:
        self._stir_menus(id)
        self._set(id, language=language)

    def set_hours(self, id: int, hours: str | None) -> None:
        """When somebody is there to read the chat; None: when the operator said."""
        self._set(id, hours=hours)

    def set_person(self, id: int, person: int) -> None:
        """A private chat turns out to be a helper's."""
        self._set(id, person_id=person)

    def private_of(self, person: int) -> KnownChat | None:
        """Where a helper can be told what is for them alone."""
        query = select(chat).where(chat.c.person_id == person, chat.c.role == Role.PRIVATE, chat.c.active)
        row = self._tx.connection.execute(query.order_by(chat.c.id.desc()).limit(1)).first()
        return None if row is None else _chat(row)

    def left_by(self, person: int) -> KnownChat | None:
        """The private chat where a member has asked for help, and nobody else has; they have left it since, or others
        have joined them."""
        theirs = select(request.c.chat_id).where(request.c.person_id == person)
        others = select(request.c.chat_id).where(request.c.person_id != person)
        left = (chat.c.role == Role.PRIVATE) & ~chat.c.active
        query = select(chat).where(or_(left, chat.c.role == Role.NONE), chat.c.person_id.is_(None))
        query = query.where(chat.c.id.in_(theirs), chat.c.id.not_in(others)).order_by(chat.c.id.desc())
        row = self._tx.connection.execute(query.limit(1)).first()
        return None if row is None else _chat(row)

    def of_helper(self, person: int) -> list[KnownChat]:
        """Where a helper was told what is for them alone; others may have joined them since."""
        query = select(chat).where(chat.c.person_id == person, chat.c.active).order_by(chat.c.id)
        return [_chat(row) for row in self._tx.connection.execute(query)]

    def paused(self, account: str) -> list[tuple[int, datetime]]:
        """The chats that the network wants nothing for, and until when."""
        query = select(chat.c.id, chat.c.paused_until).where(
            chat.c.account == account, chat.c.paused_until > self._tx.now
        )
        return [(row.id, row.paused_until) for row in self._tx.connection.execute(query)]

    def set_paused(self, id: int, until: datetime) -> None:
        self._set(id, paused_until=until)

    def set_link(self, id: int, link: int | None) -> None:
        """It hears the chats of that link from now on, and they hear it; None: no others. What waits for it of those
        that it hears no longer is not said there any more."""
        before = self.get(id).link
        if before is not None and before != link:
            self._tx.lanes.drop_words(id, f"L{before}")
        self._set(id, link_id=link)

    def set_active(self, id: int, active: bool) -> None:
        self._stir_menus(id)
        self._set(id, active=active)

    def set_administrator(self, id: int, administrator: bool) -> None:
        self._set(id, administrator=administrator)

    def set_topics(self, id: int, *, forum: bool, allowed: bool) -> None:
        """Whether it has topics, and whether the bot may open and close them."""
        self._set(id, forum=forum, topics=allowed)

    def set_kind(self, id: int, kind: ChatKind, role: str) -> None:
        """What kind of chat it is can become known later (a Matrix room turns out to be a private chat)."""
        self._set(id, kind=kind.value, role=role)

    def explained(self, id: int) -> None:
        self._set(id, explained_at=self._tx.now)

    def added(self, id: int) -> None:
        """The bot is in the chat again: an unpaired chat is explained again, and its week begins anew."""
        self._stir_menus(id)
        self._set(id, active=True, added_at=self._tx.now, explained_at=None)

    def pair(self, id: int, pairing: Pairing) -> None:
        """The role that a code gives it. Whose chats it hears is a matter of its organisation."""
        self._tx.stirred.add("menus")
        if self.get(id).organisation != pairing.organisation:
            self.set_link(id, None)
        given = {"role": pairing.role, "organisation_id": pairing.organisation, "language": pairing.language}
        self._set(id, **given, active=True)

    def move(self, id: int, network_id: str) -> bool:
        """The chat has a new id on its network, and what was said in it is out of reach. A chat we already know under
        that id gives way, with what was on its way there.

        False: that one has a role, and nothing has changed. On Matrix whoever has a room of their own can name any.
        """
        now = self.get(id)
        other = self.at(Chat(now.address.account, network_id))
        if other is not None and other.id != id and other.role:
            return False
        self._stir_menus(id)
        if other is not None and other.id != id:
            self._set(other.id, network_id=f"{network_id} (moved to {id})", active=False)
            self._tx.lanes.drop_all(other.id)
        if now.address.id != network_id:
            self._tx.copies.leave_behind(id, now.address.id)
            self._tx.links.leave_behind(id, now.address.id)
            self._tx.lanes.leave_behind(id, now.address.id)
        self._set(id, network_id=network_id, active=True)
        return True

    def forgotten(self, id: int) -> None:
        """Its row is gone."""
        self._read.pop(id, None)

    def _stir_menus(self, id: int) -> None:
        """The menu of a room is another one from now on."""
        if self.get(id).role in ROOMS:
            self._tx.stirred.add("menus")

    def _set(self, id: int, **values: object) -> None:
        self._read.pop(id, None)
        change(self._tx.connection, chat, id, **values)

    def languages_of(self, organisation: int) -> list[str]:
        """The languages of the organisation's own groups."""
        query = select(chat.c.language).where(
            chat.c.role == Role.GROUP, chat.c.organisation_id == organisation, chat.c.active
        )
        return sorted({code for (code,) in self._tx.connection.execute(query.distinct()) if code})

    def count_groups(self, organisation: int, language: str | None = None) -> int:
        query = select(func.count()).where(
            chat.c.role == Role.GROUP, chat.c.organisation_id == organisation, chat.c.active
        )
        if language is not None:
            query = query.where(chat.c.language == language)
        return int(self._tx.connection.execute(query).scalar_one())

    # --- persons -------------------------------------------------------------------------------------------------

    def person(self, who: Person) -> KnownPerson:
        """The person, made when new; the name is kept for rooms, where people see each other anyway."""
        where, shown = {"account": who.account, "network_id": who.id}, called(who.name)
        row = _PERSON.first(self._tx.connection, where)
        if row is None:
            self._tx.connection.execute(
                self._tx.insert(person)
                .values(account=who.account, network_id=who.id, name=shown, app_language=who.language)
                .on_conflict_do_nothing()
            )
            row = _PERSON.one(self._tx.connection, where)
        if (shown and shown != row.name) or (who.language and who.language != row.app_language):
            name, language = shown or row.name, who.language or row.app_language
            change(self._tx.connection, person, row.id, name=name, app_language=language)
            return KnownPerson(row.id, name, language)
        return KnownPerson(row.id, row.name, row.app_language)

    def person_by_id(self, id: int) -> KnownPerson:
        found = self._tx.connection.execute(select(person).where(person.c.id == id)).one()._mapping
        return KnownPerson(found["id"], found["name"], found["app_language"])

    def address_of(self, person_id: int) -> Person:
        """Where somebody is known, and as whom; without their name."""
        row = self._tx.connection.execute(select(person).where(person.c.id == person_id)).one()
        return Person(row.account, row.network_id)

    def known_person(self, who: Person) -> int | None:
        """The person's id; None: they are nobody of whom we know."""
        row = _PERSON.first(self._tx.connection, {"account": who.account, "network_id": who.id})
        return None if row is None else int(row.id)

    # --- organisations and codes ---------------------------------------------------------------------------------

    def organisation(self, id: int) -> Organisation:
        row = self._tx.connection.execute(select(organisation).where(organisation.c.id == id)).one()
        return _organisation(row)

    def organisation_named(self, name: str) -> Organisation:
        """The organisation of that name, however it is typed; made when it is new."""
        # Not by the database: SQLite knows the small letters of A to Z alone.
        alike = [one for one in self.organisations() if is_same_name(one.name, name)]
        found = next((one for one in alike if one.name == name), alike[0] if alike else None)
        if found is None:
            made = self._tx.connection.execute(self._tx.insert(organisation).values(name=name).returning(organisation))
            found = _organisation(made.one())
        return found

    def organisations(self) -> list[Organisation]:
        rows = self._tx.connection.execute(select(organisation).order_by(organisation.c.name))
        return [_organisation(row) for row in rows]

    def set_reads(self, organisation_id: int, languages: Sequence[str]) -> None:
        change(self._tx.connection, organisation, organisation_id, reads=" ".join(languages))

    def new_pairing(self, offered: Pairing, valid_for: timedelta) -> str:
        """A one-time code that gives a chat its role. Only its hash is kept."""
        code = self._tx.token().upper()
        self._tx.connection.execute(
            self._tx.insert(pairing).values(
                code_hash=_hash(code),
                role=offered.role,
                organisation_id=offered.organisation,
                language=offered.language,
                link_id=offered.link,
                expires_at=self._tx.now + valid_for,
            )
        )
        return code

    def offered_pairing(self, code: str) -> Pairing | None:
        """What the code would give; None when it is wrong, used or expired."""
        row = self._tx.connection.execute(select(*_OFFERED).where(*self._usable(code))).first()
        return None if row is None else Pairing(*row)

    def use_pairing(self, code: str) -> Pairing | None:
        """What the code gives, once; None when it is wrong, used or expired."""
        row = self._tx.connection.execute(
            update(pairing).where(*self._usable(code)).values(used_at=self._tx.now).returning(*_OFFERED)
        ).first()
        return None if row is None else Pairing(*row)

    def forget_pairings(self) -> None:
        """Codes that give nothing any more go."""
        self._tx.connection.execute(
            delete(pairing).where(or_(pairing.c.used_at.is_not(None), pairing.c.expires_at <= self._tx.now))
        )

    def forget_organisations(self) -> None:
        """Those that nothing belongs to go: of a mistyped name nobody has used the code."""
        of_chats = select(chat.c.organisation_id).where(chat.c.organisation_id.is_not(None))
        query = select(organisation.c.id).where(organisation.c.id.not_in(of_chats))
        without = list(self._tx.connection.execute(query).scalars())
        if without:
            used = union(*(select(column).where(column.in_(without)) for column in referring(organisation)))
            gone = organisation.c.id.in_(without) & organisation.c.id.not_in(used)
            self._tx.connection.execute(delete(organisation).where(gone))

    def _usable(self, code: str) -> tuple[ColumnElement[bool], ...]:
        return (
            pairing.c.code_hash == _hash(_as_made(code)),
            pairing.c.used_at.is_(None),
            pairing.c.expires_at > self._tx.now,
        )


def _as_made(code: str) -> str:
    """A code without what apps and keyboards put around it or make of it: marks of direction, digits of other scripts,
    letters as wide as Chinese ones, the Turkish capital of i."""
    signs = unicodedata.normalize("NFKD", code)
    return "".join(str(unicodedata.decimal(s)) if s.isdecimal() else s for s in signs if s.isalnum()).upper()


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()


def _chat(row: Row) -> KnownChat:
    return KnownChat(
        id=row.id,
        address=Chat(row.account, row.network_id),
        kind=ChatKind(row.kind),
        role=row.role,
        organisation=row.organisation_id,
        language=row.language,
        title=row.title,
        active=row.active,
        administrator=row.administrator,
        added_at=row.added_at,
        explained_at=row.explained_at,
        person=row.person_id,
        hours=row.hours,
        link=row.link_id,
        forum=row.forum,
        topics=row.topics,
    )


def _organisation(row: Row) -> Organisation:
    return Organisation(row.id, row.name, tuple(row.reads.split()))
