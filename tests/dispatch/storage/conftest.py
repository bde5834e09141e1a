"""Plans of statements, read from the server: which nodes, which indexes, which tables from end to end."""

import json

import pytest

MODES = ("force_custom_plan", "force_generic_plan")
"""A statement is planned for its values at first, and once for any after it has run some times; both must be good."""


def nodes(explained):
    (told,) = json.loads(explained)
    below = [told["Plan"]]
    while below:
        node = below.pop()
        below += node.get("Plans", ())
        yield node


@pytest.fixture
def plan():
    """The nodes of a statement's plan, as it is for these arguments and as it is once it is kept for any."""

    async def _plan(database, query, *args):
        found = []
        for mode in MODES:
            async with database.transaction() as connection:
                await connection.execute(f"SET LOCAL plan_cache_mode = {mode}")
                found += nodes(await connection.fetchval(f"EXPLAIN (FORMAT JSON) {query}", *args))
        return found

    return _plan


@pytest.fixture
def indexes():
    """Which indexes a statement uses and which tables it reads through; its arguments are written as in SQL."""

    async def _indexes(database, sql, *args):
        used, read = set(), set()
        async with database.pool.acquire() as connection, connection.transaction():
            for mode in MODES:
                await connection.execute(f"SET LOCAL plan_cache_mode = {mode}")
                await connection.execute(f"PREPARE looked AS {sql}")
                explained = await connection.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE looked ({', '.join(args)})")
                for node in nodes(explained):
                    used |= {node["Index Name"]} if "Index Name" in node else set()
                    read |= {node["Relation Name"]} if node["Node Type"] == "Seq Scan" else set()
                await connection.execute("DEALLOCATE looked")
        return used, read

    return _indexes
