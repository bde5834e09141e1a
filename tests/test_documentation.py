"""What the documents say is what the code does."""

import re
from pathlib import Path

import pytest

from dispatch.demo.accounts import accounts
from dispatch.domain.lifecycle import mermaid
from dispatch.usecases.demo_county import DEMO_PASSWORD

ROOT = Path(__file__).resolve().parent.parent
READMES = ("README.md", "README.zh.md")


def blocks(name: str, kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("name", READMES)
def test_the_picture_of_the_lifecycle_is_the_tables_own(name):
    assert blocks(name, "mermaid") == [mermaid()]


def test_both_readmes_give_the_same_commands():
    assert blocks(READMES[0], "sh") == blocks(READMES[1], "sh")


@pytest.mark.parametrize("name", READMES)
def test_the_accounts_of_the_readme_exist(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    phones = {account.phone for account in accounts()}
    assert set(re.findall(r"login (\d{11})", text)) <= phones
    assert DEMO_PASSWORD in text


@pytest.mark.parametrize(
    "path", sorted(ROOT.glob("*.md")) + sorted((ROOT / "docs").rglob("*.md")), ids=lambda path: path.name
)
def test_every_link_between_documents_leads_somewhere(path):
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), target
