"""The words for what becomes of grids, branches and outlines as the tree changes, in both languages."""

from dispatch.domain.vocabulary import Word


class OpWord(Word):
    """What is done to a grid, in both languages."""

    RENAME = "rename", "更名", "rename"
    RECODE = "recode", "换代码", "new code"
    MOVE = "move", "划转", "move"
    CLOSE = "close", "撤销", "close"
    MERGE = "merge", "合并", "merge"
    SPLIT = "split", "拆分", "split"


class TreeState(Word):
    """What became of a version of the tree."""

    WAITING = "waiting", "待生效", "waits for its day"
    APPLIED = "applied", "已生效", "applied"
    REFUSED = "refused", "未能生效", "could not be applied"
    CANCELLED = "cancelled", "已撤回", "taken back"


class GridFate(Word):
    """What becomes of a grid."""

    NAMED = "named", "更名或换代码", "another name or code"
    MOVED = "moved", "划转", "another superior"
    DIVIDED = "divided", "划出一部分", "a part is split off"
    CLOSED = "closed", "撤销", "closed"


class BranchFate(Word):
    """What becomes of a branch on a closed grid."""

    MOVED = "moved", "随迁到承接的网格", "moves to the successor"
    TAKEN_IN = "taken_in", "并入承接网格的同类组织", "taken in by the unit there"


class OutlineFate(Word):
    """What becomes of an outline."""

    TOLD = "told", "按文件", "as in the file"
    UNITED = "united", "合并边界", "united"
    CUT = "cut", "减去划出的部分", "without the parts split off"
