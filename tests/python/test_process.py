"""Processes, signals, threads and event loops."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import textwrap
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import uvloop

import jetblob
import jetblob.sync


def run(script: str, *arguments: str, timeout: float = 30) -> str:
    """Run a script in a process of its own, and give what it prints."""
    command = [sys.executable, "-W", "error", "-c", textwrap.dedent(script), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    return done.stdout


BLOCKED = {
    "watch": "next(bucket.watch(updates_only=True))",
    "generator": "bucket.put('a', (b'x' * 100_000 for _ in iter(int, 1)))",
    "upload": "upload = bucket.upload('a')\nwhile True: upload.write(b'x' * 100_000)",
}


@pytest.mark.parametrize("kind", BLOCKED)
def test_ctrl_c_ends_a_blocked_call(kind: str, url: str, name: str) -> None:
    """Within half a second."""
    script = f"""
import sys, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from jetblob.sync import Store
bucket = Store.open(sys.argv[1]).create_bucket(sys.argv[2])
print("ready", flush=True)
try:
    {BLOCKED[kind].replace(chr(10), chr(10) + "    ")}
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""
    command = [sys.executable, "-c", script, url, name]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.3)  # long enough that it blocks; if it doesn't yet, the test is only easier
        asked = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert process.stdout.readline() == "interrupted\n"
        assert time.monotonic() - asked < 0.5
        assert process.wait(10) == 0


def test_ctrl_c_ends_asyncio_run(url: str, name: str) -> None:
    """As any task."""
    script = """
    import asyncio, os, signal, sys
    import jetblob

    signal.signal(signal.SIGINT, signal.default_int_handler)

    async def main():
        async with jetblob.Store.open(sys.argv[1]) as store:
            bucket = await store.create_bucket(sys.argv[2])
            async with bucket.watch(updates_only=True) as watch:
                asyncio.get_running_loop().call_later(0.05, os.kill, os.getpid(), signal.SIGINT)
                await anext(watch)

    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        print("interrupted")
    """
    assert run(script, url, name) == "interrupted\n"


def test_an_exit_with_work_pending_is_clean(url: str, name: str) -> None:
    """Whatever is open: a read, a watch, an upload, a blocked thread."""
    script = """
    import asyncio, sys, threading
    import jetblob, jetblob.sync

    store = jetblob.sync.Store.open(sys.argv[1])
    bucket = store.create_bucket(sys.argv[2])
    bucket.put("a", b"x" * 5_000_000)
    open_object = bucket.get("a")
    open_object.read(1)
    upload = bucket.upload("b")
    upload.write(b"x" * 5_000_000)
    watch = bucket.watch(updates_only=True)
    threading.Thread(target=lambda: next(watch, None), daemon=True).start()

    async def main():
        store = await jetblob.Store.open(sys.argv[1])
        bucket = await store.bucket(sys.argv[2])
        asyncio.create_task(bucket.put("c", b"x" * 5_000_000))
        asyncio.create_task(anext(bucket.watch(updates_only=True)))
        await asyncio.sleep(0)

    asyncio.run(main())
    print("done")
    """
    # What goes wrong at an exit goes wrong now and then.
    for number in range(10):
        assert run(script, url, f"{name}-{number}") == "done\n"


def test_fork(url: str, name: str) -> None:
    """What was opened before says so in the forked process, and does no harm; a new store works there."""
    script = """
    import os, sys
    import jetblob.sync

    store = jetblob.sync.Store.open(sys.argv[1])
    bucket = store.create_bucket(sys.argv[2])
    bucket.put_string("a", "parent")
    child = os.fork()
    if child == 0:
        for call in (lambda: bucket.get_string("a"), lambda: store.bucket("b"), bucket.list, store.close):
            try:
                call()
            except RuntimeError as error:
                assert "forked" in str(error), error
            else:
                os._exit(1)
        with jetblob.sync.Store.open(sys.argv[1]) as own:
            own.bucket(sys.argv[2]).put_string("b", "child")
        del bucket, store
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    print(bucket.get_string("a"), bucket.get_string("b"))
    """
    assert run(script, url, name) == "parent child\n"


def put_in_another_process(store: jetblob.sync.Store, bucket: str) -> str:
    with store:
        store.bucket(bucket).put_string("pickled", "in another process")
    return repr(store)


def test_a_store_is_pickled_by_where_it_is(url: str, name: str) -> None:
    """Its copy opens the same place, in any process."""
    with jetblob.sync.Store.open(url, name="here") as store:
        bucket = store.create_bucket(name)
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            assert pool.apply(put_in_another_process, (store, name)) == repr(store)
        assert bucket.get_string("pickled") == "in another process"


async def test_an_asynchronous_store_is_pickled(store: jetblob.Store, name: str) -> None:
    """Its copy is opened when it is first used."""
    await (await store.create_bucket(name)).put_string("a", "a")
    async with pickle.loads(pickle.dumps(store)) as copy:
        first, second = await asyncio.gather(copy.bucket(name), copy.bucket(name))
        assert await first.get_string("a") == await second.get_string("a") == "a"
        assert name in [name async for name in copy.bucket_names()]


def test_a_store_shows_no_secret() -> None:
    """Neither its text nor an error of opening it."""
    url = "nats://user:secret@127.0.0.1:1"
    with pytest.raises(ConnectionError) as error:
        jetblob.sync.Store.open(url, idle_timeout=1)
    assert "secret" not in str(error.value)
    assert "secret" not in repr(jetblob.Store(None, (url, None, {"token": "secret"})))


def test_values_are_pickled(sync_bucket: jetblob.sync.Bucket) -> None:
    """Infos, statuses, configurations and errors."""
    info = sync_bucket.put("a", b"a")
    status = sync_bucket.status()
    for value in (info, info.meta, status, status.config, jetblob.CAUGHT_UP):
        assert pickle.loads(pickle.dumps(value)) == value
    with pytest.raises(jetblob.NotFoundError) as error:
        sync_bucket.info("none")
    copy = pickle.loads(pickle.dumps(error.value))
    assert (type(copy), str(copy), copy.name) == (type(error.value), str(error.value), "none")


def test_uvloop(url: str, name: str) -> None:
    """Is as good a loop as any."""

    async def main() -> bytes:
        async with jetblob.Store.open(url) as store:
            bucket = await store.create_bucket(name)
            await bucket.put("a", b"x" * 3_000_000)
            async with bucket.get("a") as object:
                return b"".join([chunk async for chunk in object])

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert len(runner.run(main())) == 3_000_000


def test_one_store_on_several_loops(url: str, name: str) -> None:
    """One after the other, and at a time on several threads."""
    store = asyncio.run(opened(url))
    bucket = asyncio.run(store.create_bucket(name))

    async def use(number: int) -> None:
        await bucket.put_string(f"{number}", f"{number}" * 1000)
        assert await bucket.get_string(f"{number}") == f"{number}" * 1000

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda number: asyncio.run(use(number)), range(40)))
    asyncio.run(store.close())


async def opened(url: str) -> jetblob.Store:
    return await jetblob.Store.open(url)


def test_threads_share_a_store(sync_bucket: jetblob.sync.Bucket) -> None:
    """And run while one of them is blocked."""
    body = os.urandom(300_000)

    def use(number: int) -> None:
        sync_bucket.put(f"{number}", body)
        assert sync_bucket.get_bytes(f"{number}") == body

    watch = sync_bucket.watch(updates_only=True)
    blocked = threading.Thread(target=lambda: list(watch))
    blocked.start()
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(use, range(40)))
    watch.close()
    blocked.join(10)
    assert not blocked.is_alive()


async def test_a_call_that_blocks_in_a_loop(sync_bucket: jetblob.sync.Bucket) -> None:
    """Blocks it, as anything else would, and works."""
    sync_bucket.put_string("a", "a")
    assert sync_bucket.get_string("a") == "a"


async def test_many_at_a_time(bucket: jetblob.Bucket) -> None:
    """Hundreds of tasks on one connection."""
    await asyncio.gather(*(bucket.put_string(f"{number}", f"{number}") for number in range(300)))
    texts = await asyncio.gather(*(bucket.get_string(f"{number}") for number in range(300)))
    assert texts == [f"{number}" for number in range(300)]
