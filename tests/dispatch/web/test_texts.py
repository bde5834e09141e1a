"""Every text of the pages stands in the catalogue, in both languages, with the same gaps to fill."""

import re
from functools import cache
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import dispatch.web

WEB = Path(dispatch.web.__file__).parent
GAP = re.compile(r"%\((\w+)\)[sdfg]|%%|\{\w+\}")
CHINESE = re.compile(r"[\u4e00-\u9fff]")
BILINGUAL = {"base.html", "docs.html", "schema.html"}
"""The API's reference holds both languages side by side, as the endpoint table does."""


@cache
def said() -> dict[str, str]:
    """Every text that a template asks the catalogue for, and where."""
    found: dict[str, str] = {}
    methods = [("templates/**.html", "jinja2"), ("templates/**.js", "jinja2"), ("**.py", "python")]
    options = {"templates/**.html": {"trimmed": "true", "silent": "false"}}
    for file, line, message, *_ in extract_from_dir(WEB, methods, options, directory_filter=not_others):
        for one in (message,) if isinstance(message, str) else message:
            if one and CHINESE.search(one):
                found.setdefault(one, f"{file}:{line}")
    return found


def not_others(folder: str) -> bool:
    return Path(folder).name not in {"node_modules", "built", "__pycache__"}


@cache
def catalogue() -> dict[str, str]:
    found = read_po(BytesIO((WEB / "locale/en.po").read_bytes()), locale="en")
    return {str(one.id): str(one.string) for one in found if one.id and not one.fuzzy}


def test_every_text_has_its_english() -> None:
    missing = {text: where for text, where in said().items() if not catalogue().get(text)}
    assert not missing


def test_the_catalogue_holds_nothing_that_no_page_says() -> None:
    assert not catalogue().keys() - said().keys()


def test_no_english_text_holds_chinese() -> None:
    assert not {zh: en for zh, en in catalogue().items() if CHINESE.search(en)}


def test_both_languages_have_the_same_gaps() -> None:
    for zh, en in catalogue().items():
        assert sorted(m.group() for m in GAP.finditer(zh)) == sorted(m.group() for m in GAP.finditer(en)), zh


@pytest.mark.parametrize("file", sorted(WEB.glob("templates/**/*.html")), ids=lambda file: file.name)
def test_no_template_says_anything_past_the_catalogue(file: Path) -> None:
    if file.name in BILINGUAL:
        return
    text = re.sub(r"\{#.*?#\}", "", file.read_text("utf-8"), flags=re.DOTALL)
    text = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "", text, flags=re.DOTALL).replace("中文", "")
    assert not CHINESE.findall(text)


def test_no_text_promises_a_message_that_nothing_sends() -> None:
    """Notices are only recorded so far: a page says where something stands, not that somebody is sent word of it."""
    assert not [zh for zh in said() if re.search(r"会通知|收到(通知|提醒|短信)|发出提醒|不用守着", zh)]
