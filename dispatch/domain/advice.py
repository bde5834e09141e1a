"""What a resident is told at once: danger to life, and matters that are not this service's (DOMAIN §4.4)."""

from dispatch.domain.vocabulary import State

Words = tuple[str, str]
"""Chinese and English."""

_DANGER = (
    "如有生命危险，请立即拨打：报警 110、火警 119、急救 120、交通事故 122。本系统不能代替紧急电话。",
    "If life is in danger call now: police 110, fire 119, ambulance 120, traffic 122. This service can't replace them.",
)
_PETITION = (
    "信访、诉讼、仲裁事项请到当地信访局、人民法院或仲裁机构办理，可拨打 12345 咨询。",
    "Petitions go to the petition office, lawsuits to the court; 12345 tells you which.",
)
_DISCIPLINE = (
    "党员干部违纪违法问题请拨打 12388 或通过纪检监察机关反映。",
    "Breaches of discipline are reported to the inspection bodies, telephone 12388.",
)
_SECRET = (
    "涉密、涉隐私事项不在本系统受理，请勿在此填写有关内容，请当面到有关部门反映。",
    "Secrets and private matters are not handled here. Don't write them down; go to the office in person.",
)

ADVICE: dict[str, Words] = {
    "9001": _DANGER,
    "9002": _PETITION,
    "9003": _DISCIPLINE,
    "9004": _SECRET,
    **dict.fromkeys(("0303", "0801", "0802", "0803", "0804", "0806"), _DANGER),
}

_NOBODY_COMES = (
    ("在这里提交只作登记，不会有人因此赶来：请直接打电话。", "Sent here it is only put on record: nobody comes. Call."),
    ("只作了登记，不会有人因此赶来：请直接打电话。", "It is only on record: nobody comes because of it. Call."),
)
_GO_THERE = (
    (
        "在这里提交只作登记，不办理，也不替您转交：请您直接去找。",
        "Sent here it is only put on record, neither handled nor passed on: please turn there yourself.",
    ),
    (
        "只作了登记，这里不办理，也没有替您转交：请您直接去找。",
        "It is only on record, neither handled here nor passed on: please turn there yourself.",
    ),
)

_ELSEWHERE = {"9001": _NOBODY_COMES, "9002": _GO_THERE, "9003": _GO_THERE, "9004": _GO_THERE}
"""What becomes of a matter that is not this service's: what will, before it is filed, and what did, after that."""

UNPLACED = (
    "没有认出这个地点，已交工作台人工核对；如方便，请补充说明所在乡镇、村或网格。",
    "We could not tell where this is, so the desk looks at it. If you can, add a note with the township or village.",
)
"""What the resident is told while the place or who takes it is not settled."""


def advice(category: str, state: State = State.NEW) -> Words | None:
    """Return what the resident is told at once about ``category``, in Chinese and English, or None.

    Args:
        category: the category's code.
        state: of the order: of one that is not filed yet it says what will become of it, of one that was redirected
            what did.
    """
    said = ADVICE.get(category)
    if said is None or category not in _ELSEWHERE or state not in (State.NEW, State.REDIRECTED):
        return said
    zh, en = _ELSEWHERE[category][state is State.REDIRECTED]
    return said[0] + zh, f"{said[1]} {en}"
