"""What clients send: strict, no unknown fields, every fault named at once."""

import re
import unicodedata
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from dispatch.domain.behalf import Channel
from dispatch.domain.photos import ID as PHOTO_ID
from dispatch.domain.photos import MOST as MOST_PHOTOS
from dispatch.domain.vocabulary import ContactReason, Urgency
from grid_model.durations import MOST, Unit

TEXT_MOST = 2000
"""The longest free text, in characters."""

_ALLOWED_CONTROLS = "\n\r\t"
_BIDI_CONTROLS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_UNSEEN = frozenset({"Cc", "Cf", "Zl", "Zp", "Zs"})
_LINES = re.compile(r"[\n\r\t\u2028\u2029]")


def _clean(text: str) -> str:
    if text.isprintable() and (bare := text.strip()):  # as nearly all are: nothing of it is looked for below
        return bare
    for character in text:
        if (unicodedata.category(character) == "Cc" and character not in _ALLOWED_CONTROLS) or (
            character in _BIDI_CONTROLS
        ):
            raise PydanticCustomError("control_character", "不能含有控制字符 / no control characters")
    if all(unicodedata.category(character) in _UNSEEN for character in text):
        raise PydanticCustomError("blank", "不能为空白 / must not be blank")
    return text.strip()


def _one_line(text: str) -> str:
    if _LINES.search(text):
        raise PydanticCustomError("one_line", "只能一行 / one line only")
    return text


def _no_minus_zero(value: float) -> float:
    return value + 0.0  # -0.0 would not survive its way through the database unchanged


def _by_a_filer(urgency: Urgency) -> Urgency:
    if urgency is Urgency.COMPLEX:  # only a superior may say so, with a reason
        raise PydanticCustomError("not_by_a_filer", "「复杂」须由上级认定 / only a superior can call it complex")
    return urgency


LONGEST_DAYS = 366
"""The longest duration that anybody may ask for, in days (ours)."""


def _a_year_at_most(length: str) -> str:
    unit = Unit(length.lstrip("0123456789"))
    if int(length.removesuffix(unit)) > min(MOST, LONGEST_DAYS * _TO_A_DAY[unit]):
        raise PydanticCustomError("too_long_a_time", "最多一年 / a year at most")
    return length


_TO_A_DAY = {Unit.MINUTE: 24 * 60, Unit.HOUR: 24, Unit.WORKING_HOUR: 24, Unit.DAY: 1, Unit.WORKING_DAY: 1}

Text = Annotated[str, StringConstraints(min_length=1, max_length=TEXT_MOST), AfterValidator(_clean)]
Line = Annotated[
    str, StringConstraints(min_length=1, max_length=100), AfterValidator(_clean), AfterValidator(_one_line)
]
_CODE = r"^[0-9A-Za-z_.\-]{1,64}$"
_CATEGORY = r"^[0-9]{4}$"
_CATEGORY_OR_GROUP = r"^([0-9]{2}|[0-9]{4})$"
_LENGTH = r"^[1-9][0-9]{0,4}(m|h|d|wh|wd)$"
_TIME = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
_PHONE = r"^(1[0-9]{10}|0[0-9]{2,3}-?[0-9]{7,8})$"

SHAPES: dict[str, tuple[str, str]] = {
    _CODE: ("应为 1–64 位字母、数字、点或横线", "1 to 64 letters, digits, dots or dashes"),
    _CATEGORY: ("应为四位类别代码，如 0901", "a category code of four digits, e.g. 0901"),
    _CATEGORY_OR_GROUP: ("应为两位或四位类别代码", "a category code of two or four digits"),
    _LENGTH: ("应为带单位的时长，如 3d、12h、2wd", "a duration with its unit, such as 3d, 12h or 2wd"),
    _TIME: ("应为时刻，如 18:30", "a time of day such as 18:30"),
    PHOTO_ID: ("应为上传照片时得到的编号", "the id that was given when the photo was sent"),
    _PHONE: (
        "应为 11 位手机号，或带区号的固定电话，如 0358-6322222；不加 +86 和空格",
        "a mobile number of 11 digits, or a landline with its area code; without +86 and spaces",
    ),
}
"""What is right, in words, for each pattern a text may have to fit."""

Code = Annotated[str, StringConstraints(pattern=_CODE)]
CategoryCode = Annotated[str, StringConstraints(pattern=_CATEGORY)]
CategoryOrClass = Annotated[str, StringConstraints(pattern=_CATEGORY_OR_GROUP)]
Length = Annotated[str, StringConstraints(pattern=_LENGTH), AfterValidator(_a_year_at_most)]
TimeOfDay = Annotated[str, StringConstraints(pattern=_TIME)]
Phone = Annotated[
    str,
    StringConstraints(pattern=_PHONE),
    AfterValidator(lambda phone: phone.replace("-", "")),  # as the import keeps it
]
PhotoId = Annotated[str, StringConstraints(pattern=PHOTO_ID)]


def _each_once(photos: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(photos)) < len(photos):
        raise PydanticCustomError("photo_twice", "同一张照片只能用一次 / each photo once only")
    return photos


Photos = Annotated[tuple[PhotoId, ...], Field(max_length=MOST_PHOTOS, strict=False), AfterValidator(_each_once)]
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False), AfterValidator(_no_minus_zero)]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False), AfterValidator(_no_minus_zero)]


class Body(BaseModel):
    """A body that takes no field it does not know."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)  # at the first of its kind


class LogIn(Body):
    """Phone and password."""

    phone: Phone
    password: Annotated[str, StringConstraints(min_length=1, max_length=200)]


class Place(Body):
    """Where it is: a grid's code, a point in degrees (WGS 84), or an address.

    Beside a code, the point or the address says where in the grid; which grid it is, the code alone says.
    """

    grid: Code | None = None
    lon: Longitude | None = None
    lat: Latitude | None = None
    address: Annotated[Line, Field(max_length=200)] | None = None

    @model_validator(mode="after")
    def _one_way(self) -> "Place":
        if (self.lon is None) != (self.lat is None):
            raise PydanticCustomError("half_a_point", "经纬度须同时填写 / give both lon and lat")
        said = sum(way is not None for way in (self.lon, self.address))
        if said > 1 or (said == 0 and self.grid is None):
            raise PydanticCustomError(
                "one_place",
                "地点请只用一种方式填写：grid（可另写 lon 与 lat，或 address）、lon 与 lat、address / "
                "give one of grid (with a point or an address beside it if you like), lon and lat, address",
            )
        return self


class Contact(Body):
    """How the resident is reached; name and house only if they like."""

    phone: Phone
    name: Line | None = None
    house: Line | None = None


class FiledFor(Body):
    """For whom somebody files (代点单): a household they look after or serve, or anybody; and how these asked."""

    household: Code | None = None
    channel: Channel


class Submit(Body):
    """A request (点单)."""

    category: CategoryCode
    text: Text
    place: Place | None = None
    contact: Contact | None = None
    urgency: Annotated[Urgency, AfterValidator(_by_a_filer)] | None = None
    filed_for: FiledFor | None = None
    photos: Photos = ()

    @model_validator(mode="after")
    def _whole(self) -> "Submit":
        household = self.filed_for is not None and self.filed_for.household is not None
        if self.place is None and not household:
            raise PydanticCustomError("place_missing", "请填写地点 / say where it is", {"field": "place"})
        if self.contact is None and not household:
            raise PydanticCustomError("contact_missing", "请填写联系电话 / say how to reach you", {"field": "contact"})
        return self


class Reveal(Body):
    """Why somebody needs the resident's contact; the resident reads it."""

    reason: ContactReason


class ListQuery(BaseModel):
    """What a list of orders is narrowed to; ``state`` may name several, separated by commas."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    state: Annotated[str, StringConstraints(pattern=r"^[a-z]+(,[a-z]+)*$", max_length=200)] | None = None
    grid: Code | None = None
    category: CategoryOrClass | None = None
    assignee: Literal["me"] | None = None
    overdue: Literal["true", "false"] | None = None
    listed: Literal["true", "false"] | None = None
    kind: Literal["request", "project_task", "pledge"] | None = None
    sort: Literal["newest", "pressing"] = "newest"
    cursor: Annotated[str, StringConstraints(max_length=200)] | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    lang: Literal["zh", "en"] | None = None

    @model_validator(mode="after")
    def _one_page(self) -> "ListQuery":
        if self.sort == "pressing" and self.cursor is not None:
            raise PydanticCustomError(
                "one_page", "按紧迫程度排列时只有一页 / of what presses most there is one page", {"field": "cursor"}
            )
        return self


class LocateQuery(BaseModel):
    """A place to look up: a code, a point, or an address."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: Code | None = None
    lon: Longitude | None = None
    lat: Latitude | None = None
    address: Annotated[Line, Field(max_length=200)] | None = None
    lang: Literal["zh", "en"] | None = None

    @model_validator(mode="after")
    def _one_way(self) -> "LocateQuery":
        if (self.lon is None) != (self.lat is None) or (
            sum(way is not None for way in (self.code, self.lon, self.address)) != 1
        ):
            raise PydanticCustomError(
                "one_place", "请只给 code、lon 与 lat、address 之一 / give one of code, lon and lat, address"
            )
        return self


class NoQuery(BaseModel):
    """Nothing but the language."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    lang: Literal["zh", "en"] | None = None
