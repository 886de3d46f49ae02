"""Which request something is about, said in the words themselves: several people share a phone, and read each other's
chats. Pure."""

from __future__ import annotations

from bot.content import Arg, Content, Line, Sentence, Verbatim


def names(content: Content, code: str) -> bool:
    """Whether something said names a code."""
    return any(
        (isinstance(block, Line) and code in _args(block.sentence))
        or (isinstance(block, Verbatim) and block.plain == code)
        for block in content
    )


def naming(content: Content, code: str) -> Content:
    """The same, with the code above it unless it names the code already."""
    return content if names(content, code) else (Verbatim(code, "bold"), *content)


def _args(arg: Arg) -> list[Arg]:
    """All that a sentence is filled with, and what that is filled with."""
    if isinstance(arg, Sentence):
        return [inner for value in arg.args.values() for inner in _args(value)]
    if isinstance(arg, tuple):
        return [inner for value in arg for inner in _args(value)]
    return [arg]
