"""The form that a request brings: read whole in a limited time, or refused."""

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Any

from aiohttp import http_exceptions, web
from multidict import MultiDictProxy

from dispatch.domain import errors
from dispatch.http import uploads
from dispatch.http.endpoints import SERVICE, garbled
from dispatch.usecases.checked_files import room
from dispatch.web import parts

VERBATIM = frozenset({"password"})
"""Fields that are taken as they are typed, spaces and all."""

BROKEN = (
    web.RequestPayloadError,
    web.HTTPBadRequest,
    http_exceptions.HttpProcessingError,
    ValueError,  # no boundary, a part without a name, a form within a form, bytes that are no text
    LookupError,  # an unknown charset
    RuntimeError,  # an unknown encoding
    AssertionError,
    EOFError,
)
"""How reading a form fails where it is not what it says."""


class TooMuch(web.HTTPRequestEntityTooLarge):
    """A form with files holds too much.

    Attributes:
        typed: its fields, as far as it was read, without those that are too long.
        too_long: the names of these; where there are none, it is the files.
    """

    def __init__(self, most: int, read: parts.Read) -> None:
        super().__init__(most)
        self.typed = fields(read.form)
        self.too_long = read.too_long


async def posted(request: web.Request, most: int | None = None) -> MultiDictProxy[Any]:
    """Return the fields and files of a form.

    Args:
        request: the request that brings it.
        most: how many bytes it may hold where files come with it; without, as many as any other body.

    Raises:
        HTTPRequestEntityTooLarge: it holds more; TooMuch where files may come with it.
        BodyTooSlow, BrokenBody: as their names say.
        NoRoom: the disk on which files are put meanwhile is full.
        Unavailable: too many with files arrive at this moment.
    """
    settings = request.app[SERVICE].settings
    seconds = settings.body_seconds * (1 if most is None else uploads.SLOWLY)
    small = most is None or (request.content_length or most) <= settings.body_limit
    try:
        with contextlib.nullcontext() if small else uploads.counted(request):
            async with asyncio.timeout(seconds):
                with room():
                    if most is None or request.content_type != "multipart/form-data":
                        read = parts.Read(await request.post(), frozenset(), files_fit=True)
                    else:
                        read = await parts.read(request, most)
        for name, value in read.form.items():
            name.encode()  # halves of letters can be neither stored nor shown again
            if isinstance(value, str):
                value.encode()
    except TimeoutError as late:
        raise errors.BodyTooSlow(limit=seconds) from late
    except BROKEN as broken:
        raise garbled() from broken
    if most is not None and (read.too_long or not read.files_fit):
        raise TooMuch(most, read)
    return read.form


def fields(posted: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the fields of a form without its files and, but for passwords, without spaces around."""
    texts = {name: value for name, value in posted.items() if isinstance(value, str)}
    return {name: value if name in VERBATIM else value.strip() for name, value in texts.items()}


def files(posted: MultiDictProxy[Any], name: str) -> list[web.FileField]:
    """Return the files of a form that came under a name; a field in which none was chosen has none."""
    return [file for file in posted.getall(name, []) if isinstance(file, web.FileField) and file.filename]
