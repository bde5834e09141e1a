"""What the commands do, seen from outside."""

import asyncio
import json

import pytest

from dispatch.demo.accounts import accounts
from dispatch.domain.lifecycle import mermaid
from dispatch.domain.numbers import grouped, number
from dispatch.domain.order import Actor
from dispatch.settings import Settings
from dispatch.usecases.demo_county import DEMO_PASSWORD
from dispatch.usecases.demo_county import DEMO_PASSWORD as GIVEN_PASSWORD
from dispatch.usecases.filing import Place, Request, submit
from dispatch.usecases.service import Service
from dispatch.usecases.sessions import log_in


def good(done):
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout


async def can_log_in(url, phone, password):
    service = await Service.open(Settings(), url, connections=2)
    try:
        return (await log_in(service, phone, password, "127.0.0.1", service.now())).token != ""
    finally:
        await service.close()


async def file(url):
    """File one order and return its number as people read it, and its id."""
    service = await Service.open(Settings(), url, connections=2)
    try:
        request = Request("0901", "邻里小事", Place(grid="141123100016"), None, None, None, None, False, None, None)
        order = (await submit(service, request, Actor(), None, service.now())).order
        return grouped(number("141123000000", order.id)), order.id
    finally:
        await service.close()


def test_openapi_and_lifecycle_are_printed_from_their_tables(grid_dispatch):
    assert json.loads(good(grid_dispatch("openapi")))["openapi"].startswith("3.1")
    assert good(grid_dispatch("lifecycle")) == mermaid()


def test_migrating_twice_does_nothing_the_second_time(grid_dispatch, database_url):
    assert good(grid_dispatch("migrate", url=database_url)) == "数据库已是最新。\n"
    assert good(grid_dispatch("migrate", url=database_url, DISPATCH_LANG="en")) == "The database is up to date.\n"


@pytest.mark.parametrize("name", ["county", "county.xlsx"])
def test_the_demo_county_is_written_and_can_be_imported(grid_dispatch, tmp_path, county_url, name):
    good(grid_dispatch("demo-county", str(tmp_path / "new" / name)))
    shown = good(grid_dispatch("import", str(tmp_path / "new" / name), "--dry-run", url=county_url))
    assert "没有改动" in shown


def test_a_bad_county_is_refused_with_every_fault_in_the_report(grid_dispatch, tmp_path, database_url):
    folder = tmp_path / "county"
    folder.mkdir()
    (folder / "grids.csv").write_text("code,name,level\nA,甲,县\nA,乙,县\n", encoding="utf-8")
    report = tmp_path / "faults.csv"
    done = grid_dispatch("import", str(folder), "--report", str(report), url=database_url)
    assert done.returncode == 1
    assert "没有任何改动" in done.stdout
    assert "Traceback" not in done.stderr
    assert report.read_text(encoding="utf-8-sig").startswith("sheet,row,")


def test_people_are_listed_and_shown_masked(grid_dispatch, county_url):
    account = accounts()[0]
    listed = good(grid_dispatch("user", "list", "--limit", "3", url=county_url))
    shown = good(grid_dispatch("user", "show", account.phone, url=county_url))
    assert account.person_code in shown
    for output in (listed, shown):
        assert account.phone not in output
        assert "演示管理员" not in output
    assert grid_dispatch("user", "show", "nobody", url=county_url).returncode == 1


def test_a_password_is_set_from_standard_input(grid_dispatch, county_url):
    account = accounts()[0]
    arguments = ("user", "set-password", account.phone, "--password-stdin")
    said = good(grid_dispatch(*arguments, url=county_url, given="一个新的密码 2026\n"))
    assert account.person_code in said
    assert account.phone not in said
    assert asyncio.run(can_log_in(county_url, account.phone, "一个新的密码 2026"))
    assert grid_dispatch(*arguments, url=county_url, given="short\n").returncode == 1
    assert asyncio.run(can_log_in(county_url, account.phone, "一个新的密码 2026"))


def test_everybody_of_the_demo_has_the_password_that_is_shown(county_url):
    assert GIVEN_PASSWORD == DEMO_PASSWORD
    assert all(asyncio.run(can_log_in(county_url, account.phone, DEMO_PASSWORD)) for account in accounts()[:2])


def test_the_ledger_is_verified_and_an_altered_row_is_named(grid_dispatch, county_url, psql):
    public, order_id = asyncio.run(file(county_url))
    assert "台账完好" in good(grid_dispatch("verify", url=county_url))
    psql(county_url, "ALTER TABLE events DISABLE TRIGGER ALL")
    psql(county_url, f"UPDATE events SET at = at + interval '1 hour' WHERE order_id = {order_id} AND version = 1")  # noqa: S608
    done = grid_dispatch("verify", url=county_url, DISPATCH_LANG="en")
    assert done.returncode == 1
    assert public in done.stdout
    assert "Traceback" not in done.stderr


def test_anchors_are_printed_and_the_ledger_is_held_against_them(grid_dispatch, county_url, tmp_path):
    assert "没有新的记录" in good(grid_dispatch("anchor", url=county_url))
    published = tmp_path / "published"
    published.write_text(f"1 1 1 {'00' * 32}\n")
    assert grid_dispatch("verify", "--published", str(published), url=county_url).returncode == 1
    published.write_text("not a hash\n")
    done = grid_dispatch("verify", "--published", str(published), url=county_url)
    assert (done.returncode, done.stdout) == (1, "")


def test_without_an_address_the_embedded_server_is_made_and_stopped(grid_dispatch, tmp_path):
    assert "数据库已是最新" in good(grid_dispatch("migrate"))
    assert (tmp_path / "var" / "postgres" / "PG_VERSION").exists()
    assert not (tmp_path / "var" / "postgres" / "postmaster.pid").exists()
