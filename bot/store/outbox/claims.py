"""From delivery to network and back: what exactly to do is fixed at the first claim, part by part, and every part's
state is durable, so that a crash resumes at the first part that nobody can vouch for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace as changed
from sqlalchemy import SmallInteger, String, case, delete, select, update
from sqlalchemy.exc import DBAPIError

from bot.actions import Priority
from bot.domain import links
from bot.domain.chats import Role
from bot.events import FileLost, TopicGone
from bot.failing import ANOTHER_ROLE
from bot.model import Chat, ChatKind
from bot.outgoing import EditText, OpenTopic, SendFile, SendText, SetCommands, Withdraw
from bot.pacing import Rate
from bot.ports import Limits
from bot.sending.backlog import Waiting
from bot.store.chats.chats import TAKEN
from bot.store.chats.topics import LANE
from bot.store.database.encoding import decode, encode
from bot.store.database.prepared import Row
from bot.store.database.statements import AddMany, ForMany, over_lists
from bot.store.outbox import refs
from bot.store.outbox.claimed import Claimed, Part, Pause, Receipted, Remembered
from bot.store.outbox.lanes import Finished, outbox
from bot.store.outbox.obstacles import OVER, is_not_for_them
from bot.store.outbox.plans import Plans, instead
from bot.store.tables import Id, PartStatus, Status, copy, delivery, part, standing
from bot.text.rendering import Speaks

if TYPE_CHECKING:
    from bot.store.transaction import Transaction

_PARTS = over_lists(
    lambda among: (
        select(part).where(among(part.c.delivery_id, "deliveries")).order_by(part.c.delivery_id, part.c.position)
    )
)
_PLANNED = AddMany(part, "delivery_id", "position", "body", "file", "status")
_BEGUN = ForMany(
    lambda given: (
        update(part)
        .where(part.c.delivery_id == given.delivery, part.c.position == given.place)
        .values(status=PartStatus.SENDING)
    ),
    delivery=Id,
    place=SmallInteger(),
)
_SENT = ForMany(
    lambda given: (
        update(part)
        .where(part.c.delivery_id == given.delivery, part.c.position == given.place)
        .values(status=PartStatus.SENT, network_id=given.receipt, body=None)
    ),
    delivery=Id,
    place=SmallInteger(),
    receipt=String(),
)
_MOST_COUNTED = 10_000  # attempts: far more than anything depends on, and less than PostgreSQL's column holds
_CLAIMED = ForMany(
    lambda given: (
        update(delivery)
        .where(delivery.c.id == given.the_id)
        .values(
            status=Status.SENDING,
            attempts=case((delivery.c.attempts < _MOST_COUNTED, delivery.c.attempts + 1), else_=delivery.c.attempts),
            due_at=None,
        )
    ),
    the_id=Id,
)
_MENDS = frozenset({"edit", "withdraw"})
_SPEAK_OF_MESSAGES = frozenset({"edit", "withdraw", "react", "unreact", "pin", "unpin"})
_COPIED = AddMany(copy, "chat_id", "network_id", "subject", "delivery_id", "position", "file", anew=True)


class Claims:
    """The outbox's side of the deliveries of one account."""

    def __init__(self, tx: Transaction, account: str, limits: Limits, catalogue: Speaks) -> None:
        self._tx = tx
        self._account = account
        self._catalogue = catalogue
        self._plans = Plans(tx, account, limits, catalogue)
        self.faults: list[tuple[str, Exception]] = []  # the kinds of what could not be made out, and why
        self._anew: set[int] = set()  # what was claimed before, and is planned once more
        self._over: dict[str, bool] = {}  # of notices, whether their last day has passed
        self.ended = False  # something has made room for what follows it, without being sent
        self.exhausted = False  # nothing more can go before something lands, or its time has come

    # --- claiming ----------------------------------------------------------------------------------------------------

    def recover(self) -> Remembered:
        """After a start: what was being sent is ready again; its part in hand stays marked as unsure."""
        self._tx.connection.execute(
            update(delivery)
            .where(
                delivery.c.account == self._account,
                standing(delivery.c.status, Status.SENDING),
            )
            .values(status=Status.READY)
        )
        self._tx.stirred.add(outbox(self._account))
        known = self._tx.accounts.get(self._account)
        learnt = None if known.rate is None or known.burst is None else Rate(known.rate, known.burst)
        return Remembered(known.paused_until, tuple(self._tx.chats.paused(self._account)), learnt)

    def claim(
        self,
        limit: int,
        not_to: Sequence[int],
        to_one: int = 1_000,
        notices: int = 1_000,
        among: int = 0,
        no_talk: Collection[int] = (),
    ) -> list[Claimed]:
        """Take up to `limit` deliveries to send now: none to the chats `not_to`, up to `to_one` to any other, up to
        `notices` notices, and to the chats `no_talk` nothing that is said in linked chats. They are chosen among at
        least so many: whose turn it is has waited longest as the head of its lane, so that who writes without end holds
        up nobody else."""
        rows = self._tx.heads.ready(self._account, max(limit, among), not_to, urgent=not notices)
        self.exhausted = len(rows) < limit
        to: Counter[int] = Counter()
        chosen: list[Row] = []
        for row in sorted(rows, key=_turn):
            if row.chat_id in no_talk and _is_talk(row):
                continue
            is_notice = row.priority == Priority.NOTICE
            if len(chosen) < limit and to[row.chat_id] < to_one and (notices or not is_notice):
                chosen.append(row)
                to[row.chat_id] += 1
                notices -= is_notice
        return self._take(chosen)

    def claim_these(self, ids: Sequence[int]) -> list[Claimed]:
        """Take those of the deliveries that can go now."""
        return self._take(self._tx.heads.these(self._account, ids)) if ids else []

    def notices(self, after: int, limit: int, lengths: dict[tuple[int, str], int]) -> list[Waiting]:
        """Notices that can go now, by their ids, from the one after `after` on.

        `lengths` remembers into how many messages a text falls in a language: it is made out once for all groups.
        """
        rows = self._tx.heads.notices(self._account, after, limit)
        begun = self._begun([row.id for row in rows if row.attempts > 0])
        found = []
        for row in rows:
            if row.attempts > 0:
                messages = sum(part.status != PartStatus.SENT for part in begun.get(row.id, ()))
            else:
                messages = self._length(row, lengths)
            is_group, mends = row.chat_kind != ChatKind.PRIVATE.value, row.kind in _MENDS
            found.append(Waiting(row.id, row.chat_id, is_group, max(messages, 1), mends))
        return found

    def _length(self, row: Row, lengths: dict[tuple[int, str], int]) -> int:
        if row.message_id is None:
            return 1
        key = (row.message_id, row.language)
        if key not in lengths:
            whole = self._tx.heads.these(self._account, [row.id])
            parts = self._to_do(whole[0], ()) if whole else None
            lengths[key] = len(parts or ())
        return lengths[key]

    def presses(self, limit: int = 32) -> list[Claimed]:
        """Take up to `limit` answers to button presses: outside all lanes and pacing, worthless when late."""
        return self._take(self._tx.heads.presses(self._account, limit))

    def comings(self, limit: int, not_to: Sequence[int]) -> list[Claimed]:
        """Take up to `limit` chats to join or to leave, but none of `not_to`: outside the pace of messages."""
        return self._take(self._tx.heads.comings(self._account, limit, not_to))

    def _take(self, rows: Sequence[Row]) -> list[Claimed]:
        """Mark them as being sent. What is too late, or has nothing to do any more, ends here."""
        begun = self._begun([row.id for row in rows if row.attempts > 0])
        taken: list[Claimed] = []
        planned: list[dict[str, object]] = []
        sending: list[dict[str, object]] = []
        for row in rows:
            parts = self._to_do(row, begun.get(row.id, ()))
            first_time = row.attempts == 0 or row.id in self._anew
            if parts is None:
                self.ended = True
                continue
            if not parts or (row.expires_at is not None and row.expires_at <= self._tx.now):
                self._tx.lanes.drop(row.id)
                self.ended = True
                continue
            # A file is fetched first: until then it is surely not sent.
            first_is_sent = not isinstance(parts[0].action, SendFile)
            if first_time:
                planned += [
                    {
                        "delivery_id": row.id,
                        "position": part.position,
                        "body": encode(part.action),
                        "file": part.file,
                        "status": PartStatus.SENDING
                        if part.unsure or (part is parts[0] and first_is_sent)
                        else PartStatus.TODO,
                    }
                    for part in parts
                ]
            elif first_is_sent:
                sending.append({"delivery": row.id, "place": parts[0].position})
            taken.append(_claimed(row, parts))
        if planned:
            _PLANNED.run(self._tx.connection, planned)
        if sending:
            _BEGUN.run(self._tx.connection, sending)
        if taken:
            _CLAIMED.run(self._tx.connection, [{"the_id": claimed.id} for claimed in taken])
        return taken

    def _begun(self, deliveries: Sequence[int]) -> dict[int, list[Row]]:
        """The parts of those that were claimed before."""
        found: dict[int, list[Row]] = {}
        if deliveries:
            for row in _PARTS.all(self._tx.connection, {"deliveries": list(deliveries)}):
                found.setdefault(row.delivery_id, []).append(row)
        return found

    def _to_do(self, row: Row, begun: Sequence[Row]) -> list[Part] | None:
        """What is still to be done of it; planned if it is claimed for the first time. None: it could not be made out,
        or nobody who is there is to have it any more, and it has failed."""
        if is_not_for_them(row):
            self._tx.lanes.fail(row.id, ANOTHER_ROLE)
            return None
        try:
            if self._comes_too_late(row, begun):
                self._tx.lanes.fail(row.id, OVER)
                return None
            if row.attempts == 0 or self._is_left(row, begun):
                # With resends it begins anew, and how it began before is not known.
                doubtful = row.resends > 0 or self._tx.policy.may_have_arrived(row.created_at)
                return [
                    Part(place, action, doubtful and place == 0, isinstance(action, SendFile))
                    for place, action in enumerate(self._plans.of(row))
                ]
            return [
                Part(p.position, decode(p.body, object), p.status == PartStatus.SENDING, p.file)  # type: ignore[arg-type]
                for p in begun
                if p.status != PartStatus.SENT
            ]
        except DBAPIError:
            raise  # the whole unit's
        except Exception as fault:  # a bug, or something it refers to is gone: it must not hold up the others
            self.faults.append((row.kind, fault))
            self._tx.lanes.fail(row.id, f"it could not be made out ({type(fault).__name__})")
            return None

    def _comes_too_late(self, row: Row, begun: Sequence[Row]) -> bool:
        """Whether it is the copy of a notice whose last day has passed, for a group that has nothing of it."""
        if row.priority != Priority.NOTICE or row.kind != "say" or row.name != row.subject:
            return False
        if row.resends or any(one.status != PartStatus.TODO for one in begun):
            return False  # it may be there, and is changed to say that it is over
        if row.subject not in self._over:
            self._over[row.subject] = self._tx.notices.is_over(row.subject)
        return self._over[row.subject]

    def _is_left(self, row: Row, begun: Sequence[Row]) -> bool:
        """Whether it speaks of messages that its chat has moved away from since it was planned; what was planned is
        forgotten then."""
        if row.kind not in _SPEAK_OF_MESSAGES:
            return False
        planned: list[Any] = [decode(p.body, object) for p in begun if p.status != PartStatus.SENT]
        if all(action.chat.id == row.network_id for action in planned):
            return False
        self._tx.lanes.plan_anew(row.id)
        self._anew.add(row.id)
        return True

    # --- outcomes ----------------------------------------------------------------------------------------------------

    def begin(self, claimed: Claimed, following: Part) -> None:
        """A part is about to be sent: one that is not the first, or a file that is here now."""
        _BEGUN.run(self._tx.connection, [{"delivery": claimed.id, "place": following.position}])

    def sent(self, receipts: Sequence[Receipted]) -> None:
        """The network has these parts; with the last of them, all of the delivery."""
        self._done([(one.claimed, one.part, one.network_id) for one in receipts])
        for one in receipts:
            self._placed(one)
        copies = [row for one in receipts if (row := self._copied(one)) is not None]
        if copies:
            _COPIED.run(self._tx.connection, copies)
        ended = [one for one in receipts if one.part is one.claimed.parts[-1]]
        if ended:
            self._tx.lanes.finish([_finished(one.claimed, one.findings) for one in ended])

    def _placed(self, receipt: Receipted) -> None:
        """A topic has been opened, or is not there any more."""
        claimed, action = receipt.claimed, receipt.part.action
        if isinstance(action, OpenTopic) and receipt.network_id is not None:
            self._tx.topics.opened(claimed.chat, claimed.subject.removeprefix(LANE), receipt.network_id)
        elif receipt.elsewhere and isinstance(action, (SendText, SendFile)) and action.thread is not None:
            self._tx.inbox.put(TopicGone(claimed.chat, action.thread), lane=f"chat:{claimed.chat}")

    def passed_over(self, claimed: Claimed, refused: Part) -> None:
        """The network will never do this part; what it was to change or take back is still there."""
        self._done([(claimed, refused, None)])
        if refused is claimed.parts[-1]:
            self._tx.lanes.finish([_finished(claimed)])

    def _done(self, parts: Sequence[tuple[Claimed, Part, str | None]]) -> None:
        rows = [{"delivery": of.id, "place": one.position, "receipt": receipt} for of, one, receipt in parts]
        _SENT.run(self._tx.connection, rows)

    def _copied(self, receipt: Receipted) -> dict[str, object] | None:
        """The row that remembers where it is now; where it was taken back, its row is thrown away."""
        claimed, done = receipt.claimed, receipt.part
        withdrawn = claimed.kind == "withdraw" or isinstance(done.action, Withdraw)  # an edit can be all that is left
        match done.action:
            case OpenTopic() if claimed.name is None:
                return None  # it has a row of its own
            case SendText() | SendFile() | OpenTopic() if receipt.network_id is not None:
                return {
                    "chat_id": claimed.chat,
                    "network_id": receipt.network_id,
                    "subject": claimed.subject,
                    "delivery_id": claimed.id if claimed.edits is None else claimed.edits,
                    "position": done.position,
                    "file": done.file,
                }
            case Withdraw(message=message) | EditText(message=message) if withdrawn:
                self._tx.connection.execute(
                    delete(copy).where(copy.c.chat_id == claimed.chat, copy.c.network_id == message)
                )
        return None

    def without_file(self, claimed: Claimed, lost: Part, too_large: bool) -> Claimed:
        """A file will never get there: a line that says what it was takes its place, and its sender is told."""
        assert isinstance(lost.action, SendFile)
        actions = instead(lost.action, self._catalogue, claimed.language or self._tx.policy.working_language)
        values = {"body": encode(actions[0]), "status": PartStatus.TODO, "file": len(actions) == 1}
        self._change(claimed, lost, **values)
        parts = [changed(one, action=actions[0], unsure=False, file=len(actions) == 1) if one == lost else one
                 for one in claimed.parts]  # fmt: skip
        if len(actions) > 1:
            following = Part(claimed.parts[-1].position + 1, actions[1], unsure=False, file=True)
            row = {"delivery_id": claimed.id, "position": following.position, "body": encode(actions[1]), "file": True}
            _PLANNED.run(self._tx.connection, [row | {"status": PartStatus.TODO}])
            parts.append(following)
        told = FileLost(lost.action.text, claimed.chat, too_large)
        self._tx.inbox.put(told, lane=claimed.subject or f"chat:{claimed.chat}")
        return changed(claimed, parts=tuple(parts))

    def again(
        self,
        claimed: Claimed,
        in_hand: Part,
        at: datetime,
        unsure: bool,
        pause: Pause | None = None,
        closed: str | None = None,
    ) -> None:
        """Try again at `at`. `unsure`: the part in hand may have arrived. `pause`: what the network has said. `closed`:
        why its chat takes nothing now; what was tried before does not count then."""
        if pause is not None:
            self._pause(claimed.chat, pause)
        if not unsure:
            self._change(claimed, in_hand, status=PartStatus.TODO)
        counted = {"attempts": 1} if closed is not None and claimed.closed is None else {}
        self._tx.lanes.set(claimed.id, **counted, status=Status.DEFERRED, due_at=at, failure=closed)
        self._tx.stirred.add(outbox(self._account))

    def left(self, claimed: Claimed, at: datetime) -> None:
        """Nobody could note what became of it: what was in hand may have arrived. Try again at `at`."""
        if self._tx.deliveries.row(claimed.id).status == Status.SENDING:
            self._tx.lanes.set(claimed.id, status=Status.DEFERRED, due_at=at)
            self._tx.stirred.add(outbox(self._account))

    def _pause(self, chat: int, pause: Pause) -> None:
        if pause.whole_account:
            self._tx.accounts.paused(self._account, pause.until)
        else:
            self._tx.chats.set_paused(chat, pause.until)
        if pause.learnt is not None:
            self._tx.accounts.learnt(self._account, pause.learnt.per_second, pause.learnt.burst)

    def rest(self, claimed: Claimed) -> None:
        """What follows of it goes later, when the pace allows; what was sent counts as a fresh beginning."""
        self._tx.lanes.set(claimed.id, status=Status.READY, attempts=1)
        self._tx.stirred.add(outbox(self._account))

    def marked_again(self, claimed: Claimed) -> None:
        """A part is about to be said a second time, recognisably."""
        self._tx.lanes.set(claimed.id, resends=claimed.resends + 1)

    def moved(self, claimed: Claimed, in_hand: Part, to: str) -> None:
        """The chat has a new id: it changes everywhere, and this goes there, unless that is another one of ours."""
        if self._tx.chats.move(claimed.chat, to):
            self.again(claimed, in_hand, self._tx.now, unsure=False)
        else:
            self.gone(claimed, TAKEN, in_hand)

    def closed(self, claimed: Claimed, in_hand: Part, at: datetime, reason: str, not_there: Part | None) -> None:
        """The chat takes nothing now. A group may be closed for the night; who waits in a room of helpers, or for an
        answer, must not wait for it unseen."""
        if self._tx.chats.get(claimed.chat).role == Role.GROUP:
            self.again(claimed, in_hand, at, in_hand.unsure, closed=reason)
        else:
            self.gone(claimed, reason, not_there)

    def gone(self, claimed: Claimed, reason: str, not_there: Part | None = None) -> None:
        self.refused(claimed, reason, not_there)
        if not self._has_moved(claimed):
            self._tx.lanes.chat_gone(claimed.chat, reason)

    def refused(self, claimed: Claimed, reason: str, not_there: Part | None = None) -> None:
        """It has failed for good, unless its chat is elsewhere by now. `not_there`: the part in hand, where it surely
        never arrived."""
        if not_there is not None and self._has_moved(claimed):
            self.again(claimed, not_there, self._tx.now, unsure=False)
            return
        if not_there is not None:
            self._change(claimed, not_there, status=PartStatus.TODO)
        self._tx.lanes.fail(claimed.id, reason)

    def _has_moved(self, claimed: Claimed) -> bool:
        """Whether the chat has another address than the one to which this went."""
        to = claimed.parts[0].action
        assert not isinstance(to, SetCommands)  # menus are no deliveries
        return self._tx.chats.get(claimed.chat).address != to.chat

    def _change(self, claimed: Claimed, one: Part, **values: object) -> None:
        where = (part.c.delivery_id == claimed.id, part.c.position == one.position)
        self._tx.connection.execute(update(part).where(*where).values(**values))


def _is_talk(row: Row) -> bool:
    """Whether it passes on what people say to each other in linked chats. What they take back waits for nothing."""
    return links.is_of_one(row.subject) and row.kind != "withdraw"


def _turn(row: Row) -> tuple[int, datetime, int]:
    """What comes first goes first. Talk can have no end: it takes turns with notices."""
    priority = max(row.priority, Priority.NOTICE) if _is_talk(row) else row.priority
    return (priority, row.due_at or row.created_at, row.id)


def _claimed(row: Row, parts: Sequence[Part]) -> Claimed:
    to = Chat(row.account, row.network_id)
    return Claimed(
        row.id,
        row.kind,
        row.chat_id,
        row.chat_kind != ChatKind.PRIVATE.value,
        row.priority,
        row.attempts + 1,
        row.resends,
        row.subject,
        row.language,
        refs.delivery_id(row.target) if row.kind == "edit" else None,
        row.name,
        row.report,
        max(row.due_at or row.created_at, row.paused_until or row.created_at),
        tuple(_addressed(part, to) for part in parts),
        row.failure,
    )


def _addressed(part: Part, to: Chat) -> Part:
    """The part, to where the chat is now: it may have moved since the part was planned, away from what it answers."""
    assert not isinstance(part.action, SetCommands)  # menus are no deliveries
    if part.action.chat == to:
        return part
    if isinstance(part.action, (SendText, SendFile)):
        return changed(part, action=changed(part.action, chat=to, thread=None, reply_to=None))
    return changed(part, action=changed(part.action, chat=to))


def _finished(claimed: Claimed, findings: tuple[str, ...] = ()) -> Finished:
    return Finished(claimed.id, claimed.chat, claimed.subject, claimed.name, claimed.report, findings)
