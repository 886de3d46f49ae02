"""One phone, several people; one street worker, eight clients: nothing of one request ever shows up in another."""

from __future__ import annotations

import asyncio
import random
import re
import tempfile
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bot.content import LanguageName
from bot.ports import Limits
from tests.handlers.conftest import Scene, scene_of, sentence
from tests.handlers.phrasebook import Phrasebook
from tests.paper.adapter import LIKE_MATRIX, LIKE_TELEGRAM
from tests.world import world

SEND, NEW = "button-send", "button-new"


async def _two(scene: Scene) -> None:
    """Maria's K1 and her neighbour's K2, on one phone; both are open."""
    await scene.asks("Preciso de comida para os meus dois filhos")
    await scene.member.writes("!ask O meu vizinho precisa de um médico")
    await scene.member.presses(sentence(SEND, "pt"))


def _said_below(scene: Scene, code: str) -> list[str]:
    """What stands below a card, without what the bot says around it."""
    return [said.split("\n")[1] for said in scene.thread(code) if "\n" in said]


def _newest(scene: Scene, words: str) -> str:
    return next(m.id for m in reversed(scene.member.sees()) if words in m.plain)


# --- which request words are about -----------------------------------------------------------------------------------


async def test_a_code_at_the_beginning_says_which(scene: Scene) -> None:
    """However it is typed, and without it in what the helpers read."""
    await _two(scene)
    for code, typed in (("K1", "K1 ainda temos fome"), ("K2", "#k2: ele tem febre"), ("K1", "K1\nsomos quatro")):
        await scene.member.writes(typed)
        said = _said_below(scene, code)[-1]
        assert said in typed
        assert not said.lower().startswith(("k1", "#k2", ":"))
    assert not any("febre" in said for said in scene.thread("K1"))


async def test_a_code_stays_out_of_what_is_changed(scene: Scene) -> None:
    """Helpers read the words, and nothing where they are the same."""
    await _two(scene)
    message = await scene.member.writes("K1: ainda temos fome")
    await scene.member.edits(message, "K1: ainda temos fome")
    await scene.member.edits(message, "K1: ainda temos muita fome")
    assert _said_below(scene, "K1") == ["ainda temos fome", "ainda temos muita fome"]


async def test_a_code_alone_says_how_it_stands(scene: Scene) -> None:
    """It is no news for the helpers."""
    await _two(scene)
    await scene.member.writes("K1")
    assert scene.member.reads()[-1] == sentence("my-open", "pt", code="K1")
    assert scene.thread("K1") == []


async def test_a_code_of_somebody_else_is_only_words(scene: Scene) -> None:
    """It opens nothing, and says nothing of what there is."""
    await scene.asks()
    stranger = scene.world.somebody("Eve", language="pt")
    await stranger.writes("K1 preciso de comida para os meus filhos")
    assert sentence("first-held", "pt") in stranger.reads()[-1]
    assert scene.thread("K1") == []


async def test_an_answer_to_any_message_of_one_goes_to_it(scene: Scene) -> None:
    """To the bot's, and to their own."""
    await _two(scene)
    await scene.in_thread("!r Kom om 10:00", code="K1")
    own = await scene.member.writes("K1 venho já")
    await scene.in_thread("!r De dokter komt", code="K2")
    await scene.member.writes("Obrigado, doutor", reply_to=_newest(scene, "De dokter komt"))
    await scene.member.writes("Afinal às onze", reply_to=own)
    await scene.member.writes("E a comida?", reply_to=_newest(scene, sentence("request-received", "pt", code="K1")))
    assert _said_below(scene, "K2")[-1] == "Obrigado, doutor"
    assert _said_below(scene, "K1")[-2:] == ["Afinal às onze", "E a comida?"]


async def test_eight_requests_and_one_question(scene: Scene) -> None:
    """By button, by typed code, by typed number."""
    for number in range(8):
        await scene.member.writes(f"!ask Preciso de comida para o cliente número {number}")
        await scene.member.presses(sentence(SEND, "pt"))
    for choose, words in (("button", "sim uma"), ("code", "sim duas"), ("number", "sim tres")):
        await scene.member.writes(f"{words} palavras para os helpers")
        question = scene.member.sees()[-1]
        assert question.labels[:8] == [f"K{number}" for number in range(8, 0, -1)]
        if choose == "button":
            await scene.member.presses("K7")
        else:
            await scene.member.writes("k7" if choose == "code" else "2")
        assert words in scene.thread("K7")[-1]
    assert all(scene.thread(f"K{number}") == [] for number in (1, 2, 3, 4, 5, 6, 8))


async def test_a_closed_one_can_be_named(scene: Scene) -> None:
    """It opens again."""
    await _two(scene)
    await scene.in_thread("!close helped", code="K1")
    await scene.member.writes("K1 ainda temos fome")
    assert "ainda temos fome" in scene.thread("K1")[-2] + scene.thread("K1")[-1]
    assert scene.card("K1").plain.startswith(sentence("card-open", code="K1"))


async def test_after_one_was_closed_words_are_not_taken_for_the_other(scene: Scene) -> None:
    """Thank you, says who was helped: the neighbour's doctor must not read that."""
    await _two(scene)
    await scene.in_thread("!close helped", code="K1")
    await scene.member.writes("Muito obrigada por tudo")
    assert scene.member.sees()[-1].labels == ["K2", "K1", sentence(NEW, "pt")]
    assert not any("obrigada" in said for said in scene.thread("K2"))


# --- questions -------------------------------------------------------------------------------------------------------


async def _asked_where_for_two(scene: Scene) -> None:
    await _two(scene)
    await scene.member.presses(sentence("need-health", "pt"))
    await scene.member.presses(sentence("for-other", "pt"))
    await scene.member.presses(sentence("button-skip", "pt"))
    assert scene.member.reads()[-1] == "K2\n" + sentence("intake-area", "pt")


async def test_the_question_of_one_is_not_answered_by_words_for_another(scene: Scene) -> None:
    """An answer came in between: who knows which of them the words are for."""
    await _asked_where_for_two(scene)
    await scene.in_thread("!r Hebt u melk nodig?", code="K1")
    await scene.member.writes("Sim, por favor")
    assert scene.member.sees()[-1].labels[:2] == ["K2", "K1"]
    assert sentence("card-area", area="Sim, por favor") not in scene.card("K2").plain


async def test_a_number_that_answers_one_chooses_nothing_of_another(scene: Scene) -> None:
    """Three, says who was asked how many children there are."""
    await _two(scene)
    answered = _newest(scene, sentence("request-received", "pt", code="K1"))
    await scene.member.writes("3", reply_to=answered)
    assert _said_below(scene, "K1")[-1] == "3"
    assert sentence("card-what", what=sentence("need-health")) not in scene.card("K2").plain


async def test_words_that_wait_for_send_are_not_joined_by_words_for_another(scene: Scene) -> None:
    """Somebody writes a plea, an answer to somebody else comes, and somebody answers that."""
    await scene.asks()
    await scene.member.writes("!ask O meu vizinho precisa de um médico")
    await scene.in_thread("!r Hebt u melk nodig?")
    await scene.member.writes("Sim, por favor")
    assert scene.member.sees()[-1].labels == ["K1", sentence(NEW, "pt")]
    await scene.member.presses("K1")
    assert "Sim, por favor" in scene.thread("K1")[-1]
    await scene.member.presses(sentence(SEND, "pt"))
    assert "médico" in scene.card("K2").plain
    assert "Sim" not in scene.card("K2").plain


async def test_the_same_words_can_join_what_waits(scene: Scene) -> None:
    """They were about the new request after all."""
    await scene.asks()
    await scene.member.writes("!ask O meu vizinho precisa de um médico")
    await scene.in_thread("!r Hebt u melk nodig?")
    await scene.member.writes("Ele tem febre alta")
    await scene.member.presses(sentence(NEW, "pt"))
    await scene.member.presses(sentence(SEND, "pt"))
    assert "médico" in scene.card("K2").plain
    assert "febre" in scene.card("K2").plain


# --- languages -------------------------------------------------------------------------------------------------------


async def test_each_request_is_answered_in_its_own_language(scene: Scene) -> None:
    """Whoever shares the phone and chooses another does so for themselves."""
    await scene.asks()
    await scene.member.writes("!ask Evde hiç yemek kalmadı, lütfen yardım edin")
    await scene.member.presses("Türkçe")
    await scene.member.presses(sentence(SEND, "tr"))
    await scene.in_thread("!claim", code="K1")
    assert scene.member.reads()[-1] == sentence("request-claimed", "pt", code="K1")
    await scene.in_thread("!claim", code="K2")
    assert scene.member.reads()[-1] == sentence("request-claimed", "tr", code="K2")
    assert sentence("card-language", language=LanguageName("pt")) in scene.card("K1").plain


# --- any order -------------------------------------------------------------------------------------------------------


@dataclass
class Phone:
    """Several people on one phone; each word they write says whose it is, so that it can be looked for."""

    scene: Scene
    dice: random.Random
    open: list[str] = field(default_factory=list)
    count: int = 0

    def _words(self, code: str) -> str:
        self.count += 1
        return f"palavras escritas só para o caso mark{code} número {self.count}x"

    async def step(self) -> None:
        moves = [self._asks, self._looks]
        if self.open:
            moves += [self._replies, self._names, self._plain, self._helper, self._helper, self._taps, self._closes]
            moves += [self._waits]
        await self.dice.choice(moves)()

    async def _asks(self) -> None:
        code = f"K{len(self.open) + 1}"
        await self.scene.member.writes(f"!ask {self._words(code)}")
        if self.dice.random() < 0.3 and self.open:
            await self._helper()
            await self._plain(asking=True)
        await self.scene.member.presses(sentence(SEND, "pt"))
        self.open.append(code)

    async def _replies(self) -> None:
        """A network's reply to a message of the bot about one of them."""
        code = self.dice.choice(self.open)
        about = [m for m in self.scene.member.sees() if _code_of(m.plain) == code]
        if about:
            target = self.dice.choice(about)
            words = self.dice.choice([self._words(code), "2"])
            await self.scene.member.writes(words, reply_to=target.id)
            if code in self.scene.member.sees()[-1].labels:
                await self.scene.member.presses(code)  # they answered the question which one: it is asked again

    async def _names(self) -> None:
        code = self.dice.choice(self.open)
        await self.scene.member.writes(f"{code} {self._words(code)}")

    async def _plain(self, asking: bool = False) -> None:
        """Words for whatever was said last; when asked, they say for which."""
        code = _code_of(self.scene.member.sees()[-1].plain)
        if code is None:
            return
        await self.scene.member.writes(self._words(code))
        last = self.scene.member.sees()[-1]
        if code in last.labels:
            await self.scene.member.presses(code)
        elif sentence(NEW, "pt") in last.labels:
            await self.scene.member.writes(code)
        elif sentence("button-delete", "pt") in last.labels and not asking:
            await self.scene.member.presses(sentence("button-delete", "pt"))  # long after the end it is something new

    async def _helper(self) -> None:
        code = self.dice.choice(self.open)
        await self.scene.in_thread(self.dice.choice(["!r ", "!note ", "!r "]) + f"antwoord mark{code} x", code=code)

    async def _closes(self) -> None:
        code = self.dice.choice(self.open)
        await self.scene.in_thread(self.dice.choice(["!close helped", "!reopen", "!claim", "!release"]), code=code)

    async def _taps(self) -> None:
        """A late tap on any question that still stands."""
        asked = [m for m in self.scene.member.sees() if sentence("button-skip", "pt") in m.labels]
        if asked:
            message = self.dice.choice(asked)
            await self.scene.member.presses(self.dice.choice(message.labels), message=message)

    async def _looks(self) -> None:
        await self.scene.member.writes(self.dice.choice(["!my", "!help", "!mydata"]))

    async def _waits(self) -> None:
        await self.scene.world.advance(timedelta(hours=self.dice.choice([1, 30])))

    def check(self) -> None:
        """What stands about one request carries no other's mark, in the room and on the phone."""
        room = self.scene.ann.sees(self.scene.room)
        cards = {message.id: _code_of(message.plain) for message in room}
        for message in (*room, *self.scene.member.sees()):
            marks = set(re.findall(r"mark(K\d+)", message.plain))
            below = cards.get(message.thread or message.reply_to or "")
            assert marks <= {_code_of(message.plain) or below}, message.plain
            assert below in (None, _code_of(message.plain) or below), message.plain


def _code_of(plain: str) -> str | None:
    """The one code that a message names; None for what is about several, or none."""
    codes = set(re.findall(r"(?<!mark)\bK\d+\b", plain))
    return codes.pop() if len(codes) == 1 else None


@pytest.mark.timeout(600)
@settings(
    max_examples=6,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow],
)
@given(seed=st.integers(0, 2**32), limits=st.sampled_from([LIKE_TELEGRAM, LIKE_MATRIX]))
def test_in_whatever_order_nothing_shows_up_elsewhere(seed: int, limits: Limits) -> None:
    """Asking, answering, tapping, closing and waiting, one after another, as it happens on a shared phone."""

    async def story() -> None:
        with tempfile.TemporaryDirectory() as folder:
            async with world(Path(folder), limits=limits) as w:
                scene = scene_of(w, await w.paired("room", "coordination"), Phrasebook())
                phone = Phone(scene, random.Random(seed))
                for _ in range(25):
                    await phone.step()
                    phone.check()

    asyncio.run(story())
