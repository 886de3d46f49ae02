"""Texts with their human translations: TICO-19 where the data is, our own sample everywhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path
from xml.etree import ElementTree

from bot.text.languages import normalise

ROOT = Path(__file__).parent.parent
TICO19 = ROOT.parent / "shared" / "data" / "tico19"
SAMPLE = ROOT / "tests" / "samples" / "notices.jsonl"
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"


@dataclass(frozen=True, slots=True)
class Pair:
    source: str
    target: str
    source_language: str
    target_language: str


def sample() -> list[Pair]:
    """Every pair of languages of our own sample, in both directions."""
    notices = [json.loads(line) for line in SAMPLE.read_text("utf-8").splitlines()]
    return [
        Pair(notice[one], notice[other], one, other) for notice in notices for one, other in permutations(notice, 2)
    ]


def memories() -> list[Path]:
    """The translation memories of TICO-19; none where the data is not there."""
    return sorted((TICO19 / "tmx").glob("*.tmx"))


def units(memory: Path) -> Iterator[Pair]:
    for _, element in ElementTree.iterparse(memory):
        if element.tag == "tu":
            (one, source), (other, target) = (
                (normalise(variant.get(_LANGUAGE, "")), "".join(segment.itertext()))
                for variant in element.iter("tuv")
                for segment in variant.iter("seg")
            )
            yield Pair(source, target, one, other)
