"""A form with files, part by part: of one that holds too much, what was typed is known all the same."""

import asyncio
import contextlib
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import Any

from aiohttp import BodyPartReader, web
from multidict import CIMultiDict, CIMultiDictProxy, MultiDict, MultiDictProxy

from dispatch.http.endpoints import garbled

READ_ON = 64 * 2**20
"""How many bytes beyond its limit a form may have, and still be read to its end: photos as a camera makes them.

They are thrown away as they come. It is for the browser, which shows no answer before it has sent everything, and for
what is typed in the fields that follow.
"""

_MOST_PARTS = 200
_IN_MEMORY = 2**20
_CHUNK = 2**16


@dataclass(frozen=True, slots=True)
class Read:
    """What was read of a form.

    Attributes:
        form: its fields and files, without those that did not fit.
        too_long: the names of the fields that did not.
        files_fit: whether all of its files did, and it was read to its end.
    """

    form: MultiDictProxy[Any]
    too_long: frozenset[str]
    files_fit: bool


async def read(request: web.Request, most: int) -> Read:
    """Return the fields and files of a form.

    Args:
        request: the request that brings it.
        most: how many bytes its files may have together; its fields may have as many as any other body.

    Raises:
        BrokenBody: it has parts that no browser sends.
        ValueError, LookupError, RuntimeError, AssertionError, EOFError, RequestPayloadError: it is not what it says.
    """
    found: MultiDict[Any] = MultiDict()
    room = {True: most, False: request.client_max_size}
    too_long, files_fit, count = set[str](), True, 0
    parts = await request.multipart()
    with contextlib.ExitStack() as on_failure:
        async for part in parts:
            count += 1
            if not isinstance(part, BodyPartReader) or part.name is None or count > _MOST_PARTS:
                raise garbled()
            is_file = bool(part.filename)
            kept: SpooledTemporaryFile[bytes] = on_failure.enter_context(SpooledTemporaryFile(_IN_MEMORY))
            size = 0
            # the form's own bytes, since what stands between the parts and at their heads is of no part's size
            while request.content.total_bytes <= most + READ_ON and (chunk := await part.read_chunk(_CHUNK)):
                async for data in part.decode_iter(chunk):
                    size += len(data)
                    if size <= room[is_file]:
                        # what is large goes to the disk, for which nobody else is to wait
                        await asyncio.to_thread(kept.write, data) if is_file else kept.write(data)
            if request.content.total_bytes > most + READ_ON:
                files_fit = False
                break
            if size > room[is_file]:
                files_fit = files_fit and not is_file
                too_long |= set() if is_file else {part.name}
                continue
            room[is_file] -= size
            kept.seek(0)
            kind = part.headers.get("Content-Type", "application/octet-stream" if is_file else "text/plain")
            if is_file:
                head = CIMultiDictProxy(CIMultiDict({"Content-Type": kind}))
                found.add(part.name, web.FileField(part.name, part.filename or "", kept, kind, head))
            elif kind.startswith("text/"):
                found.add(part.name, kept.read().decode(part.get_charset(default="utf-8")))
        on_failure.pop_all()  # who was given the files closes them
    return Read(MultiDictProxy(found), frozenset(too_long), files_fit)
