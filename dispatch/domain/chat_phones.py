"""Telephone numbers in a message, as filing takes them: digits alone, a landline with its area code."""

import re

from dispatch.domain.guesses import Candidate, Guess, Sure

REGION = "CN"
_TRIES = 200  # no message has so many numbers; a wall of digits is not searched for ever
_TAKEN = re.compile(r"1[0-9]{10}|0[0-9]{9,11}")
_MOBILE = re.compile(r"(?<![0-9])1[0-9]{2}[ -]?[0-9]{4}[ -]?[0-9]{4}(?![0-9])")
_ASKED = re.compile(r"(?:电话|手机|号码|联系|打|拨|找我)[^0-9\n]{0,8}$")
_NARROW = str.maketrans("０１２３４５６７８９－＋", "0123456789-+")


def phones(text: str) -> Guess:
    """Return the numbers in ``text`` by which somebody could be reached, and the words they are written as.

    What the numbering plan knows is rather sure; eleven digits from 1 on that it does not know are a guess, for such
    a number can be filed too. Of several the one that is introduced as a telephone comes first, and none is sure.
    """
    import phonenumbers  # noqa: PLC0415 - its tables are large, and few processes ever ask

    plain = text.translate(_NARROW)
    known: list[tuple[int, str, str]] = []
    for match in phonenumbers.PhoneNumberMatcher(plain, REGION, phonenumbers.Leniency.VALID, _TRIES):
        national = phonenumbers.national_significant_number(match.number)
        written = national if national.startswith("1") and len(national) == _MOBILE_DIGITS else f"0{national}"
        if match.number.country_code == _CHINA and _TAKEN.fullmatch(written):
            known.append((match.start, written, match.raw_string))
    certain = {number for _, number, _ in known}
    for found in _MOBILE.finditer(plain):
        number = re.sub(r"[ -]", "", found[0])
        if number not in certain:
            known.append((found.start(), number, found[0]))
    known.sort(key=lambda one: (_ASKED.search(plain[: one[0]][-20:]) is None, one[0]))
    raw: dict[str, list[str]] = {}
    for start, number, written in known:
        raw.setdefault(number, []).append(text[start : start + len(written)])
    candidates = tuple(Candidate(number, tuple(dict.fromkeys(written))) for number, written in raw.items())
    if not candidates:
        return Guess()
    first = candidates[0].value
    sure = Sure.HIGH if len(candidates) == 1 and first in certain else Sure.LOW
    return Guess(first, sure, candidates)


_CHINA = 86
_MOBILE_DIGITS = 11
