"""The head of an uploaded logo: kind and size are read from its bytes, whatever its name says, and never guessed."""

from __future__ import annotations

import struct

import pytest

from surveyor.core.brands.pictures import Picture, read_head
from surveyor.errors import Refused

PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + struct.pack(">II", 300, 80)
APP0, FRAME = b"\xff\xe0\x00\x04JF", b"\xff\xc0\x00\x11\x08" + struct.pack(">HH", 80, 300) + b"\x03"
JPEG = b"\xff\xd8" + APP0 + FRAME


def test_a_picture_says_its_kind_and_size() -> None:
    assert read_head(PNG) == Picture("PNG", 300, 80)
    assert read_head(JPEG) == Picture("JPEG", 300, 80)
    padded = b"\xff\xd8" + APP0 + b"\xff\xff" + FRAME  # any number of 0xFF may stand before a marker (T.81, B.1.1.2)
    assert read_head(padded) == Picture("JPEG", 300, 80)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (PNG[:20], "PNG"),
        (PNG.replace(b"IHDR", b"IDAT"), "PNG"),
        (b"\xff\xd8" + APP0, "JPEG"),
        (b"\xff\xd8" + APP0 + b"no marker at all", "JPEG"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        (b"GIF89a" + bytes(40), "GIF"),
        (b"", ""),
    ],
)
def test_what_is_cut_short_or_of_another_kind_is_refused(raw: bytes, said: str) -> None:
    with pytest.raises(Refused) as refused:
        read_head(raw)
    assert (refused.value.status, refused.value.code) == (415, "upload_type")
    if said in ("SVG", "GIF"):
        assert refused.value.complaints[0].message_en.startswith(said)
