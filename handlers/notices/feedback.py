"""What comes back about a notice: how many did not understand it, how many asked; never who, never their words."""

from __future__ import annotations

from bot.actions import Action
from bot.content import Content, LanguageName, Line, say
from bot.domain.notices import Notice, is_told
from bot.store.transaction import Transaction
from handlers.rooms import below, edit, writers_rooms
from handlers.situation import Actions

PUZZLED = "not-understood"
ASKED = "question"


def not_understood(tx: Transaction, notice: Notice, language: str) -> Actions:
    """A reader of the text in a language does not understand it; their number tells its publisher now and then."""
    count = tx.notices.counted(notice, PUZZLED, language)
    if not is_told(count, tx.policy.questions_threshold):
        return ()
    said = say("not-understood-many", code=notice.code, language=LanguageName(language), count=count)
    return [below(room, notice, (Line(said), Line(say("not-understood-do")))) for room in writers_rooms(tx, notice)]


def asked(tx: Transaction, notice: Notice, language: str) -> Actions:
    """A question was sent. Its publisher hears that there was one, in a message that goes on counting."""
    tx.notices.counted(notice, ASKED, language)
    count = sum(tx.notices.counts(notice, ASKED).values())
    said: Content = (Line(say("questions-asked", code=notice.code, count=count)), Line(say("questions-where")))
    name = f"{notice.code}/questions"
    actions: list[Action] = []
    for room in writers_rooms(tx, notice):
        there = tx.deliveries.named(room.id, name) is not None
        actions += edit(tx, room, name, said) if there else (below(room, notice, said, name),)
    return actions


def lines(tx: Transaction, notice: Notice) -> Content:
    """The numbers of each language, where there are any."""
    puzzled, questions = (tx.notices.counts(notice, what) for what in (PUZZLED, ASKED))
    return tuple(
        Line(
            say(
                "progress-questions",
                language=LanguageName(language),
                puzzled=puzzled.get(language, 0),
                asked=questions.get(language, 0),
            )
        )
        for language in sorted({*puzzled, *questions})
    )
