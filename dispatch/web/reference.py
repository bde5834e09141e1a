"""The API's reference: a page made from the endpoint table, and the OpenAPI document."""

import hashlib
import re
import shlex
import tomllib
from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from http import HTTPStatus
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import orjson
from aiohttp import web

from dispatch import __version__
from dispatch.domain import lifecycle, vocabulary
from dispatch.http.endpoints import PICTURE
from dispatch.http.errors import STATUS
from dispatch.http.openapi import document
from dispatch.web import cookies, statics
from dispatch.web.visit import language

if TYPE_CHECKING:
    from jinja2 import Environment

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""No script at all; style and pictures from here only."""

_WEB = "dispatch.web"
_QUERY_CODE = "48291037"
_BASE = b"{base}"  # stands in the page that is kept, which is rendered once, where the asker's address belongs
_HOST = re.compile(r"(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")


def add_routes(app: web.Application) -> None:
    """Add the reference and the document it is made from."""
    app.router.add_get("/docs", _docs)
    app.router.add_get("/openapi.json", _fixed(_openapi, "application/json"))


async def _docs(request: web.Request) -> web.Response:
    body, tag = _docs_page(language(request))
    base = _base(request)
    return _unless_known(request, _html(body.replace(_BASE, base)), _tag(tag.encode() + base))


def _base(request: web.Request) -> bytes:
    """Return the address that the page was asked at: it is pasted into a shell, so nothing but an address will do."""
    if not _HOST.fullmatch(request.host):
        return "…".encode()
    return f"{'https' if cookies.by_tls(request) else 'http'}://{request.host}".encode()


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


@cache
def _openapi() -> bytes:
    return orjson.dumps(document())


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415 - many processes show no page

    found = Environment(
        loader=PackageLoader(_WEB), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    found.filters["pretty"] = _pretty
    found.globals["static"] = statics.address
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
        base=_BASE.decode(),
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
    if "file" in example:
        headers["Content-Type"] = PICTURE
    parts.extend(f"-H {shlex.quote(f'{name}: {value}')}" for name, value in headers.items())
    if "body" in example:
        parts.append(f"-d {shlex.quote(_pretty(example['body']))}")
    if "file" in example:
        parts.append(f"--data-binary @{example['file']}")
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
