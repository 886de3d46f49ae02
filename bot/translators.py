"""The translators' worker: takes wanted translations, has the engines make them, and hands the result to the inbox."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from bot.leases import HOUSE
from bot.notices import StoredFinding
from bot.ports import Engine
from bot.protecting import paragraphs
from bot.store.texts import Wanted
from bot.store.transaction import Transaction
from bot.store.writer import Writer
from bot.translating import Result, translate

_AT_ONCE = 8
_ATTEMPTS = {"conversation": 4, "notice": 12}  # people's words are soon too late; a notice can wait for its engine
_LONGEST_WAIT = timedelta(minutes=5)


class Translators:
    """`engines` by purpose ("notice", "conversation"), in the order in which they are asked."""

    def __init__(
        self, writer: Writer, engines: Mapping[str, Sequence[Engine]], failed: Callable[[str, str], None]
    ) -> None:
        self._writer = writer
        self._engines = engines
        self._failed = failed
        self._stirred = asyncio.Event()
        self._busy: set[int] = set()

    def wake(self) -> None:
        self._stirred.set()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            while True:
                self._stirred.clear()
                for wanted in await self._writer.run(self._take, HOUSE):
                    self._busy.add(wanted.id)
                    tasks.create_task(self._make(wanted))
                await self._rest()

    def _take(self, tx: Transaction) -> list[Wanted]:
        return tx.texts.wanted(_AT_ONCE - len(self._busy), sorted(self._busy))

    async def _rest(self) -> None:
        """Until something is stirred, or a postponed translation is due."""

        def seconds(tx: Transaction) -> float | None:
            at = tx.texts.next_wanted_at(sorted(self._busy))
            return None if at is None else (at - tx.now).total_seconds()

        wait = await self._writer.run(seconds, HOUSE)
        if len(self._busy) >= _AT_ONCE:
            wait = None
        try:
            async with asyncio.timeout(None if wait is None else max(wait, 0.0)):
                await self._stirred.wait()
        except TimeoutError:
            pass

    async def _make(self, wanted: Wanted) -> None:
        try:
            result = await self._ask(wanted)
            await self._writer.run(lambda tx: _record(tx, wanted, result), HOUSE)
            if result.text is None:
                self._failed(wanted.purpose, result.failure or "no engine")
        finally:
            self._busy.discard(wanted.id)
            self._stirred.set()

    async def _ask(self, wanted: Wanted) -> Result:
        text, source = wanted.text.text.plain, wanted.text.language
        if source is None:
            return Result(None, None, (), None, "the language is not known")

        def remembered(tx: Transaction) -> dict[str, str]:
            return tx.texts.remembered(paragraphs(text), source, wanted.language)

        memory = await self._writer.run(remembered, HOUSE)
        return await translate(text, source, wanted.language, self._engines[wanted.purpose], memory.get)


def _record(tx: Transaction, wanted: Wanted, result: Result) -> None:
    attempts = wanted.attempts + 1
    if result.text is None and result.retry_after is not None and attempts < _ATTEMPTS[wanted.purpose]:
        wait = max(result.retry_after, min(timedelta(seconds=2**attempts), _LONGEST_WAIT))
        tx.texts.postpone(wanted.id, wait, attempts)
        return
    findings = [StoredFinding(finding.code, finding.blocking, finding.detail) for finding in result.findings]
    tx.texts.done(wanted.id, result.text, result.engine, findings, result.failure)
