"""A run of the benchmark: what it is told, what it refuses, and one figure from end to end."""

import json
import re
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import __main__ as bench
from bench import machine, pgbench, statements
from bench.lateness import Seen
from bench.run import MEMORY, Run, check_durable
from bench.sweeping import counted

ROOT = Path(__file__).resolve().parent.parent.parent


def test_a_quick_run_is_shorter_than_a_whole_one_which_has_five_rounds():
    whole, quick = Run.of("x", {}), Run.of("x", {"BENCH_QUICK": "1"})
    assert whole.rounds == 5
    assert quick.rounds * quick.seconds < whole.rounds * whole.seconds
    assert max(quick.sizes) < max(whole.sizes)
    assert max(whole.sizes) == 10**6


def test_ten_million_orders_are_only_written_where_that_is_asked_for():
    assert Run.of("x", {"BENCH_LARGE": "1"}).sizes[-1] == 10**7


def test_how_long_it_takes_can_be_told():
    run = Run.of("x", {"BENCH_ROUNDS": "1", "BENCH_SECONDS": "0.5", "BENCH_OUT": "/y"})
    assert (run.rounds, run.seconds, run.out) == (1, 0.5, Path("/y"))
    assert replace(run, rounds=2).rounds == 2


async def test_a_server_that_may_lose_what_it_acknowledged_is_not_measured(server):
    with pytest.raises(RuntimeError, match="fsync is off"):
        await check_durable(server)


@pytest.mark.parametrize("kind", MEMORY)
async def test_a_database_in_memory_is_not_measured(kind):
    async def show(_url: str, _name: str) -> str:
        return "on"

    async def filesystem(_url: str) -> str:
        return kind

    with pytest.raises(RuntimeError, match="BENCH_DIR"):
        await check_durable("x", show, filesystem)


async def test_the_file_system_of_the_data_is_known(server):
    assert await machine.filesystem(server) not in ("", "unknown")


@given(st.floats(0, 3), st.integers(1, 50))
def test_the_bare_sweep_writes_as_many_rows_as_the_service_does_on_average(each, hundreds):
    whole, share = map(int, re.fullmatch(r"\((\d+) \+ \(id % 100 < (\d+)\)::int\)", counted(each, "id")).groups())
    written = sum(whole + (order % 100 < share) for order in range(100 * hundreds))
    assert written / (100 * hundreds) == pytest.approx(each, abs=0.0051)


def test_each_client_of_the_limit_has_persons_of_its_own():
    assert statements.one_of([7, 9]) == "(ARRAY[7,9]::int[])[1 + :client_id % 2]"
    places = statements.Places(((1, 2, 3, 7), (4, 5, 6, 9)))
    row = {"grid_id": "'1'", "branch_id": "'3'", "assignee_id": "'7'", "offered": "'{7}'", "tried": "'{}'", "id": "'1'"}
    assert places.own(row) == {
        "grid_id": statements.one_of([1, 4]),
        "assignee_id": statements.one_of([7, 9]),
        "offered": f"ARRAY[{statements.one_of([7, 9])}]",
    }


PROGRESS = """progress: 1.0 s, 100.0 tps, lat 1 ms stddev 1, 0 failed
progress: 2.0 s, 200.0 tps, lat 1 ms stddev 1, 0 failed
progress: 3.0 s, 1000.0 tps, lat 1 ms stddev 1, 0 failed
progress: 4.0 s, 1000.0 tps, lat 1 ms stddev 1, 0 failed
"""


def test_the_limit_counts_nothing_of_the_seconds_in_which_it_warms():
    told = "number of transactions actually processed: 2300\ntps = 575.0 (without initial connection time)\n"
    assert pgbench.warm(told, PROGRESS) == pgbench.Limit(pytest.approx(1000), 2300)


def test_a_limit_that_was_done_before_it_was_warm_says_nothing():
    with pytest.raises(RuntimeError, match="warming"):
        pgbench.warm("number of transactions actually processed: 100\ntps = 100.0\n", PROGRESS[:55])


def test_a_rise_is_late_by_when_everybody_could_see_it():
    start = datetime(2026, 3, 11, tzinfo=UTC)
    due = [start + timedelta(seconds=one) for one in range(4)]

    def look(at: float, earliest: float) -> tuple[datetime, datetime]:
        return start + timedelta(seconds=at), start + timedelta(seconds=earliest)

    # the first was seen at 0.5; the second and the third together at 2.5; the last has not risen
    assert Seen([look(0.5, 1), look(1.5, 1), look(2.5, 3)]).lateness(due) == [0.5, 1.5, 0.5]


def test_no_subject_of_another_name_is_run():
    done = subprocess.run(
        [sys.executable, "-m", "bench", "nonsense"], check=False, cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "nonsense" in done.stderr


async def test_filing_is_measured_from_end_to_end_and_loses_nothing(server, county_template, tmp_path, capsys):
    await machine.copied(server, machine.COUNTY, county_template)
    told = {"BENCH_QUICK": "1", "BENCH_ROUNDS": "1", "BENCH_SECONDS": "0.5", "BENCH_OUT": str(tmp_path)}
    assert await bench.measured(Run.of(server, told), ["filing"]) == 0
    kept = json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))
    assert {row["key"]: row["refused"] for row in kept["figures"]} == dict.fromkeys(
        ("filing.ratio", "filing.busy", "filing.peak", "filing.lone")
    )
    assert all(row["value"] > 0 for row in kept["figures"])
    assert kept["facts"]["settings"]["fsync"] == "off"  # which a whole run would have refused
    assert set(kept["figures"][0]["detail"]["cpu"]) == {"workers_us", "postgres_us", "load_us"}
    assert (tmp_path / "report.html").read_text(encoding="utf-8").count("<svg") == 2
    assert "submit over HTTP" in capsys.readouterr().out
