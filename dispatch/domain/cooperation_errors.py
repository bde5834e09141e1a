"""Refusals where branches, superiors and co-handlers work together; ``errors`` names them with all others."""

from dispatch.domain.refusal import Refusal


class AlreadyAsked(Refusal):
    """Something else waits for the superior's decision; data: matter_zh, matter_en."""

    code = "already_asked"
    zh = "这一单有一项「{matter_zh}」正等上级审批，没有再提交。请等它有了结果再申请别的。"
    en = "A decision on {matter_en} is waited for, so nothing else was asked. Wait until that one is decided."


class ReturnsBinding(Refusal):
    """It was returned as often as it may be; data: most."""

    code = "returns_binding"
    zh = "这一单已退过 {most} 次，上级的分派为最终决定，不能再退；没有改动。确实办不了的，可请上级会办、延期或挂账。"
    en = (
        "This order was returned {most} times, so the superior's decision binds and nothing was changed. Where it is "
        "beyond your means, call other units, or ask for more time or for parking."
    )


class NobodyAbove(Refusal):
    """There is no superior to return it to."""

    code = "nobody_above"
    zh = "这里已是最上一级，没有上级可退；没有改动。可改派、吹哨请部门会办，或申请挂账。"
    en = "This is the top level: there is nobody above to return it to, and nothing was changed. Route or dispatch it."


class ExtendedBefore(Refusal):
    """It was extended as often as it may be; data: most."""

    code = "extended_before"
    zh = "每一单最多延期 {most} 次，这一单已用完；没有改动。确实办不完的，可申请转复杂或挂账。"
    en = "An order is extended {most} times at most, and this one was; nothing changed. Ask for parking instead."


class TooLateToExtend(Refusal):
    """The promise has passed, or stands still."""

    code = "too_late_to_extend"
    zh = "延期须在办结时限到期之前、计时进行中申请；这一单现在不能延期，没有改动。请抓紧办理，或申请挂账。"
    en = (
        "An extension is asked for before the deadline, while the clock runs; nothing changed. Ask for parking instead."
    )


class ReviewPassed(Refusal):
    """The day until which it was to be parked has passed."""

    code = "review_passed"
    zh = "申请的复核日期已过，不能按它挂账；没有改动。请驳回，由承办人重新申请。"
    en = "The day it was to be parked until has passed, so nothing was changed. Refuse it and let them ask anew."


class AnswersOpen(Refusal):
    """Co-handlers have not answered yet; data: units_zh, units_en."""

    code = "answers_open"
    zh = "{units_zh} 的会办答复还没有来，不能办结；您填写的内容没有提交。请催促会办单位，或请上级免会办。"
    en = (
        "{units_en} has yet to answer as co-handler, so the result was not submitted. Ask them, or let the superior do "
        "without their answer."
    )


class NotMerged(Refusal):
    """The two orders are not merged."""

    code = "not_merged"
    zh = "这两个工单没有并在一起，没有改动。请刷新后再看。"
    en = "These two orders are not merged, and nothing was changed. Reload and look again."


class NothingToAppeal(Refusal):
    """There is no such fact, or it was appealed against before; data: subject_zh, subject_en."""

    code = "nothing_to_appeal"
    zh = "这一单没有可申诉的「{subject_zh}」，或已申诉过一次；没有改动。"
    en = "There is no such fact ({subject_en}) to appeal against, or it was appealed before; nothing was changed."


class UrgedToday(Refusal):
    """The resident has urged today already."""

    code = "urged_today"
    zh = "今天已经催办过，承办一方看得到。每天可催办一次，明天可再催；也可以补充说明情况。"
    en = "You have urged today and whoever has it sees that. You may urge once a day; a note can be added at any time."
