"""平急转换 at a terminal: declared, listed, orders spread, ended."""

import asyncio
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from rich.cells import cell_len

from dispatch.demo.accounts import accounts
from dispatch.domain.vocabulary import Role
from dispatch.usecases.ledger import SHANGHAI

TOWNSHIP = "141123100"
WIDTH = 80
"""How wide the narrowest terminal is that has to do."""


@pytest.fixture
def supervisor():
    return next(one.person_code for one in accounts() if one.role is Role.SUPERVISOR and "镇" in one.zh)


def count(url, statement):
    async def ask():
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    return asyncio.run(ask())


def test_an_emergency_from_its_beginning_to_its_end(grid_dispatch, county_url, supervisor):
    ends = datetime.now(UTC) + timedelta(days=2)
    until = ends.isoformat()
    asked = ("emergency", "declare", "--grid", TOWNSHIP, "--until", until, "--reason", "山洪")
    branch = ("--branch", "防汛临时党支部@141123100016", "--member", f"{supervisor}@防汛临时党支部")
    made = grid_dispatch(*asked, *branch, "--as", supervisor, url=county_url, COLUMNS=str(WIDTH))
    assert (made.returncode, made.stderr) == (0, "")
    assert "进行中" in made.stdout
    again = grid_dispatch(*asked, "--as", supervisor, url=county_url)
    assert again.returncode != 0
    assert "不能重叠" in again.stderr
    shown = grid_dispatch("emergency", "list", url=county_url, DISPATCH_LANG="en", COLUMNS=str(WIDTH))
    assert "under way" in shown.stdout
    for printed in (made.stdout, shown.stdout):
        assert max(map(cell_len, printed.splitlines())) <= WIDTH
        assert f"{ends.astimezone(SHANGHAI):%m-%d %H:%M}" in printed
        for whole in (TOWNSHIP, "蔚汾镇", "山洪", "防汛临时党支部"):
            assert whole in printed
    assert "抽调：1 人" in made.stdout
    nameless = grid_dispatch("assign-batch", "--grid", TOWNSHIP, "--dry-run", url=county_url)
    assert (nameless.returncode, "--as" in nameless.stderr) == (2, True)
    spread = grid_dispatch("assign-batch", "--grid", TOWNSHIP, "--dry-run", "--as", supervisor, url=county_url)
    assert (spread.returncode, spread.stderr) == (0, "")
    assert "将派 0 个工单" in spread.stdout
    longer = (datetime.now(UTC) + timedelta(days=3)).isoformat()
    extended = grid_dispatch("emergency", "extend", "1", "--until", longer, "--as", supervisor, url=county_url)
    assert (extended.returncode, extended.stderr) == (0, "")
    ended = grid_dispatch("emergency", "end", "1", "--as", supervisor, url=county_url)
    assert "已结束" in ended.stdout
    assert count(county_url, "SELECT count(*) FROM county_events") == 5
    by_hand = "SELECT count(*) FROM county_events WHERE data ->> 'by' = 'console' AND actor_id IS NOT NULL"
    assert count(county_url, by_hand) == 3
    late = grid_dispatch("assign-batch", "--grid", TOWNSHIP, "--as", supervisor, url=county_url)
    assert late.returncode != 0
    assert "平时状态" in late.stderr


def test_what_is_wrong_is_named_and_nothing_is_kept(grid_dispatch, county_url, supervisor):
    asked = ("emergency", "declare", "--grid", TOWNSHIP, "--until", "2020-01-01T00:00", "--as", supervisor)
    for arguments, said in (
        ((*asked, "--reason", "山洪"), "ends_at"),
        ((*asked, "--reason", " "), "事由"),
        ((*asked, "--reason", "洪" * 2001), "reason"),
        ((*asked, "--reason", "山洪", "--from", "9999-12-01T00:00"), "starts_at"),
        ((*asked, "--reason", "山洪", "--branch", "两\n行@141123100016"), "branches.0.name"),
        ((*asked, "--reason", "山洪", "--branch", "没有网格"), "甲@乙"),
        ((*asked[:-1], "nobody", "--reason", "山洪"), "nobody"),
        (("emergency", "end", "7", "--as", supervisor), "没有找到"),
    ):
        done = grid_dispatch(*arguments, url=county_url)
        assert done.returncode != 0
        assert said in done.stderr
    assert count(county_url, "SELECT count(*) FROM emergencies") == 0
