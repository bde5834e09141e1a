"""An acknowledged write is never lost and a retried one never doubled, though processes are killed all the while."""

import asyncio
import contextlib
import io
import os
import random
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import asyncpg
import psutil
from PIL import Image

from bench.machine import free_port

BODY = {
    "category": "0901",
    "text": "演示",
    "place": {"grid": "141123100016"},
    "contact": {"phone": "10003000001"},
}
REQUESTS = 600
CLIENTS = 16
WITH_PHOTOS = 24
PATIENCE_S = 300


@asynccontextmanager
async def _service(url: str, port: int) -> AsyncIterator[subprocess.Popen[bytes]]:
    running = subprocess.Popen(
        [sys.executable, "-m", "dispatch", "serve", "--workers", "2", "--port", str(port)],
        env={**os.environ, "DISPATCH_DATABASE_URL": url, "DISPATCH_LOG": "error"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield running
    finally:
        running.send_signal(signal.SIGTERM)
        try:
            await asyncio.to_thread(running.wait, 60)
        except subprocess.TimeoutExpired:
            running.kill()
            await asyncio.to_thread(running.wait)


def _picture(number: int) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), (10 * number % 256, number, 90)).save(out, "PNG")
    return out.getvalue()


async def _send(session: aiohttp.ClientSession, base: str, key: str, picture: bytes) -> str:
    """Send a photo until there is an answer."""
    headers = {"Idempotency-Key": key, "Content-Type": "image/png"}
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                async with session.post(f"{base}/api/v1/photos", data=picture, headers=headers) as answer:
                    if answer.status == 201:
                        return str((await answer.json())["photo"])
                    assert answer.status == 503, await answer.text()
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.05)


async def _file(session: aiohttp.ClientSession, base: str, key: str, photos: tuple[str, ...] = ()) -> str:
    """File one order as a phone on a bad network would: the same request again until there is an answer."""
    body = {**BODY, "photos": photos}
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                async with session.post(f"{base}/api/v1/orders", json=body, headers={"Idempotency-Key": key}) as answer:
                    if answer.status == 201:
                        return str((await answer.json())["id"])
                    assert answer.status == 503, await answer.text()
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.05)


def _kill_one(running: subprocess.Popen[bytes], chance: random.Random) -> bool:
    """Kill a worker with -9, if there is one just now."""
    with contextlib.suppress(psutil.NoSuchProcess):  # one that was killed just now
        children = psutil.Process(running.pid).children()
        workers = [child for child in children if "_worker" in " ".join(child.cmdline())]
        if workers:
            chance.choice(workers).kill()
            return True
    return False


async def test_workers_killed_under_load_lose_nothing_and_double_nothing(county_url: str) -> None:
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    answered: dict[str, str] = {}
    async with _service(county_url, port) as running, aiohttp.ClientSession() as session:
        keys = [f"key-{number}" for number in range(REQUESTS)]
        chance, killed = random.Random(7), 0

        async def client(mine: list[str]) -> None:
            nonlocal killed
            for key in mine:
                answered[key] = await _file(session, base, key)
                # by how much is done, not by the clock: the others are under way when it happens
                if killed < 3 and len(answered) > 100 * killed:
                    killed += _kill_one(running, chance)

        await asyncio.gather(*(client(keys[start::CLIENTS]) for start in range(CLIENTS)))
        assert killed == 3

    connection = await asyncpg.connect(county_url)
    try:
        assert len(set(answered.values())) == REQUESTS
        assert await connection.fetchval("SELECT count(*) FROM orders") == REQUESTS
        assert await connection.fetchval("SELECT count(*) FROM events WHERE action = 'submit'") == REQUESTS
        assert await connection.fetchval("SELECT count(*) FROM order_contents") == REQUESTS
    finally:
        await connection.close()


async def test_workers_killed_while_photos_are_filed_leave_every_order_with_its_photos(county_url: str) -> None:
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    answered: dict[str, tuple[str, ...]] = {}
    async with _service(county_url, port) as running, aiohttp.ClientSession() as session:
        chance, killed = random.Random(7), 0

        async def client(numbers: range) -> None:
            nonlocal killed
            for number in numbers:
                key = f"key-{number}"
                first = await _send(session, base, key, _picture(number))
                if killed < 3 and len(answered) >= 6 * killed:
                    killed += _kill_one(running, chance)
                photos = first, await _send(session, base, key, _picture(90))
                answered[await _file(session, base, key, photos)] = photos

        await asyncio.gather(*(client(range(start, WITH_PHOTOS, 8)) for start in range(8)))
        assert killed == 3

    connection = await asyncpg.connect(county_url)
    try:
        assert len(answered) == WITH_PHOTOS == await connection.fetchval("SELECT count(*) FROM orders")
        rows = await connection.fetch(
            "SELECT order_id, array_agg(id ORDER BY place) AS ids FROM photos GROUP BY order_id"
        )
        assert sorted(tuple(row["ids"]) for row in rows) == sorted(answered.values())
    finally:
        await connection.close()
