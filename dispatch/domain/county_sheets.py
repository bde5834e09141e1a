"""The sheets of a county's files as data: which columns each has, what a cell holds, and the words for it.

The reader, the decoder and docs/import.md all follow these rows.
"""

from dataclasses import dataclass
from functools import cache

from dispatch.domain.vocabulary import BranchKind, Owner, Role, Urgency, Word


class Sheet(Word):
    """One sheet of a workbook, or one file of a directory."""

    GRIDS = "grids", "网格", "grids"
    CATEGORIES = "categories", "事项类别", "categories"
    BRANCHES = "branches", "党组织与部门", "branches and desks"
    PEOPLE = "people", "人员", "people"
    ROLES = "roles", "角色", "roles"
    HOUSEHOLDS = "households", "住户", "households"
    POLYGONS = "polygons", "网格边界", "polygons of the grids"


class Kind(Word):
    """What a cell holds."""

    CODE = "code", "编码：无空格，至多 40 字", "a code: no spaces, at most 40 characters"
    NAME = "name", "文字，至多 100 字", "text of at most 100 characters"
    HOUSE = "house", "文字，至多 200 字", "text of at most 200 characters"
    CODES = "codes", "编码，用空格分隔，至多 100 项", "codes separated by spaces, at most 100"
    PHONE = "phone", "手机号（11 位）或带区号的座机号", "a mobile number (11 digits) or a landline with its area code"
    LEVEL = "level", "0–99 的整数，下级比上级大", "a whole number from 0 to 99, greater than the parent's"
    CAPACITY = "capacity", "0–100 的整数", "a whole number from 0 to 100"
    DATE = "date", "日期 年-月-日", "a date YYYY-MM-DD"
    ROLE = "role", "角色", "a role"
    BRANCH_KIND = "branch_kind", "组织类型", "a kind of branch"
    OWNER = "owner", "办理主体", "an owner"
    URGENCY = "urgency", "紧急程度", "an urgency"
    SHAPE = "shape", "GeoJSON 的 Polygon 或 MultiPolygon，WGS 84 经纬度", "GeoJSON Polygon or MultiPolygon, WGS 84"


WORDS: dict[Kind, type[Word]] = {
    Kind.ROLE: Role,
    Kind.BRANCH_KIND: BranchKind,
    Kind.OWNER: Owner,
    Kind.URGENCY: Urgency,
}
"""The kinds whose cells hold a word of the vocabulary."""

LIMITS = {Kind.CODE: 40, Kind.NAME: 100, Kind.HOUSE: 200, Kind.CODES: 4000}
"""The longest text of a cell, in characters."""

LIST_ITEMS = 100
"""The most items in a list."""

RANGES = {Kind.LEVEL: (0, 99), Kind.CAPACITY: (0, 100)}
"""The least and the greatest number of a cell."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name in the header, what its cells hold, and what it means.

    A required column must be in the header and its cells must not be empty. Of the others, an absent column leaves
    existing rows as they are, and an empty cell clears the value (an empty ``capacity`` leaves it).
    """

    name: str
    kind: Kind
    zh: str
    en: str
    required: bool = False


SHEETS: dict[Sheet, tuple[Column, ...]] = {
    Sheet.GRIDS: (
        Column("code", Kind.CODE, "网格编码，如 12 位统计用区划代码及其后缀", "the grid's code", required=True),
        Column("name", Kind.NAME, "名称", "its name", required=True),
        Column("level", Kind.LEVEL, "层级", "its level", required=True),
        Column("level_name", Kind.NAME, "层级名称，如 乡镇、一级网格", "what that level is called", required=True),
        Column(
            "kind", Kind.CODE, "类型，如 county、township、village、grid", "its kind, such as county", required=True
        ),
        Column("parent_code", Kind.CODE, "上级网格；根为空", "the grid above; empty for the root"),
    ),
    Sheet.CATEGORIES: (
        Column("code", Kind.CODE, "类别编码，如 0203", "the category's code", required=True),
        Column("name", Kind.NAME, "名称", "its name", required=True),
        Column("name_en", Kind.NAME, "英文名称", "its English name"),
        Column("parent_code", Kind.CODE, "大类编码；大类为空", "the category above; empty for the broad ones"),
        Column("owner", Kind.OWNER, "办理主体", "who handles it", required=True),
        Column("urgency", Kind.URGENCY, "默认紧急程度", "its default urgency", required=True),
    ),
    Sheet.BRANCHES: (
        Column("code", Kind.CODE, "组织编码", "the branch's code", required=True),
        Column("name", Kind.NAME, "名称", "its name", required=True),
        Column("kind", Kind.BRANCH_KIND, "组织类型", "its kind", required=True),
        Column("grid_code", Kind.CODE, "所在网格", "the grid it sits on", required=True),
        Column(
            "categories", Kind.CODES, "受理的类别或两位大类前缀；空为全部", "what it takes, or prefixes; empty: all"
        ),
    ),
    Sheet.PEOPLE: (
        Column("code", Kind.CODE, "人员编码", "the person's code", required=True),
        Column("name", Kind.NAME, "姓名", "their name", required=True),
        Column("phone", Kind.PHONE, "电话，登录用，不得重复", "their phone, to sign in with; unique", required=True),
        Column("skills", Kind.CODES, "特长", "what they are good at"),
        Column("capacity", Kind.CAPACITY, "同时办理的工单数，默认 2", "orders at once, 2 unless told"),
    ),
    Sheet.ROLES: (
        Column("person_code", Kind.CODE, "人员", "the person", required=True),
        Column("role", Kind.ROLE, "角色", "the role", required=True),
        Column("grid_code", Kind.CODE, "在哪个网格", "on which grid", required=True),
        Column("branch_code", Kind.CODE, "在哪个组织", "in which branch"),
        Column("valid_from", Kind.DATE, "起始日", "the first day it holds"),
        Column("valid_to", Kind.DATE, "截止日（含）", "the last day it holds"),
    ),
    Sheet.HOUSEHOLDS: (
        Column("code", Kind.CODE, "住户编码", "the household's code", required=True),
        Column("grid_code", Kind.CODE, "所在网格", "the grid it lies in", required=True),
        Column("name", Kind.NAME, "户主称呼", "whom to ask for", required=True),
        Column("phone", Kind.PHONE, "电话", "its phone"),
        Column("house", Kind.HOUSE, "门牌或位置", "where it is"),
        Column("carer_code", Kind.CODE, "包联党员", "the member who looks after it"),
    ),
    Sheet.POLYGONS: (
        Column("code", Kind.CODE, "网格编码", "the grid's code", required=True),
        Column("geojson", Kind.SHAPE, "边界", "its border", required=True),
    ),
}
"""Every sheet with its columns, in the order in which they are applied."""


@cache
def columns(sheet: Sheet) -> dict[str, Column]:
    """The columns of a sheet by name."""
    return {column.name: column for column in SHEETS[sheet]}


@cache
def place_of(sheet: Sheet) -> dict[str, int]:
    """Where each column's value stands in a decoded row; place 0 is the row number."""
    return {column.name: place for place, column in enumerate(SHEETS[sheet], start=1)}


def described(lang: str) -> str:
    """The tables of all sheets in Markdown, for docs/import.md.

    Args:
        lang: ``zh`` or ``en``.
    """
    zh = lang == "zh"
    head = "| 列 | 必填 | 内容 | 含义 |" if zh else "| column | required | holds | means |"
    lines: list[str] = []
    for sheet, sheet_columns in SHEETS.items():
        lines += [f"### `{sheet.value}` {sheet.zh if zh else sheet.en}", "", head, "|---|---|---|---|"]
        for column in sheet_columns:
            required = ("是" if zh else "yes") if column.required else ""
            holds = _holds(column.kind, zh=zh)
            lines.append(f"| `{column.name}` | {required} | {holds} | {column.zh if zh else column.en} |")
        lines.append("")
    return "\n".join(lines)


def _holds(kind: Kind, *, zh: bool) -> str:
    words = WORDS.get(kind)
    if words is None:
        return kind.zh if zh else kind.en
    return ("、" if zh else ", ").join(f"`{word.value}` {word.zh if zh else word.en}" for word in words)
