"""A county's files at a browser: checked first, kept for an hour, and then exactly those brought in.

What was checked is kept on this machine, not with the browser: a file chosen twice may be another one by then, and
nobody could tell.
"""

import asyncio
import base64
import binascii
import copy
import zipfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Any

from dispatch.domain import errors
from dispatch.domain.county_acts import Entry, Subject
from dispatch.domain.county_faults import WHOLE_SHEET, Fault, quoted
from dispatch.domain.county_sheets import Sheet
from dispatch.domain.order import Actor
from dispatch.storage.database import Database
from dispatch.usecases.checked_files import KEPT, Kept, Sent
from dispatch.usecases.import_county import Report, import_county
from dispatch.usecases.policy import must_administer_all
from dispatch.usecases.service import Service

MOST_FILES = 40
MOST_BYTES = 16 * 2**20
"""The most that is taken this way; a province's files come by the command line."""

MOST_UNPACKED = 128 * 2**20
"""The most an archive may hold once it is unpacked, in bytes."""

SHOWN = 1_000
"""So many faults are told at once; the first ones mended, the others are fewer."""

_NAME_MOST = 100


async def check(service: Service, actor: Actor, files: Sequence[tuple[str, str]], now: datetime) -> dict[str, Any]:
    """Check files, given as names and Base64, as an import would; keep them for an hour, and return what it would do.

    Raises:
        NotYours: the actor is no administrator of the whole county.
        Invalid: a file is in no form that is read.
        NoRoom: the disk is full; nothing was changed.
        Unavailable: somebody else's files are under way.
    """
    must_administer_all(actor, service.world)
    sent = await asyncio.to_thread(lambda: [*_unpacked(_decoded(files))])
    kept = await asyncio.to_thread(Kept.of, sent, actor.person_id)

    async def work(database: Database) -> Report:
        with kept.written(sent) as own:
            report = await import_county(database, _source(own), dry_run=True)
            if report.refused:
                kept.drop()
            else:
                kept.keep(own)
            return report

    report = await service.apart.run(work)
    until = None if report.refused else (now + KEPT).isoformat()
    return {"id": None if report.refused else kept.ident, "kept_until": until, **_told(_as_sent(report, sent))}


async def bring_in(service: Service, actor: Actor, ident: str, now: datetime) -> dict[str, Any]:
    """Bring in what was checked under ``ident``, and return what it did; everything is checked once more.

    Raises:
        NotYours: the actor is no administrator of the whole county.
        Invalid: nothing is kept under that id, or not any more.
        NoRoom: the disk is full; nothing was changed.
        Unavailable: somebody else's files are under way.
    """
    must_administer_all(actor, service.world)
    kept = Kept(ident, actor.person_id)
    if not await asyncio.to_thread(kept.stands):
        raise _not_kept()
    root = service.world.tree.root.id

    def act(report: Report) -> Entry:
        return Entry(now, actor.person_id, Subject.IMPORT, root, _on_record(ident, report))

    async def work(database: Database) -> Report:
        with kept.opened() as own:
            if own is None:
                raise _not_kept()
            return await import_county(database, _source(own), act=act)

    report = await service.apart.run(work)
    await asyncio.to_thread(kept.drop)
    await service.reload()
    return {"id": None, "kept_until": None, **_told(report)}


def _as_sent(report: Report, sent: Iterable[Sent]) -> Report:
    """Tell faults of the files by the names that they were sent under, also where a sentence quotes the name."""
    names = {one.stored: one.name for one in sent if one.stored != one.name}
    faults = (_renamed(one, names[one.sheet]) if one.sheet in names else one for one in report.faults)
    return replace(report, faults=tuple(faults))


def _renamed(one: Fault, name: str) -> Fault:
    stored, shown = quoted(one.sheet), quoted(name)
    return replace(one, sheet=name, zh=one.zh.replace(stored, shown), en=one.en.replace(stored, shown))


def _not_kept() -> errors.Invalid:
    zh = "核对过的文件只保留一小时，或已经导入；请重新选择文件核对"
    return _wrong(zh, "checked files are kept for an hour, or were brought in already; choose and check them again")


def _on_record(ident: str, report: Report) -> dict[str, Any]:
    counts = {one.sheet.value: [one.inserted, one.updated] for one in report.counts if one.inserted or one.updated}
    return {"files": ident, "counts": counts}


def _told(report: Report) -> dict[str, Any]:
    return {
        "written": not report.dry_run and not report.refused and report.changed,
        "changed": report.changed,
        "renumbered": report.renumbered,
        "left_out": report.left_out,
        "counts": [
            {
                "sheet": one.sheet.value,
                "sheet_label": {"zh": one.sheet.zh, "en": one.sheet.en},
                "inserted": one.inserted,
                "updated": one.updated,
                "unchanged": one.unchanged,
            }
            for one in report.counts
        ],
        "faults_total": len(report.faults),
        "faults": [
            {
                "sheet": one.sheet,
                "sheet_label": _sheet(one.sheet),
                "row": None if one.row == WHOLE_SHEET else one.row,
                "reason": one.reason_key,
                "text": {"zh": one.zh, "en": one.en},
            }
            for one in report.faults[:SHOWN]
        ],
    }


def _sheet(name: str) -> Mapping[str, str]:
    """Return what a sheet is called; of a file that is none, its own name."""
    known = next((one for one in Sheet if one.value == name), None)
    return {"zh": name, "en": name} if known is None else {"zh": known.zh, "en": known.en}


def _decoded(files: Sequence[tuple[str, str]]) -> list[Sent]:
    found = []
    for name, content in files:
        try:
            found.append(Sent(_bare(name), base64.b64decode(content, validate=True)))
        except (binascii.Error, ValueError) as broken:
            raise _wrong("文件内容不是有效的 Base64", "a file's content is no valid Base64") from broken
    if sum(len(one.content) for one in found) > MOST_BYTES:
        most = MOST_BYTES // 2**20
        zh = f"文件合计超过 {most} MB；请用命令行 grid-dispatch import 导入"
        raise _wrong(zh, f"together more than {most} MB; bring them in by grid-dispatch import")
    return found


def _bare(name: str) -> str:
    """Return the last part of a file's name: no part of a path is taken from outside."""
    bare = PurePosixPath(name.replace("\\", "/")).name
    if not bare or len(bare) > _NAME_MOST or not bare.isprintable() or bare in {".", ".."}:
        raise _wrong("文件名无效", "a file's name is not right")
    return bare


def _unpacked(sent: Iterable[Sent]) -> Iterable[Sent]:
    """Yield the files themselves, those of archives among them."""
    names: set[str] = set()
    room = MOST_UNPACKED
    for one in sent:
        inside = [one]
        if one.name.lower().endswith(".zip"):
            inside = _archived(one, room)
            room -= sum(len(file.content) for file in inside)
        for file in inside:
            if file.name in names:
                raise _wrong(f"有两个文件都叫 {file.name}", f"two files are called {file.name}")
            names.add(file.name)
            yield file
    books = [name for name in names if name.lower().endswith(".xlsx")]
    if len(names) > MOST_FILES or (books and len(names) > 1):
        raise _wrong("请只选一个工作簿，或只选 CSV 文件", "choose one workbook, or CSV files alone")


_UNREADABLE = (
    zipfile.BadZipFile,  # no archive, or one cut short, or a file in it that is not what its checksum says
    zlib.error,  # what was deflated is damaged
    OSError,  # an offset that leads nowhere
    EOFError,  # what was packed breaks off
    NotImplementedError,  # zipfile's word for a version, or a kind of encryption, that it does not read
    RuntimeError,  # a password is wanted
    ValueError,  # a name in no such encoding as it says, or a file that would lie before the archive's beginning
)
"""How reading an archive fails that is damaged, or is of a kind that is not read."""


def _archived(one: Sent, room: int) -> list[Sent]:
    try:
        with zipfile.ZipFile(BytesIO(one.content)) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir() and _meant(entry.filename)]
            if len(entries) > MOST_FILES or sum(entry.file_size for entry in entries) > room:
                raise _wrong("压缩包里的文件太多或太大", "the archive holds too much")
            return [Sent(_bare(entry.filename), _bytes_of(archive, entry)) for entry in entries]
    except _UNREADABLE as broken:
        raise _wrong("压缩包无法打开", "the archive can't be opened") from broken


def _bytes_of(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """Unpack no more than the entry says it is, whatever it is: other ways of packing can't be stopped half way.

    A byte more is asked for: at as many as it says, the reader stops without a look at what follows, and for none it
    doesn't even look at the checksum.
    """
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise zipfile.BadZipFile("packed in a way that is not read here")
    longer = copy.copy(entry)
    longer.file_size += 1
    with archive.open(longer) as packed:
        content = packed.read(longer.file_size)
    if len(content) != entry.file_size:
        raise zipfile.BadZipFile
    return content


def _meant(name: str) -> bool:
    """Whether an entry of an archive is one of the files, and not what a system packs beside them."""
    return not name.startswith("__MACOSX/") and not PurePosixPath(name).name.startswith(".")


def _wrong(zh: str, en: str) -> errors.Invalid:
    return errors.Invalid(errors.fault("files", zh, en))


def _source(place: Path) -> Path:
    """Return the workbook among the files, or else the directory."""
    return next((file for file in place.iterdir() if file.suffix.lower() == ".xlsx"), place)
