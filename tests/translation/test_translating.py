"""The pipeline over engines that do as they are told: it protects, remembers, asks in order, and checks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from bot.ports import NOT_OFFERED, Busy, Engine, Keep, Marked, NotOffered, Question, Rejected, Unavailable, Unsupported
from bot.translation.translating import MEMORY, Result, translate

Work = Callable[[Marked], str]

WORDS = {
    "bel": "call", "ons": "us", "voor": "before", "of": "or", "schrijf": "write", "naar": "to", "kom": "come",
    "morgen": "tomorrow", "de": "the", "winkel": "shop", "is": "is", "open": "open", "gesloten": "closed", "en": "and",
    "breng": "bring", "tassen": "bags", "mee": "along", "vandaag": "today",
}  # fmt: skip


def words(text: str) -> str:
    """A translation from Dutch, word by word."""
    return " ".join(WORDS.get(word, word) for word in text.split(" "))


def keeping(marked: Marked) -> str:
    return "".join(part.text if isinstance(part, Keep) else words(part) for part in marked)


def losing(marked: Marked) -> str:
    """Each stretch is lost, unless it stands alone."""
    return "".join("" if isinstance(part, Keep) else words(part) for part in marked)


class Scripted:
    """An engine that works as told, and notes what it was asked."""

    Settings: ClassVar[type[BaseModel]] = BaseModel
    questions: ClassVar[Sequence[Question]] = ()
    read_by: str | None = None

    def __init__(self, name: str, work: Work | Exception = keeping) -> None:
        self.name = name
        self.work = work
        self.asked: list[list[Marked]] = []

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def translate(self, paragraphs: Sequence[Marked], source: str, target: str) -> list[str]:
        self.asked.append(list(paragraphs))
        if isinstance(self.work, Exception):
            raise self.work
        return [self.work(marked) for marked in paragraphs]

    async def check(self) -> list[str]:
        return []


def nothing(_: str) -> None:
    return None


async def english(text: str, *engines: Engine) -> Result:
    return await translate(text, "nl", "en", engines, nothing)


async def test_a_text_comes_out_with_its_lines_and_white_space() -> None:
    text = "\n  Kom morgen \r\n\r\n\t kom naar de winkel  \n"
    result = await english(text.lower(), Scripted("one"))
    assert result.text == "\n  come tomorrow \r\n\r\n\t come to the shop  \n"
    assert (result.engine, result.failure, result.retry_after) == ("one", None, None)


async def test_a_text_in_its_reader_s_language_is_left_alone() -> None:
    engine = Scripted("one")
    assert await translate("kom morgen", "pt-BR", "pt", [engine], nothing) == Result("kom morgen", None, (), None, None)
    assert engine.asked == []


@pytest.mark.parametrize("text", ["", "\n \n", "👍🏽", "https://a.be/x", "14:00 - 16:00!", "+32 471 12 34 56", "K7"])
async def test_where_there_are_no_words_there_is_nothing_to_translate(text: str) -> None:
    engine = Scripted("one")
    assert await english(text, engine) == Result(text, None, (), None, None)
    assert engine.asked == []


async def test_what_must_be_kept_reaches_the_engine_as_such() -> None:
    engine = Scripted("one")
    result = await english("bel 02 511 00 11 voor 14u30", engine)
    assert engine.asked == [[("bel ", Keep("02 511 00 11"), " voor ", Keep("14u30"))]]
    assert (result.text, result.findings) == ("call 02 511 00 11 before 14u30", ())


async def test_an_engine_that_loses_a_stretch_is_given_the_segments_around_it() -> None:
    engine = Scripted("one", losing)
    result = await english("kom morgen\n  bel 02 511 00 11, of schrijf naar info@a.be!\nde winkel is open", engine)
    assert result.text == "come tomorrow\n  call 02 511 00 11, or write to info@a.be!\nthe shop is open"
    assert result.findings == ()
    assert engine.asked[1] == [("bel",), (", of schrijf naar",)]


async def test_a_stretch_that_comes_twice_is_lost_too() -> None:
    def doubling(marked: Marked) -> str:
        return keeping(marked) + "".join(f" {part.text}" for part in marked if isinstance(part, Keep))

    result = await english("bel 112 of 112", Scripted("one", doubling))
    assert (result.text, result.findings) == ("call 112 or 112", ())


async def test_what_stays_lost_blocks() -> None:
    class Stubborn(Scripted):
        async def translate(self, paragraphs: Sequence[Marked], source: str, target: str) -> list[str]:
            if self.asked:
                raise Unavailable("gone")
            return await super().translate(paragraphs, source, target)

    result = await english("kom morgen en bel 02 511 00 11", Stubborn("one", losing))
    assert result.text == "come tomorrow and call"
    assert {finding.code for finding in result.findings if finding.blocking} == {"phone-changed"}


# --- memory --------------------------------------------------------------------------------------------------------


async def test_a_remembered_paragraph_is_taken_and_only_the_others_are_asked_for() -> None:
    engine = Scripted("one")
    memory = {"  kom morgen": "please do come tomorrow", "de winkel is open ": "our shop is open"}
    result = await translate("  kom morgen\nbel ons\nde winkel is open ", "nl", "en", [engine], memory.get)
    assert result.text == "  please do come tomorrow\ncall us\nour shop is open "
    assert engine.asked == [[("bel ons",)]]
    assert result.engine == "one"


async def test_a_text_that_is_remembered_as_a_whole_needs_no_engine() -> None:
    memory = {"bel 112": "dial 112"}
    assert await translate("bel 112", "nl", "en", [], memory.get) == Result("dial 112", MEMORY, (), None, None)


# --- engines in order ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "failure", [Unsupported("x"), Busy("x"), Unavailable("x"), Rejected("x"), RuntimeError("secret"), ValueError()]
)
async def test_when_an_engine_fails_the_next_one_is_asked(failure: Exception) -> None:
    result = await english("kom morgen", Scripted("one", failure), Scripted("two"))
    assert (result.text, result.engine, result.failure) == ("come tomorrow", "two", None)


@pytest.mark.parametrize(
    ("failures", "seconds", "said"),
    [
        ((), None, "no engine is configured"),
        ((Unsupported("not this text"),), None, "not this text"),
        ((NotOffered("not nl to ti"), NotOffered("nor I")), None, NOT_OFFERED),
        ((NotOffered("not nl to ti"), Unsupported("not this text")), None, "not nl to ti; not this text"),
        ((Busy("wait", timedelta(seconds=7)),), 7, "wait"),
        ((Busy("wait", timedelta(seconds=90)), Unavailable("down")), 30, "wait; down"),
        ((Busy("for ever", timedelta.max),), 86_400, "for ever"),  # no clock could show when that is over
        ((Unsupported("not this pair"), Unavailable("down")), 30, "down"),
        ((Rejected("bad key"),), 600, "bad key"),
        ((RuntimeError("secret"),), 30, "the engine failed"),
    ],
)
async def test_when_all_fail_the_result_says_why_and_when_to_try_again(
    failures: tuple[Exception, ...], seconds: int | None, said: str
) -> None:
    result = await english("kom morgen", *(Scripted(str(number), failure) for number, failure in enumerate(failures)))
    wait = None if seconds is None else timedelta(seconds=seconds)
    assert result == Result(None, None, (), wait, said)


async def test_an_engine_that_gives_too_few_paragraphs_has_failed() -> None:
    class Short(Scripted):
        async def translate(self, paragraphs: Sequence[Marked], source: str, target: str) -> list[str]:
            return ["come tomorrow"]

    result = await english("kom morgen\nbel ons", Short("one"), Scripted("two"))
    assert result.engine == "two"


@pytest.mark.parametrize("given", [None, [None, None], ["come tomorrow", 7]])
async def test_an_engine_that_gives_something_else_than_texts_has_failed(given: Any) -> None:
    """Anybody can add an engine; what one of them gives must not end the bot."""

    class Odd(Scripted):
        async def translate(self, paragraphs: Sequence[Marked], source: str, target: str) -> Any:
            return given

    result = await english("kom morgen\nbel ons", Odd("one"), Scripted("two"))
    assert result.engine == "two"


async def test_work_that_the_gate_stops_is_tried_with_the_next_engine() -> None:
    text = "kom morgen naar de winkel en breng 2 tassen mee"
    result = await english(text, Scripted("one", lambda _: text), Scripted("two"))
    assert (result.engine, result.findings) == ("two", ())


async def test_where_the_gate_stops_all_the_one_with_the_fewest_findings_is_given() -> None:
    text = "breng 2 tassen en 3 tassen mee"
    worse = Scripted("one", lambda _: "bring bags and bags along")
    better = Scripted("two", lambda _: "bring 2 bags and some bags along")
    worst = Scripted("three", lambda _: "")
    result = await english(text, worse, better, Scripted("down", Unavailable("down")))
    assert (result.engine, [finding.code for finding in result.findings]) == ("two", ["number-missing"])
    assert (await english(text, worst)).findings[0].code == "empty"


async def test_a_paragraph_left_untranslated_among_others_is_found() -> None:
    def lazy(marked: Marked) -> str:
        text = keeping(marked)
        return "de winkel is vandaag gesloten" if "shop" in text else text

    result = await english("kom morgen\nde winkel is vandaag gesloten", Scripted("one", lazy))
    assert [finding.code for finding in result.findings] == ["unchanged"]


async def test_a_number_that_moves_to_another_paragraph_is_found() -> None:
    given = iter(["bring 3 bags along", "bring 2 bags along"])
    result = await english("breng 2 tassen mee\nbreng 3 tassen mee", Scripted("one", lambda _: next(given)))
    assert {finding.code for finding in result.findings} == {"number-missing", "number-added"}


# --- time and strange texts ----------------------------------------------------------------------------------------


class Hanging(Scripted):
    async def translate(self, paragraphs: Sequence[Marked], source: str, target: str) -> list[str]:
        await asyncio.Event().wait()
        raise AssertionError


async def test_what_an_engine_says_without_end_is_not_looked_through() -> None:
    """Models can go round in circles, for megabytes."""
    result = await english("kom om 12:00", Scripted("one", lambda _: "12:00 " * 100_000), Scripted("two"))
    assert result.engine == "two"


@pytest.mark.parametrize("broken", ["\n", "\r\n", "\u2028", "\n\n"])
async def test_a_line_that_an_engine_breaks_stays_one_line(broken: str) -> None:
    """Its words are not run together, and other paragraphs stay where they are."""
    given = {"kom morgen": f"come{broken}tomorrow", "breng brood mee": f"bring bread{broken}"}
    result = await english("kom morgen\nbreng brood mee", Scripted("one", lambda marked: given[str(marked[0])]))
    assert (result.text, result.findings) == ("come tomorrow\nbring bread", ())


async def test_an_engine_that_hangs_leaves_the_next_its_share_of_the_time() -> None:
    engines = [Hanging("one"), Scripted("two")]
    result = await translate("kom morgen", "nl", "en", engines, nothing, within=timedelta(seconds=0.1))
    assert result.engine == "two"


async def test_all_engines_together_have_only_so_much_time() -> None:
    engines = [Hanging("one"), Hanging("two")]
    result = await translate("kom morgen", "nl", "en", engines, nothing, within=timedelta(seconds=0.05))
    assert result.retry_after == timedelta(seconds=30)
    assert result.failure is not None
    assert result.failure.endswith("the engines took too long")  # where the machine is slow, the first had all of it


async def test_what_there_is_when_the_time_is_over_is_given_with_its_findings() -> None:
    first = Scripted("one", lambda _: "bring bags along")
    result = await translate(
        "breng 2 tassen mee", "nl", "en", [first, Hanging("two")], nothing, within=timedelta(seconds=0.05)
    )
    assert (result.text, [finding.code for finding in result.findings]) == ("bring bags along", ["number-missing"])


async def test_a_caller_who_leaves_is_not_held() -> None:
    task = asyncio.create_task(english("kom morgen", Hanging("one")))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_engines_get_no_control_characters_or_half_characters() -> None:
    engine = Scripted("one")
    await english("kom\x00 morgen\ud83d \x1bnaar\u200f\tde winkel", engine)
    assert engine.asked == [[("kom morgen naar\u200f\tde winkel",)]]


@given(st.text(st.characters(codec="utf-8"), max_size=60))
async def test_an_engine_that_changes_nothing_changes_nothing(text: str) -> None:
    """Whatever people write, all of it but control characters comes through the pipeline."""

    def echo(marked: Marked) -> str:
        return "".join(part.text if isinstance(part, Keep) else part for part in marked)

    result = await english(text, Scripted("one", echo))
    assert result.text is not None

    def visible(said: str) -> str:
        return "".join(character for character in said if character.isprintable())

    assert visible(result.text) == visible(text)
