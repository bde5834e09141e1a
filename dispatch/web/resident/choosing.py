"""What a request can be about, as pictures and words: the common matters first, then every category."""

from collections.abc import Mapping
from typing import Any

from dispatch.web.visit import Visit

PICTURES: Mapping[str, str] = {
    "01": "🧹", "02": "🔧", "03": "🚰", "04": "🏠", "05": "🚗", "06": "🔇", "07": "🏪", "08": "⚠️", "09": "🤝",
    "10": "🫶", "11": "🎁", "12": "📄", "13": "🌾", "14": "💬", "90": "📮",
    "0101": "🗑️", "0106": "❄️", "0201": "💡", "0202": "🕳️", "0301": "🚰", "0302": "🔌", "0303": "🔥", "0304": "♨️",
    "0306": "🚽", "0404": "🏘️", "0501": "🅿️", "0601": "🔊", "0701": "🏪", "0704": "🐕", "1001": "👵", "1002": "🍚",
    "1003": "🛒", "1004": "🏥", "1303": "🛤️",
}  # fmt: skip
"""A picture beside the word, for whoever reads slowly; never instead of it."""

COMMON = ("0101", "0201", "0301", "0302", "0306", "0901", "1001", "1004", "1003", "0501", "0601", "1303")
"""What is asked for most (ours, after the categories of DOMAIN §4); those a county has not are left out."""


async def groups(visit: Visit) -> list[dict[str, Any]]:
    """Return every category, the smaller ones under the larger, each with its picture and its name."""
    found = (await visit.ask("GET", "/categories"))["items"]
    return [
        {
            **_shown(group, visit.lang, group["code"]),
            "items": [_shown(one, visit.lang, group["code"]) for one in group["items"]],
        }
        for group in found
    ]


def _shown(category: Mapping[str, Any], lang: str, group: str) -> dict[str, Any]:
    code = category["code"]
    name = category["name_en"] if lang == "en" and category["name_en"] else category["name"]
    return {
        "code": code,
        "name": name,
        "picture": PICTURES.get(code, PICTURES.get(group, "▫️")),
        "urgency": category["urgency"],
    }


def common(groups: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the common matters among the categories that there are, in their order."""
    known = {one["code"]: one for group in groups for one in group["items"]}
    return [known[code] for code in COMMON if code in known]


def named(groups: list[dict[str, Any]], code: str) -> dict[str, Any] | None:
    """Return the category with that code, or None."""
    return next((one for group in groups for one in group["items"] if one["code"] == code), None)
