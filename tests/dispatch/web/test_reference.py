"""The API's reference over real HTTP: what it says, in which language, and that it needs no script."""

import re
import tomllib
from collections.abc import AsyncIterator
from dataclasses import replace
from html.parser import HTMLParser
from importlib.resources import files
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from dispatch.domain import lifecycle
from dispatch.domain.errors import Refusal
from dispatch.domain.vocabulary import Word
from dispatch.http.errors import _TITLES
from dispatch.http.openapi import document
from dispatch.settings import Settings
from dispatch.usecases.service import Service
from dispatch.web.app import create_app
from dispatch.web.reference import _lives

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
GLOSSARY: dict[str, Any] = tomllib.loads(files("dispatch.web").joinpath("glossary.toml").read_text("utf-8"))
LANGUAGES = ("zh", "en")


class Page(HTMLParser):
    """A page as a reader meets it: its text, its ids, its links, its elements and their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.elements: set[str] = set()
        self.attributes: set[str] = set()
        self.lang = ""
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.elements.add(tag)
        self.attributes.update(given)
        if tag == "html":
            self.lang = given["lang"] or ""
        if "id" in given:
            self.ids.append(given["id"] or "")
        for name in ("href", "src"):
            if name in given:
                self.links.append(given[name] or "")

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", "".join(self.words))


@pytest.fixture
async def service(database_url: str) -> AsyncIterator[Service]:
    """The service without a county."""
    opened = await Service.open(Settings(), database_url)
    yield opened
    await opened.close()


@pytest.fixture
async def client(service: Service) -> AsyncIterator[TestClient]:
    async with TestClient(TestServer(create_app(service))) as opened:
        yield opened


async def page(client: TestClient, path: str, *, status: int = 200) -> Page:
    async with client.get(path, headers=BROWSER) as answer:
        assert answer.status == status
        assert answer.content_type == "text/html"
        return Page(await answer.text())


def refusals() -> list[type[Refusal]]:
    return Refusal.__subclasses__()


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_the_documentation_names_every_path_every_schema_and_every_problem(client: TestClient, lang: str):
    shown = await page(client, f"/docs?lang={lang}")
    for path, methods in document()["paths"].items():
        assert path in shown.text
        for operation in methods.values():
            assert operation["operationId"] in shown.ids
    for name in document()["components"]["schemas"]:
        assert f"schema-{name}" in shown.ids
    for refusal in refusals():
        assert f"problem-{refusal.code}" in shown.ids
    for code, _, _ in _TITLES.values():
        assert f"problem-{code}" in shown.ids
    assert {"problem-internal", "problem-http_error"} <= set(shown.ids)


@pytest.mark.parametrize("path", ["/docs", "/docs?lang=en"])
async def test_no_page_needs_a_script_or_says_anything_twice(client: TestClient, path: str):
    shown = await page(client, path, status=404 if path == "/nowhere" else 200)
    assert not shown.elements & {"script", "style", "iframe", "object", "embed"}
    assert "style" not in shown.attributes
    assert not [name for name in shown.attributes if name.startswith("on")]
    assert len(set(shown.ids)) == len(shown.ids)
    assert not [link for link in shown.links if link.startswith(("http:", "https:", "//", "javascript:", "data:"))]


@pytest.mark.parametrize("path", ["/docs", "/docs?lang=en"])
async def test_every_link_leads_somewhere(client: TestClient, path: str):
    shown = await page(client, path, status=404 if path == "/nowhere" else 200)
    pages: dict[str, Page] = {"": shown}
    for link in set(shown.links):
        if link.startswith("tel:"):
            continue
        target, _, anchor = link.partition("#")
        if target not in pages:
            async with client.get(target) as answer:
                assert answer.status == 200, link
                pages[target] = Page(await answer.text() if answer.content_type == "text/html" else "")
        assert not anchor or anchor in pages[target].ids, link


async def test_a_problem_points_to_its_own_explanation(client: TestClient):
    shown = await page(client, "/docs")
    async with client.get("/api/v1/me") as answer:
        kind = (await answer.json())["type"]
    assert kind.startswith("/docs#")
    assert kind.partition("#")[2] in shown.ids


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_the_documentation_shows_the_whole_lifecycle(client: TestClient, lang: str):
    text = (await page(client, f"/docs?lang={lang}")).text
    text = text[text.rindex("/api/v1/lifecycle") :]
    for row in lifecycle.TABLE:
        for word in (row.from_state, row.action, row.to_state):
            assert f"{getattr(word, lang)} {word.value}" in text


def test_rows_that_stand_together_in_the_documentation_are_those_of_the_lifecycle():
    told = {
        replace(row, from_state=state, to_state=state if row.to_state is row.from_state else row.to_state)
        for row, states in _lives()
        for state in states
    }
    assert told == set(lifecycle.TABLE)


@pytest.mark.parametrize("path", ["/docs"])
async def test_pages_are_chinese_first_and_english_by_their_switch(client: TestClient, path: str):
    status = 404 if path == "/nowhere" else 200
    chinese = await page(client, path, status=status)
    assert chinese.lang == "zh-CN"
    assert next(link for link in chinese.links if link.endswith("?lang=en")) is not None
    english = await page(client, f"{path}?lang=en", status=status)
    assert english.lang == "en"
    assert "中文" in english.text
    assert (path if status == 200 else "/") in english.links
    assert (await page(client, f"{path}?lang=xx", status=status)).lang == "zh-CN"


async def test_english_pages_hold_no_chinese_sentence(client: TestClient):
    text = (await page(client, "/?lang=en")).text.replace("中文", "")
    assert not re.search(r"[\u4e00-\u9fff]", text)


@pytest.mark.parametrize("path", ["/docs"])
async def test_pages_forbid_everything_but_our_own_style_and_pictures(client: TestClient, path: str):
    async with client.get(path, headers=BROWSER) as answer:
        policy = dict(part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";"))
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert policy["default-src"] == "'none'"
    assert policy["style-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert "unsafe" not in " ".join(policy.values())
    assert "script-src" not in policy


async def test_the_documentation_is_known_by_its_tag_in_each_language(client: TestClient):
    tags = []
    for path in ("/docs", "/docs?lang=en"):
        async with client.get(path) as answer:
            tags.append(answer.headers["ETag"])
        async with client.get(path, headers={"If-None-Match": tags[-1]}) as again:
            assert again.status == 304
    assert len(set(tags)) == 2


@pytest.mark.parametrize(
    ("headers", "base"),
    [
        ({"Host": "grid.example:9000"}, "http://grid.example:9000"),
        ({"Host": "[::1]:8081"}, "http://[::1]:8081"),
        ({"Host": "grid.example", "X-Forwarded-Proto": "https"}, "https://grid.example"),
        ({"Host": "x;reboot"}, "…"),
        ({"Host": '"><b>x'}, "…"),
    ],
)
async def test_the_examples_name_the_address_that_the_page_was_asked_at_and_nothing_a_shell_would_run(
    client: TestClient, headers: dict[str, str], base: str
):
    async with client.get("/docs", headers=headers) as answer:
        tag, text = answer.headers["ETag"], Page(await answer.text()).text
    assert f"BASE={base} " in text
    assert "{base}" not in text
    async with client.get("/docs", headers={"If-None-Match": tag}) as elsewhere:
        assert elsewhere.status == 200, "another address is another page"


async def test_the_examples_name_the_port_that_the_service_runs_on(client: TestClient):
    assert f"BASE={client.make_url('/')}".rstrip("/") + " " in (await page(client, "/docs")).text


@pytest.mark.parametrize("path", ["/nowhere", "/docs/nowhere", "/api/v1/nowhere"])
async def test_programs_get_problem_json_where_nothing_is(client: TestClient, path: str):
    async with client.get(path) as answer:
        assert answer.status == 404
        assert answer.content_type == "application/problem+json"
        assert (await answer.json())["code"] == "not_found"


async def test_the_api_answers_browsers_in_problem_json_too(client: TestClient):
    async with client.get("/api/v1/nowhere", headers=BROWSER) as answer:
        assert answer.status == 404
        assert answer.content_type == "application/problem+json"


async def test_a_wrong_method_is_still_told_as_such(client: TestClient):
    async with client.post("/docs", headers=BROWSER) as answer:
        assert answer.status == 405
        assert "GET" in answer.headers["Allow"]


def test_the_glossary_explains_every_schema_every_field_and_every_problem_and_nothing_else():
    schemas = document()["components"]["schemas"]
    assert set(GLOSSARY["schemas"]) == set(schemas)
    assert set(GLOSSARY["problems"]) == {refusal.code for refusal in refusals()}
    named = {(name, field) for name, schema in schemas.items() for field in schema.get("properties", ())}
    operations = {one["operationId"]: one for methods in document()["paths"].values() for one in methods.values()}
    named |= {(name, given["name"]) for name, one in operations.items() for given in one["parameters"]}
    meant = {f"{owner}.{field}" if f"{owner}.{field}" in GLOSSARY["fields"] else field for owner, field in named}
    assert meant == set(GLOSSARY["fields"])
    assert set(GLOSSARY["callers"]) <= set(operations)


def test_every_list_of_terms_in_the_document_has_its_labels():
    terms = {term.__name__: {word.value for word in term} for term in Word.__subclasses__()}
    for name, schema in document()["components"]["schemas"].items():
        if "enum" in schema:
            assert set(schema["enum"]) == terms[name]
