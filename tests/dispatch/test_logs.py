"""What the log keeps to itself."""

import io
import json
import logging
import sys

import pytest
import structlog

from dispatch import logs
from dispatch.settings import BadSettingError


@pytest.fixture
def lines(monkeypatch):
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    before = logging.getLogger().handlers[:], logging.getLogger().level
    structured = structlog.get_config()
    logs.configure({"DISPATCH_LOG": "info"})
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    logging.getLogger().handlers[:], level = before
    logging.getLogger().setLevel(level)
    structlog.configure(**structured)


def test_a_line_says_when_how_grave_and_what(lines):
    structlog.get_logger().info("swept", orders=3)
    (line,) = lines()
    assert line["event"] == "swept"
    assert line["level"] == "info"
    assert line["orders"] == 3
    assert line["timestamp"].endswith("Z")


def test_what_is_somebodys_own_is_never_written(lines):
    structlog.get_logger().warning("odd", phone="13812345678", name="张三", text="家里漏水", order="1411230000017")
    (line,) = lines()
    assert line["phone"] == line["name"] == line["text"] == "***"
    assert line["order"] == "1411230000017"


def test_a_telephone_number_is_masked_even_inside_an_exception_of_a_library(lines):
    try:
        int("13812345678 already exists")
    except ValueError:
        logging.getLogger("some.library").exception("failed")
    (line,) = lines()
    assert "138****5678" in line["exception"]
    assert "13812345678" not in json.dumps(line)


HASH = "9f" * 10 + "da1d353dc13613812345678a6495" + "0c" * 8
"""64 hex digits; eleven of them look like a telephone number."""


def test_a_hash_is_written_whole_even_where_it_looks_like_a_telephone_number(lines):
    structlog.get_logger().info("anchored", hash=HASH, again=f"{HASH} {HASH.upper()}")
    (line,) = lines()
    assert len(HASH) == 64
    assert (line["hash"], line["again"]) == (HASH, f"{HASH} {HASH.upper()}")


@pytest.mark.parametrize("before", ["", "tel", "电话", "\n", "\b", "\x1b", f"{HASH} ", "\x1b[35m"])
@pytest.mark.parametrize("after", ["", "and", "，", "\n", f" {HASH}", "\x1b[0m"])
def test_a_telephone_number_is_masked_whatever_stands_next_to_it(lines, before, after):
    structlog.get_logger().info("odd", what=f"{before}13812345678{after}")
    (line,) = lines()
    assert line["what"] == f"{before}138****5678{after}"


def test_a_number_of_other_length_is_no_telephone_number(lines):
    structlog.get_logger().info("odd", what="138123456789 1381234567 1411230000017")
    assert lines()[0]["what"] == "138123456789 1381234567 1411230000017"


def test_a_sweep_that_takes_longer_than_its_interval_is_not_warned_about(lines):
    logging.getLogger("apscheduler.scheduler").warning("skipped: maximum number of running instances reached")
    logging.getLogger("apscheduler.executors.default").error("raised")
    assert [line["event"] for line in lines()] == ["raised"]


def test_debug_lines_are_left_out_unless_asked_for(lines):
    structlog.get_logger().debug("detail")
    logging.getLogger("asyncio").info("detail")
    assert lines() == []


def test_an_unknown_level_is_refused():
    with pytest.raises(BadSettingError):
        logs.configure({"DISPATCH_LOG": "loud"})
