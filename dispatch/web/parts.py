"""A form with files, part by part: of one that holds too much, what was typed is known all the same."""

from tempfile import SpooledTemporaryFile
from typing import Any

from aiohttp import BodyPartReader, web
from multidict import MultiDict, MultiDictProxy

from dispatch.http.endpoints import garbled

READ_ON = 64 * 2**20
"""How many bytes beyond its limit a form may have, and still be read to its end: photos as a camera makes them.

They are thrown away as they come. It is for the browser, which shows no answer before it has sent everything, and for
what is typed in the fields that follow.
"""

_MOST_PARTS = 1_000
_IN_MEMORY = 2**20
_CHUNK = 2**16


async def read(request: web.Request, most: int) -> tuple[MultiDictProxy[Any], bool]:
    """Return the fields and files of a form, and whether that is all of it.

    Args:
        request: the request that brings it.
        most: how many bytes its files may have together; its fields may have as many as any other body.

    Raises:
        BrokenBody: it has parts that no browser sends.
        ValueError, LookupError, RuntimeError, AssertionError, EOFError, RequestPayloadError: it is not what it says.
    """
    found: MultiDict[Any] = MultiDict()
    room = {True: most, False: request.client_max_size}
    parts = await request.multipart()
    async for part in parts:
        if not isinstance(part, BodyPartReader) or part.name is None or len(found) == _MOST_PARTS:
            raise garbled()
        is_file = bool(part.filename)
        kept: SpooledTemporaryFile[bytes] = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - who reads it closes it
        while chunk := await part.read_chunk(_CHUNK):
            if request.content.total_bytes > most + READ_ON:
                return MultiDictProxy(found), False
            async for data in part.decode_iter(chunk):
                room[is_file] -= len(data)
                if room[is_file] >= 0:
                    kept.write(data)
        kept.seek(0)
        kind = part.headers.get("Content-Type", "application/octet-stream" if is_file else "text/plain")
        if is_file:
            found.add(part.name, web.FileField(part.name, part.filename or "", kept, kind, part.headers))
        elif kind.startswith("text/"):
            found.add(part.name, kept.read().decode(part.get_charset(default="utf-8")))
    return MultiDictProxy(found), min(room.values()) >= 0
