"""What is cancelled, at whatever point, leaves nothing behind and holds nobody up."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

import pytest
from conftest import holds_only

import jetblob

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

WHOLE = bytes(range(256)) * 4096 * 4


async def trickle() -> AsyncIterator[bytes]:
    for at in range(0, len(WHOLE), 100_000):
        await asyncio.sleep(0)
        yield WHOLE[at : at + 100_000]


async def by_hand(bucket: jetblob.Bucket) -> None:
    async with bucket.upload("a") as upload:
        for at in range(0, len(WHOLE), 100_000):
            await upload.write(WHOLE[at : at + 100_000])


PUTS: dict[str, Callable[[jetblob.Bucket, Path], Awaitable[object]]] = {
    "bytes": lambda bucket, _: bucket.put("a", WHOLE),
    "buffer": lambda bucket, _: bucket.put("a", memoryview(WHOLE)),
    "file": lambda bucket, path: bucket.put("a", path),
    "iterator": lambda bucket, _: bucket.put("a", trickle()),
    "upload": lambda bucket, _: by_hand(bucket),
}


@pytest.mark.parametrize("kind", PUTS)
async def test_a_put_that_is_cancelled(
    kind: str, bucket: jetblob.Bucket, store: jetblob.Store, url: str, tmp_path: Path
) -> None:
    """The name has the old object or the new one, whole, and nothing else is left."""
    path = tmp_path / "body"
    path.write_bytes(WHOLE)
    await bucket.put_string("a", "old")
    cancelled = 0
    for turns in [0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233]:
        put = asyncio.ensure_future(PUTS[kind](bucket, path))
        for _ in range(turns):
            await asyncio.sleep(0)
        put.cancel()
        try:
            await put
        except asyncio.CancelledError:
            cancelled += 1
        assert await bucket.get_bytes("a") in (b"old", WHOLE)
    assert cancelled
    await holds_only(url, bucket, "a")
    await store.close()


async def test_a_put_of_an_endless_body_is_cancelled(bucket: jetblob.Bucket, url: str) -> None:
    """Wherever it is."""
    began = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield WHOLE
            began.set()

    async with asyncio.TaskGroup() as group:
        put = group.create_task(bucket.put("a", endless()))
        await began.wait()
        put.cancel()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await bucket.put("a", endless())
    with pytest.raises(jetblob.NotFoundError):
        await bucket.info("a")
    await holds_only(url, bucket)


async def test_other_calls_that_are_cancelled(bucket: jetblob.Bucket, url: str, tmp_path: Path) -> None:
    """Leave the store as it was, or as they make it, and can be made again."""
    await bucket.put("a", WHOLE)
    target = tmp_path / "out"
    calls: list[Callable[[], Awaitable[object]]] = [
        lambda: bucket.info("a"),
        bucket.status,
        lambda: bucket.get_bytes("a"),
        lambda: bucket.get_file("a", target),
        lambda: bucket.update_meta("a", jetblob.ObjectMeta("a", description="new")),
        lambda: anext(bucket.list()),
    ]
    for call in calls:
        for turns in [0, 1, 2, 5, 20]:
            task = asyncio.ensure_future(call())
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait([task])
        await call()
    assert target.read_bytes() == WHOLE
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    await holds_only(url, bucket, "a")


async def test_a_read_that_is_cancelled_loses_nothing(bucket: jetblob.Bucket) -> None:
    """The next one goes on where the last one ended."""
    await bucket.put("a", WHOLE)
    object = await bucket.get("a")
    read = bytearray()
    while True:
        task = asyncio.ensure_future(anext(object, b""))
        await asyncio.sleep(0)
        task.cancel()
        try:
            chunk = await task
        except asyncio.CancelledError:
            continue
        if not chunk:
            break
        read += chunk
    assert read == WHOLE


async def test_a_watch_that_is_cancelled_loses_nothing(bucket: jetblob.Bucket) -> None:
    """The next event is the one that was not told."""
    async with bucket.watch(updates_only=True) as watch:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(watch), 0.02)
        await bucket.put_string("a", "")
        event = await anext(watch)
        assert isinstance(event, jetblob.ObjectInfo)
        assert event.name == "a"


async def test_a_read_that_was_given_up_loses_nothing(bucket: jetblob.Bucket) -> None:
    """Who reads on has all bytes, in order, whatever they were read by."""
    body = os.urandom(6_000_000)
    await bucket.put("a", body)
    for patience in (0.0, 0.0005, 0.002):
        async with bucket.get("a") as object:
            read = bytearray()
            given_up = 0
            while len(read) < len(body):
                assert object.tell() == len(read)
                buffer = bytearray(500_000)
                try:
                    if given_up % 2:
                        count = await asyncio.wait_for(object.readinto(buffer), patience)
                        read += buffer[:count]
                    else:
                        read += await asyncio.wait_for(object.read(700_000), patience)
                except TimeoutError:
                    given_up += 1
                    read += await anext(object)
            assert read == body
