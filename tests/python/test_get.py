"""Reading objects."""

from __future__ import annotations

import asyncio
import io
import shutil
import threading
import time
from typing import TYPE_CHECKING

import nats
import pytest

import jetblob
import jetblob.sync

if TYPE_CHECKING:
    from pathlib import Path

WHOLE = bytes(range(256)) * 4096 * 3 + b"end"


async def test_who_takes_longer_than_the_store_leaves_others_their_turn(bucket: jetblob.Bucket) -> None:
    """The event loop is not held up by what is at hand."""
    await bucket.put("a", bytes(16 << 20))
    in_turn = most = 0

    async def others() -> None:
        nonlocal in_turn
        while True:
            await asyncio.sleep(0)
            in_turn = 0

    task = asyncio.create_task(others())
    async with bucket.get("a") as object:
        async for chunk in object:
            in_turn += len(chunk)
            most = max(most, in_turn)
            time.sleep(len(chunk) / 1e8)
    task.cancel()
    assert most < 3 << 19


async def test_an_object_is_read_in_every_way(bucket: jetblob.Bucket, tmp_path: Path) -> None:
    """As chunks, as from a file, into a buffer, into a file, at once."""
    await bucket.put("a", WHOLE)
    async with bucket.get("a") as object:
        assert object.info.name == "a"
        assert object.range == range(len(WHOLE))
        assert b"".join([chunk async for chunk in object]) == WHOLE
        assert object.is_verified
        assert await object.read() == b""

    object = await bucket.get("a")
    assert await object.read(10) == WHOLE[:10]
    assert await object.read(0) == b""
    assert await object.seek(1_000_000) == 1_000_000
    buffer = bytearray(500_000)
    assert await object.readinto(buffer) == len(buffer)
    assert buffer == WHOLE[1_000_000:1_500_000]
    assert object.tell() == 1_500_000
    assert await object.seek(-100, io.SEEK_CUR) == 1_499_900
    assert await object.read(3) == WHOLE[1_499_900:1_499_903]
    assert await object.seek(-3, io.SEEK_END) == len(WHOLE) - 3
    assert await object.read(100) == b"end"
    assert await object.seek(5, io.SEEK_END) == len(WHOLE) + 5
    assert await object.read() == b""
    await object.seek(1)
    told: list[int] = []
    assert (await object.into_file(tmp_path / "rest", progress=told.append)).name == "a"
    assert (tmp_path / "rest").read_bytes() == WHOLE[1:]
    assert told[-1] == len(WHOLE) - 1
    with pytest.raises(jetblob.ClosedError):
        await object.read(1)
    for offset, whence in [(-1, io.SEEK_SET), (0, 9)]:
        with pytest.raises(ValueError, match="seek|whence"):
            await (await bucket.get("a")).seek(offset, whence)

    await bucket.get_file("a", tmp_path / "whole")
    assert (tmp_path / "whole").read_bytes() == WHOLE
    assert await bucket.get_bytes("a", range=slice(5, 10)) == WHOLE[5:10]
    assert await bucket.get_bytes("a", range=slice(-3, None)) == b"end"
    assert await bucket.get_bytes("a", range=slice(None, 3)) == WHOLE[:3]


def test_an_object_is_a_file(sync_bucket: jetblob.sync.Bucket, tmp_path: Path) -> None:
    """That is open for reading, buffered, and can be sought in."""
    sync_bucket.put("a", WHOLE)
    with sync_bucket.get("a") as file:
        assert isinstance(file, io.BufferedReader)
        assert file.name == "a"
        assert file.readable()
        assert file.seekable()
        assert not file.writable()
        copy = io.BytesIO()
        shutil.copyfileobj(file, copy)
        assert copy.getvalue() == WHOLE
        assert file.is_verified
        assert file.seek(-3, io.SEEK_END) == len(WHOLE) - 3
        assert not file.is_verified
        assert file.read() == b"end"
        file.seek(1_000_000)
        assert file.peek(1)[:1] == WHOLE[1_000_000:1_000_001]
        assert file.read(5) == WHOLE[1_000_000:1_000_005]
        buffer = bytearray(300_000)
        assert file.readinto(buffer) == len(buffer)
        assert buffer == WHOLE[1_000_005:1_300_005]
        assert file.tell() == 1_300_005
        file.into_file(tmp_path / "rest")
        assert (tmp_path / "rest").read_bytes() == WHOLE[1_300_005:]
    with pytest.raises(ValueError, match="closed"):
        file.read()
    with sync_bucket.get("a") as file:
        assert file.read(5) == WHOLE[:5]
        assert b"".join(file.chunks()) == WHOLE[5:]
    sync_bucket.put_string("lines", "one\ntwo\nthree")
    with sync_bucket.get("lines") as file:
        assert list(file) == [b"one\n", b"two\n", b"three"]
    with sync_bucket.get("lines", range=slice(4, 7)) as file:
        assert (file.seek(0, io.SEEK_END), file.range) == (3, range(4, 7))
    with io.TextIOWrapper(sync_bucket.get("lines")) as text:
        assert text.read() == "one\ntwo\nthree"
    assert sync_bucket.get("lines").into_string() == "one\ntwo\nthree"
    with sync_bucket.get("lines") as file, pytest.raises(TypeError, match="buffer"):
        file.raw.readinto("text")
    with sync_bucket.get("lines") as file, pytest.raises(BufferError):
        file.raw.readinto(b"read only")


@pytest.mark.parametrize("url", ["jetstream"], indirect=True)
async def test_damage_is_an_error_not_an_end(bucket: jetblob.Bucket, url: str) -> None:
    """Whoever reads to the end of a damaged object gets no end, in any way of reading."""
    info = await bucket.put("a", WHOLE)
    client = await nats.connect(url)
    stream = f"OBJ_{bucket.name}"
    first = (await client.jetstream().get_last_msg(stream, f"$O.{bucket.name}.C.{info.nuid}")).seq
    assert first is not None
    await client.jetstream().delete_msg(stream, first)
    await client.close()
    with pytest.raises(jetblob.DataMissingError) as missing:
        await bucket.get_bytes("a")
    assert missing.value.size == len(WHOLE)
    object = await bucket.get("a")
    for _ in range(2):
        with pytest.raises(OSError, match="damaged"):
            await object.read()
    with jetblob.sync.Store.open(url) as store, pytest.raises(OSError, match="damaged"):
        store.bucket(bucket.name).get("a").read()


async def test_close_wakes_who_waits(bucket: jetblob.Bucket, sync_bucket: jetblob.sync.Bucket) -> None:
    """In a watch, on any thread."""
    watch = await bucket.watch(updates_only=True)
    waiting = asyncio.create_task(anext(watch, "the end"))
    await asyncio.sleep(0.01)
    watch.close()
    assert await waiting == "the end"

    blocked = sync_bucket.watch(updates_only=True)
    ended: list[object] = []
    thread = threading.Thread(target=lambda: ended.append(next(blocked, "the end")))
    thread.start()
    blocked.close()
    thread.join(10)
    assert ended == ["the end"]


async def test_use_after_close(url: str, name: str) -> None:
    """It is a ClosedError, a ValueError as of a closed file."""
    store = await jetblob.Store.open(url)
    bucket = await store.create_bucket(name)
    await bucket.put_string("a", "a")
    object = await bucket.get("a")
    object.close()
    with pytest.raises(jetblob.ClosedError):
        await object.read()
    await store.close()
    for call in (bucket.info("a"), bucket.put("a", b""), store.bucket(name)):
        with pytest.raises(ValueError, match="closed"):
            await call
    await store.close()
