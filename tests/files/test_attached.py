"""What files are called: in sentences, and on the disk of whoever gets them."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.content import say
from bot.files.attached import called, clock_of, mime_of, name_of
from bot.model import Attachment


def document(name: str | None, mime: str | None = "application/pdf") -> Attachment:
    return Attachment("document", "key", name, mime=mime)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("brief van het OCMW.pdf", "brief van het OCMW.pdf"),
        ("رسالة.pdf", "رسالة.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\Users\\Maria\\cv.pdf", "cv.pdf"),
        ("invoice\u202efdp.exe", "invoice_fdp.exe"),
        ('a"b\r\nX-Header: c.pdf', "a_b__X-Header_ c.pdf"),
        (".htaccess", "htaccess.pdf"),
        ("", "file.pdf"),
        (None, "file.pdf"),
        ("x" * 300 + ".pdf", "x" * 60 + ".pdf"),
    ],
)
def test_a_document_keeps_its_name_without_what_could_harm(name: str | None, expected: str) -> None:
    assert name_of(document(name)) == expected


def test_photos_and_voices_get_plain_names() -> None:
    """What a telephone calls them says when they were made, and on what."""
    assert name_of(Attachment("photo", "k", "IMG_20201103_GalaxyS9.jpg", mime="image/jpeg")) == "photo.jpg"
    assert name_of(Attachment("voice", "k", "Maria 3 Nov.ogg", mime="audio/ogg; codecs=opus")) == "voice.ogg"
    assert name_of(Attachment("photo", "k")) == "photo"


@given(st.text(max_size=200), st.none() | st.text(max_size=40))
def test_any_name_becomes_a_harmless_one(name: str, mime: str | None) -> None:
    """Never empty or hidden, never long, no path, nothing invisible, and the same when it is done again."""
    result = name_of(document(name, mime))
    assert 0 < len(result) <= 72
    assert not result.startswith((".", " "))
    assert not set(result) & set('/\\:"<>|?*\r\n')
    assert all(unicodedata.category(char)[0] in "LMNPZ" for char in result)
    assert name_of(document(result, mime)) == result


def test_a_type_is_one_or_none_at_all() -> None:
    """What a sender's app says of it can be anything."""
    assert mime_of(document("x", "Image/JPEG; q=1")) == "image/jpeg"
    assert mime_of(document("x", "text/html\r\nX: y")) == "application/octet-stream"
    assert mime_of(document("x", None)) == "application/octet-stream"


@pytest.mark.parametrize("said", [None, "", "application/octet-stream", "a picture"])
def test_where_no_type_is_told_the_name_tells_it(said: str | None) -> None:
    """A photo without one was a file that no telephone opens."""
    photo = Attachment("photo", "k", "IMG_1.JPG", mime=said)
    assert (mime_of(photo), name_of(photo)) == ("image/jpeg", "photo.jpg")
    voice = Attachment("voice", "k", "recording.opus", mime=said)
    assert (mime_of(voice), name_of(voice)) == ("audio/ogg", "voice.ogg")
    assert mime_of(document("letter.docx", said)) == "application/octet-stream"
    assert mime_of(document("IMG_1.jpg", "application/pdf")) == "application/pdf"


def test_lengths_are_written_as_players_do() -> None:
    assert [clock_of(seconds) for seconds in (0, 12, 75, 3725, -1)] == ["0:00", "0:12", "1:15", "1:02:05", "0:00"]
    assert called(Attachment("voice", "k", seconds=12)) == say(
        "attached-long", what=say("attached-voice"), length="0:12"
    )
    assert called(Attachment("hologram", "k")) == say("attached-file")
