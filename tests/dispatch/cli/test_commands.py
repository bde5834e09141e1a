"""What the commands do, seen from outside."""

import asyncio
import json
import re
from datetime import timedelta

import pytest
from click.testing import CliRunner

from dispatch.cli.commands import cli
from dispatch.demo.accounts import accounts
from dispatch.domain.errors import Refusal
from dispatch.domain.lifecycle import mermaid
from dispatch.domain.numbers import grouped, number
from dispatch.domain.order import Actor
from dispatch.running import CannotRunError
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


async def file(url, ago=timedelta(0)):
    """File one order as of some time ago and return its number as people read it, and its id."""
    service = await Service.open(Settings(), url, connections=2)
    try:
        request = Request("0901", "邻里小事", Place(grid="141123100016"), None, None, None, None, False, None, None)
        order = (await submit(service, request, Actor(), None, service.now() - ago)).order
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


def test_who_is_disabled_is_logged_out_and_stays_out_until_enabled(grid_dispatch, county_url, psql):
    account = accounts()[0]
    held = "SELECT count(*) FROM sessions AS s JOIN people AS p ON p.id = s.person_id WHERE p.code = '{}'"
    assert asyncio.run(can_log_in(county_url, account.phone, DEMO_PASSWORD))
    assert psql(county_url, held.format(account.person_code)) == "1\n"
    for person in (account.phone, account.person_code):
        said = good(grid_dispatch("user", "disable", person, url=county_url))
        assert said == f"已停用 {account.person_code}，并已退出登录。\n"
        assert psql(county_url, held.format(account.person_code)) == "0\n"
        with pytest.raises(Refusal):
            asyncio.run(can_log_in(county_url, account.phone, DEMO_PASSWORD))
        said = good(grid_dispatch("user", "enable", person, url=county_url, DISPATCH_LANG="en"))
        assert said.startswith(f"{account.person_code} is enabled")
        assert asyncio.run(can_log_in(county_url, account.phone, DEMO_PASSWORD))
    good(grid_dispatch("user", "enable", account.phone, url=county_url))
    assert psql(county_url, held.format(account.person_code)) == "1\n"


def test_the_orders_of_somebody_disabled_are_not_forgotten(grid_dispatch, county_url, psql):
    _, order_id = asyncio.run(file(county_url))
    code = accounts()[0].person_code
    holds = f"assignee_id = (SELECT id FROM people WHERE code = '{code}')"  # noqa: S608
    psql(county_url, f"UPDATE orders SET state = 'accepted', {holds} WHERE id = {order_id}")  # noqa: S608
    assert f"{code} 手上还有 1 个工单" in good(grid_dispatch("user", "disable", code, url=county_url))


@pytest.mark.parametrize("command", ["disable", "enable"])
def test_nobody_is_changed_where_nobody_is_meant(grid_dispatch, county_url, command):
    done = grid_dispatch("user", command, "nobody", url=county_url)
    assert (done.returncode, done.stdout) == (1, "")


def test_a_role_that_has_ended_is_shown_as_ended(grid_dispatch, county_url, psql):
    code = accounts()[0].person_code
    of = f"WHERE person_id = (SELECT id FROM people WHERE code = '{code}')"  # noqa: S608
    show = ("user", "show", code)
    psql(county_url, f"UPDATE roles SET valid_to = current_date + 2 {of}")  # noqa: S608
    assert "到期" not in good(grid_dispatch(*show, url=county_url))
    psql(county_url, f"UPDATE roles SET valid_to = current_date - 2 {of}")  # noqa: S608
    assert "（已到期）" in good(grid_dispatch(*show, url=county_url))
    assert "(ended)" in good(grid_dispatch(*show, url=county_url, DISPATCH_LANG="en"))


@pytest.mark.parametrize(("lang", "prompts"), [("zh", ("新密码", "再输入一次")), ("en", ("New password", "Repeat"))])
def test_a_password_is_asked_for_twice_in_one_language(lang, prompts):
    asked = CliRunner().invoke(
        cli, ["user", "set-password", "P1"], input="one password\nanother one\n", env={"DISPATCH_LANG": lang}
    )
    assert all(prompt in asked.output for prompt in prompts)
    assert isinstance(asked.exception, CannotRunError)


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
    published = tmp_path / "published"
    published.write_text(f"1 1 1 {'00' * 32}\n")
    assert grid_dispatch("verify", "--published", str(published), url=county_url).returncode == 1
    published.write_text("not a hash\n")
    done = grid_dispatch("verify", "--published", str(published), url=county_url)
    assert (done.returncode, done.stdout) == (1, "")


def test_anchors_kept_in_a_file_are_what_verify_is_given(grid_dispatch, county_url, tmp_path):
    published = tmp_path / "published"
    nothing = grid_dispatch("anchor", url=county_url)
    assert good(nothing) == ""
    assert "还没有可写锚的记录" in nothing.stderr
    asyncio.run(file(county_url, -timedelta(hours=1)))  # as new as any, however long the machine takes to look
    too_soon = grid_dispatch("anchor", url=county_url, DISPATCH_LANG="en")
    assert good(too_soon) == ""
    assert "again in a minute" in too_soon.stderr, "why not, and what to do"
    asyncio.run(file(county_url, timedelta(hours=1)))
    first, again = grid_dispatch("anchor", url=county_url), grid_dispatch("anchor", url=county_url)
    assert re.fullmatch(r"141123 1 1 [0-9a-f]{64}\n", good(first))
    assert good(again) == first.stdout
    assert "新写了 1 个锚" in first.stderr
    assert "没有可写锚的新记录" in again.stderr
    published.write_text(again.stdout)
    said = good(grid_dispatch("verify", "--published", str(published), url=county_url))
    assert said.splitlines()[-1] == first.stdout.strip()


def test_the_newest_anchor_of_a_ledger_at_fault_is_shown_but_not_to_be_published(grid_dispatch, county_url, psql):
    asyncio.run(file(county_url, timedelta(hours=1)))
    anchored = good(grid_dispatch("anchor", url=county_url))
    assert "请公布" in good(grid_dispatch("verify", url=county_url))
    psql(county_url, "ALTER TABLE anchor_heads DISABLE TRIGGER ALL")
    psql(county_url, "DELETE FROM anchor_heads")
    done = grid_dispatch("verify", url=county_url)
    assert done.returncode == 1
    assert done.stdout.endswith(anchored)
    assert "请勿公布" in done.stdout


def test_without_an_address_the_embedded_server_is_made_and_stopped(grid_dispatch, tmp_path):
    assert "数据库已是最新" in good(grid_dispatch("migrate"))
    assert (tmp_path / "var" / "postgres" / "PG_VERSION").exists()
    assert not (tmp_path / "var" / "postgres" / "postmaster.pid").exists()
