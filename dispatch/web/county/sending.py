"""Forms with files of several megabytes, read off the loop, for the administrators' pages."""

import asyncio
import base64
from collections.abc import Mapping

from aiohttp import web

from dispatch.domain import errors
from dispatch.domain.errors import Refusal
from dispatch.web import bodies
from dispatch.web.visit import Faults, Visit

AROUND = 2**16
"""What a form writes around its files, in bytes, and what else is typed in it."""


async def with_files(visit: Visit, name: str, most: int, command: str) -> tuple[Mapping[str, str], list[web.FileField]]:
    """Return the fields of a form, and the files that came under a name.

    Whoever may not send them is to be refused before.

    Args:
        visit: with the form.
        name: of the field with the files.
        most: how large the files may be together, in bytes.
        command: what takes larger ones.

    Raises:
        Invalid: it is too large; a fault of the field ``files``.
        NoRoom: the disk on which files are put meanwhile is full.
        BrokenBody, BodyTooSlow, Unavailable: as for a picture that is sent to the API.
    """
    try:
        posted = await bodies.posted(visit.request, most + AROUND)
    except web.HTTPRequestEntityTooLarge as large:
        size = f"{most // 2**20} MB" if most >= 2**20 else f"{most // 2**10} KB"
        zh = f"文件合计超过 {size}；请用命令行 {command}"
        en = f"together more than {size}; bring them in by {command}"
        raise errors.Invalid(errors.fault("files", zh, en)) from large
    return bodies.fields(posted), bodies.files(posted, name)


async def encoded(file: web.FileField) -> str:
    """Return a file's content in Base64."""
    return await asyncio.to_thread(lambda: base64.b64encode(file.file.read()).decode())


async def text(file: web.FileField) -> str:
    """Return a file's text.

    Raises:
        Invalid: it is no UTF-8; a fault of the field ``files``.
    """
    raw = await asyncio.to_thread(file.file.read)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        zh = "不是 UTF-8 文本；在表格软件里请另存为“CSV UTF-8”"
        en = "this is no UTF-8 text; save it as “CSV UTF-8”"
        raise errors.Invalid(errors.fault("files", zh, en)) from error


def rows_of(refusal: Refusal, lang: str) -> list[tuple[str, str]]:
    """Return every fault of a refusal as (field, text), also several of one field, which ``Faults`` keeps one of."""
    if not isinstance(refusal, errors.Invalid):
        return []
    return [(one["field"], one[lang]) for one in refusal.data["faults"]]


def only_text(faults: Faults) -> Faults:
    """Return the sentence of a refusal alone, where a table beside it lists what is wrong."""
    return Faults(faults.text, {}, faults.status)
