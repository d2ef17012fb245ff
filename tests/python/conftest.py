"""Where a test's buckets are: a directory, or a real server."""

from __future__ import annotations

import asyncio
import itertools
import json
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import nats
import pytest

import jetblob
import jetblob.sync
from jetblob.fsspec import JetblobFileSystem

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

ENGINES = ["local", "jetstream"]


@contextmanager
def nats_server() -> Iterator[str]:
    """Run a server of its own, and give its URL."""
    program = Path(sys.executable).with_name("nats-server")
    with tempfile.TemporaryDirectory() as directory, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        command = [str(program), "-js", "-a", "127.0.0.1", "-p", str(port), "-sd", directory]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
            try:
                _wait_for(port, server)
                yield f"nats://127.0.0.1:{port}"
            finally:
                server.kill()


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            assert server.poll() is None, "the server ended"
            assert time.monotonic() < deadline, "the server doesn't listen"
            time.sleep(0.01)
        else:
            return


@contextmanager
def place(engine: str) -> Iterator[str]:
    """Give the URL of an empty store."""
    if engine == "jetstream":
        with nats_server() as url:
            yield url
    else:
        with tempfile.TemporaryDirectory() as directory:
            yield directory


@pytest.fixture(scope="session", params=ENGINES)
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Give the URL of a store that all tests share."""
    with place(request.param) as url:
        yield url


@pytest.fixture(scope="session")
def local_url() -> Iterator[str]:
    """Give the URL of a local store that all tests share."""
    with place("local") as url:
        yield url


_number = itertools.count()


@pytest.fixture
def name() -> str:
    """Give the name of a bucket that no other test uses."""
    return f"bucket-{next(_number)}"


@pytest.fixture
async def store(url: str) -> AsyncIterator[jetblob.Store]:
    """Open the store."""
    async with jetblob.Store.open(url) as store:
        yield store


@pytest.fixture
async def bucket(store: jetblob.Store, name: str) -> jetblob.Bucket:
    """Create a bucket for one test."""
    return await store.create_bucket(name)


@pytest.fixture
def sync_bucket(url: str, name: str) -> Iterator[jetblob.sync.Bucket]:
    """Create a bucket for one test, to block on."""
    with jetblob.sync.Store.open(url) as store:
        yield store.create_bucket(name)


async def blobs(url: str, bucket: str) -> set[str]:
    """Tell the ids of all bytes that the store keeps in a bucket, looking at the store itself."""
    if "://" not in url:
        return _local_blobs(Path(url) / f"b.{bucket}")
    client = await nats.connect(url)
    try:
        jetstream, stream = client.jetstream(), f"OBJ_{bucket}"
        info = await jetstream.stream_info(stream, subjects_filter=f"$O.{bucket}.C.>")
        subjects = info.state.subjects or {}
        # What was removed leaves an empty message for a while.
        kept = [subject for subject in subjects if (await jetstream.get_last_msg(stream, subject)).data]
        return {subject.rsplit(".", 1)[1] for subject in kept}
    finally:
        await client.close()


# In a process of its own: two copies of SQLite in one process break each other's locks.
LOCAL = """
import json, sqlite3, sys
database = sqlite3.connect(f"file:{sys.argv[1]}/meta.db?mode=ro", uri=True)
print(json.dumps(database.execute("SELECT nuid, file IS NOT NULL FROM blob").fetchall()))
"""


def _local_blobs(directory: Path) -> set[str]:
    command = [sys.executable, "-c", LOCAL, str(directory)]
    rows = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    files = [
        file for where in ("objects", "tmp") for file in (directory / where).rglob("*") if file.is_file()
    ]
    unnamed = len(files) - sum(in_file for _, in_file in rows)
    return {nuid for nuid, _ in rows} | {f"file {number}" for number in range(unnamed)}


async def holds_only(url: str, bucket: jetblob.Bucket, *names: str) -> None:
    """Wait until the bucket keeps the bytes of these objects, and nothing else."""
    deadline = time.monotonic() + 20
    while True:
        # A commit that was begun may still come to its end.
        infos = [await bucket.info(name) for name in names]
        wanted = {info.nuid for info in infos if info.size}
        if (kept := await blobs(url, bucket.name)) == wanted:
            return
        assert time.monotonic() < deadline, f"{kept - wanted} are left, {wanted - kept} are missing"
        await asyncio.sleep(0.02)


@pytest.fixture(scope="module", params=ENGINES)
def fs(request: pytest.FixtureRequest) -> Iterator[JetblobFileSystem]:
    """Give the file system of an empty store."""
    with place(request.param) as url:
        yield JetblobFileSystem(url)


@pytest.fixture
def fs_path(fs: JetblobFileSystem, name: str) -> str:
    """Give an empty directory, a bucket."""
    fs.mkdir(name)
    return name
