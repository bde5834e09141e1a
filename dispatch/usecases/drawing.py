"""A picture drawn anew: smaller, upright, and without anything a camera or a program wrote into it.

What comes in is anybody's: its size is read off its head before memory is taken for it, and one is decoded at a time.
What goes out is pixels on a fresh canvas; nothing but these is carried over.
"""

import asyncio
import io
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from dispatch.domain import errors
from dispatch.domain.photos import MOST_PIXELS

if TYPE_CHECKING:
    from PIL.Image import Image

LONGEST_SIDE = 1600
"""How long the longer side is at most, in pixels: a house number stays legible."""

QUALITY = 80
FORMATS = ("JPEG", "PNG", "WEBP")

MOST_SCANS = 64
"""A progressive JPEG has about ten; each goes over the whole picture again, and thousands fit into one file."""

_ORIENTATION = 0x0112

_one_at_a_time = ThreadPoolExecutor(1, "pictures")
"""A picture takes up to 64 MB for each copy of it while it is drawn, so a process draws one and others wait."""


async def drawn(picture: bytes) -> bytes:
    """Return ``picture`` as a JPEG of at most 1600 pixels a side, off the event loop.

    Raises:
        Invalid: it is no JPEG, PNG or WebP, is broken, or has too many pixels; the field is ``photo``.
    """
    return await asyncio.get_running_loop().run_in_executor(_one_at_a_time, redraw, picture)


def redraw(picture: bytes) -> bytes:
    """Return ``picture`` as ``drawn`` does, at once."""
    _small_enough(*webp_size(picture))  # its decoder takes memory for all of it before anybody can ask its size
    if picture.startswith(b"\xff\xd8") and picture.count(b"\xff\xda") > MOST_SCANS:
        raise _unreadable()
    try:
        canvas = _canvas(picture)
    except errors.Invalid:
        raise
    except Exception as broken:  # decoders raise whatever a broken file leads them to
        raise _unreadable() from broken
    out = io.BytesIO()
    canvas.save(out, "JPEG", quality=QUALITY, optimize=True)
    return out.getvalue()


def _canvas(picture: bytes) -> "Image":
    """Return a fresh canvas with nothing but the pixels on it; what is see-through becomes white."""
    from PIL import Image as Images  # noqa: PLC0415 - heavy, and most processes never see a picture

    with Images.open(io.BytesIO(picture), formats=FORMATS) as found:
        _small_enough(*found.size)
        found.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # a JPEG is decoded no larger than is wanted
        found.load()
        mode = "RGBA" if found.has_transparency_data else "RGB"
        seen = found if found.mode == mode else found.convert(mode)
        seen.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Images.Resampling.BICUBIC)
        seen = _turned(seen, _held(found))
        canvas = Images.new("RGB", seen.size, "white")
        canvas.paste(seen, mask=seen if mode == "RGBA" else None)
    return canvas


def _held(picture: "Image") -> int:
    """Return how a camera says it was held; what it says beside that is not even looked at."""
    try:
        return int(picture.getexif().get(_ORIENTATION, 1))
    except Exception:  # noqa: BLE001 - broken notes on a whole picture
        return 1


def _turned(picture: "Image", held: int) -> "Image":
    from PIL.Image import Transpose  # noqa: PLC0415 - as above

    turns = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }
    return picture.transpose(turns[held]) if held in turns else picture


def webp_size(head: bytes) -> tuple[int, int]:
    """Return the (width, height) in pixels that the head of a WebP names; (0, 0) for anything else."""
    if head[:4] != b"RIFF" or head[8:12] != b"WEBP":
        return 0, 0
    match head[12:16]:
        case b"VP8X":
            return 1 + int.from_bytes(head[24:27], "little"), 1 + int.from_bytes(head[27:30], "little")
        case b"VP8L":
            bits = int.from_bytes(head[21:25], "little")
            return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
        case b"VP8 ":
            return int.from_bytes(head[26:28], "little") & 0x3FFF, int.from_bytes(head[28:30], "little") & 0x3FFF
    return 0, 0


def _small_enough(width: int, height: int) -> None:
    if width * height > MOST_PIXELS:
        raise errors.Invalid(
            errors.fault(
                "photo",
                f"照片的像素太多，最多 {MOST_PIXELS // 10_000} 万像素",
                f"the picture has too many pixels: {MOST_PIXELS // 1_000_000} million at most",
            )
        )


def _unreadable() -> errors.Invalid:
    return errors.Invalid(
        errors.fault(
            "photo", "不是能读取的 JPEG、PNG 或 WebP 照片", "this is no JPEG, PNG or WebP picture that can be read"
        )
    )
