"""What a resident is told at once: danger to life, and matters that are not this service's (DOMAIN §4.4)."""

_DANGER = (
    "如有生命危险,请立即拨打:报警 110、火警 119、急救 120、交通事故 122。本系统不能代替紧急电话。",
    "If life is in danger call at once: police 110, fire 119, ambulance 120, traffic accident 122. "
    "This service does not replace them.",
)

ADVICE: dict[str, tuple[str, str]] = {
    "9001": _DANGER,
    "9002": (
        "信访、诉讼、仲裁事项请到当地信访局、人民法院或仲裁机构办理,可拨打 12345 咨询。已为您登记转告。",
        "Petitions, lawsuits and arbitration belong to the petition office, the court or the arbitration body; "
        "12345 tells you which. That you came here is on record.",
    ),
    "9003": (
        "党员干部违纪违法问题请拨打 12388 或通过纪检监察机关反映。已为您登记转告。",
        "Breaches of discipline are reported to the discipline inspection bodies, telephone 12388. "
        "That you came here is on record.",
    ),
    "9004": (
        "涉密、涉隐私事项不在本系统受理,请勿在此填写有关内容,请当面到有关部门反映。",
        "Secrets and private matters are not handled here. Please don't write them down here; go to the office in person.",
    ),
    "0303": _DANGER,
    "0801": _DANGER,
    "0802": _DANGER,
    "0803": _DANGER,
    "0804": _DANGER,
    "0806": _DANGER,
}


def advice(category: str) -> tuple[str, str] | None:
    """Return what the resident is told at once about ``category``, in Chinese and English, or None."""
    return ADVICE.get(category)
