"""The service worker: what a phone keeps so that one can file without a network."""

import hashlib

from aiohttp import web

from dispatch.web import looks, statics
from dispatch.web.door import Page
from dispatch.web.visit import HEADERS, Visit

KEPT = ("built/weui.css", "app.css", "icon.svg", "drafts.js", "waiting.js", "photos.js", "filing.js")
"""The files that the pages for filing need."""


FOR_ALL = "X-For-All"
"""The header by which the service worker asks for a page as everybody sees it, and by which it knows one."""


def for_all(visit: Visit) -> bool:
    """Tell whether a page is asked for to be stored on a phone."""
    return FOR_ALL in visit.request.headers


def storable(response: web.Response) -> web.Response:
    """Return a page that says nothing of whoever holds the phone, marked as that."""
    response.headers[FOR_ALL] = "1"
    return response


async def worker(visit: Visit) -> web.Response:
    """Serve the service worker's script; another version of any file makes another script, and so a fresh store."""
    shell = ["/", "/offline", *map(statics.address, KEPT)]
    tag = hashlib.sha256("".join(shell).encode()).hexdigest()[:12]
    text = looks.render("sw.js", "zh", visit.now, shell=shell, tag=tag, header=FOR_ALL)
    headers = {**HEADERS, "Cache-Control": "no-cache"}
    return web.Response(text=text, content_type="text/javascript", charset="utf-8", headers=headers)


async def offline(visit: Visit) -> web.Response:
    """Show what a phone shows where a page can't be had."""
    return visit.page("resident/offline.html")


PAGES = (Page("GET", "/sw.js", worker), Page("GET", "/offline", offline))
