"""Characters as readers see them: an accent belongs to its letter, two halves of a flag are one (Unicode, UAX 29)."""

from __future__ import annotations

import regex

IN_COLOUR = "\ufe0f"
"""Stands behind a sign that is to be shown as an emoji. Some apps write it and others do not: it is the same 👍."""

# Flags by themselves: for each, \X looks back through all those before it.
GRAPHEME = regex.compile(
    r"\p{Regional_Indicator}{2}[\p{Grapheme_Cluster_Break=Extend}\p{Grapheme_Cluster_Break=ZWJ}"
    r"\p{Grapheme_Cluster_Break=SpacingMark}]*|\X"
)
