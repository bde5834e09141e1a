"""A picture drawn anew: small, upright, bare; and what is meant to hurt is refused before it is decoded."""

import io
import random
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from dispatch.domain import errors
from dispatch.domain.photos import MOST_PIXELS
from dispatch.usecases.drawing import LONGEST_SIDE, MOST_SCANS, drawn, redraw, webp_size

PLACE, OWNER, NOTE = "GPS-38.46N-111.12E", "Camera Owner 13900000001", b"seen at home at night"
FORMATS = ("JPEG", "PNG", "WEBP")


def pictured(kind: str, size: tuple[int, int] = (64, 48), mode: str = "RGB", **more: object) -> bytes:
    """A picture that is red above and blue below."""
    image = Image.new(mode, size, (200, 30, 30, 255)[: len(mode)])
    image.paste((30, 30, 200, 255)[: len(mode)], (0, size[1] // 2, *size))
    out = io.BytesIO()
    image.save(out, kind, **more)
    return out.getvalue()


def told_by_a_camera(held: int = 1) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112], exif[0x013B], exif[0x010E] = held, OWNER, PLACE
    exif.get_ifd(0x8825)[1] = "N"
    return exif


def segments(jpeg: bytes) -> list[int]:
    """Walk a JPEG's markers by the letter of the standard, up to its first scan."""
    assert jpeg[:2] == b"\xff\xd8"
    found, at = [], 2
    while True:
        assert jpeg[at] == 0xFF
        marker = jpeg[at + 1]
        found.append(marker)
        if marker == 0xDA:
            return found
        at += 2 + int.from_bytes(jpeg[at + 2 : at + 4])


@pytest.mark.parametrize("kind", FORMATS)
def test_nothing_a_camera_or_a_program_wrote_is_left(kind: str) -> None:
    more: dict[str, object] = {"exif": told_by_a_camera().tobytes()}
    if kind == "JPEG":
        more |= {"comment": NOTE, "icc_profile": b"profile " + NOTE, "dpi": (300, 300)}
    if kind == "WEBP":
        more |= {"xmp": NOTE, "icc_profile": b"profile " + NOTE}
    sent = pictured(kind, **more)
    assert OWNER.encode() in sent, "or the test shows nothing"
    kept = redraw(sent)
    for said in (OWNER, PLACE, NOTE.decode()):
        assert said.encode() not in kept
    assert b"Exif" not in kept
    # tables, frame and scan, and the one application segment every JPEG begins with
    assert set(segments(kept)) <= {0xE0, 0xDB, 0xC0, 0xC4, 0xDA}
    with Image.open(io.BytesIO(kept)) as seen:
        assert (seen.format, seen.mode, dict(seen.getexif())) == ("JPEG", "RGB", {})


@pytest.mark.parametrize("held", range(1, 9))
def test_it_stands_upright_however_the_camera_was_held(held: int) -> None:
    image = Image.new("RGB", (64, 48), "white")
    image.paste((200, 30, 30), (0, 0, 16, 16))  # a mark in the upper left corner of what the sensor saw
    out = io.BytesIO()
    image.save(out, "JPEG", exif=told_by_a_camera(held).tobytes(), quality=95)
    with Image.open(io.BytesIO(redraw(out.getvalue()))) as seen:
        assert seen.size == ((48, 64) if held >= 5 else (64, 48))
        # where TIFF 6.0 says that row 0 and column 0 are to be seen
        x, y = {1: (0, 0), 2: (1, 0), 3: (1, 1), 4: (0, 1), 5: (0, 0), 6: (1, 0), 7: (1, 1), 8: (0, 1)}[held]
        red, green, _ = seen.getpixel(((seen.width - 9) * x + 4, (seen.height - 9) * y + 4))
        assert green + 50 < red


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("size", [(4000, 1000), (1000, 4000), (1601, 1), (320, 200)])
def test_it_is_as_large_as_needed_and_keeps_its_shape(kind: str, size: tuple[int, int]) -> None:
    with Image.open(io.BytesIO(redraw(pictured(kind, size)))) as seen:
        factor = min(1.0, LONGEST_SIDE / max(size))
        assert seen.size == tuple(max(1, round(side * factor)) for side in size)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "L", "1", "CMYK", "I;16"])
def test_every_kind_of_pixels_becomes_plain_ones_and_what_is_seen_through_becomes_white(mode: str) -> None:
    out = io.BytesIO()
    clear = mode in ("RGBA", "LA")
    Image.new(mode, (20, 20), 0).save(out, "JPEG" if mode == "CMYK" else "PNG")
    with Image.open(io.BytesIO(redraw(out.getvalue()))) as seen:
        assert (seen.mode, seen.size) == ("RGB", (20, 20))
        assert not clear or min(seen.getpixel((10, 10))) > 250


def refused(picture: bytes) -> str:
    with pytest.raises(errors.Invalid) as refusal:
        redraw(picture)
    (fault,) = refusal.value.data["faults"]
    assert fault["field"] == "photo"
    return str(fault["en"])


def _png(width: int, height: int) -> bytes:
    """A PNG that says it is that large; a few bytes hold any number of black pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(bytes(1000))), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def test_a_bomb_is_refused_by_what_its_head_says() -> None:
    side = int(MOST_PIXELS**0.5) + 1
    assert "too many pixels" in refused(_png(side, side))
    assert refused(_png(2**31 - 1, 2**31 - 1))
    for kind in FORMATS:
        assert "too many pixels" in refused(pictured(kind, (side, side))), kind
    whole = b"RIFF\0\0\0\0WEBP"
    for head in (
        whole + b"VP8X" + bytes(8) + b"\xff\xff\xff" * 2,
        whole + b"VP8L" + bytes(4) + b"\x2f" + b"\xff" * 4,
        whole + b"VP8 " + bytes(10) + b"\xff\x3f\xff\x3f",
    ):
        width, height = webp_size(head)
        assert width * height > MOST_PIXELS
        assert "too many pixels" in refused(head)


@pytest.mark.parametrize("lossless", [True, False])
@pytest.mark.parametrize("size", [(1, 1), (321, 200), (4000, 33)])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_the_size_of_a_webp_is_read_as_its_decoder_reads_it(size: tuple[int, int], mode: str, lossless) -> None:
    assert webp_size(pictured("WEBP", size, mode, lossless=lossless)) == size


def test_a_jpeg_of_very_many_scans_is_refused_and_a_usual_progressive_one_is_not() -> None:
    progressive = pictured("JPEG", (320, 200), progressive=True)
    assert redraw(progressive)
    scan = progressive.index(b"\xff\xda")
    assert "can be read" in refused(progressive[:scan] + progressive[scan:-2] * MOST_SCANS + b"\xff\xd9")


@pytest.mark.parametrize("kind", FORMATS)
def test_what_is_cut_off_or_no_picture_is_refused(kind: str) -> None:
    whole = pictured(kind, (300, 200))
    for cut in (0, 1, 12, 40, len(whole) // 2):
        assert refused(whole[:cut])
    gif = io.BytesIO()
    Image.new("L", (9, 9)).save(gif, "GIF")
    for other in (b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"\xff\xd8", gif.getvalue(), b"%PDF-1.7"):
        assert refused(other)


@given(seed=st.integers(0, 2**32), kind=st.sampled_from(FORMATS), times=st.integers(1, 40))
def test_however_a_picture_is_damaged_it_is_drawn_or_refused(seed: int, kind: str, times: int) -> None:
    picture, chance = bytearray(pictured(kind, exif=told_by_a_camera(6).tobytes())), random.Random(seed)
    for _ in range(times):
        picture[chance.randrange(len(picture))] = chance.randrange(256)
    try:
        kept = redraw(bytes(picture))
    except errors.Invalid:
        return
    assert set(segments(kept)) <= {0xE0, 0xDB, 0xC0, 0xC4, 0xDA}


async def test_it_is_drawn_beside_the_loop_as_it_is_within_it() -> None:
    sent = pictured("PNG", (2000, 900))
    assert await drawn(sent) == redraw(sent)
