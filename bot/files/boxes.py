"""Films and pictures made of boxes within boxes (MP4, MOV, M4A, HEIC, AVIF): taking out what tells where and when they
were made."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO

from bot.files.pieces import MOST_PARTS, Broken, at_most, copied, exactly, rest, skipped, zeros

_BLANKED = frozenset((b"udta", b"meta", b"uuid"))
_TIMED = frozenset((b"mvhd", b"tkhd", b"mdhd"))
"""Boxes that say when something was made, and when it was changed: after their version, in 4 or 8 bytes each."""
_WITHIN = {b"": b"moov", b"moov": b"trak", b"trak": b"mdia", b"mdia": b""}
"""Which box is looked into, by the one in which it stands."""


def clean(source: BinaryIO, target: BinaryIO) -> None:
    """Copy it; what tells the place becomes empty space of the same size, so that all else stays where it was.

    Raises Broken.
    """
    brand = source.read(12)[8:12]
    source.seek(0)
    found = _heic_spans(source) if brand in _PICTURES else _film_spans(source, 0, None, b"")
    spans = sorted(at_most(MOST_PARTS, found), key=lambda span: span[:2])
    source.seek(0)
    at = 0
    for start, end, kind in spans:
        if start < at:
            continue
        copied(source, target, start - at)
        if kind is not None:
            size = exactly(source, 4)
            if size == b"\x00\x00\x00\x01":
                raise Broken("a box of no sense")  # so much can nobody have to tell of a film
            target.write(size + kind)
            skipped(source, 4)
            start += 8
        skipped(source, end - start)
        zeros(target, end - start)
        at = end
    rest(source, target)


Span = tuple[int, int, bytes | None]
"""From where to where; and the kind that the box there becomes, None where it is no whole box."""


def _box_heads(source: BinaryIO, start: int, end: int | None) -> Iterator[tuple[bytes, int, int, int]]:
    """Kind, place, place of what is in it, and end of each box."""
    at = start
    while end is None or at + 8 <= end:
        source.seek(at)
        head = source.read(8)
        if len(head) < 8:
            if head or end is not None:
                raise Broken("a box is cut off")
            return
        size, inner = int.from_bytes(head[:4], "big"), at + 8
        if size == 1:
            size, inner = int.from_bytes(exactly(source, 8), "big"), at + 16
        elif size == 0:  # up to the end
            size = (source.seek(0, 2) if end is None else end) - at
        if size < inner - at or (end is not None and at + size > end):
            raise Broken("a box of no sense")
        yield head[4:], at, inner, at + size
        at += size


def _film_spans(source: BinaryIO, start: int, end: int | None, inside: bytes) -> Iterator[Span]:
    for kind, at, inner, after in _box_heads(source, start, end):
        if kind == _WITHIN[inside]:
            yield from _film_spans(source, inner, after, kind)
        elif kind in _BLANKED:
            yield at, after, b"free"
        elif kind in _TIMED and inside:
            yield from _times(source, inner, after)


def _times(source: BinaryIO, inner: int, after: int) -> Iterator[Span]:
    if after < inner + 4:
        raise Broken("a box of no sense")
    source.seek(inner)
    length = 16 if exactly(source, 1) == b"\x01" else 8
    yield inner + 4, min(inner + 4 + length, after), None


_PICTURES = frozenset((b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1", b"avif", b"avis"))
_LONGEST_TABLE = 1 << 20


def _heic_spans(source: BinaryIO) -> Iterator[Span]:
    """Where the Exif and XMP of a picture's items stand."""
    for kind, at, inner, after in _box_heads(source, 0, None):
        if kind == b"uuid":
            yield at, after, b"free"
        if kind != b"meta":
            continue
        tables: dict[bytes, bytes] = {}
        places: dict[bytes, int] = {}
        for name, _, inside, end in _box_heads(source, inner + 4, after):
            places[name] = inside
            if name in (b"iinf", b"iloc"):
                if end - inside > _LONGEST_TABLE:
                    raise Broken("a table of no sense")
                source.seek(inside)
                tables[name] = exactly(source, end - inside)
        try:
            wanted = set(_told_items(tables.get(b"iinf", b"")))
            for item, offset, length, in_meta in _item_places(tables.get(b"iloc", b"")):
                if item in wanted:
                    start = offset + (places.get(b"idat", 0) if in_meta else 0)
                    yield start, start + length, None
        except (struct.error, IndexError):
            raise Broken("a table of no sense") from None


def _told_items(iinf: bytes) -> Iterator[int]:
    """The items that tell of the picture instead of showing it."""
    if not iinf:
        return
    at = 6 if iinf[0] == 0 else 8
    while at + 12 <= len(iinf):
        (size,) = struct.unpack_from(">I", iinf, at)
        if size < 12:
            raise Broken("a table of no sense")
        version = iinf[at + 8]
        if version >= 2:
            wide = version > 2
            (item,) = struct.unpack_from(">I" if wide else ">H", iinf, at + 12)
            kind = iinf[at + 18 : at + 22] if wide else iinf[at + 16 : at + 20]
            if kind in (b"Exif", b"mime", b"uri "):
                yield item
        at += size


def _item_places(iloc: bytes) -> Iterator[tuple[int, int, int, bool]]:
    """Item, place, length, and whether the place counts from the meta box's own data."""
    if not iloc:
        return
    version = iloc[0]
    offset_size, length_size = iloc[4] >> 4, iloc[4] & 15
    base_size, index_size = iloc[5] >> 4, (iloc[5] & 15 if version in (1, 2) else 0)
    wide = 4 if version == 2 else 2
    at = 6

    def number(size: int) -> int:
        nonlocal at
        if at + size > len(iloc):
            raise IndexError
        at += size
        return int.from_bytes(iloc[at - size : at], "big")

    for _ in range(number(wide)):
        item = number(wide)
        method = number(2) & 15 if version in (1, 2) else 0
        number(2)
        base, extents = number(base_size), number(2)
        if extents > 1 and index_size + offset_size + length_size == 0:
            raise IndexError  # they take no room in the table, so it could say so without end
        for _ in range(extents):
            number(index_size)
            offset, length = number(offset_size), number(length_size)
            if method in (0, 1):
                yield item, base + offset, length, method == 1
