"""All the numbers that a member has given to be called, and which of them is whose as messages change. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.model import Text, joined


@dataclass(frozen=True, slots=True)
class PhoneLines:
    """A line for each message that is a number, in the order of the messages; above them, the numbers that stood among
    the words of others.

    A message's line is found by how many messages that are numbers came `after` it.
    """

    lines: tuple[Text, ...]

    @classmethod
    def read(cls, known: Text) -> PhoneLines:
        lines, start = [], 0
        for line in known.plain.split("\n"):
            lines.append(known[start : start + len(line)])
            start += len(line) + 1
        return cls(tuple(lines))

    @property
    def text(self) -> Text:
        return joined(list(self.lines), "\n")

    def added(self, words: Text, after: int = 0) -> PhoneLines:
        """With one more message that is a number."""
        place = max(0, len(self.lines) - after)
        return replace(self, lines=(*self.lines[:place], _on_one_line(words), *self.lines[place:]))

    def changed(self, words: Text, after: int) -> PhoneLines:
        """A message says another number now."""
        return self.without(after).added(words, after)

    def without(self, after: int) -> PhoneLines:
        """A message is no number any more."""
        place = self._place(after)
        return replace(self, lines=self.lines[:place] + self.lines[place + 1 :])

    def of_messages(self, count: int) -> PhoneLines:
        """The lines of the messages that are numbers, of which there are so many."""
        return replace(self, lines=self.lines[max(0, len(self.lines) - count) :])

    def below(self, numbers: str) -> PhoneLines:
        """Below numbers from among words, if there are any."""
        return replace(self, lines=(Text(numbers), *self.lines)) if numbers else self

    def _place(self, after: int) -> int:
        return max(0, len(self.lines) - 1 - after)


def _on_one_line(words: Text) -> Text:
    return Text(words.plain.replace("\n", " "), words.spans)
