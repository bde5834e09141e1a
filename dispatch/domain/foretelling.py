"""A step that lies ahead as a sentence for a person, in Chinese and English, with its time."""

from datetime import datetime

from dispatch.domain.kinds import ways
from dispatch.domain.order import Event, Order
from dispatch.domain.timing import tier_of
from dispatch.domain.vocabulary import Action, Clock, Rung, State
from dispatch.domain.world import World
from grid_model.durations import Unit
from grid_model.hours import WorkingCalendar

Words = tuple[str, str]
"""Chinese and English."""


def sentence(event: Event, after: Order, now: datetime, world: World) -> Words:
    """Say what happens with an event of the system's, and when; ``after`` is the order as it is left at that moment."""
    zh, en = _what(event, after, now, world)
    at_zh, at_en = moment(event.at, now, world.calendar_at(after.grid_id))
    return f"{at_zh} {zh}", f"{at_en}: {en}"


def moment(at: datetime, now: datetime, calendar: WorkingCalendar) -> Words:
    """Say a time on the clocks of the zone; the year is said where it is not the present one."""
    local = calendar.local(at)
    zh, en = f"{local.month}月{local.day}日 {local:%H:%M}", f"{local.day} {_MONTHS[local.month - 1]} {local:%H:%M}"
    if local.year == calendar.local(now).year:
        return zh, en
    return f"{local.year}年{zh}", f"{local.day} {_MONTHS[local.month - 1]} {local.year} {local:%H:%M}"


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_STILL: dict[str | None, Words] = {
    Clock.ACCEPT.value: ("仍无人接单", "still nobody has accepted"),
    Clock.CONTACT.value: ("仍未联系群众", "the resident is still not contacted"),
    Clock.RESOLVE.value: ("仍未办结", "it is still not resolved"),
}

_PLAIN: dict[Action, Words] = {
    Action.RECALL: ("接单窗口已过，无人接单", "the window has passed and nobody has accepted"),
    Action.CLOSE: ("群众未在期限内评价，销号", "the resident has not rated it in time, so it is closed"),
    Action.RESUME: ("等候期满，恢复计时", "the wait is over, and the clocks run again"),
    Action.RETIME: ("平急转换，重算时限", "an emergency begins or ends, and the deadlines are reckoned anew"),
}


def _what(event: Event, after: Order, now: datetime, world: World) -> Words:
    if event.action is Action.OFFER:
        return _asked(event, now, world.calendar_at(after.grid_id))
    if event.action is Action.NOTE:
        return _nobody(event, after)
    if event.action is Action.WARN:
        clock, percent = Clock(event.data["milestone"]), event.data["percent"]
        return f"{clock.zh}时限已过 {percent}%，预警", f"{percent} % of the time has passed ({clock.en}): a warning"
    aside = _aside(event, world)
    if aside is not None:
        return aside
    if event.action in (Action.ESCALATE, Action.SUPERVISE):
        return _risen(event, after, world)
    return _PLAIN.get(event.action, (event.action.zh, event.action.en))


def _nobody(event: Event, after: Order) -> Words:
    if ways(after.kind).named:
        return "提醒书记落实责任人", "the secretary is told that nobody has taken it on"
    zh, en = "已没有可询问的人", "nobody is left to ask"
    if Clock.ACCEPT.value in event.data["clocks"]:
        return f"{zh}，待接单时限届满", f"{en} until the time for acceptance is over"
    return zh, en


def _aside(event: Event, world: World) -> Words | None:
    """What happens beside the straight way: a decision, an answer, a day that somebody has set."""
    told = "、".join(_name(branch, world) for branch in event.data.get("tell", ()))
    if event.action is Action.PASS_UP:
        return f"仍未审批，报{told}", f"it is still undecided and passed to {told}"
    missed = event.data.get("missed")
    if missed == Clock.ASSIST.value:
        return f"会办答复仍未到，提醒{told}", f"the co-handler's answer is still missing: {told} is reminded"
    if missed == Clock.SUPERVISE.value:
        return "督办期限已到，提醒督办单位", "the day set by the supervisor has come, and they are reminded"
    if event.action is Action.RESUME and event.from_state is State.PARKED:
        return "挂账复核日已到，恢复办理", "the day of review has come, and it is taken up again"
    return None


def _asked(event: Event, now: datetime, calendar: WorkingCalendar) -> Words:
    rung, count = Rung(event.data["kind"]), len(event.data["offered"])
    zh, en = f"{rung.zh}，询问 {count} 人", f"{rung.en}, {count} asked"
    until = event.data["clocks"].get(Clock.OFFER.value)
    if until is not None:
        to_zh, to_en = moment(datetime.fromisoformat(until), now, calendar)
        return f"{zh}，等到 {to_zh}", f"{en}, until {to_en}"
    if Clock.ACCEPT.value in event.data["clocks"]:
        return f"{zh}，等到接单时限届满", f"{en}, until the time for acceptance is over"
    return f"{zh}，一直有效", f"{en}, for as long as it takes"


def _risen(event: Event, after: Order, world: World) -> Words:
    missed = event.data.get("missed")
    held, supervising = (_name(branch, world) for branch in (event.branch_id, event.data["supervisor"]))
    if missed == Clock.REMIND.value:
        every_zh, every_en = _every(event, after, world)
        return (
            f"挂牌督办，提醒{supervising}，此后{every_zh}提醒一次",
            f"{supervising} is reminded of the listed order, and from then on {every_en}",
        )
    zh, en = _STILL.get(missed, _STILL[Clock.ACCEPT.value])
    if event.to_state is State.RECEIVED:
        zh, en = "仍未分派", "it is still not routed"
    if event.data.get("listed"):
        return f"{zh}，已到最高一级{supervising}，挂牌督办", f"{en}; {supervising} is the highest level: it is listed"
    if event.action is Action.ESCALATE and event.to_state is not State.ACCEPTED:
        return f"{zh}，升级至{held}", f"{en}; it rises to {held}"
    return f"{zh}，督办升至{supervising}", f"{en}; its supervision rises to {supervising}"


def _every(event: Event, after: Order, world: World) -> Words:
    length = world.length(Clock.REMIND, tier_of(after), event.at)
    if length.unit is Unit.WORKING_MORNING:
        return "每个工作日上午", "every working morning"
    return f"每隔 {length.label('zh')}", f"every {length.label('en')}"


def _name(branch_id: int | None, world: World) -> str:
    return "—" if branch_id is None else world.branches.get(branch_id).name
