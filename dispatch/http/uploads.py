"""A picture as it arrives: as it is, or as the only file of a form; no more of it is read than is taken."""

import asyncio
import contextlib
from collections.abc import Iterator

from aiohttp import BodyPartReader, web

from dispatch.domain import errors
from dispatch.domain.photos import MOST_BYTES
from dispatch.http.endpoints import SERVICE, garbled
from dispatch.settings import Settings

KINDS = frozenset({"image/jpeg", "image/png", "image/webp"})
FORM = "multipart/form-data"

SLOWLY = 8
"""A picture may take so many times as long as other bodies: two minutes, for a good photo at 50 kbit/s."""

MOST_AT_ONCE = 32
"""How many pictures arrive at once in a process: together they are 64 MB at most."""

BUSY_S = 5
"""After how long somebody is asked to try again where as many arrive."""

_CHUNK = 64 * 1024
_AROUND = 4096
"""What a form may write around its file, in bytes."""

_ARRIVING: web.AppKey[list[int]] = web.AppKey("arriving", list)


def prepare(app: web.Application) -> None:
    """Count what arrives."""
    app[_ARRIVING] = [0]


async def picture(request: web.Request) -> bytes:
    """Return the bytes of the picture in a request.

    Raises:
        WrongContentType: it is neither a picture of a kind that is taken nor a form.
        TooLarge, BodyTooSlow, BrokenBody: as their names say.
        Invalid: a form without a file, or with something beside it.
        Unavailable: too many arrive at this moment.
    """
    if request.content_type not in KINDS | {FORM}:
        raise errors.WrongContentType
    if (request.content_length or 0) > MOST_BYTES + _AROUND:
        raise errors.TooLarge(limit=MOST_BYTES)
    settings: Settings = request.app[SERVICE].settings
    try:
        with counted(request):
            async with asyncio.timeout(settings.body_seconds * SLOWLY):
                return await (_file(request) if request.content_type == FORM else _whole(request))
    except TimeoutError as late:
        raise errors.BodyTooSlow(limit=settings.body_seconds * SLOWLY) from late
    except (web.RequestPayloadError, ValueError, AssertionError, EOFError) as broken:
        raise garbled() from broken


@contextlib.contextmanager
def counted(request: web.Request) -> Iterator[None]:
    """Count a large body among those that arrive.

    Raises:
        Unavailable: too many arrive at this moment.
    """
    arriving = request.app[_ARRIVING]
    if arriving[0] >= MOST_AT_ONCE:
        raise errors.Unavailable(seconds=BUSY_S)
    arriving[0] += 1
    try:
        yield
    finally:
        arriving[0] -= 1


async def _whole(request: web.Request) -> bytes:
    read = bytearray()
    async for chunk in request.content.iter_chunked(_CHUNK):
        _add(read, chunk)
    return bytes(read)


async def _file(request: web.Request) -> bytes:
    """Return the only part of a form, which is a file."""
    form = await request.multipart()
    part = await form.next()
    if not isinstance(part, BodyPartReader) or part.filename is None:
        raise _one_file()
    read = bytearray()
    while chunk := await part.read_chunk(_CHUNK):
        _add(read, chunk)
    if await form.next() is not None:
        raise _one_file()
    return bytes(read)


def _add(read: bytearray, chunk: bytes) -> None:
    read += chunk
    if len(read) > MOST_BYTES:
        raise errors.TooLarge(limit=MOST_BYTES)


def _one_file() -> errors.Invalid:
    return errors.Invalid(errors.fault("photo", "请只上传一个照片文件", "send one file, the photo, and nothing else"))
