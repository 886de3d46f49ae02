"""The outbox as a machine: whatever is said, changed, sent, refused, left unanswered or killed, in whatever order."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test
from msgspec.structs import replace as changed
from sqlalchemy import text

from bot.actions import Edit, Named, Say
from bot.catalogue import Catalogue
from bot.content import Verbatim
from bot.domain.chats import Role
from bot.failing import MAX_RESENDS, NO_ANSWER, is_repeatable, marked
from bot.model import Chat, ChatKind
from bot.outgoing import EditText, Outgoing, SendText, Withdraw
from bot.ports import Limits
from bot.store.database.opening import open_engine
from bot.store.outbox.claimed import Claimed, Part, Receipted
from bot.store.outbox.claims import Claims
from bot.store.transaction import Transaction
from tests.databases import POLICY, Ticking, copied
from tests.paper.adapter import LIKE_MATRIX, LIKE_TELEGRAM

T = TypeVar("T")

CATALOGUE = Catalogue(POLICY.languages)
LIKE = {"like-matrix": replace(LIKE_MATRIX, text=60), "like-telegram": replace(LIKE_TELEGRAM, text=60)}
_OF = re.compile(r"schakel-(\d+)-(\d+)-")


@dataclass
class Said:
    """Something said: its delivery, its lane, and how it reads by now."""

    delivery: int
    chat: int
    lane: str
    words: str


@dataclass
class Arrival:
    transaction: str
    id: str
    is_marked: bool


@dataclass
class Network:
    idempotent: bool
    arrived: list[Arrival] = field(default_factory=list)
    shown: dict[str, str] = field(default_factory=dict)  # what a message says, by its id

    def takes(self, action: Outgoing) -> str | None:
        match action:
            case SendText(transaction=transaction, text=said):
                if self.idempotent and (known := self.latest(transaction)) is not None:
                    return known
                arrival = Arrival(transaction, f"m{len(self.arrived)}", said.plain.startswith("↻"))
                self.arrived.append(arrival)
                self.shown[arrival.id] = said.plain
                return arrival.id
            case EditText(message=message, text=said):
                self.shown[message] = said.plain
            case Withdraw(message=message):
                self.shown.pop(message, None)
        return None

    def latest(self, transaction: str) -> str | None:
        return next((a.id for a in reversed(self.arrived) if a.transaction == transaction), None)


class Machine(RuleBasedStateMachine):
    def __init__(self, url: str, limits: Limits) -> None:
        super().__init__()
        self.engine = open_engine(url)
        self.clock = Ticking()
        self.limits = limits
        self.network = Network(limits.idempotent)
        self.said: list[Said] = []
        self.air: list[Claimed] = []
        self.failed: set[int] = set()  # deliveries that were refused
        self.unsure: set[str] = set()  # transactions of which the bot was never told
        self.ended = False  # the last claim has ended something without sending it: more can be claimed at once
        self.tokens = 0
        self.chats = [self.unit(partial(_group, name=name)) for name in "ab"]

    def unit(self, do: Callable[[Transaction], T]) -> T:
        with self.engine.begin() as connection:
            return do(Transaction(connection, POLICY, self.clock.now(), self._token))

    def _token(self) -> str:
        self.tokens += 1
        return f"TOKEN{self.tokens:07}"

    def _claims(self, tx: Transaction) -> Claims:
        return Claims(tx, "paper", self.limits, CATALOGUE)

    # --- what people and handlers do ---------------------------------------------------------------------------------

    @rule(chat=st.integers(0, 1), lane=st.sampled_from(["K1", "N1"]), parts=st.sampled_from([1, 3]))
    def says(self, chat: int, lane: str, parts: int) -> None:
        number = len(self.said)
        said = Said(0, self.chats[chat], lane, _words(f"message {number}", parts))

        def unit(tx: Transaction) -> int:
            tx.deliveries.add(Say(said.chat, _content(said), subject=lane, name=f"said/{number}"))
            latest = tx.connection.exec_driver_sql("SELECT max(id) FROM delivery").scalar_one()
            return int(latest)

        said.delivery = self.unit(unit)
        self.said.append(said)

    @precondition(lambda self: self.said)
    @rule(which=st.integers(0, 10_000), parts=st.integers(1, 4))
    def changes(self, which: int, parts: int) -> None:
        number = which % len(self.said)
        said = self.said[number]
        if said.delivery in self.failed:
            return
        said.words = _words(f"changed {number} {which}", parts)
        self.unit(lambda tx: tx.deliveries.add(Edit(said.chat, Named(f"said/{number}"), _content(said))))

    @rule(seconds=st.integers(0, 400))
    def time_passes(self, seconds: int) -> None:
        self.clock.at += timedelta(seconds=seconds)

    # --- what the sender does ----------------------------------------------------------------------------------------

    @rule(most=st.integers(1, 4))
    def claims(self, most: int) -> None:
        def unit(tx: Transaction) -> list[Claimed]:
            tx.heads.release_due("paper")
            claims = self._claims(tx)
            found = claims.claim(most, [])
            self.ended = claims.ended
            return found

        taken = self.unit(unit)
        lanes = [(one.chat, one.subject) for one in (*self.air, *taken)]
        assert len(set(lanes)) == len(lanes), "two of one lane are in the air"
        self.air += taken

    @precondition(lambda self: self.air)
    @rule(which=st.integers(0, 10), together=st.booleans())
    def land(self, which: int, together: bool) -> None:
        """The network has them and says so; several are written down in one statement."""
        chosen = list(self.air) if together else [self.air[which % len(self.air)]]
        landed = []
        for one in chosen:
            going = self._goes(one)
            if going is not None:
                claimed, part, action = going
                landed.append(Receipted(claimed, part, self.network.takes(action)))
        if landed:
            self.unit(lambda tx: self._claims(tx).sent(landed))
        for receipted in landed:
            left = changed(receipted.claimed, parts=receipted.claimed.parts[1:])
            if left.parts:
                self.unit(lambda tx, left=left: self._claims(tx).begin(left, left.parts[0]))  # type: ignore[misc]
                self.air.append(left)

    @precondition(lambda self: self.air)
    @rule(which=st.integers(0, 10), arrives=st.booleans(), known=st.booleans())
    def comes_to_nothing(self, which: int, arrives: bool, known: bool) -> None:
        """Not taken, and the network says so (`known`); or nobody knows whether it arrived."""
        going = self._goes(self.air[which % len(self.air)])
        if going is None:
            return
        claimed, part, action = going
        unsure = not known or part.unsure
        if not known:
            self.unsure.add(getattr(action, "transaction", ""))
            if arrives:
                self.network.takes(action)
        at = self.clock.at + timedelta(seconds=2)
        self.unit(lambda tx: self._claims(tx).again(claimed, part, at, unsure))

    @precondition(lambda self: self.air)
    @rule(which=st.integers(0, 10))
    def is_refused(self, which: int) -> None:
        going = self._goes(self.air[which % len(self.air)])
        if going is not None:
            claimed, part, _ = going
            self._fails(claimed, "no", None if part.unsure else part)

    @rule(data=st.data())
    def dies(self, data: st.DataObject) -> None:
        """Of what is in the air some has arrived; the next one begins with what is written down."""
        for one in list(self.air):
            if data.draw(st.booleans()):
                going = self._goes(one)
                if going is None:
                    continue
                self.network.takes(going[2])
            self.unsure.add(getattr(one.parts[0].action, "transaction", ""))
        self.air.clear()
        self.unit(lambda tx: self._claims(tx).recover())

    def _goes(self, claimed: Claimed) -> tuple[Claimed, Part, Outgoing] | None:
        """Its next part on its way, marked where it may be there already; None: it was given up."""
        self.air.remove(claimed)
        part = claimed.parts[0]
        if not part.unsure or is_repeatable(part.action, self.limits.idempotent):
            return claimed, part, part.action
        if claimed.resends >= MAX_RESENDS:
            self._fails(claimed, NO_ANSWER, None)
            return None
        self.unit(lambda tx: self._claims(tx).marked_again(claimed))
        return changed(claimed, resends=claimed.resends + 1), part, marked(part.action, claimed.subject)

    def _fails(self, claimed: Claimed, reason: str, not_there: Part | None) -> None:
        self.failed.add(claimed.id)
        if claimed.edits is not None:
            self.failed.add(claimed.edits)  # how it reads now nobody promised
        self.unit(lambda tx: self._claims(tx).refused(claimed, reason, not_there))

    # --- what must be so ---------------------------------------------------------------------------------------------

    def teardown(self) -> None:
        """When nothing fails any more, all arrives."""
        try:
            while True:
                self.clock.at += timedelta(minutes=10)
                self.claims(4)
                if not self.air and not self.ended:
                    break
                while self.air:
                    self.land(0, together=True)
            self._check()
        finally:
            self.engine.dispose()

    def _check(self) -> None:
        firsts: dict[tuple[int, str], list[tuple[int, int]]] = {}
        with self.engine.begin() as connection:
            rows = connection.exec_driver_sql("SELECT id, chat_id, subject FROM delivery").all()
        lanes = {id: (chat, subject) for id, chat, subject in rows}  # an edit can send what was refused before
        seen: set[str] = set()
        for arrival in self.network.arrived:
            found = _OF.match(arrival.transaction)
            assert found is not None
            delivery, position = int(found[1]), int(found[2])
            assert not arrival.is_marked or arrival.transaction in self.unsure, "a mark on what had surely not arrived"
            if arrival.transaction in seen:
                assert arrival.is_marked, "twice, and does not say so"
            else:
                firsts.setdefault(lanes[delivery], []).append((delivery, position))
            seen.add(arrival.transaction)
        assert all(order == sorted(order) for order in firsts.values()), "out of order within a lane"
        for said in self.said:
            if said.delivery not in self.failed:
                assert self._reads(said.delivery) == "".join(said.words.split())

    def _reads(self, delivery: int) -> str:
        """What stands there of it as far as we know, without the mark of what was repeated, wherever it was cut."""
        known = text("SELECT network_id FROM copy WHERE delivery_id = :delivery ORDER BY position, id")
        with self.engine.begin() as connection:
            ids = connection.execute(known, {"delivery": delivery}).scalars().all()
        parts = (re.sub(r"^↻ ?([KN]\d+\n)?", "", self.network.shown[id]) for id in ids)
        return "".join("".join(parts).split())


def _group(tx: Transaction, name: str) -> int:
    chat = tx.chats.known(Chat("paper", name), ChatKind.GROUP).id
    tx.chats.set_kind(chat, ChatKind.GROUP, Role.COORDINATION)
    return chat


def _words(said: str, parts: int) -> str:
    """Words that fall into so many messages."""
    said = f"{said:.<20}"
    return "\n\n".join(f"{said}, part {number}: ".ljust(32, "x") for number in range(parts)) if parts > 1 else said


def _content(said: Said) -> tuple[Verbatim, ...]:
    return (Verbatim(said.words),)


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("like", LIKE)
@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_nothing_is_lost_whatever_happens_in_whatever_order(
    database: str, like: str, full: bool, migrated: Callable[[str], str]
) -> None:
    """Neither lost nor out of order in its lane, nor twice without a mark; what was changed reads as changed last."""
    begun = migrated(database)
    examples = (500 if database == "sqlite" else 50) if full else (10 if database == "sqlite" else 2)
    with TemporaryDirectory() as folder:

        class Here(Machine):
            def __init__(self) -> None:
                super().__init__(copied(begun, Path(folder)), LIKE[like])

        run_state_machine_as_test(
            Here,
            settings=settings(
                max_examples=examples,
                stateful_step_count=60,
                derandomize=not full,
                phases=(Phase.explicit, Phase.generate, Phase.shrink) if full else (Phase.explicit, Phase.generate),
                suppress_health_check=list(HealthCheck),
            ),
        )
