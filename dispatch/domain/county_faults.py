"""What can be wrong with a county's files: every reason in both languages, and one fault with its place."""

from dataclasses import dataclass

WHOLE_SHEET = 0
"""The row number of a fault that belongs to a whole sheet or file."""

REASONS: dict[str, tuple[str, str]] = {
    # files and sheets
    "unreadable": ("无法读取：{0}", "cannot be read: {0}"),
    "not_utf8": ("不是 UTF-8 编码（请另存为“CSV UTF-8”）", "is not UTF-8 (save it as “CSV UTF-8”)"),
    "not_workbook": ("不是 .xlsx 工作簿，也不是目录", "is neither an .xlsx workbook nor a directory"),
    "no_such_path": ("文件或目录不存在", "does not exist"),
    "unknown_sheet": ("不认识的表“{0}”", "unknown sheet “{0}”"),
    "missing_sheet": ("缺少必需的表", "this sheet is required and missing"),
    "empty_sheet": ("没有表头", "has no header row"),
    "unknown_column": ("不认识的列“{0}”", "unknown column “{0}”"),
    "missing_column": ("缺少必需的列“{0}”", "the required column “{0}” is missing"),
    "duplicate_column": ("列“{0}”重复出现", "column “{0}” occurs twice"),
    "wrong_width": ("应有 {0} 格，实有 {1} 格", "{0} cells expected, {1} found"),
    # cells
    "required": ("“{0}”不能为空", "“{0}” must not be empty"),
    "too_long": ("“{0}”超过 {1} 个字", "“{0}” is longer than {1} characters"),
    "control_characters": ("“{0}”含有控制字符", "“{0}” holds control characters"),
    "bad_code": ("“{0}”不能含空格或标点“{1}”", "“{0}” must not hold spaces or “{1}”"),
    "lost_digits": (
        "“{0}”是数字格式且超过 15 位，Excel 已丢失末位；请把该列设为文本",
        "“{0}” is a number of more than 15 digits, Excel has lost the last ones; make the column text",
    ),
    "bad_number": ("“{0}”应为 {1}–{2} 的整数：{3}", "“{0}” must be a whole number from {1} to {2}: {3}"),
    "bad_phone": ("电话格式不对：{0}", "malformed phone: {0}"),
    "bad_date": ("“{0}”不是 年-月-日 日期：{1}", "“{0}” is not a date YYYY-MM-DD: {1}"),
    "dates_reversed": ("截止日期早于起始日期", "valid_to is before valid_from"),
    "unknown_word": ("“{0}”只能是 {1}：{2}", "“{0}” must be one of {1}: {2}"),
    "too_many": ("“{0}”超过 {1} 项", "“{0}” has more than {1} items"),
    "bad_geometry": ("多边形无效：{0}", "malformed geometry: {0}"),
    # between rows
    "duplicate_code": ("编码 {0} 与第 {1} 行重复", "code {0} is also in row {1}"),
    "duplicate_role": ("与第 {0} 行是同一角色", "the same role is also in row {0}"),
    "duplicate_phone": ("电话与第 {0} 行重复", "the phone is also in row {0}"),
    "phone_taken": ("电话已属于人员 {0}", "the phone belongs to person {0}"),
    "unknown_parent": ("上级 {0} 不存在", "parent {0} does not exist"),
    "cycle": ("上下级成环：{0}", "its superiors run in a circle: {0}"),
    "two_roots": ("不止一个根（没有上级的网格）：{0}", "more than one root (grid without a parent): {0}"),
    "no_root": ("没有根（没有上级的网格）", "there is no root (grid without a parent)"),
    "level_order": ("层级必须大于上级的层级：{0}", "its level must be greater than its parent's: {0}"),
    "same_prefix": (
        "工单号以编码前六位数字开头：{0}，与网格 {1} 相同",
        "order numbers begin with the first six digits of its code, {0}, as those of grid {1} do",
    ),
    "unknown_grid": ("网格 {0} 不存在", "grid {0} does not exist"),
    "unknown_person": ("人员 {0} 不存在", "person {0} does not exist"),
    "unknown_branch": ("组织 {0} 不存在", "branch {0} does not exist"),
    "unknown_category": ("事项类别 {0} 不存在", "category {0} does not exist"),
    "unknown_carer": ("包联人员 {0} 不存在", "carer {0} does not exist"),
    # changes of the tree
    "no_change": ("没有任何变更", "there is no change in it"),
    "needed_for": ("“{1}”必须填写“{0}”", "“{1}” needs “{0}”"),
    "not_for": ("“{1}”不用填写“{0}”", "“{1}” takes no “{0}”"),
    "closed_grid": ("网格 {0} 已经撤销", "grid {0} is closed already"),
    "changed_twice": ("网格 {0} 有互相重复或矛盾的变更", "grid {0} is changed twice, or in two ways at once"),
    "code_taken": ("代码 {0} 已有网格使用", "code {0} belongs to another grid"),
    "name_needed": ("新建的网格 {0} 需要名称", "the new grid {0} needs a name"),
    "parent_closed": ("上级 {0} 已撤销或将撤销", "its superior {0} is closed, or will be"),
    "successor_closed": ("承接的网格 {0} 已撤销或将撤销，或就是它自己", "its successor {0} is closed, or it is itself"),
    "nested": ("网格有上下级关系，不能这样合并或撤销：{0}", "one of the grids lies below the other: {0}"),
    "root_changed": ("根网格 {0} 不能划转、撤销、合并或拆分", "the root {0} can't be moved, closed, merged or split"),
    "region_changed": (
        "县级网格 {0} 不能撤销、合并或拆分：工单号以它的代码开头",
        "the county {0} can't be closed, merged or split: its orders' numbers begin with its code",
    ),
    "other_region": ("不能划到另一个县：{0}", "a grid can't come into another county: {0}"),
    "children_left": (
        "拆分后下级 {0} 没有上级，请写明划到哪里（move）",
        "say by move under what {0} lies after the split",
    ),
    "renumbers": (
        "换代码后工单号会变：县级网格 {0} 的前六位不能改为 {1}",
        "the first six digits of {0} begin the numbers of its orders and can't become those of {1}",
    ),
    "code_moved": (
        "代码 {0} 现在是另一个网格的，与登记时不同",
        "the code {0} belongs to another grid than when this was asked for",
    ),
    "asker_gone": (
        "登记的人现在不再管理所涉的全部网格；请由现任管理员重新登记",
        "whoever asked for this no longer administers all it touches; let somebody who does ask again",
    ),
    "recoded_grid": (
        "代码 {0} 已换成 {1}；请按现行代码修改文件",
        "the code {0} has become {1}; write the present one into the file",
    ),
    "in_emergency": ("网格 {0} 的平急转换还没有结束", "the emergency at grid {0} is not over"),
}
"""Reason -> what a person reads in Chinese and in English; {n} are details of the place."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in one row of one sheet, as the user finds it in the file.

    ``row`` counts the header as 1 (features of a GeoJSON file from 1), and is WHOLE_SHEET for a sheet or a file.
    """

    sheet: str
    row: int
    reason_key: str
    zh: str
    en: str


LOST_DIGITS = "\N{INFORMATION SEPARATOR ONE}"
"""Ends the text of a number whose last digits Excel has lost; the reader puts it there, the decoder refuses it."""


class BadCellError(Exception):
    """One cell that cannot be decoded: a reason and its details."""

    def __init__(self, reason_key: str, *details: object) -> None:
        super().__init__(reason_key, *details)
        self.reason_key = reason_key
        self.details = details


class UnreadableError(Exception):
    """A file that breaks off before its end; it carries the fault."""

    def __init__(self, found: Fault) -> None:
        super().__init__(found.en)
        self.found = found


def fault(sheet: str, row: int, reason_key: str, *details: object) -> Fault:
    """A fault with its sentences filled in; what came from the file is quoted short and without control characters.

    A detail that is a tuple lists words of ours, and all of them are shown.
    """
    shown = tuple(" ".join(detail) if isinstance(detail, tuple) else quoted(detail) for detail in details)
    zh, en = REASONS[reason_key]
    return Fault(str(sheet), row, reason_key, zh.format(*shown), en.format(*shown))


def quoted(value: object, limit: int = 60) -> str:
    """The text of a value, fit to be printed on one line of a terminal."""
    text = str(value)
    text = text if len(text) <= limit else text[:limit] + "…"
    return text if text.isprintable() else "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
