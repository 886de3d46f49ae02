"""What an operator asks of the bot from the command line, running or not: units of work and plain answers."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from bot.domain.chats import Pairing, Role, as_typed
from bot.operation import dead_letters
from bot.store.tables import BEFORE_A_CLOSED_CHAT, InboxStatus, chat, delivery, inbox, request, translation
from bot.store.transaction import Transaction

Answer = dict[str, Any]

LONGEST_NAME = 100  # characters: it stands above every notice
_ALIKE = 0.75  # of two names, 1 where they are the same: a letter or two are others, or elsewhere
PAIRING_LIVES = timedelta(days=1)  # a code that leaks opens a room to whoever has it


class NotPossible(Exception):
    """The operator asked for something that cannot be; the message says why and what to do."""


def pair(tx: Transaction, role: str, organisation: str | None, language: str | None) -> Answer:
    """A one-time code that gives a chat its role. Raises NotPossible."""
    if role not in (Role.COORDINATION, Role.ORGANISATION, Role.GROUP):
        raise NotPossible(f'"{role}" is no role; the roles are coordination, organisation and group')
    organisation = _name(organisation)
    if role != Role.COORDINATION and not organisation:
        raise NotPossible(f"whose {role} is it? Add --organisation NAME")
    if role == Role.GROUP and language is None:
        raise NotPossible("in which language does the group read? Add --language CODE")
    if language is not None and language not in tx.policy.languages:
        raise NotPossible(f'"{language}" is not in bot.languages; they are {", ".join(tx.policy.languages)}')
    if not organisation or role == Role.COORDINATION:
        return {"code": tx.chats.new_pairing(Pairing(role, None, language), PAIRING_LIVES)}
    known = [one.name for one in tx.chats.organisations()]
    owner = tx.chats.organisation_named(organisation)
    made: Answer = {} if owner.name in known else {"new": owner.name, "alike": _alike(owner.name, known)}
    return {"code": tx.chats.new_pairing(Pairing(role, owner.id, language), PAIRING_LIVES), **made}


def _alike(name: str, known: Sequence[str]) -> str | None:
    """The organisation that may have been meant by a name that nobody has."""
    folded = {one.casefold(): one for one in known}
    found = difflib.get_close_matches(name.casefold(), folded, 1, _ALIKE)
    return folded[found[0]] if found else None


def new_organisation(answer: Answer) -> str | None:
    """What to say of a code that is for an organisation which nobody has named before; None where it is for another."""
    if (name := answer.get("new")) is None:
        return None
    told = f'"{name}" is a new organisation'
    if (meant := answer.get("alike")) is None:
        return f"{told}."
    return f'{told}, and not "{meant}". If you meant that one, leave this code and ask for another with its name.'


def _name(given: str | None) -> str:
    """An organisation's name as people will read it above its notices. Raises NotPossible."""
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in "".join((given or "").split())):
        raise NotPossible("the organisation's name has characters in it that nobody can read; type it once more")
    name = as_typed(given or "")
    if len(name) > LONGEST_NAME:
        raise NotPossible(f"the organisation's name is longer than {LONGEST_NAME} characters; choose a shorter one")
    return name


def status(tx: Transaction, accounts: tuple[str, ...]) -> Answer:
    """Rooms, groups, languages, queues and each network's last error; no name or word of any person."""
    queues, closed, dead = tx.lanes.queue_lengths(), _closed(tx), tx.dead_letters.by_account()
    networks = [
        {
            "account": row.name,
            "name": row.display,
            "error": row.error,
            "error_at": row.error_at.isoformat() if row.error_at else None,
            "waiting": queues.get(row.name, {}).get("waiting", 0),
            "closed": closed.get(row.name, 0),
            "failed": dead.get(row.name, 0),
        }
        for row in (tx.accounts.get(name) for name in accounts)
    ]
    organisations = [
        {
            "name": organisation.name,
            "rooms": len(tx.chats.with_role(Role.ORGANISATION, organisation.id)),
            "reads": list(organisation.reads),
            "groups": {
                language: tx.chats.count_groups(organisation.id, language)
                for language in tx.chats.languages_of(organisation.id)
            },
        }
        for organisation in tx.chats.organisations()
    ]
    return {
        "networks": networks,
        "elsewhere": [
            {"account": name, "chats": chats, "waiting": queues.get(name, {}).get("waiting", 0)}
            for name, chats in sorted(_paired(tx).items())
            if name not in accounts
        ],
        "coordination_rooms": len(tx.chats.with_role(Role.COORDINATION)),
        "organisations": organisations,
        "requests": _counted(tx, select(request.c.state, func.count()).group_by(request.c.state)),
        "inbox": {
            "waiting": _count(tx, inbox.c.status == InboxStatus.NEW),
            "unreadable": _count(tx, inbox.c.status == InboxStatus.UNREADABLE),
            "put_aside": _count(tx, inbox.c.status == InboxStatus.QUARANTINED),
        },
        "translations": _counted(tx, select(translation.c.state, func.count()).group_by(translation.c.state)),
        "failed": tx.dead_letters.counts(),
        "not_offered": dead_letters.not_offered(tx),
        "troubles": [
            {"kind": found.kind, "about": found.about, "since": found.since.isoformat(), "told": found.told > 0}
            for found in tx.troubles.all()
            if found.kind in _TROUBLES
        ],
    }


def answer(tx: Transaction, accounts: tuple[str, ...], asked: Answer) -> Answer:
    """One request of the command line; {"error": …} where it cannot be, "wrong" where it never can."""
    commands: dict[str, Callable[[], Answer]] = {
        "pair": lambda: pair(tx, str(asked.get("role")), asked.get("organisation"), asked.get("language")),
        "status": lambda: status(tx, accounts),
        "failed": lambda: dead_letters.failed(tx),
        "retry": lambda: dead_letters.retry(tx, accounts, [str(id) for id in asked.get("ids", ())]),
        "retry all": lambda: dead_letters.retry_all(tx, accounts, asked.get("after") or {}),
    }
    command = commands.get(str(asked.get("command")))
    if command is None:
        return {"error": "the running bot does not know this command; is it an older version?"}
    try:
        return command()
    except NotPossible as error:
        return {"error": str(error), "wrong": True}


def lines(found: Answer, program: str, option: str = "") -> list[str]:
    """The status as a person reads it; `program` and `option` are how each command is given."""
    result = [_network_line(network) for network in found["networks"]]
    result += [_elsewhere_line(one) for one in found.get("elsewhere", ())]
    if not found.get("running", True):
        result.insert(0, f"Schakel does not run here; this is what its database says. Start it: {program} run{option}")
    if not found["coordination_rooms"]:
        result.append(f"No coordination room yet: {program} pair coordination{option}")
    else:
        result.append(f"Coordination rooms: {found['coordination_rooms']}")
    if not found["organisations"]:
        result.append(f"No organisation yet: {program} pair organisation{option} --organisation NAME")
    for organisation in found["organisations"]:
        groups = ", ".join(f"{count} {language}" for language, count in organisation["groups"].items()) or "none yet"
        room = "" if organisation["rooms"] else "; its room is not paired"
        result.append(f"{organisation['name']}: groups {groups}{room}")
    counts = found["requests"]
    result.append(f"Requests: {counts.get('open', 0)} open, {counts.get('claimed', 0)} claimed")
    inbox_counts = found["inbox"]
    if any(inbox_counts.values()):
        result.append(
            f"Inbox: {inbox_counts['waiting']} waiting, {inbox_counts['unreadable']} cannot be read yet, "
            f"{inbox_counts['put_aside']} put aside"
        )
    for one in found["troubles"]:
        result.append(
            f"Needs hands: {_TROUBLES[one['kind']].format(one['about'])} (since {dead_letters.moment(one['since'])})"
        )
    result += [dead_letters.not_offered_line(one) for one in found.get("not_offered", ())]
    if any(found["failed"].values()):
        counted = ", ".join(f"{n} {_ONE[what] if n == 1 else what}" for what, n in found["failed"].items() if n)
        result.append(f"Failed for good: {counted}. More: {program} status --failed{option}")
    return result


_TROUBLES = {
    "account": "{0} does not accept the bot's login; see `check`, then start the bot anew",
    "away": "{0} cannot be reached; see `check`",
    "engine": "the engine {0} does not accept its key; correct [translation.engines.{0}]",
    "limited": "{0} limits how fast the account may write; its administrator can lift that (docs/set-up.md, 3)",
    "disk": "the disk is almost full; make room",
}
"""What has happened and can be tried again is counted as failed instead."""


_ONE = {"deliveries": "delivery", "events": "event", "translations": "translation"}


def _network_line(network: Answer) -> str:
    state = f"not connected: {network['error']}" if network["error"] else (network["name"] or "not connected yet")
    closed = network.get("closed", 0)  # a bot that was started before an update does not say
    held_up = f", some of it for {closed} {'groups' if closed > 1 else 'group'} where nobody may write now"
    waiting = f"{network['waiting']} waiting to be sent{held_up if closed else ''}"
    return f"{network['account']}: {state} ({waiting}, {network['failed']} failed)"


def _elsewhere_line(one: Answer) -> str:
    """An account that was renamed, say: what it had is still there, and nobody may know that it is not served."""
    name = one["account"]
    return (
        f"{name} is not in this configuration, but {one['chats']} paired chats and {one['waiting']} messages that wait "
        f"are its own. Unless another bot serves it, nobody is heard there: put [adapters.{name}] back, or pair them "
        "anew with the accounts that there are"
    )


def _paired(tx: Transaction) -> dict[str, int]:
    """By account: how many rooms and groups."""
    paired = select(chat.c.account, func.count()).where(chat.c.active, chat.c.role.not_in((Role.NONE, Role.PRIVATE)))
    return _counted(tx, paired.group_by(chat.c.account))


def _closed(tx: Transaction) -> dict[str, int]:
    """By account: how many groups take nothing now of what waits for them."""
    groups = func.count(delivery.c.chat_id.distinct())
    return _counted(tx, select(delivery.c.account, groups).where(*BEFORE_A_CLOSED_CHAT).group_by(delivery.c.account))


def _count(tx: Transaction, condition: Any) -> int:
    return int(tx.connection.execute(select(func.count()).select_from(inbox).where(condition)).scalar_one())


def _counted(tx: Transaction, query: Any) -> dict[str, int]:
    return {row[0]: row[1] for row in tx.connection.execute(query)}
