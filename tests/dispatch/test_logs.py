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
    logs.configure({"DISPATCH_LOG": "info"})
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    logging.getLogger().handlers[:], level = before
    logging.getLogger().setLevel(level)
    structlog.reset_defaults()


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


def test_debug_lines_are_left_out_unless_asked_for(lines):
    structlog.get_logger().debug("detail")
    logging.getLogger("asyncio").info("detail")
    assert lines() == []


def test_an_unknown_level_is_refused():
    with pytest.raises(BadSettingError):
        logs.configure({"DISPATCH_LOG": "loud"})
