"""Where a restore is made ready, and how it comes to its end, also after a kill."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from bot.backups.archive import ACCOUNTS
from bot.backups.placing import file_of, is_restored, synced

STAGE = "restoring"
"""The folder in the data folder where everything is made ready."""
CONTENTS = "contents"
"""The folder in it where the backup is unpacked."""

_PLAN = "plan.json"


def write_plan(stage: Path, token: str, aside: Path | None) -> None:
    """Once this is on the disk, the rest follows from whether the database bears the token."""
    for path in (*stage.rglob("*"), stage):
        synced(path)
    fresh = stage / "plan.new"
    fresh.write_text(json.dumps({"token": token, "aside": None if aside is None else str(aside)}))
    synced(fresh)
    fresh.replace(stage / _PLAN)
    synced(stage)
    synced(stage.parent)


def beside(database: Path) -> Path:
    """Where a database file is made ready: on the same disk."""
    return database.with_name(f"{database.name}.{STAGE}")


def finish(url: str, data_dir: Path) -> bool:
    """Bring a restore that was interrupted to its end: all of it where the database is the new one, else nothing of it.

    Whether it was all. Raises OSError, and SQLAlchemyError where the database cannot be asked: then nothing is decided.
    """
    stage = data_dir / STAGE
    if not stage.exists():
        return False
    target = file_of(url)
    try:
        plan = json.loads((stage / _PLAN).read_text())
    except (OSError, ValueError):
        plan = None  # it had not come so far
    done = plan is not None and is_restored(url, plan["token"])
    if done:
        _move_accounts(stage / CONTENTS / ACCOUNTS, data_dir / ACCOUNTS, plan["aside"] and Path(plan["aside"]))
        _hand_over(data_dir, target)
    if target is not None:
        beside(target).unlink(missing_ok=True)
    shutil.rmtree(stage)
    return done


def _move_accounts(ready: Path, accounts: Path, aside: Path | None) -> None:
    """Each account's folder to its place; with a database that was moved aside go the folders that belonged to it."""
    if aside is not None and not (aside / ACCOUNTS).exists():
        aside.mkdir(mode=0o700, exist_ok=True)
        if accounts.exists():
            accounts.rename(aside / ACCOUNTS)
        else:
            (aside / ACCOUNTS).mkdir(mode=0o700)
        synced(aside)
    accounts.mkdir(mode=0o700, exist_ok=True)
    for folder in sorted(ready.iterdir()) if ready.is_dir() else ():
        there = accounts / folder.name
        if there.exists():
            shutil.rmtree(there)  # it holds no file: such a one is not replaced
        folder.rename(there)
    synced(accounts)
    synced(accounts.parent)


def _hand_over(data_dir: Path, database: Path | None) -> None:
    """What root has put there belongs to whoever the data folder belongs to: the bot is seldom root."""
    if os.geteuid() != 0:
        return
    owner = data_dir.stat()
    for path in (data_dir / ACCOUNTS, *(data_dir / ACCOUNTS).rglob("*"), *([database] if database else [])):
        os.chown(path, owner.st_uid, owner.st_gid)
