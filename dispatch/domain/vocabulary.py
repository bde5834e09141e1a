"""The words of the service, each with its Chinese label and its English one; nobody spells a state by hand."""

from enum import StrEnum
from typing import Self


class Word(StrEnum):
    """A term of the domain: its value is what is stored and sent, ``zh`` and ``en`` are what people read."""

    zh: str
    en: str

    def __new__(cls, value: str, zh: str = "", en: str = "") -> Self:
        """Make the term from its stored value and its two labels."""
        word = str.__new__(cls, value)
        word._value_ = value
        word.zh = zh
        word.en = en
        return word


class State(Word):
    """Where an order stands in its life (工单状态)."""

    NEW = "new", "未提交", "not yet filed"
    RECEIVED = "received", "待受理", "received"
    ROUTED = "routed", "待派单", "waiting to be dispatched"
    OFFERED = "offered", "待接单", "offered to a member"
    ACCEPTED = "accepted", "办理中", "being handled"
    PARKED = "parked", "挂账", "parked"
    RESOLVED = "resolved", "待评价", "resolved, waiting for the resident"
    CLOSED = "closed", "已销号", "closed"
    WITHDRAWN = "withdrawn", "已撤单", "withdrawn"
    REDIRECTED = "redirected", "已转告", "redirected"
    MERGED = "merged", "已并单", "merged"


class Action(Word):
    """What can be done to an order (工单动作)."""

    SUBMIT = "submit", "点单", "submit"
    ROUTE = "route", "分派", "route"
    OFFER = "offer", "派单", "offer"
    ACCEPT = "accept", "接单", "accept"
    DECLINE = "decline", "婉拒", "decline"
    RECALL = "recall", "撤回", "recall"
    HAND_BACK = "hand_back", "交回", "hand back"
    CONTACT = "contact", "联系群众", "contact the resident"
    NOTE = "note", "进展", "note"
    RESOLVE = "resolve", "办结", "resolve"
    RATE = "rate", "评价", "rate"
    REOPEN = "reopen", "重办", "reopen"
    CLOSE = "close", "销号", "close"
    WITHDRAW = "withdraw", "撤单", "withdraw"
    REDIRECT = "redirect", "转告", "redirect"
    ESCALATE = "escalate", "升级", "escalate"
    SUPERVISE = "supervise", "督办", "supervise"
    WARN = "warn", "预警", "warn"
    PAUSE = "pause", "等候群众", "wait for the resident"
    RESUME = "resume", "恢复计时", "resume"
    RETIME = "retime", "重算时限", "compute the deadlines again"
    RETURN = "return", "退单", "return to the superior"
    ASK = "ask", "申请", "ask the superior for a decision"
    REFUSE = "refuse", "驳回", "refuse what was asked"
    PASS_UP = "pass_up", "上报审批", "pass an undecided request up"
    EXTEND = "extend", "延期", "extend"
    COMPLEX = "complex", "转复杂", "treat as complex"
    PARK = "park", "挂账", "park"
    HOLD = "hold", "会办停时", "stop the clock while a department answers"
    WHISTLE = "whistle", "吹哨", "call a unit to co-handle"
    ANSWER = "answer", "会办答复", "answer as co-handler"
    WAIVE = "waive", "免会办", "do without a co-handler's answer"
    MERGE = "merge", "并单", "merge into another order"
    ABSORB = "absorb", "收并", "take another order in"
    UNMERGE = "unmerge", "拆单", "take merged orders apart"
    FOLLOW_UP = "follow_up", "回访", "follow up with the resident"
    REVIEW = "review", "退回重办", "send the result back"
    APPEAL = "appeal", "申诉", "appeal"
    JUDGE = "judge", "申诉复核", "judge an appeal"
    URGE = "urge", "催办", "urge"
    TRANSFER = "transfer", "随网格调整", "carry over as the tree changed"


class Party(Word):
    """In what capacity somebody acts on one order; the lifecycle table grants actions to these."""

    RESIDENT = "resident", "群众本人或代点人", "the resident, or whoever filed for them"
    OFFEREE = "offeree", "被派党员", "the member it is offered to"
    INVITEE = "invitee", "抢单党员", "one of several members it is offered to"
    HANDLER = "handler", "承办人", "the member who handles it"
    SECRETARY = "secretary", "派单支部书记", "the secretary of the branch that holds it, or of one above"
    SUPERVISOR = "supervisor", "上级督办", "a supervisor above it"
    CO_HANDLER = "co_handler", "协办支部", "a branch that held it before"
    ASSISTANT = "assistant", "会办单位", "a unit that was called to co-handle"
    SUPERIOR = "superior", "办理支部以外的上级", "somebody above, outside the branch that handles it"
    DECIDER = "decider", "审批人", "who decides what was asked of the superior"
    SYSTEM = "system", "系统", "the system"


class Matter(Word):
    """What was asked of the superior and is not decided yet (待决事项)."""

    RETURN = "return", "退单", "a return"
    EXTEND = "extend", "延期", "an extension"
    COMPLEX = "complex", "转复杂", "to be treated as complex"
    PARK = "park", "挂账", "to be parked"
    HOLD = "hold", "会办停时", "that the clock stands still while a department answers"
    APPEAL = "appeal", "申诉", "an appeal"


class ReturnReason(Word):
    """Why a branch gives an order back to its superior (退单原因)."""

    OTHER_PLACE = "other_place", "不在本网格", "it lies elsewhere"
    OTHER_DEPARTMENT = "other_department", "属部门职责", "it is a department's matter"
    WRONG_CATEGORY = "wrong_category", "类别不符", "the category is wrong"
    BEYOND_MEANS = "beyond_means", "超出本级能力", "it is beyond our means"
    UNCLEAR = "unclear", "诉求不清、无法核实", "what is asked is unclear and can't be found out"


class AppealSubject(Word):
    """What an appeal is against (申诉事项); the fact itself stays on record."""

    RATING = "rating", "评价不实", "a false rating"
    OVERDUE = "overdue", "超时不当", "an unfair overdue"


class FollowUpWhy(Word):
    """Why an order is followed up (回访原因)."""

    DISSATISFIED = "dissatisfied", "不满意件", "the resident was dissatisfied"
    SAMPLE = "sample", "抽样", "drawn as a sample"


class Kind(Word):
    """What sort of order it is (工单种类): all share one life, its clocks and its ladder."""

    REQUEST = "request", "群众点单", "a resident's request"
    PROJECT_TASK = "project_task", "项目步骤", "the step of a project"
    PLEDGE = "pledge", "五诺", "a member's pledge"


class Role(Word):
    """What a person is, on one grid and for a time (角色)."""

    HEAD = "head", "联户长", "neighbours' head"
    MEMBER = "member", "党员", "member"
    GRID_WORKER = "grid_worker", "网格员", "grid worker"
    IN_SERVICE = "in_service", "双报到党员", "in-service member of a paired unit"
    DESK_OFFICER = "desk_officer", "部门承办人", "desk officer"
    SECRETARY = "secretary", "支部书记", "branch secretary"
    SUPERVISOR = "supervisor", "督办员", "supervisor"
    ADMINISTRATOR = "administrator", "管理员", "administrator"


class Urgency(Word):
    """How fast an order must move (紧急程度), from the mildest to the worst; complex is a tier of its own."""

    COMPLEX = "complex", "复杂", "complex"
    GENERAL = "general", "一般", "general"
    URGENT = "urgent", "紧急", "urgent"
    CRITICAL = "critical", "突发", "critical"


class Clock(Word):
    """What an order is waiting for, and until when (时限)."""

    ACCEPT = "accept", "接单", "accepted by a member"
    CONTACT = "contact", "联系群众", "resident contacted"
    RESOLVE = "resolve", "办结", "result submitted"
    RATE = "rate", "评价", "rated by the resident"
    DISPATCH = "dispatch", "派单窗口", "the secretary's window"
    OFFER = "offer", "接单窗口", "the member's window"
    REMIND = "remind", "挂牌督办提醒", "reminder of a listed order"
    RESUME = "resume", "等候群众", "the resident is waited for"
    DECIDE = "decide", "审批时限", "decided by the superior"
    ASSIST = "assist", "会办时限", "answered by a co-handler"
    REVIEW = "review", "挂账复核", "taken up again after being parked"
    SUPERVISE = "supervise", "督办期限", "the date a supervisor has set"
    ACCEPT_50 = "accept_50", "接单时限过半", "half of the time for acceptance has passed"
    ACCEPT_80 = "accept_80", "接单时限将到", "four fifths of the time for acceptance have passed"
    CONTACT_50 = "contact_50", "联系时限过半", "half of the time for contact has passed"
    CONTACT_80 = "contact_80", "联系时限将到", "four fifths of the time for contact have passed"
    RESOLVE_50 = "resolve_50", "办结时限过半", "half of the time for the result has passed"
    RESOLVE_80 = "resolve_80", "办结时限将到", "four fifths of the time for the result have passed"


class Rung(Word):
    """One way of asking members, a rung of the ladder of offers (派单阶梯)."""

    DIRECT = "direct", "定向派单", "offered to one member"
    GROUP = "group", "小组邀约", "offered to a few at once"
    POOL = "pool", "支部抢单", "open to every available member of the branch"
    SIBLINGS = "siblings", "兄弟支部与双报到党员", "open to sibling branches and to paired units"


class Mode(Word):
    """Whether a subtree lives by its ordinary rules or by those of an emergency (平急转换)."""

    NORMAL = "normal", "平时", "ordinary"
    EMERGENCY = "emergency", "急时", "emergency"


class Owner(Word):
    """Who a category belongs to (办理主体)."""

    MEMBER = "P", "党员", "member"
    GRID = "G", "网格", "grid"
    DEPARTMENT = "D", "部门", "department"
    ELSEWHERE = "X", "不归本系统", "outside this service"


class BranchKind(Word):
    """What sort of organisation sits on a grid (组织类型)."""

    COMMITTEE = "committee", "党委", "Party committee"
    GENERAL_BRANCH = "general_branch", "党总支", "general Party branch"
    BRANCH = "branch", "党支部", "Party branch"
    GROUP = "group", "党小组", "Party group"
    TEMPORARY = "temporary", "临时党支部", "temporary Party branch"
    DESK = "desk", "职能部门", "department desk"


class Grade(Word):
    """The resident's verdict (评价等级); the last two reopen the order."""

    VERY_SATISFIED = "very_satisfied", "非常满意", "very satisfied"
    SATISFIED = "satisfied", "满意", "satisfied"
    FAIR = "fair", "基本满意", "fairly satisfied"
    DISSATISFIED = "dissatisfied", "不满意", "dissatisfied"
    VERY_DISSATISFIED = "very_dissatisfied", "非常不满意", "very dissatisfied"


class ContactReason(Word):
    """Why somebody looks at how the resident is reached (查看联系方式的事由); the resident reads it."""

    CALL = "call", "打电话联系", "to call"
    VISIT = "visit", "上门办理", "to visit"
    OTHER = "other", "其他", "other"


MILESTONES = (Clock.ACCEPT, Clock.CONTACT, Clock.RESOLVE)
"""The clocks of 13710 that are promised to the resident; the others are windows inside the house."""

WARNINGS: dict[Clock, tuple[tuple[Clock, int], ...]] = {
    Clock.ACCEPT: ((Clock.ACCEPT_50, 50), (Clock.ACCEPT_80, 80)),
    Clock.CONTACT: ((Clock.CONTACT_50, 50), (Clock.CONTACT_80, 80)),
    Clock.RESOLVE: ((Clock.RESOLVE_50, 50), (Clock.RESOLVE_80, 80)),
}
"""When it is warned that a milestone draws near: the clock, and the share of the time that has passed, in percent."""

_WARNING_CLOCKS = frozenset(warning for pair in WARNINGS.values() for warning, _ in pair)

GIVEN = frozenset({Clock.REVIEW, Clock.SUPERVISE})
"""The clocks whose end somebody names."""

TIMED = tuple(clock for clock in Clock if clock not in _WARNING_CLOCKS | GIVEN)
"""The clocks whose length the policy sets; a warning's is a share of its milestone's."""

STANDSTILLS = {
    Action.PAUSE: ("等候群众", "waiting for the resident"),
    Action.HOLD: ("等候部门会办", "waiting for a department"),
    Action.PARK: ("挂账", "parked"),
}
"""What lets the clocks of the promise stand still, and how an explanation says so in Chinese and in English."""

SERVING = frozenset({Role.MEMBER, Role.GRID_WORKER, Role.IN_SERVICE, Role.DESK_OFFICER})
"""The roles in which orders are handled."""

WORKED_ON = (State.ROUTED, State.OFFERED, State.ACCEPTED, State.PARKED)
"""The states of an order that has its place and is not at its end."""

OPEN_STATES = frozenset({State.RECEIVED, *WORKED_ON})
"""The states in which somebody still owes the resident something."""
