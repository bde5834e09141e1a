"""Changes of the tree at a terminal: a file looked at, mended, and applied."""

from datetime import UTC, datetime, timedelta

from dispatch.demo.accounts import accounts
from dispatch.domain.vocabulary import Role

EAST, WEST = "141123100016", "141123100017"
BOSS = next(one.person_code for one in accounts() if one.role is Role.ADMINISTRATOR)


def test_a_file_is_looked_at_then_applied_and_listed(grid_dispatch, county_url, tmp_path):
    file = tmp_path / "changes.csv"
    file.write_text(f"op,code,to,name\nmerge,{EAST},{WEST},\nrename,{WEST},,城关社区\n", encoding="utf-8-sig")
    shown = grid_dispatch("tree", "preview", str(file), "--as", BOSS, url=county_url)
    assert (shown.returncode, shown.stderr) == (0, "")
    for said in ("撤销", "城关社区", "并入承接网格的同类组织", "以上均未写入"):
        assert said in shown.stdout
    done = grid_dispatch("tree", "apply", str(file), "--as", BOSS, "--reason", "民政批复", url=county_url)
    assert (done.returncode, done.stderr) == (0, "")
    assert "第 1 版已生效" in done.stdout
    day = (datetime.now(UTC).date() + timedelta(days=300)).isoformat()
    later = ("tree", "apply", str(file), "--as", BOSS, "--reason", "民政批复", "--on", day)
    refused = grid_dispatch(*later, url=county_url)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert f"第 2 行：网格 {EAST} 已经撤销" in refused.stderr
    listed = grid_dispatch("tree", "versions", "--as", BOSS, url=county_url, DISPATCH_LANG="en").stdout
    assert "applied" in listed
    assert f"rename {WEST} · 城关社区" in listed
    file.write_text(f"op,code,to,name\nrename,{WEST},,城西社区\n", encoding="utf-8-sig")
    assert "第 2 版已登记" in grid_dispatch(*later, url=county_url).stdout
    assert "第 2 版已撤回" in grid_dispatch("tree", "cancel", "2", "--as", BOSS, url=county_url).stdout
    over = grid_dispatch("tree", "cancel", "1", "--as", BOSS, url=county_url)
    assert (over.returncode, over.stdout) == (1, "")


def test_what_is_wrong_with_a_file_is_named_by_its_row(grid_dispatch, county_url, tmp_path):
    file = tmp_path / "changes.csv"
    file.write_text("op,code,to,name\nrename,A,,\npaint,A,,\n", encoding="utf-8")
    arguments = ("tree", "apply", str(file), "--as", BOSS, "--reason", "批复")
    refused = grid_dispatch(*arguments, url=county_url)
    assert refused.returncode == 1
    assert "第 2 行" in refused.stderr
    assert "第 3 行" in refused.stderr
    assert "没有改动" in refused.stderr
    missing = grid_dispatch("tree", "preview", str(tmp_path / "none.csv"), "--as", BOSS, url=county_url)
    assert "找不到" in missing.stderr
    long = grid_dispatch(*arguments[:-1], "批" * 2001, url=county_url)
    assert long.returncode == 1


def test_the_template_is_written(grid_dispatch, tmp_path):
    printed = grid_dispatch("tree", "template", "-").stdout
    assert printed.startswith("op,code,to,name,parent,level_name,polygon\n")
    assert grid_dispatch("tree", "template", str(tmp_path / "changes.csv")).returncode == 0
    assert (tmp_path / "changes.csv").read_text(encoding="utf-8-sig") == printed
