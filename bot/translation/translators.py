"""The translators' worker: takes wanted translations, has the engines make them, and hands the result to the inbox."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

import structlog

from bot.domain.notices import StoredFinding
from bot.files.attached import SPOKEN, mime_of
from bot.files.media import Media
from bot.ports import LARGEST_FILE, NOT_OFFERED, Engine, NotSent, SendError
from bot.serving.leases import HOUSE
from bot.store.database.writer import Writer
from bot.store.texts.attachments import Kept
from bot.store.texts.texts import Wanted
from bot.store.transaction import Transaction
from bot.translation.protecting import paragraphs
from bot.translation.transcribing import transcribe
from bot.translation.translating import SOON, Result, translate

_log = structlog.get_logger()

# Of each purpose: an engine that hangs over notices keeps nobody's words waiting. Listening is hard work for a machine.
_AT_ONCE = {"conversation": 8, "notice": 8, "voice": 2}
# People's words are out meanwhile, and soon too old to be changed: but whoever cannot read them must not be left with
# them because an engine was started anew, which takes minutes. A notice can wait for its engine: after half an hour its
# people are told. What somebody may still read is tried on every quarter of an hour, for three days.
_ATTEMPTS = {"conversation": 8, "notice": 12, "voice": 6}
_MOST_ATTEMPTS = 300
_VOICES = "voices"  # as whose files recordings take room on the disk while an engine listens
_LONGEST_WAIT = timedelta(minutes=5)
_UNKNOWN = "the language is not known"
_OUR_FAULT = "a fault of Schakel itself"
_NOBODY_COULD = frozenset({_UNKNOWN, NOT_OFFERED})


class Translators:
    """`engines` by purpose ("notice", "conversation"), in the order in which they are asked."""

    def __init__(
        self,
        writer: Writer,
        engines: Mapping[str, Sequence[Engine]],
        media: Media,
        failed: Callable[[str], None],
    ) -> None:
        """`failed` hears of what was not translated, its purpose, unless nobody could have."""
        self._writer = writer
        self._media = media
        self._engines = engines
        self._failed = failed
        self._stirred = asyncio.Event()
        self._busy: dict[int, str] = {}  # being made just now, with their purposes

    def wake(self) -> None:
        self._stirred.set()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            while True:
                self._stirred.clear()
                for wanted in await self._writer.run(self._take, HOUSE):
                    self._busy[wanted.id] = wanted.purpose
                    tasks.create_task(self._make(wanted))
                await self._rest()

    def _take(self, tx: Transaction) -> list[Wanted]:
        busy = sorted(self._busy)
        return [wanted for purpose, free in self._free().items() for wanted in tx.texts.wanted(purpose, free, busy)]

    def _free(self) -> dict[str, int]:
        """How many more of each purpose may be made at once."""
        at_work = Counter(self._busy.values())
        return {purpose: most - at_work[purpose] for purpose, most in _AT_ONCE.items() if at_work[purpose] < most}

    async def _rest(self) -> None:
        """Until something is stirred, or a postponed translation is due."""

        def seconds(tx: Transaction) -> float | None:
            at = tx.texts.next_wanted_at(list(self._free()), sorted(self._busy))
            return None if at is None else (at - tx.now).total_seconds()

        wait = await self._writer.run(seconds, HOUSE)
        try:
            async with asyncio.timeout(None if wait is None else max(wait, 0.0)):
                await self._stirred.wait()
        except TimeoutError:
            pass

    async def _make(self, wanted: Wanted) -> None:
        try:
            result = await self._ask(wanted)
            await self._writer.run(lambda tx: _record(tx, wanted, result), HOUSE)
            if result.text is None and result.failure not in _NOBODY_COULD:
                self._failed(wanted.purpose)
        finally:
            del self._busy[wanted.id]
            self._stirred.set()

    async def _ask(self, wanted: Wanted) -> Result:
        if wanted.purpose == "voice":
            return await self._listen(wanted)
        text, source = wanted.text.text.plain, wanted.text.language
        if source is None:
            return Result(None, None, (), None, _UNKNOWN)

        def remembered(tx: Transaction) -> dict[str, str]:
            return tx.memory.remembered(paragraphs(text), source, wanted.language)

        memory = await self._writer.run(remembered, HOUSE)
        try:
            return await translate(text, source, wanted.language, self._engines[wanted.purpose], memory.get)
        except Exception as error:  # a bug that one text brings out must not end the bot, again at every start
            _log.error("a text could not be translated", error=error)
            return Result(None, None, (), None, _OUR_FAULT)

    async def _listen(self, wanted: Wanted) -> Result:
        """Have an engine write down what somebody says; the recording is on the disk only meanwhile."""
        kept = await self._writer.run(lambda tx: spoken(tx.attachments.of(wanted.text.id)), HOUSE)
        if kept is None:
            return Result(None, None, (), None, "there is no recording any more")
        of = kept.attachment
        try:
            async with self._media.fetched(kept.account, of, LARGEST_FILE, to=_VOICES) as file:
                return await transcribe(file, mime_of(of), wanted.text.language, self._engines.get("voice", ()))
        except NotSent as error:
            return Result(None, None, (), error.retry_after or SOON, "the recording cannot be had now")
        except SendError:
            return Result(None, None, (), None, "the recording cannot be had")
        except Exception as error:  # as with a text
            _log.error("a recording could not be written down", error=error)
            return Result(None, None, (), None, _OUR_FAULT)


def spoken(files: Sequence[Kept]) -> Kept | None:
    """The recording among what came with a text."""
    return next((kept for kept in files if kept.attachment.kind in SPOKEN), None)


def _record(tx: Transaction, wanted: Wanted, result: Result) -> None:
    attempts = wanted.attempts + 1
    if result.text is None and result.retry_after is not None and attempts < _ATTEMPTS[wanted.purpose]:
        wait = max(result.retry_after, min(timedelta(seconds=2**attempts), _LONGEST_WAIT))
        tx.texts.postpone(wanted.id, wait, attempts)
        return
    findings = [StoredFinding(finding.code, finding.blocking, finding.detail) for finding in result.findings]
    passes = result.retry_after is not None and attempts < _MOST_ATTEMPTS
    tx.texts.done(wanted.id, result.text, result.engine, findings, result.failure, result.language, passes)
