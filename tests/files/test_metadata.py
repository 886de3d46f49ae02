"""No picture or film that is passed on says where it was made; all of them still show what they showed."""

from __future__ import annotations

import contextlib
import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.files.metadata import clean, orientation
from bot.files.pieces import MOST_PARTS, PIECE, Broken
from tests import pictures
from tests.pictures import PLACE

KINDS = {
    "jpeg": pictures.jpeg(),
    "png": pictures.png(),
    "webp": pictures.webp(),
    "film": pictures.film(),
    "heic": pictures.heic(),
}


def cleaned(data: bytes) -> bytes:
    target = io.BytesIO()
    clean(io.BytesIO(data), target)
    return target.getvalue()


def exif_in(data: bytes) -> int:
    """How the picture is to be turned, wherever its Exif stands."""
    places = [data.find(mark) for mark in (b"MM\x00\x2a", b"II\x2a\x00")]
    return max((orientation(data[place:]) for place in places if place >= 0), default=1)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_place_is_taken_out(kind: str) -> None:
    """Exif, XMP, IPTC, comments, text chunks, film data, and what stands behind the picture's end."""
    assert PLACE in KINDS[kind]
    result = cleaned(KINDS[kind])
    assert PLACE not in result
    assert b"adobe" not in result
    assert cleaned(result) == result


@pytest.mark.parametrize("make", [pictures.jpeg, pictures.png, pictures.webp])
@pytest.mark.parametrize("turned", range(1, 9))
def test_a_picture_stays_the_right_way_up(make: object, turned: int) -> None:
    """How to turn it is all that is kept of Exif."""
    result = cleaned(make(turned))  # type: ignore[operator]
    assert exif_in(result) == turned
    assert (b"MM\x00\x2a" in result) == (turned != 1)


def test_orientation_is_read_in_either_order_of_bytes() -> None:
    assert [orientation(pictures.tiff(6, order)) for order in "<>"] == [6, 6]


def test_a_jpeg_keeps_its_picture_and_its_colours() -> None:
    """Every table and scan, the profile and the density; its end is the end of the file."""
    result = cleaned(pictures.jpeg())
    for kept in (b"ICC_PROFILE\x00colours", b"JFIF\x00", pictures.FRAME, b"\xff\x00\xff\xd0\x12\x34\xff\x00", b"more"):
        assert kept in result
    assert result.endswith(b"more\xff\xd9")


def test_a_png_and_a_webp_are_whole_again() -> None:
    """Lengths, sums and flags agree with what is left."""
    png = cleaned(pictures.png())
    assert png.endswith(pictures.chunk(b"IEND", b""))
    assert pictures.png().count(b"IDAT") == png.count(b"IDAT") == 1
    webp = cleaned(pictures.webp())
    assert int.from_bytes(webp[4:8], "little") == len(webp) - 8
    assert webp[20] == 0x20  # the colour profile is all that is announced
    assert cleaned(pictures.webp(6))[20] == 0x28


def test_a_film_keeps_its_frames_where_they_were() -> None:
    """Tables of a film count from its beginning."""
    film, result = pictures.film(), cleaned(pictures.film())
    assert len(film) == len(result)
    assert result.find(b"frames") == film.find(b"frames")
    assert result.count(b"free") == 5
    assert b"track" in result


@pytest.mark.parametrize("version", [0, 1])
def test_a_film_does_not_say_when_it_was_made(version: int) -> None:
    """Neither the whole nor one of its tracks; what else stands there stays."""
    data = pictures.film(version=version)
    assert data.count(pictures.WHEN) == 6
    result = cleaned(data)
    assert pictures.WHEN not in result
    for kept in (b"film", b"track", b"media"):
        assert bytes((version, 0, 0, 7)) + bytes(8 + 8 * version) + kept in result
    assert b"tables" in result


@pytest.mark.parametrize("head", [b"", *(pictures.box(kind, b"") for kind in (b"wide", b"free", b"skip", b"mdat"))])
def test_a_film_of_long_ago_is_one_too(head: bytes) -> None:
    """QuickTime had no box that says so."""
    result = cleaned(pictures.film(head))
    assert PLACE not in result
    assert pictures.WHEN not in result
    assert b"frames" in result


def test_a_picture_of_an_iphone_keeps_its_picture() -> None:
    heic, result = pictures.heic(), cleaned(pictures.heic())
    assert len(heic) == len(result)
    assert b"picture!" in result
    assert b"Exif\x00\x00MM" not in result


@given(st.binary(max_size=300))
def test_what_is_no_picture_stays_as_it_is(data: bytes) -> None:
    """A letter, a sheet, a voice message."""
    data = b"OggS" + data
    assert cleaned(data) == data


@given(st.sampled_from(sorted(KINDS)), st.data())
def test_a_broken_file_is_refused_or_read(kind: str, drawn: st.DataObject) -> None:
    """However it was damaged, nothing but Broken is raised."""
    data = bytearray(KINDS[kind])
    for _ in range(drawn.draw(st.integers(0, 4))):
        data[drawn.draw(st.integers(16, len(data) - 1))] = drawn.draw(st.integers(0, 255))
    del data[drawn.draw(st.integers(16, len(data))) :]
    with contextlib.suppress(Broken):
        cleaned(bytes(data))


@given(st.lists(st.binary(min_size=1, max_size=70_000), max_size=4))
def test_a_scan_comes_through_whole_wherever_it_is_cut(pieces: list[bytes]) -> None:
    """Compressed data knows no borders of pieces."""
    scan = b"".join(piece.replace(b"\xff", b"\xff\x00") for piece in pieces)
    data = pictures.jpeg(scan=scan, second=False)
    assert scan.replace(b"\xfe", b"\xfd") in cleaned(data)


def test_exif_that_points_nowhere_is_harmless() -> None:
    assert orientation(b"MM\x00\x2a" + struct.pack(">I", 10_000)) == 1
    assert orientation(b"") == 1


# --- made to be slow, or large ---------------------------------------------------------------------------------------


class Counted(io.BytesIO):
    """Counts what is read of it, again and again maybe."""

    read_bytes = 0

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self.read_bytes += len(data)
        return data


def test_a_picture_of_nothing_but_fill_bytes_is_soon_looked_through() -> None:
    """They may be the beginning of a marker: each looked at once, not once for each that stands before it."""
    scan = (b"\xff" * (PIECE - 1) + b"\x00") * 64
    data = b"\xff\xd8" + pictures.segment(0xDA, b"") + scan + b"\xff\xd9"
    assert cleaned(data) == data


def test_a_picture_of_tiny_scans_is_read_about_once() -> None:
    """Each begins with a look ahead, which is short."""
    scans = (pictures.segment(0xDA, b"") + bytes(60)) * 5000
    source = Counted(b"\xff\xd8" + scans + b"\xff\xd9")
    clean(source, io.BytesIO())
    assert source.read_bytes < 10 * len(source.getvalue())


def test_a_table_that_says_the_same_without_end_is_refused() -> None:
    """Millions of places of which none takes room."""
    places = struct.pack(">HHH", 1, 0, 65535) * 60_000
    iloc = pictures.box(b"iloc", b"\x00\x00\x00\x00\x00\x00" + struct.pack(">H", 60_000) + places)
    meta = pictures.box(b"meta", b"\x00\x00\x00\x00" + iloc)
    with pytest.raises(Broken):
        cleaned(pictures.box(b"ftyp", b"heic\x00\x00\x00\x00") + meta)


@pytest.mark.parametrize("kind", ["webp", "film"])
def test_a_file_of_millions_of_parts_is_refused(kind: str) -> None:
    """To remember where each of them stands takes more memory than a small server has."""
    if kind == "webp":
        body = pictures.riff(b"VP8 ", b"") * (MOST_PARTS + 1)
        data = b"RIFF" + (4 + len(body)).to_bytes(4, "little") + b"WEBP" + body
    else:
        data = pictures.box(b"ftyp", b"mp42") + pictures.box(b"udta", b"") * (MOST_PARTS + 1)
    with pytest.raises(Broken):
        cleaned(data)
