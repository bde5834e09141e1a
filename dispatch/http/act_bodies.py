"""What clients send to do something to an order: one body an action, told apart by ``action``."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, model_validator
from pydantic_core import PydanticCustomError

from dispatch.domain.vocabulary import AppealSubject, Grade, ReturnReason, Rung
from dispatch.http.bodies import Body, CategoryCode, Code, Length, Line, Photos, Text
from dispatch.http.merging_bodies import Merge, Unmerge


class _Act(Body):
    version: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None


class Plain(_Act):
    """接单 and what needs nothing more; what only the system does is known here, and refused to everybody."""

    action: Literal["accept", "escalate", "submit", "warn", "retime", "pass_up", "transfer", "absorb"]


class Route(_Act):
    """分派: to a grid, under another category if the first was wrong, and to a certain unit at or above the grid."""

    action: Literal["route"]
    grid: Code
    category: CategoryCode | None = None
    unit: Code | None = None
    reason: Text | None = None


class Offer(_Act):
    """派单: to a member or to several, by their codes, or to whomever a rung of the ladder asks."""

    action: Literal["offer"]
    member: Code | None = None
    members: Annotated[list[Code], Field(min_length=1, max_length=50)] | None = None
    rung: Rung | None = None
    reason: Text | None = None

    @model_validator(mode="after")
    def _one_way(self) -> "Offer":
        if sum(way is not None for way in (self.member, self.members, self.rung)) != 1:
            raise PydanticCustomError(
                "one_way",
                "请只用一种方式写明派给谁：member、members 或 rung / give exactly one of member, members, rung",
                {"field": "member"},
            )
        return self


class WithReason(_Act):
    """婉拒, 撤回, 撤单, 恢复计时: a reason is welcome, none is owed."""

    action: Literal["decline", "recall", "withdraw", "resume"]
    reason: Text | None = None


class Reasoned(_Act):
    """交回, 重办, 销号, 等候群众: only with a reason."""

    action: Literal["hand_back", "reopen", "close", "pause"]
    reason: Text


class ContactMade(_Act):
    """联系群众: how, and a note for the house."""

    action: Literal["contact"]
    how: Literal["phone", "visit", "message"] = "phone"
    note: Text | None = None


class Note(_Act):
    """进展: the resident sees it unless it is internal."""

    action: Literal["note"]
    text: Text
    internal: bool = False


class Resolve(_Act):
    """办结: the answer is public, the note is for the house."""

    action: Literal["resolve"]
    answer: Text
    note: Text | None = None
    photos: Photos = ()


class Rate(_Act):
    """评价: one of five grades."""

    action: Literal["rate"]
    grade: Grade
    text: Text | None = None


class Redirect(_Act):
    """转告: where it belongs."""

    action: Literal["redirect"]
    to: Line
    reason: Text


class Supervise(_Act):
    """督办: a note to whoever has it, and the day on which the supervisor wants to hear of it again."""

    action: Literal["supervise"]
    text: Text
    on: date | None = None


class GiveBack(_Act):
    """退单: to the superior, with why, and who or what would be right; the reason is for the house."""

    action: Literal["return"]
    reason_code: ReturnReason
    reason: Text
    unit: Code | None = None
    category: CategoryCode | None = None


class Ask(_Act):
    """申请: of the superior; the reason for parking is the plan, and the resident reads it."""

    action: Literal["ask"]
    matter: Literal["extend", "complex", "park", "hold"]
    reason: Text
    amount: Length | None = None
    on: date | None = None

    @model_validator(mode="after")
    def _what_goes_with_it(self) -> "Ask":
        for field, matter, zh, en in (
            ("amount", "extend", "请写明延长多久，如 3d", "say by how much, such as 3d"),
            ("on", "park", "请写明复核日期，如 2026-12-01", "name the day on which it is taken up again"),
        ):
            given = getattr(self, field) is not None
            if given and self.matter != matter:
                raise PydanticCustomError(
                    "not_for_this", "这项申请没有这个字段 / not for this matter", {"field": field}
                )
            if not given and self.matter == matter:
                raise PydanticCustomError("missing_for_this", f"{zh} / {en}", {"field": field})
        return self


class Grant(_Act):
    """延期, 挂账, 会办停时: what was asked is granted; a reason is welcome, none is owed."""

    action: Literal["extend", "park", "hold"]
    reason: Text | None = None


class Decide(_Act):
    """驳回, 转复杂, 退回重办: only with a reason, which is for the house."""

    action: Literal["refuse", "complex", "review"]
    reason: Text


class Whistle(_Act):
    """吹哨: one unit is called to co-handle; what is wanted of it, within what time, and whether it must answer."""

    action: Literal["whistle"]
    unit: Code
    text: Text
    within: Length | None = None
    required: bool = True


_NUMBER = Annotated[int, Field(ge=1, le=1000)]


class AnswerCall(_Act):
    """会办答复: for the house; who speaks for several units that were called names which call it answers."""

    action: Literal["answer"]
    text: Text
    assist: _NUMBER | None = None


class Waive(_Act):
    """免会办: a co-handler's answer is done without."""

    action: Literal["waive"]
    assist: _NUMBER
    reason: Text


class FollowUp(_Act):
    """回访: whether the resident was reached; if so, whether it is solved, and what they say of it."""

    action: Literal["follow_up"]
    reached: bool
    solved: bool | None = None
    satisfied: bool | None = None
    text: Text | None = None

    @model_validator(mode="after")
    def _only_of_who_was_reached(self) -> "FollowUp":
        if self.reached and self.solved is None:
            raise PydanticCustomError(
                "solved_missing", "请填写问题是否已解决 / say whether it was solved", {"field": "solved"}
            )
        for field in ("solved", "satisfied"):
            if not self.reached and getattr(self, field) is not None:
                raise PydanticCustomError(
                    "not_reached", "没有联系上就不能填写 / nobody was reached who could say so", {"field": field}
                )
        return self


class Appeal(_Act):
    """申诉: against a false rating or an unfair overdue; two reviewers decide."""

    action: Literal["appeal"]
    subject: AppealSubject
    reason: Text


class Judge(_Act):
    """申诉复核: one reviewer's word."""

    action: Literal["judge"]
    upholds: bool
    reason: Text


class Urge(_Act):
    """催办: a word to whoever has it is welcome."""

    action: Literal["urge"]
    text: Text | None = None


Act = Annotated[
    Plain
    | Route
    | Offer
    | WithReason
    | Reasoned
    | ContactMade
    | Note
    | Resolve
    | Rate
    | Redirect
    | Supervise
    | GiveBack
    | Ask
    | Grant
    | Decide
    | Whistle
    | AnswerCall
    | Waive
    | FollowUp
    | Appeal
    | Judge
    | Urge
    | Merge
    | Unmerge,
    Field(discriminator="action"),
]
ACT: TypeAdapter[Act] = TypeAdapter(Act)
