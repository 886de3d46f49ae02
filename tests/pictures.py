"""Small pictures and films as telephones make them, with the place in them, for tests."""

from __future__ import annotations

import struct
import zlib

PLACE = b"50.8466 4.3528 Grote Markt"
"""What must not be found in anything that was passed on."""


def tiff(turned: int = 1, order: str = ">") -> bytes:
    """An Exif block: how to turn the picture, and in a second directory the place."""
    head = b"MM\x00\x2a" if order == ">" else b"II\x2a\x00"
    main = struct.pack(f"{order}H", 2)
    main += struct.pack(f"{order}HHIHH", 0x0112, 3, 1, turned, 0)
    main += struct.pack(f"{order}HHII", 0x8825, 4, 1, 38)
    gps = struct.pack(f"{order}HHHIII", 1, 2, 2, len(PLACE), 56, 0)
    return head + struct.pack(f"{order}I", 8) + main + struct.pack(f"{order}I", 0) + gps + PLACE


def segment(marker: int, data: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(data) + 2).to_bytes(2, "big") + data


SCAN = bytes(range(255)) * 3 + b"\xff\x00\xff\xd0\x12\x34\xff\x00"
FRAME = segment(0xDB, b"\x00" + bytes(64)) + segment(0xC0, b"\x08\x00\x10\x00\x10\x01\x01\x11\x00")


def jpeg(turned: int = 1, scan: bytes = SCAN, second: bool = True) -> bytes:
    """A photo with everything a telephone adds; with a `second` one behind its end."""
    told = segment(0xE1, b"Exif\x00\x00" + tiff(turned)) + segment(0xE1, b"http://ns.adobe.com/xap/1.0/\x00" + PLACE)
    told += segment(0xED, b"Photoshop 3.0\x00" + PLACE) + segment(0xFE, PLACE)
    told += segment(0xE2, b"MPF\x00" + PLACE)
    kept = segment(0xE0, b"JFIF\x00\x01\x02\x00\x00\x01\x00\x01\x00\x00") + segment(0xE2, b"ICC_PROFILE\x00colours")
    scans = segment(0xDA, b"\x01\x01\x00\x00\x3f\x00") + scan.replace(b"\xfe", b"\xfd")
    picture = (
        b"\xff\xd8" + kept + told + FRAME + scans + segment(0xDA, b"\x01\x01\x00\x00\x3f\x10") + b"more" + b"\xff\xd9"
    )
    return picture + (jpeg(second=False) + b"SEFT" + PLACE if second else b"")


def chunk(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")


def png(turned: int = 1, side: int = 1) -> bytes:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0))
    told = chunk(b"tEXt", b"Comment\x00" + PLACE) + chunk(b"iTXt", b"XML:com.adobe.xmp\x00" + PLACE)
    told += (
        chunk(b"eXIf", tiff(turned)) + chunk(b"zTXt", b"x\x00\x00" + zlib.compress(PLACE)) + chunk(b"tIME", bytes(7))
    )
    dots = chunk(b"IDAT", zlib.compress((b"\x00" + b"\x80" * side) * side))
    return b"\x89PNG\r\n\x1a\n" + head + told + dots + chunk(b"IEND", b"") + PLACE


def riff(kind: bytes, data: bytes) -> bytes:
    return kind + len(data).to_bytes(4, "little") + data + b"\x00" * (len(data) % 2)


def webp(turned: int = 1) -> bytes:
    body = riff(b"VP8X", bytes((0x2C, 0, 0, 0)) + bytes(6)) + riff(b"ICCP", b"colours") + riff(b"VP8 ", b"picture!")
    body += riff(b"EXIF", tiff(turned)) + riff(b"XMP ", PLACE)
    return b"RIFF" + (4 + len(body)).to_bytes(4, "little") + b"WEBP" + body


def box(kind: bytes, data: bytes) -> bytes:
    return (8 + len(data)).to_bytes(4, "big") + kind + data


WHEN = struct.pack(">I", 3_846_398_400)
"""When a film was made: seconds since 1904."""


def times(version: int = 0) -> bytes:
    """How a box begins that says when what it is about was made, and changed."""
    return bytes((version, 0, 0, 7)) + 2 * (bytes(4 * version) + WHEN)


def film(head: bytes = box(b"ftyp", b"mp42\x00\x00\x00\x00isom"), version: int = 0) -> bytes:
    """As iPhones and Android tell the place: in user data, in metadata, and within a track; and the time in each part.
    Cameras of long ago write no `head`."""
    media = box(b"mdia", box(b"mdhd", times(version) + b"media") + box(b"minf", box(b"stbl", b"tables")))
    track = box(b"trak", box(b"tkhd", times(version) + b"track") + media + box(b"udta", PLACE) + box(b"meta", PLACE))
    told = box(b"udta", box(b"\xa9xyz", PLACE)) + box(b"meta", PLACE)
    moov = box(b"moov", box(b"mvhd", times(version) + b"film") + track + told)
    return head + moov + box(b"uuid", bytes(16) + PLACE) + box(b"mdat", b"frames")


def heic() -> bytes:
    """A picture whose Exif is one of its items; the item's place stands in a table."""
    infe = box(b"infe", b"\x02\x00\x00\x00" + struct.pack(">HH", 1, 0) + b"hvc1\x00")
    infe += box(b"infe", b"\x02\x00\x00\x00" + struct.pack(">HH", 2, 0) + b"Exif\x00")
    iinf = box(b"iinf", b"\x00\x00\x00\x00" + struct.pack(">H", 2) + infe)
    data = b"picture!" + b"\x00\x00\x00\x06Exif\x00\x00" + tiff()

    def whole(start: int) -> bytes:
        places = struct.pack(">HHHII", 1, 0, 1, start, 8) + struct.pack(">HHHII", 2, 0, 1, start + 8, len(data) - 8)
        iloc = box(b"iloc", b"\x00\x00\x00\x00\x44\x00" + struct.pack(">H", 2) + places)
        head = box(b"ftyp", b"heic\x00\x00\x00\x00mif1heic")
        return head + box(b"meta", b"\x00\x00\x00\x00" + iinf + iloc)

    return whole(len(whole(0)) + 8) + box(b"mdat", data)
