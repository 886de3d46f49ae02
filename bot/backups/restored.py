"""What the operator has to know of a backup, and of one that was put back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.backups.archive import Head
from bot.backups.resuming import Resumed


@dataclass(frozen=True, slots=True)
class Restored:
    """`aside` is where that is which was there before: a folder, and on PostgreSQL a schema of its name as well.

    `told`: what the operator has to know of each account. `kept`: accounts whose folders were there and stay;
    `left`: those that the configuration does not have. `unused`: a SQLite database that PostgreSQL now stands in for.
    """

    head: Head
    rows: Mapping[str, int]
    resumed: Resumed
    aside: Path | None
    told: tuple[str, ...]
    kept: tuple[str, ...]
    left: tuple[str, ...]
    unused: Path | None


def about(head: Head, rows: Mapping[str, int], now: datetime) -> str:
    """What a backup is, in a line."""
    made, age = head.made_at.astimezone(), now - head.made_at
    old = f"{age.days} days" if age.days > 1 else f"{age.total_seconds() / 3600:.0f} hours"
    found = f"{rows.get('request', 0)} requests, {rows.get('notice', 0)} notices, {rows.get('chat', 0)} chats"
    return f"The backup is whole. It was made on {made:%d %B %Y at %H:%M %Z} ({old} ago): {found}."


def lines(restored: Restored, program: str, now: datetime, option: str = "") -> list[str]:
    """What is to be done and known before the bot is started; `program` and `option` are how a command is given."""
    resumed = restored.resumed
    told = [
        *restored.told,
        *(f"{name}: its folder was still there, is newer than the backup, and stays." for name in restored.kept),
        *(f"{name} is not in the configuration: its folder was left in the backup." for name in restored.left),
        "What happened after the backup is not in it: groups added since have to be added again, and codes used since "
        "are unknown. The bot tells its rooms so when it starts.",
        f"New requests begin at K{resumed.request}, new notices at N{resumed.notice}: no number is given twice.",
    ]
    if resumed.again:
        told.append(
            f"{resumed.again} messages that were on their way go out; those that may be there already begin with ↻."
        )
    if resumed.late:
        told.append(
            f"{resumed.late} copies of notices that were on their way are too old, and are not sent: their "
            "organisations see them as not known to have arrived."
        )
    told.append("What people have erased since the backup is back: ask the helpers' room, where each was told of.")
    if restored.aside is not None:
        told.append(
            f"What was there before is in {restored.aside} (in PostgreSQL: in the schema {restored.aside.name}). It "
            "holds people's words: delete it when you no longer need it."
        )
    if restored.unused is not None:
        told.append(
            f"{restored.unused} is not used any more. It holds people's words, and no erasing reaches them there: "
            "when all is well delete it, and the files beside it that are called so, too."
        )
    return [
        about(restored.head, restored.rows, now),
        "It is in its place. Before you start the bot:",
        *(f"- {sentence}" for sentence in told),
        "- No other bot may run with these accounts any more.",
        f"Then: {program} run{option}",
    ]
