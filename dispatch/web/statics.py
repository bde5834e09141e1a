"""Style sheets, scripts and pictures: read and compressed once, kept by browsers for as long as they stay the same."""

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import PurePosixPath

from aiohttp import web

KINDS = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
    ".png": "image/png",
}
"""What is served, by the end of its name; nothing else is."""

KEPT = "public, max-age=31536000, immutable"
"""An address carries the hash of what it leads to, so nobody need ask for it again."""

LEAST_TO_COMPRESS = 200
"""Smaller files are sent as they are, in bytes."""


@dataclass(frozen=True, slots=True)
class Static:
    """A file that is served: its kind, its bytes as they are and compressed, and a hash of them."""

    kind: str
    body: bytes
    packed: bytes | None
    tag: str


@cache
def all_files() -> dict[str, Static]:
    """Return every file by its name below the folder of static files."""
    root = files("dispatch.web").joinpath("static")
    found: dict[str, Static] = {}
    for folder, prefix in ((root, ""), (root.joinpath("built"), "built/")):
        for file in sorted(folder.iterdir(), key=lambda one: one.name):
            kind = KINDS.get(PurePosixPath(file.name).suffix)
            if file.is_file() and kind is not None:
                found[prefix + file.name] = _read(file.read_bytes(), kind)
    return found


def _read(body: bytes, kind: str) -> Static:
    worth_it = kind != "image/png" and len(body) >= LEAST_TO_COMPRESS
    packed = gzip.compress(body, 9, mtime=0) if worth_it else None
    return Static(kind, body, packed, hashlib.sha256(body).hexdigest()[:12])


def address(name: str) -> str:
    """Return the address of a static file, or raise KeyError where there is none of that name."""
    return f"/static/{name}?{all_files()[name].tag}"


async def serve(request: web.Request) -> web.Response:
    """Serve a static file."""
    static = all_files().get(request.match_info["name"])
    if static is None:
        raise web.HTTPNotFound
    headers = {"Vary": "Accept-Encoding", "ETag": f'"{static.tag}"'}
    headers["Cache-Control"] = KEPT if request.query_string == static.tag else "no-cache"
    if static.tag in {known.value for known in request.if_none_match or ()}:
        return web.Response(status=304, headers=headers)
    body = static.body
    if static.packed is not None and "gzip" in request.headers.get("Accept-Encoding", ""):
        body, headers["Content-Encoding"] = static.packed, "gzip"
    charset = "utf-8" if static.kind.startswith("text/") else None
    return web.Response(body=body, content_type=static.kind, charset=charset, headers=headers)
