"""Erasing in the store, on both databases: every table that can speak of a request, and nothing of its neighbours."""

from __future__ import annotations

import resource
import shutil
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, select

from bot.actions import Button, Named, Priority, Say
from bot.catalogue import Catalogue
from bot.content import Content, Gap, Line, Translated, Words, say
from bot.domain.chats import Role
from bot.domain.erasing import COMPACT, SETTLES_WITHIN, Erasure
from bot.domain.requests import Request
from bot.events import Due
from bot.incoming import Batch, Raw
from bot.model import Attachment, Chat, ChatKind, Person, Text
from bot.outgoing import EditText, SendText, Withdraw
from bot.ports import Limits
from bot.store.database.opening import is_to_be_rebuilt
from bot.store.outbox.claimed import Receipted
from bot.store.outbox.claims import Claims
from bot.store.tables import InboxStatus, inbox, metadata
from bot.store.transaction import Transaction
from tests.databases import POLICY, Ticking, transaction, writer
from tests.paper.adapter import LIKE_TELEGRAM

CATALOGUE = Catalogue(POLICY.languages)
ACCOUNT = "paper"


def private(tx: Transaction, name: str = "1") -> int:
    return tx.chats.known(Chat(ACCOUNT, f"private-{name}"), ChatKind.PRIVATE).id


def room(tx: Transaction) -> int:
    known = tx.chats.known(Chat(ACCOUNT, "room"), ChatKind.GROUP, "Room")
    tx.chats.set_kind(known.id, ChatKind.GROUP, Role.COORDINATION)
    return known.id


def a_request(tx: Transaction, name: str = "1") -> Request:
    """With everything that the store can keep of one."""
    chat, there = private(tx, name), room(tx)
    person = tx.chats.person(Person(ACCOUNT, f"member-{name}", "", "pt")).id
    helper = tx.chats.person(Person(ACCOUNT, "helper", "Ann", "nl")).id
    request = tx.requests.add(chat, person, "pt")
    plea, reply = tx.texts.add(f"plea {name}", "pt"), tx.texts.add(f"reply {name}", "nl")
    tx.attachments.keep(plea, ACCOUNT, [Attachment("photo", "the key", "letter.jpg")])
    tx.copies.came_in(chat, f"in-{name}", request.code, plea)
    tx.requests.say(request.id, "member", plea)
    tx.requests.say(request.id, "coordinator", reply, helper)
    found = tx.texts.want(plea, "nl", "conversation")
    tx.texts.done(found.id, f"translated {name}", "engine", ())
    card: Content = (Line(say("card-open", code=request.code)), Translated(plea))
    claim = ((Button(say("button-claim"), "claim", request.code, lasting=True),),)
    name_of_card = f"{request.code}/card"
    tx.deliveries.add(Say(there, card, request.code, name_of_card, buttons=claim, priority=Priority.COORDINATION))
    below = Say(there, (Words(reply),), request.code, f"{request.code}/line/1", Named(name_of_card))
    tx.deliveries.add(below)
    tx.deliveries.add(Say(chat, (Translated(reply),), request.code, report="reply:1"))
    tx.deliveries.add(Say(there, (Words(plea, "quote"),)))
    tx.schedule.at(tx.now + timedelta(days=1), Due("card-date", request.code))
    tx.dialogues.put(chat, request=request.number, question="area")
    return request


def send_all(tx: Transaction, limits: Limits = LIKE_TELEGRAM, account: str = ACCOUNT) -> list[object]:
    """Let the network have everything there is; what was done."""
    done: list[object] = []
    claims = Claims(tx, account, limits, CATALOGUE)
    while claimed := claims.claim(50, ()):
        for one in claimed:
            for part in one.parts:
                done.append(part.action)
                receipt = f"net-{one.id}-{part.position}" if isinstance(part.action, SendText) else None
                claims.sent([Receipted(one, part, receipt)])
    return done


def erase(tx: Transaction, request: Request) -> Erasure:
    erasure = Erasure(request.chat, (request.code,))
    elsewhere = tx.erasing.forget(request, "erased")
    tx.erasing.take_back(erasure, elsewhere, lambda role, code: (Line(say("erased-message")),))
    return erasure


def counts(tx: Transaction) -> dict[str, int]:
    every = {name: select(func.count()).select_from(table) for name, table in metadata.tables.items()}
    return {name: n for name, query in every.items() if (n := tx.connection.execute(query).scalar_one())}


def test_every_row_of_a_request_goes_and_only_those(database_url: str) -> None:
    """Erased and forgotten, the store is as if there had been the other alone."""
    with transaction(database_url) as tx:
        a_request(tx, "1")
        send_all(tx)
        alone = counts(tx)
        second = a_request(tx, "2")
        send_all(tx)
    with transaction(database_url) as tx:
        erasure = erase(tx, second)
        send_all(tx)
        assert tx.erasing.is_settled(erasure)
        assert tx.erasing.remains(erasure).here == tx.erasing.remains(erasure).rooms == 0
        tx.erasing.end(erasure)
        assert tx.erasing.forget_chat(second.chat)
        assert tx.schedule.planned(COMPACT)
        tx.schedule.cancel(COMPACT)
        after = counts(tx)
        assert after.pop("event") == alone.pop("event") + 2
        assert {**after, "inbox": 0} == {**alone, "inbox": 0}
        assert tx.requests.add(private(tx), None, "pt").number == 3


def test_what_is_being_sent_when_it_is_erased_is_withdrawn_after_it(database_url: str) -> None:
    """The network has it before it answers: nobody may lose track of it."""
    with transaction(database_url) as tx:
        request = a_request(tx)
        claims = Claims(tx, ACCOUNT, LIKE_TELEGRAM, CATALOGUE)
        in_air = claims.claim(50, ())
    with transaction(database_url) as tx:
        erasure = erase(tx, request)
        assert not tx.erasing.is_settled(erasure)
        claims = Claims(tx, ACCOUNT, LIKE_TELEGRAM, CATALOGUE)
        for one in in_air:
            claims.sent([Receipted(one, one.parts[0], f"net-{one.id}-0")])
        withdrawn = {action.message for action in send_all(tx) if isinstance(action, Withdraw)}
        assert {f"net-{one.id}-0" for one in in_air} <= withdrawn
        assert tx.erasing.is_settled(erasure)


def test_a_start_in_between_loses_nothing_and_says_nothing(database_url: str) -> None:
    """What was in the air when the program died has no words to be said again with."""
    with transaction(database_url) as tx:
        request = a_request(tx)
        Claims(tx, ACCOUNT, LIKE_TELEGRAM, CATALOGUE).claim(50, ())
    with transaction(database_url) as tx:
        erase(tx, request)
    with transaction(database_url) as tx:
        Claims(tx, ACCOUNT, LIKE_TELEGRAM, CATALOGUE).recover()
        assert not any(isinstance(action, SendText) for action in send_all(tx))


def test_too_old_to_be_withdrawn_is_emptied_where_it_can_be(database_url: str) -> None:
    """Words are replaced; a network that takes neither is asked to withdraw."""
    clock = Ticking()
    limits = Limits(4096, "utf16", 0, 1, 0, None, False, withdraw_within=timedelta(hours=48))
    with transaction(database_url, clock=clock) as tx:
        request = a_request(tx)
        send_all(tx, limits)
    clock.at += timedelta(days=3)
    with transaction(database_url, clock=clock) as tx:
        erasure = erase(tx, request)
        done = send_all(tx, limits)
        assert [type(action) for action in done].count(Withdraw) == 1  # the member's own message
        assert all(action.text.plain for action in done if isinstance(action, EditText))
        assert tx.erasing.remains(erasure).rooms == 0


def test_after_an_hour_it_counts_as_settled(database_url: str) -> None:
    """A network that is down must not keep the last rows for ever."""
    clock = Ticking()
    with transaction(database_url, clock=clock) as tx:
        request = a_request(tx)
        send_all(tx)
        erasure = erase(tx, request)
        assert not tx.erasing.is_settled(erasure)
    clock.at += SETTLES_WITHIN
    with transaction(database_url, clock=clock) as tx:
        assert tx.erasing.is_settled(erasure)
        assert tx.erasing.remains(erasure).here == 1  # the reply waited for its translation still
        tx.erasing.end(erasure)
        assert not tx.erasing.is_under_way(erasure)
        assert not {"copy", "line", "text", "request"} & counts(tx).keys()


def test_texts_that_something_waits_to_translate_can_be_thrown_away(database_url: str) -> None:
    """A delivery waits for the translation, and so refers to it."""
    with transaction(database_url) as tx:
        text = tx.texts.add("Kom morgen", "nl")
        tx.deliveries.add(Say(private(tx), (Translated(text), Gap()), language="pt"))
        tx.texts.delete([text])
        assert "text" not in counts(tx)
        assert "translation" not in counts(tx)


def test_texts_that_something_still_says_are_not_thrown_away(database_url: str) -> None:
    """A text may be said in two places."""
    with transaction(database_url) as tx:
        first = a_request(tx, "1")
        shared = tx.requests.lines(first.id)[0].text
        second = tx.requests.add(private(tx, "2"), None, "pt")
        tx.requests.say(second.id, "member", shared)
        tx.erasing.forget(first, "erased")
        assert tx.texts.get(shared).text.plain == "plea 1"


def test_what_could_not_be_handled_goes_with_the_chat(database_url: str) -> None:
    """Its words stand in the inbox; of what was handled only the network's number stays, for some days."""
    with transaction(database_url) as tx:
        chat = private(tx)
        tx.inbox.accept(ACCOUNT, Batch(tuple(Raw(str(n), "private-1", b"secret") for n in range(2)), "2"))
        bad, good = tx.inbox.waiting(10, [ACCOUNT])
        tx.inbox.quarantine(bad.id, "ValueError")
        tx.inbox.take(good.id)
        assert tx.erasing.forget_chat(chat)
        rows = tx.connection.execute(select(inbox.c.event, inbox.c.lane, inbox.c.body, inbox.c.status)).all()
        assert [tuple(row) for row in rows] == [("1", "paper:", None, InboxStatus.HANDLED)]


def test_chats_with_a_request_or_a_role_are_never_forgotten(database_url: str) -> None:
    """Whatever asks for it."""
    with transaction(database_url) as tx:
        request = a_request(tx)
        assert not tx.erasing.forget_chat(request.chat)
        assert not tx.erasing.forget_chat(room(tx))
        assert tx.erasing.forget_empty_chats(100) == 0


def test_people_are_forgotten_when_nothing_refers_to_them(database_url: str) -> None:
    """And not before."""
    with transaction(database_url) as tx:
        request = a_request(tx)
        tx.chats.person(Person(ACCOUNT, "passer-by", "", None))
        assert tx.erasing.forget_people() == 1
        tx.erasing.forget(request, "erased")
        assert tx.erasing.forget_people() == 2


def test_the_trace_of_a_number_is_a_day_and_no_person(database_url: str) -> None:
    """So that no number is given twice, and requests can be counted."""
    with transaction(database_url) as tx:
        request = a_request(tx)
        tx.requests.happened(request, "claimed", request.person)
        tx.erasing.forget(request, "purged")
        events = metadata.tables["event"]
        rows = tx.connection.execute(select(events.c.what, events.c.person_id, events.c.at).order_by(events.c.id)).all()
        assert [(what, person) for what, person, _ in rows] == [("created", None), ("claimed", None), ("purged", None)]
        assert all((at.hour, at.minute, at.second) == (0, 0, 0) for _, _, at in rows)


def _everything(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.iterdir())


async def test_what_was_deleted_is_not_in_the_files(tmp_path: Path, sqlite_template: str) -> None:
    """Neither in free pages nor in the write-ahead log, as soon as the unit is done."""
    url = f"sqlite:///{tmp_path / 'schakel.db'}"
    shutil.copy(sqlite_template, tmp_path / "schakel.db")

    async with writer(url, Ticking()) as w:
        ids = await w.run(lambda tx: [tx.texts.add(Text(f"Zebrafinco é {n}" * 200), "pt") for n in range(50)])
        await w.run(lambda tx: tx.texts.replace(ids[0], Text("Quincunx"), "pt"))
        assert b"Zebrafinco" in _everything(tmp_path)
        await w.run(lambda tx: tx.texts.delete(ids))
        assert b"Zebrafinco" not in _everything(tmp_path)
        assert b"Quincunx" not in _everything(tmp_path)


def _authorized(tx: Transaction, by: Callable[..., int] | None) -> None:
    raw = tx.connection.connection.driver_connection
    assert isinstance(raw, sqlite3.Connection)
    raw.set_authorizer(by)


def _refused(tx: Transaction) -> None:
    """No rebuilding from now on: a copy of the file is attached to be written."""
    _authorized(tx, lambda what, *_: sqlite3.SQLITE_DENY if what == sqlite3.SQLITE_ATTACH else 0)


def _is_wished(tx: Transaction) -> bool:
    """Whether the file is still to be rebuilt."""
    return is_to_be_rebuilt(tx.connection)


def _free_pages(tx: Transaction) -> int:
    return int(tx.connection.exec_driver_sql("PRAGMA freelist_count").scalar_one())


async def test_a_file_that_cannot_be_rebuilt_is_later(tmp_path: Path, sqlite_template: str) -> None:
    """The disk was too full for a copy of it, say. It is not tried again after each unit."""
    shutil.copy(sqlite_template, tmp_path / "schakel.db")
    async with writer(f"sqlite:///{tmp_path / 'schakel.db'}", Ticking()) as w:
        ids = await w.run(lambda tx: [tx.texts.add("Zebrafinco" * 500, "pt") for _ in range(50)])
        await w.run(lambda tx: tx.texts.delete(ids))
        await w.run(_refused)
        await w.run(lambda tx: tx.stirred.add("rebuild"))
        await w.run(lambda tx: _authorized(tx, None))
        await w.run(lambda tx: None)
        assert await w.run(_free_pages) > 0
        w._rebuilds_at = 0.0
        await w.run(lambda tx: None)
        assert await w.run(_free_pages) == 0


@contextmanager
def _files_of_at_most(size: int) -> Iterator[None]:
    """As on a disk that has no more room than that for any of them."""
    before, told = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, told)


async def test_a_rebuilding_for_which_there_is_no_room_leaves_the_disk_as_it_was(
    tmp_path: Path, sqlite_template: str
) -> None:
    """What it had written into the log would fill the disk for good: the log could not be brought in any more."""
    shutil.copy(sqlite_template, tmp_path / "schakel.db")
    log = tmp_path / "schakel.db-wal"
    async with writer(f"sqlite:///{tmp_path / 'schakel.db'}", Ticking()) as w:
        await w.run(lambda tx: [tx.texts.add("Zebrafinco" * 500, "pt") for _ in range(500)])
        await w.run(lambda tx: tx.connection.exec_driver_sql("PRAGMA temp_store = MEMORY"))
        with _files_of_at_most(2**20):
            await w.run(lambda tx: tx.stirred.add("rebuild"))
            assert log.stat().st_size == 0
            await w.run(lambda tx: tx.texts.add("Quincunx", "pt"))
        w._rebuilds_at = 0.0
        await w.run(lambda tx: tx.stirred.add("schedule"))
        assert not await w.run(_is_wished)


async def test_a_file_is_not_rebuilt_where_the_disk_has_no_room_for_two_copies(
    tmp_path: Path, sqlite_template: str
) -> None:
    """To try would fill the disk for seconds, each minute, while nobody is answered."""
    shutil.copy(sqlite_template, tmp_path / "schakel.db")
    size = (tmp_path / "schakel.db").stat().st_size
    room = [size + 64 * 2**20]
    async with writer(f"sqlite:///{tmp_path / 'schakel.db'}", Ticking(), free=lambda _: room[0]) as w:
        await w.run(lambda tx: tx.stirred.add("rebuild"))
        assert await w.run(_is_wished)
        room[0] += size
        w._rebuilds_at = 0.0
        await w.run(lambda tx: tx.stirred.add("schedule"))
        assert not await w.run(_is_wished)


async def test_a_file_that_was_to_be_rebuilt_is_after_the_next_start(tmp_path: Path, sqlite_template: str) -> None:
    """The bot died at that moment, or was stopped while the disk was too full. Nobody is kept waiting at the start, and
    what was done is not done again."""
    shutil.copy(sqlite_template, tmp_path / "schakel.db")
    url = f"sqlite:///{tmp_path / 'schakel.db'}"
    async with writer(url, Ticking()) as w:
        ids = await w.run(lambda tx: [tx.texts.add("Zebrafinco" * 500, "pt") for _ in range(50)])
        await w.run(lambda tx: tx.texts.delete(ids))
        await w.run(_refused)
        await w.run(lambda tx: tx.stirred.add("rebuild"))
    async with writer(url, Ticking()) as again:
        assert await again.run(_free_pages) > 0
        assert await again.run(_free_pages) > 0
        again._rebuilds_at = 0.0
        await again.run(lambda tx: None)
        assert await again.run(_free_pages) == 0
        ids = await again.run(lambda tx: [tx.texts.add("Zebrafinco" * 500, "pt") for _ in range(50)])
        await again.run(lambda tx: tx.texts.delete(ids))
    async with writer(url, Ticking()) as last:
        await last.run(lambda tx: None)
        last._rebuilds_at = 0.0
        await last.run(lambda tx: None)
        assert await last.run(_free_pages) > 0


async def test_a_reader_beside_the_writer_only_delays_it(tmp_path: Path, sqlite_template: str) -> None:
    """As long as somebody reads an old state, the log keeps it; the next unit wipes it."""
    path = tmp_path / "schakel.db"
    shutil.copy(sqlite_template, path)
    async with writer(f"sqlite:///{path}", Ticking()) as w:
        ids = await w.run(lambda tx: [tx.texts.add("Zebrafinco" * 500, "pt")])
        reader = sqlite3.connect(path, isolation_level=None)
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM text").fetchone() == (1,)
        await w.run(lambda tx: tx.texts.delete(ids))
        reader.execute("COMMIT")
        reader.close()
        await w.run(lambda tx: None)
        assert b"Zebrafinco" not in _everything(tmp_path)
