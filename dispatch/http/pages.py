"""Pages that the web service itself serves: the home page, the API's documentation, and the OpenAPI document."""

import hashlib
import shlex
import tomllib
from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from http import HTTPStatus
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined

from dispatch import __version__
from dispatch.domain import lifecycle, vocabulary
from dispatch.http.endpoints import SERVICE
from dispatch.http.errors import STATUS, Handler
from dispatch.http.openapi import document
from dispatch.usecases.service import Service

SHANGHAI = ZoneInfo("Asia/Shanghai")

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""No script at all; style and pictures from here only."""

_WEB = "dispatch.web"
_STATIC = {"style.css": "text/css", "icon.svg": "image/svg+xml"}
_QUERY_CODE = "48291037"


def add_routes(app: web.Application) -> None:
    """Add the pages, and an HTML answer for browsers that come to an address where nothing is."""
    app.router.add_get("/", _home)
    app.router.add_get("/docs", _docs)
    app.router.add_get("/openapi.json", _fixed(_openapi, "application/json"))
    for name, kind in _STATIC.items():
        app.router.add_get(f"/static/{name}", _fixed(_static(name), kind))
    app.middlewares.append(lost)


@web.middleware
async def lost(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer a wrong address in HTML where a browser asks; programs, and everything below /api, get problem+json."""
    try:
        return await handler(request)
    except web.HTTPNotFound:
        if request.path.startswith("/api/") or "text/html" not in request.headers.get("Accept", ""):
            raise
        return _html(_render("lost.html", _language(request), "/"), HTTPStatus.NOT_FOUND)


def _language(request: web.Request) -> str:
    # pages are Chinese unless their own switch was used, so that a link shows everybody the same page
    return "en" if request.query.get("lang") == "en" else "zh"


async def _home(request: web.Request) -> web.Response:
    service = request.app[SERVICE]
    text = _render(
        "home.html",
        _language(request),
        "/",
        county=_county(service),
        clock=service.clock,
        now=service.now().astimezone(SHANGHAI),
    )
    return _html(text)


def _county(service: Service) -> str | None:
    if not service.has_county:
        return None
    return service.world.tree.root.name


async def _docs(request: web.Request) -> web.Response:
    body, tag = _docs_page(_language(request))
    response = _html(body)
    return _unless_known(request, response, tag)


def _fixed(content: Callable[[], bytes], kind: str) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def serve(request: web.Request) -> web.Response:
        body = content()
        response = web.Response(body=body, content_type=kind, charset="utf-8" if kind.startswith("text/") else None)
        return _unless_known(request, response, _tag(body))

    return serve


def _unless_known(request: web.Request, response: web.Response, tag: str) -> web.Response:
    """Return the response, or 304 where the client holds it already."""
    held = request.if_none_match or ()
    if any(known.value in ("*", tag) for known in held):
        response = web.Response(status=HTTPStatus.NOT_MODIFIED)
    response.etag = tag
    response.headers["Cache-Control"] = "no-cache"  # kept, but asked for again each time: a deployment changes it
    return response


def _tag(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:16]


def _html(body: bytes, status: int = HTTPStatus.OK) -> web.Response:
    headers = {"Content-Security-Policy": CONTENT_SECURITY_POLICY, "Referrer-Policy": "no-referrer"}
    return web.Response(body=body, status=status, content_type="text/html", charset="utf-8", headers=headers)


def _static(name: str) -> Callable[[], bytes]:
    body = files(_WEB).joinpath("static", name).read_bytes()
    return lambda: body


@cache
def _openapi() -> bytes:
    return orjson.dumps(document())


@cache
def _environment() -> Environment:
    found = Environment(
        loader=PackageLoader(_WEB), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    found.filters["pretty"] = _pretty
    return found


def _render(template: str, lang: str, path: str, **values: Any) -> bytes:
    def t(zh: str, en: str) -> str:
        return en if lang == "en" else zh

    page = _environment().get_template(template)
    return page.render(t=t, lang=lang, path=path, release=__version__, **values).encode()


def _pretty(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()


@cache
def _docs_page(lang: str) -> tuple[bytes, str]:
    glossary = tomllib.loads(files(_WEB).joinpath("glossary.toml").read_text("utf-8"))
    body = _render(
        "docs.html",
        lang,
        "/docs",
        document=document(),
        operations=_operations(),
        glossary=glossary,
        problems=[*_refusals(lang, glossary["problems"]), *_other_problems(lang, glossary["others"])],
        inputs=_inputs(),
        lives=_lives(),
        answers=lifecycle.SYSTEM_ANSWER,
        words=_words(document()["components"]["schemas"]),
    )
    return body, _tag(body)


def _operations() -> list[dict[str, Any]]:
    """The operations of the document, each with its path, its method, and its example."""
    examples = orjson.loads(files(_WEB).joinpath("examples.json").read_bytes())
    found = []
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            zh, _, en = operation["summary"].partition(" / ")
            example = examples[operation["operationId"]]
            found.append(
                {
                    "path": path,
                    "method": method.upper(),
                    "summary": {"zh": zh, "en": en},
                    "ways": sorted("+".join(way) for way in operation.get("security", ())),
                    "curl": _curl(path, method.upper(), operation, example),
                    "example": example,
                    "operation": operation,
                }
            )
    return found


def _curl(path: str, method: str, operation: Mapping[str, Any], example: Mapping[str, Any]) -> str:
    """Return the example's request as a command line; ``$BASE`` and ``$TOKEN`` are the reader's."""
    for name, value in example.get("path", {}).items():
        path = path.replace(f"{{{name}}}", value)
    query = f"?{example['query']}" if "query" in example else ""
    ways = [set(way) for way in operation.get("security", ())]
    headers = dict(example.get("headers", {}))
    if {"queryCode"} in ways and method == "GET":
        headers["X-Query-Code"] = _QUERY_CODE
    parts = [f'curl{"" if method == "GET" else f" -X {method}"} "$BASE{path}{query}"']
    if ways and "X-Query-Code" not in headers and set() not in ways:
        parts.append('-H "Authorization: Bearer $TOKEN"')
    if "body" in example:
        headers["Content-Type"] = "application/json"
    parts.extend(f"-H {shlex.quote(f'{name}: {value}')}" for name, value in headers.items())
    if "body" in example:
        parts.append(f"-d {shlex.quote(_pretty(example['body']))}")
    return " \\\n  ".join(parts)


def _refusals(lang: str, advice: Mapping[str, Mapping[str, str]]) -> list[dict[str, Any]]:
    return [
        {
            "code": refusal.code,
            "status": int(status),
            "means": (refusal.en if lang == "en" else refusal.zh).format_map(_Blanks()),
            "do": advice[refusal.code][lang],
        }
        for refusal, status in STATUS.items()
    ]


def _other_problems(lang: str, others: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"code": code, "status": one["status"], "means": one["means"][lang], "do": one["do"][lang]}
        for code, one in others.items()
    ]


class _Blanks(dict[str, str]):
    """Stands where a refusal's sentence has its particulars."""

    def __missing__(self, key: str) -> str:
        return "…"


def _lives() -> list[tuple[lifecycle.Row, list[vocabulary.State]]]:
    """The rows of the lifecycle; those that differ only in where they start stand together, with all their starts."""
    found: dict[object, tuple[lifecycle.Row, list[vocabulary.State]]] = {}
    for row in lifecycle.TABLE:
        stays = row.to_state is row.from_state
        key = (row.action, row.parties, stays or row.to_state, row.starts, row.stops, row.at_once)
        found.setdefault(key, (row, []))[1].append(row.from_state)
    return list(found.values())


def _inputs() -> set[str]:
    """The names of the schemas that clients send, with those within them."""
    schemas = document()["components"]["schemas"]
    found: set[str] = set()
    new = {name for one in _operations() for name in _named(one["operation"].get("requestBody"))}
    while new:
        found |= new
        new = {name for inside in new for name in _named(schemas[inside])} - found
    return found


def _named(node: Any) -> set[str]:
    """The schemas that a part of the document refers to."""
    if isinstance(node, dict):
        own = {node["$ref"].rsplit("/", 1)[1]} if "$ref" in node else set()
        return own.union(*map(_named, node.values()))
    return set().union(*map(_named, node)) if isinstance(node, list) else set()


def _words(schemas: Mapping[str, Any]) -> dict[str, type[vocabulary.Word]]:
    """The terms behind the schemas that list some, for their labels."""
    return {term.__name__: term for term in vocabulary.Word.__subclasses__() if term.__name__ in schemas}
