"""Refusals in the words of the domain: a stable code, what happened and what to do next; no HTTP in here."""

# ruff: noqa: I001, PLC0414 - whoever raises or catches a refusal finds all of them in here, in one list

from dispatch.domain.cooperation_errors import (
    AlreadyAsked as AlreadyAsked,
    AnswersOpen as AnswersOpen,
    ExtendedBefore as ExtendedBefore,
    NobodyAbove as NobodyAbove,
    NotMerged as NotMerged,
    NothingToAppeal as NothingToAppeal,
    ReturnsBinding as ReturnsBinding,
    ReviewPassed as ReviewPassed,
    TooLateToExtend as TooLateToExtend,
    UrgedToday as UrgedToday,
)
from dispatch.domain.project_errors import (
    NoSteps as NoSteps,
    ProjectClosed as ProjectClosed,
    ProjectNotFound as ProjectNotFound,
    StepsOpen as StepsOpen,
    TooManySteps as TooManySteps,
)
from dispatch.domain.refusal import Refusal as Refusal
from dispatch.domain.tree_errors import (
    TreeBusy as TreeBusy,
    VersionNotFound as VersionNotFound,
    VersionOver as VersionOver,
)


class Invalid(Refusal):
    """The request's fields are wrong; ``faults`` lists all of them: {field, zh, en}."""

    code = "invalid"
    zh = "填写的内容有误，没有保存任何内容。请按下面逐项改正后再提交。"
    en = "Some fields are not right and nothing was saved. Mend the ones listed below and send it again."

    def __init__(self, *faults: dict[str, str]) -> None:
        super().__init__(faults=list(faults))


class OrderNotFound(Refusal):
    """There is no such order."""

    code = "order_not_found"
    zh = "没有找到这个工单。请核对单号：前六位是县代码，最后一位是校验码。"
    en = "There is no such order. Check the number: it begins with the county's code and ends with a check digit."


class PhotoNotFound(Refusal):
    """The order has no such photo, or has it no more."""

    code = "photo_not_found"
    zh = "没有找到这张照片：工单办结 180 天后，照片会按规定删除。工单本身不受影响。"
    en = "There is no such photo: 180 days after an order has ended its photos are erased. The order itself stands."


class WrongQueryCode(Refusal):
    """The query code does not belong to the order."""

    code = "wrong_query_code"
    zh = "查询码不对。请核对点单成功时给您的 8 位查询码。"
    en = "That query code does not fit this order. Check the eight digits given when it was filed."


class NotYours(Refusal):
    """The actor may not do this, or see this."""

    code = "not_yours"
    zh = "这个操作不归您办理，没有改动。如认为有误，请联系上级；党员请联系所在支部书记。"
    en = (
        "This is not yours to do, and nothing was changed. If that seems wrong, ask whoever is above you; "
        "members ask their branch secretary."
    )


class NotNow(Refusal):
    """The order's present state does not allow the action; data: state, version."""

    code = "not_now"
    zh = "工单现在是「{state_zh}」，现在不能做「{action_zh}」；工单没有改变。请刷新后再看。"
    en = (
        "The order is now '{state_en}', so this can't be done now: {action_en}. Nothing changed; reload and look again."
    )


class Stale(Refusal):
    """The order was changed since it was read, by whomever; data: version (the present one), state."""

    code = "stale"
    zh = "这一单刚有了变化（可能是您在别处操作的），这次的操作没有保存。请刷新，看最新情况再决定。"
    en = (
        "This order has just changed, perhaps by what you did elsewhere, and this was not saved. Reload, see how it "
        "stands now, then decide."
    )


class Taken(Refusal):
    """Of several who were asked somebody else accepted first; data: version, state."""

    code = "taken"
    zh = "这一单已由其他同志接下，不必再接，谢谢您。您的其他工单不受影响；回到列表可看到仍待接的工单。"
    en = "Somebody else accepted this order first, thank you; nothing of yours changed. Others wait in your list."


class PolicyMoved(Refusal):
    """Another administrator changed the policy since it was read; data: version (the present one)."""

    code = "policy_moved"
    zh = "您读取之后，别人先一步改动了规则，您的改动没有保存。请重新读取（现在是第 {version} 版），核对后再提交。"
    en = (
        "Somebody changed the policy after you had read it, and your change was not saved. Read it again (now version "
        "{version}), see whether your change still fits, and send it with that version."
    )


class NoWorkingDays(Refusal):
    """A calendar would have no working time for a whole year."""

    code = "no_working_days"
    zh = "这样改，会有整整一年没有工作日，限时事项将永远到不了期；没有改动。请至少留下一个工作日。"
    en = "That would leave a whole year without a working day, and nothing could ever fall due; nothing was changed."


class EmergencyNotFound(Refusal):
    """There is no such emergency among those the reader may see."""

    code = "emergency_not_found"
    zh = "没有找到这次平急转换，没有改动。请从列表中选择。"
    en = "There is no such emergency, and nothing was changed. Choose one from the list."


class EmergencyOver(Refusal):
    """The emergency is over, so it can neither be ended nor extended; data: at."""

    code = "emergency_over"
    zh = "这次平急转换已于 {at} 结束，一切已恢复平时状态；没有改动。如需要，请重新启动一次。"
    en = "This emergency was over at {at} and all is as in ordinary times; nothing was changed. Declare a new one."


class EmergencyOverlaps(Refusal):
    """Another emergency holds in a nested subtree at the same time; data: id, grid, starts_at, ends_at."""

    code = "emergency_overlaps"
    zh = (
        "网格 {grid} 在 {starts_at} 至 {ends_at} 已有平急转换（编号 {id}），不能重叠；没有改动。"
        "请延长或先结束那一次，或另选时间。"
    )
    en = (
        "Grid {grid} has an emergency (number {id}) from {starts_at} to {ends_at}, and two can't overlap; nothing was "
        "changed. Extend or end that one first, or choose another time."
    )


class NotInEmergency(Refusal):
    """Orders are spread over members only in an emergency; data: grid."""

    code = "not_in_emergency"
    zh = "网格 {grid} 现在是平时状态，工单由派单阶梯逐级询问，不需要批量派单；没有改动。如确属突发，请先启动平急转换。"
    en = (
        "Grid {grid} is in ordinary times, when the ladder of offers asks members one by one; nothing was offered. "
        "In an emergency, declare it first."
    )


class WaitedBefore(Refusal):
    """The one pause of this order was used."""

    code = "waited_before"
    zh = "每一单只能等候群众一次，这一单已经等候过；没有改动，时限照常计算。来不及的，可交回或请书记另派。"
    en = "An order waits for the resident once, and this one has; nothing changed. Hand it back if there is no time."


class OfferEnded(Refusal):
    """Somebody answers an offer that is over, while others are asked; data: version, state."""

    code = "offer_ended"
    zh = "给您的这次邀约已结束，工单正在询问其他同志，您不必再处理。您的其他工单不受影响。"
    en = "This offer to you is over and others are being asked: nothing is left for you to do, and nothing changed."


class BatchUnderWay(Refusal):
    """Another batch of the same emergency is being spread at this moment; data: grid."""

    code = "batch_under_way"
    zh = "网格 {grid} 正在进行另一次批量派单，这一次没有派单。请稍候用同一个 Idempotency-Key 重试，不会重复派单。"
    en = (
        "Another batch is being spread around grid {grid}, so nothing was offered by this one. Try again in a moment "
        "with the same Idempotency-Key: no order will be offered twice."
    )


class KeyReused(Refusal):
    """The Idempotency-Key was used before with another body."""

    code = "key_reused"
    zh = "这个 Idempotency-Key 已用于另一份内容。原工单保持不变；新内容请换一个新的键。"
    en = "This Idempotency-Key was used with another body. The first order stands; use a new key for a new request."


class Unauthenticated(Refusal):
    """Nobody is logged in, or the token is unknown or has run out."""

    code = "unauthenticated"
    zh = "请先登录：令牌缺失、无效或已过期。查自己的工单不用登录，请在 X-Query-Code 里填写查询码。"
    en = (
        "Please log in: the token is missing, unknown or has run out. "
        "To follow your own order no login is needed: give its query code in X-Query-Code."
    )


class WrongPassword(Refusal):
    """Phone and password do not fit."""

    code = "wrong_password"
    zh = "手机号或密码不对。请重试，或请管理员重设密码。"
    en = "Phone and password do not fit. Try again, or ask an administrator for a new password."


class TooMany(Refusal):
    """Too many tries; data: seconds to wait."""

    code = "too_many"
    zh = "尝试次数过多，请 {seconds} 秒后再试。"
    en = "Too many tries. Please wait {seconds} seconds."


class GridNotFound(Refusal):
    """There is no such grid; data: grid, the code asked for."""

    code = "grid_not_found"
    zh = "没有找到网格 {grid}。请核对网格代码。"
    en = "There is no grid {grid}. Check its code."


class PersonNotFound(Refusal):
    """There is nobody of that code where the administrator answers for."""

    code = "person_not_found"
    zh = "在您所管的网格里没有找到这个人。请核对人员编码；新的人员由导入登记。"
    en = "There is nobody of that code where you administer. Check the code; new people come with an import."


class LeaveNotFound(Refusal):
    """The person has no such leave before them."""

    code = "leave_not_found"
    zh = "没有找到这段请假：可能已经结束或已经取消。您登记的其他请假保持不变，请刷新后再看。"
    en = "There is no such leave of yours: it may be over or ended already. Your others stand; reload and look again."


class BrokenBody(Refusal):
    """The body cannot be read at all; data: zh_detail, en_detail."""

    code = "broken_body"
    zh = "请求内容无法读取：{zh_detail}。没有保存任何内容。"
    en = "The body cannot be read: {en_detail}. Nothing was saved."


class WrongContentType(Refusal):
    """The body is not JSON, or for a photo no picture."""

    code = "wrong_content_type"
    zh = (
        "请用 Content-Type: application/json 发送 UTF-8 的 JSON；照片用 image/jpeg、image/png 或 image/webp。"
        "没有保存任何内容。"
    )
    en = (
        "Send UTF-8 JSON with Content-Type: application/json, or a photo as image/jpeg, image/png or image/webp. "
        "Nothing was saved."
    )


class TooLarge(Refusal):
    """The body is larger than the service takes; data: limit, in bytes."""

    code = "too_large"
    zh = "内容太大（上限 {limit} 字节），没有保存。请缩短后再提交。"
    en = "That is too large (at most {limit} bytes) and was not saved. Make it shorter and send it again."


class BodyTooSlow(Refusal):
    """The body did not arrive whole in the time the service waits for it; data: limit, in seconds."""

    code = "body_too_slow"
    zh = "内容在 {limit} 秒内没有传完，没有保存。请检查网络后重新发送。"
    en = "The body did not arrive within {limit} seconds and nothing was saved. Check the network and send it again."


class NoCounty(Refusal):
    """No county was imported yet, so nothing can be filed or looked up."""

    code = "no_county"
    zh = "系统还没有导入县的资料，暂时不能受理。请管理员先运行 grid-dispatch import。"
    en = "No county has been imported yet, so nothing can be taken in: run grid-dispatch import first."


class NoRoom(Refusal):
    """The disk on which files are kept while they are checked is full."""

    code = "no_room"
    zh = "服务器上放临时文件的磁盘满了，文件没有收下，什么都没有改动。请联系运维人员清理磁盘，重新选择文件再试。"
    en = (
        "The server's disk for temporary files is full: these files were not taken and nothing was changed. Have the "
        "server's administrator make room, then choose the files and try again."
    )


class Unavailable(Refusal):
    """The database does not answer at the moment; data: seconds to wait."""

    code = "unavailable"
    zh = "系统暂时连不上数据库，请 {seconds} 秒后用同一个 Idempotency-Key 重试，不会重复登记。"
    en = "The database is out of reach. Try again in {seconds} s with the same Idempotency-Key: it won't be doubled."


def fault(field: str, zh: str, en: str) -> dict[str, str]:
    """Return one fault of an ``Invalid`` refusal."""
    return {"field": field, "zh": zh, "en": en}
