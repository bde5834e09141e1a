"""A demo day covers every category and names its places in every way."""

import re
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.demo.county import categories, county
from dispatch.demo.land import COUNTY_LAND
from dispatch.demo.requests import requests

SMALL = {row["code"] for row in categories() if row["parent_code"]}


@pytest.fixture(scope="module")
def day():
    return requests(200, 1)


def test_a_day_of_two_hundred_covers_every_category(day):
    assert len(day) == 200
    assert {request.category for request in day} == SMALL


def test_the_same_seed_gives_the_same_day_and_another_seed_another(day):
    assert requests(200, 1) == day
    assert requests(200, 2) != day


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 300), st.integers())
def test_any_number_can_be_asked_for_and_comes_in_the_order_of_the_day(n, seed):
    found = requests(n, seed)
    assert len(found) == n
    minutes = [request.minute for request in found]
    assert minutes == sorted(minutes)
    assert all(0 <= minute < 24 * 60 for minute in minutes)
    counts = Counter(request.category for request in found)
    assert max((counts[code] for code in SMALL), default=0) - min(counts[code] for code in SMALL) <= 1


def test_places_are_known_grids_points_or_addresses(day):
    grids = {row["code"] for row in county()["grids"]}
    ways = Counter(tuple(request.place) for request in day)
    assert set(ways) == {("grid",), ("lon", "lat"), ("address",)}
    assert min(ways.values()) >= 40
    assert all(request.place["grid"] in grids for request in day if "grid" in request.place)


def test_a_few_points_lie_beyond_the_county_and_the_others_within(day):
    east = COUNTY_LAND.east / 1_000_000
    beyond = [request for request in day if request.place.get("lon", 0) > east]
    assert len(beyond) == 4


def test_whoever_files_is_invented(day):
    assert all(re.fullmatch(r"演示群众\d{3}", request.contact["name"]) for request in day)
    phones = [request.contact["phone"] for request in day]
    assert len(set(phones)) == len(phones)
    assert all(re.fullmatch(r"10003\d{6}", phone) for phone in phones)


def test_texts_are_plain_sentences(day):
    assert all(5 <= len(request.text) <= 60 and request.text.strip() == request.text for request in day)
