"""What has been costs nothing any more: the database finds what a statement is about, however much is beside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bot.actions import Edit, Named, Priority, Say
from bot.catalogue import Catalogue
from bot.content import Verbatim
from bot.domain.chats import Role
from bot.domain.erasing import Erasure
from bot.incoming import Batch, Raw
from bot.model import Chat, ChatKind, Person
from bot.store.outbox.claimed import Receipted
from bot.store.outbox.claims import Claims
from bot.store.transaction import Transaction
from tests.databases import POLICY, transaction
from tests.paper.adapter import LIKE_MATRIX

FEW, MANY = 10, 200


def group(tx: Transaction, name: str) -> int:
    chat = tx.chats.known(Chat("paper", name), ChatKind.GROUP).id
    tx.chats.set_kind(chat, ChatKind.GROUP, Role.COORDINATION)
    return chat


def send_everything(tx: Transaction) -> None:
    claims = Claims(tx, "paper", LIKE_MATRIX, Catalogue(POLICY.languages))
    while claimed := claims.claim(100, []):
        for one in claimed:
            claims.sent([Receipted(one, part, f"m{one.id}-{part.position}") for part in one.parts])


def say(tx: Transaction, chat: int, subject: str, name: str | None = None) -> None:
    tx.deliveries.add(Say(chat, (Verbatim("something"),), subject=subject, name=name))


def edit(tx: Transaction, chat: int, name: str) -> None:
    tx.deliveries.add(Edit(chat, Named(name), (Verbatim("something else"),)))


def arrive(tx: Transaction, id: str) -> None:
    tx.inbox.accept("paper", Batch((Raw(id, "g", b""),), id))


# --- what there is beside, and what is done ------------------------------------------------------------------------


def handled(tx: Transaction, many: int) -> Callable[[Transaction], object]:
    """Events that were handled, and one that waits."""
    for number in range(many):
        arrive(tx, f"old-{number}")
    for old in tx.inbox.waiting(many, ["paper"]):
        tx.inbox.take(old.id)
    arrive(tx, "new")
    return lambda tx: (
        tx.inbox.waiting(10, ["", "paper"]) and tx.inbox.waiting(10, ["", "paper"], not_in=["paper:other"])
    )


def said_in_the_lane(tx: Transaction, many: int) -> Callable[[Transaction], object]:
    """Messages about a subject, each edited; then one is edited again, and another goes the whole way."""
    chat = group(tx, "g")
    for number in range(many):
        say(tx, chat, "K1", f"{number}")
    send_everything(tx)
    for number in range(many):
        edit(tx, chat, f"{number}")
    send_everything(tx)

    def edit_and_say(tx: Transaction) -> None:
        edit(tx, chat, "0")
        say(tx, chat, "K1")
        send_everything(tx)

    return edit_and_say


def waiting_elsewhere(tx: Transaction, many: int) -> Callable[[Transaction], object]:
    """Messages that wait in lanes of their own; the sender looks for what is due and for presses."""
    for number in range(many):
        say(tx, group(tx, f"g{number}"), "K1")

    def look_and_advance(tx: Transaction) -> None:
        tx.heads.look("paper")
        tx.lanes.advance({(group(tx, "g0"), "K1"), (group(tx, "g1"), "K1")})

    return look_and_advance


def notices_that_wait(tx: Transaction, many: int) -> Callable[[Transaction], object]:
    """Notices on their way to many groups; what is said to people is looked for, which goes before them."""
    for number in range(many):
        chat = group(tx, f"g{number}")
        tx.deliveries.add(Say(chat, (Verbatim("something"),), subject="N1", name="N1", priority=Priority.NOTICE))
    chat = group(tx, "g0")
    return lambda tx: tx.heads.ready("paper", 10, [], urgent=True) or tx.heads.ready("paper", 10, [chat], urgent=True)


def other_chats(tx: Transaction, many: int) -> Callable[[Transaction], object]:
    """Chats that the bot knows; a link of two of them is asked for, and somebody's private chat."""
    for number in range(many):
        group(tx, f"g{number}")
    link = tx.links.add(tx.chats.organisation_named("Centre").id, "Market").id
    for name in ("g0", "g1"):
        tx.chats.set_link(group(tx, name), link)
    return lambda tx: tx.links.chats(link) and tx.chats.private_of(1)


def notices_in_groups(tx: Transaction, many: int) -> Callable[[Transaction], object]:
    """Notices that went out; a request is erased, and a network answers to one of the messages to be withdrawn."""
    for number in range(many):
        say(tx, group(tx, "g"), f"N{number}", f"N{number}")
    chat = tx.chats.known(Chat("paper", "private"), ChatKind.PRIVATE).id
    say(tx, chat, "K1")
    send_everything(tx)
    erasure = Erasure(chat, ("K1",))
    tx.erasing.take_back(erasure, [], lambda role, code: (Verbatim("erased"),))
    send_everything(tx)
    return lambda tx: tx.erasing.is_under_way(erasure) and tx.erasing.is_settled(erasure)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@pytest.mark.parametrize(
    "beside", [handled, said_in_the_lane, waiting_elsewhere, notices_that_wait, other_chats, notices_in_groups]
)
def test_what_is_beside_it_makes_nothing_dearer(
    beside: Callable[[Transaction, int], Callable[[Transaction], object]], migrated: Callable[[str], str], kind: str
) -> None:
    """Counted in steps of SQLite's machine; on PostgreSQL in rows that were looked at."""
    few, many = (_work(migrated(kind), beside, size) for size in (FEW, MANY))
    assert many <= 1.5 * few, f"{many}, and not {few} as with little beside it"


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_nobody_is_looked_for_in_all_that_has_ever_happened(migrated: Callable[[str], str], kind: str) -> None:
    """Whom nothing refers to any more is found in one look at the history, however many people there are."""

    def people(tx: Transaction, many: int) -> Callable[[Transaction], object]:
        chat = tx.chats.known(Chat("paper", "private"), ChatKind.PRIVATE).id
        request = tx.requests.add(chat, None, "pt")
        for _ in range(2 * MANY):
            tx.requests.happened(request, "claimed", None)
        for number in range(many):
            tx.requests.add(chat, tx.chats.person(Person("paper", f"p{number}", "")).id, "pt")
        return lambda tx: tx.erasing.forget_people()

    few, many = (_work(migrated(kind), people, size) for size in (FEW, 10 * FEW))
    assert many <= 5 * few, f"{many}, and not {few} as with few people"


def test_what_has_just_been_filled_is_looked_through_by_nobody(migrated: Callable[[str], str]) -> None:
    """PostgreSQL counts what there is a minute later, and until then believes that it is nothing."""
    few, many = (_work(migrated("postgresql"), waiting_elsewhere, size, counted=False) for size in (FEW, MANY))
    assert many <= 1.5 * few, f"{many}, and not {few} as with little beside it"


def _work(
    url: str,
    beside: Callable[[Transaction, int], Callable[[Transaction], object]],
    size: int,
    counted: bool = True,
) -> int:
    with transaction(url) as tx:
        do = beside(tx, size)
    with transaction(url) as tx:
        driver: Any = tx.connection.connection.driver_connection
        if url.startswith("sqlite"):
            return _steps(driver, lambda: do(tx))
        # So few rows are read faster than found, and the first executions are planned for their own values.
        for setting in ("enable_seqscan = off", "enable_hashjoin = off", "enable_mergejoin = off"):
            driver.execute(f"SET LOCAL {setting}")
        driver.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        if counted:
            driver.execute("ANALYZE")
        before = _rows(driver)
        do(tx)
        return _rows(driver) - before


def _steps(driver: Any, do: Callable[[], object]) -> int:
    taken = 0

    def step() -> int:
        nonlocal taken
        taken += 1
        return 0

    driver.set_progress_handler(step, 1)
    try:
        do()
    finally:
        driver.set_progress_handler(None, 0)
    return taken


def _rows(driver: Any) -> int:
    read = "SELECT coalesce(sum(seq_tup_read + coalesce(idx_tup_fetch, 0)), 0) FROM pg_stat_xact_user_tables"
    return int(driver.execute(read).fetchone()[0])
