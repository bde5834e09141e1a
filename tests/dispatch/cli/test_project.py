"""项目化 at a terminal: the steps of a sheet are looked through, refused whole, and filed."""

import asyncio

import asyncpg
import pytest
import xlsxwriter

SHEET = "做什么,谁来做,怎么做,期限,标准\n"


@pytest.fixture
def project_url(county_url):
    """A county with a project that the secretary S035 leads."""

    async def make():
        connection = await asyncpg.connect(county_url)
        try:
            await connection.execute(
                "INSERT INTO projects (region, branch_id, category, name, goal, leader_id, opened_at, opened_by)"
                " SELECT g.id, b.id, '0101', '楼道清零', '楼道无杂物', p.id, now(), p.id"
                " FROM grids AS g, branches AS b, people AS p"
                " WHERE g.parent_id IS NULL AND b.code = 'B141123100016' AND p.code = 'S035'"
            )
            await connection.execute(
                "INSERT INTO project_members (project_id, person_id) SELECT 1, id FROM people WHERE code = 'M0070'"
            )
        finally:
            await connection.close()

    asyncio.run(make())
    return county_url


def test_the_steps_of_a_sheet_are_filed_all_or_none(grid_dispatch, project_url, tmp_path):
    template = grid_dispatch("project", "template", "-")
    assert (template.returncode, template.stdout.startswith(SHEET)) == (0, True)
    file = tmp_path / "steps.csv"
    file.write_text(SHEET + "甲,M0070,乙,2000-01-01,丙\n甲,nobody,乙,2099-01-01,丙\n甲,M0070,,无,丙\n", "utf-8")
    asked = ("--project", "1", "--as", "S035")
    refused = grid_dispatch("project", "steps", str(file), *asked, url=project_url)
    assert refused.returncode == 1
    assert [line[:5] for line in refused.stderr.splitlines()[:2]] == ["第 2 行", "第 3 行"]
    assert "没有登记任何步骤" in refused.stderr
    book = tmp_path / "steps.xlsx"
    with xlsxwriter.Workbook(book) as made:
        table = made.add_worksheet("steps")
        days = made.add_format({"num_format": "yyyy-mm-dd"})
        table.write_row(0, 0, ["what", "who", "how", "due", "standard"])
        table.write_row(1, 0, ["排查", "M0070", "逐楼登记"])
        table.write_number(1, 3, 46500, days)  # a day of April 2027, as Excel counts
        table.write_string(1, 4, "一楼一表")
    looked = grid_dispatch("project", "steps", str(book), *asked, "--dry-run", url=project_url)
    assert (looked.returncode, looked.stderr) == (0, "")
    assert "没有写入" in looked.stdout
    filed = grid_dispatch("project", "steps", str(book), *asked, url=project_url)
    assert (filed.returncode, filed.stderr) == (0, "")
    assert "2027-04-23" in filed.stdout
    listed = grid_dispatch("project", "list", "--as", "S035", url=project_url, DISPATCH_LANG="en")
    assert "steps: 1, not done: 1, overdue: 0" in listed.stdout
    other = grid_dispatch("project", "steps", str(book), "--project", "1", "--as", "M0070", url=project_url)
    assert other.returncode == 1
    nothing = grid_dispatch("project", "steps", str(tmp_path / "none.csv"), *asked, url=project_url)
    assert (nothing.returncode, "none.csv" in nothing.stderr) == (1, True)
