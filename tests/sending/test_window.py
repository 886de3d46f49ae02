"""What a claim finds of the notices in memory."""

from __future__ import annotations

from bot.pacing import Pacer
from bot.sending.backlog import Waiting
from bot.sending.window import Window
from tests.paper.adapter import LIKE_TELEGRAM


def test_a_notice_for_which_there_was_no_room_is_offered_again_and_one_that_is_not_to_be_sent_is_not() -> None:
    window = Window(LIKE_TELEGRAM, Pacer(LIKE_TELEGRAM))
    window.note((), (), (), None, now=0.0)  # after the first it is read anew
    window.note((), (), (), [Waiting(id, chat=id, group=True, messages=1) for id in (1, 2, 3)], now=0.0)
    chosen = window.take(3, 0.0)
    window.note(chosen, tried=[1], claimed=(), more=None, now=0.0)
    assert [one.id for one in window.take(3, 0.0)] == [2, 3]
