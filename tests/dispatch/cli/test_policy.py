"""``policy`` and ``whatif`` at a terminal."""

import asyncio
import json

from rich.cells import cell_len

from dispatch.domain.order import Actor
from dispatch.settings import Settings
from dispatch.usecases.filing import Place, Request, submit
from dispatch.usecases.service import Service

TOML = '[clocks.general.03]\naccept = "4wh"\n[emergency.ladder.urgent]\nrungs = ["group 5 5m", "pool"]\n'
WIDTH = 80
"""How wide the narrowest terminal is that has to do."""


def good(done):
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout


async def file(url):
    service = await Service.open(Settings(), url, connections=2)
    try:
        request = Request("0901", "邻里小事", Place(grid="141123100016"), None, None, None, None, False, None, None)
        await submit(service, request, Actor(), None, service.now())
    finally:
        await service.close()


def test_a_policy_goes_in_from_a_file_and_out_to_one_and_is_tried_on_history(grid_dispatch, county_url, tmp_path):
    (tmp_path / "new.toml").write_text(TOML, encoding="utf-8")
    assert "正在重算" in good(grid_dispatch("policy", "import", "new.toml", url=county_url))
    assert "没有改动" in good(grid_dispatch("policy", "import", "new.toml", url=county_url))
    good(grid_dispatch("policy", "export", "old.toml", url=county_url))
    assert "4 个工作时" in (tmp_path / "old.toml").read_text(encoding="utf-8")
    weighed = TOML.replace("[emergency", "[weights]\nskill = 300\n[emergency")
    (tmp_path / "new.toml").write_text(weighed, encoding="utf-8")
    assert "各项时限没有变化" in good(grid_dispatch("policy", "import", "new.toml", url=county_url))
    good(grid_dispatch("policy", "export", "old.toml", url=county_url))
    assert "skill = 300" in (tmp_path / "old.toml").read_text(encoding="utf-8")
    shown = good(grid_dispatch("policy", "show", url=county_url, COLUMNS=str(WIDTH)))
    assert "300 *" in shown
    assert "技能相符" in shown
    assert "一般 03" in shown
    assert "4 个工作时 *" in shown

    for words in ("定向派单 1 人 · 2 小时（夜间不计）", "小组邀约 5 人 · 5 分钟", "支部抢单", "再问 20 人"):
        assert f" {words}" in shown
    assert max(map(cell_len, shown.splitlines())) <= WIDTH
    for lang, words in (("zh", "下一工作日上午"), ("en", "next working morning")):
        shown = good(grid_dispatch("policy", "show", url=county_url, DISPATCH_LANG=lang, COLUMNS=str(WIDTH)))
        assert shown.count(words) == 5  # every ordinary rule, the one of class 03 too; broken, it would not be found
    assert max(map(cell_len, shown.splitlines())) <= WIDTH
    assert "offered to one member · 1 person · 10 minutes" in shown

    empty = grid_dispatch("whatif", "--policy", "old.toml", url=county_url)
    assert (empty.returncode, empty.stdout) == (1, "")
    asyncio.run(file(county_url))
    table = good(grid_dispatch("whatif", "--policy", "old.toml", "--policy", "new.toml", url=county_url))
    for words in ("当时记录", "现行规则重演", "old.toml", "new.toml", "按时接单", "发出消息", "假设"):
        assert words in table
    figures = json.loads(good(grid_dispatch("whatif", "--policy", "new.toml", "--json", url=county_url)))
    assert [column["orders"] for column in figures["columns"]] == [1, 1, 1]
    assert figures["assumptions"]["en"]


def test_what_is_wrong_with_a_file_is_listed_and_nothing_changes(grid_dispatch, county_url, tmp_path):
    (tmp_path / "bad.toml").write_text(
        '[clocks.urgent]\naccept = "2"\nrate = 3\n[x]\n[weights]\nluck = 1\n', encoding="utf-8"
    )
    for command in (("policy", "import", "bad.toml"), ("whatif", "--policy", "bad.toml")):
        done = grid_dispatch(*command, url=county_url)
        assert done.returncode == 1
        assert "4 处错误" in done.stderr
        for path in ("clocks.urgent.accept", "clocks.urgent.rate", "x", "weights.luck"):
            assert f"  {path}: " in done.stderr
    (tmp_path / "deep.toml").write_text(f"x = {'[' * 5_000}", encoding="utf-8")
    deep = grid_dispatch("policy", "import", "deep.toml", url=county_url)
    assert (deep.returncode, "嵌套层数太多" in deep.stderr) == (1, True)
    for day in ("0001-01-01", "9999-12-31"):
        never = grid_dispatch("whatif", "--to", day, url=county_url)
        assert (never.returncode, "这段时间没有工单" in never.stderr) == (1, True)
    assert grid_dispatch("policy", "import", "none.toml", url=county_url).returncode == 1
    late = grid_dispatch("whatif", "--from", "2026-03-02", "--to", "2026-03-01", url=county_url)
    assert late.returncode == 1
    assert "--from" in late.stderr
