"""Takes out of pictures and films what tells where, when and on which device they were made; from file to file, piece
by piece, so that no file is ever whole in memory.

Kept is what a picture needs to look right: its orientation, its colours. What stands behind a picture's end goes too:
telephones keep a second picture there, with the place. A file that is none of the kinds known here stays as it is.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO

from bot.files import boxes
from bot.files.pieces import MOST_PARTS, PIECE, Broken, at_most, copied, exactly, rest, skipped

_LONGEST_EXIF = 1 << 20  # more than any camera writes; it is read whole for the orientation
_LOOK = 256  # bytes that are read at first to find the end of a scan: there may be very many that are tiny


def clean(source: BinaryIO, target: BinaryIO) -> None:
    """Copy `source` (seekable, at its beginning) to `target` without what it says of its maker. Raises Broken."""
    head = source.read(16)
    size = source.seek(0, 2)
    source.seek(0)
    _walker(head, size)(source, target)


def _walker(head: bytes, size: int) -> Callable[[BinaryIO, BinaryIO], None]:
    if head.startswith(b"\xff\xd8"):
        return _jpeg
    if head.startswith(_PNG):
        return _png
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return _webp
    if head[4:8] == b"ftyp" or (head[4:8] in _BEGINS_A_FILM and int.from_bytes(head[:4], "big") <= size):
        return boxes.clean
    return rest


_BEGINS_A_FILM = frozenset((b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"))
"""How films of QuickTime begin that are older than `ftyp`. Before such words a text has letters, which would be a size
that no file has here."""


# --- orientation, the one thing worth keeping of Exif ----------------------------------------------------------------


def orientation(tiff: bytes) -> int:
    """How a picture is to be turned, 1 to 8, as its Exif (a TIFF file) says; 1 where it says nothing of sense."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None or len(tiff) < 8:
        return 1
    try:
        (at,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, at)
        for number in range(count):
            tag, kind, amount, value = struct.unpack_from(f"{order}HHIH", tiff, at + 2 + 12 * number)
            if (tag, kind, amount) == (0x0112, 3, 1) and 1 <= value <= 8:
                return int(value)
    except struct.error:
        pass
    return 1


def _only(turned: int) -> bytes:
    """The smallest Exif that says how to turn a picture."""
    return b"MM\x00\x2a" + struct.pack(">IHHHIHHI", 8, 1, 0x0112, 3, 1, turned, 0, 0)


# --- JPEG ------------------------------------------------------------------------------------------------------------

_SOI, _EOI, _SOS, _APP0, _APP1, _APP2, _APP14, _COMMENT = 0xD8, 0xD9, 0xDA, 0xE0, 0xE1, 0xE2, 0xEE, 0xFE
_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})  # markers without a length
_EXIF = b"Exif\x00\x00"
_MARKER = re.compile(rb"(?<!\xff)\xff++[^\x00\xd0-\xd7]", re.DOTALL)  # what ends the compressed data of a scan


def _jpeg(source: BinaryIO, target: BinaryIO) -> None:
    target.write(exactly(source, 2))
    turned = 1
    while True:
        marker = _next_marker(source)
        if marker == _EOI:
            target.write(bytes((0xFF, _EOI)))
            return
        if marker in _ALONE:
            target.write(bytes((0xFF, marker)))
            continue
        length = int.from_bytes(exactly(source, 2), "big")
        if length < 2 or marker in (0x00, _SOI):
            raise Broken("no JPEG segment")
        segment = exactly(source, length - 2)
        if marker == _APP1 and segment.startswith(_EXIF) and turned == 1:
            turned = orientation(segment[len(_EXIF) :])
            segment = _EXIF + _only(turned)
            if turned == 1:
                continue
        elif not _is_needed(marker, segment):
            continue
        target.write(bytes((0xFF, marker)) + (len(segment) + 2).to_bytes(2, "big") + segment)
        if marker == _SOS:
            _scan(source, target)


def _next_marker(source: BinaryIO) -> int:
    if exactly(source, 1) != b"\xff":
        raise Broken("no JPEG marker")
    marker = 0xFF
    while marker == 0xFF:  # any number of them may fill the space before a marker
        marker = exactly(source, 1)[0]
    return marker


def _is_needed(marker: int, segment: bytes) -> bool:
    """Of what applications write: the frame's density, the colour profile, and how the colours are encoded."""
    if marker == _APP0:
        return segment.startswith(b"JFIF\x00")
    if marker == _APP2:
        return segment.startswith(b"ICC_PROFILE\x00")
    return marker == _APP14 or not (_APP0 <= marker <= 0xEF or marker == _COMMENT)


def _scan(source: BinaryIO, target: BinaryIO) -> None:
    """The compressed data up to the next marker, before which the source is left."""
    ahead = _LOOK
    while True:
        start = source.tell()
        piece = source.read(ahead)
        found = _MARKER.search(piece)
        if found is not None:
            target.write(piece[: found.start()])
            source.seek(start + found.start())
            return
        kept = len(piece.rstrip(b"\xff"))  # a marker may be cut in two
        if kept == 0 and (len(piece) < ahead or ahead == PIECE):
            raise Broken("the picture does not end")
        target.write(piece[:kept])
        source.seek(start + kept)
        ahead = min(2 * ahead, PIECE)


# --- PNG -------------------------------------------------------------------------------------------------------------

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_NEEDED = frozenset(
    b"IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB iCCP sBIT bKGD hIST pHYs sPLT cICP mDCV cLLI acTL fcTL fdAT".split()
)


def _png(source: BinaryIO, target: BinaryIO) -> None:
    target.write(exactly(source, len(_PNG)))
    while True:
        head = exactly(source, 8)
        length, kind = int.from_bytes(head[:4], "big"), head[4:]
        if kind in _PNG_NEEDED:
            target.write(head)
            copied(source, target, length + 4)
            if kind == b"IEND":
                return
        elif kind == b"eXIf" and length <= _LONGEST_EXIF:
            turned = orientation(exactly(source, length))
            skipped(source, 4)
            if turned != 1:
                target.write(_png_chunk(b"eXIf", _only(turned)))
        else:
            skipped(source, length + 4)


def _png_chunk(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")


# --- WebP ------------------------------------------------------------------------------------------------------------

_WEBP_NEEDED = frozenset((b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"))
_HAS_EXIF, _HAS_XMP = 0x08, 0x04  # in the flags of VP8X


def _webp(source: BinaryIO, target: BinaryIO) -> None:
    chunks = at_most(MOST_PARTS, _webp_chunks(source))
    turned = next((orientation(_exif_at(source, at, size)) for kind, at, size in chunks if kind == b"EXIF"), 1)
    kept = [(kind, at, size) for kind, at, size in chunks if kind in _WEBP_NEEDED]
    exif = b"" if turned == 1 or not any(kind == b"VP8X" for kind, _, _ in kept) else _only(turned)
    total = 4 + sum(8 + size + size % 2 for _, _, size in kept) + (8 + len(exif) if exif else 0)
    target.write(b"RIFF" + total.to_bytes(4, "little") + b"WEBP")
    for kind, at, size in kept:
        source.seek(at)
        target.write(kind + size.to_bytes(4, "little"))
        if kind == b"VP8X" and size > 0:
            flags = exactly(source, 1)[0] & ~(_HAS_EXIF | _HAS_XMP)
            target.write(bytes((flags | (_HAS_EXIF if exif else 0),)))
            size -= 1
            copied(source, target, size)
            target.write(b"\x00" * ((size + 1) % 2))
        else:
            copied(source, target, size)
            target.write(b"\x00" * (size % 2))
    if exif:
        target.write(b"EXIF" + len(exif).to_bytes(4, "little") + exif)


def _webp_chunks(source: BinaryIO) -> Iterator[tuple[bytes, int, int]]:
    """Kind, place and size of each chunk."""
    end = 8 + int.from_bytes(exactly(source, 12)[4:8], "little")
    at = 12
    while at + 8 <= end:
        source.seek(at)
        head = exactly(source, 8)
        size = int.from_bytes(head[4:], "little")
        if at + 8 + size > end:
            raise Broken("a WebP chunk is too long")
        yield head[:4], at + 8, size
        at += 8 + size + size % 2


def _exif_at(source: BinaryIO, at: int, size: int) -> bytes:
    source.seek(at)
    return exactly(source, min(size, _LONGEST_EXIF)).removeprefix(_EXIF)
