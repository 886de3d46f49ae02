"""What an operator asks of the dead-letter list: what failed for good, and to try it again."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.actions import Priority
from bot.store.outbox.dead_letters import DeadDelivery, DeadEvent, DeadTranslation
from bot.store.outbox.obstacles import OUT_OF_REACH
from bot.store.transaction import Transaction

Answer = dict[str, Any]

SHOWN = 500  # of each kind in one answer
AT_ONCE = 100  # tried again in one unit of work: others are waiting for the writer
_LINES = 20  # of each kind that a person is shown

_ID = re.compile(r"([det])([1-9][0-9]{0,17})")
_CODE = re.compile(r"[NK][0-9]+")


def is_id(written: str) -> bool:
    """d12 is a delivery, e7 an event that arrived, t3 a translation."""
    return _ID.fullmatch(written) is not None


# --- looking -------------------------------------------------------------------------------------------------------


def failed(tx: Transaction) -> Answer:
    """What failed for good and needs hands; no word, name or chat of any person."""
    return {
        "deliveries": [_delivery(one) for one in tx.dead_letters.deliveries(SHOWN)],
        "events": [_event(one) for one in tx.dead_letters.events(SHOWN)],
        "translations": [_translation(one) for one in tx.dead_letters.translations(SHOWN, offered=True)],
        "not_offered": not_offered(tx),
        "counts": tx.dead_letters.counts(),
    }


def not_offered(tx: Transaction) -> list[Answer]:
    """Between which languages no engine translates, where that is missing."""
    return [{"from": one, "to": other, "texts": count} for one, other, count in tx.dead_letters.not_offered()]


def _delivery(one: DeadDelivery) -> Answer:
    return {
        "id": f"d{one.id}",
        "account": one.account,
        "subject": one.subject if _CODE.fullmatch(one.subject) else "",
        "kind": one.kind,
        "priority": Priority(one.priority).name.lower(),
        "why": one.why,
        "at": one.at.isoformat(),
        "attempts": one.attempts,
        "obstacle": one.obstacle,
    }


def _event(one: DeadEvent) -> Answer:
    return {"id": f"e{one.id}", "account": one.account, "why": one.error, "at": one.at.isoformat()}


def _translation(one: DeadTranslation) -> Answer:
    return {
        "id": f"t{one.id}",
        "purpose": one.purpose,
        "from": one.source,
        "to": one.target,
        "why": one.why,
        "at": one.at.isoformat() if one.at else None,
    }


# --- trying again --------------------------------------------------------------------------------------------------


def retry(tx: Transaction, accounts: Sequence[str], ids: Iterable[str]) -> Answer:
    """Try these again: `retried` names those that are, `refused` says of the others why not."""
    ways: Mapping[str, Callable[[int], str | None]] = {
        "d": lambda number: tx.dead_letters.send_again(number, accounts),
        "e": lambda number: tx.dead_letters.handle_again(number, accounts),
        "t": tx.dead_letters.translate_again,
    }
    why_not: dict[str, str | None] = {}
    for id in dict.fromkeys(ids):
        match = _ID.fullmatch(id)
        why_not[id] = ways[match[1]](int(match[2])) if match else "it is no id; they look like d12, e7 or t3"
    return {
        "retried": [id for id, why in why_not.items() if why is None],
        "refused": [{"id": id, "why": why} for id, why in why_not.items() if why is not None],
    }


def retry_all(tx: Transaction, accounts: Sequence[str], after: Mapping[str, int]) -> Answer:
    """Try all again that comes after these ids, so many at once; ask again with `after` until it is None."""
    deliveries = tx.dead_letters.deliveries(AT_ONCE, after.get("d", 0))
    events = tx.dead_letters.events(AT_ONCE, after.get("e", 0))
    translations = tx.dead_letters.translations(AT_ONCE, after.get("t", 0))
    kinds = {"d": [one.id for one in deliveries], "e": [o.id for o in events], "t": [o.id for o in translations]}
    answer = retry(tx, accounts, [f"{kind}{id}" for kind, found in kinds.items() for id in found])
    unfinished = any(len(found) == AT_ONCE for found in kinds.values())
    last = {kind: found[-1] if found else after.get(kind, 0) for kind, found in kinds.items()}
    return answer | {"after": last if unfinished else None}


# --- as a person reads it ------------------------------------------------------------------------------------------


def lines(found: Answer, program: str, option: str = "") -> list[str]:
    """The list as a person reads it; `program` and `option` are how each command is given."""
    sendable = [one for one in found["deliveries"] if one["obstacle"] is None]
    unreachable = Counter(one["account"] for one in found["deliveries"] if one["obstacle"] is not None)
    result = [
        *_part("Could not be sent", [_delivery_line(one) for one in sendable], found["counts"]["deliveries"]),
        *_part("Could not be handled", [_event_line(one) for one in found["events"]], found["counts"]["events"]),
        *_part(
            "Could not be translated",
            [_translation_line(one) for one in found["translations"]],
            found["counts"]["translations"],
        ),
        *(
            f"{count}{' more' if sendable else ''} on {account} cannot be sent, because {OUT_OF_REACH}. They can be "
            "when it is let in again."
            for account, count in sorted(unreachable.items())
        ),
    ]
    result += [not_offered_line(one) for one in found.get("not_offered", ())]
    if any(found["counts"].values()) or found.get("not_offered"):
        result += [
            "",
            f"When the cause is gone: {program} retry --all{option}, or {program} retry{option} and the ids.",
        ]
    return result or ["Nothing has failed."]


def not_offered_line(one: Answer) -> str:
    texts = "one text stands as it was" if one["texts"] == 1 else f"{one['texts']} texts stand as they were"
    return f"No engine translates {one['from'] or 'an unknown language'} to {one['to']}: {texts} written."


def _part(head: str, shown: list[str], count: int) -> list[str]:
    if not shown:
        return []
    more = [f"  … and {count - _LINES} more (--json names them)"] if count > _LINES else []
    return [f"{head}: {count}", *(f"  {line}" for line in shown[:_LINES]), *more]


def _delivery_line(one: Answer) -> str:
    about = f"about {one['subject']}, " if one["subject"] else ""
    tries = f", {one['attempts']} attempts" if one["attempts"] > 1 else ""
    what = f"{one['account']}, {about}{_KINDS.get(one['kind'], one['kind'])}"
    return f"{one['id']}  {moment(one['at'])}  {what}: {one['why']}{tries}"


_KINDS = {"say": "a message", "edit": "a change", "withdraw": "a withdrawal", "react": "a reaction"}


def _event_line(one: Answer) -> str:
    return f"{one['id']}  {moment(one['at'])}  {one['account'] or 'inside'}: {one['why']}"


def _translation_line(one: Answer) -> str:
    if one["purpose"] == "voice":
        return f"{one['id']}  {moment(one['at'])}  a voice, to be written down: {one['why']}"
    what = "a notice" if one["purpose"] == "notice" else "people's words"
    return f"{one['id']}  {moment(one['at'])}  {what}, {one['from']} to {one['to']}: {one['why']}"


def moment(at: str | None) -> str:
    """By the clock of whoever reads it at the terminal."""
    return "" if at is None else datetime.fromisoformat(at).astimezone().strftime("%d %b %H:%M")


def retried_lines(answers: Sequence[Answer], everything: bool) -> list[str]:
    """What was tried again and what not. Of `everything` the reasons are counted instead of named one by one."""
    retried = [id for answer in answers for id in answer["retried"]]
    refused = [one for answer in answers for one in answer["refused"]]
    result = [f"Tried again: {', '.join(retried)}"] if retried else []
    if everything:
        reasons = Counter(one["why"] for one in refused)
        result += [f"Not tried again: {count}, because {why}" for why, count in reasons.items()]
    else:
        result += [f"{one['id']} is not tried again: {one['why']}" for one in refused]
    return result or ["Nothing has failed."]
