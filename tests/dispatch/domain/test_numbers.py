"""The number of an order, as somebody reads it out and somebody else writes it down."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.domain.numbers import grouped, number, parse, query_code, region_prefix, same

codes = st.text(alphabet="0123456789", min_size=6, max_size=12)
serials = st.integers(1, 10**8 - 1)


@given(codes, serials)
def test_a_number_tells_its_region_and_its_serial(code, serial):
    digits = number(code, serial)
    assert len(digits) == 15
    assert digits.isascii()
    assert digits.isdigit()
    assert parse(digits) == (code[:6], serial)


@given(codes, serials, st.data())
def test_however_it_is_grouped_it_is_the_same_number(code, serial, data):
    digits = number(code, serial)
    assert grouped(digits) == f"{digits[:6]}-{digits[6:10]}-{digits[10:14]}-{digits[14:]}"
    gaps = data.draw(st.lists(st.sampled_from(["", "-", " ", "·", " - "]), min_size=16, max_size=16))
    spoken = gaps[0] + "".join(digit + gap for digit, gap in zip(digits, gaps[1:], strict=True))
    assert parse(spoken) == parse(grouped(digits)) == (code[:6], serial)


@given(codes, serials)
def test_any_single_wrong_digit_is_noticed(code, serial):
    digits = number(code, serial)
    for place, digit in enumerate(digits):
        for wrong in set("0123456789") - {digit}:
            assert parse(digits[:place] + wrong + digits[place + 1 :]) is None


@given(codes, serials)
def test_a_digit_too_many_or_too_few_is_noticed(code, serial):
    digits = number(code, serial)
    for place in range(15):
        assert parse(digits[:place] + digits[place + 1 :]) is None
        assert parse(digits[:place] + "0" + digits[place:]) is None


@given(codes, st.sets(serials, min_size=2, max_size=50))
def test_different_orders_have_different_numbers(code, some):
    assert len({number(code, serial) for serial in some}) == len(some)


def test_neighbours_orders_do_not_have_neighbouring_numbers():
    numbers = [int(number("141123", serial)[6:14]) for serial in range(1, 2000)]
    assert len(set(numbers)) == len(numbers)
    assert min(abs(one - other) for one, other in pairwise(numbers)) > 10**6


@pytest.mark.parametrize("serial", [0, -1, 10**8, 10**12])
def test_a_serial_that_does_not_fit_is_refused(serial):
    with pytest.raises(ValueError, match=str(serial)):
        number("141123", serial)


@pytest.mark.parametrize(
    ("code", "prefix"), [("141123", "141123"), ("141123000000", "141123"), ("14", "140000"), ("X-7", "700000")]
)
def test_a_region_has_six_digits_whatever_its_code(code, prefix):
    assert region_prefix(code) == prefix
    assert parse(number(code, 1)) == (prefix, 1)


@given(st.one_of(st.text(max_size=40), st.text(alphabet="0123456789- ·٣３", max_size=24)))
def test_what_is_no_number_is_none_and_no_error(text):
    found = parse(text)
    if found is not None:
        region, serial = found
        assert number(region, serial) == "".join(ch for ch in text if ch in "0123456789")


@pytest.mark.parametrize(
    "text", ["", "141123", "１４１１２３４８２９１０３７５", "1" * 100_000, "14112\n" * 3, "\ud800" * 15]
)
def test_odd_texts_are_not_numbers(text):
    assert parse(text) is None


def test_a_number_in_other_peoples_digits_is_not_taken():
    digits = number("141123", 77)
    assert parse(digits.translate({ord("0") + n: chr(0x0660 + n) for n in range(10)})) is None


@given(st.binary(min_size=1, max_size=64), st.integers(1, 2**31 - 1), st.integers(1, 2**31 - 1))
def test_a_query_code_is_eight_digits_and_always_the_same(secret, region, order_id):
    code = query_code(secret, region, order_id)
    assert len(code) == 8
    assert code.isascii()
    assert code.isdigit()
    assert code == query_code(secret, region, order_id)
    assert same(code, code)


def test_query_codes_of_other_orders_regions_and_secrets_have_nothing_in_common():
    codes = {query_code(secret, region, n) for secret in (b"a", b"b") for region in (1, 11) for n in range(500)}
    assert len(codes) >= 1995  # of 10**8: two alike among 2000 are rare, five pairs are not chance


@given(st.text(max_size=20))
def test_any_text_can_be_held_against_a_query_code(given_text):
    assert not same("12345678", given_text) or given_text == "12345678"


@pytest.mark.parametrize("odd", ["", "１２３４５６７８", "1234567", "123456789", "12345678 ", "\udc80", "𠮷"])
def test_a_code_that_is_nearly_right_is_wrong(odd):
    assert not same("12345678", odd)
