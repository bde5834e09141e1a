"""Refusals about changes of the tree; ``errors`` names them with all others."""

from dispatch.domain.refusal import Refusal


class TreeBusy(Refusal):
    """Somebody else changes the tree, or imports a county, right now."""

    code = "tree_busy"
    zh = "有人正在调整网格或导入数据，这一次没有改动。请过几分钟再提交。"
    en = "Somebody is changing the tree or importing right now, so nothing was changed. Send it again in some minutes."


class VersionNotFound(Refusal):
    """There is no such version of the tree."""

    code = "version_not_found"
    zh = "没有这次网格调整，没有改动。请从调整记录中选择。"
    en = "There is no such version of the tree, and nothing was changed. Choose one from the list."


class VersionOver(Refusal):
    """The version was applied or refused, so it can't be taken back."""

    code = "version_over"
    zh = "这次网格调整已生效或已被退回，不能撤回，没有改动。要改回去，请另登记一次调整。"
    en = "This version was applied or refused already, so nothing was changed. Ask for another change to undo it."
